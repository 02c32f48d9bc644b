"""A reindex under fire: every request is answered, before, during and after the swap."""

import threading
from collections.abc import Callable
from typing import Any

from api.schemas.items import ItemOut
from linkage.sample import sample_items
from tests.e2e.conftest import Deployment
from tests.support import wait_until

Deploy = Callable[..., Deployment]


def load_sample(client) -> None:
    lines = "\n".join(ItemOut.of(item).model_dump_json() for item in sample_items())
    summary = client.post("/v1/items:batch", content=lines).raise_for_status().json()
    assert summary["failed"] == 0, summary
    assert summary["created"] > 300


def reindex(client, **options: str) -> str:
    build_id = client.post("/v1/admin/reindex", json=options).raise_for_status().json()["id"]

    def is_live() -> bool:
        build = client.get(f"/v1/admin/builds/{build_id}").raise_for_status().json()
        assert build["state"] not in {"failed", "rejected"}, build
        return build["state"] == "live"

    wait_until(is_live, 120, "the build did not go live")
    return build_id


def answering(client) -> str | None:
    answer = client.get("/v1/items/book-dune/related").raise_for_status().json()
    return (answer["index"] or {}).get("build")


def test_a_running_api_serves_every_request_while_indexes_are_swapped(deploy: Deploy) -> None:
    deployment = deploy()
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    load_sample(client)
    first = reindex(client)
    wait_until(lambda: answering(client) == first, 5, "the first build never answered")
    faults, builds, stop = [], set(), threading.Event()

    def fire() -> None:
        with deployment.client() as own:
            while not stop.is_set():
                answer = own.get("/v1/items/book-dune/related?limit=5")
                if answer.is_error or len(answer.json()["links"]) != 5:
                    faults.append(answer.text)
                builds.add((answer.json().get("index") or {}).get("build"))

    threads = [threading.Thread(target=fire) for _ in range(3)]
    for thread in threads:
        thread.start()
    second, third = reindex(client), reindex(client)
    wait_until(lambda: third in builds, 20, "the third build never answered")
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults, faults[:3]
    assert {first, third} <= builds <= {first, second, third}


def test_a_new_item_is_found_and_a_deleted_one_gone_without_a_reindex(deploy: Deploy) -> None:
    deployment = deploy()
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    load_sample(client)
    reindex(client)
    fresh = {
        "kind": "article",
        "title": "Why Dune still matters",
        "text": "Frank Herbert's Dune, the novel of the desert planet Arrakis, read anew.",
        "source": "feed:test",
    }

    def is_related() -> bool:
        answer = client.get("/v1/items/book-dune/related?source=feed:test").raise_for_status()
        return "fresh-1" in [link["target"]["id"] for link in answer.json()["links"]]

    client.put("/v1/items/fresh-1", json=fresh).raise_for_status()
    wait_until(is_related, 2, "not found within 2 s")
    client.delete("/v1/items/fresh-1").raise_for_status()
    assert not is_related()


def test_links_of_a_catalogue_without_an_index_come_within_seconds_and_say_why(
    deploy: Deploy,
) -> None:
    deployment = deploy()
    client = deployment.serve()
    load_sample(client)

    def links() -> list[dict[str, Any]]:
        answer = client.get("/v1/items/book-dune/related?limit=20").raise_for_status()
        return answer.json()["links"]

    wait_until(lambda: len(links()) > 5, 2, "no links within 2 s")
    assert all(link["evidence"] for link in links())
    assert any(link["relation"] == "adaptation_of" for link in links())
