from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from linkage import builds
from workers.runtime import Runtime

Make = Callable[..., dict]


@pytest.fixture
def make(client: TestClient, runtime: Runtime) -> Make:
    """Ask for a build and do a worker's part of it."""
    for title in ("Solaris", "The Cyberiad"):
        client.put(f"/v1/items/{title}", json={"kind": "book", "title": title})

    def make(**body) -> dict:
        build = client.post("/v1/admin/reindex", json=body).raise_for_status().json()
        assert build["state"] == "queued"
        builds.run(
            runtime.database.transaction, "alpha", build["id"], data_dir=runtime.index_dir,
            encoders=runtime.encoder, stores=runtime.stores,
        )  # fmt: skip
        return client.get(f"/v1/admin/builds/{build['id']}").raise_for_status().json()

    return make


def test_build_goes_live_with_a_report(make: Make) -> None:
    build = make(gold=[{"source": "Solaris", "target": "The Cyberiad"}])
    assert (build["state"], build["done"], build["error"]) == ("live", 2, None)
    assert build["report"]["recall"] == 1.0
    assert build["report"]["new"]["kind"] == "flat"
    assert (build["report"]["gold_links"], build["report"]["live"]) == (1, None)


def test_dry_run_is_promoted_and_rolled_back(make: Make, client: TestClient) -> None:
    first, second = make(), make(dry_run=True)
    assert second["state"] == "candidate"
    path = f"/v1/admin/builds/{second['id']}"
    assert client.post(f"{path}/promote").json()["state"] == "live"
    assert client.post(f"{path}/promote").status_code == 409
    rolled_back = client.post("/v1/admin/builds:rollback").raise_for_status().json()
    assert (rolled_back["id"], rolled_back["state"]) == (first["id"], "live")
    assert client.get(path).json()["state"] == "old"


def test_rejected_build_says_why_and_needs_force(
    make: Make, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.indexing.verification.LEAST_RECALL", 2.0)
    build = make()
    assert build["state"] == "rejected"
    assert build["report"]["reasons"] == [build["error"]]
    path = f"/v1/admin/builds/{build['id']}/promote"
    refused = client.post(path)
    assert refused.status_code == 409
    assert "true neighbours" in refused.json()["detail"]
    assert client.post(path, json={"force": True}).json()["state"] == "live"


def test_damaged_files_are_told(make: Make, client: TestClient, runtime: Runtime) -> None:
    build = make()
    path = f"/v1/admin/builds/{build['id']}/verify"
    assert client.post(path).json()["items"] == 2
    (runtime.index_dir / build["id"] / "codes.npy").unlink()
    answer = client.post(path)
    assert answer.status_code == 409
    assert "codes.npy" in answer.json()["detail"]


def test_prune_deletes_what_is_not_kept(make: Make, client: TestClient) -> None:
    old, live = make(), make()
    assert client.post("/v1/admin/builds:prune").json() == {"deleted": []}
    assert client.post("/v1/admin/builds:prune", json={"keep": 0}).json() == {
        "deleted": [old["id"]]
    }
    states = {b["id"]: b["state"] for b in client.get("/v1/admin/builds").json()["builds"]}
    assert states == {old["id"]: "deleted", live["id"]: "live"}


def test_kind_that_cannot_be_kept_here_is_refused_at_once(client: TestClient, backend: str) -> None:
    answer = client.post("/v1/admin/reindex", json={"kind": "pgvector"})
    assert answer.status_code == (409 if backend == "sqlite" else 202)
    assert ("needs a PostgreSQL" in answer.text) == (backend == "sqlite")
    assert len(client.get("/v1/admin/builds").json()["builds"]) == (backend != "sqlite")


def test_nothing_to_go_back_to_is_404(client: TestClient) -> None:
    assert client.post("/v1/admin/builds:rollback").status_code == 404
    assert client.post("/v1/admin/builds/nope/promote").status_code == 404
    assert client.post("/v1/admin/builds/nope/verify").status_code == 404
