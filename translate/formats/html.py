"""HTML and XHTML: the whole page is one passage, which the translator takes apart."""

import re

from translate.formats.document import Document, Options, Passage, replacing
from translate.formats.encoding import decoded
from translate.markup import HTML, XHTML, Markup

_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,100}encoding=[\"']([\w.:-]+)")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset=[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def read(data: bytes, options: Options) -> Document:
    """Take a page of HTML as one passage."""
    del options
    return _page(data, _META_CHARSET, HTML)


def read_xhtml(data: bytes, options: Options) -> Document:
    """Take a page of XHTML as one passage; it must stay well-formed."""
    del options
    return read_xml(data, XHTML)


def read_xml(data: bytes, markup: Markup) -> Document:
    """Take a page of another kind of XML as one passage."""
    return _page(data, _XML_CHARSET, markup)


def _page(data: bytes, charset: re.Pattern[bytes], markup: Markup) -> Document:
    text, encoding = decoded(data, charset)
    passage = Passage(text, "the page", markup)
    slot = replacing(
        passage, data, lambda translated: translated.encode(encoding, "xmlcharrefreplace")
    )
    return Document([slot] if text.strip() else [data])
