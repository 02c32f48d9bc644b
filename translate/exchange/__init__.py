"""Files in which terms and translation memories travel: CSV, TSV, TBX, TMX."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal, get_args

from translate.exchange import tables, tbx
from translate.glossary import Term
from translate.types import Fault

TermFormat = Literal["csv", "tsv", "tbx"]
TERM_FORMATS: tuple[TermFormat, ...] = get_args(TermFormat)
Pair = tuple[str, str]
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_terms(file: BinaryIO, form: TermFormat, pair: Pair) -> Iterator[Term | Fault]:
    """Yield a file's terms of a language pair; a part that cannot be used is a `Fault`.

    The columns of a CSV or TSV may be parted by commas, semicolons or tabs.
    """
    if form == "tbx":
        return tbx.read(file, pair)
    delimiter = tables.delimiter_of(file, _DELIMITERS[form])
    return tables.read(file, pair, delimiter=delimiter)


def write_terms(terms: Iterable[Term], form: TermFormat, pair: Pair) -> Iterator[bytes]:
    """Yield a file of a language pair's terms, piece by piece."""
    if form == "tbx":
        return tbx.write(terms, pair)
    return tables.write(terms, delimiter=_DELIMITERS[form])
