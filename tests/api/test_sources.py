import pytest
from fastapi.testclient import TestClient

from linkage.web.polling import poll_next
from tests.web import WebServer
from workers.fetch import Fetcher, Outside
from workers.runtime import Runtime

FEED = """<rss version="2.0"><channel><title>t</title>
<item><title>One</title><link>http://e.example/1</link></item></channel></rss>"""


def poll(runtime: Runtime) -> None:
    fetcher = Fetcher(Outside(allow_private=True))
    while poll_next(runtime.database.transaction, fetcher, agent="Weft", delay=0):
        pass


def test_source_is_added_polled_shown_and_removed(
    client: TestClient, runtime: Runtime, web: WebServer
) -> None:
    web.put("/feed", FEED)
    body = {"kind": "feed", "url": f"{web.url}/feed", "every_seconds": 600, "source": "e"}
    added = client.post("/v1/sources", json=body)
    assert added.status_code == 201
    source = added.json()
    assert (source["state"], source["fetched_at"]) == ("waiting", None)
    poll(runtime)
    source = client.get(f"/v1/sources/{source['id']}").json()
    assert (source["state"], source["created"], source["error"]) == ("ok", 1, None)
    assert client.get("/v1/items/e:http://e.example/1").json()["title"] == "One"
    assert client.post("/v1/sources", json=body).status_code == 200
    assert client.post(f"/v1/sources/{source['id']}/run").status_code == 202
    removed = client.delete(f"/v1/sources/{source['id']}")
    assert removed.json() == {"items_removed": 1}
    assert client.get(f"/v1/sources/{source['id']}").status_code == 404
    assert client.get("/v1/items").json()["items"] == []


def test_source_that_fails_tells_why(client: TestClient, runtime: Runtime, web: WebServer) -> None:
    web.put("/feed", "<html>no feed</html>")
    client.post("/v1/sources", json={"kind": "feed", "url": f"{web.url}/feed"})
    poll(runtime)
    (source,) = client.get("/v1/sources").json()["sources"]
    assert source["state"] == "failing"
    assert "not a feed" in source["error"]


def test_private_address_is_refused_when_it_is_fetched(
    client: TestClient, runtime: Runtime, web: WebServer
) -> None:
    client.post("/v1/sources", json={"kind": "page", "url": f"{web.url}/"})
    while poll_next(runtime.database.transaction, runtime.fetcher, agent="Weft", delay=0):
        pass
    (source,) = client.get("/v1/sources").json()["sources"]
    assert "WEFT_FETCH_PRIVATE" in source["error"]
    assert not web.asked


def test_sources_are_listed_oldest_first_a_page_at_a_time(client: TestClient) -> None:
    made = [
        client.post("/v1/sources", json={"kind": "page", "url": f"https://e.example/{n}"}).json()
        for n in range(3)
    ]
    first = client.get("/v1/sources?limit=2").json()
    rest = client.get("/v1/sources", params={"cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["sources"] + rest["sources"]] == [e["id"] for e in made]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"url": "ftp://e.example/"}, "url"), ({"kind": "gopher"}, "kind"),
     ({"every_seconds": 5}, "every_seconds"), ({"keep_days": 0}, "keep_days"),
     ({"often": True}, "often")],
)  # fmt: skip
def test_bad_field_is_named(client: TestClient, change: dict, field: str) -> None:
    body = {"kind": "feed", "url": "https://e.example/feed"} | change
    answer = client.post("/v1/sources", json=body)
    assert answer.status_code == 422
    assert field in answer.text
