"""Nothing of one tenant can be read, changed or guessed with another's key."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from linkage import builds
from linkage.works import groups
from tests.api.conftest import MakeClient
from translate import chunks
from workers.runtime import Runtime

SECRET = "Zorbulon Quexify"
HOST = "quexify.example"
ITEM = {"kind": "book", "title": SECRET, "creators": ["Quilla Vexworth"], "text": "A rare tale."}
OPEN = {"/health", "/ready", "/metrics"}
TENANT_FREE = {("GET", "/v1/languages"), ("POST", "/v1/translations")}


@pytest.fixture
def owner(make_client: MakeClient, runtime: Runtime) -> TestClient:
    """A tenant with an item, an index, a job with results, and a key."""
    client = make_client("owner")
    assert client.put("/v1/items/secret-1", json=ITEM).status_code == 201
    assert client.put("/v1/entities/secret-1", json={"name": SECRET}).status_code == 201
    with runtime.database.transaction() as session:
        build = builds.start(session, "owner", encoder=runtime.settings.encoder)
    builds.run(
        runtime.database.transaction,
        "owner",
        build,
        data_dir=runtime.index_dir,
        encoders=runtime.encoder,
    )
    job = client.post(
        "/v1/translation-jobs",
        json={"items": [{"id": "a", "text": "A good book."}], "targets": ["de"], "source": "en"},
        headers={"Idempotency-Key": "shared-key"},
    ).json()["id"]
    while chunks.run_next(runtime.database.transaction, runtime.translator, job, lease=60):
        pass
    groups.catch_up(runtime.database.transaction, "owner", runtime.editions)
    work = client.get("/v1/works", params={"item": "secret-1"}).json()["works"][0]["id"]
    key = client.get("/v1/admin/keys").json()["keys"][0]["id"]
    glossary = client.post(
        "/v1/glossaries",
        json={"name": SECRET, "dictionaries": [
            {"source": "en", "target": "de", "terms": {SECRET: "Geheimnis"}}
        ]},
    ).json()["id"]  # fmt: skip
    unit = {"source": "en", "target": "de", "text": SECRET, "translation": SECRET}
    client.put("/v1/memories/units/secret-unit", json=unit)
    client.put("/v1/localisations/de", json={})
    document = client.post(
        "/v1/documents", files={"file": ("a.txt", SECRET)}, params={"target": "de"}
    ).json()["id"]
    batch = client.post("/v1/items:batch", content=json.dumps(ITEM | {"id": SECRET, "kind": "?"}))
    source = client.post("/v1/sources", json={"kind": "feed", "url": f"https://{HOST}/feed"})
    client.known = {
        "tuid": "secret-unit", "item_id": "secret-1", "entity_id": "secret-1",
        "source": "secret-1", "target": "secret-1", "language": "de-DE",
        "job_id": job, "build_id": build, "key_id": key, "glossary": glossary,
        "document_id": document, "import_id": batch.json()["import_id"],
        "source_id": source.json()["id"], "work_id": work,
    }  # fmt: skip
    return client


def _answers_of(app: FastAPI, known: dict[str, str]) -> list[tuple[str, str, str]]:
    """Every method and path of the API, with the owner's ids filled in."""
    return [
        (method.upper(), path, path.format(**known))
        for path, operations in app.openapi()["paths"].items()
        if path.startswith("/v1")
        for method in operations
    ]


def _query(template: str) -> dict[str, str]:
    return {"source": "en", "target": "de"} if "/terms" in template else {}


BODIES = {
    "/v1/related": {"text": f"{SECRET} by Quilla Vexworth"},
    "/v1/related:batch": {"questions": [{"text": SECRET}]},
    "/v1/feedback": {
        "events": [{"id": "e", "action": "click", "source": "secret-1", "target": "secret-1"}]
    },
    "/v1/mentions": {"text": f"The novel {SECRET} by Quilla Vexworth."},
    "/v1/translations": {"text": "Hello.", "target": "de", "source": "en"},
    "/v1/translation-jobs": {"items": [{"id": "b", "text": "Hi."}], "targets": ["de"]},
    "/v1/translations/corrections": {
        "source": "en",
        "target": "de",
        "text": "a",
        "translation": "b",
    },
    "/v1/glossaries": {"name": "mine"},
    "/v1/glossaries/{glossary}": {"name": "mine too"},
    "/v1/translation-jobs:upload": {"id": "b", "text": "Hi."},
    "/v1/admin/keys": {"name": "mine", "scopes": ["read"]},
    "/v1/sources": {"kind": "feed", "url": "https://stranger.example/feed"},
}


def test_no_endpoint_shows_or_changes_what_another_tenant_owns(
    app: FastAPI, owner: TestClient, make_client: MakeClient
) -> None:
    stranger = make_client("stranger")
    tried = 0
    for method, template, path in _answers_of(app, owner.known):
        if method == "PUT":
            continue  # creates an item of the stranger's own; shown below
        body = BODIES.get(template) if method in {"POST", "PATCH"} else None
        given = {"content": "a,b"} if template.endswith(":import") else {"json": body}
        answer = stranger.request(method, path, params=_query(template), **given)
        tried += 1
        assert answer.status_code < 500, (method, path, answer.text)
        if "{" in template:
            assert answer.status_code == 404, (method, path, answer.text)
        for value in (SECRET, HOST, "secret-1", *owner.known.values()):
            if answer.is_success and value != "(none)":
                assert value not in answer.text, (method, path, answer.text)
    assert tried >= 18
    assert owner.get("/v1/items/secret-1").json()["title"] == SECRET
    job = owner.get(f"/v1/translation-jobs/{owner.known['job_id']}").json()
    assert job["state"] == "done"
    assert owner.get(f"/v1/admin/builds/{owner.known['build_id']}").json()["state"] == "live"


def test_a_question_of_a_batch_does_not_reach_anothers_item(
    owner: TestClient, make_client: MakeClient
) -> None:
    questions = {"questions": [{"id": "secret-1"}]}
    [answer] = make_client("stranger").post("/v1/related:batch", json=questions).json()["answers"]
    assert answer["error"]["status"] == 404
    assert "links" in owner.post("/v1/related:batch", json=questions).json()["answers"][0]


def test_an_item_put_under_anothers_id_is_ones_own(
    owner: TestClient, make_client: MakeClient
) -> None:
    stranger = make_client("stranger")
    assert stranger.put("/v1/items/secret-1", json=ITEM | {"title": "Mine"}).status_code == 201
    assert owner.get("/v1/items/secret-1").json()["title"] == SECRET
    assert stranger.get("/v1/items/secret-1").json()["title"] == "Mine"


def test_the_same_idempotency_key_of_another_tenant_is_another_job(
    owner: TestClient, make_client: MakeClient
) -> None:
    answer = make_client("stranger").post(
        "/v1/translation-jobs",
        json={"items": [{"id": "a", "text": "A good book."}], "targets": ["de"], "source": "en"},
        headers={"Idempotency-Key": "shared-key"},
    )
    assert answer.status_code == 202
    assert answer.json()["id"] != owner.known["job_id"]


def test_a_cursor_of_another_tenant_shows_nothing_of_its_catalogue(
    owner: TestClient, make_client: MakeClient
) -> None:
    owner.put("/v1/items/secret-2", json=ITEM)
    cursor = owner.get("/v1/items?limit=1").json()["next_cursor"]
    assert cursor
    answer = make_client("stranger").get("/v1/items", params={"cursor": cursor})
    assert SECRET not in answer.text


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer weft_00_x", "Basic eDp5"])
def test_every_endpoint_of_v1_refuses_a_request_without_a_valid_key(
    app: FastAPI, header: str
) -> None:
    client = TestClient(app, headers={"Authorization": header} if header else {})
    known = dict.fromkeys(("item_id", "entity_id", "source", "target", "job_id", "build_id",
                           "key_id", "glossary", "tuid", "language", "document_id", "import_id",
                           "source_id", "work_id"), "x")  # fmt: skip
    for method, _, path in _answers_of(app, known):
        answer = client.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused(client: TestClient) -> None:
    key_id = client.get("/v1/admin/keys").json()["keys"][0]["id"]
    assert client.delete(f"/v1/admin/keys/{key_id}").status_code == 204
    assert client.get("/v1/items").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (("read",), "GET", "/v1/items", 200),
        (("read",), "DELETE", "/v1/items/x", 403),
        (("read",), "POST", "/v1/admin/reindex", 403),
        (("write",), "GET", "/v1/items", 403),
        (("write",), "DELETE", "/v1/items/x", 404),
        (("read", "write"), "GET", "/v1/admin/keys", 403),
    ],
)
def test_a_key_does_only_what_its_scopes_allow(
    make_client: MakeClient, scopes: tuple, method: str, path: str, status: int
) -> None:
    assert make_client(scopes=scopes).request(method, path).status_code == status
