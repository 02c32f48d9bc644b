"""DeepL's dialect: shapes, keys, codes and errors."""

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from translate import documents
from workers.runtime import Runtime

GREETING = {"text": ["A good book."], "target_lang": "DE"}


@pytest.fixture
def deepl(make_client: MakeClient) -> TestClient:
    client = make_client()
    key = client.headers["Authorization"].removeprefix("Bearer ")
    client.headers["Authorization"] = f"DeepL-Auth-Key {key}"
    return client


def test_texts_come_as_json_or_as_repeated_fields_of_a_form(deepl: TestClient) -> None:
    texts = ["A good book.", "42"]
    by_json = deepl.post("/v2/translate", json=GREETING | {"text": texts}).json()
    by_form = deepl.post("/v2/translate", data=GREETING | {"text": texts}).json()
    assert by_json == by_form
    assert by_json["translations"][1]["text"] == "42"
    assert by_json["translations"][0]["detected_source_language"] == "EN"


def test_billed_characters_are_the_sources_and_only_shown_when_asked_for(
    deepl: TestClient,
) -> None:
    shown = deepl.post("/v2/translate", json=GREETING | {"show_billed_characters": True}).json()
    silent = deepl.post("/v2/translate", json=GREETING).json()
    assert shown["translations"][0]["billed_characters"] == len("A good book.")
    assert "billed_characters" not in silent["translations"][0]


def test_every_answer_carries_a_trace_id(deepl: TestClient) -> None:
    good = deepl.post("/v2/translate", json=GREETING)
    bad = deepl.post("/v2/translate", json={})
    assert good.headers["X-Trace-ID"] == good.headers["X-Request-ID"]
    assert bad.headers["X-Trace-ID"]


@pytest.mark.parametrize("header", ["", "DeepL-Auth-Key", "DeepL-Auth-Key weft_0_no", "Basic x"])
def test_trouble_with_the_key_is_403(deepl: TestClient, header: str) -> None:
    deepl.headers["Authorization"] = header
    answer = deepl.post("/v2/translate", json=GREETING)
    assert answer.status_code == 403
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_lang": "XX"}, "Value for 'target_lang' not supported."),
        ({"source_lang": "XX"}, "Value for 'source_lang' not supported."),
        ({"formality": "more"}, "'formality' is not supported for given 'target_lang'."),
        ({"text": None}, "Value for 'text' not supported"),
        ({"tag_handling": "pdf"}, "Value for 'tag_handling' not supported"),
        ({"style_id": "x"}, "style rules"),
    ],
)
def test_what_cannot_be_done_is_refused_in_deepls_shape(
    deepl: TestClient, change: dict[str, object], message: str
) -> None:
    answer = deepl.post("/v2/translate", json=GREETING | change)
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_a_missing_parameter_is_named(deepl: TestClient) -> None:
    answer = deepl.post("/v2/translate", json={"target_lang": "DE"})
    assert answer.json() == {"message": "Parameter 'text' not specified."}


def test_preferred_formality_changes_nothing(deepl: TestClient) -> None:
    answer = deepl.post("/v2/translate", json=GREETING | {"formality": "prefer_more"})
    assert answer.status_code == 200


@pytest.mark.parametrize("place", ["query", "body"])
def test_target_languages_name_regional_variants(deepl: TestClient, place: str) -> None:
    parameters = {"params": {"type": "target"}} if place == "query" else {
        "content": "type=target", "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }  # fmt: skip
    targets = {
        each["language"] for each in deepl.request("GET", "/v2/languages", **parameters).json()
    }
    sources = {each["language"] for each in deepl.get("/v2/languages").json()}
    assert {"EN-GB", "EN-US", "DE"} <= targets
    assert "EN" in sources - targets


def test_writing_and_style_rules_are_refused(deepl: TestClient) -> None:
    for method, path in (("POST", "/v2/write/rephrase"), ("GET", "/v3/style_rules")):
        answer = deepl.request(method, path)
        assert answer.status_code == 404
        assert "This server" in answer.json()["message"]


def test_ignored_tags_keep_their_content(deepl: TestClient) -> None:
    text = "A good book <sku>in the blue</sku> box."
    answer = deepl.post(
        "/v2/translate",
        json=GREETING | {"text": [text], "tag_handling": "xml", "ignore_tags": "sku,code"},
    )
    assert "<sku>in the blue</sku>" in answer.json()["translations"][0]["text"]


TERMS = {
    "name": "trade", "source_lang": "EN", "target_lang": "DE",
    "entries": "hardcover\tHardcoverausgabe\npaperback\tTaschenbuch", "entries_format": "tsv",
}  # fmt: skip


def test_a_glossary_is_made_listed_read_applied_and_deleted(deepl: TestClient) -> None:
    made = deepl.post("/v2/glossaries", json=TERMS)
    assert made.status_code == 201
    glossary = made.json()
    assert (glossary["ready"], glossary["entry_count"]) == (True, 2)
    assert deepl.get("/v2/glossaries").json()["glossaries"] == [glossary]
    path = f"/v2/glossaries/{glossary['glossary_id']}"
    assert deepl.get(path).json() == glossary
    assert deepl.get(f"{path}/entries").text == TERMS["entries"]
    answer = deepl.post(
        "/v2/translate",
        json={
            "text": ["The hardcover is good."], "source_lang": "EN", "target_lang": "DE",
            "glossary_id": glossary["glossary_id"],
        },
    )  # fmt: skip
    assert "Hardcoverausgabe" in answer.json()["translations"][0]["text"]
    assert deepl.delete(path).status_code == 204
    assert deepl.get(path).status_code == 404


def test_a_faulty_table_of_terms_is_refused_with_its_line(deepl: TestClient) -> None:
    answer = deepl.post("/v2/glossaries", json=TERMS | {"entries": "a\tb\nc"})
    assert answer.status_code == 400
    assert "line 2" in answer.json()["message"]


def test_a_multilingual_glossary_gains_changes_and_loses_dictionaries(deepl: TestClient) -> None:
    pair = {key: TERMS[key] for key in ("source_lang", "target_lang", "entries", "entries_format")}
    made = deepl.post("/v3/glossaries", json={"name": "all", "dictionaries": [pair]}).json()
    path = f"/v3/glossaries/{made['glossary_id']}"
    french = pair | {"target_lang": "FR", "entries": "paperback,poche", "entries_format": "csv"}
    put = deepl.put(f"{path}/dictionaries", json=french)
    assert put.json() == {"source_lang": "en", "target_lang": "fr", "entry_count": 1}
    changed = deepl.patch(
        path, json={"name": "new", "dictionaries": [french | {"entries": "novel,roman"}]}
    ).json()
    assert changed["name"] == "new"
    assert [each["entry_count"] for each in changed["dictionaries"]] == [2, 2]
    query = {"source_lang": "en", "target_lang": "fr"}
    [entries] = deepl.get(f"{path}/entries", params=query).json()["dictionaries"]
    assert entries["entries"] == "novel\troman\npaperback\tpoche"
    assert deepl.delete(f"{path}/dictionaries", params=query).status_code == 204
    assert len(deepl.get(path).json()["dictionaries"]) == 1


def test_anothers_glossary_is_not_found(deepl: TestClient, make_client: MakeClient) -> None:
    glossary = deepl.post("/v2/glossaries", json=TERMS).json()["glossary_id"]
    stranger = make_client("stranger")
    assert stranger.get(f"/v2/glossaries/{glossary}").status_code == 404
    assert stranger.get("/v3/glossaries").json() == {"glossaries": []}
    answer = stranger.post("/v2/translate", json=GREETING | {"glossary_id": glossary})
    assert answer.status_code == 404


def test_a_document_is_uploaded_and_fetched_once(deepl: TestClient, runtime: Runtime) -> None:
    handle = deepl.post(
        "/v2/document", files={"file": ("a.txt", b"A good book.")}, data={"target_lang": "DE"}
    ).json()
    path, key = f"/v2/document/{handle['document_id']}", {"document_key": handle["document_key"]}
    assert deepl.post(path, json=key).json()["status"] == "queued"
    assert deepl.post(f"{path}/result", json=key).status_code == 503
    documents.run(runtime.database.transaction, runtime.translator, handle["document_id"])
    done = deepl.post(path, json=key).json()
    assert (done["status"], done["billed_characters"]) == ("done", len("A good book."))
    assert deepl.post(path, json={"document_key": "wrong"}).status_code == 404
    assert deepl.post(f"{path}/result", data=key).content
    assert deepl.post(f"{path}/result", json=key).status_code == 404


def _remember(client: TestClient, tuid: str, text: str, domain: str) -> None:
    unit = {"source": "en", "target": "de", "text": text, "translation": "Gelesen.",
            "domain": domain}  # fmt: skip
    key = client.headers["Authorization"].replace("DeepL-Auth-Key", "Bearer")
    client.put(f"/v1/memories/units/{tuid}", json=unit, headers={"Authorization": key})


def test_memories_are_listed_by_language_and_domain_a_page_at_a_time(deepl: TestClient) -> None:
    _remember(deepl, "1", "A good book.", "")
    _remember(deepl, "2", "A good film.", "films")
    everything = deepl.get("/v3/translation_memories").json()
    assert [each["name"] for each in everything["translation_memories"]] == ["default", "films"]
    second = deepl.get("/v3/translation_memories", params={"page": 1, "page_size": 1}).json()
    assert second["translation_memories"] == everything["translation_memories"][1:]
    assert second["total_count"] == 2


def test_segments_of_a_memory_come_a_page_at_a_time(deepl: TestClient) -> None:
    for number in range(3):
        _remember(deepl, str(number), f"Book number {number}.", "")
    [memory] = deepl.get("/v3/translation_memories").json()["translation_memories"]
    path = f"/v3/translation_memories/{memory['translation_memory_id']}/segments"
    first = deepl.get(path, params={"page_size": 2}).json()
    last = deepl.get(path, params={"page_cursor": first["next_page_cursor"]}).json()
    assert (len(first["segments"]), len(last["segments"])) == (2, 1)
    assert "next_page_cursor" not in last


def test_a_memory_serves_texts_as_alike_as_the_threshold_says(deepl: TestClient) -> None:
    _remember(deepl, "1", "A very good book about the sea.", "sea")
    [memory] = deepl.get("/v3/translation_memories").json()["translation_memories"]
    asked = GREETING | {
        "text": ["A very good film about the sea."],
        "source_lang": "EN", "translation_memory_id": memory["translation_memory_id"],
    }  # fmt: skip
    texts = [
        deepl.post("/v2/translate", json=asked | {"translation_memory_threshold": percent}).json()[
            "translations"
        ][0]["text"]
        for percent in (70, 99)
    ]
    assert texts[0] == "Gelesen."
    assert texts[1] != "Gelesen."


def test_memories_of_others_are_not_found(deepl: TestClient, make_client: MakeClient) -> None:
    _remember(deepl, "1", "A good book.", "")
    [memory] = deepl.get("/v3/translation_memories").json()["translation_memories"]
    path = f"/v3/translation_memories/{memory['translation_memory_id']}"
    other = make_client("other")
    assert other.get("/v3/translation_memories").json()["translation_memories"] == []
    assert [other.get(path).status_code, other.delete(path).status_code] == [404, 404]
    assert deepl.delete(path).status_code == 204
    assert deepl.get(path).json()["message"].startswith("There is no translation memory")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_usage_without_a_quota_has_deepls_limit_of_the_unlimited(
    deepl: TestClient, method: str
) -> None:
    deepl.post("/v2/translate", json=GREETING)
    answer = deepl.request(method, "/v2/usage").json()
    assert answer == {"character_count": len("A good book."), "character_limit": 10**12}


def test_a_used_up_quota_is_456_and_translates_nothing(deepl: TestClient) -> None:
    [key] = deepl.get("/v1/usage/keys", headers=_bearer(deepl)).json()["keys"]
    quota = {"characters": 20}
    deepl.put(f"/v1/usage/keys/{key['key_id']}", json=quota, headers=_bearer(deepl))
    assert deepl.post("/v2/translate", json=GREETING).status_code == 200
    refused = deepl.post("/v2/translate", json=GREETING)
    assert refused.status_code == 456
    assert "20 characters" in refused.json()["message"]
    assert deepl.get("/v2/usage").json() == {"character_count": 12, "character_limit": 20}


def _bearer(deepl: TestClient) -> dict[str, str]:
    key = deepl.headers["Authorization"].removeprefix("DeepL-Auth-Key ")
    return {"Authorization": f"Bearer {key}"}
