"""Files through the API: taken in, translated, fetched, deleted."""

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from translate import documents
from workers.runtime import Runtime

CATALOGUE = b'msgid "A good book."\nmsgstr ""\n'


def _upload(client: TestClient, name: str = "shop.po", data: bytes = CATALOGUE, **options: str):
    return client.post(
        "/v1/documents", files={"file": (name, data)}, params={"target": "de"} | options
    )


def _translate(runtime: Runtime, document_id: str) -> None:
    documents.run(runtime.database.transaction, runtime.translator, document_id)


def test_a_file_is_translated_and_fetched(client: TestClient, runtime: Runtime) -> None:
    made = _upload(client)
    assert made.status_code == 202
    path = made.headers["Location"]
    assert client.get(f"{path}/content").status_code == 409
    _translate(runtime, made.json()["id"])
    done = client.get(path).json()
    assert (done["state"], done["passages"]["total"]) == ("done", 1)
    content = client.get(f"{path}/content").text
    assert content.startswith('msgid "A good book."\nmsgstr "')
    assert 'msgstr ""' not in content


def test_a_faulty_file_fails_with_the_place(client: TestClient, runtime: Runtime) -> None:
    made = _upload(client, data=b"nonsense\n").json()
    _translate(runtime, made["id"])
    found = client.get(f"/v1/documents/{made['id']}").json()
    assert found["state"] == "failed"
    assert found["error"].startswith("line 1 ")


@pytest.mark.parametrize(("form", "status"), [({"target": "xx"}, 422), ({"glossary": "none"}, 404)])
def test_what_cannot_be_translated_is_refused_at_once(
    client: TestClient, form: dict[str, str], status: int
) -> None:
    assert _upload(client, **form).status_code == status


def test_only_chosen_columns_are_translated(client: TestClient, runtime: Runtime) -> None:
    made = _upload(client, "a.csv", b"id,name\nx,A good book.\n", column="name", source="en").json()
    _translate(runtime, made["id"])
    lines = client.get(f"/v1/documents/{made['id']}/content").text.splitlines()
    assert lines[0] == "id,name"
    assert lines[1].startswith("x,")
    assert lines[1] != "x,A good book."


def test_a_deleted_document_is_gone(client: TestClient) -> None:
    path = _upload(client).headers["Location"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_anothers_document_is_not_found(client: TestClient, make_client: MakeClient) -> None:
    path = _upload(client).headers["Location"]
    stranger = make_client("stranger")
    assert stranger.get(path).status_code == 404
    assert stranger.delete(path).status_code == 404


def test_a_file_of_an_unknown_suffix_is_refused_at_once(client: TestClient) -> None:
    refused = client.post("/v1/documents?target=de", files={"file": ("x.docx", b"x")})
    assert refused.status_code == 422
    assert ".html" in refused.json()["detail"]
