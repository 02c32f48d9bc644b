"""Reconciliation as PyPI's `reconciler` and as OpenRefine ask for it, against a running server."""

import json

import httpx
import pytest
from pandas import DataFrame
from reconciler import reconcile

from tests.e2e.clients.conftest import Server

BOOKS = [
    {"id": "lem-solaris", "kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"],
     "published_at": "1961"},
    {"id": "austen-emma", "kind": "book", "title": "Emma", "creators": ["Jane Austen"],
     "published_at": "1815"},
]  # fmt: skip


@pytest.fixture(scope="module")
def endpoint(server: Server) -> str:
    """The address that a person enters, over two books."""
    lines = "\n".join(map(json.dumps, BOOKS))
    headers = {"Authorization": f"Bearer {server.key}"}
    httpx.post(f"{server.url}/v1/items:batch", content=lines, headers=headers).raise_for_status()
    return f"{server.url}/reconcile?key={server.key}"


# it uses what pandas will take away
@pytest.mark.filterwarnings("ignore::pandas.errors.PandasDeprecationWarning")
def test_reconciler_matches_a_column(endpoint: str) -> None:
    rows = DataFrame({"title": ["Solaris", "Emma"], "author": ["Stanisław Lem", "Jane Austen"]})
    found = reconcile(
        rows["title"],
        type_id="book",
        property_mapping={"creator": rows["author"]},
        reconciliation_endpoint=endpoint,
    ).set_index("input_value")
    assert list(found.loc[["Solaris", "Emma"], "id"]) == ["lem-solaris", "austen-emma"]
    assert found["match"].all()


def test_openrefine_reconciles_previews_and_adds_columns(endpoint: str) -> None:
    manifest = httpx.get(endpoint).json()
    query = {"query": "Solaris", "type": "book", "type_strict": "should", "limit": 6,
             "properties": [{"pid": "creator", "v": "Stanisław Lem"}]}  # fmt: skip
    answer = httpx.post(endpoint, data={"queries": json.dumps({"q0": query})}).json()
    best = answer["q0"]["result"][0]
    assert (best["id"], best["match"]) == ("lem-solaris", True)
    preview = httpx.get(manifest["preview"]["url"].replace("{{id}}", best["id"]))
    assert "Solaris" in preview.text
    propose = manifest["extend"]["propose_properties"]
    proposed = httpx.get(f"{propose['service_url']}{propose['service_path']}&type=book").json()
    wanted = {"ids": [best["id"]], "properties": proposed["properties"][:2]}
    extended = httpx.post(endpoint, data={"extend": json.dumps(wanted)}).json()
    assert extended["rows"][best["id"]]["year"] == [{"int": 1961}]
