"""The commands, as a person or a script calls them."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import WEFT
from tests.support import free_port, wait_until
from tests.translate.learn.checkpoints import MAKERS


@pytest.fixture
def weft(tmp_path: Path):
    environment = os.environ | {
        "WEFT_DATA_DIR": str(tmp_path / "data"),
        "WEFT_PORT": str(free_port()),
        "COLUMNS": "200",
    }

    def run(*arguments: str, stdin: str = "", ok: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*WEFT, *arguments],
            env=environment,
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done

    return run


def test_the_demo_asks_three_requests_and_ends_well(weft) -> None:
    shown = weft("demo", "--once").stdout
    assert "All three answered" in shown
    assert "adaptation_of" in shown


def test_what_the_demo_started_ends_with_it(tmp_path: Path) -> None:
    settings = {"WEFT_DATA_DIR": str(tmp_path / "data"), "WEFT_PORT": str(free_port())}
    with (tmp_path / "demo.log").open("wb") as log:
        demo = subprocess.Popen([*WEFT, "demo"], env=os.environ | settings, stdout=log, stderr=log)
    try:
        shown = (tmp_path / "demo.log").read_text
        wait_until(lambda: "Serving until" in shown(), 120, "the demo did not start")
        started = psutil.Process(demo.pid).children(recursive=True)
        demo.terminate()
        assert demo.wait(60) == 128 + signal.SIGTERM
    finally:
        demo.kill()
    assert len(started) >= 2
    assert psutil.wait_procs(started, timeout=5)[1] == []


def test_a_file_is_imported_once_and_its_bad_rows_are_listed(weft, tmp_path: Path) -> None:
    weft("migrate")
    file = tmp_path / "books.csv"
    file.write_text("nr,name,who\n1,Emma,Jane Austen\n2,,Nobody\n3,Momo,Michael Ende\n")
    options = ["--map", "id=nr", "--map", "title=name", "--map", "creators=who",
               "--set", "kind=book"]  # fmt: skip
    first = json.loads(weft("import", str(file), *options, "--json", ok=False).stdout)
    assert (first["created"], first["failed"]) == (2, 1)
    assert first["errors"][0]["line"] == 3
    assert "title" in first["errors"][0]["reason"]
    again = json.loads(weft("import", str(file), *options, "--json", ok=False).stdout)
    assert (again["created"], again["unchanged"]) == (0, 2)


def test_texts_are_translated_and_searched_from_the_command_line(weft, tmp_path: Path) -> None:
    weft("migrate")
    file = tmp_path / "items.jsonl"
    file.write_text(
        json.dumps({"id": "b1", "kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"]})
        + "\n"
        + json.dumps({"id": "f1", "kind": "film", "title": "Solaris",
                      "creators": ["Andrei Tarkovsky"],
                      "text": "Based on the novel Solaris by Stanisław Lem."})
    )  # fmt: skip
    weft("import", str(file))
    weft("reindex")
    links = json.loads(weft("related", "b1", "--json").stdout)["links"]
    assert links[0]["target"]["id"] == "f1"
    text = "In Solaris, Stanisław Lem describes an ocean."
    found = json.loads(weft("mentions", text, "--json").stdout)["mentions"]
    assert {mention["surface"] for mention in found} == {"Solaris", "Stanisław Lem"}
    german = weft("translate", "--to", "de", "--source", "en", stdin="The book is good.\n").stdout
    assert "Buch" in german


def test_entities_are_imported_and_found_in_texts(weft, tmp_path: Path) -> None:
    weft("migrate")
    file = tmp_path / "people.jsonl"
    file.write_text('{"id": "Q6530", "name": "Stanisław Lem", "kind": "person"}\n{"id": "x"}\n')
    first = json.loads(weft("import-entities", str(file), "--json", ok=False).stdout)
    assert (first["created"], first["failed"]) == (1, 1)
    assert first["errors"][0]["line"] == 2
    again = json.loads(weft("import-entities", str(file), "--json", ok=False).stdout)
    assert (again["created"], again["unchanged"]) == (0, 1)
    found = json.loads(weft("mentions", "A letter by Stanisław Lem.", "--json").stdout)
    assert found["mentions"][0]["entity"]["id"] == "Q6530"
    assert ".jsonl" in weft("import-entities", __file__, ok=False).stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["related", "nothing"], "weft migrate"),
        (["import", "absent.csv"], "not a file"),
        (["keys", "create", "x", "--scope", "root"], "read, write, admin"),
        (["translate", "--to", "xx", "Hello"], "xx"),
    ],
)
def test_an_error_names_its_cause_in_one_line(weft, arguments: list[str], told: str) -> None:
    done = weft(*arguments, ok=False)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_explains_itself(weft) -> None:
    commands = ["demo", "serve", "worker", "migrate", "import", "sources", "related", "mentions",
                "translate", "reindex", "keys"]  # fmt: skip
    shown = weft("--help").stdout
    for name in commands:
        assert name in shown
        assert "Usage" in weft(name, "--help").stdout


def test_a_catalogue_is_translated_and_only_once(weft, tmp_path: Path) -> None:
    weft("migrate")
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "1", "kind": "book", "title": "A good book", "language": "en"}\n')
    weft("import", str(file))
    runs = [
        json.loads(weft("translate-catalogue", "--to", "de,fr", "--json").stdout)["languages"]
        for _ in range(2)
    ]
    assert [(each["language"], each["segments"]) for each in runs[0]] == [("de", 1), ("fr", 1)]
    assert [each["segments"] for each in runs[1]] == [0, 0]
    refused = weft("translate-catalogue", "--to", "xx", ok=False)
    assert "xx" in refused.stderr
    assert "title" in weft("translate-catalogue", "--to", "de", "--fields", "isbn", ok=False).stderr


def test_models_are_added_tried_chosen_and_removed(weft, tmp_path: Path) -> None:
    MAKERS["madlad"](tmp_path / "madlad")
    assert (
        "6 directions" in weft("models", "add", str(tmp_path / "madlad"), "--name", "tiny").stdout
    )
    weft("models", "warm", "tiny")
    weft("models", "use", "tiny")
    models = json.loads(weft("models", "list", "--json").stdout)["models"]
    assert [each["name"] for each in models if each["serves"]] == ["tiny"]
    assert "serves" in weft("models", "remove", "tiny", ok=False).stderr
    weft("models", "use", "weft-mt-small")
    weft("models", "remove", "tiny")
    assert "no folder" in weft("models", "add", "no/such-folder", ok=False).stderr
