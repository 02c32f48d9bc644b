from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from linkage.works import groups
from workers.runtime import Runtime

DUNE = {"kind": "book", "title": "Dune", "creators": ["Frank Herbert"]}


@pytest.fixture
def follow(runtime: Runtime) -> Callable[[], int]:
    return lambda: groups.catch_up(runtime.database.transaction, "alpha", runtime.editions)


@pytest.fixture
def dune(client: TestClient, follow: Callable[[], int]) -> str:
    """The id of a work of two items, beside one of one."""
    client.put("/v1/items/dune", json=DUNE)
    client.put("/v1/items/dune-pb", json=DUNE | {"title": "Dune (Paperback)"})
    client.put("/v1/items/emma", json=DUNE | {"title": "Emma", "creators": ["Jane Austen"]})
    follow()
    found: str = client.get("/v1/works?item=dune").json()["works"][0]["id"]
    return found


def test_works_are_listed_the_largest_first(client: TestClient, dune: str) -> None:
    page = client.get("/v1/works?limit=1").json()
    assert page["works"] == [{"id": dune, "items": 2, "title": "Dune"}]
    rest = client.get("/v1/works", params={"cursor": page["next_cursor"]}).json()
    assert [work["title"] for work in rest["works"]] == ["Emma"]
    assert rest["next_cursor"] is None


def test_work_has_its_items(client: TestClient, dune: str) -> None:
    work = client.get(f"/v1/works/{dune}").json()
    assert [item["id"] for item in work["items"]] == ["dune", "dune-pb"]
    assert work["aliases"] == []


@pytest.mark.parametrize("path", ["/v1/works/none", "/v1/works?cursor=eJyLVkpSigUABJcB"])
def test_what_is_not_there_is_a_404(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_rebuilt_work_keeps_its_id(
    client: TestClient, dune: str, follow: Callable[[], int]
) -> None:
    assert client.post("/v1/admin/works:rebuild").status_code == 202
    assert follow() == 3
    assert client.get("/v1/works?item=dune-pb").json()["works"][0]["id"] == dune
