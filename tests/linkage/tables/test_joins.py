import pytest

from linkage.match import shipped_matcher
from linkage.tables.joins import Join, join
from linkage.tables.records import Record

BOOKS = [
    ("Dune", "Frank Herbert", "1965"), ("Dune Messiah", "Frank Herbert", "1969"),
    ("The Left Hand of Darkness", "Ursula K. Le Guin", "1969"), ("Emma", "Jane Austen", "1815"),
    ("Solaris", "Stanisław Lem", "1961"), ("Persuasion", "Jane Austen", "1817"),
    ("The Trial", "Franz Kafka", "1925"), ("Kim", "Rudyard Kipling", "1901"),
]  # fmt: skip
SHOP = [
    ("Dune (Paperback)", "Herbert, Frank"), ("Left Hand of Darkness", "U. K. Le Guin"),
    ("Solaris", "Stanislaw Lem"), ("Persuasion", "Austen, Jane"),
    ("How to bake bread", "Anna Becker"), ("The Sea", "John Banville"),
]  # fmt: skip


def joined(**options: object) -> Join:
    left = [
        Record(f"b{i}", {"title": title, "authors": who, "year": year})
        for i, (title, who, year) in enumerate(BOOKS)
    ]
    right = [Record(f"s{i}", {"name": title, "author": who}) for i, (title, who) in enumerate(SHOP)]
    return join(left, right, matcher=shipped_matcher(), **options)  # type: ignore[arg-type]


def test_same_books_of_two_shops_are_found_without_training() -> None:
    found = {(match.left, match.right) for match in joined(one_to_one=True).matches}
    assert found == {("b0", "s0"), ("b2", "s1"), ("b4", "s2"), ("b5", "s3")}


def test_matches_come_in_order_of_their_probability() -> None:
    probabilities = [match.probability for match in joined().matches]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(match.probability >= 0.9 for match in joined(threshold=0.9).matches)


def test_no_record_is_in_two_matches_one_to_one() -> None:
    matches = joined(one_to_one=True, threshold=0.0).matches
    assert len({match.left for match in matches}) == len(matches)
    assert len({match.right for match in matches}) == len(matches)


def test_shared_identifier_decides() -> None:
    left = [Record("l", {"title": "Bee Movie", "isbn": "0-06-075071-5"})]
    right = [Record("r", {"title": "Balanchine", "asin": "60750715"})]
    (match,) = join(left, right, matcher=shipped_matcher()).matches
    assert (match.identifiers, match.probability) == (("isbn13",), 0.99)


@pytest.mark.parametrize("empty", [0, 1])
def test_empty_table_has_no_matches(empty: int) -> None:
    tables = [[Record("1", {"title": "Dune"})], [Record("2", {"title": "Dune"})]]
    tables[empty] = []
    assert join(*tables, matcher=shipped_matcher()).matches == []
