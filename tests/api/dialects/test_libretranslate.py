"""LibreTranslate's dialect: shapes, error texts, and parameters from wherever they come."""

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import MakeClient

GREETING = {"q": "A good book.", "source": "en", "target": "de"}


@pytest.fixture
def keyless(make_client: MakeClient) -> TestClient:
    client = make_client()
    client.key = client.headers.pop("Authorization").removeprefix("Bearer ")
    return client


@pytest.mark.parametrize("place", ["json", "data", "params"])
def test_parameters_come_as_json_as_a_form_or_in_the_query_string(
    keyless: TestClient, place: str
) -> None:
    answer = keyless.post("/translate", **{place: GREETING | {"api_key": keyless.key}})
    assert answer.status_code == 200
    assert isinstance(answer.json()["translatedText"], str)


def test_a_list_is_answered_with_a_list_in_its_order(client: TestClient) -> None:
    answer = client.post("/translate", json=GREETING | {"q": ["42", "A good book."]}).json()
    alone = client.post("/translate", json=GREETING).json()["translatedText"]
    assert answer["translatedText"] == ["42", alone]


def test_auto_tells_the_language_of_each_text_of_a_list(client: TestClient) -> None:
    texts = ["The delivery was late and the box was damaged.",
             "Das Buch ist spannend und sehr gut geschrieben."]  # fmt: skip
    answer = client.post("/translate", json={"q": texts, "source": "auto", "target": "fr"}).json()
    assert [each["language"] for each in answer["detectedLanguage"]] == ["en", "de"]


def test_text_without_a_language_comes_back_as_it_is(client: TestClient) -> None:
    answer = client.post("/translate", json={"q": "12 34", "source": "auto", "target": "de"})
    assert answer.json()["translatedText"] == "12 34"
    assert answer.json()["detectedLanguage"] == {"confidence": 0.0, "language": "en"}


def test_escaped_markup_of_html_stays_escaped(client: TestClient) -> None:
    text = "<p>A good book. &lt;script&gt;</p>"
    answer = client.post("/translate", json=GREETING | {"q": text, "format": "html"}).json()
    assert "<script>" not in answer["translatedText"]
    assert answer["translatedText"].startswith("<p>")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": ""}, "Invalid request: missing q parameter"),
        ({"q": None}, "Invalid request: missing q parameter"),
        ({"source": ""}, "Invalid request: missing source parameter"),
        ({"target": ""}, "Invalid request: missing target parameter"),
        ({"target": "zz"}, "zz is not supported"),
        ({"source": "zz"}, "zz is not supported"),
        ({"format": "pdf"}, "pdf format is not supported"),
        ({"alternatives": 10_000}, "Invalid request: alternatives parameter must be <= 5"),
        ({"alternatives": "many"}, "Invalid request: alternatives parameter is not a number"),
        ({"q": ["a"] * 101}, "Invalid request: request (101) exceeds text limit (100)"),
        ({"q": "a" * 20_001}, "Invalid request: request (20001) exceeds text limit (20000)"),
    ],
)
def test_faults_are_told_in_libretranslates_words(
    client: TestClient, change: dict[str, object], message: str
) -> None:
    answer = client.post("/translate", json=GREETING | change)
    assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_a_body_that_is_no_json_object_is_told(client: TestClient) -> None:
    for body in ("[]", "{", "null"):
        answer = client.post(
            "/translate", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid JSON format"})


def test_a_missing_key_is_400_and_a_wrong_one_403(keyless: TestClient) -> None:
    missing = keyless.post("/translate", data=GREETING)
    wrong = keyless.post("/translate", data=GREETING | {"api_key": "weft_0_no"})
    assert (missing.status_code, wrong.status_code) == (400, 403)
    assert wrong.json() == {"error": "Invalid API key"}


def test_languages_need_no_key_and_name_what_each_can_be_translated_into(
    keyless: TestClient,
) -> None:
    found = {each["code"]: each for each in keyless.get("/languages").json()}
    assert found["en"]["name"] == "English"
    assert "de" in found["en"]["targets"]


def test_detection_gives_percentages_the_likeliest_first(client: TestClient) -> None:
    found = client.post("/detect", json={"q": "Das ist ein sehr schönes Buch."}).json()
    assert found[0]["language"] == "de"
    assert 50 < found[0]["confidence"] <= 100


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/detect"), ("POST", "/languages"), ("POST", "/spec")]
)
def test_a_wrong_method_is_405(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 405


def test_the_spec_describes_this_dialect_alone(keyless: TestClient) -> None:
    paths = keyless.get("/spec").json()["paths"]
    assert "/translate" in paths
    assert not any(path.startswith("/v1") for path in paths)


def test_any_page_may_ask(keyless: TestClient) -> None:
    answer = keyless.get("/languages", headers={"Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["q", "source", "target", "format", "alternatives"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers()),
    )
)
def test_no_parameters_whatever_make_a_server_error(
    client: TestClient, parameters: dict[str, object]
) -> None:
    answer = client.post("/translate", json=parameters)
    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or answer.json()["error"]


def test_a_file_is_translated_and_downloaded(keyless: TestClient) -> None:
    answer = keyless.post(
        "/translate_file",
        files={"file": ("a.txt", b"A good book.")},
        data={"source": "en", "target": "de", "api_key": keyless.key},
    )
    url = answer.json()["translatedFileUrl"]
    fetched = keyless.get(url)
    assert fetched.status_code == 200
    assert fetched.content not in {b"", b"A good book."}
    assert "a.txt" in fetched.headers["Content-Disposition"]


def test_a_file_of_an_unknown_kind_is_refused(client: TestClient) -> None:
    answer = client.post(
        "/translate_file",
        files={"file": ("a.docx", b"x")},
        data={"source": "en", "target": "de"},
    )
    assert answer.json() == {"error": "Invalid request: file format not supported"}
    assert client.get("/download_file/doc_none.txt").status_code == 404


@pytest.mark.parametrize("place", ["json", "data", "params"])
def test_a_suggestion_waits_in_the_memory_as_a_proposal(keyless: TestClient, place: str) -> None:
    suggestion = {"q": "A good book.", "s": "Was für ein Buch!", "source": "en", "target": "de"}
    before = keyless.post("/translate", json=GREETING | {"api_key": keyless.key}).json()
    answer = keyless.post("/suggest", **{place: suggestion | {"api_key": keyless.key}})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert keyless.post("/translate", json=GREETING | {"api_key": keyless.key}).json() == before
    bearer = {"Authorization": f"Bearer {keyless.key}"}
    [unit] = keyless.get("/v1/memories/units", headers=bearer).json()["units"]
    assert (unit["domain"], unit["is_correction"]) == ("suggestions", False)
    asked = {"text": "A good book.", "source": "en", "target": "de"}
    usual = keyless.post("/v1/translations", json=asked, headers=bearer).json()
    wanted = keyless.post(
        "/v1/translations", json=asked | {"domain": "suggestions"}, headers=bearer
    ).json()
    assert usual["translations"][0]["memory"] is None
    assert wanted["translations"][0]["text"] == "Was für ein Buch!"


@pytest.mark.parametrize("name", ["q", "s", "source", "target"])
def test_a_suggestion_lacks_nothing(client: TestClient, name: str) -> None:
    suggestion = {"q": "A book.", "s": "Ein Buch.", "source": "en", "target": "de"}
    answer = client.post("/suggest", json=suggestion | {name: ""})
    assert answer.status_code == 400
    assert answer.json() == {"error": f"Invalid request: missing {name} parameter"}
