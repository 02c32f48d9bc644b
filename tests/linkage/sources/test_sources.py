from io import BytesIO
from pathlib import Path

import pytest

from linkage.errors import MappingError, SourceFormatError
from linkage.sources import ReadOptions, assignments, read


def test_reader_is_told_by_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\ttitle\tkind\n1\tx\tbook\n")
    assert len(list(read(tmp_path / "a.tsv"))) == 1
    stream = BytesIO(b'{"id": 1, "title": "x", "kind": "book"}')
    assert len(list(read(stream, name="up.jsonl.gz"))) == 1


def test_unknown_suffix_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(SourceFormatError, match=r"\.jsonl"):
        read(Path("catalogue.xls"))


def test_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match=r"gone\.csv"):
        list(read(tmp_path / "gone.csv"))


def test_assignments_are_field_equals_column() -> None:
    assert assignments(["id=book_id", "url=https://x/?q={id}"]) == {
        "id": "book_id",
        "url": "https://x/?q={id}",
    }


@pytest.mark.parametrize("wrong", [["id"], ["=x"], ["id="], ["id=a", "id=b"]])
def test_malformed_assignment_is_an_error(wrong: list[str]) -> None:
    with pytest.raises(MappingError):
        assignments(wrong)


def test_mapping_to_an_unknown_field_is_an_error() -> None:
    with pytest.raises(MappingError, match="tittle"):
        ReadOptions(columns={"tittle": "x"})
