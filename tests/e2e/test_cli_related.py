"""What belongs together, from the command line: asked, explained, learned."""

import json
import os
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from tests.e2e.conftest import WEFT

SAMPLE = Path(str(files("linkage") / "data" / "sample"))
Weft = Callable[..., str]


@pytest.fixture(scope="module")
def weft(tmp_path_factory: pytest.TempPathFactory) -> Weft:
    """Run a command over the sample catalogue, and return what it printed."""
    folder = tmp_path_factory.mktemp("shop")
    environment = os.environ | {
        "WEFT_DATA_DIR": str(folder), "WEFT_ENCODER": "weft-static-11", "COLUMNS": "200",
    }  # fmt: skip

    def run(*arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            [*WEFT, *arguments], env=environment, cwd=folder, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    run("migrate")
    run("import", str(SAMPLE / "items.jsonl"))
    run("reindex")
    return run


def test_related_takes_every_option(weft: Weft) -> None:
    options = ["--kind", "film", "--kind", "article", "--fresh", "0.4", "--diversity", "0.3",
               "--exclude", "film-solaris-1972", "--limit", "3"]  # fmt: skip
    first = json.loads(weft("related", "book-solaris", *options, "--json"))
    second = json.loads(
        weft("related", "book-solaris", *options, "--cursor", first["next_cursor"], "--json")
    )
    seen = [link["target"]["id"] for page in (first, second) for link in page["links"]]
    assert len(set(seen)) == len(seen) == 6
    assert "film-solaris-1972" not in seen
    refused = weft("related", "book-solaris", "--attribute", "x", ok=False)
    assert "--attribute" in refused
    assert "name:value" in refused


def test_one_link_is_explained(weft: Weft) -> None:
    explained = json.loads(weft("explain", "book-solaris", "film-solaris-1972", "--json"))
    assert explained["served"]
    assert explained["link"]["evidence"]
    shown = weft("explain", "book-solaris", "film-solaris-1972")
    assert f"number {explained['position']}" in shown
    assert "(book book-solaris)" in shown
    assert "(film film-solaris-1972)" in shown
    assert "not related to itself" in weft("explain", "book-solaris", "book-solaris")


def test_a_ranker_is_trained_listed_left_and_removed(weft: Weft) -> None:
    trained = json.loads(
        weft("train", "ranker", "--from", str(SAMPLE / "links.csv"), "--force", "--json")
    )
    assert trained["used"]
    assert trained["made_from"] == "links.csv"
    assert 0 < trained["after"]["nDCG@10"] <= 1
    listed = json.loads(weft("rankers", "list", "--json"))
    assert listed["in_use"] == trained["version"]
    assert weft("related", "book-solaris")
    weft("rankers", "use", "shipped")
    weft("rankers", "remove", trained["version"])
    assert json.loads(weft("rankers", "list", "--json")) == {"in_use": "shipped", "rankers": []}
    assert "rankers list" in weft("rankers", "use", "absent", ok=False)


def test_training_without_feedback_says_what_is_missing(weft: Weft) -> None:
    assert "too few questions" in weft("train", "ranker", ok=False)
