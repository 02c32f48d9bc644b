"""Sketch: of one item the numbers that comparing needs, so that many are compared at once.

Words and names stand as 64-bit hashes, good within one process. An item has one array: a header
with the length of each section and a few facts, then the sections one after the other. That is
about a kilobyte for a book or film with a paragraph of text.
"""

import re
import sys
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from linkage import dates, lexical, text
from linkage.lexical import Rarity
from linkage.types import Item

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]

READ_CHARACTERS = 5_000
"""How far into a text names are looked for; a work is named at its beginning or hardly at all."""
SURNAME_LETTERS = 4
CUE = re.compile(
    r" (based on|adapt\w*|inspired by|novels?|novella|memoir|book|short story|comics?|play"
    r"|nach dem|basier\w*|verfilm\w*|romans?|buch|erzahlung"
    r"|d apres|inspire\w* d|livre|nouvelle"
    r"|basad[oa]|inspirad[oa]|novela|libro|romanzo|tratto d\w*) "
)
"""Folded words that say one work was made from another: English, German, French, Spanish."""

SECTIONS = 10
HEADER, TITLE, CREATORS, MAKERS, SERIES, SUBJECTS, IDENTIFIERS, SAME, REST, TEXT = range(SECTIONS)
"""What stands where. MAKERS are the words of creators' names, SAME what editions of a work share
(kind, title and creator together), TEXT the words of the text in their order, REST what else is
said, such as the words of subjects; the others are whole names."""
BODY = [TITLE, MAKERS, REST, TEXT]
"""All words said about an item."""
KEY, HEAD, KIND, LANGUAGE, YEAR, HAS_CUE = range(SECTIONS, SECTIONS + 6)
"""Facts of the header: hashes of the title, its head, kind and language, and a year, 0 for none;
whether CUE is in the text."""
HEADER_LENGTH = SECTIONS + 6


class Sketch:
    """An item, prepared for comparison. `title` and `creators` are keys as `linkage.text` has them.

    Two sketches of one process can be compared; none is ever stored.
    """

    __slots__ = (
        "_starts",
        "_weighed",
        "creators",
        "expires_at",
        "kind",
        "numbers",
        "popularity",
        "title",
    )

    def __init__(self, item: Item) -> None:
        self.kind = sys.intern(item.kind)
        self.title = text.title_key(item.title)
        self.creators = tuple(dict.fromkeys(filter(None, map(text.name_key, item.creators))))
        self.popularity = item.popularity
        self.expires_at: datetime | None = item.expires_at
        self.numbers = _numbers(item, self.title, self.creators)
        self._starts = (0, *self.numbers[:SECTIONS].cumsum().tolist())
        self._weighed: tuple[ref[Rarity], Weights] | None = None

    @property
    def year(self) -> int:
        """The year it is from, 0 where that is not known."""
        return int(self.numbers[YEAR])

    @property
    def title_words(self) -> tuple[str, ...]:
        """The words of the title, each once, in the order of section TITLE."""
        return tuple(dict.fromkeys(self.title.split()))

    @property
    def surnames(self) -> tuple[str, ...]:
        """The last word of each creator's name, where it is long enough to tell."""
        last = (key.rpartition(" ")[2] for key in self.creators)
        return tuple(name for name in last if len(name) >= SURNAME_LETTERS)

    def title_weights(self, rarity: Rarity) -> Weights:
        """Return the weights of the words of the title, kept for one rarity.

        The rarity itself is not kept: each change of a catalogue makes another.
        """
        weighed = self._weighed
        if weighed is None or weighed[0]() is not rarity:
            weights = np.fromiter(map(rarity.weight, self.title_words), np.float64)
            self._weighed = weighed = ref(rarity), weights
        return weighed[1]

    def section(self, number: int) -> Numbers:
        """Return the numbers of one section."""
        return self.numbers[self._starts[number] : self._starts[number + 1]]

    def editions(self) -> list[int]:
        """Return the numbers of which editions of one work share at least one."""
        found: list[int] = self.numbers[self._starts[IDENTIFIERS] : self._starts[REST]].tolist()
        return found

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 600 + self.numbers.nbytes + 2 * len(self.title)


def hashed(words: Iterable[str]) -> list[int]:
    """Return the number of each word or name."""
    return list(map(hash, words))


def named(item: Item) -> str:
    """Return the folded text of an item, between spaces, as far as names are looked for."""
    return text.padded(item.text[:READ_CHARACTERS])


def _numbers(item: Item, title: str, creators: tuple[str, ...]) -> Numbers:
    told = named(item)
    written = told.split()
    title_words = dict.fromkeys(title.split())
    makers = dict.fromkeys(word for key in creators for word in key.split())
    other = text.words(" ".join((item.title, *item.subjects)))
    rest = dict.fromkeys(other).keys() - title_words.keys() - makers.keys() - set(written)
    sections = (
        hashed(title_words),
        hashed(creators),
        hashed(makers),
        hashed(lexical.series(item)),
        hashed(dict.fromkeys(map(text.name_key, item.subjects))),
        list(map(hash, item.identifiers.items())),
        [hash((item.kind, title, creator)) for creator in creators],
        hashed(rest),
        hashed(written),
    )
    head = text.title_key(text.head_of(item.title))
    language = (item.language or "").lower().partition("-")[0]
    facts = (*(hash(name) if name else 0 for name in (title, head, item.kind, language)),
             dates.year(item.published_at) or 0, bool(CUE.search(told)))  # fmt: skip
    sizes = (HEADER_LENGTH, *map(len, sections))
    return np.array([*sizes, *facts, *chain.from_iterable(sections)], dtype=np.int64)
