"""Gazetteer: all names of a catalogue, found in a text in one pass.

Names are matched over folded words with Aho-Corasick automata (pyahocorasick). An automaton takes
no name after it is made, so there are several, each more than four times as large as the next: a
new name goes into a small one, which is merged with its neighbours as it grows (the logarithmic
method of Bentley and Saxe), so that a change never costs a rebuild of everything.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ahocorasick

from linkage import text
from linkage.naming.passage import Passage
from linkage.types import Entity, Item

MAX_NAME = 200
"""Characters; nothing longer is quoted in a running text."""
_RATIO = 4
_NONE: frozenset[int] = frozenset()
_MIN_HEAD_WORDS = 2
_BEHIND_HEAD = re.compile(r":|,? and Other (?:Stories|Tales|Writings|Poems|Plays|Essays)\b")
_ARTICLE = re.compile(
    r"^(?:the|an?|der|die|das|ein|eine|le|la|les|une?|el|los|las|il|lo|gli|i|het|een|de|os?|as?)\s+",
    re.IGNORECASE,
)
_Bearers = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Length of a name, keys of what bears it, keys of what its bearer made."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The folded names of something, and those of who made it."""

    own: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """A place where a known name stands: the numbers of its first and last word.

    `own` are the keys of what bears the name, `made` those of what was made by its bearer.
    """

    first: int
    last: int
    name: str
    own: frozenset[int] = frozenset()
    made: frozenset[int] = frozenset()


class Gazetteer:
    """Names and the keys of what bears them; any thread may find while another adds.

    Names once added stay, also when their bearer has been renamed or deleted: the caller checks.
    `automata` are the largest first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.automata: tuple[Any, ...] = ()

    @property
    def count(self) -> int:
        """How many names are held; one that lies in two automata counts twice."""
        return sum(map(len, self.automata))

    def add(self, known: Mapping[int, Naming]) -> None:
        """Add the names of what is new or has changed."""
        with self._lock:
            fresh: dict[str, tuple[set[int], set[int]]] = {}
            for key, names in known.items():
                for role, of_role in enumerate((names.own, names.makers)):
                    for name in of_role:
                        if len(name) <= MAX_NAME and not self._has(name, role, key):
                            fresh.setdefault(name, (set(), set()))[role].add(key)
            if fresh:
                self.automata = _merged(self.automata, fresh)

    def spans(self, passage: Passage) -> list[Span]:
        """Return where names stand, also one within another, in the order of the text."""
        found: dict[tuple[int, int], list[_Bearers]] = {}
        for automaton in self.automata:
            for end, bearers in automaton.iter(passage.folded):  # the space behind the name
                found.setdefault((end - bearers[0], end), []).append(bearers)
        spans = []
        for (start, end), bearers in found.items():
            name = passage.folded[start:end]
            first = passage.word_at[start]
            own = _NONE.union(*(keys for _, keys, _ in bearers))
            made = _NONE.union(*(keys for _, _, keys in bearers))
            spans.append(Span(first, first + name.count(" "), name, own, made))
        return sorted(spans, key=lambda span: (span.first, -span.last))

    def _has(self, name: str, role: int, key: int) -> bool:
        absent = (0, (), ())
        return any(key in part.get(f" {name} ", absent)[1 + role] for part in self.automata)


def names_of(thing: Item | Entity) -> Naming:
    """Return the folded names of an item and its creators, or of an entity."""
    if isinstance(thing, Entity):
        return Naming(frozenset(entity_names(thing)))
    makers = (text.name_key(name) for name in thing.creators)
    return Naming(frozenset(written_names(thing)), frozenset(filter(_is_telling, makers)))


def written_names(item: Item) -> dict[str, str]:
    """Return the names of an item as they are written, by their folded form.

    A title may be quoted without its article, its subtitle or the stories that go with it, if
    two words or more are left, and with "&" for "and".
    """
    aliases = item.attributes.get("aliases", ())
    listed = aliases if isinstance(aliases, list | tuple) else (aliases,)
    written = [alias for alias in listed if isinstance(alias, str)]
    return _by_key([*_shortened(item.title), *written, item.title])


def entity_names(entity: Entity) -> dict[str, str]:
    """Return the names of an entity as they are written, by their folded form."""
    return _by_key([*(a for of in entity.aliases.values() for a in of), entity.name])


def _shortened(title: str) -> Iterator[str]:
    head = _BEHIND_HEAD.split(title, maxsplit=1)[0]
    for short in (_ARTICLE.sub("", title), _ARTICLE.sub("", head), head):
        if short != title and len(text.words(short)) >= _MIN_HEAD_WORDS:
            yield short
    if " and " in title:
        yield title.replace(" and ", " & ")


def _by_key(written: Iterable[str]) -> dict[str, str]:
    """Return names by their keys; of two with one key the last counts."""
    return {key: name for name in written if _is_telling(key := text.title_key(name))}


def _is_telling(name: str) -> bool:
    return bool(name) and not (len(name) == 1 and name.isascii())


def _merged(
    parts: tuple[Any, ...], fresh: Mapping[str, Iterable[Iterable[int]]]
) -> tuple[Any, ...]:
    """Return the automata with new names in the last, and those not much larger taken in."""
    taken: dict[str, tuple[tuple[int, ...], ...]] = {
        name: tuple(map(tuple, roles)) for name, roles in fresh.items()
    }
    kept = list(parts)
    while kept and len(kept[-1]) <= _RATIO * len(taken):
        for padded, (_, own, made) in kept.pop().items():
            new_own, new_made = taken.get(padded[1:-1], ((), ()))
            taken[padded[1:-1]] = ((*own, *new_own), (*made, *new_made))
    automaton = ahocorasick.Automaton()
    for name, (own, made) in taken.items():
        automaton.add_word(f" {name} ", (len(name), own, made))
    automaton.make_automaton()
    return (*kept, automaton)
