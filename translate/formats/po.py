"""Gettext catalogues (PO): what has no translation, or an unsure one, gets one; the rest stays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from translate.errors import FormatError
from translate.formats.document import Document, Options, Passage, Slot
from translate.formats.encoding import decoded

_CHARSET = re.compile(rb"Content-Type:[^\"]*charset=([\w.:-]+)")
_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)[ \t]+(?=\")")
_STRING = re.compile(r'"((?:[^"\\\r\n]|\\.)*)"[ \t]*')
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(slots=True)
class _Value:
    """The text behind a keyword, and where its strings begin and end."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Entry:
    """A message: its values by keyword, the line it begins at, and whether it is unsure."""

    line: int
    is_fuzzy: bool = False
    has_translation: bool = False
    values: dict[str, _Value] = field(default_factory=dict)

    @property
    def translations(self) -> dict[str, _Value]:
        return {key: value for key, value in self.values.items() if key.startswith("msgstr")}


def read(data: bytes, options: Options) -> Document:
    """Take a catalogue apart: each message without a translation is a passage, plurals are two."""
    text, encoding = decoded(data, _CHARSET)
    pieces: list[bytes | Slot] = []
    last = 0
    end = "\r\n" if "\r\n" in text else "\n"
    for entry in _entries(text):
        for keyword, value in entry.translations.items() if _is_wanted(entry, options) else ():
            source = _source(entry, keyword)
            if not source:
                continue
            pieces.append(text[last : value.start].encode(encoding))
            original = text[value.start : value.end]
            pieces.append(_slot(source, original, f"line {entry.line}", encoding, end))
            last = value.end
    return Document([*pieces, text[last:].encode(encoding)])


def _is_wanted(entry: _Entry, options: Options) -> bool:
    is_done = all(value.text for value in entry.translations.values())
    return options.is_thorough or entry.is_fuzzy or not is_done


def _source(entry: _Entry, keyword: str) -> str:
    """Return what a translation is of: the plural for all forms but the first."""
    is_plural = keyword not in {"msgstr", "msgstr[0]"} and "msgid_plural" in entry.values
    return entry.values["msgid_plural" if is_plural else "msgid"].text


def _slot(source: str, original: str, place: str, encoding: str, end: str) -> Slot:
    return Slot(
        Passage(source, place),
        original.encode(encoding),
        lambda text: _quoted(_framed(text, source), end).encode(encoding),
    )


def _framed(text: str, source: str) -> str:
    """Return a translation that ends its last line where its source does, as gettext demands."""
    text = text.strip("\n")
    head = len(source) - len(source.lstrip("\n"))
    tail = len(source.rstrip("\n"))
    return source[:head] + text + source[tail:] if source.strip("\n") else source


def _quoted(text: str, end: str) -> str:
    lines = _LINE.findall(text)
    shown = [f'"{_escaped(line)}"' for line in lines] or ['""']
    return shown[0] if len(shown) == 1 else end.join(['""', *shown])


def _escaped(text: str) -> str:
    names = {character: letter for letter, character in _LETTERS.items()}
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(f"\\{names[each]}" if each in names else each for each in text)


def _unescaped(written: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2]:
            return chr(int(match[2], 8))
        return _LETTERS.get(match[3], match[3])

    return _ESCAPE.sub(character, written)


def _entries(text: str) -> Iterator[_Entry]:
    """Yield the messages that are not obsolete; raise `FormatError` for a line that is none."""
    entry: _Entry | None = None
    value: _Value | None = None
    is_fuzzy = False
    at = 1 if text.startswith("\ufeff") else 0
    for number, line in enumerate(_LINE.findall(text, at), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            if entry and entry.has_translation:
                yield _checked(entry)
                entry, is_fuzzy = None, False
            is_fuzzy |= bare.startswith("#,") and "fuzzy" in bare
            value = None
        else:
            keyword = _KEYWORD.match(line.lstrip())
            if keyword and keyword[1] in {"msgctxt", "msgid"} and entry and entry.has_translation:
                yield _checked(entry)
                entry, is_fuzzy = None, False
            entry = entry or _Entry(number, is_fuzzy)
            value = _taken(line, at, number, entry, value)
        at += len(line)
    if entry:
        yield _checked(entry)


def _taken(line: str, at: int, number: int, entry: _Entry, value: _Value | None) -> _Value:
    """Take a line of a message: a keyword with its string, or a string that goes on."""
    indent = len(line) - len(line.lstrip())
    keyword = _KEYWORD.match(line, indent)
    begin = keyword.end() if keyword else indent
    string = _STRING.match(line, begin)
    if not string or line[string.end() :].strip() or not (keyword or value):
        raise FormatError(f"line {number}", "is no comment, keyword or string of a catalogue")
    if keyword:
        if keyword[1] in entry.values:
            raise FormatError(f"line {number}", f"has a second {keyword[1]}")
        value = entry.values[keyword[1]] = _Value("", at + begin, at + begin)
        entry.has_translation |= keyword[1].startswith("msgstr")
    assert value
    value.text += _unescaped(string[1])
    value.end = at + string.end(1) + 1
    return value


def _checked(entry: _Entry) -> _Entry:
    if "msgid" not in entry.values or not entry.has_translation:
        raise FormatError(f"line {entry.line}", "begins a message without msgid or msgstr")
    return entry
