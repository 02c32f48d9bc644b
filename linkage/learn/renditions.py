"""Labelled pairs without labels: things of a catalogue, written again as another one would.

Real books, films and names are rendered twice, each rendition with habits of its own: titles with
and without series, subtitle, article or edition; names turned round or cut to initials; years off
by one; fields left out. Candidates of blocking between two such tables are the examples: those of
one thing match, and those that merely look alike do not.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from zlib import crc32

from linkage import text
from linkage.tables.records import Record
from linkage.types import Item

_ARTICLE = re.compile(r"(the|a|an|der|die|das|le|la|les|el|los) (.+)", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_SUBTITLE = re.compile(r":\s|\s[–—-]\s")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHER_LETTERS = str.maketrans(_LETTERS, "uvbdcgfhokjmlnipqsrteyzxwa")
_HOMONYMS = 0.1
_TRADES = ("actor", "actress", "writer", "director", "producer", "composer", "editor")
_EDITIONS = {
    "book": (
        ": A Novel", " (Paperback)", ", 2nd Edition", " (Penguin Classics)", " [Hardcover]",
        ": Special Edition", " (Unabridged)", " (Kindle Edition)", ": The Graphic Novel",
    ),
    "film": (
        " [Blu-ray]", " (DVD)", " (Director's Cut)", " [Special Edition]", " (Widescreen)",
        " (Collector's Edition)", " - The Movie",
    ),
    "person": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A book, film or person, with all that a catalogue may tell of it."""

    kind: str
    title: str
    other_titles: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    year: int | None = None
    details: tuple[tuple[str, ...], ...] = ()
    """The words of each column that two tables may have in common, such as genre or runtime."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a catalogue writes: the probability of each thing it may do."""

    translated: float = 0.0
    """Titles are in another language, all of one catalogue in the same one."""
    other_title: float = 0.0
    short_title: float = 0.0
    bare_title: float = 0.0
    edition: float = 0.0
    turned_title: float = 0.0
    typo: float = 0.0
    damaged: float = 0.0
    """Accented letters become question marks."""
    shouted: float = 0.0
    turned_name: float = 0.0
    initials: float = 0.0
    one_creator: float = 0.0
    more_creators: float = 0.0
    no_language: float = 0.0
    no_creators: float = 0.0
    no_year: float = 0.0
    other_year: float = 0.0
    no_detail: float = 0.0
    other_detail: float = 0.0
    no_text: float = 0.0

    @classmethod
    def drawn(cls, random: Random, *, translates: bool) -> "Habits":
        """Return the habits of one catalogue: for most things seldom, for a few often."""
        drawn = {name: random.random() ** 4 * 0.6 for name in cls.__dataclass_fields__}
        for name in ("no_creators", "no_year", "no_text", "no_language"):
            drawn[name] = random.choice((0.0, drawn[name], 1.0))
        drawn["bare_title"] = random.choice((drawn["bare_title"], 1.0))
        drawn["translated"] = random.uniform(0, 0.6) if translates else 0.0
        return cls(**drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A thing as a catalogue writes it."""

    kind: str
    title: str
    creators: tuple[str, ...]
    year: str
    language: str
    details: tuple[tuple[str, ...], ...]
    text: str

    def record(self, place: int) -> Record:
        """Return it in the form that `alignment.align` gives tables."""
        details = (
            f"c{column}v{word}" for column, words in enumerate(self.details) for word in words
        )
        values = {
            "title": self.title, "creators": ", ".join(self.creators), "year": self.year,
            "details": " ".join(details), "text": self.text,
        }  # fmt: skip
        return Record(str(place), values)

    def item(self, item_id: str) -> Item:
        """Return it as an item of a catalogue."""
        return Item(
            id=item_id, kind=self.kind, title=self.title, creators=self.creators, text=self.text,
            language=self.language or None, published_at=self.year or None,
            subjects=tuple(word for words in self.details for word in words),
        )  # fmt: skip


@dataclass(slots=True)
class Catalogue:
    """Renders things by its habits."""

    habits: Habits
    random: Random
    names: Sequence[str] = field(default_factory=tuple)
    """Names to add as further contributors."""

    def rendition(self, thing: Thing) -> Rendition:
        """Return a thing as this catalogue writes it."""
        is_translated = thing.kind != "person" and self._does("translated")
        said = "" if self._does("no_text") else self._said(thing.text)
        return Rendition(
            kind=thing.kind,
            title=_foreign(thing.title) if is_translated else self._title(thing),
            creators=tuple(self._creators(thing)),
            year=self._year(thing),
            language=self._language(is_translated=is_translated),
            details=tuple(self._details(thing)),
            text=_foreign(said) if is_translated else said,
        )

    def _does(self, habit: str) -> bool:
        return self.random.random() < float(getattr(self.habits, habit))

    def _language(self, *, is_translated: bool) -> str:
        return "" if self._does("no_language") else "de" if is_translated else "en"

    def _title(self, thing: Thing) -> str:
        title = thing.title
        if thing.other_titles and self._does("other_title"):
            title = self.random.choice(thing.other_titles)
        if thing.kind == "person":
            return self._written(self._name(title))
        if self._does("bare_title"):
            title = _BRACKETS.sub("", title) or title
        if self._does("short_title"):
            title = _SUBTITLE.split(title, maxsplit=1)[0]
        if self._does("edition"):
            title += self.random.choice(_EDITIONS[thing.kind])
        article = _ARTICLE.fullmatch(title)
        if article and self._does("turned_title"):
            title = self.random.choice((f"{article[2]}, {article[1]}", article[2]))
        return self._written(title)

    def _written(self, title: str) -> str:
        if self._does("typo") and len(title) > 4:  # noqa: PLR2004 - shorter would be another word
            title = self._mistyped(title)
        if self._does("damaged"):
            title = "".join(char if char.isascii() else "?" for char in title)
        return title.upper() if self._does("shouted") else title

    def _mistyped(self, title: str) -> str:
        at = self.random.randrange(1, len(title) - 1)
        letter = self.random.choice(_LETTERS)
        return self.random.choice((
            title[:at] + title[at + 1 :],
            title[:at] + letter + title[at:],
            title[:at] + letter + title[at + 1 :],
            title[:at] + title[at + 1] + title[at] + title[at + 2 :],
        ))  # fmt: skip

    def _creators(self, thing: Thing) -> list[str]:
        if not thing.creators or self._does("no_creators"):
            return []
        kept = list(thing.creators[:1] if self._does("one_creator") else thing.creators)
        if self.names and self._does("more_creators"):
            kept.append(self.random.choice(self.names))
        return [self._name(name) for name in kept]

    def _name(self, name: str) -> str:
        first, _, last = name.rpartition(" ")
        if first and self._does("initials"):
            first = " ".join(f"{part[0]}." for part in first.split())
        if first and self._does("turned_name"):
            return f"{last}, {first}"
        plain = unicodedata.normalize("NFKD", f"{first} {last}".strip())
        return plain if self._does("damaged") else f"{first} {last}".strip()

    def _year(self, thing: Thing) -> str:
        if thing.year is None or self._does("no_year"):
            return ""
        if not self._does("other_year"):
            return str(thing.year)
        near = self.random.choice((-1, 1, 1, 2))
        later = self.random.randint(0, max(0, 2024 - thing.year))
        return str(thing.year + (later if thing.kind == "book" else near))

    def _details(self, thing: Thing) -> Iterator[tuple[str, ...]]:
        for words in thing.details:
            other = (str(self.random.randint(1, 300)) for _ in words)
            yield (
                ()
                if self._does("no_detail")
                else (
                    tuple(
                        b if self._does("other_detail") else a
                        for a, b in zip(words, other, strict=True)
                    )
                )
            )

    def _said(self, said: str) -> str:
        """Return some sentence of a text, as no two catalogues describe a thing alike."""
        sentences = re.split(r"(?<=[.!?])\s", said)
        start = self.random.randrange(len(sentences))
        return " ".join(sentences[start : start + 2])


def _foreign(title: str) -> str:
    """Return a title in a language that nobody knows; about every fifth word stays, as names do."""
    bare = _BRACKETS.sub("", title)
    return " ".join(
        word if crc32(word.encode()) % 5 == 0 else word.lower().translate(_OTHER_LETTERS).title()
        for word in bare.split()
    )


def render(
    things: Sequence[Thing], random: Random, *, shared: float, translates: bool = False
) -> tuple[list[Rendition], list[Rendition], Callable[[int, int], bool]]:
    """Return things in two catalogues, a share of them in both, and which renditions are of one.

    Some of those that stand in one only are called like another thing.
    """
    order = random.sample(range(len(things)), len(things))
    both = round(len(order) * shared)
    only = both + (len(order) - both) // 2
    left, right = sorted(order[:only]), sorted([*order[:both], *order[only:]])
    things = list(things)
    for at in order[both:]:
        if random.random() < _HOMONYMS and things[at].kind != "person":
            things[at] = replace(things[at], title=random.choice(things).title, other_titles=())
    names = [name for thing in things for name in thing.creators]
    renditions = []
    for side in (left, right):
        catalogue = Catalogue(Habits.drawn(random, translates=translates), random, names)
        renditions.append([catalogue.rendition(things[at]) for at in side])
    return renditions[0], renditions[1], lambda i, j: left[i] == right[j]


def people(things: Sequence[Thing], random: Random) -> list[Thing]:
    """Return the creators of things as things of their own, with made-up years and trades."""
    names = {name for thing in things for name in thing.creators if " " in name and text.key(name)}
    return [
        Thing(
            kind="person", title=name, year=random.randint(1860, 2000),
            details=((random.choice(_TRADES),),),
        )
        for name in sorted(names)
    ]  # fmt: skip


def episodes(things: Sequence[Thing], random: Random) -> list[Thing]:
    """Return things as episodes of series: short titles, with a season and a number."""
    return [
        Thing(
            kind="film", title=" ".join(thing.title.split()[: random.randint(1, 4)]),
            year=thing.year, text=thing.text,
            details=((str(random.randint(1, 9)),), (str(random.randint(1, 24)),), *thing.details),
        )
        for thing in things
    ]  # fmt: skip
