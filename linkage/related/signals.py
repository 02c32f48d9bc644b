"""What there is between one item and many others, as columns of numbers: a row for each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage import lexical, text
from linkage.candidates import Question
from linkage.related import sketch
from linkage.related.sketch import Numbers, Sketch, hashed
from linkage.types import Item

Column = NDArray[np.float64]
Columns = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_NOTHING = 1e-9
"""What is less is nothing, but for rounding."""
_BUCKETS = 2**12 - 1
_BODY = sketch.SECTIONS


@dataclass(frozen=True, slots=True)
class Naming:
    """Where the words of one item name the other's title, a creator's full name or a surname.

    A full name counts before a surname. A title that both have is named only beside a creator.
    """

    title: Flags
    full: Flags
    surname: Flags

    @property
    def creator(self) -> Flags:
        """Where a creator is named either way."""
        return self.full | self.surname

    def any_at(self, row: int) -> bool:
        """Tell whether anything is named."""
        return bool(self.title[row] or self.full[row] or self.surname[row])


@dataclass(frozen=True, slots=True)
class Titles:
    """How titles agree."""

    is_same: Flags
    is_same_head: Flags
    """The whole title of one is what the other's begins with, before a colon or a dash."""
    is_alike: Flags
    """They have the same telling words."""
    is_within: Flags
    """All telling words of one are in the other."""
    rarity: Column
    """Of the words of the one that is more within the other, times the share that is."""
    namesakes: int
    """How many items of the catalogue have the source's title, where a target has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """All that was found. Shares and rarities are 0..1; see `Rarity.most_telling`."""

    source: Sketch
    targets: Sequence[Sketch]
    identifiers: Flags
    creators: Flags
    bearers: Column
    """How many items of the catalogue have the rarest creator they share."""
    series: Flags
    subject_rarity: Column
    titles: Titles
    has_cue: Flags
    """They are of two kinds and one is said to be made from a book, film …; which one stands
    elsewhere, if anywhere."""
    named_by_target: Naming
    named_by_source: Naming
    told: Column
    """Share of the telling words of one's title that the other's words have."""
    told_rarity: Column
    """The same, times how telling those words are."""
    similarity: Column
    """Cosine of the vectors; NaN where there is none."""
    nearness: Column
    """The cosine above that of unrelated items, in standard deviations."""
    overlap: Column
    """Share of the question's words that the target has, by weight."""
    text_overlap: Column
    """The same without the words of the source's title and of the creators."""
    shared: Flags
    """Which of the question's words each target has; a column for each."""
    is_across: Flags
    """They are known to be in different languages, and so share few words."""
    years: Numbers
    """The year of each target, 0 where it is not known."""
    kinds: Numbers
    """The kind of each target, as its sketch has it."""

    def is_of(self, kinds: Iterable[str]) -> Flags:
        """Tell which targets are of some kinds."""
        found: Flags = (self.kinds[:, None] == hashed(kinds)).any(1)
        return found


class Comparison:
    """The item that was asked about, prepared to be compared with many others at once.

    Which of its words and names another item has is looked up once; `_Sums` makes of that all
    that is counted or weighed, by one product of matrices.
    """

    def __init__(self, source: Sketch, item: Item, question: Question) -> None:
        self.source = source
        self._rare = question.rarity
        self._background = question.background
        self._most_telling = self._rare.most_telling
        self._told = sketch.named(item)
        self._marks = _Marks(source)
        self._in_body = self._marks.are_in(sketch.BODY)
        self._in_text = self._marks.are_in((sketch.TEXT,))
        self._title_weights = source.title_weights(self._rare)
        self._subjects = list(dict.fromkeys(map(text.name_key, item.subjects)))
        self._weigh(question.words)

    def _weigh(self, words: Mapping[str, float]) -> None:
        """Prepare what is to be summed up of each target."""
        source, sums = self.source, _Sums(self._marks)
        weights = np.fromiter(words.values(), np.float64)
        own = {*source.title_words, *(word for key in source.creators for word in key.split())}
        others = weights * [word not in own for word in words]
        asked, title = hashed(words), source.section(sketch.TITLE)
        self._identifiers = sums.add(sketch.IDENTIFIERS, source.section(sketch.IDENTIFIERS))
        self._creators = sums.add(sketch.CREATORS, source.section(sketch.CREATORS))
        self._series = sums.add(sketch.SERIES, source.section(sketch.SERIES))
        self._subject_keys = sums.add(sketch.SUBJECTS, hashed(self._subjects))
        self._title_in_title = sums.add(sketch.TITLE, title, self._title_weights)
        self._title_in_body = sums.add(_BODY, title, self._title_weights)
        self._words = sums.add(_BODY, asked, weights)
        self._others = sums.add(_BODY, asked, others)
        self._makers = sums.add(sketch.MAKERS, asked, others)
        self._phrases = {
            name: sums.add(sketch.TEXT, hashed(dict.fromkeys(name.split())))
            for name in (source.title, *source.creators, *source.surnames)
        }
        self._totals = float(weights.sum()), float(others.sum())
        self._sums = sums

    def signals(self, targets: Sequence[Sketch], similarity: Column) -> Signals:
        """Compare it with others; `similarity` is the cosine of each, NaN where there is none."""
        hits = self._marks.hits(targets)
        found, sums = self._sums.of(hits)
        titles, told, told_rarity = self._titles(hits, sums)
        near = (similarity - self._background.mean) / self._background.deviation
        facts, own = hits.facts, self.source.numbers
        others = sums[self._others.at] - sums[self._makers.at]
        return Signals(
            source=self.source,
            targets=targets,
            identifiers=sums[self._identifiers.at] > 0,
            creators=sums[self._creators.at] > 0,
            bearers=self._bearers(found[:, self._creators.columns]),
            series=sums[self._series.at] > 0,
            subject_rarity=self._subject_rarity(found[:, self._subject_keys.columns]),
            titles=titles,
            has_cue=(facts[:, sketch.KIND] != own[sketch.KIND])
            & ((facts[:, sketch.HAS_CUE] | own[sketch.HAS_CUE]) > 0),
            named_by_target=self._named_by_target(hits, sums),
            named_by_source=self._named_by_source(hits),
            told=told,
            told_rarity=told_rarity,
            similarity=similarity,
            nearness=np.maximum(np.nan_to_num(near), 0.0),
            overlap=_share(sums[self._words.at], self._totals[0]),
            text_overlap=_share(others, self._totals[1] - sums[self._makers.at]),
            shared=found[:, self._words.columns],
            is_across=(facts[:, sketch.LANGUAGE] != own[sketch.LANGUAGE])
            & (facts[:, sketch.LANGUAGE] * own[sketch.LANGUAGE] != 0),
            years=facts[:, sketch.YEAR],
            kinds=facts[:, sketch.KIND],
        )

    def _rarity(self, weight: Column) -> Column:
        return np.minimum(1.0, weight / self._most_telling)

    def _bearers(self, sharing: Flags) -> Column:
        """Return of how many items the rarest shared creator is."""
        counts = [self._rare.bearers(lexical.creator_tag(key)) for key in self.source.creators]
        fewest: Column = np.where(sharing, np.array(counts, np.float64), np.inf).min(
            1, initial=np.inf
        )
        return fewest

    def _subject_rarity(self, sharing: Flags) -> Column:
        """Return how telling the words of the shared subjects are, each counted once."""
        if not self._subjects:
            return np.zeros(len(sharing))
        words = list(dict.fromkeys(word for key in self._subjects for word in key.split()))
        held = np.array([[word in key.split() for word in words] for key in self._subjects])
        weights = np.fromiter(map(self._rare.weight, words), np.float64)
        return self._rarity((sharing @ held) @ weights)

    def _titles(self, hits: "_Hits", sums: Columns) -> tuple[Titles, Column, Column]:
        """Compare the titles, and each with the words of the other item."""
        own, facts = self.source.numbers, hits.facts
        weights = np.concatenate([t.title_weights(self._rare) for t in hits.targets])
        whose = np.repeat(np.arange(len(hits.targets)), facts[:, sketch.TITLE])
        totals = np.bincount(whose, weights, len(hits.targets)).astype(np.float64, copy=False)
        total = float(self._title_weights.sum())
        shared = sums[self._title_in_title.at]
        shares = _share(shared, total), _share(shared, totals)
        least, most = np.minimum(*shares), np.maximum(*shares)
        is_same = (facts[:, sketch.KEY] == own[sketch.KEY]) & (own[sketch.KEY] != 0)
        heads = facts[:, sketch.HEAD], own[sketch.HEAD]
        is_headed = (heads[0] == own[sketch.KEY]) | (facts[:, sketch.KEY] == heads[1])
        titles = Titles(
            is_same=is_same,
            is_same_head=is_headed & (heads[0] != 0) & (heads[1] != 0) & ~is_same,
            is_alike=is_same | (least >= 1 - _NOTHING),
            is_within=is_same | (most >= 1 - _NOTHING),
            rarity=most * self._rarity(shared),
            namesakes=self._rare.bearers(lexical.title_tag(self.source.title))
            if is_same.any()
            else 0,
        )
        by_target = _share(sums[self._title_in_body.at], total)
        by_source = _share(hits.title_sums(self._in_body, weights), totals)
        rarities = self._rarity(np.full_like(totals, total)), self._rarity(totals)
        told_rarity = np.maximum(by_target * rarities[0], by_source * rarities[1])
        return titles, np.maximum(by_target, by_source), told_rarity

    def _named_by_target(self, hits: "_Hits", sums: Columns) -> Naming:
        """Return where the text of a target names the source."""
        title, full, surname = np.zeros((3, len(hits.targets)), dtype=np.bool_)
        if self.source.title:
            title |= self._phrase(hits, sums, self.source.title)
            for key in self.source.creators:
                full |= self._phrase(hits, sums, key)
            for name in self.source.surnames:
                surname |= self._phrase(hits, sums, name)
        return _naming(title, full, surname, hits, self.source)

    def _phrase(self, hits: "_Hits", sums: Columns, name: str) -> Flags:
        """Return whose text has the words of a name one after the other."""
        phrase = self._phrases[name]
        found: Flags = sums[phrase.at] == len(phrase.numbers)
        if " " in name:
            wanted = np.array(hashed(name.split())).tobytes()
            for at in np.flatnonzero(found).tolist():
                found[at] = wanted in hits.targets[at].section(sketch.TEXT).tobytes()
        return found

    def _named_by_source(self, hits: "_Hits") -> Naming:
        """Return where the text of the source names a target."""
        title, full, surname = np.zeros((3, len(hits.targets)), dtype=np.bool_)
        sizes = hits.facts[:, sketch.TITLE]
        if self._in_text.any():
            is_likely = (hits.title_sums(self._in_text) == sizes) & (sizes > 0)
            for at in np.flatnonzero(is_likely).tolist():
                title[at] = f" {hits.targets[at].title} " in self._told
            is_likely = hits.rows[:, sketch.MAKERS] @ self._in_text & (sizes > 0)
            for at in np.flatnonzero(is_likely).tolist():
                target = hits.targets[at]
                full[at] = any(f" {key} " in self._told for key in target.creators)
                surname[at] = any(f" {name} " in self._told for name in target.surnames)
        return _naming(title, full, surname, hits, self.source)


class _Marks:
    """The numbers of the source, each once, and where they stand in other sketches."""

    def __init__(self, source: Sketch) -> None:
        self._source = source
        self.numbers = np.unique(np.append(source.numbers[sketch.HEADER_LENGTH :], 0))
        self._likely = np.zeros(_BUCKETS + 1, dtype=np.bool_)
        self._likely[self.numbers & _BUCKETS] = True

    def columns(self, numbers: Sequence[int] | Numbers) -> Places:
        """Return the places of numbers that are the source's."""
        return self.numbers.searchsorted(numbers)

    def are_in(self, sections: Iterable[int]) -> Flags:
        """Return which of the numbers some sections of the source have."""
        found = np.zeros(len(self.numbers), dtype=np.bool_)
        for section in sections:
            found[self.columns(self._source.section(section))] = True
        return found

    def hits(self, targets: Sequence[Sketch]) -> "_Hits":
        """Find the numbers in other sketches. A few bits tell most that are none of them."""
        flat = np.concatenate([target.numbers for target in targets])
        lengths = np.array([len(target.numbers) for target in targets])
        starts = lengths.cumsum() - lengths
        facts = flat[starts[:, None] + np.arange(sketch.HEADER_LENGTH)]
        sizes = facts[:, : sketch.SECTIONS]
        places = self._likely[flat & _BUCKETS].nonzero()[0]
        columns = np.minimum(self.columns(flat[places]), len(self.numbers) - 1)
        is_hit = self.numbers[columns] == flat[places]
        places, columns = places[is_hit], columns[is_hit]
        at = np.repeat(np.arange(sizes.size), sizes.ravel())[places]
        item, section = np.divmod(at, sketch.SECTIONS)
        rows = np.zeros((len(targets), _BODY + 1, len(self.numbers)), dtype=np.bool_)
        rows[item, section, columns] = True
        rows[:, _BODY] = rows[:, sketch.BODY].any(1)
        titled = (section == sketch.TITLE).nonzero()[0]
        item = item[titled]
        before = sizes[:, sketch.TITLE].cumsum() - sizes[:, sketch.TITLE]
        place = places[titled] - (starts + sketch.HEADER_LENGTH - before)[item]
        return _Hits(targets, facts, rows, item, columns[titled], place)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Where the source's numbers stand in the targets.

    `rows` tells of each target and section, and of its body, which numbers are there. Of the words
    of titles that are among the numbers, `title_item`, `title_column` and `title_place` tell whose
    title it is, which number, and which word of all titles.
    """

    targets: Sequence[Sketch]
    facts: Numbers
    rows: Flags
    title_item: Places
    title_column: Places
    title_place: Places

    def title_sums(self, wanted: Flags, weights: Column | None = None) -> Column:
        """Return for each title what those of its words weigh that are wanted, or their number."""
        is_wanted = wanted[self.title_column]
        chosen = None if weights is None else weights[self.title_place[is_wanted]]
        sums = np.bincount(self.title_item[is_wanted], chosen, minlength=len(self.targets))
        return sums.astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is summed up: numbers of a section, with weights; it is row `at` of all sums."""

    at: int
    section: int
    numbers: Sequence[int] | Numbers
    weights: Column | None
    columns: slice


class _Sums:
    """What is summed up of targets: how many of some numbers they have, or what those weigh."""

    def __init__(self, marks: _Marks) -> None:
        self._marks = marks
        self._all: list[_Sum] = []
        self._places: Places | None = None
        self._weights = np.empty((0, 0))
        self._width = 0

    def add(
        self, section: int, numbers: Sequence[int] | Numbers, weights: Column | None = None
    ) -> _Sum:
        """Have numbers of the source counted or weighed in a section of each target."""
        columns = slice(self._width, self._width + len(numbers))
        made = _Sum(len(self._all), section, numbers, weights, columns)
        self._width = columns.stop
        self._all.append(made)
        return made

    def of(self, hits: _Hits) -> tuple[Flags, Columns]:
        """Return which numbers each target has, and the sums, a row for each."""
        if self._places is None:
            self._prepare()
        found = hits.rows.reshape(len(hits.rows), -1)[:, self._places]
        return found, self._weights @ found.T

    def _prepare(self) -> None:
        numbers = np.concatenate([np.array(each.numbers, dtype=np.int64) for each in self._all])
        sections = np.repeat([e.section for e in self._all], [len(e.numbers) for e in self._all])
        self._places = self._marks.columns(numbers) + sections * len(self._marks.numbers)
        self._weights = np.zeros((len(self._all), self._width))
        for each in self._all:
            self._weights[each.at, each.columns] = 1.0 if each.weights is None else each.weights


def _share(part: Column, whole: Column | float) -> Column:
    """Return which share of the whole a part is; none of nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=np.greater(whole, _NOTHING))


def _naming(title: Flags, full: Flags, surname: Flags, hits: _Hits, source: Sketch) -> Naming:
    surname = surname & ~full
    is_namesake = hits.facts[:, sketch.KEY] == source.numbers[sketch.KEY]
    return Naming(title & (full | surname | ~is_namesake), full, surname)
