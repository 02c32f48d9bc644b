from linkage.tables.alignment import SCHEMA, align, known_identifiers
from linkage.tables.records import Record


def table(*rows: dict[str, str]) -> list[Record]:
    return [Record(str(place), row) for place, row in enumerate(rows)]


SHOP = table(
    {
        "sku": "1",
        "Title": "Dune",
        "Author": "Frank Herbert",
        "released": "1965-08-01",
        "lang": "en",
    },
    {"sku": "2", "Title": "Emma", "Author": "Jane Austen", "released": "1815", "lang": "fr"},
)
LIBRARY = table(
    {"name": "Emma", "creators": "Austen, Jane", "https://x.example/publicationYear": "1815",
     "language": "fr"},
    {"name": "Solaris", "creators": "Lem", "https://x.example/publicationYear": "1961",
     "language": "en"},
)  # fmt: skip


def test_columns_are_told_by_their_names() -> None:
    aligned = align(SHOP, LIBRARY)
    left, right = aligned.shape(SHOP[1], 0), aligned.shape(LIBRARY[0], 1)
    assert set(left.values) == {*SCHEMA.fields, "text"}
    assert [left.values[name] for name in ("title", "creators", "year")] == [
        "Emma", "Jane Austen", "1815",
    ]  # fmt: skip
    assert right.values["year"] == "1815"


def test_columns_of_other_names_are_told_by_the_values_they_share() -> None:
    aligned = align(SHOP, LIBRARY)
    assert ("lang", "language") in aligned.details
    both = (aligned.shape(SHOP[1], 0), aligned.shape(LIBRARY[0], 1))
    assert both[0].values["details"] == both[1].values["details"] != ""


def test_table_without_a_known_name_is_titled_by_its_most_telling_text() -> None:
    rows = table({"a": "x 1", "b": "The Sea"}, {"a": "x 1", "b": "The Moon"})
    assert align(rows, LIBRARY).titles[0] == ("b",)


def test_years_are_read_from_dates_and_leading_zeros_are_no_difference() -> None:
    left = table({"title": "Pilot", "season": "01", "year": "1962-12-24"})
    right = table({"title": "Pilot", "season": "1", "year": "Dec 1962"})
    aligned = align(left, right)
    shaped = aligned.shape(left[0], 0).values, aligned.shape(right[0], 1).values
    assert shaped[0]["details"] == shaped[1]["details"]
    assert shaped[0]["year"] == shaped[1]["year"] == "1962"


def test_valid_identifiers_are_found_and_repaired() -> None:
    record = Record("1", {"ASIN": "60750715", "isbn13": "9.78e+12", "price": "3"})
    assert known_identifiers(record) == {("asin", "0060750715"), ("isbn13", "9780060750718")}


def test_tables_that_say_nothing_in_common_can_be_aligned() -> None:
    aligned = align(table({"x": ""}), table({"y": ""}))
    assert aligned.shape(Record("1", {"x": ""}), 0).values["title"] == ""
