"""Tables of other people: which of their records are the same thing.

Start at `joins`; `records` are rows, and `compare` makes of two of them what a matcher looks at.
"""
