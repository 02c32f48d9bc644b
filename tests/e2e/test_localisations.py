"""A catalogue kept translated by real processes."""

from collections.abc import Callable
from typing import Any

from tests.e2e.conftest import Deployment
from tests.support import wait_until

BOOK = {"kind": "book", "title": "The sea", "text": "A good book.", "language": "en"}


def test_workers_translate_what_is_new_and_what_changes(
    deploy: Callable[..., Deployment],
) -> None:
    deployment = deploy(sweep_seconds="1")
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")

    def german() -> dict[str, Any]:
        return client.get("/v1/items/b1", params={"language": "de"}).raise_for_status().json()

    def wait_for_both_fields() -> None:
        wait_until(
            lambda: len(german()["localised"]["fields"]) == 2, 90, f"waited: {deployment.logs()}"
        )

    client.put("/v1/items/b1", json=BOOK).raise_for_status()
    client.put("/v1/localisations/de", json={}).raise_for_status()
    wait_for_both_fields()
    before = german()["text"]
    client.put("/v1/items/b1", json=BOOK | {"text": "A very long film."}).raise_for_status()
    assert german()["text"] == "A very long film."
    wait_for_both_fields()
    assert german()["text"] not in {before, "A very long film."}
