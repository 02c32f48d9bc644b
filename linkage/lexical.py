"""Search by words: BM25 and exact tags. The only module that knows tantivy.

Text is folded and split by `linkage.text` before it is handed over, so that every language is
treated alike and what is found can be pointed at. Tags answer "which items share this creator,
title, identifier or series?" without scoring.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from tantivy import Document, FieldType, Index, Occur, Query, Schema, SchemaBuilder, Searcher

from linkage import dates, text
from linkage.types import Filters, Item

Hit = tuple[int, float]
"""An item's key and a score."""
Counts = tuple[Callable[[str], int], ...]

_HEAP = 50_000_000
_SMALL_HEAP = 15_000_000
_TITLE_BOOST = 2.0
_SETTLED = 4
"""A lexicon so many times as large as what came since tells alone what is rare."""
_COMMON_SHARE, _COMMON_COUNT = 0.2, 10
_REMEMBERED = 2**16
_LEAST_RAREST = 4.0
"""In a catalogue of a few items every word is rare and none is telling."""


def tags(item: Item) -> list[str]:
    """Return what ties an item to others for certain: creators, title, identifiers, series."""
    found = [creator_tag(text.name_key(name)) for name in item.creators]
    found += [f"{scheme}:{value}" for scheme, value in item.identifiers.items()]
    found.append(title_tag(text.title_key(item.title)))
    found += [f"series:{name}" for name in series(item)]
    return found


def creator_tag(key: str) -> str:
    """Return the tag of all items by the creator of this key."""
    return f"creator:{key}"


def title_tag(key: str) -> str:
    """Return the tag of all items whose title has this key."""
    return f"title:{key}"


def series(item: Item) -> set[str]:
    """Return the keys of the series an item says it belongs to."""
    stated = item.attributes.get("series")
    names = {text.key(stated)} if isinstance(stated, str) else set()
    return {name for name in (*names, text.series_of(item.title)) if name}


def body(item: Item) -> str:
    """Return all that is said about an item, for search by words."""
    return " ".join((item.title, *item.creators, *item.subjects, item.text))


class Lexicon:
    """The words of a set of items, in a folder or, without one, in memory."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher = index.searcher()
        # of the searcher, not of the lexicon: that would hold itself and outlive its last question
        self.frequency = lru_cache(_REMEMBERED)(partial(_found, self._searcher, "body"))
        self.titles_with = lru_cache(_REMEMBERED)(partial(_found, self._searcher, "title"))
        self.bearers = lru_cache(_REMEMBERED)(partial(_found, self._searcher, "tag"))
        self._rarity = Rarity([self], [])
        self._beside: Counts = ()

    @classmethod
    def open(cls, folder: Path) -> "Lexicon":
        """Open what a LexiconWriter wrote."""
        return cls(Index.open(str(folder)))

    @property
    def count(self) -> int:
        """How many items it holds."""
        return self._searcher.num_docs

    def rarity_beside(self, others: Sequence["Lexicon"]) -> "Rarity":
        """Return what is rare in this and others as one: the same until one of them is another.

        Where this is small beside them they tell, and this what they never had.
        """
        beside = tuple(other.frequency for other in others)
        if beside != self._beside:
            is_small = _SETTLED * self.count <= sum(other.count for other in others)
            self._rarity = Rarity(others, [self]) if is_small else Rarity([*others, self])
            self._beside = beside
        return self._rarity

    def search(
        self, words: Iterable[str], filters: Filters, limit: int, *, like: "Lexicon | None" = None
    ) -> list[Hit]:
        """Return the items that share the most telling words, best first.

        With `like` a word weighs what it weighs there, so that scores compare but for the lengths
        of texts.
        """
        parts = []
        for word in words:
            body, title = self._term("body", word), self._term("title", word)
            weights = (1.0, 1.0) if like is None else self._weights_as_in(like, word)
            parts.append((Occur.Should, Query.boost_query(body, weights[0])))
            parts.append((Occur.Should, Query.boost_query(title, weights[1] * _TITLE_BOOST)))
        return self._hits(parts, filters, limit) if parts else []

    def _weights_as_in(self, other: "Lexicon", word: str) -> tuple[float, float]:
        """Return what makes a word weigh, in bodies and titles, what it does in another."""
        mine = _idf(self.count, self.frequency(word)), _idf(self.count, self.titles_with(word))
        its = _idf(other.count, other.frequency(word)), _idf(other.count, other.titles_with(word))
        return its[0] / mine[0], its[1] / mine[1]

    def tagged(self, wanted: Iterable[str], filters: Filters, limit: int) -> list[Hit]:
        """Return the items that carry the most of these tags; one nobody carries costs little."""
        parts = [
            (Occur.Should, Query.const_score_query(self._term("tag", tag), 1.0))
            for tag in wanted
            if self.bearers(tag)
        ]
        return self._hits(parts, filters, limit) if parts else []

    def naming(
        self, title: Sequence[str], creators: Iterable[Sequence[str]], filters: Filters, limit: int
    ) -> list[Hit]:
        """Return the items whose words name the title and one of the creators."""
        makers = [(Occur.Should, self._phrase(name)) for name in creators if name]
        if not title or not makers:
            return []
        both = [(Occur.Must, self._phrase(title)), (Occur.Must, Query.boolean_query(makers))]
        return self._hits([(Occur.Must, Query.boolean_query(both))], filters, limit)

    def _hits(self, parts: list[tuple[Occur, Query]], filters: Filters, limit: int) -> list[Hit]:
        query = Query.boolean_query(parts)
        if conditions := self._conditions(filters):
            query = Query.boolean_query([(Occur.Must, query), *conditions])
        found = self._searcher.search(query, limit=limit, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in found])
        return [(int(key or 0), float(hit[0])) for key, hit in zip(keys, found, strict=True)]

    def _conditions(self, filters: Filters) -> list[tuple[Occur, Query]]:
        sets = {"kind": filters.kinds, "language": filters.languages, "source": filters.sources}
        conditions = [
            (Occur.Must, Query.const_score_query(self._any(field, values), 0.0))
            for field, values in sets.items()
            if values
        ]
        if (year := dates.year(dates.earliest(filters.published_after))) is not None:
            later = Query.range_query(self._schema, "year", FieldType.Integer, lower_bound=year)
            conditions.append((Occur.Must, Query.const_score_query(later, 0.0)))
        return conditions

    def _any(self, field: str, values: Iterable[str]) -> Query:
        return Query.term_set_query(self._schema, field, [value.lower() for value in values])

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value)

    def _phrase(self, words: Sequence[str]) -> Query:
        if len(words) == 1:
            return self._term("body", words[0])
        return Query.phrase_query(self._schema, "body", list(words))


class Rarity:
    """How telling words and tags are in some lexicons as one, such as a build's and the delta's.

    What all of those lack is counted in `later` ones. So what they have weighs the same whatever
    comes later: it `is_settled`.
    """

    def __init__(self, lexicons: Sequence[Lexicon], later: Sequence[Lexicon] | None = None) -> None:
        self._count = sum(lexicon.count for lexicon in lexicons)
        self.is_settled = later is not None
        # of their counts, not of the lexicons, one of which holds this
        shelves = (lexicons, later or ())
        self._bearers = [tuple(lexicon.bearers for lexicon in each) for each in shelves]
        frequencies = [tuple(lexicon.frequency for lexicon in each) for each in shelves]
        self.weight = lru_cache(_REMEMBERED)(partial(_weight, self._count, frequencies))

    @property
    def most_telling(self) -> float:
        """The weight of two words that one item alone has."""
        return 2 * max(_LEAST_RAREST, math.log1p((self._count - 0.5) / 1.5))

    def bearers(self, tag: str) -> int:
        """Return how many items carry a tag."""
        return _first_counted(self._bearers, tag)


def _found(searcher: Searcher, field: str, value: str) -> int:
    return searcher.doc_freq(field, value)


def _first_counted(counts: Sequence[Counts], value: str) -> int:
    """Return how often the first has a value that has it at all."""
    sums = (sum(count(value) for count in each) for each in counts)
    return next(filter(None, sums), 0)


def _idf(count: int, frequency: int) -> float:
    """Return what BM25 weighs a term by, as tantivy does."""
    return math.log1p((count - frequency + 0.5) / (frequency + 0.5))


def _weight(count: int, frequencies: Sequence[Counts], word: str) -> float:
    """Return the BM25 weight of a word: high for rare ones.

    It is 0 for one never seen, and for one so common that it tells nothing.
    """
    frequency = _first_counted(frequencies, word)
    if not frequency or frequency > max(_COMMON_SHARE * count, _COMMON_COUNT):
        return 0.0
    return _idf(count, frequency)


class LexiconWriter:
    """Collects items; `close` makes them searchable."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder:
            folder.mkdir()
        self._index = Index(_schema(), path=str(folder) if folder else None, reuse=False)
        self._writer = self._index.writer(_HEAP if folder else _SMALL_HEAP, num_threads=1)

    def add(self, items: Mapping[int, Item], *, again: Iterable[int] = ()) -> None:
        """Add items by key; `again` are those of the keys under which there was one before."""
        for key in again:  # tantivy remembers each, a kilobyte a key, so not for all to be safe
            self._writer.delete_documents_by_term("key", key)
        for key, item in items.items():
            self._writer.add_document(_document(key, item))

    def publish(self) -> Lexicon:
        """Return what has been added so far; more may follow."""
        self._writer.commit()
        self._index.reload()
        return Lexicon(self._index)

    def close(self) -> None:
        """Write all there is and let go of the folder."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_integer_field("key", indexed=True, fast=True)
    builder.add_integer_field("year", indexed=True, fast=True)
    for name in ("kind", "language", "source", "tag"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="position")
    return builder.build()


def _document(key: int, item: Item) -> Document:
    document = Document()
    document.add_integer("key", key)
    if (year := dates.year(item.published_at)) is not None:
        document.add_integer("year", year)
    document.add_text("kind", item.kind)
    document.add_text("source", item.source.lower())
    for tag in language_tags(item.language):
        document.add_text("language", tag)
    for tag in tags(item):
        document.add_text("tag", tag)
    document.add_text("title", text.title_key(item.title))
    document.add_text("body", text.key(body(item)))
    return document


def language_tags(language: str | None) -> list[str]:
    """Return a language tag and what it is a form of: `en-gb` and `en`."""
    parts = language.lower().split("-") if language else []
    return ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]
