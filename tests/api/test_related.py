import json

import pytest
from fastapi.testclient import TestClient

ITEMS = [
    {"id": "book-solaris", "kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"],
     "text": "Scientists orbit a planet covered by a thinking ocean.", "language": "en",
     "published_at": "1961"},
    {"id": "film-solaris", "kind": "film", "title": "Solaris", "creators": ["Andrei Tarkovsky"],
     "text": "A psychologist travels to a space station. Based on the novel by Stanisław Lem.",
     "language": "en", "published_at": "1972"},
    {"id": "book-cyberiad", "kind": "book", "title": "The Cyberiad",
     "creators": ["Stanisław Lem"], "text": "Fables of two robot constructors.",
     "language": "en"},
    {"id": "article-lem", "kind": "article", "title": "Der Ozean, der denkt",
     "text": "Warum „Solaris“ von Stanisław Lem bis heute verstört.", "language": "de",
     "source": "feed:kulturblatt"},
    {"id": "book-baking", "kind": "book", "title": "Bread at Home", "creators": ["Anna Oven"],
     "text": "Sourdough, rye and rolls for beginners.", "language": "en"},
]  # fmt: skip


@pytest.fixture
def shop(client: TestClient) -> TestClient:
    """A small catalogue that no index was built for yet: everything is in the delta."""
    lines = "\n".join(json.dumps(item) for item in ITEMS)
    assert client.post("/v1/items:batch", content=lines).json()["created"] == len(ITEMS)
    return client


def targets(answer: dict) -> list[str]:
    return [link["target"]["id"] for link in answer["links"]]


def test_the_film_of_a_book_is_an_adaptation_and_says_why(shop: TestClient) -> None:
    links = shop.get("/v1/items/book-solaris/related").json()["links"]
    film = next(link for link in links if link["target"]["id"] == "film-solaris")
    assert film["relation"] == "adaptation_of"
    assert 0 < film["score"] <= 1
    assert film["evidence"]


def test_who_has_an_answer_is_told_whether_it_is_still_the_same(shop: TestClient) -> None:
    path = "/v1/items/book-solaris/related"
    tag = shop.get(path).headers["etag"]
    again = shop.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert shop.get(path, headers={"If-None-Match": "*"}).status_code == 304
    shop.delete("/v1/items/film-solaris").raise_for_status()
    assert shop.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_an_item_is_never_related_to_itself(shop: TestClient) -> None:
    assert "book-solaris" not in targets(shop.get("/v1/items/book-solaris/related").json())


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("kind=film", {"film-solaris"}),
        ("language=de", {"article-lem"}),
        ("source=feed:kulturblatt", {"article-lem"}),
        ("kind=article&kind=film", {"film-solaris", "article-lem"}),
    ],
)
def test_a_filter_keeps_what_it_names_and_fills_the_answer(
    shop: TestClient, query: str, allowed: set[str]
) -> None:
    assert set(targets(shop.get(f"/v1/items/book-solaris/related?{query}").json())) == allowed


def test_excluded_items_are_left_out(shop: TestClient) -> None:
    found = targets(shop.get("/v1/items/book-solaris/related?exclude=film-solaris").json())
    assert found
    assert "film-solaris" not in found


def test_limit_and_cursor_page_without_repeats(shop: TestClient) -> None:
    whole = targets(shop.get("/v1/items/book-solaris/related").json())
    first = shop.get("/v1/items/book-solaris/related?limit=1").json()
    rest = shop.get(
        "/v1/items/book-solaris/related", params={"limit": 10, "cursor": first["next_cursor"]}
    ).json()
    assert targets(first) + targets(rest) == whole


def test_a_hidden_item_disappears_at_once(shop: TestClient) -> None:
    shop.put("/v1/items/film-solaris", json={**ITEMS[1], "hidden": True})
    assert "film-solaris" not in targets(shop.get("/v1/items/book-solaris/related").json())


def test_an_expired_item_disappears(shop: TestClient) -> None:
    shop.put("/v1/items/film-solaris", json={**ITEMS[1], "expires_at": "2020-01-01T00:00:00Z"})
    assert "film-solaris" not in targets(shop.get("/v1/items/book-solaris/related").json())


def test_free_text_finds_items(shop: TestClient) -> None:
    answer = shop.post("/v1/related", json={"text": "how to bake bread", "limit": 1}).json()
    assert targets(answer) == ["book-baking"]
    assert answer["links"][0]["evidence"]


def test_an_item_that_is_not_stored_gets_links(shop: TestClient) -> None:
    unseen = {"kind": "book", "title": "Return from the Stars", "creators": ["Stanisław Lem"]}
    answer = shop.post("/v1/related", json={"item": unseen}).json()
    assert "book-cyberiad" in targets(answer)


def test_mentions_have_offsets_in_code_points(shop: TestClient) -> None:
    text = "😀 I read The Cyberiad by Stanisław Lem."
    mentions = shop.post("/v1/mentions", json={"text": text}).json()["mentions"]
    assert [text[m["start"] : m["end"]] for m in mentions] == ["The Cyberiad", "Stanisław Lem"]
    assert mentions[0]["entity"]["id"] == "book-cyberiad"
    assert all(0 < m["probability"] <= 1 for m in mentions)


def test_an_unknown_item_is_a_404_that_names_it(shop: TestClient) -> None:
    answer = shop.get("/v1/items/absent/related")
    assert answer.status_code == 404
    assert "absent" in answer.json()["detail"]


def test_a_foreign_cursor_is_refused(shop: TestClient) -> None:
    answer = shop.get("/v1/items/book-solaris/related?cursor=nonsense")
    assert answer.status_code == 404
    assert "cursor" in answer.json()["detail"]


def test_an_attribute_is_a_filter(shop: TestClient) -> None:
    shop.put("/v1/items/film-solaris", json={**ITEMS[1], "attributes": {"format": "35 mm"}})
    answer = shop.get("/v1/items/book-solaris/related?attribute=format:35 mm").json()
    assert targets(answer) == ["film-solaris"]
    refused = shop.get("/v1/items/book-solaris/related?attribute=format")
    assert refused.status_code == 422


@pytest.mark.parametrize("option", ["kind", "language", "source", "attribute", "exclude"])
def test_a_filter_has_a_hundred_values_at_most(shop: TestClient, option: str) -> None:
    value = "a:b" if option == "attribute" else "de"
    path = "/v1/items/book-solaris/related"
    assert shop.get(path, params={option: [value] * 100}).status_code == 200
    refused = shop.get(path, params={option: [value] * 101})
    assert refused.status_code == 422
    assert refused.json()["detail"] == f"query.{option}: must have at most 100 items, not 101"


def test_ten_attributes_are_filtered_by_at_most(shop: TestClient) -> None:
    path, wanted = "/v1/items/book-solaris/related", [f"a{n}:x" for n in range(11)]
    assert shop.get(path, params={"attribute": wanted[:10]}).status_code == 200
    refused = shop.get(path, params={"attribute": wanted})
    assert refused.status_code == 422
    assert "at most 10 names of attributes, not 11" in refused.json()["detail"]


def test_options_travel_by_query_and_by_body_alike(shop: TestClient) -> None:
    options = {"kind": ["film", "book"], "fresh": 0.5, "diversity": 0.3, "limit": 2}
    got = shop.get("/v1/items/book-solaris/related", params=options).json()
    posted = shop.post("/v1/related", json={"id": "book-solaris", **options}).json()
    assert posted["links"] == got["links"]
    assert len(targets(got)) == 2


def test_each_question_of_a_batch_has_its_answer_or_its_error(shop: TestClient) -> None:
    questions = [
        {"id": "book-solaris", "kind": ["film"]},
        {"id": "absent"},
        {"text": "how to bake bread", "limit": 1},
        {"item": {"kind": "book", "title": "Return from the Stars", "url": "http://a.example"}},
        {"id": "book-solaris", "cursor": "nonsense"},
    ]
    answers = shop.post("/v1/related:batch", json={"questions": questions}).json()["answers"]
    assert targets(answers[0]) == ["film-solaris"]
    assert answers[1]["error"]["status"] == 404
    assert "absent" in answers[1]["error"]["detail"]
    assert targets(answers[2]) == ["book-baking"]
    assert "links" in answers[3]
    assert "cursor" in answers[4]["error"]["detail"]


def test_a_batch_names_the_field_that_is_wrong(shop: TestClient) -> None:
    answer = shop.post("/v1/related:batch", json={"questions": [{"text": "x", "limit": 1000}]})
    assert answer.status_code == 422
    assert any("limit" in fault["field"] for fault in answer.json()["errors"])


def test_one_link_is_explained_in_full(shop: TestClient) -> None:
    answer = shop.get("/v1/links/book-solaris/film-solaris").json()
    assert answer["served"]
    assert answer["position"] == 1
    assert answer["link"]["relation"] == "adaptation_of"
    assert {"named", "vector"} <= {evidence["type"] for evidence in answer["link"]["evidence"]}
    itself = shop.get("/v1/links/book-solaris/book-solaris").json()
    assert (itself["served"], itself["reason"]) == (False, "an item is not related to itself")


def test_ids_with_slashes_are_told_apart_when_escaped(shop: TestClient) -> None:
    for id_ in ("a/b", "b/c"):
        shop.put(f"/v1/items/{id_}", json={"kind": "book", "title": f"Ocean {id_}"})
    answer = shop.get("/v1/links/a%2Fb/b%2Fc").json()
    assert (answer["source"]["id"], answer["link"]["target"]["id"]) == ("a/b", "b/c")
    assert shop.get("/v1/links/a/b/b/c").status_code == 404


@pytest.mark.parametrize(
    ("query", "reason"),
    [({"kidn": "film"}, "did you mean `kind`?"), ({"published_after": "yesterday"}, "2024-05-31")],
)
def test_option_that_cannot_be_meant_is_refused_in_words(
    shop: TestClient, query: dict, reason: str
) -> None:
    refused = shop.get("/v1/items/book-solaris/related", params=query)
    assert refused.status_code == 422
    assert reason in refused.json()["detail"]


@pytest.mark.parametrize(
    "options",
    [
        {"source": "Cafe\u0301 au lait"},
        {"source": "Caf\xe9\u3000au lait"},
        {"attribute": "re\u0301gion:e\u0301t\xe9"},
    ],
)
def test_a_filter_passes_what_is_spelt_alike(shop: TestClient, options: dict[str, str]) -> None:
    film = {**ITEMS[1], "source": "Caf\xe9 au lait", "attributes": {"r\xe9gion": "\xe9t\xe9"}}
    shop.put("/v1/items/film-solaris", json=film).raise_for_status()
    answer = shop.get("/v1/items/book-solaris/related", params=options).json()
    assert targets(answer) == ["film-solaris"]


def test_what_is_excluded_and_explained_may_be_spelt_apart(shop: TestClient) -> None:
    shop.put("/v1/items/\xe9", json={"kind": "film", "title": "Solaris"}).raise_for_status()
    found = shop.get("/v1/items/book-solaris/related", params={"exclude": "e\u0301"}).json()
    assert "\xe9" not in targets(found)
    assert shop.get("/v1/links/book-solaris/e\u0301").json()["link"]["target"]["id"] == "\xe9"


MOMENTS = {"a": "2024-05-31T10:00:00+02:00", "b": "2023-12-31T23:30:00-05:00",
           "c": "2024-05-31T10:00:00Z", "d": "2024-05-31T10:00:00.500Z",
           "e": "2024-06-01T00:30:00+09:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("bound", "after"),
    [
        ("2024-05-31T10:00:00Z", "cde"),
        ("2024-05-31T16:00:00Z", ""),
        ("2024-01-01T00:00:00Z", "abcde"),
    ],
)
def test_what_is_published_after_a_moment_is_told_whatever_its_zone(
    shop: TestClient, bound: str, after: str
) -> None:
    for name, moment in MOMENTS.items():
        item = {"kind": "article", "title": f"Solaris by Lem {name}", "published_at": moment}
        shop.put(f"/v1/items/{name}", json=item).raise_for_status()
    options = {"published_after": bound}
    found = shop.get("/v1/items/book-solaris/related", params=options).json()
    assert set(targets(found)) == set(after)
