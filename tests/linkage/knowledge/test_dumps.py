import bz2
import gzip
import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import SourceFormatError
from linkage.knowledge import dumps, read
from linkage.types import Entity, RecordError


def claim(prop: str, value: object, rank: str = "normal") -> dict:
    snak = {"snaktype": "value", "property": prop, "datavalue": {"value": value}}
    return {"mainsnak": snak, "type": "statement", "rank": rank}


def said(value: str) -> dict:
    return {"language": "x", "value": value}


LEM = {
    "type": "item",
    "id": "Q6530",
    "labels": {"en": said("Stanisław Lem"), "ru": said("Станислав Лем")},
    "descriptions": {"en": said("Polish writer")},
    "aliases": {"en": [said("S. Lem")]},
    "claims": {
        "P31": [claim("P31", {"entity-type": "item", "id": "Q5"})],
        "P214": [claim("P214", "12345")],
        "P345": [claim("P345", "not an id")],
        "P569": [{"mainsnak": {"snaktype": "novalue"}}],
    },
    "sitelinks": {f"{n}wiki": {} for n in range(80)},
}
SOLARIS = {
    "type": "item",
    "id": "Q333",
    "labels": {"pl": said("Solaris")},
    "claims": {
        "P31": [claim("P31", {"id": "Q0"}), claim("P31", {"id": "Q8261"})],
        "P577": [
            claim("P577", {"time": "+1970-00-00T00:00:00Z"}),
            claim("P577", {"time": "+1961-00-00T00:00:00Z"}, "preferred"),
        ],
        "P212": [claim("P212", "978-0-15-602760-1")],
    },
}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """A dump as Wikidata makes them: an array with an entity a line."""
    path = tmp_path / "dump.json"
    lines = [json.dumps(LEM), json.dumps({"type": "property", "id": "P1", "labels": {}}),
             json.dumps(SOLARIS)]  # fmt: skip
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    return path


def test_a_dump_of_wikidata(dump: Path) -> None:
    lem, warning, solaris = read(dump)
    assert isinstance(lem, Entity)
    assert (lem.id, lem.name, lem.kind) == ("Q6530", "Stanisław Lem", "person")
    assert lem.aliases == {"en": ("Stanisław Lem", "S. Lem"), "ru": ("Станислав Лем",)}
    assert lem.description == {"en": "Polish writer"}
    assert lem.identifiers == {"viaf": "12345", "wikidata": "Q6530"}
    assert 0.7 < lem.popularity < 0.8
    assert isinstance(warning, RecordError)
    assert (warning.line, warning.id, warning.is_warning) == (2, "Q6530", True)
    assert isinstance(solaris, Entity)
    assert (solaris.kind, solaris.published_at) == ("book", "1961")
    assert solaris.identifiers["isbn13"] == "9780156027601"


def test_only_the_languages_asked_for(dump: Path) -> None:
    (solaris,) = read(dump, languages=["pl"])
    assert isinstance(solaris, Entity)
    assert solaris.name == "Solaris"
    lem, *_ = read(dump, languages=["ru", "en"])
    assert isinstance(lem, Entity)
    assert lem.name == "Станислав Лем"


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_dumps(dump: Path, suffix: str, pack) -> None:
    packed = dump.with_name(dump.name + suffix)
    packed.write_bytes(pack(dump.read_bytes()))
    assert list(read(packed)) == list(read(dump))
    packed.write_bytes(pack(dump.read_bytes())[:-9])
    assert "damaged" in str(list(read(packed))[-1])


def test_json_lines_with_bad_ones_between(tmp_path: Path) -> None:
    path = tmp_path / "things.jsonl"
    path.write_text(
        '{"id": "a", "name": "A"}\n{"id": "b"}\n\n[1]\nnope\n{"id": "c", "name": "C"}\n'
    )
    found = list(read(path))
    assert [r.id for r in found if isinstance(r, Entity)] == ["a", "c"]
    errors = [r for r in found if isinstance(r, RecordError)]
    assert [(e.line, e.id) for e in errors] == [(2, "b"), (4, None), (5, None)]


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match=r"\.jsonl"):
        read(tmp_path / "things.csv")


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=6))
def test_damage_is_told_by_its_line_and_costs_no_other(broken: list[bytes]) -> None:
    good = [json.dumps({"id": f"e{n}", "name": "A"}).encode() for n in range(len(broken) + 1)]
    lines = [line for pair in zip(good, [*broken, b""], strict=True) for line in pair]
    found = list(dumps.read(BytesIO(b"\n".join(lines))))
    kept = [record.id for record in found if isinstance(record, Entity)]
    assert kept == [f"e{n}" for n in range(len(good))]
    errors = {record.line for record in found if isinstance(record, RecordError)}
    told = {
        2 * n
        for n, line in enumerate(broken, start=1)
        if line.strip().rstrip(b",") not in {b"", b"[", b"]"}
    }
    assert errors == told


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "labels", "en", "value", "claims", "P31", "P577", "mainsnak",
                             "datavalue", "time", "aliases", "descriptions", "sitelinks", "name",
                             "identifiers", "isbn"]), inner, max_size=4),
        max_leaves=12,
    )
)  # fmt: skip
def test_any_json_is_an_entity_or_an_error(record: object) -> None:
    line = json.dumps(record, ensure_ascii=True).encode()
    for found in dumps.read(BytesIO(line)):
        assert isinstance(found, Entity | RecordError)
