from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.exchange import TERM_FORMATS, TermFormat, read_terms, write_terms
from translate.glossary import Term, term_fault
from translate.types import Fault

PAIR = ("en", "de")
TERMS = st.builds(Term, st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12)).filter(
    lambda term: term_fault(term) is None
)


def read(text: str | bytes, form: TermFormat = "csv") -> list[Term | Fault]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_terms(BytesIO(data), form, PAIR))


@pytest.mark.parametrize("form", TERM_FORMATS)
@given(st.lists(TERMS, max_size=5))
def test_what_is_written_is_read_again(form: TermFormat, terms: list[Term]) -> None:
    headers = {("source", "target")}
    terms = [t for t in terms if (t.source.casefold(), t.target.casefold()) not in headers]
    again = read(b"".join(write_terms(terms, form, PAIR)), form)
    # XML has one kind of white space between words
    assert [_joined(term) for term in again] == [_joined(term) for term in terms]


def _joined(term: Term | Fault) -> tuple[str, str]:
    assert isinstance(term, Term), term
    return " ".join(term.source.split()), " ".join(term.target.split())


@pytest.mark.parametrize("form", TERM_FORMATS)
@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_any_bytes_are_read_or_reported(form: TermFormat, data: bytes) -> None:
    for each in read(data, form):
        assert isinstance(each, Fault) or term_fault(each) is None


def test_a_header_and_language_columns_are_understood() -> None:
    text = "source,target,source_lang,target_lang\nbook,Buch,EN,de\nbook,livre,en,fr\n"
    term, fault = read(text)
    assert term == Term("book", "Buch")
    assert fault == Fault("line 3", "is from 'en' to 'fr', not en-de")


def test_a_bad_row_is_reported_with_its_line_and_loses_no_good_one() -> None:
    rows = read('"a ""b""",x\n\nalone\n…,y\n"two\nlines",z\nfilm,Film\n')
    assert [row.place for row in rows if isinstance(row, Fault)] == ["line 3", "line 4", "line 5"]
    assert [row for row in rows if isinstance(row, Term)] == [
        Term('a "b"', "x"), Term("film", "Film")
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_columns_of_a_table_may_be_parted_as_spreadsheets_part_them(
    delimiter: str, form: TermFormat
) -> None:
    rows = ("source", "target"), ("book", "Buch"), ('"rock, paper"', '"Stein; Papier"')
    text = "".join(f"{delimiter.join(row)}\r\n" for row in rows)
    assert read(text, form) == [Term("book", "Buch"), Term("rock, paper", "Stein; Papier")]


def test_where_commas_and_tabs_make_as_many_terms_the_name_decides() -> None:
    assert read("a, b\tc\n", "tsv") == [Term("a, b", "c")]
    assert isinstance(read("a, b\tc\n", "csv")[0], Fault)


def test_commas_in_the_terms_of_some_rows_do_not_part_columns() -> None:
    assert read("rock, paper;Stein, Papier\nfilm;Film\nred, green;rot, grün\nx;y\n;\n") == [
        Term("rock, paper", "Stein, Papier"), Term("film", "Film"),
        Term("red, green", "rot, grün"), Term("x", "y"),
    ]  # fmt: skip


def test_what_parts_the_columns_of_a_csv_is_told_from_most_of_its_rows() -> None:
    assert read("a;b,c;d\nbook,Buch\nfilm,Film\n") == [
        Term("a;b", "c;d"), Term("book", "Buch"), Term("film", "Film")
    ]  # fmt: skip


def test_a_table_of_one_column_tells_what_was_looked_for_and_the_remedy() -> None:
    [fault] = read("book|Buch\n")
    assert isinstance(fault, Fault)
    assert fault.reason.startswith("has 1 columns between commas, not source and target; use the")


TBX = """<?xml version="1.0"?>
<martif type="TBX"><text><body>
<termEntry id="c1">
 <langSet xml:lang="en-GB"><tig><term>colour plate</term></tig>
  <ntig><termGrp><term>colour insert</term>
  <termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termGrp></ntig>
 </langSet>
 <langSet xml:lang="de"><tig><term>Bild</term>
  <termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig>
  <tig><term>Farbtafel</term></tig></langSet>
 <langSet xml:lang="fr"><tig><term>planche</term></tig></langSet>
</termEntry>
</body></text></martif>"""


def test_tbx_2_with_synonyms_and_deprecated_terms_is_read() -> None:
    assert read(TBX, "tbx") == [
        Term("colour plate", "Farbtafel"), Term("colour insert", "Farbtafel")
    ]  # fmt: skip


def test_what_comes_before_damage_is_read() -> None:
    *good, fault = read(TBX[:-20], "tbx")
    assert len(good) == 2
    assert isinstance(fault, Fault)
    assert "line" in fault.reason


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + TBX.replace("colour plate", "&a;").split("?>")[1]
    assert Term("aaaa", "Farbtafel") not in read(bomb, "tbx")
