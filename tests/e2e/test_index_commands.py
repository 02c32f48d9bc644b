"""`weft reindex` and `weft index`, as an operator gives them and reads what they show."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import linkage
from linkage import builds
from linkage.imports import import_records
from linkage.sample import sample_items
from tests.e2e.conftest import Deployment
from tests.e2e.index import SHOWN, run

Weft = Callable[..., str]
ID = 32


@pytest.fixture
def deployment(deploy: Callable[..., Deployment]) -> Deployment:
    """The sample catalogue on SQLite."""
    deployment = deploy(worker_niceness="0")
    import_records(deployment.database.transaction, "default", sample_items())
    return deployment


@pytest.fixture
def weft(deployment: Deployment) -> Weft:
    """Give a command, which must end with the code, and return what it shows."""

    def weft(*arguments: str, code: int = 0) -> str:
        ended = run(deployment, *arguments)
        shown = (deployment.folder / SHOWN).read_text()
        assert ended == code, shown
        assert "Traceback" not in shown
        return " ".join(shown.split())

    return weft


def ids(deployment: Deployment, state: str) -> list[str]:
    with deployment.database.reading() as session:
        return [b.id for b in builds.listed(session, "default") if b.state == state]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_cannot_be_built_is_told_and_leaves_no_build(
    deployment: Deployment, weft: Weft
) -> None:
    (deployment.folder / "empty.csv").write_text("source,target\n")
    for arguments, told in (
        (("--kind", "pgvector"), "it needs a PostgreSQL database"),
        (("--encoder", "nowhere"), "neither a model folder nor one of"),
        (("--gold", "nowhere.csv"), "No such file"),
        (("--gold", "empty.csv"), "holds no links"),
    ):
        assert told in weft("reindex", *arguments, code=1), arguments
    assert "nothing to delete" in weft("index", "prune")
    assert "no whole index build to go back to" in weft("index", "rollback", code=1)
    with deployment.database.reading() as session:
        assert builds.listed(session, "default") == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_build_is_tried_promoted_gone_back_from_and_deleted(
    deployment: Deployment, weft: Weft
) -> None:
    gold = deployment.folder / "gold.csv"
    gold.write_text("source,target\nbook-dune,film-dune-1984\nbook-dune,nobody\n")
    assert "is live" in weft("reindex")
    (first,) = ids(deployment, "live")
    assert "gold links are between items" in weft("reindex", "--dry-run", "--gold", str(gold))
    (second,) = ids(deployment, "candidate")
    assert f"All 11 files of {second} are whole" in weft("index", "verify", second)
    assert f"{second} is live" in weft("index", "promote", second)
    assert "it is live" in weft("index", "promote", second, code=1)
    assert f"{first} is live again" in weft("index", "rollback")
    assert all(build in weft("index", "list") for build in (first, second))
    assert second in weft("index", "prune", "--keep", "0")
    assert "no whole index build to go back to" in weft("index", "rollback", code=1)
    assert f"no index build '{'0' * ID}'" in weft("index", "verify", "0" * ID, code=1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_rejected_build_does_not_go_live_and_a_folder_is_noted_whole(
    deployment: Deployment, weft: Weft
) -> None:
    gold = deployment.folder / "gold.jsonl"
    gold.write_text(json.dumps({"source": "another", "target": "catalogue"}))
    assert "is live" in weft("reindex")
    live = ids(deployment, "live")
    told = weft("reindex", "--gold", str(gold), code=1)
    assert "of 1 gold links none is between items of this catalogue" in told
    assert "--force" in told
    assert ids(deployment, "live") == live
    shutil.copytree(Path(linkage.__file__).parent / "data" / "weft-static-11",
                    deployment.folder / "mine")  # fmt: skip
    weft("reindex", "--encoder", "mine")
    with deployment.database.reading() as session:
        (build,) = (b for b in builds.listed(session, "default") if b.state == "live")
    assert build.encoder == str(deployment.folder / "mine")
