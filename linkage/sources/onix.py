"""ONIX for Books 2.1 and 3.0, reference and short tags: the message that publishers send.

Code lists are EDItEUR's, by their numbers: 1 notification, 5 product identifiers, 7 and 150 forms,
15 titles, 17 contributors, 22 languages, 27 subjects, 33 and 153 texts, 163 dates.
"""

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from linkage.sources import xml
from linkage.sources.markup import plain, text_of
from linkage.sources.onix_tags import REFERENCE_TAGS
from linkage.sources.options import ReadOptions
from linkage.sources.streams import head_of, opened
from linkage.types import Record, RecordError, Removal

_DELETE = "05"
_IDENTIFIERS = {
    "02": "isbn10", "15": "isbn13", "03": "gtin13", "04": "upc", "06": "doi", "13": "lccn",
    "23": "oclc",
}  # fmt: skip
_SCHEMES = {"01": "dewey", "10": "bisac", "12": "bic", "26": "wgs", "93": "thema"}
_TEXTS_21 = ("01", "03", "18", "17", "02", "")
_TEXTS_30 = ("03", "02", "05", "01")
"""Descriptions, the best first: main, long, back cover, flap, short."""
_FORMS = {
    "C": "product", "P": "product", "V": "video", "X": "product", "Z": "product", "DE": "game",
}  # fmt: skip
"""Kinds by the first letters of the form: maps, cards, videos, displays, goods; the rest, audio and
electronic ones too, are books."""
_KEYWORDS = "20"
_ALSO_CREATORS = frozenset({"B01", "D01", "D02"})
_COVERS = frozenset({"04", "06"})
_NAME_PARTS = (
    "TitlesBeforeNames", "NamesBeforeKey", "PrefixToKey", "KeyNames", "NamesAfterKey",
    "SuffixToKey",
)  # fmt: skip
_OLD_TEXTS = ("MainDescription", "Annotation")


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the item of each product, or why there is none, with the line it begins on.

    A notification that deletes a product comes as a Removal. What had to be mended in a record
    comes as warnings after its item.
    """
    record = None
    with opened(source) as stream:
        root = xml.root_of(head_of(stream))
        for record in xml.records(stream, ("Product", "product"), max_bytes=options.max_bytes):
            if isinstance(record, RecordError):
                yield record
            else:
                yield from _items(record, options)
    if record is None:
        begin = f"it begins with <{root}>" if root else "it is no XML"
        yield RecordError(1, f"no product is in it; {begin}")


def _items(record: xml.Record, options: ReadOptions) -> Iterator[Record]:
    product = record.element
    for element in product.iter():
        element.tag = REFERENCE_TAGS.get(str(element.tag), element.tag)
    fields = _fields(product)
    if _value(product, "NotificationType") == _DELETE and fields["id"]:
        yield Removal(options.prefixed(fields["id"]))
        return
    yield from options.items(fields, record.line)
    for note in record.mended:
        yield RecordError(record.line, note, fields["id"] or None, is_warning=True)


def _fields(product: etree._Element) -> dict[str, Any]:
    identifiers = _identifiers(product)
    own = _value(product, "RecordReference") or _first_identifier(product)
    creators, others = _contributors(product)
    return {
        "id": own,
        "kind": _kind(_value(product, "ProductForm", "DescriptiveDetail/ProductForm")),
        "title": _title(product),
        "creators": creators,
        "text": _text(product),
        "language": _language(product),
        "subjects": _subjects(product),
        "identifiers": identifiers,
        "url": _url(product),
        "published_at": _published(product),
        "attributes": _attributes(product, others),
    }


def _value(element: etree._Element, *paths: str) -> str:
    """Return the text at the first of the paths that has one, entities written twice undone."""
    for path in paths:
        for found in element.iterfind(path):
            if text := " ".join(html.unescape("".join(map(str, found.itertext()))).split()):
                return text
    return ""


def _identifiers(product: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for given in product.iterfind("ProductIdentifier"):
        scheme = _IDENTIFIERS.get(_value(given, "ProductIDType"))
        value = _value(given, "IDValue")
        if scheme == "gtin13":
            scheme = "isbn13" if value.startswith(("978", "979")) else "ean"
        if scheme and value:
            found.setdefault(scheme, value)
    for scheme, tag in (("isbn10", "ISBN"), ("isbn13", "EAN13"), ("doi", "DOI")):
        if value := _value(product, tag):
            found.setdefault(scheme, value)
    return found


def _first_identifier(product: etree._Element) -> str:
    return _value(product, "ProductIdentifier/IDValue", "EAN13", "ISBN")


def _kind(form: str) -> str:
    return _FORMS.get(form[:2]) or _FORMS.get(form[:1], "book")


def _title(product: etree._Element) -> str:
    """Return the distinctive title with its subtitle, from the composite that says it best."""
    composites = [
        (_value(each, "TitleType") != "01", each)
        for path in ("Title", "DescriptiveDetail/TitleDetail")
        for each in product.iterfind(path)
    ]
    for _, composite in sorted(composites, key=lambda ranked: ranked[0]):
        if title := _title_in(composite):
            return title
    title, subtitle = _value(product, "DistinctiveTitle"), _value(product, "Subtitle")
    return _joined(title, subtitle)


def _title_in(composite: etree._Element) -> str:
    elements = sorted(
        composite.iterfind("TitleElement"), key=lambda each: _value(each, "TitleElementLevel")
    )
    for element in elements or [composite]:
        bare = " ".join(
            filter(None, (_value(element, "TitlePrefix"), _value(element, "TitleWithoutPrefix")))
        )
        if title := _value(element, "TitleText") or bare:
            return _joined(title, _value(element, "Subtitle"))
    return ""


def _joined(title: str, subtitle: str) -> str:
    return f"{title}: {subtitle}" if title and subtitle else title


def _contributors(product: etree._Element) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the creators, and the others with their roles.

    Creators are those by whom it is (roles A); where there is no author (A01), those who edited
    and directed it too; where there are none at all, everybody.
    """
    found = [
        (_number(_value(each, "SequenceNumber")), _value(each, "ContributorRole"), name)
        for path in ("Contributor", "DescriptiveDetail/Contributor")
        for each in product.iterfind(path)
        if (name := _name(each))
    ]
    found.sort(key=lambda each: each[0])
    roles = {role for _, role, _ in found}
    made_by = {r for r in roles if r[:1] == "A" or ("A01" not in roles and r in _ALSO_CREATORS)}
    creators = [name for _, role, name in found if role in (made_by or roles)]
    if not creators:
        paths = ("ContributorStatement", "DescriptiveDetail/ContributorStatement")
        return [_value(product, *paths)], []
    others = [{"name": name, "role": role} for _, role, name in found if name not in creators]
    return creators, others


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 99_999  # noqa: PLR2004 - no order


def _name(contributor: etree._Element) -> str:
    if name := _value(contributor, "PersonName"):
        return name
    inverted = _value(contributor, "PersonNameInverted")
    surname, _, given = inverted.partition(",")
    if given.strip() and "," not in given:
        return f"{given.strip()} {surname.strip()}"
    spelled = " ".join(filter(None, (_value(contributor, part) for part in _NAME_PARTS)))
    return inverted or spelled or _value(contributor, "CorporateName")


def _text(product: etree._Element) -> str:
    found: dict[str, etree._Element] = {}
    for composite, kind, order in (
        ("OtherText", "TextTypeCode", _TEXTS_21),
        ("CollateralDetail/TextContent", "TextType", _TEXTS_30),
    ):
        for given in product.iterfind(composite):
            text = given.find("Text")
            if text is not None:
                found.setdefault(_value(given, kind), text)
        for code in order:
            if code in found and (text_found := _plain(found[code])):
                return text_found
    return next((_plain(e) for tag in _OLD_TEXTS for e in product.iterfind(tag)), "")


def _plain(element: etree._Element) -> str:
    """Return a text's text; its markup may be elements, or escaped, or in CDATA."""
    return text_of(element) if len(element) else plain(element.text or "")


def _language(product: etree._Element) -> str:
    for path in ("Language", "DescriptiveDetail/Language"):
        for given in product.iterfind(path):
            if _value(given, "LanguageRole") in {"01", ""}:
                return _value(given, "LanguageCode")
    return _value(product, "LanguageOfText")


def _subjects(product: etree._Element) -> list[str]:
    """Return the headings in words and the keywords; codes are among the attributes."""
    found: list[str] = []
    for given in _all(product, "Subject", "DescriptiveDetail/Subject"):
        heading = _value(given, "SubjectHeadingText")
        is_keywords = _value(given, "SubjectSchemeIdentifier") == _KEYWORDS
        parts = heading.replace(",", ";").split(";") if is_keywords else [heading]
        found += [part.strip() for part in parts if part.strip()]
    return list(dict.fromkeys(found))


def _subject_codes(product: etree._Element) -> dict[str, list[str]]:
    given = [
        (_SCHEMES.get(_value(each, "SubjectSchemeIdentifier")), _value(each, "SubjectCode"))
        for each in _all(product, "Subject", "DescriptiveDetail/Subject")
    ]
    main = [
        ("bisac", _value(product, "BASICMainSubject")),
        ("bic", _value(product, "BICMainSubject")),
    ]
    codes: dict[str, list[str]] = {}
    for scheme, code in (*main, *given):
        if scheme and code and code not in codes.setdefault(scheme, []):
            codes[scheme].append(code)
    return codes


def _url(product: etree._Element) -> str:
    paths = (
        "ProductWebsite/ProductWebsiteLink", "Website/WebsiteLink",
        "PublishingDetail/Publisher/Website/WebsiteLink",
    )  # fmt: skip
    link = _value(product, *paths)
    return f"http://{link}" if link.startswith("www.") else link


def _published(product: etree._Element) -> str:
    """Return the date of publication in ISO 8601, or as it is written where it is no date."""
    written = _value(product, "PublicationDate")
    for given in product.iterfind("PublishingDetail/PublishingDate"):
        if _value(given, "PublishingDateRole") in {"01", ""}:
            written = written or _value(given, "Date")
    if not written.isdecimal():
        return written
    return "-".join(filter(None, (written[:4], written[4:6], written[6:8])))


def _attributes(product: etree._Element, others: list[dict[str, str]]) -> dict[str, Any]:
    collection = "DescriptiveDetail/Collection/TitleDetail/TitleElement"
    found = {
        "publisher": _value(
            product, "Publisher/PublisherName", "PublishingDetail/Publisher/PublisherName",
            "PublisherName",
        ),
        "imprint": _value(
            product, "Imprint/ImprintName", "PublishingDetail/Imprint/ImprintName"
        ),
        "series": _value(
            product, "Series/TitleOfSeries", "Series/Title/TitleText", f"{collection}/TitleText",
            f"{collection}/TitleWithoutPrefix",
        ),
        "series_number": _value(
            product, "Series/NumberWithinSeries", f"{collection}/PartNumber"
        ),
        "edition": _value(product, "EditionNumber", "DescriptiveDetail/EditionNumber"),
        "product_form": _value(product, "ProductForm", "DescriptiveDetail/ProductForm"),
        "image": _image(product),
        "contributors": others,
        "subject_codes": _subject_codes(product),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _image(product: etree._Element) -> str:
    for given in product.iterfind("MediaFile"):
        if _value(given, "MediaFileTypeCode") in _COVERS:
            return _value(given, "MediaFileLink")
    for given in product.iterfind("CollateralDetail/SupportingResource"):
        if _value(given, "ResourceContentType") == "01":
            return _value(given, "ResourceVersion/ResourceLink")
    return ""


def _all(product: etree._Element, *paths: str) -> Iterator[etree._Element]:
    for path in paths:
        yield from product.iterfind(path)
