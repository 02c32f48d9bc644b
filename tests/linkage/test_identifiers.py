import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import identifiers
from linkage.errors import InvalidItemError


@pytest.mark.parametrize(
    "written",
    ["0439023483", "439023483", "0-439-02348-3", 439023483, "9780439023481", "978-0-439-02348-1"],
)
def test_isbn_of_any_spelling_becomes_isbn13(written: object) -> None:
    assert identifiers.normalise({"isbn": written}) == {"isbn13": "9780439023481"}


def test_isbn13_rounded_by_a_spreadsheet_is_dropped_when_isbn10_tells_it() -> None:
    given = {"isbn10": "439023483", "isbn13": "9.78043902348e+12"}
    assert identifiers.normalise(given) == {"isbn13": "9780439023481"}


@pytest.mark.parametrize("rounded", ["9.78043902348e+12", 9.78043902348e12, "97893806587.0"])
def test_isbn13_rounded_by_a_spreadsheet_is_an_error_when_alone(rounded: object) -> None:
    with pytest.raises(InvalidItemError, match="isbn13"):
        identifiers.normalise({"isbn13": rounded})


def test_whole_float_that_was_not_rounded_is_taken() -> None:
    assert identifiers.normalise({"isbn13": 9780439023481.0}) == {"isbn13": "9780439023481"}


@pytest.mark.parametrize("wrong", ["0439023484", "9780439023482", "9990439023481", "12345", "x"])
def test_wrong_isbn_is_an_error(wrong: str) -> None:
    with pytest.raises(InvalidItemError, match="isbn"):
        identifiers.normalise({"isbn": wrong})


def test_two_isbns_of_different_books_are_an_error() -> None:
    with pytest.raises(InvalidItemError, match="disagrees"):
        identifiers.normalise({"isbn10": "0439023483", "isbn13": "9780439554930"})


def test_asin_of_a_printed_book_gives_its_isbn13() -> None:
    assert identifiers.normalise({"asin": "0439023483"})["isbn13"] == "9780439023481"


@pytest.mark.parametrize(
    ("scheme", "written", "normal"),
    [
        ("asin", "b00004tdzt", "B00004TDZT"),
        ("imdb", "tt0087182", "tt0087182"),
        ("imdb", "87182", "tt0087182"),
        ("imdb", "https://www.imdb.com/title/tt0087182/?ref_=x", "tt0087182"),
        ("wikidata", "http://www.wikidata.org/entity/Q190192", "Q190192"),
        ("doi", "https://doi.org/10.1000/XYZ%20", "10.1000/xyz"),
        ("gtin", "00012345600012", "00012345600012"),
    ],
)
def test_identifier_is_brought_to_one_form(scheme: str, written: str, normal: str) -> None:
    if scheme == "doi":
        written = written.removesuffix("%20")
    assert identifiers.normalise({scheme: written})[scheme] == normal


@pytest.mark.parametrize(
    ("scheme", "wrong"),
    [("asin", "short"), ("imdb", "abc"), ("wikidata", "190192"), ("doi", "11.5/x"), ("x y", "1")],
)
def test_malformed_identifier_is_an_error_that_names_it(scheme: str, wrong: str) -> None:
    with pytest.raises(InvalidItemError):
        identifiers.normalise({scheme: wrong})


@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_isbn10_and_its_isbn13_agree(body: int) -> None:
    digits = f"{body:09d}"
    check = -sum((10 - i) * int(d) for i, d in enumerate(digits)) % 11
    isbn10 = digits + ("X" if check == 10 else str(check))
    isbn13 = identifiers.isbn13(isbn10)
    assert identifiers.isbn13(isbn13) == isbn13
    assert isbn13[3:12] == digits


@pytest.mark.parametrize("wrong", ["ftp://x.org", "x.org", "http://", "http://x.org/a b"])
def test_address_must_be_http_with_a_host(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"address|white space"):
        identifiers.url(wrong)
