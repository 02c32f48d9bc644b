"""An index is rebuilt, swapped, rolled back, compacted and killed while it answers."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import linkage
from linkage.sample import sample_items
from tests.e2e.conftest import WEFT, Deployment
from tests.e2e.test_reindex import load_sample, reindex
from tests.support import wait_until

Deploy = Callable[..., Deployment]
QUESTION = "/v1/items/book-dune/related?limit=5"


@dataclass
class Fire:
    """Requests without pause, and items that come and go; every fault is kept."""

    deployment: Deployment
    faults: list[str] = field(default_factory=list)
    builds: set[str] = field(default_factory=set)
    answers: int = 0
    arrivals: list[float] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for target in (self._ask, self._ask, self._come_and_go):
            self._threads.append(threading.Thread(target=target))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with self.deployment.client() as client:
            while not self._stop.is_set():
                answer = client.get(QUESTION)
                if answer.is_error or len(answer.json()["links"]) != 5:
                    self.faults.append(answer.text)
                    continue
                self.answers += 1
                self.builds.add((answer.json()["index"] or {}).get("build"))

    def _come_and_go(self) -> None:
        """An item must be found 2 s after it was stored, and never after it was deleted."""
        number = 0
        with self.deployment.client() as client:
            while not self._stop.is_set():
                number += 1
                source, id_ = f"feed:{number}", f"fresh-{number}"
                client.put(
                    f"/v1/items/{id_}",
                    json={"kind": "article", "title": f"Why Dune still matters, part {number}",
                          "text": "Frank Herbert's novel Dune read anew.", "source": source},
                ).raise_for_status()  # fmt: skip
                stored = time.monotonic()
                while not self._finds(client, source):
                    if time.monotonic() - stored > 2:
                        self.faults.append(f"{id_} was not found within 2 s")
                        break
                self.arrivals.append(time.monotonic() - stored)
                client.delete(f"/v1/items/{id_}").raise_for_status()
                if self._finds(client, source):
                    self.faults.append(f"{id_} was found after it was deleted")

    def _finds(self, client: httpx.Client, source: str) -> bool:
        answer = client.get(QUESTION, params={"source": source, "limit": 5}).raise_for_status()
        return bool(answer.json()["links"])


def live_build(client: httpx.Client) -> str:
    builds = client.get("/v1/admin/builds").raise_for_status().json()["builds"]
    return next((build["id"] for build in builds if build["state"] == "live"), "")


def test_no_request_fails_and_no_answer_is_stale_through_all_an_operator_does(
    deploy: Deploy,
) -> None:
    deployment = deploy(compact_seconds="1", sweep_seconds="1")
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    load_sample(client)
    first = reindex(client)
    with Fire(deployment) as fire:

        def wait_for(build: str) -> None:
            wait_until(lambda: build in fire.builds, 30, f"{build} never answered")

        wait_for(first)
        wait_for(second := reindex(client))
        assert client.post("/v1/admin/builds:rollback").raise_for_status().json()["id"] == first
        fire.builds.clear()
        wait_for(first)
        wait_for(reindex(client, kind="hnsw"))
        wait_for(by_command(deployment, "--encoder", str(narrower_encoder(deployment.folder))))
        items = [{"id": f"more-{n}", "kind": "film", "title": f"Reel {n}"} for n in range(1_100)]
        before = live_build(client)
        client.post("/v1/items:batch", content="\n".join(map(json.dumps, items)))
        wait_until(lambda: live_build(client) not in {before, ""}, 60, "never compacted")
        wait_for(compacted := live_build(client))
    assert not fire.faults, fire.faults[:3]
    assert fire.answers > 20
    assert len(fire.arrivals) > 3
    build = client.get(f"/v1/admin/builds/{compacted}").json()
    assert build["done"] >= 1_400
    assert second not in {first, compacted}


def by_command(deployment: Deployment, *options: str) -> str:
    """Run `weft reindex`, which must publish its build, and return its id."""
    done = subprocess.run(
        [*WEFT, "reindex", "--json", *options], env=deployment.environment, cwd=deployment.folder,
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    build: dict[str, str] = json.loads(done.stdout)
    assert build["state"] == "live", build
    return build["id"]


def narrower_encoder(folder: Path) -> Path:
    """Return a model folder whose vectors have fewer dimensions than those of the shipped one."""
    shipped = Path(linkage.__file__).parent / "data" / "weft-static-11"
    model = Path(shutil.copytree(shipped, folder / "narrower"))
    tensors = load_file(model / "model.safetensors")
    tensors["embeddings"] = np.ascontiguousarray(tensors["embeddings"][:, :192])
    save_file(tensors, model / "model.safetensors")
    return model


DIES = """
import importlib, os, signal, sys
place, calls = sys.argv[1], int(sys.argv[2])
module, *names = place.split(":")
owner = importlib.import_module(module)
for name in names[:-1]:
    owner = getattr(owner, name)
whole, left = getattr(owner, names[-1]), [calls]
def dying(*arguments, **options):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments, **options)
setattr(owner, names[-1], dying)
from api.cli import app
app(["reindex"])
"""
PLACES = {
    "sqlite": {
        "between vectors and their keys": ("linkage.vectorlog:_extend", 2),
        "while words are written": ("linkage.lexical:LexiconWriter:add", 1),
        "while vectors are written": ("linkage.index:FaissWriter:close", 1),
        "within the transaction that publishes": ("linkage.builds:_make_live", 1),
    },
    "postgresql": {
        "while catching up": ("linkage.builder:Builder:_catch_up", 1),
        "before the folder is sealed": ("linkage.segment:seal", 1),
        "before it is verified": ("linkage.verification:verify", 1),
    },
}


def test_a_reindex_killed_at_any_step_changes_no_answer_and_is_finished_by_a_worker(
    deploy: Deploy, backend: str
) -> None:
    deployment = deploy(build_lease_seconds="6", sweep_seconds="1")
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    load_sample(client)
    wait_for_answers_from(client, reindex(client))
    wait_for_works(client)  # of which an answer shows one edition each
    for step, (place, calls) in PLACES[backend].items():
        before = answer(client)
        killed = subprocess.run(
            [sys.executable, "-c", DIES, place, str(calls)], env=deployment.environment,
            cwd=deployment.folder, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        left = client.get("/v1/admin/builds").json()["builds"][0]
        assert killed.returncode == -9, (step, killed.stderr)
        assert left["state"] == "building", step
        assert answer(client) == before, step
        wait_until(lambda: live_build(client) == left["id"], 60, f"not finished: {step}")  # noqa: B023
        wait_for_answers_from(client, left["id"])
    wait_until(lambda: len(files_of_builds(deployment)) == 2, 20, "files of killed runs are left")


def files_of_builds(deployment: Deployment) -> list[str]:
    return [path.name for path in (deployment.folder / "data" / "indexes").iterdir()]


def wait_for_works(client: httpx.Client) -> None:
    ids = [item.id for item in sample_items()]
    for id_ in (ids[0], ids[-1], "book-der-wuestenplanet"):
        grouped = lambda id_=id_: client.get("/v1/works", params={"item": id_}).json()["works"]  # noqa: E731
        wait_until(grouped, 30, f"{id_} is in no work")


def wait_for_answers_from(client: httpx.Client, build: str) -> None:
    wait_until(lambda: (answer(client)["index"] or {}).get("build") == build, 20, "never answered")


def answer(client: httpx.Client) -> dict[str, Any]:
    """Return an answer without its cursor, which no two have alike."""
    found: dict[str, Any] = client.get(QUESTION).raise_for_status().json()
    return {name: found[name] for name in ("links", "index")}


@pytest.fixture
def two_apis(deploy: Deploy) -> tuple[httpx.Client, httpx.Client]:
    """Two API processes and a worker over one catalogue."""
    deployment = deploy()
    first = deployment.serve()
    deployment.port += 1
    second = deployment.serve()
    deployment.start("worker", "--processes", "1")
    load_sample(first)
    reindex(first)
    return first, second


def test_what_one_api_process_is_told_another_finds_and_forgets(
    two_apis: tuple[httpx.Client, httpx.Client],
) -> None:
    one, other = two_apis
    found = lambda client: [link["target"]["id"] for link in answer(client)["links"]]  # noqa: E731
    wait_until(lambda: answer(other)["index"] is not None, 5, "no build")
    one.put(
        "/v1/items/fresh",
        json={"kind": "film", "title": "Dune", "text": "Based on the novel Dune by Frank Herbert.",
              "creators": ["Frank Herbert"]},
    ).raise_for_status()  # fmt: skip
    for client in (one, other):
        wait_until(lambda client=client: "fresh" in found(client), 2, "not found within 2 s")
    other.delete("/v1/items/fresh").raise_for_status()
    assert "fresh" not in found(one)
    assert "fresh" not in found(other)


def test_damage_is_answered_by_the_build_before_counted_and_mended(deploy: Deploy) -> None:
    deployment = deploy()
    client = deployment.serve()
    worker = deployment.start("worker", "--processes", "1")
    load_sample(client)
    good, live = reindex(client), reindex(client)
    deployment.kill(worker)
    deployment.kill(deployment.processes[0])
    vectors = deployment.folder / "data" / "indexes" / live / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-1_000])
    client = deployment.serve()
    wait_until(lambda: (answer(client)["index"] or {}).get("build") == good, 10, "not fallen back")
    assert len(answer(client)["links"]) == 5
    assert "weft_index_faults_total 1.0" in client.get("/metrics").text
    assert "index_damaged" in deployment.logs()
    wait_for_answers_from(client, by_command(deployment))
