"""Tables of other people: joined with one another, or their rows told among what a catalogue has.

Start at `joins`, for two tables, or at `reconcile`, for one beside a catalogue; `records` are rows.
"""
