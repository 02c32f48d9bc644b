"""HTTP and the command line: parse, call one domain function, shape the answer."""
