"""Entities as Wikidata's JSON has them.

https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html
"""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from linkage.naming.entities import MAX_DESCRIPTION

KINDS = {
    "Q5": "person", "Q15632617": "person", "Q95074": "person",
    "Q571": "book", "Q7725634": "book", "Q8261": "book", "Q47461344": "book", "Q149537": "book",
    "Q49084": "book", "Q1667921": "book", "Q277759": "book", "Q1004": "book", "Q21198342": "book",
    "Q11424": "film", "Q24856": "film", "Q506240": "film", "Q202866": "film", "Q93204": "film",
    "Q5398426": "series", "Q581714": "series", "Q1259759": "series", "Q15416": "series",
    "Q482994": "music", "Q7366": "music", "Q134556": "music", "Q105543609": "music",
    "Q7889": "game", "Q11410": "game",
    "Q515": "place", "Q6256": "place", "Q3624078": "place", "Q486972": "place", "Q5119": "place",
    "Q1549591": "place", "Q3957": "place", "Q532": "place", "Q35657": "place", "Q23442": "place",
    "Q4022": "place", "Q8502": "place", "Q5107": "place", "Q41176": "place", "Q33506": "place",
    "Q43229": "organisation", "Q4830453": "organisation", "Q783794": "organisation",
    "Q6881511": "organisation", "Q3918": "organisation", "Q7278": "organisation",
    "Q215380": "organisation", "Q2085381": "organisation", "Q476028": "organisation",
    "Q1190554": "event", "Q198": "event", "Q178561": "event", "Q16521": "taxon",
}  # fmt: skip
"""Our kind of what Wikidata says a thing is an instance of (P31)."""
IDENTIFIERS = {
    "P345": "imdb", "P212": "isbn13", "P957": "isbn10", "P356": "doi", "P214": "viaf",
    "P227": "gnd", "P213": "isni", "P244": "lccn", "P648": "openlibrary", "P5749": "asin",
    "P2969": "goodreads",
}  # fmt: skip
DATES = ("P577", "P571")
"""Publication, and inception."""
_MANY_SITELINKS = 300


def record(entity: Mapping[str, Any], languages: Collection[str] = ()) -> dict[str, Any] | None:
    """Return the fields of an entity for `entity_from_record`; None for what is none to us.

    That is a property, a lexeme, or what has no label in `languages`. What Wikidata says of an
    author is an id, not a name, and is left out.
    """
    labels = _values(entity.get("labels"), languages)
    if entity.get("type", "item") != "item" or not labels:
        return None
    given = entity.get("claims")
    claims = given if isinstance(given, Mapping) else {}  # without any, a dump has a list
    name = next((labels[tag] for tag in (*languages, "en", "mul") if tag in labels), None)
    return {
        "id": entity.get("id"),
        "name": name or next(iter(labels.values())),
        "kind": next((KINDS[id_] for id_ in _classes(claims) if id_ in KINDS), "thing"),
        "aliases": _aliases(labels, entity.get("aliases"), languages),
        "description": _values(entity.get("descriptions"), languages),
        "identifiers": {"wikidata": entity.get("id"), **_identifiers(claims)},
        "published_at": next(filter(None, map(_date, _all(claims, DATES))), None),
        "popularity": _popularity(entity.get("sitelinks")),
    }


def _values(given: object, languages: Collection[str]) -> dict[str, str]:
    """Return the texts of `{"en": {"language": "en", "value": "…"}}` by language."""
    if not isinstance(given, Mapping):
        return {}
    return {
        tag: found["value"][:MAX_DESCRIPTION]
        for tag, found in given.items()
        if (not languages or tag in languages)
        and isinstance(found, Mapping)
        and isinstance(found.get("value"), str)
    }


def _aliases(
    labels: Mapping[str, str], given: object, languages: Collection[str]
) -> dict[str, list[str]]:
    found = {tag: [label] for tag, label in labels.items()}
    for tag, names in given.items() if isinstance(given, Mapping) else ():
        if not languages or tag in languages:
            texts = (name.get("value") for name in _mappings(names))
            found.setdefault(tag, []).extend(text for text in texts if isinstance(text, str))
    return found


def _classes(claims: Mapping[str, Any]) -> Iterator[str]:
    for value in _all(claims, ("P31",)):
        if isinstance(value, Mapping) and isinstance(value.get("id"), str):
            yield value["id"]


def _identifiers(claims: Mapping[str, Any]) -> dict[str, str]:
    found = {scheme: next(_all(claims, (prop,)), None) for prop, scheme in IDENTIFIERS.items()}
    return {scheme: value for scheme, value in found.items() if isinstance(value, str)}


def _all(claims: Mapping[str, Any], properties: Collection[str]) -> Iterator[Any]:
    """Yield the values of the statements about these properties, the preferred first."""
    for prop in properties:
        statements = _mappings(claims.get(prop))
        for statement in sorted(statements, key=lambda s: s.get("rank") != "preferred"):
            try:
                yield statement["mainsnak"]["datavalue"]["value"]
            except (KeyError, TypeError):
                continue  # it is said that there is none, or that it is not known


def _mappings(given: object) -> list[Mapping[str, Any]]:
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def _date(value: object) -> str | None:
    """Return the year of `{"time": "+1965-08-01T00:00:00Z", …}`."""
    time = value.get("time") if isinstance(value, Mapping) else None
    if not isinstance(time, str) or len(time) < len("+1965") or not time[1:5].isdigit():
        return None
    return time[1:5] if time[0] == "+" else time[:5]


def _popularity(sitelinks: object) -> float:
    count = len(sitelinks) if isinstance(sitelinks, Mapping) else 0
    return round(min(1.0, math.log1p(count) / math.log1p(_MANY_SITELINKS)), 4)
