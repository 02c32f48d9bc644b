from pathlib import Path

import polib
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from translate.errors import CorpusError
from translate.exchange import tmx
from translate.learn.readers import Pair, read_corpus
from translate.memory import Unit

BOOK = ("The book is good.", "Das Buch ist gut.")
FILM = ("The film is long.", "Der Film ist lang.")
LINES = f"shop\t{BOOK[0]}\t{BOOK[1]}\nbroken line\nfilms\t{FILM[0]}\t{FILM[1]}\n".encode()
MEMORY = """<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>The book is good.</seg></tuv>
    <tuv xml:lang="de"><seg>Das Buch ist gut.</seg></tuv>
    <tuv xml:lang="fr"><seg>Le livre est bon.</seg></tuv></tu>
<tu srclang="de"><tuv xml:lang="de"><seg>Der Film ist lang.</seg></tuv>
    <tuv xml:lang="en"><seg>The film is long.</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>alone</seg></tuv></tu></body></tmx>"""
XLIFF = """<xliff version="1.2"><file source-language="en" target-language="de"><body>
<trans-unit id="1"><source>The book is good.</source><target>Das Buch ist gut.</target>
<alt-trans><source>The book</source><target>Das Heft</target></alt-trans></trans-unit>
<trans-unit id="2"><source>Not yet</source></trans-unit>
<trans-unit id="3"><source>The <g id="1">film</g> is long.</source>
<target>Der <g id="1">Film</g> ist lang.</target></trans-unit></body></file></xliff>"""
XLIFF_2 = """<xliff version="2.1" srcLang="en" trgLang="de"><file id="f"><unit id="1">
<segment><source>The book is good.</source><target>Das Buch ist gut.</target></segment>
<segment><source>The <pc id="1">film</pc> is long.</source>
<target>Der <pc id="1">Film</pc> ist lang.</target></segment></unit></file></xliff>"""


def both(domain: str) -> list[Pair]:
    return [Pair("de", domain, *BOOK), Pair("de", domain, *FILM)]


@pytest.mark.parametrize("name", ["en-de.tsv", "en-de.tsv.zst"])
def test_a_table_names_the_domain_of_each_line(tmp_path: Path, name: str) -> None:
    data = zstandard.compress(LINES) if name.endswith(".zst") else LINES
    (tmp_path / name).write_bytes(data)
    pairs = list(read_corpus(tmp_path, "de"))
    assert pairs == [Pair("de", "shop", *BOOK), Pair("de", "films", *FILM)]


def test_a_memory_gives_the_pairs_with_english_whichever_side_is_the_source(tmp_path: Path) -> None:
    (tmp_path / "en-de.ours.tmx").write_text(MEMORY, encoding="utf-8")
    assert list(read_corpus(tmp_path, "de")) == both("ours")


@pytest.mark.parametrize("text", [XLIFF, XLIFF_2])
def test_xliff_gives_the_translated_segments_without_their_codes(tmp_path: Path, text: str) -> None:
    (tmp_path / "en-de.xlf").write_text(text, encoding="utf-8")
    assert list(read_corpus(tmp_path, "de")) == both("xlf")


@pytest.mark.parametrize("suffix", ["po", "mo"])
def test_a_catalogue_gives_its_finished_messages(tmp_path: Path, suffix: str) -> None:
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid=BOOK[0], msgstr=BOOK[1]))
    catalogue.append(polib.POEntry(msgid="Unsure", msgstr="Unklar", flags=["fuzzy"]))
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Weg", obsolete=True))
    catalogue.append(
        polib.POEntry(
            msgid="a film", msgid_plural="films", msgstr_plural={0: "ein Film", 1: "Filme"}
        )
    )
    path = tmp_path / f"en-de.app.{suffix}"
    (catalogue.save_as_mofile if suffix == "mo" else catalogue.save)(str(path))
    assert set(read_corpus(tmp_path, "de")) == {
        Pair("de", "app", *BOOK),
        Pair("de", "app", "a film", "ein Film"),
        Pair("de", "app", "films", "Filme"),
    }


def test_all_files_of_a_language_are_read_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_bytes(LINES)
    (tmp_path / "en-de.ours.tmx").write_text(MEMORY, encoding="utf-8")
    (tmp_path / "en-fr.tsv").write_bytes(b"shop\tBook\tLivre\n")
    (tmp_path / "en-de.md").write_text("notes")
    assert len(list(read_corpus(tmp_path, "de"))) == 4
    assert list(read_corpus(tmp_path, "fr")) == [Pair("fr", "shop", "Book", "Livre")]


def test_a_language_without_a_file_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"has no en-sv file"):
        list(read_corpus(tmp_path, "sv"))


@pytest.mark.parametrize(
    "name", ["en-de.po", "en-de.mo", "en-de.xlf", "en-de.tmx", "en-de.tsv.zst", "en-de.tsv"]
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00<not any of these")
    with pytest.raises(CorpusError, match=name):
        list(read_corpus(tmp_path, "de"))


def test_a_memory_that_is_cut_short_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "en-de.tmx").write_text(MEMORY[:-40], encoding="utf-8")
    with pytest.raises(CorpusError, match="not well-formed"):
        list(read_corpus(tmp_path, "de"))


def test_a_memory_of_regions_is_one_of_languages(tmp_path: Path) -> None:
    regions = MEMORY.replace('"en"', '"en-US"').replace('"de"', '"de-DE"')
    (tmp_path / "en-de.ours.tmx").write_text(regions, encoding="utf-8")
    assert list(read_corpus(tmp_path, "de")) == both("ours")


def test_a_table_of_two_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("\t".join(BOOK), encoding="utf-8")
    with pytest.raises(CorpusError, match="three columns"):
        list(read_corpus(tmp_path, "de"))


def test_a_byte_order_mark_is_no_part_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_bytes(b"\xef\xbb\xbf" + LINES)
    assert next(iter(read_corpus(tmp_path, "de"))).domain == "shop"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is no folder"):
        list(read_corpus(tmp_path / "nowhere", "de"))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), max_size=5
    )
)
def test_what_a_memory_writes_is_read_back(texts: list[str]) -> None:
    import tempfile  # noqa: PLC0415

    units = [Unit("en", "de", str(i), f"a {text}", f"b {text}") for i, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "en-de.tmx")
        path.write_bytes(b"".join(tmx.write(units)))
        found = [(pair.text, pair.other) for pair in read_corpus(Path(folder), "de")]
    assert found == [(unit.source, unit.target) for unit in units]
