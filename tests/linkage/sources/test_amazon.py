import json
from io import BytesIO
from pathlib import Path

import pytest

from linkage.errors import MappingError, SourceFormatError
from linkage.sources import ReadOptions, amazon, read, streams
from linkage.types import Item, RecordError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"
TITLE = {"Title": {"DisplayValue": "a"}}


def items(*products: object, **more: object) -> bytes:
    return json.dumps({"SearchResult": {"Items": products}} | more).encode()


def test_every_field_of_a_product() -> None:
    item = next(iter(read(FIXTURES / "amazon_get_items.json")))
    assert item == Item(
        id="0441172717",
        kind="book",
        title="The Lamp Keeper's Ledger",
        creators=("Jörg Brandt",),
        text="A keeper and his accounts.\nOne winter, they do not add up.",
        language="en",
        subjects=("Space Opera", "Classics"),
        identifiers={"asin": "0441172717", "isbn13": "9780441172719"},
        url="https://www.amazon.com/dp/0441172717?tag=lamp-20&linkCode=ogi&th=1&psc=1",
        published_at="2024-09-15",
        attributes={
            "publisher": "Gullwing",
            "binding": "Paperback",
            "edition": "2",
            "image": "https://m.media-amazon.com/images/I/1.jpg",
            "sales_rank": 412,
            "contributors": [{"name": "Ines Amaral", "role": "Translator"}],
        },
    )


def test_what_is_wrong_is_reported_by_number_and_amazons_own_errors_too() -> None:
    _, *errors = read(FIXTURES / "amazon_get_items.json")
    assert [(e.line, e.unit, e.id) for e in errors if isinstance(e, RecordError)] == [
        (2, "record", "B000000002"),
        (3, "record", None),
        (4, "record", None),
    ]
    assert "ItemNotAccessible" in str(errors[-1])


def test_answers_of_a_search_are_read_with_their_kinds() -> None:
    film, lamp = read(FIXTURES / "amazon_search_items.json")
    assert isinstance(film, Item)
    assert isinstance(lamp, Item)
    assert (film.kind, film.creators, film.published_at) == ("film", ("Mara Voss",), "2023-05-02")
    assert lamp.kind == "product"


def test_page_is_built_for_the_marketplace() -> None:
    options = ReadOptions(marketplace="www.amazon.de")
    first, second = read(FIXTURES / "amazon_search_items.json", options)
    assert isinstance(first, Item)
    assert first.url == "https://www.amazon.de/dp/B0CLEDGER1"
    (jsonl,) = read(
        BytesIO(b'{"id": 1, "title": "t", "kind": "book", "asin": "0441172717"}'), options, name="x"
    )
    assert isinstance(jsonl, Item)
    assert jsonl.url == "https://www.amazon.de/dp/0441172717"
    assert isinstance(second, Item)


def test_marketplace_that_is_none_is_an_error() -> None:
    with pytest.raises(MappingError, match=r"www\.amazon\.de"):
        ReadOptions(marketplace="evil.example/amazon.de")


def test_an_answer_on_each_line_is_read_and_a_broken_line_reported() -> None:
    one = items({"ASIN": "B000000001", "ItemInfo": TITLE})
    records = list(amazon.read(BytesIO(one + b"\n{broken\n" + one), ReadOptions()))
    assert [r.line if isinstance(r, RecordError) else r.id for r in records] == [
        "B000000001", 2, "B000000001",
    ]  # fmt: skip


def test_broken_answer_is_one_error_at_its_line() -> None:
    broken = (FIXTURES / "amazon_get_items.json").read_bytes()[:1500]
    (error,) = amazon.read(BytesIO(broken), ReadOptions())
    assert isinstance(error, RecordError)
    assert error.line > 10


@pytest.mark.parametrize("indent", [None, 2])
def test_products_before_the_cut_of_an_answer_are_kept_and_the_cut_told(indent: int | None) -> None:
    products = [{"ASIN": f"B00000000{n}", "ItemInfo": TITLE} for n in range(3)]
    whole = json.dumps({"SearchResult": {"Items": products}}, indent=indent)
    cut = whole[: whole.index("B000000002")]
    *kept, error = amazon.read(BytesIO(cut.encode()), ReadOptions(default_kind="book"))
    assert [item.id for item in kept if isinstance(item, Item)] == ["B000000000", "B000000001"]
    assert isinstance(error, RecordError)
    assert error.line == cut.count("\n") + 1
    assert "products before it: 2" in error.reason


def test_product_with_bytes_of_no_encoding_costs_only_those_behind_it() -> None:
    good = items({"ASIN": "B000000001", "ItemInfo": TITLE}, {"ASIN": "B2", "ItemInfo": TITLE})
    *kept, error = amazon.read(BytesIO(good.replace(b"B2", b"\xff\xfe")), ReadOptions())
    assert "B000000001" in [getattr(record, "id", None) for record in kept]
    assert isinstance(error, RecordError)


def test_json_of_something_else_is_an_error() -> None:
    (error,) = amazon.read(BytesIO(b'{"id": 1}'), ReadOptions())
    assert isinstance(error, RecordError)
    assert "SearchResult" in error.reason


def test_file_above_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amazon, "MAX_FILE", 1_000)
    with pytest.raises(SourceFormatError, match="larger"):
        list(amazon.read(BytesIO(b" " * 2_000), ReadOptions()))
    assert streams.HEAD > 0


@pytest.mark.parametrize(
    "info",
    [
        None,
        [],
        "x",
        7,
        {"Title": []},
        {"Title": {"DisplayValue": {}}},
        {"ByLineInfo": {"Contributors": 3}},
    ],
)
def test_odd_shapes_are_errors_and_no_crash(info: object) -> None:
    records = list(
        amazon.read(BytesIO(items({"ASIN": "B000000001", "ItemInfo": info})), ReadOptions())
    )
    assert all(isinstance(record, RecordError) for record in records)


def test_refusal_is_told_by_its_content_and_reported() -> None:
    refusal = (
        b'{"__type": "com.amazon.paapi5#TooManyRequestsException",'
        b' "Errors": [{"Code": "TooManyRequests", "Message": "Slow down."}]}'
    )
    (error,) = read(BytesIO(refusal), name="response.json")
    assert isinstance(error, RecordError)
    assert error.reason == "Amazon reports TooManyRequests: Slow down."


def test_a_result_without_its_list_is_told() -> None:
    whole = json.dumps({"SearchResult": {"items": [{"ASIN": "1"}]}}).encode()
    (error,) = amazon.read(BytesIO(whole), ReadOptions())
    assert error == RecordError(1, "SearchResult has no list of Items; mind the capital letter")
