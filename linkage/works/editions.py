"""Editions: how likely two items of a catalogue are the same work.

A pair is judged by itself, with word weights that ship with the matcher, so that the answer depends
on the two items only: not on the rest of the catalogue, nor on the order in which items came.
"""

from collections.abc import Sequence

from linkage import dates
from linkage.match import Matcher
from linkage.tables.compare import Described, Schema
from linkage.tables.records import Record
from linkage.types import Item

SCHEMA = Schema(head=("title",), fields=("title", "creators", "year", "language", "subjects"))
OF_A_WORK = frozenset({"imdb", "wikidata"})
"""Schemes that number works, so that two numbers are two works; an ISBN is of one edition."""
IDENTIFIED = 0.995
READ_CHARACTERS = 600


def described(item: Item) -> Described:
    """Return an item as the matcher compares it."""
    year = dates.year(item.published_at)
    values = {
        "title": item.title,
        "creators": ", ".join(item.creators[:5]),
        "year": str(year) if year else "",
        "language": (item.language or "").split("-")[0],
        "subjects": ", ".join(item.subjects[:10]),
        "text": item.text[:READ_CHARACTERS],
    }
    return Described(Record(item.id, values), SCHEMA)


def probabilities(pairs: Sequence[tuple[Item, Item]], matcher: Matcher) -> list[float]:
    """Return for each pair of items how likely they are one work.

    A shared identifier decides, and so do different numbers of a scheme that numbers works; of two
    kinds no two items are one work. The matcher is asked both ways round, since it may say
    otherwise of (b, a) than of (a, b), and the mean is taken.
    """
    known = {id(item): described(item) for pair in pairs for item in pair}
    both_ways = (known[id(one)] for pair in pairs for one in (*pair, *reversed(pair)))
    rows = matcher.alone(zip(both_ways, both_ways, strict=True))
    judged = matcher.probabilities(rows).reshape(-1, 2).mean(axis=1).tolist()
    return [_decided(*pair, found) for pair, found in zip(pairs, judged, strict=True)]


def _decided(one: Item, other: Item, judged: float) -> float:
    if one.kind != other.kind:
        return 0.0
    shared = one.identifiers.keys() & other.identifiers.keys()
    agreeing = {scheme for scheme in shared if one.identifiers[scheme] == other.identifiers[scheme]}
    if agreeing:
        return max(judged, IDENTIFIED)
    return 0.0 if shared & OF_A_WORK else judged
