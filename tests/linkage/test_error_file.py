import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from linkage import error_file
from linkage.types import RecordError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ERRORS = st.lists(
    st.builds(
        RecordError,
        st.integers(1, 10**9),
        TEXT,
        TEXT,
        st.booleans(),
        st.sampled_from(["line", "record"]),
    ),
    max_size=5,
)


@given(ERRORS)
def test_both_forms_hold_every_error(errors: list[RecordError]) -> None:
    objects = [json.loads(line) for line in error_file.lines(errors, "jsonl")]
    assert [RecordError(**each) for each in objects] == errors
    table = b"".join(error_file.lines(errors, "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["reason"] for row in rows] == [error.reason for error in errors]
    assert [int(row["line"]) for row in rows] == [error.line for error in errors]


def test_table_without_errors_has_its_header() -> None:
    assert list(error_file.lines([], "csv")) == [b"line,unit,id,reason,is_warning\r\n"]
