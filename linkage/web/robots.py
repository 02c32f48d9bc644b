"""robots.txt as RFC 9309 has it: what a server lets us fetch, and how slowly."""

from collections.abc import Callable

from linkage.web.port import Fetch, origin_of

MAX_LENGTH = 500_000
"""RFC 9309: at least so many bytes are to be read."""
LONGEST_DELAY = 60.0
"""Seconds; a server that asks for more pause between two requests gets so much."""
_OK = 200
_TOO_MANY = 429


class RobotsUnreadableError(Exception):
    """A server that does not say what it allows; until it does, nothing is."""


class Robots:
    """The rules of the servers that one poll comes to, each read when it is first asked for."""

    def __init__(self, fetch: Fetch, agent: str, known: dict[str, str]) -> None:
        self._fetch = fetch
        self._agent = agent
        self.texts = known
        """robots.txt by origin."""

    def permits(self, url: str) -> bool:
        """Tell whether we may fetch an address. Raises RobotsUnreadableError."""
        from protego import Protego  # noqa: PLC0415 - needed by workers only

        return bool(Protego.parse(self._text(origin_of(url))).can_fetch(url, self._agent))

    def delay(self, origin: str) -> float:
        """Return how many seconds a server that was asked wants between two requests."""
        from protego import Protego  # noqa: PLC0415 - needed by workers only

        asked = Protego.parse(self.texts.get(origin, "")).crawl_delay(self._agent)
        return min(float(asked or 0), LONGEST_DELAY)

    def _text(self, origin: str) -> str:
        if origin not in self.texts:
            self.texts[origin] = self._read(origin)
        return self.texts[origin]

    def _read(self, origin: str) -> str:
        """Fetch a robots.txt; a server that has none (4xx) allows everything."""
        everywhere: Callable[[str], bool] = lambda _url: True  # noqa: E731
        answer = self._fetch(f"{origin}/robots.txt", headers={}, permit=everywhere)
        if answer.status == _OK:
            return answer.body[:MAX_LENGTH].decode(errors="replace").replace("\x00", "")
        if 400 <= answer.status < 500 and answer.status != _TOO_MANY:  # noqa: PLR2004
            return ""
        reason = answer.reason or f"answered {answer.status}"
        raise RobotsUnreadableError(f"{origin}/robots.txt: {reason}")
