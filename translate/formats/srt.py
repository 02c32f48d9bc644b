"""Subtitles (SRT): the lines of a cue are one passage, in a dialogue one a turn; all else stays."""

import re
import textwrap

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
    last = 0
    for match in _CUE.finditer(text):
        _check_gap(text, last, match.start())
        body = match["text"].rstrip("\r\n")
        begin = match.start("text")
        pieces.append(text[last:begin].encode(encoding))
        for turn in _TURN.split(body):
            lines = turn.rstrip("\r\n")
            line = text.count("\n", 0, begin) + 1
            slot = (
                _slot(lines, f"line {line}", encoding) if lines.strip() else lines.encode(encoding)
            )
            pieces += [slot, turn[len(lines) :].encode(encoding)]
            begin += len(turn)
        last = begin
    _check_gap(text, last, len(text))
    return Document([*pieces, text[last:].encode(encoding)])


def _check_gap(text: str, start: int, end: int) -> None:
    if between := text[start:end].strip("\ufeff \t\r\n"):
        line = text.count("\n", 0, text.index(between, start)) + 1
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
    width = max(1, -(-len(text) // count))
    while True:
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if len(lines) <= count:
            return [line.replace(_SPACE, " ") for line in lines]
        width += 1
