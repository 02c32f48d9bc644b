import gzip
import socket
import threading
import time
import zlib

import pytest

from tests.web import Answer, WebServer
from workers import addresses
from workers.fetch import Fetcher, FetchError, Outside, RefusedError


@pytest.fixture
def outside() -> Outside:
    return Outside(allow_private=True, seconds=5, max_bytes=100_000)


def test_an_answer_has_status_headers_and_body(web: WebServer, outside: Outside) -> None:
    web.put("/a", b"hello", "text/plain", headers={"ETag": '"v1"'})
    answer = outside.request("GET", f"{web.url}/a", headers={"X-Mine": "1"})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hello", '"v1"')
    assert web.asked[0].headers["User-Agent"] == "Weft"
    assert web.asked[0].headers["X-Mine"] == "1"


def test_a_body_can_be_posted(web: WebServer, outside: Outside) -> None:
    web.put("/hook", b"")
    outside.request("POST", f"{web.url}/hook", content=b'{"a": 1}')
    assert (web.asked[0].method, web.asked[0].body) == ("POST", b'{"a": 1}')


def test_a_redirect_is_not_followed(web: WebServer, outside: Outside) -> None:
    web.answers["/a"] = Answer(status=302, headers={"Location": "/b"})
    assert outside.request("GET", f"{web.url}/a").status == 302
    assert web.paths() == ["/a"]


def test_by_default_this_machine_is_not_asked(web: WebServer) -> None:
    with pytest.raises(RefusedError, match="WEFT_FETCH_PRIVATE"):
        Outside().request("GET", web.url)
    assert not web.asked


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "gopher://example.org", "http://", "example.org",
     "http://user:secret@example.org/", "http://[::1", "http://a\nb/", "http://example.org:99999/"],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str, outside: Outside) -> None:
    with pytest.raises(RefusedError) as caught:
        outside.request("GET", url)
    assert "secret" not in str(caught.value)


def test_the_connection_is_made_to_the_address_that_was_checked(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers differently the second time gains nothing by it."""
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def rebinding(host: str, port: int, *arguments, **options):
        if host != "rebinding.example":
            return genuine(host, port, *arguments, **options)
        asked.append(host)
        number = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    web.put("/", b"here")
    url = f"http://rebinding.example:{web.port}/"
    assert Outside(allow_private=True).request("GET", url).body == b"here"
    assert asked == ["rebinding.example"]
    assert web.asked[0].headers["Host"] == f"rebinding.example:{web.port}"


def test_a_public_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def inward(_host: str, port: int, **_: object):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))
            for number in ("8.8.8.8", "169.254.169.254")
        ]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", inward)
    with pytest.raises(RefusedError, match=r"169\.254\.169\.254"):
        Outside().request("GET", "http://metadata.example/")


def test_an_answer_above_the_limit_is_given_up(web: WebServer, outside: Outside) -> None:
    web.put("/big", b"x" * 100_001)
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        outside.request("GET", f"{web.url}/big")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_answer_is_unpacked(web: WebServer, outside: Outside, pack) -> None:
    encoding = "gzip" if pack is gzip.compress else "deflate"
    web.put("/z", pack(b"hello " * 1000), headers={"Content-Encoding": encoding})
    assert outside.request("GET", f"{web.url}/z").body == b"hello " * 1000


def test_a_bomb_is_given_up_at_the_limit(web: WebServer, outside: Outside) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    web.put("/bomb", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="larger"):
        outside.request("GET", f"{web.url}/bomb")


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_an_answer_that_cannot_be_unpacked_is_an_error(
    web: WebServer, outside: Outside, encoding: str
) -> None:
    web.put("/odd", b"not packed", headers={"Content-Encoding": encoding})
    with pytest.raises(FetchError):
        outside.request("GET", f"{web.url}/odd")


def test_an_endless_drip_is_given_up_when_the_time_is_over(web: WebServer) -> None:
    web.put("/drip", b"x" * 1000, drip=0.1)
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"longer than 0\.5 s"):
        Outside(allow_private=True, seconds=0.5).request("GET", f"{web.url}/drip")
    assert time.monotonic() - started < 2


def test_a_server_that_says_nothing_or_nonsense_is_an_error(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for said in (b"", b"\x00\xff nonsense\r\n\r\n"):
                line, _ = listener.accept()
                with line:
                    line.recv(1000)
                    line.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        for _ in range(2):
            with pytest.raises(FetchError):
                outside.request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")


def test_a_closed_port_is_an_error(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError):
        outside.request("GET", f"http://127.0.0.1:{port}/")


def test_redirects_are_followed_where_they_are_permitted(web: WebServer, outside: Outside) -> None:
    web.answers["/a"] = Answer(status=301, headers={"Location": "/b?x=1#part"})
    web.put("/b?x=1", b"there")
    fetched = Fetcher(outside)(f"{web.url}/a", headers={"X": "1"}, permit=lambda _: True)
    assert (fetched.status, fetched.body) == (200, b"there")
    assert fetched.url.startswith(f"{web.url}/b?x=1")
    refused = Fetcher(outside)(f"{web.url}/a", headers={}, permit=lambda url: "/b" not in url)
    assert (refused.status, refused.reason) == (0, "robots.txt does not allow it")


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.2:{port}/secret", "//127.0.0.2:{port}/secret", "http://localhost.:{port}/",
     "file:///etc/passwd", "http://[::1", "http://user:x@127.0.0.1:{port}/", "gopher://127.0.0.1/"],
)  # fmt: skip
def test_a_redirect_is_checked_like_the_first_address(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    """127.0.0.1 stands for a public server here, every other address for a private one."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(addresses, "PORTS", {web.port})
    monkeypatch.setattr(socket, "getaddrinfo", _second_machine(socket.getaddrinfo))
    web.answers["/a"] = Answer(status=302, headers={"Location": location.format(port=web.port)})
    fetched = Fetcher(Outside())(f"{web.url}/a", headers={}, permit=lambda _: True)
    assert (fetched.status, web.paths()) == (0, ["/a"])
    assert fetched.reason


def _second_machine(genuine):
    def look_up(host: str, port: int, *arguments, **options):
        return genuine("127.0.0.2" if "localhost" in host else host, port, *arguments, **options)

    return look_up


@pytest.mark.parametrize("url", ["ftp://a.example/x", "http://a.example:8080/x", "http://a:b@c.de"])
def test_what_is_refused_whatever_its_name_means_is_told_without_asking(url: str) -> None:
    with pytest.raises(RefusedError):
        Outside().check(url)
    Outside().check("https://no-such-host.example/x")
