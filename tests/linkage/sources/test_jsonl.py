import gzip
import io
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.sources import ReadOptions, jsonl, lines
from linkage.types import Item, RecordError

FILMS = ReadOptions(
    columns={"id": "film_id", "creators": "cast", "published_at": "year"}, default_kind="film"
)


def read(content: bytes, options: ReadOptions = FILMS) -> list[Item | RecordError]:
    return list(jsonl.read(BytesIO(content), options))


def test_fields_are_taken_from_mapped_names() -> None:
    (item,) = read(b'{"film_id": "f1", "title": "Dune", "year": 1984, "cast": ["Kyle", "Sting"]}')
    assert isinstance(item, Item)
    assert (item.id, item.creators, item.published_at) == ("f1", ("Kyle", "Sting"), "1984")


def test_bad_lines_are_reported_by_number_and_lose_no_good_one() -> None:
    good = b'{"film_id": "f", "title": "t"}'
    records = read(b"\n".join([good, b"{", b"[]", b"", b'{"film_id": "g"}', good]))
    assert [r.line if isinstance(r, RecordError) else "ok" for r in records] == [
        "ok", 2, 3, 5, "ok",
    ]  # fmt: skip


def test_line_that_is_cut_off_is_told_where_it_ends() -> None:
    cut, _ = read(b'{"film_id": "f"\n{"film_id": "g", "title": "t"}\n')
    assert isinstance(cut, RecordError)
    assert "column 16" in cut.reason


def test_line_above_the_limit_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1_000)
    long = json.dumps({"film_id": "a", "title": "x" * 5_000}).encode()
    records = read(long + b"\n" + b'{"film_id": "b", "title": "t"}')
    assert [r.line if isinstance(r, RecordError) else r.id for r in records] == [1, "b"]


def test_gzip_is_told_by_its_first_bytes() -> None:
    assert isinstance(read(gzip.compress(b'{"film_id": "f", "title": "t"}'))[0], Item)


def test_gzip_cut_short_yields_what_was_whole_and_an_error() -> None:
    content = b"".join(b'{"film_id": "%d", "title": "t"}\n' % n for n in range(50_000))
    packed = gzip.compress(content)
    *good, last = read(packed[: len(packed) // 2])
    assert len(good) > 1_000
    assert isinstance(last, RecordError)
    assert last.line == len(good) + 1


def test_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "films.jsonl"
    path.write_bytes(b'{"film_id": "f", "title": "t"}\n')
    assert len(list(jsonl.read(path, FILMS))) == 1


def test_stream_without_peek_is_read() -> None:
    raw: Any = io.BufferedReader(io.BytesIO(b'{"film_id": "f", "title": "t"}'))  # type: ignore[arg-type]
    assert len(list(jsonl.read(raw, FILMS))) == 1


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=40))))
def test_what_is_written_is_read_in_order(pairs: list[tuple[str, str]]) -> None:
    rows = [json.dumps({"id": a, "title": b, "kind": "book"}) for a, b in pairs]
    assert len(read("\n".join(rows).encode(), ReadOptions())) == len(rows)


def test_reasons_tell_the_column() -> None:
    broken, latin = read(b'{"film_id": "f", "title" "t"}\n{"film_id": "f\xfc"}')
    assert isinstance(broken, RecordError)
    assert isinstance(latin, RecordError)
    assert broken.reason.endswith("at column 26")
    assert "line" not in broken.reason
    assert (latin.line, latin.reason) == (
        2,
        "not UTF-8: byte 0xfc at column 15; save the file as UTF-8",
    )


def test_keys_that_no_field_takes_are_told_once() -> None:
    lines = b'{"id": "1", "title": "a", "isbn": "", "year": 1}\n{"id": "2", "title": "b", "x": 1}\n'
    *_, warning = jsonl.read(BytesIO(lines), ReadOptions(default_kind="book"))
    assert isinstance(warning, RecordError)
    assert warning.is_warning
    assert warning.reason.startswith("columns not used: year, x;")
