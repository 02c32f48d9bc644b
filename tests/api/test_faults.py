"""Who sends a faulty request is told the place in what was sent and the remedy, no inner names."""

import re

import pytest
from fastapi.testclient import TestClient

EVENT = {"id": "e", "action": "click", "source": "a", "target": "b"}
ITEM = {"kind": "book", "title": "Dune"}
INNER = re.compile(
    r"[A-Z][a-z]+[A-Z]|\[|function|constrained|Input|String should|Value error|Extra|Field required"
)


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "reason"),
    [
        ("PUT", "/v1/items/a", {"kind": "book"}, "body.title", "is required"),
        ("PUT", "/v1/items/a", ITEM | {"titel": "x"}, "body.titel", "is not a field here"),
        ("PUT", "/v1/items/a", ITEM | {"kind": "A b"}, "body.kind", "a letter first"),
        ("PUT", "/v1/items/a", ITEM | {"creators": "x"}, "body.creators", "must be a list"),
        ("PUT", "/v1/items/a", ITEM | {"url": "dune"}, "body.url", "https://"),
        ("PUT", "/v1/items/a", ITEM | {"hidden": 1}, "body.hidden", "must be true or false"),
        ("PUT", "/v1/items/a", ITEM | {"expires_at": 5}, "body.expires_at", "text in ISO 8601"),
        *(
            ("PUT", "/v1/items/a", ITEM | {"expires_at": text}, "body.expires_at",
             f"'{text}' is not an ISO 8601 date or time")
            for text in ("2030", "-1", "soon")
        ),
        ("PUT", "/v1/items/a", ITEM | {"identifiers": {f"a{n}": "x" for n in range(101)}},
         "body.identifiers", "must have at most 100 items"),
        ("PUT", "/v1/items/a", ITEM | {"popularity": 2}, "body.popularity", "less than or equal"),
        ("PUT", "/v1/items/a", [], "body", "must be an object"),
        ("PUT", "/v1/entities/a", {"name": "x", "aliases": {"?": ["y"]}}, "body.aliases.?", "code"),
        ("PUT", "/v1/entities/a", {"name": "x", "aliases": 5}, "body.aliases",
         "must be an object, or must be a list"),
        ("POST", "/v1/feedback", {"events": [EVENT | {"position": 0}]}, "body.events.0.position",
         "greater than or equal to 1"),
        ("POST", "/v1/feedback", {"events": [EVENT | {"at": 5}]}, "body.events.0.at",
         "text in ISO 8601"),
        ("POST", "/v1/feedback", {"events": [EVENT | {"when": "x"}]}, "body.events.0.when",
         "is not a field here"),
        ("POST", "/v1/feedback", {"events": [EVENT, {"id": "f"}]}, "body.events.1.source",
         "is required"),
        ("POST", "/v1/feedback", {"events": []}, "body.events", "at least 1 item"),
        ("POST", "/v1/related", {"text": "x", "limit": "5"}, "body.limit", "whole number"),
        ("POST", "/v1/related", {"text": "x", "limt": 5}, "body.limt", "is not a field here"),
        ("POST", "/v1/related:batch", {"questions": [{"id": "a"}, {"item": ITEM | {"url": "x"}}]},
         "body.questions.1.item.url", "https://"),
        ("POST", "/v1/related", {"text": "x", "kind": ["book"] * 101}, "body.kind",
         "at most 100 items, not 101"),
        ("POST", "/v1/related", {"id": "x", "attribute": [f"a{n}:x" for n in range(11)]},
         "body.attribute", "at most 10 names of attributes, not 11"),
        ("POST", "/v1/related:batch", {"questions": [{"id": "a", "source": ["x"] * 101}]},
         "body.questions.0.source", "at most 100 items, not 101"),
        ("POST", "/v1/related", {}, "body", "must have one of text, item, id"),
        ("POST", "/v1/related", {"item": {}}, "body.item.title", "is required"),
        ("POST", "/v1/related", {"text": "x", "item": ITEM}, "body", "may have only one of"),
        ("POST", "/v1/related:batch", {"questions": [{"limit": 5}]}, "body.questions.0",
         "must have one of id, text, item"),
        ("POST", "/v1/translations", {"text": "x", "texts": ["y"], "target": "de"}, "body",
         "may have only one of texts, text"),
        ("POST", "/v1/mentions", {"text": 5}, "body.text", "must be text"),
        ("POST", "/v1/sources", {"kind": "rss", "url": "https://a.example"}, "body.kind",
         "must be 'feed', 'sitemap' or 'page'"),
        ("POST", "/v1/admin/keys", {"name": "x", "scopes": ["root"]}, "body.scopes.0", "must be"),
        ("POST", "/v1/glossaries", {"name": 5}, "body.name", "must be text"),
        ("POST", "/v1/glossaries", {"name": "a/b"}, "body.name", "without slashes"),
        ("POST", "/v1/translation-jobs",
         {"items": [{"id": "a", "text": "b"}], "targets": ["de"], "webhook": {"url": "x"}},
         "body.webhook.url", "https://"),
        ("POST", "/v1/admin/builds:prune", {"keep": "x"}, "body.keep", "whole number"),
        ("PUT", "/v1/localisations/de", {"fields": ["body"]}, "body.fields.0", "must be"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place_and_the_remedy(
    client: TestClient, method: str, path: str, body: object, field: str, reason: str
) -> None:
    answer = client.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    faults = answer.json()["errors"]
    assert any(f["field"] == field and reason in f["reason"] for f in faults), faults
    assert not INNER.search(answer.json()["detail"]), answer.json()["detail"]


def test_truncated_json_is_told_with_the_character(client: TestClient) -> None:
    answer = client.post(
        "/v1/related", content=b'{"text": ', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
    assert "at character 9" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"text": "caf\xe9"}', "UTF-8"),
        (b"[" * 100_000, "too deeply"),
        (b'{"text": "x", "limit": ' + b"1" * 5_000 + b"}", "more digits than can be read"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_why(client: TestClient, body: bytes, told: str) -> None:
    sent = client.post("/v1/related", content=body, headers={"Content-Type": "application/json"})
    assert sent.status_code in {400, 422}
    assert told in sent.json()["detail"]


@pytest.mark.parametrize(
    "type_", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/items/a"), ("POST", "/v1/related"), ("POST", "/v1/translations")],
)
def test_json_of_another_type_is_told_the_right_one(
    client: TestClient, method: str, path: str, type_: str | None
) -> None:
    headers = {"Content-Type": type_} if type_ else {}
    answer = client.request(method, path, content=b'{"text": "x"}', headers=headers)
    assert answer.status_code == 415
    assert "send `Content-Type: application/json`" in answer.json()["detail"]
