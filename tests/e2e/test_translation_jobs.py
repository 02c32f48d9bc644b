"""Batch translation with real processes: whatever is killed, each item comes out exactly once."""

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import redis

from tests.e2e.conftest import Deployment
from tests.support import wait_until
from translate.models import ResultRow

Deploy = Callable[..., Deployment]
SUBJECTS = ("The book", "The film", "The cover", "This novel", "The story", "The second part")
VERBS = ("is very good", "arrived late", "was a present", "is too short", "made me laugh")
TAILS = ("and I like it.", "but the price is high.", "for my sister.", "as always.")


def sentences(count: int) -> list[dict[str, str]]:
    rng = random.Random(3)
    return [
        {
            "id": f"s{number}",
            "text": f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(TAILS)} No. {number}",
        }
        for number in range(count)
    ]


def state_of(client: httpx.Client, job_id: str) -> dict[str, Any]:
    return client.get(f"/v1/translation-jobs/{job_id}").raise_for_status().json()


def results_of(client: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/translation-jobs/{job_id}/results").raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_job_is_translated_by_a_worker_in_the_order_of_its_input(deploy: Deploy) -> None:
    deployment = deploy()
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    items = sentences(150)
    answer = client.post(
        "/v1/translation-jobs", json={"items": items, "targets": ["de", "fr"], "source": "en"}
    )
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["id"]
    wait_until(
        lambda: state_of(client, job_id)["state"] == "done", 120, f"not done: {deployment.logs()}"
    )
    results = results_of(client, job_id)
    assert [result["id"] for result in results if result["target"] == "de"] == [
        item["id"] for item in items
    ]
    assert Counter(result["target"] for result in results) == {"de": 150, "fr": 150}
    assert "succeeded" in deployment.logs()  # what a worker's children say is in the log too
    assert {result["status"] for result in results} <= {"done", "needs_review"}


def test_killed_workers_lose_and_duplicate_nothing(deploy: Deploy) -> None:
    deployment = deploy(chunk_lease_seconds="4", sweep_seconds="1")
    client = deployment.serve()
    items = sentences(1500)
    body = {"items": items, "targets": ["de"], "source": "en"}
    job_id = client.post("/v1/translation-jobs", json=body).json()["id"]
    rng = random.Random(5)
    kills = 0
    while kills < 3:
        worker = deployment.start("worker", "--processes", "2")
        before = state_of(client, job_id)["progress"]["done"]
        wait_until(
            lambda before=before: (
                state_of(client, job_id)["progress"]["done"] > before
                or state_of(client, job_id)["state"] == "done"
            ),
            90,
            f"no progress: {deployment.logs()}",
        )
        wait_until(lambda: rng.random() < 0.2, 5, "chance")
        deployment.kill(worker)
        kills += 1
    assert state_of(client, job_id)["state"] == "running", "the job ended before the last kill"
    deployment.start("worker", "--processes", "2")
    wait_until(
        lambda: state_of(client, job_id)["state"] == "done", 180, f"not done: {deployment.logs()}"
    )
    assert [result["id"] for result in results_of(client, job_id)] == [i["id"] for i in items]
    progress = state_of(client, job_id)["progress"]
    assert progress["done"] + progress["needs_review"] + progress["failed"] == progress["total"]
    with deployment.database.reading() as session:
        assert session.query(ResultRow).filter_by(job_id=job_id).count() == len(items)


def test_a_job_survives_the_loss_of_everything_in_the_broker(
    deploy: Deploy, backend: str, request: Any, tmp_path: Path
) -> None:
    deployment = deploy(sweep_seconds="1")
    client = deployment.serve()
    body = {"items": sentences(20), "targets": ["de"], "source": "en"}
    job_id = client.post("/v1/translation-jobs", json=body).json()["id"]
    if backend == "postgresql":
        redis.Redis.from_url(request.getfixturevalue("redis_url")).flushall()
    else:
        messages = list((tmp_path / "data" / "queue" / "messages").iterdir())
        assert messages
        for message in messages:
            message.unlink()
    deployment.start("worker", "--processes", "1")
    wait_until(
        lambda: state_of(client, job_id)["state"] == "done", 90, f"not done: {deployment.logs()}"
    )
    assert len(results_of(client, job_id)) == 20


def test_a_cancelled_job_stops_and_keeps_what_is_done(deploy: Deploy) -> None:
    deployment = deploy()
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    body = {"items": sentences(5000), "targets": ["de"], "source": "en"}
    job_id = client.post("/v1/translation-jobs", json=body).json()["id"]
    wait_until(
        lambda: state_of(client, job_id)["progress"]["done"] > 0, 90, f"idle: {deployment.logs()}"
    )
    cancelled = client.post(f"/v1/translation-jobs/{job_id}/cancel").raise_for_status().json()
    assert cancelled["state"] == "cancelled"
    kept = results_of(client, job_id)
    assert 0 < len(kept) < 5000
    assert [result["id"] for result in kept] == [item["id"] for item in body["items"][: len(kept)]]
