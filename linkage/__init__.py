"""Linkage: what else, in a catalogue, belongs to this book or film."""
