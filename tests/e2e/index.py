"""What tests of an index's life ask of a deployment: builds, answers, and commands that die."""

import importlib
import json
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from api.schemas.items import ItemOut
from linkage.sample import sample_items
from tests.e2e.conftest import WEFT, Deployment
from tests.support import wait_until

QUESTION = "/v1/items/book-dune/related?limit=5"
SHOWN = "shown"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "tests.e2e.loaded"])


def load_sample(client: httpx.Client) -> None:
    lines = "\n".join(ItemOut.of(item).model_dump_json() for item in sample_items())
    summary = client.post("/v1/items:batch", content=lines).raise_for_status().json()
    assert summary["failed"] == 0, summary
    assert summary["created"] > 300


def reindex(client: httpx.Client, **options: str) -> str:
    """Have a worker make a build and wait until it is live."""
    build_id: str = client.post("/v1/admin/reindex", json=options).raise_for_status().json()["id"]

    def is_live() -> bool:
        build = client.get(f"/v1/admin/builds/{build_id}").raise_for_status().json()
        assert build["state"] not in {"failed", "rejected"}, build
        return bool(build["state"] == "live")

    wait_until(is_live, 120, "the build did not go live")
    return build_id


def reindex_by_command(deployment: Deployment, *options: str) -> str:
    """Run `weft reindex`, which must publish its build, and return its id."""
    done = subprocess.run(
        [*WEFT, "reindex", "--json", *options], env=deployment.environment, cwd=deployment.folder,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    build: dict[str, str] = json.loads(done.stdout)
    assert build["state"] == "live", build
    return build["id"]


def live_build(client: httpx.Client) -> str:
    builds = client.get("/v1/admin/builds").raise_for_status().json()["builds"]
    return next((build["id"] for build in builds if build["state"] == "live"), "")


def answer(client: httpx.Client) -> dict[str, Any]:
    """Return an answer without its cursor, which no two have alike."""
    found: dict[str, Any] = client.get(QUESTION).raise_for_status().json()
    return {name: found[name] for name in ("links", "index")}


def wait_for_answers_from(client: httpx.Client, build: str) -> None:
    wait_until(lambda: (answer(client)["index"] or {}).get("build") == build, 20, "never answered")


def run(deployment: Deployment, *arguments: str, dies_at: tuple[str, int] | None = None) -> int:
    """Run `weft …`, until `kill -9` at a certain call of a function; return its exit code.

    It is forked from a process that has loaded all, which saves it seconds of start. What it shows
    is in the file `shown` of the deployment's folder.
    """
    shown = deployment.folder / SHOWN
    process = _FORKS.Process(target=_run, args=(arguments, deployment.environment, shown, dies_at))
    process.start()
    process.join(120)
    assert process.exitcode is not None, arguments
    return process.exitcode


def _run(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    shown: Path,
    dies_at: tuple[str, int] | None,
) -> None:
    from api.cli import app  # noqa: PLC0415 - in the child alone
    from linkage.indexing import builder  # noqa: PLC0415 - likewise
    from workers.settings import settings_from_environment  # noqa: PLC0415 - likewise

    with shown.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(shown.parent)
    os.environ.update(environment)
    settings_from_environment.cache_clear()
    builder.SHARD = 100  # so that a few hundred items take several
    if dies_at:
        _mine(*dies_at)
    app(list(arguments))


def _mine(place: str, calls: int) -> None:
    """Have the process killed when a function, such as `module:Class:method`, is called."""
    module, *path, name = place.split(":")
    owner: Any = importlib.import_module(module)
    for part in path:
        owner = getattr(owner, part)
    whole, left = getattr(owner, name), [calls]

    def deadly(*given: Any, **options: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*given, **options)

    setattr(owner, name, deadly)
