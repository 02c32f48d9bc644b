"""Requests to the outside: the one module that makes them.

Safe by default: public addresses only, checked after DNS and connected to as checked; the web's
own ports; a bound on time and on size, the size after unpacking.
"""

import contextlib
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import httpcore
import httpx

from linkage.web.port import Fetched
from workers.addresses import ForbiddenAddressError, UnknownHostError, check_port, resolve

CHUNK = 64 * 1024
MAX_PORT = 65_535
MAX_REDIRECTS = 5
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class FetchError(Exception):
    """A request that got no usable answer, and why."""


class RefusedError(FetchError):
    """An address that we do not ask, whatever is there."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: status, headers by lower-case name, and the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outside:
    """Makes single requests to the outside; a redirect is an answer like any other.

    `seconds` bounds a whole request, from the connection to the last byte; `max_bytes` bounds its
    unpacked answer. `allow_private` opens loopback, private networks and every port.
    """

    def __init__(
        self,
        *,
        user_agent: str = "Weft",
        allow_private: bool = False,
        seconds: float = 30,
        max_bytes: int = 20_000_000,
    ) -> None:
        self._user_agent = user_agent
        self._allow_private = allow_private
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._tls = httpx.create_ssl_context()

    def check(self, url: str) -> None:
        """Raise RefusedError for an address that is refused whatever its name resolves to."""
        target = _target(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            check_port(target.host, port, allow_private=self._allow_private)
        except ForbiddenAddressError as error:
            raise RefusedError(str(error)) from error

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Return the answer to one request. Raises FetchError, RefusedError among them."""
        target = _target(url)
        sent = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        backend = _CheckedBackend(time.monotonic() + self._seconds, self._allow_private)
        try:
            with (
                backend,
                httpcore.ConnectionPool(self._tls, network_backend=backend) as pool,
                pool.stream(
                    method,
                    str(target.copy_with(fragment=None)),
                    headers=list(sent.items()),
                    content=content,
                    extensions={"timeout": dict.fromkeys(_PHASES, self._seconds)},
                ) as answer,
            ):
                response = self._read(answer)
        except ForbiddenAddressError as error:
            raise RefusedError(str(error)) from error
        except UnknownHostError as error:
            raise FetchError(str(error)) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            if not backend.is_over:
                raise FetchError(f"{type(error).__name__}: {error}") from error
        if backend.is_over:  # a line that was cut can look like the end of the answer
            raise FetchError(f"took longer than {self._seconds:g} s")
        return response

    def _read(self, answer: httpcore.Response) -> Response:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1")
                   for name, value in answer.headers}  # fmt: skip
        body = bytearray()
        for chunk in _unpacked(answer.iter_stream(), headers.get("content-encoding", "identity")):
            body += chunk
            if len(body) > self._max_bytes:
                raise FetchError(f"the answer is larger than {self._max_bytes:,} bytes")
        return Response(answer.status, headers, bytes(body))


class Fetcher:
    """Gets addresses for polling: linkage's port `Fetch`."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def __call__(
        self, url: str, *, headers: Mapping[str, str], permit: Callable[[str], bool]
    ) -> Fetched:
        """Return what became of a GET; each redirect is asked for like an address of its own."""
        for _ in range(MAX_REDIRECTS + 1):
            try:
                if not permit(url):
                    return Fetched(url, 0, reason="robots.txt does not allow it")
                answer = self._outside.request("GET", url, headers=headers)
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or location is None:
                    return Fetched(url, answer.status, answer.body, answer.headers)
                url = urljoin(url, location)
            except (FetchError, ValueError) as error:
                return Fetched(url, 0, reason=str(error))
        return Fetched(url, 0, reason=f"more than {MAX_REDIRECTS} redirects")


_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PHASES = ("connect", "read", "write", "pool")


def _target(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise RefusedError(f"not an address: {error}") from error
    if target.scheme not in ("http", "https") or not target.host:
        raise RefusedError("only http and https addresses are fetched")
    if target.port is not None and target.port > MAX_PORT:
        raise RefusedError(f"{target.port} is not a port")
    if target.userinfo:
        raise RefusedError("an address with a password in it is not fetched")
    return target


def _unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the content in pieces of at most CHUNK bytes, however far it unpacks."""
    if encoding.strip().lower() == "identity":
        yield from chunks
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"the answer is packed in a way we did not ask for: {encoding[:40]!r}")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            packed = chunk
            while packed:
                yield unpacker.decompress(packed, CHUNK)
                packed = unpacker.unconsumed_tail
        yield unpacker.flush(CHUNK)
    except zlib.error as error:
        raise FetchError(f"the answer is not {encoding[:40]}: {error}") from error


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and hangs up when the time is over.

    The time-outs of a socket are each for one piece; an endless drip of pieces would outlast
    them, so a timer shuts the connection, be it in the middle of its TLS handshake.
    """

    def __init__(self, deadline: float, allow_private: bool) -> None:  # noqa: FBT001 - internal
        self._deadline = deadline
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()
        self._at_exit = contextlib.ExitStack()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._deadline

    def __enter__(self) -> None:
        self._at_exit.__enter__()

    def __exit__(self, *_: object) -> None:
        self._at_exit.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers."""
        *others, last = resolve(host, port, allow_private=self._allow_private)
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connected(address, port, timeout, local_address, socket_options)
        return self._connected(last, port, timeout, local_address, socket_options)

    def _connected(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        left = max(0.0, min(timeout or 0.0, self._deadline - time.monotonic()))
        stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
        line = self._at_exit.enter_context(stream.get_extra_info("socket").dup())
        timer = threading.Timer(self._deadline - time.monotonic(), _hang_up, (line,))
        timer.daemon = True
        timer.start()
        self._at_exit.callback(timer.cancel)
        return stream


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
