"""Values that cross the linkage domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal

Relation = Literal[
    "same_work", "adaptation_of", "same_creator", "series", "about", "mentions", "similar"
]
IndexKind = Literal["auto", "flat", "hnsw", "ivfpq", "pgvector"]
SourceKind = Literal["feed", "sitemap", "page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Anything linkable, as its owner describes it. `id` is the owner's own.

    `published_at` is an ISO 8601 year, date or time; `popularity` is 0..1.
    """

    id: str
    kind: str
    title: str
    creators: tuple[str, ...] = ()
    text: str = ""
    language: str | None = None
    subjects: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    published_at: str | None = None
    expires_at: datetime | None = None
    popularity: float = 0.0
    source: str = "catalogue"
    hidden: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartialItem(Item):
    """An item of which only the fields in `given` are told; `over` fills in the others."""

    given: frozenset[str] = frozenset()

    def over(self, known: Item | None) -> Item:
        """Return the whole item, of what is given and what is known of it.

        Identifiers and attributes are taken one by one.
        """
        told = {each.name: getattr(self, each.name) for each in fields(Item)}
        if known is None:
            return Item(**told)
        told = {name: value for name, value in told.items() if name in self.given}
        for name in ("identifiers", "attributes"):
            told[name] = {**getattr(known, name), **told.get(name, {})}
        return replace(known, **told)


def partial(item: Item, given: frozenset[str]) -> PartialItem:
    """Return an item as one of which only these fields are told."""
    return PartialItem(**{f.name: getattr(item, f.name) for f in fields(Item)}, given=given)


@dataclass(frozen=True, slots=True)
class RecordError:
    """A record that could not become an item: where it stands and why.

    A warning is about an item that did come in, without one field that could not be used. `line`
    counts `unit`s: lines, or records where a format has no lines of its own.
    """

    line: int
    reason: str
    id: str | None = None
    is_warning: bool = False
    unit: Literal["line", "record"] = "line"


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that says an item is no more."""

    id: str


Record = Item | Removal | RecordError
"""What a source of items yields."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. `errors` holds the first errors and warnings; the counts are of all."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    warnings: int = 0
    errors: tuple[RecordError, ...] = ()
    import_id: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a link: its `type` (`vector`, `lexical`, `creator` …) and the details."""

    type: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A target related to what was asked about, with relation, score (0..1) and reasons."""

    target: Item
    relation: Relation
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a link's target must satisfy. Empty means anything.

    A language also passes its regional forms: `en` passes `en-GB`. `exclude` holds item ids.
    `published_after` is an ISO 8601 year, date or time; what has no date does not pass it.
    `attributes` holds names and values; of several values of one name any will do.
    """

    kinds: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    published_after: str | None = None
    attributes: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """The index that answered."""

    build: str
    encoder: str


@dataclass(frozen=True, slots=True)
class Related:
    """One page of links; `next_cursor` is None on the last."""

    links: tuple[Link, ...]
    next_cursor: str | None
    index: BuildInfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to answer one question.

    `fresh` 0..1 is how much freshness weighs, `diversity` 0..1 how much unlike each other the links
    should be. `cursor` is the `next_cursor` of the page before.
    """

    filters: Filters = Filters()
    relation: Relation | None = None
    fresh: float = 0.0
    diversity: float = 0.0
    limit: int = 10
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair in full: the link there is or would be, and whether related content shows it.

    `position` is its place among all links of the source, from 1; `reason` is why it has none.
    """

    source: Item
    link: Link
    position: int | None
    reason: str | None
    index: BuildInfo | None


@dataclass(frozen=True, slots=True)
class Entity:
    """What a mention names: an item, a creator (`kind` person), or a thing of a knowledge base.

    `aliases` and `description` are by language, `""` where it is not known; `popularity` is 0..1.
    """

    id: str
    name: str
    kind: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    creators: tuple[str, ...] = ()
    published_at: str | None = None
    popularity: float = 0.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of a text, in code points, that names an entity; `entity` is None for NIL."""

    start: int
    end: int
    surface: str
    entity: Entity | None
    probability: float
    candidates: tuple[tuple[Entity, float], ...] = ()
