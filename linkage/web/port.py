"""What polling needs of the web, as a port; the implementation that fetches is given to it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a request: the answer at the last address, or why there is none.

    `status` is 0 where there was no answer; `reason` then says why. `retry_after` is in seconds.
    """

    url: str
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    retry_after: int | None = None


class Fetch(Protocol):
    """Gets an address, following redirects to addresses that `permit` allows."""

    def __call__(
        self, url: str, *, headers: Mapping[str, str], permit: Callable[[str], bool]
    ) -> Fetched:
        """Return what became of the request; an error is an answer, nothing is raised."""


def origin_of(url: str) -> str:
    """Return scheme, host and port: what answers for an address and its robots.txt."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def digest(kind: str, url: str) -> str:
    """Return a short name for an address of a kind, which may be too long for an index."""
    return hashlib.sha256(f"{kind} {url}".encode()).hexdigest()
