"""What holds for every endpoint: errors, ids, sizes, rates."""

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
