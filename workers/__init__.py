"""The runtime below HTTP: settings, database, queue, and the place where objects are built."""
