"""`kill -9` during each step of a reindex: answers stay, and what was begun is finished."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from sqlalchemy import text

from linkage.indexing.lease import set_builds
from linkage.models import BuildRow
from tests.e2e.conftest import Deployment
from tests.e2e.index import (
    answer,
    live_build,
    load_sample,
    run,
    wait_for_answers_from,
)
from tests.support import wait_until

Deploy = Callable[..., Deployment]
Place = tuple[str, int]
PUBLISHED = {
    "before what it no longer needs is deleted": ("linkage.indexing.builder:Builder:clear", 1),
    "before it is known that old files are deleted": ("linkage.builds:_sweep", 1),
}
UNDER_WAY = {
    "before its first file": ("linkage.indexing.builder:_taken_over", 1),
    "between vectors and their keys": ("linkage.indexing.vectorlog:_extend", 4),
    "while catching up": ("linkage.indexing.builder:Builder:_catch_up", 1),
    "before anything is indexed": ("linkage.indexing.builder:Builder:_writer", 1),
    "while words are written": ("linkage.lexical:LexiconWriter:add", 2),
    "while vectors are written": ("linkage.index:FaissWriter:close", 1),
    "before the folder is sealed": ("linkage.indexing.segment:seal", 1),
    "before the folder has its name": ("linkage.indexing.segment:_sync", 1),
    "before it is verified": ("linkage.indexing.verification:verify", 1),
    "within the transaction that publishes": ("linkage.builds:_make_live", 1),
}
IN_POSTGRES = {
    "while vectors are written to PostgreSQL": (
        ("linkage.indexing.pgvector:PgVectorWriter:close", 1), "--kind", "pgvector",
    ),
}  # fmt: skip
LAST = ("linkage.indexing.segment:seal", 1)


def test_a_reindex_killed_at_any_step_changes_no_answer_and_is_finished(
    deploy: Deploy, backend: str
) -> None:
    deployment = deploy(build_lease_seconds="6", sweep_seconds="0.5", worker_niceness="0")
    client = deployment.serve()
    load_sample(client)
    assert run(deployment, "reindex") == 0
    wait_for_answers_from(client, live_build(client))
    for step, place in PUBLISHED.items():
        assert run(deployment, "reindex", dies_at=place) == -9, step
        wait_for_answers_from(client, newest(client)["id"])
    steps = {step: (place,) for step, place in UNDER_WAY.items()}
    for step, (place, *options) in (steps | (IN_POSTGRES if backend != "sqlite" else {})).items():
        left = killed(deployment, client, step, place, *options)
        end_leases(deployment)
        assert run(deployment, "reindex", *options) == 0, step
        assert live_build(client) == left, step
        wait_for_answers_from(client, left)
    left = killed(deployment, client, "before a worker comes", LAST)
    deployment.start("worker", "--processes", "1")
    wait_until(lambda: live_build(client) == left, 60, "not finished by a worker")
    wait_until(lambda: len(files_of_builds(deployment)) == 2, 20, "files of killed runs are left")
    assert len(tables_of_builds(deployment)) == (backend == "postgresql")


def killed(
    deployment: Deployment, client: httpx.Client, step: str, place: Place, *options: str
) -> str:
    """Kill a reindex, which must change nothing; return the build it leaves."""
    before = answer(client)
    assert run(deployment, "reindex", *options, dies_at=place) == -9, step
    left = newest(client)
    assert left["state"] == "building", step
    assert answer(client) == before, step
    return left["id"]


def newest(client: httpx.Client) -> dict[str, str]:
    build: dict[str, str] = client.get("/v1/admin/builds").raise_for_status().json()["builds"][0]
    return build


def end_leases(deployment: Deployment) -> None:
    """Bring forward the moment when a dead run's lease ends."""
    with deployment.database.transaction() as session:
        set_builds(session, BuildRow.state == "building", lease_until=datetime.now(UTC))


def files_of_builds(deployment: Deployment) -> list[str]:
    return [path.name for path in (deployment.folder / "data" / "indexes").iterdir()]


def tables_of_builds(deployment: Deployment) -> list[str]:
    if deployment.database.is_sqlite:
        return []
    query = text("SELECT tablename FROM pg_tables WHERE schemaname = 'weft_vectors'")
    with deployment.database.reading() as session:
        return list(session.scalars(query))
