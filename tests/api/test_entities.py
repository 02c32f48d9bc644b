import json

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient

LEM = {
    "kind": "person",
    "name": "Stanisław Lem",
    "aliases": {"pl": ["Staszek L."]},
    "description": "Polish writer",
    "identifiers": {"wikidata": "Q6530"},
    "popularity": 0.8,
}


def test_an_entity_is_put_read_and_deleted(client: TestClient) -> None:
    assert client.put("/v1/entities/people/lem", json=LEM).status_code == 201
    assert client.put("/v1/entities/people/lem", json=LEM).status_code == 200
    read = client.get("/v1/entities/people/lem").json()
    assert read["id"] == "people/lem"
    assert read["description"] == {"": "Polish writer"}
    assert client.delete("/v1/entities/people/lem").status_code == 204
    assert client.get("/v1/entities/people/lem").status_code == 404
    assert client.delete("/v1/entities/people/lem").status_code == 404


def test_a_batch_tells_of_each_bad_line(client: TestClient) -> None:
    lines = [json.dumps({"id": "a", "name": "A"}), "{", json.dumps({"id": "c"})]
    summary = client.post("/v1/entities:batch", content="\n".join(lines)).json()
    assert (summary["created"], summary["failed"]) == (1, 2)
    assert [error["line"] for error in summary["errors"]] == [2, 3]
    assert client.post("/v1/entities:batch", content=lines[0]).json()["unchanged"] == 1


def test_entities_are_listed_a_page_at_a_time(client: TestClient) -> None:
    for name in "abc":
        client.put(f"/v1/entities/{name}", json={"name": name})
    first = client.get("/v1/entities?limit=2").json()
    second = client.get("/v1/entities", params={"cursor": first["next_cursor"]}).json()
    assert [e["id"] for e in first["entities"] + second["entities"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "person"}, "name"),
        ({"name": "A", "aliases": {"not a tag": ["B"]}}, "aliases"),
        ({"name": "A", "identifiers": {"isbn": "123"}}, "identifiers.isbn"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, body: dict, field: str) -> None:
    answer = client.put("/v1/entities/a", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_an_id_that_is_not_that_of_the_path_is_refused(client: TestClient) -> None:
    answer = client.put("/v1/entities/a", json={"name": "A", "id": "other"})
    assert answer.status_code == 409
    assert client.put("/v1/entities/a", json={"name": "A", "id": "a"}).status_code == 201


def test_an_entity_is_found_in_a_text_and_gone_at_once_when_deleted(
    make_client: MakeClient, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.indexing.views.FRESH_SECONDS", 0.0)
    text = {"text": "A letter from Staszek L. to his publisher.", "top_k": 2}
    assert client.post("/v1/mentions", json=text).json()["mentions"] == []
    client.put("/v1/entities/lem", json=LEM)
    (mention,) = client.post("/v1/mentions", json=text).json()["mentions"]
    assert mention["entity"]["id"] == "lem"
    assert mention["entity"]["identifiers"] == {"wikidata": "Q6530"}
    assert mention["surface"] == "Staszek L"
    assert make_client("other").post("/v1/mentions", json=text).json()["mentions"] == []
    client.delete("/v1/entities/lem")
    assert client.post("/v1/mentions", json=text).json()["mentions"] == []
