from fastapi.testclient import TestClient

from translate import chunks
from workers.runtime import Runtime

PAIR = {"source": "en", "target": "de"}
SHOP = {"name": "shop", "dictionaries": [PAIR | {"terms": {"book": "Werk"}}]}


def terms(client: TestClient) -> dict[str, str]:
    found: dict[str, str] = client.get("/v1/glossaries/shop/terms", params=PAIR).json()["terms"]
    return found


def test_a_glossary_is_made_listed_renamed_and_deleted(client: TestClient) -> None:
    made = client.post("/v1/glossaries", json=SHOP)
    assert made.status_code == 201
    assert made.json()["dictionaries"] == [PAIR | {"terms": 1}]
    assert client.get(made.headers["Location"]).json() == made.json()
    assert client.get("/v1/glossaries").json()["glossaries"] == [made.json()]
    assert client.post("/v1/glossaries", json=SHOP).status_code == 409
    assert client.patch("/v1/glossaries/shop", json={"name": "store"}).json()["name"] == "store"
    assert client.delete("/v1/glossaries/store").status_code == 204
    assert client.get("/v1/glossaries/store").status_code == 404


def test_terms_are_replaced_and_removed_by_language_pair(client: TestClient) -> None:
    client.post("/v1/glossaries", json=SHOP)
    body = {"terms": {"film": "Film", "page": "Seite"}}
    put = client.put("/v1/glossaries/shop/terms", params=PAIR, json=body)
    assert (put.status_code, put.json()["version"]) == (200, 2)
    assert terms(client) == body["terms"]
    assert client.delete("/v1/glossaries/shop/terms", params=PAIR).status_code == 204
    assert client.get("/v1/glossaries/shop/terms", params=PAIR).status_code == 404


def test_a_file_of_terms_is_merged_and_its_bad_rows_are_listed(client: TestClient) -> None:
    client.post("/v1/glossaries", json=SHOP)
    refused = client.post(
        "/v1/glossaries/shop/terms:import", params=PAIR | {"format": "tsv"},
        content="book\tBand\nfilm\npage\tSeite\n",
    ).json()  # fmt: skip
    assert (refused["created"], refused["updated"], refused["failed"]) == (1, 1, 1)
    [error] = refused["errors"]
    assert (error["place"], error["id"]) == ("line 2", None)
    assert error["reason"].startswith("has 1 columns between tabs, not source and target; ")
    exported = client.get("/v1/glossaries/shop/terms:export", params=PAIR | {"format": "tsv"})
    assert exported.text == "book\tBand\npage\tSeite\n"
    assert exported.headers["Content-Type"].startswith("text/tab-separated-values")


def test_a_translation_lists_the_terms_it_used_and_can_be_given_plain_too(
    client: TestClient,
) -> None:
    client.post("/v1/glossaries", json=SHOP)
    body = PAIR | {"texts": ["The books are good.", "Hello."], "glossary": "shop", "plain": True}
    first, second = client.post("/v1/translations", json=body).json()["translations"]
    assert "Werk" in first["text"]
    assert first["glossary_terms"] == [{"source": "books", "target": "Werk"}]
    assert "Werk" not in first["plain_text"]
    assert (second["glossary_terms"], second["plain_text"]) == ([], None)
    missing = client.post("/v1/translations", json=body | {"glossary": "none"})
    assert missing.status_code == 404


def test_a_job_uses_its_glossary_and_fails_item_by_item_once_it_is_gone(
    client: TestClient, runtime: Runtime
) -> None:
    client.post("/v1/glossaries", json=SHOP)
    body = {"items": [{"id": "a", "text": "The book is good.", "source": "en"}],
            "targets": ["de"], "glossary": "shop"}  # fmt: skip
    first, second = (client.post("/v1/translation-jobs", json=body).json()["id"] for _ in "12")
    transaction = runtime.database.transaction
    assert chunks.run_next(transaction, runtime.translator, first, lease=60)
    assert "Werk" in client.get(f"/v1/translation-jobs/{first}/results").json()["text"]
    client.delete("/v1/glossaries/shop")
    assert not chunks.run_next(transaction, runtime.translator, second, lease=60)
    result = client.get(f"/v1/translation-jobs/{second}/results").json()
    assert result["status"] == "failed"
    assert "no glossary" in result["reason"]
