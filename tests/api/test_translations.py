import json

import pytest
from fastapi.testclient import TestClient

from translate import chunks
from workers.runtime import Runtime

JOB = {
    "items": [
        {"id": "one", "text": "The book is good.", "source": "en"},
        {"id": "two", "text": "", "source": "en"},
        {"id": "three", "text": "Der Film ist lang."},
    ],
    "targets": ["de", "fr"],
}


def run(runtime: Runtime, job_id: str) -> None:
    while chunks.run_next(runtime.database.transaction, runtime.translator, job_id, lease=60):
        pass


def results(client: TestClient, job_id: str, query: str = "") -> list[dict]:
    text = client.get(f"/v1/translation-jobs/{job_id}/results{query}").text
    return [json.loads(line) for line in text.splitlines()]


def test_texts_are_translated_at_once_in_their_order(client: TestClient) -> None:
    body = {"texts": ["The book is good.", "The film is long."], "source": "en", "target": "de"}
    first, second = client.post("/v1/translations", json=body).json()["translations"]
    assert "Buch" in first["text"]
    assert "Film" in second["text"]
    assert first["status"] == "done"
    assert 0 < first["confidence"] <= 1


def test_a_placeholder_survives(client: TestClient) -> None:
    body = {"text": "Hello {name}, your order %s has arrived.", "source": "en", "target": "fr"}
    [translation] = client.post("/v1/translations", json=body).json()["translations"]
    assert translation["text"].count("{name}") == 1
    assert translation["text"].count("%s") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [({"text": "A book.", "target": "de", "alternatives": 9}, "body.alternatives"),
     ({"texts": ["A book.", 5], "target": "de"}, "body.texts.1"),
     ({"target": "de"}, "body")],
)  # fmt: skip
def test_a_bad_body_is_told_in_the_words_of_the_shape_that_was_meant(
    client: TestClient, body: dict[str, object], field: str
) -> None:
    answer = client.post("/v1/translations", json=body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_what_is_no_json_is_told_with_the_place(client: TestClient) -> None:
    answer = client.post(
        "/v1/translations", content='{"text": oops}', headers={"Content-Type": "application/json"}
    )
    assert "body: is not valid JSON: Expecting value at character 9" in answer.json()["detail"]


def test_an_unsupported_target_is_refused_with_the_list_of_languages(client: TestClient) -> None:
    answer = client.post("/v1/translations", json={"text": "Hello.", "target": "xx"})
    assert answer.status_code == 422
    assert "de" in answer.json()["detail"]


def test_every_direction_tells_its_measured_quality(client: TestClient) -> None:
    directions = client.get("/v1/languages").json()["directions"]
    pairs = {(direction["source"], direction["target"]) for direction in directions}
    assert {("en", "de"), ("de", "en")} <= pairs
    measured = [d["chrf"] for d in directions if "en" in (d["source"], d["target"])]
    assert all(score > 0 for score in measured)


def test_a_job_runs_to_its_end_with_results_item_by_item(
    client: TestClient, runtime: Runtime
) -> None:
    created = client.post("/v1/translation-jobs", json=JOB)
    assert created.status_code == 202
    job_id = created.json()["id"]
    assert created.json()["progress"] == {"done": 0, "total": 6, "failed": 0, "needs_review": 0}
    assert created.headers["Location"] == f"/v1/translation-jobs/{job_id}"
    run(runtime, job_id)
    job = client.get(f"/v1/translation-jobs/{job_id}").json()
    assert job["state"] == "done"
    german = results(client, job_id, "?target=de")
    assert [line["id"] for line in german] == ["one", "two", "three"]
    assert german[1]["text"] == ""
    assert german[2]["text"] == "Der Film ist lang."


def test_an_item_that_fails_gives_its_reason_and_fails_no_other(
    client: TestClient, runtime: Runtime
) -> None:
    body = {"items": [{"id": "good", "text": "The book is good.", "source": "en"},
                      {"id": "odd", "text": "…", "source": "xx"}], "targets": ["de"]}  # fmt: skip
    job_id = client.post("/v1/translation-jobs", json=body).json()["id"]
    run(runtime, job_id)
    good, odd = results(client, job_id)
    assert good["status"] in {"done", "needs_review"}
    assert odd["status"] == "failed"
    assert "xx" in odd["reason"]
    assert client.get(f"/v1/translation-jobs/{job_id}").json()["progress"]["failed"] == 1
    assert client.post(f"/v1/translation-jobs/{job_id}/retry").status_code == 202
    run(runtime, job_id)
    assert len(results(client, job_id)) == 2


def test_an_idempotency_key_gives_the_same_job_and_refuses_another_body(
    client: TestClient,
) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.post("/v1/translation-jobs", json=JOB, headers=headers)
    again = client.post("/v1/translation-jobs", json=JOB, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/v1/translation-jobs", json=JOB | {"targets": ["es"]}, headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/cancel")])
def test_a_cancelled_job_does_no_more_work(
    client: TestClient, runtime: Runtime, method: str, path: str
) -> None:
    job_id = client.post("/v1/translation-jobs", json=JOB).json()["id"]
    cancel = (method, f"/v1/translation-jobs/{job_id}{path}")
    assert client.request(*cancel).json()["state"] == "cancelled"
    run(runtime, job_id)
    assert results(client, job_id) == []
    assert client.request(*cancel).json()["state"] == "cancelled"


def test_a_job_that_is_done_stays_done_when_it_is_deleted(
    client: TestClient, runtime: Runtime
) -> None:
    job_id = client.post("/v1/translation-jobs", json=JOB).json()["id"]
    run(runtime, job_id)
    assert client.delete(f"/v1/translation-jobs/{job_id}").status_code == 409
    assert client.get(f"/v1/translation-jobs/{job_id}").json()["state"] == "done"


def test_jobs_are_listed_newest_first_a_page_at_a_time(client: TestClient) -> None:
    made = [client.post("/v1/translation-jobs", json=JOB).json()["id"] for _ in range(3)]
    page = client.get("/v1/translation-jobs?limit=2").json()
    rest = client.get("/v1/translation-jobs", params={"cursor": page["next_cursor"]}).json()
    assert [job["id"] for job in page["jobs"] + rest["jobs"]] == made[::-1]
