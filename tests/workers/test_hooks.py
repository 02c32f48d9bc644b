import pytest

from tests.web import Answer, WebServer
from translate.webhooks import Message
from workers.fetch import Outside
from workers.hooks import send


def message(url: str) -> Message:
    return Message("tj_1", url, {"Weft-Event": "ev_1", "Content-Type": "application/json"}, b"{}")


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (204, None), (302, "answered 302"), (410, "answered 410"), (500, "answered 500")],
)
def test_a_message_is_taken_by_a_2xx_and_by_nothing_else(status: int, error: str | None) -> None:
    with WebServer() as web:
        web.answers["/hook"] = Answer(b"", status)
        told = send(Outside(allow_private=True), message(f"{web.url}/hook"))
        assert (told is None) is (error is None)
        assert error is None or error in str(told)
        [asked] = web.asked
        assert (asked.method, asked.headers["Weft-Event"], asked.body) == ("POST", "ev_1", b"{}")


def test_a_private_address_is_not_told_anything() -> None:
    with WebServer() as web:
        assert send(Outside(), message(f"{web.url}/hook"))
        assert web.asked == []
