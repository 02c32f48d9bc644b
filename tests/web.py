"""A real web server on loopback that answers as a test tells it to, and remembers who asked."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass
class Answer:
    """What to answer; `drip` sends the body a byte at a time with so many seconds between."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: Message
    body: bytes
    at: float


class WebServer:
    """Serves `answers` by path; what is in none is 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def put(self, path: str, body: str | bytes, content_type: str = "text/html", **more) -> None:
        """Answer 200 with a body."""
        raw = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": content_type} | more.pop("headers", {})
        self.answers[path] = Answer(raw, headers=headers, **more)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                asked = Asked(self.command, self.path, self.headers, body, time.monotonic())
                web.asked.append(asked)
                answer = web.answers.get(self.path, Answer(b"nothing here", 404))
                self._send(answer(asked) if callable(answer) else answer)

            do_POST = do_GET  # noqa: N815 - named by the library

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    if answer.drip:
                        for byte in answer.body:
                            self.wfile.write(bytes([byte]))
                            self.wfile.flush()
                            time.sleep(answer.drip)
                    else:
                        self.wfile.write(answer.body)
                except ConnectionError:
                    pass  # the client hung up, as some tests have it

            def log_message(self, *_: object) -> None:
                pass

        return Handler
