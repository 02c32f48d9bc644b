"""The web as a source: feeds, sitemaps and pages that a catalogue subscribes to.

Start at `polling`, which asks for one address; it fetches through the port in `port`.
"""
