"""Models trained from the files a publisher has, from the command line."""

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app
from api.cli.console import command
from tests.translate.conftest import write_corpora

TMX = """<?xml version="1.0"?><tmx version="1.4"><header srclang="en-US"/><body>
{}</body></tmx>"""
UNIT = """<tu><tuv xml:lang="en-US"><seg>{}</seg></tuv>
<tuv xml:lang="de-DE"><seg>{}</seg></tuv></tu>"""
TRANSLATOR = """name = "tiny"
languages = ["en", "de", "fr"]
corpora = "."
width = 32
feed_forward = 64
heads = 2
encoder_layers = 1
decoder_layers = 1
batch_tokens = 256
steps = 5
threads = 1
"""
ENCODER = """name = "ours"
languages = ["de", "fr"]
corpora = "."
teacher = "weft-static-11"
teacher_texts = 50
vocabulary = 300
batch = 64
passes = 1
threads = 1
"""


@pytest.fixture(autouse=True)
def _texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """German in a memory, French in a table."""
    monkeypatch.chdir(tmp_path)
    write_corpora(tmp_path)
    table = Path("en-de.tsv").read_text().splitlines()
    Path("en-de.tsv").unlink()
    units = (UNIT.format(*line.split("\t")[1:]) for line in table)
    Path("en-de.memory.tmx").write_text(TMX.format("".join(units)), encoding="utf-8")
    Path("tiny.toml").write_text(TRANSLATOR)
    Path("ours.toml").write_text(ENCODER)


def weft(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_translator_is_trained_measured_and_tells_its_figures() -> None:
    trained = weft("train", "translator", "tiny.toml")
    assert trained.exit_code == 0, trained.output
    assert "before each text was seen once" in trained.stderr
    again = weft("train", "translator", "tiny.toml")
    assert "on from step 5" in again.stderr
    measured = weft("evaluate", "translator", "tiny.toml", "--model", "runs/tiny/model", "--record")
    assert measured.exit_code == 0, measured.output
    assert "nrefs:1|bs:1000" in measured.stdout
    card = json.loads(Path("runs/tiny/model/weft-model.json").read_text())
    assert all(each["chrf"] is not None for each in card["directions"])
    other = weft("evaluate", "translator", "tiny.toml", "--parallel", "runs")
    assert other.exit_code == 1
    assert "no XX.txt" in other.stderr


def test_an_encoder_is_trained_from_the_same_files() -> None:
    trained = weft("train", "encoder", "ours.toml")
    assert trained.exit_code == 0, trained.output
    assert Path("runs/ours/model/modules.json").exists()
    other = weft("evaluate", "encoder", "runs/ours/model", "--translations", "runs")
    assert other.exit_code == 1
    assert "no en-XX.tsv" in other.stderr


def test_a_memory_that_is_cut_short_is_an_error_that_names_it() -> None:
    file = Path("en-de.memory.tmx")
    file.write_text(file.read_text()[:-200])
    for model, recipe in (("translator", "tiny.toml"), ("encoder", "ours.toml")):
        done = weft("train", model, recipe)
        assert done.exit_code == 1
        assert "corpus en-de.memory.tmx: cannot be read: it is not well-formed" in done.stderr


def test_a_full_disk_is_an_error_that_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), command():
        Path("/dev/full").write_text("x")
    assert "the disk is full" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_an_error_that_names_it() -> None:
    Path("ours.toml").write_text(ENCODER + 'books = "nowhere.csv"\n')
    done = weft("train", "encoder", "ours.toml")
    assert (done.exit_code, "nowhere.csv: No such file" in done.stderr) == (1, True)
