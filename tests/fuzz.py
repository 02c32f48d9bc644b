"""Segments with everything in them that a translation must not break, and what was broken.

Real sentences of the mission set, into which placeholders, tags, addresses, codes, literals,
amounts, numbers and names are put at random: next to words, to marks and to each other, many of
them and the same again, inside of tags and around them, in capitals, and in the branches of
messages.
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
                     ":p{n}", '<x id="{n}"/>', "[X{n}X]", "__N{n}__", "{{}}", "%d", "⟦{n}⟧",
                     "%.2f", "{{{n}:.1f}}", "{{d, date, short}}", "#{{v{n}}}", "%%", "%@",
                     "{{{{{{x{n}}}}}}}", "{{ v{n} }}", "{{% if v %}}", "%NAME%", "$v{n}"),
    "addresses": ("https://example.com/a?b={n}&c#d", "u{n}@example.org", "www.x{n}.com/y",
                  "@user{n}", "https://example.com/{{v{n}}}"),
    "codes": ("978-3-16-148410-0", "9783161484100", "0-306-40615-2", "B000FA5KK0", "AB-10{n}",
              "WH-10{n}XM4", "+49 30 12345{n}"),
    "literals": ("#f{n}a0c", "#Tag{n}", "v1.{n}", "list{n}.csv", "C:\\a\\b{n}.txt", "/var/a{n}.log",
                 "key_{n}", "run_{n}()", "`a --b {n}`"),
    "amounts": ("€{n}.10", "{n},99 €", "{n} kg", "{n} x 20 cm", "{n} %", "USD {n}", "-{n} °C",
                "1.{n}00,50 €", "$1,234.{n}", "{n}%", "{n}MB", "{n} km/h"),
    "emoji": ("😀", "👍🏽", "👨‍👩‍👧", "❤️", "™", ":-)", "🇩🇪", "1️⃣"),
    "names": ("Kzuvri", "Thélwaq Ombrixx", "J. R. R. Zyvrakq", "Ågvixt-Qormz", "Mbqui"),
    "terms": ("Zentrix Pro", "Maple&Co", "Ōkami", "C++", "Le Zèbre", "nimbus"),
}  # fmt: skip
TERMS = KINDS["terms"]
APART = frozenset({"amounts", "codes", "literals"})
"""Kinds that are what they are only with white space or marks around them."""
GLUED = re.compile(r"\{.*\}|<x.*|\[X.*|%\(.*|⟦.*", re.DOTALL)
"""Placeholders that end of themselves, so that letters may stand right beside them."""
OPENINGS = ("b", "i", 'em class="x"', 'a href="https://example.com/{{v{n}}}?a=1&amp;b=%s"', "B",
            'span title="{n} % > 5 &amp; more"', 'g id="{n}"', "a data-x='{{{{t}}}}'")  # fmt: skip
VOIDS = ("<br/>", '<img src="a{n}.png" alt="A book"/>', "<wbr>", "<!-- note {{v{n}}} -->", "<hr />")
KEPT = ('<span translate="no">The book {n}</span>', "<code>if x &lt; {n}: {{v}}</code>",
        '<i class="a notranslate">the <b>good</b> book</i>')  # fmt: skip
ESCAPED = ("&lt;b&gt;", "&lt;script&gt;", "Maple&amp;Co", "&amp;amp;", "&copy;", "&#8364;{n}")
NUMBERS = (
    "7",
    "42",
    "1984",
    "3.5",
    "1,234",
    "-{n}",
    "10:{n}5",
    "1/{n}",
    "2,5{n}",
    "+{n}",
    "½",
    "x²",
)
_TAG = re.compile(r"<(/?)(\w+)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>|<!--.*?-->")
_READ = re.compile(r"(?<=\btitle=\")[^\"]*|(?<=\balt=\")[^\"]*")
"""Values of attributes that are translated."""
_VOID_NAMES = frozenset({"x", "wbr", "img", "br", "hr"})
_SYNTAX = re.compile(
    r"\{\w+, (?:plural|select|selectordinal),(?: offset:1)?"
    r"|(?:=\d|\b(?:one|two|female|other)) \{(?!\w+, (?:plural|select))|\}"
)


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
        yield _message(rng, language) if number % 20 == 0 else _Segment(rng, language).fuzzed()


class _Segment:
    """A segment in the making: its words, and what was put among them."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.format = rng.choice(["text", "html"])
        self.words = _sentence(rng, language).split(" ")
        self.spans: dict[str, Counter[str]] = {}

    def fuzzed(self) -> Fuzzed:
        rng = self.rng
        for _ in range(rng.choice([1, 2, 3, 4, 5, 6, 6, 14])):
            self._put(rng.choice(list(KINDS)))
        if rng.random() < 0.5:
            self._insert(_numbered(rng, rng.choice(NUMBERS)), is_apart=True)
        for _ in range(rng.randint(0, 4)):
            self._wrap()
        if rng.random() < 0.2:
            self._insert(_numbered(rng, rng.choice(VOIDS)), "tags")
        if self.format == "html" and rng.random() < 0.3:
            self._insert(_numbered(rng, rng.choice(KEPT)), "kept")
        if self.format == "html" and rng.random() < 0.3:
            self._insert(_numbered(rng, rng.choice(ESCAPED)), "escaped")
        gap = rng.choice([" ", " ", " ", "\n", "  ", "\r\n"])
        text = gap.join(self.words).strip()
        text = rng.choice(["", "", " ", "\n", "\u00a0"]) + text + rng.choice(["", "", "\n", " \t"])
        return Fuzzed(text, self.format, self.spans)

    def _put(self, kind: str) -> None:
        """Put a span of a kind, or the same one twice, or two that touch, among the words."""
        rng = self.rng
        span = self._span(kind)
        how = rng.random()
        if kind == "placeholders" and how < 0.15:
            written = self._span(kind) + rng.choice(["{}{v}", "{v}", "{v}{v}"])
        elif GLUED.fullmatch(span) and how < 0.3:
            written = rng.choice(["{}s", "x{}", "{}'s", "{}-", "/{}/"]).replace("{}", span)
        else:
            written = rng.choice(["{}", "{}", "({})", "{},", "“{}”", "{}."]).replace("{}", span)
        self._insert(written, is_apart=kind in APART)
        if how > 0.85:
            self.spans[kind][span] += 1
            self._insert(span, is_apart=kind in APART)

    def _span(self, kind: str) -> str:
        span = self.rng.choice(KINDS[kind])
        span = span if kind == "terms" else _numbered(self.rng, span)
        self.spans.setdefault(kind, Counter())[span] += 1
        return span

    def _insert(self, written: str, kind: str = "", *, is_apart: bool = False) -> None:
        """Put something among the words; `is_apart`: not beside a number, if that can be.

        "3.5 USD 55" can be read in two ways.
        """
        has_digit = [is_apart and any(map(str.isdigit, word)) for word in self.words]
        places = range(len(self.words) + 1)
        free = [at for at in places if not any(has_digit[max(at - 1, 0) : at + 1])]
        self.words.insert(self.rng.choice(free or places[-1:]), written + "," * (not free))
        if kind:
            self.spans.setdefault(kind, Counter())[written] += 1

    def _wrap(self) -> None:
        """Put a tag around some words, where it does not cross another."""
        rng, words = self.rng, self.words
        begin = rng.randrange(len(words))
        end = rng.randint(begin, min(begin + 4, len(words) - 1))
        if is_well_nested(" ".join(words[begin : end + 1])):
            tag = _numbered(rng, rng.choice(OPENINGS))
            words[begin] = f"<{tag}>{words[begin]}"
            words[end] += f"</{tag.split(' ')[0]}>"


def _sentence(rng: random.Random, language: str) -> str:
    """Return a sentence or two, some in capitals."""
    text = " ".join(rng.choices(sentences(language), k=rng.choice([1, 1, 1, 2])))
    return rng.choice([text, text, text, text, text.upper(), text.title()])


def _numbered(rng: random.Random, form: str) -> str:
    return form.format(n=rng.randint(1, 99))


def _message(rng: random.Random, language: str) -> Fuzzed:
    words = rng.choice(sentences(language)).split(" ")
    words.insert(rng.randint(0, len(words)), _argument(rng, language))
    text = " ".join(words)
    wanted = Counter(re.findall(r"#|\{name\}|%s|https://example\.com/m", text))
    return Fuzzed(text, rng.choice(["text", "html"]), {"messages": wanted})


def _argument(rng: random.Random, language: str, depth: int = 0) -> str:
    """Return a plural or a choice, at times with another in its last branch."""
    kind = rng.choice(["plural", "plural", "select", "selectordinal"])
    keys = {"select": ["female", "other"], "plural": ["=0", "one", "other"],
            "selectordinal": ["one", "two", "other"]}[kind]  # fmt: skip
    offset = " offset:1" if kind == "plural" and rng.random() < 0.2 else ""
    branches = [_branch(rng, language, has_number=kind != "select") for _ in keys]
    if depth < 2 and rng.random() < 0.3:
        branches[-1] += " " + _argument(rng, language, depth + 1)
    shown = " ".join(f"{key} {{{text}}}" for key, text in zip(keys, branches, strict=True))
    return f"{{{rng.choice('nmk')}, {kind},{offset} {shown}}}"


def _branch(rng: random.Random, language: str, *, has_number: bool) -> str:
    words = rng.choice(sentences(language)).replace("'", "’").split(" ")
    extra = ["{name}", "%s", "https://example.com/m", "<b>{name}</b>"]
    for each in [*(["#"] if has_number else []), *rng.sample(extra, rng.randint(0, 2))]:
        words.insert(rng.randint(0, len(words)), each)
    return " ".join(words[: rng.choice([1, 30])])


def breaks(fuzzed: Fuzzed, answer: Translation) -> dict[str, bool]:
    """Return for each kind that the segment holds whether the answer broke it."""
    text = answer.text
    found = {
        kind: any(fuzzed.text.count(span) != text.count(span) for span in wanted)
        for kind, wanted in fuzzed.spans.items()
    }
    if _TAG.search(fuzzed.text):
        found["tags"] = _tags(fuzzed.text) != _tags(text) or not is_well_nested(text)
    if "messages" in found:
        found["messages"] |= _syntax(fuzzed.text) != _syntax(text)
    if wanted := numbers(_plain(fuzzed, fuzzed.text)):
        found["numbers"] = numbers(_plain(fuzzed, text)) != wanted or (
            _signed(_plain(fuzzed, fuzzed.text)) != _signed(_plain(fuzzed, text))
        )
    found["white space"] = _spaces(fuzzed.text) != _spaces(text)
    found["strays"] = any(fuzzed.text.count(mark) != text.count(mark) for mark in "{}<>⟦⟧\ufffc▁")
    if fuzzed.format == "html":
        found["escaped"] = found.get("escaped", False) or not _is_escaped(text)
    return found


def _is_escaped(markup: str) -> bool:
    """Tell whether what stands outside of tags holds no sign of markup but entities."""
    text = _TAG.sub("", markup).replace("Maple&Co", "").replace("&c#d", "")
    return "<" not in text and not re.search(r"&(?!#?\w+;)", text)


def _signed(text: str) -> Counter[str]:
    """Count the numbers with a sign of their own."""
    return Counter(re.findall(r"(?<![^\s(\"“„«'])[-+\u2212]\d", text.replace("\u2212", "-")))


def _syntax(message: str) -> list[str]:
    return _SYNTAX.findall(message.replace("{name}", ""))


def _plain(fuzzed: Fuzzed, text: str) -> str:
    """Return a text with a stand-in for each tag and for all that was put in."""
    wanted = {span for spans in fuzzed.spans.values() for span in spans}
    for span in sorted(wanted, key=len, reverse=True):
        text = text.replace(span, "|")
    return _TAG.sub("|", text)


def _tags(text: str) -> list[str]:
    return sorted(_READ.sub("", match.group()) for match in _TAG.finditer(text))


def _spaces(text: str) -> tuple[str, str, list[str]]:
    left, right = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return left, right, re.findall(r"[\r\n]+", text)


def is_well_nested(text: str) -> bool:
    """Tell whether each tag closes what was opened last."""
    stack: list[str] = []
    for match in _TAG.finditer(text):
        close, name, void = match.groups()
        if name is None or void or name in _VOID_NAMES:
            continue
        if not close:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return not stack
