"""Segments with everything in them that a translation must not break, and what was broken.

Real sentences of the mission set, into which placeholders, tags, addresses, codes, amounts,
numbers and names are put at random, next to words, to marks and to each other.
"""

import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from translate.quality import numbers
from translate.types import Translation

KINDS = {
    "placeholders": ("{{{{x{n}}}}}", "{{v{n}}}", "{{{n}}}", "%s", "%{n}$s", "%(k{n})s", "${{v{n}}}",
                     ":p{n}", '<x id="{n}"/>', "[X{n}X]", "__N{n}__", "{{}}", "%d", "⟦{n}⟧"),
    "addresses": ("https://example.com/a?b={n}&c#d", "u{n}@example.org", "www.x{n}.com/y",
                  "@user{n}"),
    "codes": ("978-3-16-148410-0", "B000FA5KK0", "AB-10{n}", "WH-10{n}XM4"),
    "amounts": ("€{n}.10", "{n},99 €", "{n} kg", "{n} x 20 cm", "{n} %", "USD {n}"),
    "emoji": ("😀", "👍🏽", "👨‍👩‍👧", "❤️", "™", ":-)"),
    "terms": ("Zentrix Pro", "Maple&Co", "Ōkami"),
}  # fmt: skip
TERMS = KINDS["terms"]
TAGS = ("b", "i", "em", "a", "span", "g")
PLURAL = ("{n, plural, =0 {", "} one {# ", "} other {# ", "}}")
"""The syntax between the branches of a message."""
_TAG = re.compile(r"<(/?)(\w+)[^<>]*?(/?)>|<!--.*?-->")


@dataclass(frozen=True)
class Fuzzed:
    """A segment, and what was put into it by kind."""

    text: str
    format: str
    spans: dict[str, Counter[str]]


@cache
def sentences(language: str) -> list[str]:
    """Return the mission set's sentences in a language."""
    path = files("translate") / "data" / "mission" / "segments.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row[language] for row in csv.DictReader(file, delimiter="\t")]


def segments(language: str, count: int, seed: int = 1) -> Iterator[Fuzzed]:
    """Yield so many segments."""
    rng = random.Random(f"{language} {seed}")
    for number in range(count):
        yield _segment(rng, language, number)


def _segment(rng: random.Random, language: str, number: int) -> Fuzzed:
    words = rng.choice(sentences(language)).split(" ")
    if number % 20 == 0:
        return _message(rng, language, words)
    spans: dict[str, Counter[str]] = {}
    for _ in range(rng.randint(1, 6)):
        kind = rng.choice(list(KINDS))
        span = rng.choice(KINDS[kind])
        span = span.format(n=rng.randint(1, 99)) if kind != "terms" else span
        spans.setdefault(kind, Counter())[span] += 1
        words.insert(
            rng.randint(0, len(words)),
            rng.choice(["{}", "({})", "{},", "“{}”"]).replace("{}", span),
        )
    has_digit = [any(map(str.isdigit, word)) for word in words]
    # not beside another number: "3.5 USD 55" can be read in two ways
    free = [at for at in range(len(words) + 1) if not any(has_digit[max(at - 1, 0) : at + 1])]
    if free and rng.random() < 0.5:
        words.insert(rng.choice(free), str(rng.choice([7, 42, 1984, "3.5", "1,234"])))
    for _ in range(rng.randint(0, 3)):
        _wrap(rng, words)
    if rng.random() < 0.1:
        words.insert(rng.randint(0, len(words)), "<!-- note -->")
    gap = rng.choice([" ", " ", " ", "\n", "  "])
    text = rng.choice(["", "", " ", "\n"]) + gap.join(words).strip() + rng.choice(["", "", "\n"])
    return Fuzzed(text, rng.choice(["text", "html"]), spans)


def _message(rng: random.Random, language: str, words: list[str]) -> Fuzzed:
    branches = [*rng.choices(sentences(language), k=3), ""]
    argument = "".join(syntax + text for syntax, text in zip(PLURAL, branches, strict=True))
    words.insert(rng.randint(0, len(words)), argument)
    wanted = Counter([*(syntax.replace("# ", "") for syntax in PLURAL), "#", "#"])
    return Fuzzed(" ".join(words), "text", {"messages": wanted})


def _wrap(rng: random.Random, words: list[str]) -> None:
    """Put a tag around some words, where it does not cross another."""
    begin = rng.randrange(len(words))
    end = rng.randint(begin, min(begin + 4, len(words) - 1))
    stretch = words[begin : end + 1]
    if is_well_nested(" ".join(stretch)):
        name = rng.choice(TAGS)
        words[begin] = f'<{name} id="{rng.randint(1, 9)}">{words[begin]}'
        words[end] += f"</{name}>"


def breaks(fuzzed: Fuzzed, answer: Translation) -> dict[str, bool]:
    """Return for each kind that the segment holds whether the answer broke it."""
    found = {
        kind: any(fuzzed.text.count(span) != answer.text.count(span) for span in wanted)
        for kind, wanted in fuzzed.spans.items()
    }
    if _TAG.search(fuzzed.text):
        found["tags"] = _tags(fuzzed.text) != _tags(answer.text) or not is_well_nested(answer.text)
    if wanted := numbers(_plain(fuzzed, fuzzed.text)):
        found["numbers"] = numbers(_plain(fuzzed, answer.text)) != wanted
    found["white space"] = _spaces(fuzzed.text) != _spaces(answer.text)
    return found


def _plain(fuzzed: Fuzzed, text: str) -> str:
    """Return a text with a stand-in for each tag and for all that was put in."""
    text = _TAG.sub("|", text)
    for wanted in fuzzed.spans.values():
        for span in sorted(wanted, key=len, reverse=True):
            text = text.replace(span, "|")
    return text


def _tags(text: str) -> list[str]:
    return sorted(match.group() for match in _TAG.finditer(text))


def _spaces(text: str) -> tuple[str, str, list[str]]:
    left, right = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return left, right, re.findall(r"[\r\n]+", text)


def is_well_nested(text: str) -> bool:
    """Tell whether each tag closes what was opened last."""
    stack: list[str] = []
    for match in _TAG.finditer(text):
        close, name, void = match.groups()
        if name is None or void or name == "x":
            continue
        if not close:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return not stack
