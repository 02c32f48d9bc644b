"""What must survive translation: taken out before, put back after, verified in between.

A protected span stands in the text as one OBJECT REPLACEMENT CHARACTER; the n-th such character
is the n-th span, so a text can be cut into segments and joined again without any numbering.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

MARK = "\ufffc"
Kind = Literal[
    "placeholder", "message", "hash", "tag", "void", "term", "glossary", "address", "literal",
    "code", "emoji", "quantity", "number", "foreign", "name",
]  # fmt: skip
"""`tag` is one of a pair, or a comment; `void` is a tag that stands for itself; `glossary` is a
term's target in the place of the term, as plain text; `literal` is what a computer reads, such as
the name of a file; `foreign` is what the model cannot read, `name` what it does not know."""
_APART = frozenset({"void", "emoji"})
_COPIED = frozenset({"foreign", "name"})

_INNER = r"[^\s<>\"(){}.,;:!?\]'»”\u2019\ufffc]"
_GROUP = r"\([^\s<>\"()\ufffc]*\)|\{{1,2}[^\s<>\"{}\ufffc]*\}{1,2}"
_URL = rf"(?:{_INNER}|{_GROUP}|[({{](?={_INNER})|[.,;:!?\]'»”\u2019]+(?={_INNER}|{_GROUP}))+"
"""The rest of an address: brackets in pairs, no mark at its end that belongs to the sentence."""

TAG = r"</?[A-Za-z](?:[^<>\"']|\"[^\"]{0,5000}\"|'[^']{0,5000}')*>"
"""An opening, closing or empty tag of HTML or XML, as a pattern."""

_VOID = re.compile(
    r"<(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track)\b|.*/>\Z",
    re.IGNORECASE | re.DOTALL,
)
_DIGITS = r"\d+(?:[.,\u2019'\u00a0\u202f]\d+|[ ]\d{3}(?!\d))*"
_FRACTIONS = "\u00bc-\u00be\u2150-\u215e\u2189"
_AMOUNT = rf"{_DIGITS}(?:[ ]?[x×\u2013-][ ]?{_DIGITS}){{0,3}}(?:,[-\u2013])?"
_CURRENCY = (
    r"(?:(?:US|AU|CA|HK|NZ|R)?\$|[€£¥₹₽₩₺₴₪]|(?:EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK"
    r"|PLN|CZK|HUF|BRL|MXN|TRY|ZAR|RUB)\b)"
)
_UNIT = (
    r"(?:km/h|mph|[kmcdµn]?[mg][²³]?|[mcd]?l|lbs?|oz|ft|yd|mi|[kKMGT]i?B|[kMG]?bit/s|[kMG]bps"
    r"|[kMG]?Hz|[mk]?Wh?|k?V|mAh?|Ah|dpi|px|MP|fps|dB|bar|psi|ms|min|h|[°º][CFKcf]?)(?![\w²³])"
)

_FILE = (
    r"(?i:azw3?|cbz|cfg|conf|css|csv|dmg|docx?|epub|exe|flac|gif|gz|html?|ini|iso|jpe?g|js|jsonl?|log|m4[abv]"
    r"|mkv|mobi|mp[34]|odt|pdf|png|pptx?|py|srt|svg|tar|toml|tsv|txt|wav|webp|xlsx?|xml|ya?ml|zip)"
)
"""Ends of the names of files."""
_STEP = r"[\w@%+~$-]{1,100}(?:\.[\w@%+~$-]{1,40}){0,4}"
"""A part of a path: no full stop at its end."""

_PATTERNS: dict[Kind, str] = {
    "tag": rf"{TAG} | <!--.{{0,1000}}?-->",
    "placeholder": r"""
        [\ufffc\u2581\ud800-\udfff\x00-\x08\x0e-\x1b\x7f] | ⟦\d+⟧
        | \[X?\d+X?\] | (?<!\w)__\w{1,60}__(?!\w)
        | \{{2,3}[^{}\n]{0,100}\}{2,3} | [$\#%]?\{[ ]?[\w.:!\[\]@+-]{0,60}(?:,[^{}\n]{0,100})?[ ]?\}
        | \{%[^{}\n]{0,100}%\} | <%[^<>\n]{0,100}%> | %[A-Z][A-Z_]{1,40}%
        | (?<![\w$])\$[a-z_]\w{0,60}\b
        | %\(\w{1,60}\)[-+0\#]?[\d.]{0,8}[a-zA-Z] | %\d{1,2}\$[-+0\#]?[\d.]{0,8}[a-zA-Z@] | %%
        | (?<![\d%])%\d{1,2}(?![\d.\w])
        | (?<![\d%])%[-+0\#]?[\d.]{0,8}(?:hh?|ll?|[Lqjzt])?[dioxXufFeEgGaAcspn@](?!\w)
        | (?<=\d)%[sd](?!\w)
        | (?<![\w:/.]):[a-z_]\w{0,60}\b
        | &(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});""",
    "address": rf"""
        (?:https?|ftp)://{_URL}
        | \]\((?:https?://|mailto:|/|\#)(?:{_URL})?\)
        | (?<!\w)www\.{_URL}
        | (?<![\w.+%-])[\w.+%-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}}
        | (?<![\w.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:com|org|net|info|io|de|fr|es|it|pt|eu|uk|br)
          (?:/{_URL}|/)?(?![\w-])
        | (?<![\w@])@\w{{2,50}}""",
    "quantity": rf"""
        (?<!\w)(?:[+\u2212±-]?{_CURRENCY}[ \u00a0\u202f]?{_AMOUNT}
        | [+\u2212±-]?{_AMOUNT}[ \u00a0\u202f]?
          (?:[%‰](?![\w({{$@%]|\.\d)|{_CURRENCY}(?![\w{{])|{_UNIT})
        | (?:\d+[ \u00a0\u202f]?)?[{_FRACTIONS}](?:[ \u00a0\u202f]?{_UNIT})?)""",
    "literal": rf"""
        (?<!`)`[^`\s](?:[^`\n]{{0,198}}[^`\s])?`(?!`)
        | (?<![\w&/\#])\#(?:\d{{3}}|\d{{6}}|(?=\w*[^\W\d_])\w{{2,60}})(?!\w)
        | (?<![\w.-])[vV]\d{{1,6}}(?:\.\d{{1,6}}){{0,4}}(?:-[a-z]{{1,10}}(?:\.?\d{{1,6}})?)?(?!\w)
        | (?<![\w/\\.-])[\w-]{{1,100}}(?:\.[\w-]{{1,40}}){{0,4}}\.{_FILE}(?!\w)
        | (?<!\w)[A-Za-z]:(?:\\{_STEP}){{1,20}}\\?
        | (?<![^\s>("'“„«\[\ufffc])(?:(?:~|\.{{1,2}})/{_STEP}|(?:/{_STEP}){{2}})
          (?:/{_STEP}){{0,20}}/?(?!\w)
        | (?<![\w.'\u2019-])(?=[IVX]{{2}})X{{0,3}}(?:IX|IV|V?I{{0,3}})(?![\w'\u2019-])
        | (?<![\w-])[A-Za-z][A-Za-z0-9]{{0,60}}(?:_[A-Za-z0-9]{{1,60}}){{1,8}}(?:\(\))?(?![\w-])""",
    "code": r"""
        (?<![\w+])\+\d{1,3}+(?:[ /.-]?\(?(?!\d\ufe0f?\u20e3)\d{1,6}+\)?){2,6}+(?![\w\ufe0f\u20e3]) |
        (?<![\w-])(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx](?![\w\ufe0f\u20e3-])
        | (?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z0-9]{2,40}(?:-[A-Z0-9]{1,40}){0,8}(?![\w-])
        | (?<![\w-])[A-Z]{1,10}(?:-[A-Z0-9]{1,20}){0,4}-\d[A-Z0-9-]{0,40}(?![\w-])""",
    "emoji": r"""
        [\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]
        [\ufe0e\ufe0f\u200d\u20e3\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001fbff\U000e0020-\U000e007f]*
        | [\d\#*]\ufe0f?\u20e3 | [\u00a9\u00ae\u2122\ufe0f\u200d\u20e3]
        | (?<!\w)[:;]-?[)(DPp/|](?!\w) | <3+(?!\d)""",
    "number": r"(?:(?<![^\s(\"“„«'])[-+\u2212])?\d+(?:[.,:/\u2019'\u00a0\u202f-]\d+)*"
    r"(?!\ufe0f?\u20e3)"
    r"|[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]",
}  # fmt: skip
_MADE_UP = re.compile(rf"(?!{MARK})(?:{_PATTERNS['tag']}|{_PATTERNS['placeholder']})", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch that comes out exactly as it went in, exactly once.

    Where it holds text to translate, as the branches of a plural, `inner` is what it consists of.
    """

    text: str
    kind: Kind
    inner: tuple["str | Run", ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A text whose n-th `MARK` stands for the n-th of `spans`."""

    text: str
    spans: tuple[Span, ...] = ()

    def plain(self) -> str:
        """Return the text with the spans in their places."""
        return fill(self.text, [span.text for span in self.spans])

    def nested(self) -> Iterator["Run"]:
        """Yield the runs inside the spans, each followed by those inside its own."""
        for span in self.spans:
            for part in span.inner:
                if isinstance(part, Run):
                    yield part
                    yield from part.nested()


def protect(
    text: str, terms: Sequence[str] = (), *, numbers: bool = False, hashes: bool = False
) -> Run:
    """Take out markup, placeholders, addresses, codes, amounts, emoji and the given `terms`.

    Terms match whole words and case. `numbers` takes out plain numbers too, `hashes` the `#` that
    stands for the number in a plural.
    """
    spans: list[Span] = []

    def take(match: re.Match[str]) -> str:
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        stands_alone = kind == "tag" and is_void(match.group())
        spans.append(Span(match.group(), "void" if stands_alone else kind))
        return MARK

    return Run(_pattern(tuple(terms), numbers, hashes).sub(take, text), tuple(spans))


def without_placeholders(text: str) -> str:
    """Return what a model wrote without the placeholders and tags that it made up."""
    return _MADE_UP.sub("", text)


def is_void(markup: str) -> bool:
    """Tell whether a tag has no closing one."""
    return bool(_VOID.match(markup))


def stands_before(span: Span) -> bool:
    """Tell whether the model need not see a span at the beginning of a segment."""
    return span.kind in _APART or (span.kind == "tag" and span.text.startswith("</"))


def stands_behind(span: Span) -> bool:
    """Tell whether the model need not see a span at the end of a segment."""
    return span.kind in _APART or (span.kind == "tag" and not span.text.startswith("</"))


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...], numbers: bool, hashes: bool) -> re.Pattern[str]:  # noqa: FBT001
    kinds = [f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items() if kind != "number"]
    if hashes:
        kinds.append(r"(?P<hash>\#)")
    if numbers:
        kinds.append(f"(?P<number>{_PATTERNS['number']})")
    wanted = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    if wanted:
        kinds.insert(0, f"(?P<term>{'|'.join(map(_whole_word, wanted))})")
    return re.compile("|".join(kinds), re.VERBOSE | re.DOTALL)


def _whole_word(term: str) -> str:
    left = r"(?<!\w)" if term[0].isalnum() else ""
    right = r"(?!\w)" if term[-1].isalnum() else ""
    return left + re.escape(term) + right


def mask_numbers(run: Run) -> Run:
    """Take the plain numbers out of a run as well; the spans it has stay in their places."""
    inner = protect(run.text, numbers=True)
    known = iter(run.spans)
    spans = (next(known) if span.text == MARK else span for span in inner.spans)
    return Run(inner.text, tuple(spans))


def with_copies(run: Run) -> Run:
    """Return a run, or its translation, with what is merely copied as text again."""
    text = fill(run.text, [span.text if span.kind in _COPIED else MARK for span in run.spans])
    return Run(text, tuple(span for span in run.spans if span.kind not in _COPIED))


def fill(text: str, replacements: Sequence[str]) -> str:
    """Return the text with its n-th mark replaced by the n-th replacement."""
    parts = text.split(MARK)
    if len(parts) == 1 and not replacements:
        return text
    assert len(parts) == len(replacements) + 1, "marks and spans do not agree"
    return parts[0] + "".join(new + part for new, part in zip(replacements, parts[1:], strict=True))
