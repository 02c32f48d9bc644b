"""Subtitles (SRT): the lines of a cue are one passage, in a dialogue one a turn; all else stays."""

import re
import textwrap
from bisect import bisect_left

from translate.errors import FormatError
from translate.formats.document import Document, Options, Passage, Slot, replacing
from translate.formats.encoding import decoded
from translate.protect import TAG

_TIME = r"\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}"
_CUE = re.compile(
    rf"(?P<head>[\s\ufeff]*(?:\d+[ \t]*(?:\r\n?|\n))?{_TIME}[ \t]*-->[ \t]*{_TIME}[^\r\n]*"
    r"(?:\r\n?|\n|\Z))(?P<text>(?:[^\r\n]+(?:\r\n?|\n|\Z))*)"
)
_END = re.compile(r"\r\n?|\n")
_TURN = re.compile(r"(?<=[\r\n])(?=(?:<[^<>]*>)*[-\u2013\u2014](?![-\u2013\u2014]) ?\S)")
"""Where somebody else begins to speak."""
_SPACE = "\ue000"
"""A space inside of a tag, where no line can end."""


def read(data: bytes, options: Options) -> Document:
    """Take subtitles apart."""
    del options
    text, encoding = decoded(data)
    pieces: list[bytes | Slot] = []
    last, line = 0, 1
    # a match at the end of the last, not a search: that would try each place in a long gap
    while match := _CUE.match(text, last):
        begin = match.start("text")
        pieces.append(text[last:begin].encode(encoding))
        line += text.count("\n", last, begin)
        for turn in _TURN.split(match["text"].rstrip("\r\n")):
            lines = turn.rstrip("\r\n")
            slot = (
                _slot(lines, f"line {line}", encoding) if lines.strip() else lines.encode(encoding)
            )
            pieces += [slot, turn[len(lines) :].encode(encoding)]
            begin += len(turn)
            line += turn.count("\n")
        last = begin
    _check_end(text[last:], line)
    return Document([*pieces, text[last:].encode(encoding)])


def _check_end(rest: str, line: int) -> None:
    if bare := rest.lstrip("\ufeff \t\r\n"):
        line += rest.count("\n", 0, len(rest) - len(bare))
        raise FormatError(f"line {line}", "is no part of a cue: a number, a time, the text")


def _slot(body: str, place: str, encoding: str) -> Slot:
    lines = _END.split(body)
    end = found.group() if (found := _END.search(body)) else "\n"
    passage = Passage(" ".join(line.strip() for line in lines), place)

    def render(translated: str) -> bytes:
        return end.join(_wrapped(" ".join(translated.split()), len(lines))).encode(encoding)

    return replacing(passage, body.encode(encoding), render)


def _wrapped(text: str, count: int) -> list[str]:
    """Return a text in at most `count` lines of like length; tags stay on one line."""
    text = re.sub(TAG, lambda tag: tag.group().replace(" ", _SPACE), text)
    widths = range(max(1, -(-len(text) // count)), len(text) + 1)
    least = bisect_left(widths, True, key=lambda width: len(_lines(text, width)) <= count)
    return [line.replace(_SPACE, " ") for line in _lines(text, widths[least] if text else 1)]


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
