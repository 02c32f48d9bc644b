"""Thousands as a language writes them: `1,500 pages` are `1.500 Seiten`, not one and a half.

A model may copy a number as it stands. What parts thousands in one language parts decimals in
another, so the copy would be read as a thousandth. What has three digits behind its mark is
thousands here; other decimals, dates and versions look alike, and stay as they are written.
"""

import re
from functools import lru_cache

_OTHER = {",": ".", ".": ","}
_MARKS = {
    **dict.fromkeys(
        ("az", "bs", "ca", "da", "de", "el", "es", "eu", "gl", "hr", "id", "is", "it", "lb", "mk",
         "nl", "pt", "ro", "sl", "sr", "tr", "vi"), "."),
    **dict.fromkeys(
        ("cy", "en", "ga", "he", "hi", "ja", "km", "ko", "ms", "mt", "sw", "te", "th", "tl", "ur",
         "zh", "zh-hant"), ","),
}  # fmt: skip
"""What parts thousands where that parts decimals elsewhere."""
_PARTING = _MARKS | {"fr": "\u202f"}
"""What parts thousands of what is written."""


def localised(text: str, written: str, source: str, target: str) -> str:
    """Return a translation with the thousands that it copied from `written` as its language's."""
    mark, wanted = _MARKS.get(source), _PARTING.get(target)
    if mark is None or wanted is None or wanted == mark:
        return text
    pattern = _grouped(mark)
    copied = set(pattern.findall(written))

    def own(match: re.Match[str]) -> str:
        number = match.group()
        return _swapped(number, mark, wanted) if number in copied else number

    return pattern.sub(own, text) if copied else text


def _swapped(number: str, mark: str, wanted: str) -> str:
    swaps = {mark: wanted, _OTHER[mark]: "." if wanted == "," else ","}
    return "".join(swaps.get(each, each) for each in number)


@lru_cache(maxsize=2)
def _grouped(mark: str) -> re.Pattern[str]:
    """Return a pattern of numbers whose thousands are parted, with their decimals."""
    part, decimal = re.escape(mark), re.escape(_OTHER[mark])
    return re.compile(rf"(?<![\w.,])\d{{1,3}}(?:{part}\d{{3}})+(?:{decimal}\d+)?(?!\w|[.,]\d)")
