"""What holds for every endpoint: errors, ids, sizes, rates."""

import json
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.conftest import MakeClient
from workers.runtime import Runtime


def test_an_error_is_a_problem_document_with_the_requests_id(client: TestClient) -> None:
    answer = client.get("/v1/items/absent", headers={"X-Request-ID": "trace-7"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "trace-7"


def test_an_unusable_request_id_is_replaced(client: TestClient) -> None:
    answer = client.get("/health", headers={"X-Request-ID": "x" * 500})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_a_body_above_the_limit_is_refused_whole(client: TestClient, runtime: Runtime) -> None:
    big = b"x" * (runtime.settings.max_body_bytes + 1)
    assert client.post("/v1/items:batch", content=big).status_code == 413
    assert client.post("/v1/items:batch", content=iter([big])).status_code == 413


def test_a_key_above_its_rate_is_told_when_to_come_back(
    runtime: Runtime, make_client: MakeClient
) -> None:
    runtime.settings.rate_limit = "2/minute"
    limited = TestClient(create_app(runtime), headers=make_client().headers)
    answers = [limited.get("/v1/items").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert int(limited.get("/v1/items").headers["Retry-After"]) > 0


def test_health_ready_and_metrics_need_no_key(app: FastAPI) -> None:
    client = TestClient(app)
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").status_code == 200
    assert "weft_request_seconds_bucket" in client.get("/metrics").text


def test_no_secret_is_in_the_logs_or_the_metrics(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    secret = client.headers["Authorization"].removeprefix("Bearer ")
    with caplog.at_level("DEBUG"):
        client.get("/v1/items")
        client.get("/v1/items/absent")
    assert secret not in caplog.text
    assert secret not in client.get("/metrics").text


def test_every_endpoint_of_v1_refuses_an_option_that_it_does_not_have(
    app: FastAPI, client: TestClient
) -> None:
    asked = [
        (method, path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if path.startswith("/v1")
    ]
    assert len(asked) > 50
    for method, path in asked:
        answer = client.request(method, path, params={"limt": "5"})
        assert answer.status_code == 422, (method, path)
        [fault] = answer.json()["errors"]
        assert fault["field"] == "query.limt"


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/v1/items?limt=5", "did you mean `limit`?"),
        ("/v1/items?Limit=5", "did you mean `limit`?"),
        ("/v1/items?where=title", "there are cursor, limit"),
        ("/v1/items/a/related?kidn=film&limit=5", "did you mean `kind`?"),
        ("/v1/imports/a/errors?form=csv", "did you mean `format`?"),
        ("/v1/admin/keys?limit=5", "there are none"),
    ],
)
def test_an_option_that_there_is_not_is_answered_with_the_nearest_that_there_is(
    client: TestClient, path: str, remedy: str
) -> None:
    assert remedy in client.get(path).json()["detail"]


def test_a_form_is_refused_options_that_it_does_not_have(client: TestClient) -> None:
    answer = client.post("/v1/translation-jobs?limt=5", files={"file": ("a.csv", "id,text")})
    assert "query.limt" in answer.json()["detail"]


def test_no_endpoint_fails_over_a_path_with_a_nul(app: FastAPI, client: TestClient) -> None:
    asked = [
        (method, re.sub(r"\{\w+\}", "%00", path))
        for path, operations in app.openapi()["paths"].items()
        if "{" in path
        for method in operations
    ]
    assert len(asked) > 40
    for method, path in asked:
        answer = client.request(method, path)
        assert answer.status_code == 404, (method, path)
        assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/health", "/languages", "/reconcile", "/v2/usage"])
def test_who_speaks_a_dialect_may_send_what_only_its_first_server_knows(
    client: TestClient, path: str
) -> None:
    assert client.get(path).status_code == client.get(path, params={"limt": "5"}).status_code


def test_no_pattern_says_space_in_a_way_that_engines_read_differently(app: FastAPI) -> None:
    assert not re.search(r'"pattern": "[^"]*\\\\[sS]', json.dumps(app.openapi()))


def test_no_kind_of_space_is_part_of_an_address(client: TestClient) -> None:
    spaces = [chr(code) for code in range(0x3001) if chr(code).isspace()]
    for space in spaces:
        item = {"kind": "book", "title": "Dune", "url": f"https://a.example/{space}b"}
        assert client.put("/v1/items/a", json=item).status_code == 422, hex(ord(space))
