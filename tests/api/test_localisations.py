"""A catalogue's languages through the API, and items in them."""

from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from workers.localiser import localise_next
from workers.runtime import Runtime

BOOK = {"kind": "book", "title": "The sea", "text": "A good book.", "language": "en"}


def _work(runtime: Runtime) -> None:
    while step := localise_next(
        runtime.database, runtime.translator, "alpha", "de", encoder=runtime.settings.encoder
    ):
        if step.is_last:
            return


def test_an_item_is_served_in_a_language_that_is_followed(
    client: TestClient, runtime: Runtime
) -> None:
    client.put("/v1/items/b1", json=BOOK)
    followed = client.put("/v1/localisations/de-DE", json={})
    assert (followed.status_code, followed.json()["pending"]) == (202, 1)
    _work(runtime)
    [listed] = client.get("/v1/localisations").json()["localisations"]
    assert (listed["language"], listed["pending"]) == ("de", 0)
    assert sum(listed["texts"].values()) == 2
    german = client.get("/v1/items/b1", params={"language": "de"}).json()
    assert german["text"] not in {"", BOOK["text"]}
    assert german["localised"]["fields"]["text"]["source"] == "en"
    assert "localised" not in client.get("/v1/items/b1").json()


def test_a_changed_text_is_served_as_it_is_until_its_translation_follows(
    client: TestClient, runtime: Runtime
) -> None:
    client.put("/v1/items/b1", json=BOOK)
    client.put("/v1/localisations/de", json={})
    _work(runtime)
    client.put("/v1/items/b1", json=BOOK | {"text": "A very old book."})
    found = client.get("/v1/items/b1", params={"language": "de"}).json()
    assert found["text"] == "A very old book."
    assert found["localised"]["fields"].keys() == {"title"}
    _work(runtime)
    found = client.get("/v1/items/b1", params={"language": "de"}).json()
    assert found["localised"]["fields"].keys() == {"title", "text"}


def test_an_item_is_served_as_it_is_in_a_language_that_is_not_followed(client: TestClient) -> None:
    client.put("/v1/items/b1", json=BOOK)
    found = client.get("/v1/items/b1", params={"language": "fr"}).json()
    assert (found["title"], found["localised"]) == ("The sea", {"language": "fr", "fields": {}})


def test_only_the_chosen_fields_are_translated(client: TestClient, runtime: Runtime) -> None:
    client.put("/v1/items/b1", json=BOOK)
    client.put("/v1/localisations/de", json={"fields": ["text"]})
    _work(runtime)
    found = client.get("/v1/items/b1", params={"language": "de"}).json()
    assert found["localised"]["fields"].keys() == {"text"}


def test_a_language_no_model_knows_is_refused(client: TestClient) -> None:
    assert client.put("/v1/localisations/xx", json={}).status_code == 422


def test_a_language_that_is_left_has_no_texts_any_more(
    client: TestClient, runtime: Runtime, make_client: MakeClient
) -> None:
    client.put("/v1/items/b1", json=BOOK)
    client.put("/v1/localisations/de", json={})
    _work(runtime)
    assert make_client("stranger").delete("/v1/localisations/de").status_code == 404
    assert client.delete("/v1/localisations/de").status_code == 204
    assert client.delete("/v1/localisations/de").status_code == 404
    assert client.get("/v1/items/b1", params={"language": "de"}).json()["title"] == "The sea"
