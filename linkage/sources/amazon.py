"""Answers of Amazon's Product Advertising API 5: GetItems, SearchItems, GetVariations, as JSON.

A file holds one answer, or one on each line. Of an answer that was cut off the products before the
cut are read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from linkage.identifiers import isbn13
from linkage.sources.options import ReadOptions
from linkage.sources.streams import read_whole
from linkage.types import Record, RecordError

RESULTS = ("ItemsResult", "SearchResult", "VariationsResult")
MAX_FILE = 64_000_000
_ITEMS = re.compile(r'"Items"\s*:\s*\[')
_SEPARATORS = " \t\r\n,"
_KINDS = {
    "audible": "book", "book": "book", "books": "book", "ebooks": "book",
    "digital ebook purchas": "book", "digital ebook purchase": "book", "dvd": "film",
    "movies & tv": "film", "digital video": "film", "video": "film", "music": "music",
    "digital music": "music", "digital music purchase": "music", "video games": "game",
    "video game": "game", "toy": "product",
}  # fmt: skip
_MAKERS = frozenset({"author", "artist", "director", "creator", "composer", "performer", ""})
_LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hindi": "hi", "italian": "it",
    "japanese": "ja", "korean": "ko", "norwegian": "no", "polish": "pl", "portuguese": "pt",
    "russian": "ru", "spanish": "es", "swedish": "sv", "turkish": "tr",
    "deutsch": "de", "englisch": "en", "français": "fr", "anglais": "en", "español": "es",
    "italiano": "it", "inglese": "en", "inglés": "en", "日本語": "ja", "英語": "en",
}  # fmt: skip


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the item of each product in the answers, and what Amazon reports as errors.

    Places count the products of the file. Raises SourceFormatError where it cannot be read.
    """
    number = 0
    whole = read_whole(source, min(MAX_FILE, options.max_bytes or MAX_FILE))
    for answer in _answers(whole):
        if isinstance(answer, RecordError):
            yield answer
            continue
        for product in _products(answer):
            number += 1
            if isinstance(product, Mapping):
                yield from options.items(_fields(product), number, unit="record")
            else:
                yield RecordError(number, "not a JSON object", unit="record")
        for number, error in enumerate(_errors(answer), number + 1):  # noqa: B020 - goes on counting
            yield RecordError(number, error, unit="record")


def _answers(whole: bytes) -> Iterator[Mapping[str, Any] | RecordError]:
    try:
        answer = orjson.loads(whole)
    except orjson.JSONDecodeError:
        yield from _answers_of_lines(whole)
    else:
        yield _answer(answer, 1)


def _answers_of_lines(whole: bytes) -> Iterator[Mapping[str, Any] | RecordError]:
    lines = [(line, n) for n, line in enumerate(whole.splitlines(), 1) if line.strip()]
    are_answers = any(_is_answer(line) for line, _ in lines)
    for content, first in lines if are_answers else [(whole, 1)]:
        yield from _answer_of(content, first)


def _is_answer(line: bytes) -> bool:
    try:
        return not isinstance(_answer(orjson.loads(line), 1), RecordError)
    except orjson.JSONDecodeError:
        return False


def _answer_of(content: bytes, first: int) -> Iterator[Mapping[str, Any] | RecordError]:
    """Yield the answer of a line; of a broken one what is whole, then where it breaks."""
    try:
        yield _answer(orjson.loads(content), first)
    except orjson.JSONDecodeError as error:
        products = list(_whole_products(content.decode(errors="surrogateescape")))
        if products:
            yield {RESULTS[0]: {"Items": products}}
        reason = (
            f"not JSON: {error.msg} at column {error.colno}; products before it: {len(products)}"
        )
        yield RecordError(first + error.lineno - 1, reason)


def _whole_products(text: str) -> Iterator[Any]:
    """Yield the products of an answer one by one, up to the first that is not whole."""
    decoder = json.JSONDecoder()
    begin = _ITEMS.search(text)
    at = begin.end() if begin else len(text)
    try:
        while True:
            while text[at : at + 1] in _SEPARATORS and at < len(text):
                at += 1
            product, at = decoder.raw_decode(text, at)
            yield product
    except (ValueError, RecursionError):
        return


def _answer(value: object, line: int) -> Mapping[str, Any] | RecordError:
    if isinstance(value, Mapping) and any(name in value for name in (*RESULTS, "Errors")):
        given = [name for name in RESULTS if value.get(name) is not None]
        if given and not any(isinstance(_at(value, name, "Items"), list) for name in given):
            return RecordError(line, f"{given[0]} has no list of Items; mind the capital letter")
        return value
    return RecordError(line, f"not an answer of the API: none of {', '.join(RESULTS)} is in it")


def _products(answer: Mapping[str, Any]) -> Iterator[object]:
    for name in RESULTS:
        items = _at(answer, name, "Items")
        yield from items if isinstance(items, list) else []


def _errors(answer: Mapping[str, Any]) -> Iterator[str]:
    errors = answer.get("Errors")
    for error in errors if isinstance(errors, list) else []:
        yield f"Amazon reports {_text(error, 'Code')}: {_text(error, 'Message')}"[:500]


def _fields(product: Mapping[str, Any]) -> dict[str, Any]:
    info = product.get("ItemInfo")
    creators, others = _contributors(info)
    identifiers = {
        "asin": product.get("ASIN"),
        "isbn13": _first(info, "ExternalIds", "ISBNs"),
        "ean": _first(info, "ExternalIds", "EANs"),
        "upc": _first(info, "ExternalIds", "UPCs"),
    }
    if str(identifiers["ean"]).startswith(("978", "979")):
        identifiers["isbn13"] = identifiers.pop("ean")
    return {
        "id": product.get("ASIN"),
        "kind": _kind(product, identifiers),
        "title": _text(info, "Title", "DisplayValue"),
        "creators": creators,
        "text": "\n".join(_values(info, "Features", "DisplayValues")),
        "language": _language(info),
        "subjects": _subjects(product),
        "identifiers": {name: value for name, value in identifiers.items() if value},
        "url": _text(product, "DetailPageURL"),
        "published_at": _published(info),
        "attributes": _attributes(product, others),
    }


def _at(value: object, *path: str) -> object:
    """Return what is at a path of names, None where there is nothing."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: object, *path: str) -> str:
    found = _at(value, *path)
    return str(found) if isinstance(found, str | int) else ""


def _values(value: object, *path: str) -> list[str]:
    found = _at(value, *path)
    return (
        [str(each) for each in found if isinstance(each, str | int)]
        if isinstance(found, list)
        else []
    )


def _first(value: object, *path: str) -> str | None:
    return next(iter(_values(value, *path, "DisplayValues")), None)


def _kind(product: Mapping[str, Any], identifiers: Mapping[str, Any]) -> str:
    classes = _at(product, "ItemInfo", "Classifications")
    for name in ("ProductGroup", "Binding"):
        if kind := _KINDS.get(_text(classes, name, "DisplayValue").lower()):
            return kind
    return "book" if identifiers.get("isbn13") or _is_isbn(identifiers["asin"]) else "product"


def _is_isbn(asin: object) -> bool:
    try:
        return bool(isbn13(asin))
    except ValueError:
        return False


def _contributors(info: object) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of those who made it, and the others with their roles."""
    given = _at(info, "ByLineInfo", "Contributors")
    found = [
        (_turned(_text(each, "Name")), _text(each, "Role"), _text(each, "RoleType").lower())
        for each in (given if isinstance(given, list) else [])
    ]
    creators = [name for name, _, role in found if role in _MAKERS and name]
    others = [{"name": n, "role": r} for n, r, role in found if role not in _MAKERS and n]
    return creators, others


def _turned(name: str) -> str:
    surname, _, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if given.strip() and "," not in given else name


def _language(info: object) -> str | None:
    given = _at(info, "ContentInfo", "Languages", "DisplayValues")
    names = [
        _text(each, "DisplayValue").lower() for each in (given if isinstance(given, list) else [])
    ]
    return next((_LANGUAGES[name] for name in names if name in _LANGUAGES), None)


def _subjects(product: Mapping[str, Any]) -> list[str]:
    nodes = _at(product, "BrowseNodeInfo", "BrowseNodes")
    return [_text(node, "DisplayName") for node in (nodes if isinstance(nodes, list) else [])]


def _published(info: object) -> str:
    date = _text(info, "ContentInfo", "PublicationDate", "DisplayValue") or _text(
        info, "ProductInfo", "ReleaseDate", "DisplayValue"
    )
    return date.partition("T")[0]


def _attributes(product: Mapping[str, Any], others: list[dict[str, str]]) -> dict[str, Any]:
    info = product.get("ItemInfo")
    found = {
        "publisher": _text(info, "ByLineInfo", "Manufacturer", "DisplayValue"),
        "brand": _text(info, "ByLineInfo", "Brand", "DisplayValue"),
        "binding": _text(info, "Classifications", "Binding", "DisplayValue"),
        "edition": _text(info, "ContentInfo", "Edition", "DisplayValue"),
        "image": _text(product, "Images", "Primary", "Large", "URL"),
        "sales_rank": _at(product, "BrowseNodeInfo", "WebsiteSalesRank", "SalesRank"),
        "contributors": others,
    }
    return {name: value for name, value in found.items() if value}
