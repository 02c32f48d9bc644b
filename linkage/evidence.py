"""Why two items belong together: what they share, and which names the other.

`Comparison.signals` is cheap and runs for every candidate; `explain` turns the signals of a link
that will be served into evidence with names and offsets.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from linkage import dates, lexical, text
from linkage.candidates import Question
from linkage.lexical import Lexicon
from linkage.types import Evidence, Item

READ_CHARACTERS = 5_000
"""How far into a text names are looked for; a work is named at its beginning or hardly at all."""

_SURNAME_LETTERS = 4
_CUE_REACH = 160
_CUE = re.compile(
    r" (based on|adapt\w*|inspired by|novels?|novella|memoir|book|short story|comics?|play"
    r"|nach dem|basier\w*|verfilm\w*|romans?|buch|erzahlung"
    r"|d apres|inspire\w* d|livre|nouvelle"
    r"|basad[oa]|inspirad[oa]|novela|libro|romanzo|tratto d\w*) "
)
"""Folded words that say one work was made from another: English, German, French, Spanish."""
_MAX_TERMS = 8
_WHOLE = 1 - 1e-9
"""A share that is all, but for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """One item's words name the other's title, creator, or both."""

    title: bool
    creator: Literal["full", "surname"] | None
    has_cue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """How two titles agree. Rarities are 0..1, see `Lexicon.rarity`."""

    is_same: bool
    is_same_head: bool
    """The whole title of one is what the other's begins with, before a colon or a dash."""
    is_alike: bool
    """They have the same telling words."""
    is_within: bool
    """All telling words of one are in the other."""
    rarity: float
    """Of the words of the one that is more within the other, times the share that is."""
    namesakes: int
    """How many items of the catalogue have the title that the two share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """All that was found between two items."""

    identifiers: tuple[str, ...]
    creators: tuple[str, ...]
    bearers: int
    """How many items of the catalogue have the rarest of these creators."""
    series: tuple[str, ...]
    subject_rarity: float
    """How telling the subjects are that both have, 0..1."""
    titles: Titles
    has_cue: bool
    """One is said to be made from a book, film …; which one stands elsewhere, if anywhere."""
    named_by_target: Naming | None
    named_by_source: Naming | None
    told: float
    """Share of the telling words of one's title that the other's words have, 0..1."""
    told_rarity: float
    """The same, times how telling those words are."""
    similarity: float | None
    """Cosine of the vectors."""
    nearness: float
    """The cosine above that of unrelated items, in standard deviations."""
    overlap: float
    """Share of the source's telling words that the target has, by weight, 0..1."""
    text_overlap: float
    """The same without the words of the source's title and of the creators."""


class Weights:
    """Words and what each weighs."""

    __slots__ = ("total", "words")

    def __init__(self, words: Mapping[str, float]) -> None:
        self.words = words
        self.total = sum(words.values())

    def share(self, held: frozenset[str]) -> float:
        """Return the share of the words, by weight, that are among others."""
        return self.sum_of(held.intersection(self.words)) / self.total if self.total else 0.0

    def sum_of(self, words: Iterable[str]) -> float:
        """Return what these words weigh, all of which it has."""
        return sum(map(self.words.__getitem__, words))


class Profile:
    """An item, prepared for comparison."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.title = text.title_key(item.title)
        self.head = text.title_key(text.head_of(item.title))
        self.creators = {key: name for name in item.creators if (key := text.name_key(name))}
        self.series = lexical.series(item)
        self.year = dates.year(item.published_at)
        self._weighed: tuple[Lexicon, Weights, float] | None = None

    def title_weights(self, lexicon: Lexicon) -> tuple[Weights, float]:
        """Return the weights of the title's words and their rarity, kept for one lexicon."""
        if self._weighed is None or self._weighed[0] is not lexicon:
            words = {word: lexicon.weight(word) for word in self.title_words}
            self._weighed = lexicon, Weights(words), lexicon.rarity(words)
        return self._weighed[1:]

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """The words of the title, each once."""
        return tuple(dict.fromkeys(self.title.split()))

    @cached_property
    def padded_title(self) -> str:
        """The title's key between spaces."""
        return f" {self.title} "

    @cached_property
    def full_names(self) -> tuple[str, ...]:
        """The creators' keys between spaces."""
        return tuple(f" {key} " for key in self.creators)

    @cached_property
    def surnames(self) -> tuple[str, ...]:
        """The last words of the creators' keys between spaces, where they are long enough."""
        last = (key.split()[-1] for key in self.creators)
        return tuple(f" {name} " for name in last if len(name) >= _SURNAME_LETTERS)

    @cached_property
    def creator_words(self) -> frozenset[str]:
        """The words of the creators' keys."""
        return frozenset(_words_of(self.creators))

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The keys of the subjects."""
        return frozenset(map(text.name_key, self.item.subjects))

    @cached_property
    def named(self) -> str:
        """The folded text, between spaces."""
        return text.padded(self.item.text[:READ_CHARACTERS])

    @cached_property
    def has_cue(self) -> bool:
        """Whether the text speaks of something it was made from."""
        return bool(_CUE.search(self.named))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words said about the item; one string for a word of all profiles."""
        return frozenset(map(sys.intern, text.words(lexical.body(self.item)[:READ_CHARACTERS])))


class Comparison:
    """The item that was asked about, prepared to be compared with many others."""

    def __init__(self, source: Profile, question: Question) -> None:
        self._source = source
        self._question = question
        self._words = Weights(question.words)
        own = {*source.title_words, *source.creator_words}
        self._others = Weights({w: n for w, n in question.words.items() if w not in own})

    def signals(self, target: Profile, similarity: float | None) -> Signals:
        """Compare it with another item. `similarity` is their cosine."""
        source, lexicon = self._source, self._question.lexicon
        creators = tuple(key for key in source.creators if key in target.creators)
        told = [_told(a, b, lexicon) for a, b in ((source, target), (target, source))]
        near = self._question.background.nearness
        return Signals(
            identifiers=_shared_identifiers(source.item, target.item),
            creators=creators,
            bearers=min((lexicon.bearers(f"creator:{key}") for key in creators), default=0),
            series=tuple(sorted(source.series & target.series)),
            subject_rarity=lexicon.rarity(_words_of(source.subjects & target.subjects)),
            titles=_titles(source, target, lexicon),
            has_cue=source.item.kind != target.item.kind and (source.has_cue or target.has_cue),
            named_by_target=_naming(target, source),
            named_by_source=_naming(source, target),
            told=max(share for share, _ in told),
            told_rarity=max(share * rarity for share, rarity in told),
            similarity=similarity,
            nearness=0.0 if similarity is None else near(similarity),
            overlap=self._words.share(target.words),
            text_overlap=self._text_overlap(target),
        )

    def _text_overlap(self, target: Profile) -> float:
        others, makers = self._others, target.creator_words
        total = others.total - others.sum_of(makers.intersection(others.words))
        shared = target.words.intersection(others.words) - makers
        return others.sum_of(shared) / total if shared else 0.0


def _titles(source: Profile, target: Profile, lexicon: Lexicon) -> Titles:
    (one, _), (other, _) = source.title_weights(lexicon), target.title_weights(lexicon)
    shared = one.words.keys() & other.words.keys()
    weight = one.sum_of(shared)
    shares = [weight / each.total if each.total else 0.0 for each in (one, other)]
    is_same = bool(source.title) and source.title == target.title
    return Titles(
        is_same=is_same,
        is_same_head=bool(source.head and target.head)
        and not is_same
        and (source.title == target.head or target.title == source.head),
        is_alike=is_same or min(shares) >= _WHOLE,
        is_within=is_same or max(shares) >= _WHOLE,
        rarity=max(shares) * lexicon.rarity(shared) if shared else 0.0,
        namesakes=lexicon.bearers(lexical.title_tag(source.item.title)) if is_same else 0,
    )


def _told(namer: Profile, named: Profile, lexicon: Lexicon) -> tuple[float, float]:
    """Return the share of a title that is among another item's words, and the title's rarity."""
    title, rarity = named.title_weights(lexicon)
    return title.share(namer.words), rarity


def _words_of(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in name.split()}


def explain(
    source: Profile, target: Profile, found: Signals, weights: Mapping[str, float]
) -> tuple[Evidence, ...]:
    """Return the reasons for a link, the strongest kinds first."""
    return tuple(_reasons(source, target, found, weights))


def _reasons(
    source: Profile, target: Profile, found: Signals, weights: Mapping[str, float]
) -> Iterator[Evidence]:
    for scheme in found.identifiers:
        yield Evidence("identifier", {"scheme": scheme, "value": source.item.identifiers[scheme]})
    if found.named_by_target:
        yield _named("target", target.item, source, found.named_by_target)
    if found.named_by_source:
        yield _named("source", source.item, target, found.named_by_source)
    if found.titles.is_alike or found.titles.is_same_head:
        yield Evidence("title", {"title": target.item.title})
        if found.has_cue:
            yield from _made_from(source, target)
    if found.series:
        yield Evidence("series", {"names": list(found.series)})
    if found.creators:
        yield Evidence("creator", {"names": [target.creators[key] for key in found.creators]})
    terms = sorted(weights.keys() & target.words, key=lambda word: (-weights[word], word))
    if terms:
        yield Evidence("lexical", {"terms": terms[:_MAX_TERMS], "overlap": round(found.overlap, 3)})
    if found.similarity is not None:
        yield Evidence("vector", {"similarity": round(found.similarity, 4)})


def _naming(namer: Profile, named: Profile) -> Naming | None:
    if not namer.item.text or not named.title:
        return None
    creator, at = _creator(namer.named, named)
    has_title = named.padded_title in namer.named
    if creator is None and not (has_title and named.title != namer.title):
        return None
    nearby = namer.named[max(0, at - _CUE_REACH) : at + _CUE_REACH] if creator else ""
    return Naming(title=has_title, creator=creator, has_cue=bool(_CUE.search(nearby)))


def _creator(folded: str, named: Profile) -> tuple[Literal["full", "surname"] | None, int]:
    for name in named.full_names:
        if (at := folded.find(name)) >= 0:
            return "full", at
    for surname in named.surnames:
        if (at := folded.find(surname)) >= 0:
            return "surname", at
    return None, -1


def _named(where: str, namer: Item, named: Profile, found: Naming) -> Evidence:
    read = namer.text[:READ_CHARACTERS]
    spans: dict[str, list[int]] = {}
    if found.title and (title := next(text.occurrences(named.title, read), None)):
        spans["title"] = list(title)
    if found.creator:
        keys = list(named.creators)
        names = keys if found.creator == "full" else [key.split()[-1] for key in keys]
        first = (next(text.occurrences(name, read), None) for name in names)
        if creator := next(filter(None, first), None):
            spans["creator"] = list(creator)
    return Evidence("named", {"in": where, "field": "text", **spans})


def _made_from(source: Profile, target: Profile) -> Iterator[Evidence]:
    """Yield the word that says one was made from a book, and where it stands."""
    for where, profile in (("target", target), ("source", source)):
        if cue := _CUE.search(profile.named):
            read = profile.item.text[:READ_CHARACTERS]
            span = next(text.occurrences(cue[1], read), None)
            yield Evidence("made_from", {"in": where, "term": cue[1], "span": span and list(span)})
            return


def _shared_identifiers(source: Item, target: Item) -> tuple[str, ...]:
    return tuple(
        scheme
        for scheme, value in source.identifiers.items()
        if target.identifiers.get(scheme) == value
    )
