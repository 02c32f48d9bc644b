"""Identifiers of the trade: checked, repaired where that is safe, and written one way.

ISBN-10 becomes ISBN-13. The only repairs are those that the check digit or the scheme's fixed
width proves: zeros a spreadsheet took from the left, and an identifier given as its web address.
"""

import math
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from linkage.errors import InvalidItemError

_ISBN10 = 10
_ISBN13 = 13
_FEWEST_ISBN10_DIGITS = 7
"""`0-00-…` lost three zeros; with fewer digits left a check digit proves too little."""
_MAX_LENGTH = 200
_MAX_URL = 2_000
_MAX_HOST = 253  # RFC 1035, 2.3.4
_SCHEME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ASIN = re.compile(r"[A-Z0-9]{10}")
_IMDB = re.compile(r"(?:.*/)?(tt|nm|co)?(\d{1,10})/?", re.IGNORECASE)
_WIKIDATA = re.compile(r"(?:.*[/:])?(Q[1-9]\d{0,11})", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


def normalise(identifiers: Mapping[str, object]) -> dict[str, str]:
    """Return valid identifiers by scheme; ISBN-10 and a book's ASIN also give `isbn13`.

    Raises InvalidItemError naming the scheme. An ISBN-13 that a spreadsheet rounded is dropped
    when an ISBN-10 says what it was.
    """
    given = {scheme: value for scheme, value in identifiers.items() if value not in (None, "")}
    found = {
        scheme: _normal(scheme, value)
        for scheme, value in given.items()
        if scheme not in ("isbn", "isbn10", "isbn13")
    }
    if isbn := _isbn13(given) or _isbn13_of_asin(found.get("asin")):
        found["isbn13"] = isbn
    return dict(sorted(found.items()))


def isbn13(value: object) -> str:
    """Return the ISBN-13 of an ISBN-10 or ISBN-13 in any common spelling; ValueError if none."""
    digits = re.sub(r"[\s\-\u2013]", "", _whole(value)).upper()
    if len(digits) == _ISBN13:
        return _checked13(digits)
    if _FEWEST_ISBN10_DIGITS <= len(digits) <= _ISBN10:
        return _checked13_of_10(digits.zfill(_ISBN10))
    raise ValueError(f"an ISBN has 10 or 13 digits, not {len(digits)}")


def url(value: object) -> str:
    """Return a web address; ValueError unless it is http(s) with a host."""
    text = str(value).strip()
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http(s) address")
    if len(parts.netloc) > _MAX_HOST:
        raise ValueError(f"its host is longer than {_MAX_HOST} characters")
    if len(text) > _MAX_URL or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(f"contains white space or is longer than {_MAX_URL} characters")
    return text


def _isbn13(given: Mapping[str, object]) -> str | None:
    found: dict[str, str] = {}
    problem: InvalidItemError | None = None
    for scheme in ("isbn10", "isbn", "isbn13"):
        if scheme in given:
            try:
                found[isbn13(given[scheme])] = scheme
            except ValueError as error:
                problem = InvalidItemError(f"identifiers.{scheme}", str(error))
    if len(found) > 1:
        raise InvalidItemError("identifiers.isbn13", f"disagrees with {found.popitem()[1]}")
    if problem and not found:
        raise problem
    return next(iter(found), None)


def _isbn13_of_asin(asin: str | None) -> str | None:
    try:
        return _checked13_of_10(asin) if asin else None
    except ValueError:
        return None


def _checked13(digits: str) -> str:
    if not re.fullmatch(r"97[89][0-9]{10}", digits):
        raise ValueError("an ISBN-13 is 13 digits that begin with 978 or 979")
    if _check13(digits[:12]) != digits[12]:
        raise ValueError("the check digit of the ISBN-13 is wrong")
    return digits


def _checked13_of_10(digits: str) -> str:
    if not re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        raise ValueError("an ISBN-10 is 9 digits and a check digit or X")
    total = sum((10 - i) * (10 if d == "X" else int(d)) for i, d in enumerate(digits))
    if total % 11:
        raise ValueError("the check digit of the ISBN-10 is wrong")
    body = f"978{digits[:9]}"
    return body + _check13(body)


def _check13(body: str) -> str:
    return str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)


def _whole(value: object) -> str:
    """Return a number or its spelling as text; ValueError where digits may have been rounded."""
    text = str(value).strip()
    if isinstance(value, float):
        text = str(int(value)) if math.isfinite(value) else text
        if text.endswith("0"):
            raise ValueError("the number was probably rounded by a spreadsheet")
    if re.fullmatch(r"[\d.]+e\+?\d+", text, re.IGNORECASE):
        raise ValueError("the number was rounded by a spreadsheet (1.2e+12); its digits are lost")
    return text.removesuffix(".0")


def _normal(scheme: str, value: object) -> str:
    if not _SCHEME.fullmatch(scheme):
        raise InvalidItemError("identifiers", f"{scheme[:40]!r} is not a scheme's name")
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise InvalidItemError(f"identifiers.{scheme}", "must be text")
    text = str(value).strip()
    if len(text) > _MAX_LENGTH:
        raise InvalidItemError(f"identifiers.{scheme}", f"longer than {_MAX_LENGTH} characters")
    try:
        return _SCHEMES.get(scheme, str)(text)
    except ValueError as error:
        raise InvalidItemError(f"identifiers.{scheme}", str(error)) from None


def _asin(text: str) -> str:
    asin = text.upper()
    if re.fullmatch(r"\d{6,8}[\dX]", asin):
        isbn13(asin)
        asin = asin.zfill(_ISBN10)
    if not _ASIN.fullmatch(asin):
        raise ValueError("an ASIN is 10 letters and digits")
    return asin


def _imdb(text: str) -> str:
    found = _IMDB.fullmatch(text.split("?", maxsplit=1)[0])
    if not found:
        raise ValueError("an IMDb id is tt and at least 7 digits")
    return f"{(found[1] or 'tt').lower()}{found[2].lstrip('0').zfill(7)}"


def _wikidata(text: str) -> str:
    found = _WIKIDATA.fullmatch(text)
    if not found:
        raise ValueError("a Wikidata id is Q and a number")
    return found[1].upper()


def _doi(text: str) -> str:
    found = _DOI.fullmatch(unquote(text))
    if not found:
        raise ValueError("a DOI begins with 10. and has a slash")
    return found[1].lower()


_SCHEMES: Mapping[str, Callable[[str], str]] = {
    "asin": _asin,
    "imdb": _imdb,
    "wikidata": _wikidata,
    "doi": _doi,
}
KNOWN = frozenset({"isbn", "isbn10", "isbn13", *_SCHEMES})
"""Schemes a record may also give as fields of its own."""
