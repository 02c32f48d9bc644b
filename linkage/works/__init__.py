"""Works: one novel or film, whatever the editions of it that a catalogue has.

Start at `groups`, which keeps them up to date; `lookup` answers who asks for them.
"""
