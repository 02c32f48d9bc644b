"""Records of large XML files, cut out one by one, so that a damaged one spoils no other.

An XML parser gives up a file at its first fault. Catalogues come with control characters, bytes of
another encoding, HTML's named entities, bare ampersands and records that are cut off; so the text
is cut at the records' tags first, each record is mended where that is safe, and then parsed by
itself, strictly. No DTD is read, no entity expanded, nothing fetched.
"""

import codecs
import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from html.entities import html5
from pathlib import Path
from typing import BinaryIO, Protocol

from lxml import etree

from linkage.sources.streams import damage_of, head_of, opened
from linkage.types import RecordError

MAX_RECORD = 10_000_000
CHUNK = 64 * 1024
_TAG_LENGTH = 300
"""No tag that we look for, with its prefix and white space, is longer."""
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BOMS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
_COMMENT_END = re.compile(rb"-->")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,9}|[xX][0-9A-Fa-f]{1,8});|([A-Za-z][A-Za-z0-9]{0,40});)?")
_IN_WORDS = "‘’–—"
_PLACE = re.compile(r",? line \d+(?:, column \d+)?")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """A record's element as it was parsed, the line it begins on, and what had to be mended."""

    line: int
    element: etree._Element
    mended: tuple[str, ...]


def records(
    source: Path | BinaryIO, names: Collection[str], *, max_bytes: int | None = None
) -> Iterator[Record | RecordError]:
    """Yield the elements of these names, which do not nest, and the faults among them.

    Tags may carry a prefix; elements come with neither prefix nor namespace.
    """
    with opened(source, max_bytes=max_bytes) as stream:
        encoding = _encoding(head_of(stream))
        is_plain = encoding == "utf-8" or _is_single_byte(encoding)
        cutter = _Cutter(stream if is_plain else _Recoded(stream, encoding), names)
        for cut in cutter:
            if isinstance(cut, RecordError):
                yield cut
            else:
                yield _parsed(*cut, encoding, is_plain=is_plain)
        if damage := damage_of(stream):
            yield RecordError(cutter.line, f"the file {damage}")


def root_of(head: bytes) -> str | None:
    """Return the local name of the root element in the first bytes of a file, if there is one."""
    text = head.decode(_encoding(head), errors="replace")
    bare = re.sub(r"<!--.*?-->|<[?!][^<>]*>", "", text, flags=re.DOTALL)
    found = re.match(r"[\s\ufeff]*<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", bare)
    return found[1] if found else None


class _Cutter:
    """Iterates (line, bytes) of each record, and a RecordError for each that is not whole.

    A commented-out record is passed over; a comment that does not end is taken for text.
    """

    def __init__(self, stream: "_Stream", names: Collection[str]) -> None:
        name = rb"(?:[A-Za-z_][\w.-]{0,40}:)?(?:" + "|".join(names).encode() + rb")"
        self._token = re.compile(
            rb"(?P<open><" + name + rb"(?=[\s/>]))|(?P<close></" + name + rb"\s{0,100}>)|<!--"
        )
        self._comments = True
        self._stream = stream
        self._text = b""
        self._at = self._counted = 0
        self.line = 1
        self._open: tuple[int, int] | None = None
        """Where the record or comment at hand begins: offset and line."""
        self._in_comment = False
        self._is_given_up = False
        """Whether the end of a record that was told of already is still to come."""

    def __iter__(self) -> Iterator[tuple[int, bytes] | RecordError]:
        while True:
            if self._open and len(self._text) - self._open[0] > MAX_RECORD:
                yield self._given_up(f"is longer than {MAX_RECORD // 1_000_000} MB")
            token = _COMMENT_END if self._in_comment else self._token
            if found := token.search(self._text, self._at):
                yield from self._take(found)
            elif not self._read_on():
                if self._open is None:
                    break
                yield self._given_up("is cut off by the end of the file")

    def _take(self, found: re.Match[bytes]) -> Iterator[tuple[int, bytes] | RecordError]:
        self._at = found.end()
        if self._in_comment:
            self._open, self._in_comment = None, False
        elif found["open"]:
            if self._open:
                yield RecordError(self._open[1], "is not closed before the next record begins")
            self._open = found.start(), self._line_at(found.start())
            self._is_given_up = False
        elif found["close"]:
            if self._open:
                start, line = self._open
                yield line, self._text[start : found.end()]
            elif not self._is_given_up:
                line = self._line_at(found.start())
                yield RecordError(line, f"{found[0].decode()} closes a record that did not begin")
            self._open, self._is_given_up = None, False
        elif self._open is None and self._comments:
            self._open, self._in_comment = (found.start(), self._line_at(found.start())), True

    def _given_up(self, reason: str) -> RecordError:
        assert self._open is not None
        start, line = self._open
        if self._in_comment:
            self._comments = self._in_comment = False
            self._at, reason = start + 1, f"a comment {reason}"
        else:
            self._at, self._is_given_up = len(self._text), True
        self._open = None
        return RecordError(line, reason)

    def _read_on(self) -> bool:
        """Drop what is done with and read another piece; False at the end."""
        self._at = max(self._at, len(self._text) - _TAG_LENGTH)
        done = self._open[0] if self._open else self._at
        self._line_at(done)
        more = self._stream.read(CHUNK)
        self._text = self._text[done:] + more
        self._at, self._counted = self._at - done, self._counted - done
        if self._open:
            self._open = 0, self._open[1]
        return bool(more)

    def _line_at(self, offset: int) -> int:
        """Return the line of a place that is not before the last one asked for."""
        self.line += self._text.count(b"\n", self._counted, offset)
        self._counted = max(self._counted, offset)
        return self.line


def _parsed(line: int, raw: bytes, encoding: str, *, is_plain: bool) -> Record | RecordError:
    text, mended = _decoded(raw, encoding) if is_plain else _recoded(raw, encoding)
    text = _mended(text, mended)
    prefixes = {first or second for first, second in _PREFIX.findall(text)} - {"xml", "xmlns"}
    declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(prefixes))
    try:
        root = etree.fromstring(f"<_{declared}>{text}</_>".encode(), _parser())
    except etree.XMLSyntaxError as error:
        place = line + (error.lineno or 1) - 1
        reason = _PLACE.sub("", error.msg or "")  # counted from the record's beginning
        return RecordError(place, f"not well-formed XML: {reason}", _id_of(text))
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return Record(line, root[0], tuple(dict.fromkeys(mended)))


@cache
def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip


def _decoded(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    """Decode; a byte that is not of the encoding is taken for what it most likely was meant as."""
    try:
        return raw.decode(encoding), []
    except UnicodeDecodeError as error:
        text = raw.decode(encoding, errors="weft_guess")
        return text, [f"byte 0x{raw[error.start]:02x} is not {encoding}; read as Windows-1252"]


def _recoded(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    """Decode what was recoded; what was not of the file's encoding was replaced there."""
    text = raw.decode(errors="replace")
    is_whole = "\ufffd" not in text
    return text, [] if is_whole else [f"bytes that are not {encoding} were read as \ufffd"]


def _guess(error: UnicodeError) -> tuple[str, int]:
    """Read bytes as Windows-1252, but inside a word as DOS where only that makes a letter."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    around = error.object[error.start - 1 : error.start] + error.object[error.end : error.end + 1]
    wrong = error.object[error.start : error.end]
    text, of_dos = wrong.decode("cp1252", "replace"), wrong.decode("cp850")
    in_word = len(around) == 2 and around.isalpha()  # noqa: PLR2004 - one on each side
    is_dos = in_word and of_dos.isalpha() and not (text.isalpha() or text in _IN_WORDS)
    return of_dos if is_dos else text, error.end


codecs.register_error("weft_guess", _guess)


def _mended(text: str, mended: list[str]) -> str:
    """Return text that XML allows; what is left out or taken for something else is noted."""
    text, count = _ILLEGAL.subn(lambda found: " " if found[0].isspace() else "", text)
    if count:
        mended.append(f"{count} control characters left out")

    def reference(found: re.Match[str]) -> str:
        number, name = found[1], found[2]
        if name in _OF_XML:
            return found[0]
        if name is not None and f"{name};" in html5:
            return html.escape(html5[f"{name};"])
        if number is not None:
            return _numbered(found[0], mended)
        mended.append(f"&{name}; is no entity" if name else "an ampersand stands by itself")
        return "&amp;" + found[0][1:]

    parts = text.split("<![CDATA[")
    for index, part in enumerate(parts):
        raw, end, rest = part.partition("]]>") if index else ("", "", part)
        parts[index] = raw + end + _REFERENCE.sub(reference, rest)
    return "<![CDATA[".join(parts)


def _numbered(reference: str, mended: list[str]) -> str:
    meant = html.unescape(reference)  # 128 to 159 as Windows-1252, as every browser has it
    if _ILLEGAL.search(meant) or not meant:
        mended.append(f"{reference} is no character of XML")
        return ""
    return html.escape(meant)


def _id_of(text: str) -> str | None:
    found = re.search(r"<(?:RecordReference|a001|loc)>\s*([^<>\s]{1,200})\s*<", text)
    return found[1] if found else None


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Recoded:
    """A stream in any encoding, read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        while raw := self._stream.read(size):
            if text := self._decoder.decode(raw):
                return text.encode(errors="replace")
        return self._decoder.decode(b"", final=True).encode(errors="replace")


def _encoding(head: bytes) -> str:
    """Return what the first bytes say: a byte order mark, zeros between, or the declaration.

    Latin-1 is read as its superset Windows-1252, as browsers do; an unknown name as UTF-8.
    """
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if head[:4] in {b"<\x00?\x00", b"<\x00!\x00"}:
        return "utf-16-le"
    if head[:4] in {b"\x00<\x00?", b"\x00<\x00!"}:
        return "utf-16-be"
    declared = found[1].decode().lower() if (found := _ENCODING.search(head)) else "utf-8"
    return _known(declared)


def _known(encoding: str) -> str:
    if not _ENCODINGS.fullmatch(encoding):
        return "utf-8"
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"
    # a file without a byte order mark that could be read so far is no UTF-16, whatever it says
    return {"iso8859-1": "cp1252", "ascii": "utf-8", "utf-16": "utf-8"}.get(name, name)


_ENCODINGS = re.compile(
    r"utf-?8|us-ascii|ascii|latin-?\d|iso-?8859-?\d+|(windows|cp)-?\d+|koi8-[ru]|mac-?roman"
    r"|shift[_-]jis|euc-(jp|kr)|gbk?|gb2312|gb18030|big5|utf-?16(le|be)?"
)


@cache
def _is_single_byte(encoding: str) -> bool:
    return len(bytes(range(256)).decode(encoding, errors="replace")) == 256  # noqa: PLR2004
