"""What items and entities are called, and what a name in a text stands for.

Start at `names`, all that a catalogue knows by name; `gazetteer` finds them in a text.
"""
