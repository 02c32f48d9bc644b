"""What items and entities are called, and what a name stands for, in a text or in a table's row.

Start at `names`, all that a catalogue knows by name; `gazetteer` finds them in a text, and
`reconcile` tells what a row stands for.
"""
