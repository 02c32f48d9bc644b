import json
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

DUNE = {
    "kind": "book",
    "title": "Dune",
    "creators": ["Frank Herbert"],
    "text": "A desert planet and its spice.",
    "language": "en",
    "identifiers": {"isbn13": "9780441172719"},
    "published_at": "1965",
    "attributes": {"binding": "paperback"},
}


def test_an_item_comes_back_as_it_was_put(client: TestClient) -> None:
    assert client.put("/v1/items/dune", json=DUNE).status_code == 201
    stored = client.get("/v1/items/dune").json()
    assert stored["id"] == "dune"
    for field, value in DUNE.items():
        assert stored[field] == value


def test_a_second_put_replaces_and_answers_200(client: TestClient) -> None:
    client.put("/v1/items/dune", json=DUNE)
    assert client.put("/v1/items/dune", json=DUNE | {"title": "Dune Messiah"}).status_code == 200
    assert client.get("/v1/items/dune").json()["title"] == "Dune Messiah"


def test_an_id_may_hold_slashes_and_spaces(client: TestClient) -> None:
    path = "/v1/items/https://shop.example/a%20book"
    assert client.put(path, json=DUNE).status_code == 201
    assert client.get(path).json()["id"] == "https://shop.example/a book"
    assert client.get(f"{path}/related").status_code == 200
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_batch_takes_good_lines_and_reports_bad_ones_by_line(client: TestClient) -> None:
    lines = [
        json.dumps(DUNE | {"id": "a"}),
        "{not json",
        json.dumps({"id": "b", "kind": "book"}),
        "",
        json.dumps(DUNE | {"id": "c", "hidden": 7}),
        json.dumps(DUNE | {"id": "d"}),
    ]
    summary = client.post("/v1/items:batch", content="\n".join(lines)).json()
    assert (summary["created"], summary["failed"]) == (2, 3)
    assert [(error["line"], error["id"]) for error in summary["errors"]] == [
        (2, None),
        (3, "b"),
        (5, "c"),
    ]
    assert "title" in summary["errors"][1]["reason"]


def test_the_same_batch_again_changes_nothing(client: TestClient) -> None:
    lines = "\n".join(json.dumps(DUNE | {"id": name}) for name in "abc")
    assert client.post("/v1/items:batch", content=lines).json()["created"] == 3
    assert client.post("/v1/items:batch", content=lines).json()["unchanged"] == 3


def test_pages_of_the_catalogue_hold_every_item_once(client: TestClient) -> None:
    names = [f"item-{number:02}" for number in range(25)]
    lines = "\n".join(json.dumps(DUNE | {"id": name}) for name in names)
    client.post("/v1/items:batch", content=lines)
    seen, cursor = [], None
    while True:
        page = client.get(
            "/v1/items", params={"limit": 10} | ({"cursor": cursor} if cursor else {})
        )
        seen += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == names


def test_another_id_in_the_body_than_in_the_path_is_a_conflict(client: TestClient) -> None:
    answer = client.put("/v1/items/dune", json=DUNE | {"id": "emma"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == "id is 'emma' in the body and 'dune' in the path"
    assert client.put("/v1/items/dune", json=DUNE | {"id": "dune"}).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"kind": None}, "kind"),
        ({"popularity": 2}, "popularity"),
        ({"titel": "x"}, "titel"),
        ({"identifiers": {"isbn13": "9780441172710"}}, "isbn13"),
        ({"published_at": "last spring"}, "published_at"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, change: dict, field: str) -> None:
    answer = client.put("/v1/items/x", json=DUNE | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(field in error["field"] for error in answer.json()["errors"])


def test_an_id_that_ends_as_the_path_to_related_content_is_told_apart_when_escaped(
    client: TestClient,
) -> None:
    for id_ in ("related", "shop", "shop/related"):
        path = f"/v1/items/{quote(id_, safe='')}"
        assert client.put(path, json=DUNE | {"title": id_}).status_code == 201
        assert client.get(path).json()["title"] == id_
    assert "links" in client.get("/v1/items/shop/related").json()
    assert "links" in client.get("/v1/items/shop%2Frelated/related").json()
    assert client.delete("/v1/items/shop%2Frelated").status_code == 204
    assert client.get("/v1/items/shop").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_related_content_is_only_read(client: TestClient, method: str) -> None:
    answer = client.request(method, "/v1/items/shop/related", json=DUNE)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("space", ["\xa0", "\u2003", "\u3000", "\x85", "\x1f", " "])
@pytest.mark.parametrize("where", ["x{}", "{}x"])
def test_an_id_with_white_space_at_an_end_is_refused(
    client: TestClient, space: str, where: str
) -> None:
    path = f"/v1/items/{quote(where.format(space), safe='')}"
    answer = client.put(path, json=DUNE)
    assert answer.status_code == 422
    assert "without spaces at its ends" in answer.json()["detail"]


def test_an_item_is_found_however_its_id_is_composed(client: TestClient) -> None:
    apart, together = "e\u0301", "\xe9"
    assert client.put(f"/v1/items/{apart}", json=DUNE | {"id": together}).status_code == 201
    assert client.get(f"/v1/items/{apart}").json()["id"] == together
    assert client.get(f"/v1/items/{together}/related").status_code == 200
    assert client.delete(f"/v1/items/{apart}").status_code == 204
