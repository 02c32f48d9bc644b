import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def shop(client: TestClient) -> TestClient:
    for id_ in ("a", "b"):
        client.put(f"/v1/items/{id_}", json={"kind": "book", "title": f"Title {id_}"})
    return client


def event(id_: str, action: str = "click", **more: object) -> dict[str, object]:
    return {"id": id_, "action": action, "source": "a", "target": "b", **more}


def test_feedback_sent_again_counts_once(shop: TestClient) -> None:
    events = {"events": [event("1", "impression", position=1), event("2", position=1)]}
    first = shop.post("/v1/feedback", json=events).json()
    assert first == {"counted": 2, "repeated": 0, "unknown": []}
    assert shop.post("/v1/feedback", json=events).json()["repeated"] == 2


def test_an_event_about_an_unknown_item_is_told_and_fails_no_other(shop: TestClient) -> None:
    events = {"events": [event("1", target="absent"), event("2")]}
    answer = shop.post("/v1/feedback", json=events).json()
    assert answer == {"counted": 1, "repeated": 0, "unknown": [{"index": 0, "id": "1"}]}


@pytest.mark.parametrize(
    "events",
    [
        [],
        [event("1", "impression")],
        [event("1", "applause")],
        [event("1", position=0)],
        [event("1", position="1")],
        [event("1", at=0)],
        [event(str(n)) for n in range(1001)],
    ],
)
def test_a_faulty_event_is_refused(shop: TestClient, events: list[dict[str, object]]) -> None:
    assert shop.post("/v1/feedback", json={"events": events}).status_code == 422


def test_the_time_of_an_event_may_be_any(shop: TestClient) -> None:
    times = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"]
    events = {"events": [event(at, at=at) for at in times]}
    assert shop.post("/v1/feedback", json=events).json()["counted"] == 3
