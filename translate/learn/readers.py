"""Parallel files to learn from: one reader a format, chosen by the file's suffix.

A corpus is every file `en-XX.SUFFIX` or `en-XX.NAME.SUFFIX` of a folder: what is in it pairs
English with the language XX. Readers yield pairs in the order of their file, one at a time; a
record without both languages is passed over, a file that is not of its format is an error.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
import zstandard

from translate.errors import CorpusError
from translate.exchange import tmx
from translate.exchange.xml import MalformedXmlError, elements, local
from translate.memory import Unit

ENGLISH = "en"
_NAME = re.compile(rf"{ENGLISH}-(?P<language>[a-z]{{2,3}})(?:\.(?P<domain>[^.]+))?$")


@dataclass(frozen=True, slots=True)
class Pair:
    """A text in `base` and what it is in `language`; `domain` names the corpus it is from."""

    language: str
    domain: str
    text: str
    other: str
    base: str = ENGLISH


def read_tsv(path: Path, language: str, _: str = "") -> Iterator[Pair]:
    """Yield the pairs of `domain<TAB>English<TAB>other`, plain or zstd-compressed.

    Lines with another number of columns are passed over; ValueError where all are.
    """
    is_table = False
    with path.open("rb") as raw:
        stream = zstandard.ZstdDecompressor().stream_reader(raw) if path.suffix == ".zst" else raw
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="\n") as lines:
            for line in lines:
                cells = line.rstrip("\n").split("\t")
                if len(cells) == 3:  # noqa: PLR2004
                    is_table = True
                    yield Pair(language, *cells)
    if not is_table:
        raise ValueError("no line has three columns, domain, English and translation")


def read_tmx(path: Path, language: str, domain: str) -> Iterator[Pair]:
    """Yield the units that hold English and the language, whichever of them is the source."""
    with path.open("rb") as file:
        for unit in tmx.read(file):
            if not isinstance(unit, Unit):
                if not unit.place.startswith("line"):  # the file is broken, not one unit
                    raise ValueError(f"it {unit.reason}")
                continue
            if (unit.source_language, unit.target_language) == (ENGLISH, language):
                yield Pair(language, domain, unit.source, unit.target)
            elif (unit.source_language, unit.target_language) == (language, ENGLISH):
                yield Pair(language, domain, unit.target, unit.source)


def read_gettext(path: Path, language: str, domain: str) -> Iterator[Pair]:
    """Yield the finished messages of a catalogue, PO or compiled; of plurals the first and last."""
    opened = polib.mofile if path.suffix == ".mo" else polib.pofile
    for entry in opened(str(path)).translated_entries():
        if entry.msgid_plural:
            forms = [entry.msgstr_plural[number] for number in sorted(entry.msgstr_plural)]
            yield Pair(language, domain, entry.msgid, forms[0])
            yield Pair(language, domain, entry.msgid_plural, forms[-1])
        else:
            yield Pair(language, domain, entry.msgid, entry.msgstr)


def read_xliff(path: Path, language: str, domain: str) -> Iterator[Pair]:
    """Yield the segments of XLIFF 1.2 or 2.x from English that have a target, without their codes.

    A unit of 1.2 keeps its alternatives apart: only its own source and target are read.
    """
    with path.open("rb") as file:
        for element in elements(file, {"trans-unit", "segment"}.__contains__):
            sides = {local(child): "".join(child.itertext()) for child in reversed(element)}
            if "target" in sides:
                yield Pair(language, domain, sides.get("source", ""), sides["target"])


READERS: dict[str, Callable[[Path, str, str], Iterator[Pair]]] = {
    ".tsv": read_tsv,
    ".tsv.zst": read_tsv,
    ".tmx": read_tmx,
    ".po": read_gettext,
    ".mo": read_gettext,
    ".xlf": read_xliff,
    ".xliff": read_xliff,
}


def corpus_files(folder: Path, language: str) -> list[Path]:
    """Return the files of a folder that pair English with a language, by name."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in files if (_parts(path) or "")[:1] == (language,)]


def read_corpus(folder: Path, language: str) -> Iterator[Pair]:
    """Yield the pairs of every file of a folder for a language; its TSV files name the domains.

    Raises `CorpusError` where the folder has no such file, or one that is not of its format.
    """
    if not folder.is_dir():
        raise CorpusError(folder, "is no folder; set `corpora` in the recipe to one")
    files = corpus_files(folder, language)
    if not files:
        kinds = " or ".join(READERS)
        raise CorpusError(
            folder,
            f"has no {ENGLISH}-{language} file; call one {ENGLISH}-{language}.NAME and {kinds}",
        )
    for path in files:
        _, domain, reader = _parts(path) or ("", "", read_tsv)
        try:
            yield from reader(path, language, domain)
        except (MalformedXmlError, OSError, ValueError, zstandard.ZstdError) as error:
            raise CorpusError(path, f"cannot be read: {error}") from error


def _parts(path: Path) -> tuple[str, str, Callable[[Path, str, str], Iterator[Pair]]] | None:
    """Return a file's language, its domain and its reader; None for a file of another kind."""
    for suffix, reader in READERS.items():
        stem = path.name.removesuffix(suffix)
        if stem != path.name and (match := _NAME.fullmatch(stem)):
            return match["language"], match["domain"] or suffix.strip("."), reader
    return None
