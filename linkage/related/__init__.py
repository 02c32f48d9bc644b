"""How a question for related content is answered, from its candidates to the page that is sent.

Start at `query`, one question put to one view; `signals` compares, `answers` keeps what was sent.
"""
