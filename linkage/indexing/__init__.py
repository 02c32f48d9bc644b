"""How an index comes to be and is kept: made, verified, followed as the catalogue changes.

Start at `builder`, which makes the files of one, and at `views`, what answers are given from.
"""
