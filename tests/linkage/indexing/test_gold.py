from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.errors import SourceFormatError
from linkage.indexing.gold import read_answers, read_gold


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gold.csv", 'source,target,why\na,b,"on, page 1"\nc,d,\n'),
        ("gold.jsonl", '{"source": "a", "target": "b"}\n\n{"source": "c", "target": "d"}\n'),
    ],
)
def test_links_are_read(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert read_gold(path) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gold.csv", b"from,to\na,b\n", "line 2: needs"),
        ("gold.csv", b"source,target\na\n", "line 2: needs"),
        ("gold.csv", b"source,target\n\xff,b\n", "line 2: is not UTF-8"),
        ("gold.jsonl", b'{"source": "a", "target": "b"}\n{', "line 2: is not JSON"),
        ("gold.jsonl", b"[1]\n", "line 1: is not a JSON object"),
        ("gold.jsonl", b'{"source": 1, "target": 2}\n', "line 1: needs"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceFormatError, match=reason):
        read_gold(path)


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match="No such file"):
        read_gold(tmp_path / "nowhere.csv")


def test_answers_are_read_with_their_relations(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("source,target,relation,reason\na,x,about,because\na,y,,\nb,x,series,\n")
    assert read_answers(path) == {"a": {"x": "about", "y": None}, "b": {"x": "series"}}
    lines = tmp_path / "gold.jsonl"
    lines.write_text('{"source": "a", "target": "x"}\n')
    assert read_answers(lines) == {"a": {"x": None}}


@pytest.mark.parametrize("read", [read_gold, read_answers])
def test_file_without_links_is_an_error(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("source,target\n")
    with pytest.raises(SourceFormatError, match="no links"):
        read(path)
