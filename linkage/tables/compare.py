"""Compare two records: strings, rare words, codes, numbers and fields become a row of features.

Everything is measured by how much it tells: words and codes weigh by their rarity in the tables at
hand. A feature that cannot be measured, because a field is empty, is NaN; the trees know how to go
on without it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Levenshtein

from linkage import text
from linkage.tables.records import Record

MISSING = math.nan
_CODE = re.compile(r"[a-z0-9]+(?:[-/.][a-z0-9]+)*")
_NUMBER = re.compile(r"(?<![a-z0-9.-])\d+(?:\.\d+)?(?!\d)")
_FIRST_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]\d\d|20\d\d)(?!\d)")
_CODE_LENGTH, _NUMBER_LENGTH = 4, 5
_LIKE = 0.88
"""Jaro-Winkler similarity above which two words may be one, misspelled."""
_LONG_WORD = 3
_MAX_WORDS = 400
_MAX_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Schema:
    """Which fields are compared one to one, and which of them say what a record is called."""

    head: tuple[str, ...]
    fields: tuple[str, ...]

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Schema":
        """Return the schema of records of one shape: the first field names, all are compared."""
        fields = tuple(dict.fromkeys(name for record in records for name in record.values))
        return cls(fields[:1], fields)


class Rarity:
    """How rare words and codes are among records: the weight of each is its IDF."""

    def __init__(self, count: int, words: Mapping[str, int], codes: Mapping[str, int]) -> None:
        self.count = count
        self.words = words
        self.codes = codes

    @classmethod
    def of(cls, described: Iterable["Described"]) -> "Rarity":
        """Count in how many of the records each word and code stands."""
        words: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        count = 0
        for one in described:
            count += 1
            words.update(one.words)
            codes.update(one.codes)
        return cls(count, words, codes)

    def word(self, word: str) -> float:
        """Return the weight of a word."""
        return math.log((self.count + 1) / (self.words.get(word, 0) + 1))

    def code(self, code: str) -> float:
        """Return the weight of a code."""
        return math.log((self.count + 1) / (self.codes.get(code, 0) + 1))

    def total(self, words: Iterable[str]) -> float:
        """Return the weight of all of some words, the same in whatever order they come."""
        return math.fsum(map(self.word, words))


@dataclass(frozen=True, slots=True)
class Field:
    """One value, ready to be compared."""

    key: str
    words: tuple[str, ...]
    squeezed: str
    number: float | None
    year: int | None

    @classmethod
    def of(cls, value: str) -> "Field":
        """Fold a value, and read the numbers in it."""
        words = tuple(text.words(value[:_MAX_CHARACTERS])[:_MAX_WORDS])
        number = _FIRST_NUMBER.search(value)
        year = _YEAR.search(value)
        return cls(
            " ".join(words),
            words,
            "".join(words),
            float(number[0].replace(",", "")) if number else None,
            int(year[0]) if year else None,
        )


class Described:
    """A record, ready to be compared."""

    def __init__(self, record: Record, schema: Schema) -> None:
        self.fields = {name: Field.of(record.values.get(name, "")) for name in schema.fields}
        self.whole = " ".join(record.values.values())[:_MAX_CHARACTERS]
        self.title = next((v for name in schema.head if (v := record.values.get(name))), "")
        words = tuple(text.words(self.whole)[:_MAX_WORDS])
        self.words = frozenset(words)
        self.squeezed = "".join(words)
        self.head_words = tuple(text.words(self.title)[:_MAX_WORDS])
        self.head_key = " ".join(self.head_words)

    @cached_property
    def head(self) -> frozenset[str]:
        """The words of the title."""
        return frozenset(self.head_words)

    @cached_property
    def bare(self) -> str:
        """The title without what stands in brackets at its end."""
        return text.title_key(self.title)

    @cached_property
    def short(self) -> str:
        """The title without its subtitle either."""
        return text.title_key(text.head_of(self.title))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Model numbers, SKUs and the like anywhere in the record."""
        return frozenset(_codes(self.whole))

    @cached_property
    def head_codes(self) -> frozenset[str]:
        """Those in the title."""
        return frozenset(_codes(self.title))

    @cached_property
    def numbers(self) -> frozenset[float]:
        """The plain numbers in the title: volumes, sizes, versions."""
        return frozenset(map(float, _NUMBER.findall(self.title.lower())))


def feature_names(schema: Schema) -> list[str]:
    """Return what the places of a row stand for."""
    whole = [f"{part}.{name}" for part in ("all", "head") for name in _OVERLAP]
    codes = [f"{part}.{name}" for part in ("codes", "head codes") for name in _CODES]
    fields = [f"{name}.{measure}" for name in schema.fields for measure in _FIELD]
    return [*whole, *_CROSS, *_SPELLING, *_TRIMMED, *codes, *_NUMBERS, *_TYPOS, *fields]


def compare(left: Described, right: Described, rarity: Rarity) -> list[float]:
    """Return the row of features of two records of one schema."""
    row = [
        *_overlap(left.words, right.words, rarity),
        *_overlap(left.head, right.head, rarity),
        _share(left.head & right.words, left.head, rarity),
        _share(right.head & left.words, right.head, rarity),
        *_spelling(left.head_key, right.head_key),
        *_trimmed(left, right),
        *_compare_codes(left, right, left.codes, right.codes, rarity),
        *_compare_codes(left, right, left.head_codes, right.head_codes, rarity),
        *_compare_numbers(left.numbers, right.numbers),
        _forgiving(left.head, right.words, rarity),
        _forgiving(right.head, left.words, rarity),
    ]
    for name, field in left.fields.items():
        row += _compare_fields(field, right.fields[name], left, right, rarity)
    return row


_OVERLAP = (
    "of left", "of right", "of both", "of one", "shared 1", "shared 2", "left 1", "left 2",
    "right 1", "right 2",
)  # fmt: skip
_CROSS = ("left head in right", "right head in left")
_SPELLING = ("as written", "sorted", "as sets", "part", "beginning", "length")
_TRIMMED = ("bare equal", "bare as written", "short equal", "short as written", "short of bare")
_CODES = ("rarest", "shared", "left only", "right only", "left in", "right in", "like", "prefix")
_NUMBERS = ("numbers shared", "numbers left", "numbers right")
_TYPOS = ("left forgiving", "right forgiving")
_FIELD = (
    "absent", "equal", "as written", "as sets", "beginning", "of left", "of right", "of both",
    "initials", "left in", "right in", "apart", "ratio", "years",
)  # fmt: skip
_ABSENT_FIELD = (MISSING,) * (len(_FIELD) - 1)


def _overlap(left: frozenset[str], right: frozenset[str], rarity: Rarity) -> Iterator[float]:
    shared = left & right
    of_left, of_right = _share(shared, left, rarity), _share(shared, right, rarity)
    yield of_left
    yield of_right
    yield _share(shared, left | right, rarity)
    yield max(of_left, of_right)
    for words in (shared, left - right, right - left):
        rarest = sorted(map(rarity.word, words), reverse=True)[:2]
        yield from (*rarest, *(0.0,) * (2 - len(rarest)))


def _share(part: Iterable[str], whole: Iterable[str], rarity: Rarity) -> float:
    total = rarity.total(whole)
    return rarity.total(part) / total if total else MISSING


def _spelling(left: str, right: str) -> Iterator[float]:
    yield fuzz.ratio(left, right)
    yield fuzz.token_sort_ratio(left, right)
    yield fuzz.token_set_ratio(left, right)
    yield fuzz.partial_ratio(left, right)
    yield JaroWinkler.similarity(left, right)
    longer = max(len(left), len(right))
    yield min(len(left), len(right)) / longer if longer else MISSING


def _trimmed(left: Described, right: Described) -> Iterator[float]:
    if not left.bare or not right.bare:
        yield from (MISSING,) * len(_TRIMMED)
        return
    yield float(left.bare == right.bare)
    yield fuzz.ratio(left.bare, right.bare)
    yield float(left.short == right.short)
    yield fuzz.ratio(left.short, right.short)
    yield float(left.short == right.bare) + 2.0 * (left.bare == right.short)


def _codes(written: str) -> Iterator[str]:
    """Yield what looks like a model number, without its hyphens and dots."""
    for found in _CODE.findall(written.lower()):
        code = re.sub(r"[^a-z0-9]", "", found)
        digits = sum(char.isdigit() for char in code)
        least = _NUMBER_LENGTH if digits == len(code) else _CODE_LENGTH
        if digits > 1 and len(code) >= least:
            yield code


def _compare_codes(
    left: Described,
    right: Described,
    codes: frozenset[str],
    others: frozenset[str],
    rarity: Rarity,
) -> Iterator[float]:
    shared = codes & others
    yield max(map(rarity.code, shared), default=0.0)
    yield len(shared)
    yield len(codes - others)
    yield len(others - codes)
    yield _longest_in(codes, right.squeezed)
    yield _longest_in(others, left.squeezed)
    pairs = [(code, other) for code in codes for other in others]
    yield max((Levenshtein.normalized_similarity(*pair) for pair in pairs), default=-1.0)
    yield max((_prefix(*pair) for pair in pairs), default=-1.0)


def _longest_in(codes: frozenset[str], squeezed: str) -> float:
    return max((len(code) for code in codes if code in squeezed), default=0) if codes else -1.0


def _prefix(left: str, right: str) -> float:
    """Return how much of the shorter code both begin with."""
    shorter = min(len(left), len(right))
    same = next((i for i in range(shorter) if left[i] != right[i]), shorter)
    return same / shorter


def _compare_numbers(left: frozenset[float], right: frozenset[float]) -> Iterator[float]:
    yield len(left & right)
    yield len(left - right)
    yield len(right - left)


def _forgiving(words: frozenset[str], others: frozenset[str], rarity: Rarity) -> float:
    """Return which share of the words the others have, a misspelled one counting in part."""
    total = rarity.total(words)
    found = math.fsum(rarity.word(word) * _likeness(word, others) for word in words)
    return found / total if total else MISSING


def _likeness(word: str, others: frozenset[str]) -> float:
    if word in others:
        return 1.0
    if len(word) <= _LONG_WORD:
        return 0.0
    near = (JaroWinkler.similarity(word, other) for other in others if other[0] == word[0])
    best = max(near, default=0.0)
    return best if best > _LIKE else 0.0


def _compare_fields(
    one: Field, other: Field, left: Described, right: Described, rarity: Rarity
) -> Iterator[float]:
    if not one.words or not other.words:
        yield (not one.words) + 2.0 * (not other.words)
        yield from _ABSENT_FIELD
        return
    words, others = frozenset(one.words), frozenset(other.words)
    shared = words & others
    yield 0.0
    yield float(one.key == other.key)
    yield fuzz.ratio(one.key, other.key)
    yield fuzz.token_set_ratio(one.key, other.key)
    yield JaroWinkler.similarity(one.key, other.key)
    yield _share(shared, words, rarity)
    yield _share(shared, others, rarity)
    yield _share(shared, words | others, rarity)
    yield _initials(one.words, other.words)
    yield float(len(one.squeezed) >= _CODE_LENGTH and one.squeezed in right.squeezed)
    yield float(len(other.squeezed) >= _CODE_LENGTH and other.squeezed in left.squeezed)
    yield from _distance(one.number, other.number)
    yield abs(one.year - other.year) if one.year and other.year else MISSING


def _initials(words: Sequence[str], others: Sequence[str]) -> float:
    """Return which share of the shorter name agrees, `j` with `john` too."""
    shorter, longer = sorted((words, others), key=len)
    return sum(any(_agree(a, b) for b in longer) for a in shorter) / len(shorter)


def _agree(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def _distance(one: float | None, other: float | None) -> tuple[float, float]:
    if one is None or other is None:
        return MISSING, MISSING
    return abs(one - other), (one - other) / max(one, other, 1e-9)
