import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.exchange import tmx
from translate.memory import Unit
from translate.types import Fault


def read(text: str | bytes, domain: str | None = None) -> list[Unit | Fault]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(tmx.read(BytesIO(data), domain=domain))


def file(body: str, srclang: str = "en") -> str:
    return f'<tmx version="1.4"><header srclang="{srclang}"/><body>{body}</body></tmx>'


def tu(*variants: tuple[str, str], attributes: str = 'tuid="t1"') -> str:
    tuvs = "".join(f'<tuv xml:lang="{code}"><seg>{seg}</seg></tuv>' for code, seg in variants)
    return f"<tu {attributes}>{tuvs}</tu>"


TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=20,
).map(str.strip).filter(bool)  # fmt: skip
UNITS = st.builds(
    Unit, st.just("en"), st.sampled_from(["de", "fr"]), TEXT, TEXT, TEXT,
    st.sampled_from(["", "art", "a<b"]), st.booleans(),
)  # fmt: skip


@given(st.lists(UNITS, max_size=5, unique_by=lambda unit: (unit.tuid, unit.domain)))
def test_what_is_written_is_read_again(units: list[Unit]) -> None:
    assert read(b"".join(tmx.write(units))) == units


def test_several_languages_of_a_unit_come_back_as_pairs() -> None:
    units = [Unit("en", code, "t1", "book", text) for code, text in (("de", "Buch"), ("fr", "x"))]
    written = b"".join(tmx.write(units))
    assert written.count(b"<tu ") == 1
    assert read(written) == units


def test_codes_become_the_text_they_stand_for() -> None:
    seg = 'A <bpt i="1">&lt;b&gt;</bpt>good<ept i="1">&lt;/b&gt;</ept> <hi>b<ph x="2"/></hi>ook'
    [unit] = read(file(tu(("en", seg), ("de", '<bpt i="1"/>Buch<ept i="1"/>'))))
    assert isinstance(unit, Unit)
    assert unit.source == 'A <b>good</b> b<x id="2"/>ook'
    assert unit.target == '<g id="1">Buch</g>'


def test_markup_is_written_as_codes() -> None:
    written = b"".join(tmx.write([Unit("en", "de", "t1", "A <b>x</b> & {n}", "y")])).decode()
    assert "A <ph>&lt;b&gt;</ph>x<ph>&lt;/b&gt;</ph> &amp; <ph>{n}</ph>" in written


def test_a_bad_unit_is_reported_with_its_line_and_id_and_loses_no_good_one() -> None:
    body = "\n".join([
        tu(("en", "one"), ("de", "eins")),
        tu(("en", "two"), attributes='tuid="t2"'),
        tu(("fr", "x"), ("de", "y"), attributes='tuid="t3"'),
        tu(("en", "four"), ("de", "  "), attributes='tuid="t4"'),
        tu(("en-GB", "five"), ("DE-at", "fünf"), attributes='tuid="t5"'),
    ])  # fmt: skip
    units = read(file(body))
    assert [unit.tuid for unit in units if isinstance(unit, Unit)] == ["t1", "t5"]
    assert [(fault.place, fault.id) for fault in units if isinstance(fault, Fault)] == [
        ("line 2", "t2"), ("line 3", "t3"), ("line 4", "t4")
    ]  # fmt: skip


def test_a_unit_without_an_id_gets_one_of_its_text() -> None:
    body = tu(("en", "one"), ("de", "eins"), attributes="")
    [first], [second] = read(file(body)), read(file(body.replace("eins", "einer")))
    assert isinstance(first, Unit)
    assert isinstance(second, Unit)
    assert first.tuid == second.tuid


@pytest.mark.parametrize(("srclang", "attributes"), [("*all*", ""), ("fr", 'srclang="en"')])
def test_the_source_language_is_the_units_own_or_the_first(srclang: str, attributes: str) -> None:
    [unit] = read(file(tu(("en", "one"), ("de", "eins"), attributes=attributes), srclang))
    assert isinstance(unit, Unit)
    assert (unit.source_language, unit.target_language) == ("en", "de")


def test_a_domain_is_the_files_or_the_callers() -> None:
    body = tu(("en", "a"), ("de", "b")).replace("<tuv", '<prop type="x-domain">art</prop><tuv', 1)
    for given_domain, expected in ((None, "art"), ("law", "law"), ("", "")):
        [unit] = read(file(body), given_domain)
        assert isinstance(unit, Unit)
        assert unit.domain == expected


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_read_or_reported(data: bytes) -> None:
    assert read(data)
    assert all(isinstance(each, Unit | Fault) for each in read(file("")[:-13].encode() + data))


def test_what_comes_before_damage_is_read() -> None:
    unit, fault = read(file(tu(("en", "one"), ("de", "eins")))[:-10])
    assert isinstance(unit, Unit)
    assert isinstance(fault, Fault)


class Endless(RawIOBase):
    """A TMX file of many units, made while it is read."""

    def __init__(self, units: int) -> None:
        self._pieces = self._made(units)
        self._rest = b""

    @staticmethod
    def _made(units: int) -> Iterator[bytes]:
        yield b'<tmx version="1.4"><header srclang="en"/><body>'
        for number in range(units):
            yield tu(("en", f"text {number}"), ("de", "t" * 200)).encode()
        yield b"</body></tmx>"

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def test_a_large_file_is_never_held_whole() -> None:
    tracemalloc.start()
    assert sum(1 for _ in tmx.read(Endless(20_000))) == 20_000  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
