import json
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from tests.api.dialects import reconciliation_schemas as schemas

BOOKS = [
    {"id": "b1", "kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"],
     "published_at": "1961", "subjects": ["Science fiction"],
     "identifiers": {"isbn13": "9780156027601"}, "text": "A planet covered by a thinking ocean."},
    {"id": "b2", "kind": "book", "title": "The Invincible", "creators": ["Stanisław Lem"],
     "published_at": "1964"},
    {"id": "f1", "kind": "film", "title": "Solaris", "creators": ["Andrei Tarkovsky"],
     "published_at": "1972"},
    {"id": "b3", "kind": "book", "title": "A <b>bold</b> title", "creators": ["X & Y"]},
]  # fmt: skip
LEM = {"kind": "person", "name": "Stanisław Lem", "aliases": {"pl": ["S. Lem"]},
       "description": "Polish writer", "identifiers": {"wikidata": "Q6530"}}  # fmt: skip


@pytest.fixture
def service(client: TestClient) -> TestClient:
    """A tenant's service over four items and an imported entity."""
    lines = "\n".join(json.dumps(book) for book in BOOKS)
    assert client.post("/v1/items:batch", content=lines).json()["created"] == 4
    assert client.put("/v1/entities/Q6530", json=LEM).status_code == 201
    return client


def valid(answer: Any, schema: dict[str, Any]) -> Any:
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def ask(service: TestClient, **query: Any) -> list[dict[str, Any]]:
    form = {"queries": json.dumps({"q0": query})}
    return valid(service.post("/reconcile", data=form), schemas.OLD_RESULTS)["q0"]["result"]


def match(service: TestClient, *conditions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    body = {"queries": [{"conditions": list(conditions), **more}]}
    answer = valid(service.post("/reconcile/match", json=body), schemas.RESULTS)
    return answer["results"][0]["candidates"]


def test_manifests_of_both_versions(service: TestClient, app: FastAPI) -> None:
    old = valid(service.get("/reconcile"), schemas.OLD_MANIFEST)
    assert {each["id"] for each in old["defaultTypes"]} == {"book", "film", "person"}
    new = valid(service.get("/reconcile?version=1.0-draft"), schemas.MANIFEST)
    assert new["standardizedScore"] is True
    assert valid(TestClient(app).get("/reconcile"), schemas.OLD_MANIFEST)["defaultTypes"] == []


def test_a_manifest_asked_for_with_a_key_leads_to_addresses_that_work(
    service: TestClient, app: FastAPI
) -> None:
    key = service.headers["Authorization"].removeprefix("Bearer ")
    plain = TestClient(app)
    suggest = plain.get("/reconcile", params={"key": key}).json()["suggest"]["entity"]
    found = plain.get(suggest["service_url"] + suggest["service_path"] + "&prefix=Sol")
    assert len(found.json()["result"]) == 2
    flyout = suggest["flyout_service_path"].replace("${id}", "b1")
    assert "Solaris" in plain.get(suggest["flyout_service_url"] + flyout).json()["html"]


def test_a_row_is_matched_by_name_type_and_properties(service: TestClient) -> None:
    properties = [{"pid": "creator", "v": "Lem, Stanisław"}, {"pid": "year", "v": 1961}]
    best, *rest = ask(service, query="Solaris", type="book", properties=properties)
    assert (best["id"], best["match"]) == ("b1", True)
    assert best["type"] == [{"id": "book", "name": "Book"}]
    features = {each["id"]: each["value"] for each in best["features"]}
    assert (features["name"], features["property_creator"], features["property_year"]) == (1, 1, 1)
    assert not any(other["match"] for other in rest)


def test_a_misspelt_name_is_found(service: TestClient) -> None:
    author = [{"pid": "creator", "v": "Stanislaw Lem"}]
    assert ask(service, query="The Invincibel", properties=author)[0]["id"] == "b2"


def test_what_is_not_there_is_matched_by_nothing(service: TestClient) -> None:
    assert not any(each["match"] for each in ask(service, query="Middlemarch", type="book"))


def test_an_imported_entity_is_found_by_an_alias(service: TestClient) -> None:
    [best] = ask(service, query="S. Lem", type="person")
    assert (best["id"], best["match"]) == ("Q6530", True)


def test_an_id_is_its_own_match(service: TestClient) -> None:
    best = ask(service, query="b2")[0]
    assert (best["id"], best["score"], best["match"]) == ("b2", 100, True)


def test_namesakes_leave_the_choice_open(service: TestClient) -> None:
    found = ask(service, query="Solaris")
    assert {"b1", "f1"} == {each["id"] for each in found[:2]}
    assert not any(each["match"] for each in found)


def test_conditions_filter_where_they_are_required(service: TestClient) -> None:
    name = {"matchType": "name", "v": "Solaris"}
    year = {"matchType": "property", "pid": "year", "v": 1971, "required": True}
    assert [each["id"] for each in match(service, name, year)] == ["f1"]
    assert match(service, name, year | {"matchQualifier": "exact"}) == []
    lem = {"matchType": "property", "pid": "creator", "v": ["Stanisław Lem"], "required": True}
    without = match(service, name, lem | {"matchQuantifier": "none"})
    assert "b1" not in {each["id"] for each in without}


def test_a_hidden_item_is_no_candidate(service: TestClient) -> None:
    service.put("/v1/items/b1", json=BOOKS[0] | {"id": "b1", "hidden": True})
    assert "b1" not in {each["id"] for each in ask(service, query="Solaris")}
    assert service.get("/reconcile/preview?id=b1").status_code == 404


def test_values_are_fetched_in_both_versions(service: TestClient) -> None:
    asked = {"ids": ["b1", "Q6530", "absent"],
             "properties": [{"id": "year"}, {"id": "isbn13"}, {"id": "unheard"}]}  # fmt: skip
    form = {"extend": json.dumps(asked)}
    old = valid(service.post("/reconcile", data=form), schemas.OLD_EXTENSION)
    assert old["rows"]["b1"] == {
        "year": [{"int": 1961}], "isbn13": [{"str": "9780156027601"}], "unheard": [],
    }  # fmt: skip
    assert old["rows"]["absent"]["year"] == []
    new = valid(service.post("/reconcile/extend", json=asked), schemas.EXTENSION)
    assert [row["id"] for row in new["rows"]] == asked["ids"]


def test_suggestions_proposals_and_flyouts(service: TestClient) -> None:
    for path, first in {
        "entity?prefix=sta": "Q6530", "entity?prefix=b2": "b2", "type?prefix=b": "book",
        "property?prefix=isbn": "isbn13",
    }.items():  # fmt: skip
        found = valid(service.get(f"/reconcile/suggest/{path}"), schemas.SUGGESTIONS)
        assert found["result"][0]["id"] == first
    rest = service.get("/reconcile/suggest/entity?prefix=Solaris&cursor=1").json()["result"]
    assert len(rest) == 1
    proposed = service.get("/reconcile/extend/propose?type=book&limit=2")
    assert len(valid(proposed, schemas.PROPOSAL)["properties"]) == 2
    for what, id_ in {"entity": "b1", "type": "book", "property": "year"}.items():
        valid(service.get(f"/reconcile/flyout/{what}", params={"id": id_}), schemas.FLYOUT)


def test_a_preview_shows_markup_as_text(service: TestClient) -> None:
    page = service.get("/reconcile/preview?id=b3")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_other_pages_may_ask(service: TestClient) -> None:
    answer = service.get("/reconcile", headers={"Origin": "https://refine.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("queries", "told"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must be an object"),
        ('{"q0": {"query": 7}}', "q0.query: must be text"),
        ('{"q0": {"query": "a", "limit": 0}}', "q0.limit: must be greater"),
        ('{"q0": {"query": "a", "properties": [{"v": 1}]}}', "q0.properties.0.pid: is required"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(service: TestClient, queries: str, told: str) -> None:
    answer = service.post("/reconcile", data={"queries": queries})
    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert told in answer.json()["message"]


def test_blank_cells_are_as_none(service: TestClient) -> None:
    assert ask(service, query=" ") == []
    blank = [{"pid": "creator", "v": ""}, {"pid": "year", "v": ["\n"]}]
    [best] = ask(service, query="The\tInvincible ", type="book", limit=1, properties=blank)
    assert best["id"] == "b2"


def test_an_identifier_is_enough(service: TestClient) -> None:
    [best] = ask(service, properties=[{"pid": "isbn13", "v": "978-0-15-602760-1"}], limit=1)
    assert (best["id"], best["match"]) == ("b1", True)


def test_a_batch_above_the_size_is_refused(service: TestClient) -> None:
    query = {"conditions": [{"matchType": "name", "v": "Solaris"}]}
    body = {"queries": [query] * (service.get("/reconcile").json()["batchSize"] + 1)}
    assert service.post("/reconcile/match", json=body).status_code == 413


@pytest.mark.usefixtures("service")
def test_nothing_is_answered_without_a_key_or_of_another_tenant(
    app: FastAPI, make_client: MakeClient
) -> None:
    plain = TestClient(app)
    query = {"queries": json.dumps({"q0": {"query": "Solaris"}})}
    paths = ("/suggest/entity", "/suggest/type", "/suggest/property", "/extend/propose",
             "/preview?id=b1", "/flyout/entity?id=b1")  # fmt: skip
    assert {plain.get(f"/reconcile{path}").status_code for path in paths} == {401}
    assert plain.post("/reconcile?key=weft_0_x", data=query).status_code == 401
    stranger = make_client("other")
    assert ask(stranger, query="Solaris") == []
    assert stranger.get("/reconcile/suggest/entity?prefix=S").json()["result"] == []
    assert stranger.get("/reconcile/preview?id=b1").status_code == 404
