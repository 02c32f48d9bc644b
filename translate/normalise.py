"""Text as the model likes to read it, and the model's answer as the writer put it."""

import re
import unicodedata
from collections.abc import Iterable

from translate.protect import MARK

_PLAIN = {
    **{code: unicodedata.normalize("NFKC", chr(code))
       for code in (*range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F))},
    **dict.fromkeys((0xAD, 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
                     *range(0x2060, 0x206A), 0xFEFF)),
    **dict.fromkeys((0x2010, 0x2011), "-"),
    **dict.fromkeys((0xB4, 0x2018, 0x201A, 0x201B), "'"),
}  # fmt: skip
"""Plain ligatures, wide letters, hyphens and quotes; None for what shows nothing."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_STRETCHED_END = re.compile(r"(?<=[^\W\d_])([^\W\d_Ii])\1{2,}(?![^\W_])")
_STRETCHED = re.compile(r"([^\W\d_])\1{3,}")
_SHOUTED_MARKS = re.compile(r"([!?])\1{2,}")
_ENDS = (".", "!", "?", "…", ":", ";", "\u3002", "\uff01", "\uff1f")
_CLOSERS = "\"'»”\u2019)]" + MARK
SHOUT_LETTERS = 6
"""A capital word or two of fewer letters is taken for an abbreviation."""

TITLE_WORDS, TITLE_LETTERS = 3, 4
"""A title has so many words with so many letters; two alone may be a name."""


def for_model(text: str) -> str:
    """Return the text in plain letters, on one line, in sentence case, without stretched words."""
    plain = " ".join(unicodedata.normalize("NFC", text).translate(_PLAIN).split())
    plain = _SHOUTED_MARKS.sub(r"\1\1\1", _squeezed(plain))
    return sentence_case(plain) if is_shouted(text) else plain


def is_shouted(text: str) -> bool:
    """Tell whether a text is all in capitals, and no mere abbreviation."""
    if text.upper() != text or text.lower() == text:
        return False
    words = _WORD.findall(text)
    return len(words) > 1 and sum(map(len, words)) >= SHOUT_LETTERS


def is_titled(text: str) -> bool:
    """Tell whether all but the short words of a text begin with a capital."""
    words = [word for word in _WORD.findall(text) if len(word) >= TITLE_LETTERS]
    return len(words) >= TITLE_WORDS and all(word.istitle() for word in words)


def sentence_case(text: str, kept: Iterable[tuple[int, int]] = ()) -> str:
    """Return the text in small letters, but for the first and what stands in `kept` places."""
    lower, last = "", 0
    for begin, end in kept:
        lower += text[last:begin].lower() + text[begin:end]
        last = end
    lower += text[last:].lower()
    first = _WORD.search(lower)
    if not first:
        return lower
    return lower[: first.start()] + lower[first.start()].upper() + lower[first.start() + 1 :]


def _squeezed(text: str) -> str:
    """Return the text with `sooooo` as `so` and `goooood` as `good`; `XIII` and `AAA` stay."""
    ended = _STRETCHED_END.sub(lambda match: match[1] * (2 if match[1] in "ls" else 1), text)
    return _STRETCHED.sub(lambda match: match[1] * (2 if match[1] in "eo" else 1), ended)


def as_written(source: str, translated: str) -> str:
    """Return the model's answer with the full stop of the source, and in capitals if it was."""
    text = " ".join(_CONTROLS.sub("", translated).split())
    if "\ufffd" not in source:
        text = text.replace("\ufffd", "")
    text = _with_end_of(source, text.strip())
    return text.upper() if is_shouted(source) else text


def _with_end_of(source: str, text: str) -> str:
    """End the text with a full stop where the source does, and only there."""
    wanted, given = source.rstrip(_CLOSERS), text.rstrip(_CLOSERS)
    if wanted.endswith(_ENDS) or not given:
        missing = wanted[-1:] == "." and not given.endswith(_ENDS)
        return f"{given}.{text[len(given) :]}" if missing and given else text
    if given.endswith(".") and not given.endswith(".."):
        return given[:-1].rstrip() + text[len(given) :]
    return text
