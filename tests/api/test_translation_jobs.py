import csv
import io
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from translate import chunks
from workers.runtime import Runtime

LINES = (
    '{"id": "a", "text": "The book is good.", "source": "en"}\n'
    "not JSON\n"
    '{"id": "b", "text": "Something, else", "source": "xx"}\n'
)
TABLE = 'id,text,source\na,The book is good.,en\nb,"Something, else",xx\n'
JSON_LINES = {"Content-Type": "application/x-ndjson"}


def run(runtime: Runtime) -> None:
    while chunks.run_next(runtime.database.transaction, runtime.translator, lease=60):
        pass


def lines(client: TestClient, path: str) -> list[dict]:
    return [
        json.loads(line) for line in client.get(f"/v1/translation-jobs/{path}").text.splitlines()
    ]


def upload(
    client: TestClient, content: str | Iterator[bytes] = LINES, query: str = "", **headers: str
):
    path = f"/v1/translation-jobs:upload?targets=de{query}"
    return client.post(path, content=content, headers=JSON_LINES | headers)


def test_a_file_of_json_lines_becomes_a_job_as_it_streams_in(
    client: TestClient, runtime: Runtime
) -> None:
    answer = upload(client, (line.encode() for line in LINES.splitlines(keepends=True)))
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["state"], job["progress"]["total"], job["rejected"]) == ("queued", 2, 1)
    assert answer.headers["Location"] == f"/v1/translation-jobs/{job['id']}"
    run(runtime)
    first, second = lines(client, f"{job['id']}/results")
    assert (first["id"], first["status"]) == ("a", "done")
    assert (second["id"], second["status"]) == ("b", "failed")


@pytest.mark.parametrize("name", ["file.csv", "file.jsonl"])
def test_a_file_can_come_in_a_form(client: TestClient, runtime: Runtime, name: str) -> None:
    content = TABLE if name.endswith("csv") else LINES
    answer = client.post(
        "/v1/translation-jobs",
        files={"file": (name, content)},
        data={
            "targets": ["de", "fr"],
            "min_confidence": "0.5",
            "webhook_url": "https://example.com",
        },
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["progress"]["total"] == 4
    assert len(answer.json()["webhook"]["secret"]) >= 16
    run(runtime)
    assert len(lines(client, f"{answer.json()['id']}/results?target=fr")) == 2


def test_a_form_without_a_file_or_with_a_bad_option_is_refused(client: TestClient) -> None:
    for files, data, field in (
        ({"other": ("x", "y")}, {"targets": "de"}, "file"),
        ({"file": ("x", LINES)}, {"targets": "de", "min_confidence": "2"}, "min_confidence"),
        ({"file": ("x", LINES)}, {}, "targets"),
        ({"file": ("x", LINES)}, {"targets": "xx"}, "xx"),
    ):
        answer = client.post("/v1/translation-jobs", files=files, data=data)
        assert answer.status_code == 422
        assert field in answer.json()["detail"]


def test_the_same_file_with_the_same_key_is_the_same_job(client: TestClient) -> None:
    first, again = (upload(client, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert upload(client, LINES + LINES, **{"Idempotency-Key": "k"}).status_code == 409


def test_columns_can_be_named(client: TestClient) -> None:
    content = "asin;review\nB1;Good book\n"
    path = "/v1/translation-jobs:upload?targets=de&id_field=asin&text_field=review"
    answer = client.post(path, content=content, headers={"Content-Type": "text/csv"})
    assert answer.json()["progress"]["total"] == 1


def test_of_a_files_items_with_one_id_the_first_counts(client: TestClient) -> None:
    job = upload(client, '{"id": "a", "text": "b"}\n' * 3).json()
    assert (job["progress"]["total"], job["rejected"], job["characters"]) == (1, 2, 1)
    assert lines(client, f"{job['id']}/errors") == [
        {"line": line, "id": "a", "reason": "id: comes again; that of line 1 counts"}
        for line in (2, 3)
    ]


def test_items_of_a_body_with_one_id_are_all_named_and_leave_no_job(client: TestClient) -> None:
    items = [{"id": each, "text": "x"} for each in "abcab"]
    answer = client.post("/v1/translation-jobs", json={"items": items, "targets": ["de"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "body.items.3.id", "reason": "is that of items.0 too: 'a'"},
        {"field": "body.items.4.id", "reason": "is that of items.1 too: 'b'"},
    ]
    assert "2 ids come again: 'a' in items.0 and items.3" in answer.json()["detail"]
    assert client.get("/v1/translation-jobs").json()["jobs"] == []


def test_a_file_without_an_item_makes_a_job_that_has_failed(client: TestClient) -> None:
    job = upload(client, "x\ny").json()
    assert (job["state"], job["rejected"]) == ("failed", 2)
    assert [line["line"] for line in lines(client, f"{job['id']}/errors")] == [1, 2]


def test_a_file_may_be_larger_than_a_body_but_not_than_its_own_limit(
    client: TestClient, runtime: Runtime
) -> None:
    line = json.dumps({"id": "0", "text": "x" * 100_000}) + "\n"
    big = "".join(line.replace('"0"', f'"{number}"') for number in range(12))
    assert len(big) > runtime.settings.max_body_bytes
    assert upload(client, big).status_code == 202
    assert client.post("/v1/translation-jobs", json={"x": big}).status_code == 413
    limited = runtime.settings.max_upload_bytes = 2**20
    assert limited < len(big)
    # the middleware took its limit when the application was made
    assert upload(client, big).status_code == 202


def test_results_come_as_csv_and_by_status(client: TestClient, runtime: Runtime) -> None:
    job_id = upload(client).json()["id"]
    run(runtime)
    answer = client.get(f"/v1/translation-jobs/{job_id}/results?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["id"], row["status"]) for row in rows] == [("a", "done"), ("b", "failed")]
    assert [line["id"] for line in lines(client, f"{job_id}/results?status=failed")] == ["b"]


def test_errors_tell_rejected_records_and_failed_items(
    client: TestClient, runtime: Runtime
) -> None:
    job_id = upload(client).json()["id"]
    run(runtime)
    rejected, failed = lines(client, f"{job_id}/errors")
    assert rejected["line"] == 2
    assert "not JSON" in rejected["reason"]
    assert (failed["id"], failed["target"]) == ("b", "de")
    assert "'xx'" in failed["reason"]


def test_a_webhooks_secret_is_told_once(client: TestClient) -> None:
    hook = {"url": "https://example.com/hook"}
    body = {"items": [{"id": "a", "text": "b"}], "targets": ["de"], "webhook": hook}
    created = client.post("/v1/translation-jobs", json=body).json()
    assert len(created["webhook"]["secret"]) >= 32
    again = client.get(f"/v1/translation-jobs/{created['id']}").json()["webhook"]
    assert again == {**hook, "state": "waiting", "attempts": 0, "error": None, "secret": None}


def test_what_is_used_is_counted_and_above_a_quota_refused(
    client: TestClient, make_client: MakeClient, runtime: Runtime
) -> None:
    text = {"text": "The book is good.", "source": "en", "target": "de"}
    assert client.post("/v1/translations", json=text).status_code == 200
    usage = client.get("/v1/usage").json()
    assert usage["key"] == usage["tenant"] == {"used": 17, "reserved": 0, "quota": None}
    assert [day["characters"] for day in usage["days"]] == [17]
    upload(client)
    assert client.get("/v1/usage").json()["key"]["reserved"] == 32
    run(runtime)
    [key] = client.get("/v1/usage/keys").json()["keys"]
    assert (key["used"], key["reserved"]) == (34, 0)
    path = f"/v1/usage/keys/{key['key_id']}"
    assert client.put(path, json={"characters": 40}).json()["quota"] == 40
    refused = client.post("/v1/translations", json=text)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert upload(client).status_code == 429
    assert make_client().post("/v1/translations", json=text).status_code == 200
    assert client.put(path, json={"characters": None}).json()["quota"] is None
    assert make_client("stranger").put(path, json={"characters": 1}).status_code == 404


def test_alternatives_are_given_when_asked_for_and_formality_where_the_model_has_it(
    client: TestClient,
) -> None:
    body = {"text": "The book is good.", "source": "en", "target": "de", "alternatives": 2}
    [translation] = client.post("/v1/translations", json=body).json()["translations"]
    assert 1 <= len(translation["alternatives"]) <= 2
    assert client.post("/v1/translations", json=body | {"alternatives": 6}).status_code == 422
    refused = client.post("/v1/translations", json=body | {"formality": "more"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "formality"


def test_a_webhook_that_would_never_be_sent_is_refused_at_once(client: TestClient) -> None:
    hook = {"url": "https://example.com:8443/done"}
    body = {"items": [{"id": "a", "text": "b"}], "targets": ["de"], "webhook": hook}
    refused = client.post("/v1/translation-jobs", json=body)
    assert refused.status_code == 422
    assert "port 8443, not 80 or 443" in refused.json()["detail"]
