"""An index is rebuilt, swapped, rolled back, compacted and damaged while it answers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import linkage
from tests.e2e.conftest import Deployment
from tests.e2e.fire import LINKS, Fire
from tests.e2e.index import (
    answer,
    live_build,
    load_sample,
    reindex,
    reindex_by_command,
    run,
    wait_for_answers_from,
)
from tests.support import wait_until

Deploy = Callable[..., Deployment]


def test_no_request_fails_and_no_answer_is_stale_through_all_an_operator_does(
    deploy: Deploy, backend: str
) -> None:
    deployment = deploy(
        compact_seconds="1", sweep_seconds="0.5", worker_niceness="0", rate_limit="1000000/minute"
    )
    client = deployment.serve()
    load_sample(client)
    wait_until(lambda: len(answer(client)["links"]) == LINKS, 2, "no links within 2 s")
    deployment.start("worker", "--processes", "1")
    first = reindex(client)
    with Fire(deployment) as fire:

        def wait_for(build: str) -> None:
            wait_until(lambda: build in fire.builds, 30, f"{build} never answered")

        wait_for(first)
        wait_for(reindex(client))
        assert client.post("/v1/admin/builds:rollback").raise_for_status().json()["id"] == first
        fire.builds.clear()
        wait_for(first)
        wait_for(reindex(client, kind="hnsw" if backend == "sqlite" else "pgvector"))
        narrower = narrower_encoder(deployment.folder)
        wait_for(swapped := reindex_by_command(deployment, "--encoder", str(narrower)))
        items = [{"id": f"more-{n}", "kind": "film", "title": f"Reel {n}"} for n in range(1_100)]
        client.post("/v1/items:batch", content="\n".join(map(json.dumps, items)))
        wait_until(lambda: live_build(client) not in {swapped, ""}, 60, "never compacted")
        wait_for(compacted := live_build(client))
    assert not fire.faults, (fire.faults[:3], max(fire.arrivals))
    assert fire.answers > 20
    assert len(fire.arrivals) > 6
    build = client.get(f"/v1/admin/builds/{compacted}").json()
    assert build["encoder"] == str(narrower)
    assert build["done"] >= 1_400


def narrower_encoder(folder: Path) -> Path:
    """Return a model folder whose vectors have fewer dimensions than those of the shipped one."""
    shipped = Path(linkage.__file__).parent / "data" / "weft-static-11"
    model = Path(shutil.copytree(shipped, folder / "narrower"))
    tensors = load_file(model / "model.safetensors")
    tensors["embeddings"] = np.ascontiguousarray(tensors["embeddings"][:, :192])
    save_file(tensors, model / "model.safetensors")
    return model


@pytest.fixture
def two_apis(deploy: Deploy) -> tuple[httpx.Client, httpx.Client]:
    """Two API processes over one catalogue with an index."""
    deployment = deploy()
    first = deployment.serve()
    deployment.port += 1
    second = deployment.serve()
    load_sample(first)
    assert run(deployment, "reindex") == 0
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
    load_sample(client)
    assert run(deployment, "reindex") == 0
    good = live_build(client)
    assert run(deployment, "reindex") == 0
    live = live_build(client)
    deployment.kill(deployment.processes[0])
    vectors = deployment.folder / "data" / "indexes" / live / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-1_000])
    client = deployment.serve()
    wait_until(lambda: (answer(client)["index"] or {}).get("build") == good, 10, "not fallen back")
    assert len(answer(client)["links"]) == 5
    assert "weft_index_faults_total 1.0" in client.get("/metrics").text
    assert "index_damaged" in deployment.logs()
    assert run(deployment, "reindex") == 0
    wait_for_answers_from(client, live_build(client))
