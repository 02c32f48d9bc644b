"""The trained rankers of each tenant: files, of which one is in use.

A tenant's folder holds a file for each ranker, with its card, and one that names the ranker in use.
Every file is written whole under another name and renamed, so a process that reads finds the old
or the new one. Processes look for a change every second; none needs a restart.
"""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import orjson
import structlog

from linkage import rank
from linkage.errors import RankerError, RankerNotFoundError
from linkage.related import ranker
from linkage.related.ranker import Ranker

log = structlog.get_logger()

FRESH_SECONDS = 1.0
SHIPPED = "shipped"
"""Names the ranker that comes with Weft."""
_IN_USE = "in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a ranker was made from and how good it was on questions it had not seen."""

    version: str
    made_from: str
    questions: int
    links: int
    before: Mapping[str, float] = field(default_factory=dict)
    """Measures of the ranker that was in use, by name."""
    after: Mapping[str, float] = field(default_factory=dict)


class Rankers:
    """The rankers in a folder. Safe for many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def in_use(self, tenant_id: str) -> Ranker | None:
        """Return the tenant's ranker; None stands for the one that is shipped.

        A file that cannot be used is told in the log and stands for none.
        """
        held = self._held.get(tenant_id)
        if held and time.monotonic() - held.checked < FRESH_SECONDS:
            return held.ranker
        with self._lock:
            version = self.version(tenant_id)
            if held is None or held.version != version:
                held = _Held(version, self._load(tenant_id, version), 0.0)
            self._held[tenant_id] = _Held(held.version, held.ranker, time.monotonic())
        return held.ranker

    def version(self, tenant_id: str) -> str:
        """Return the name of the ranker in use."""
        try:
            return (self._of(tenant_id) / _IN_USE).read_text().strip() or SHIPPED
        except FileNotFoundError:
            return SHIPPED

    def keep(self, tenant_id: str, made: Ranker, card: Card) -> None:
        """Store a ranker under its card's version."""
        folder = self._of(tenant_id)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{card.version}.partial"
        made.save(unfinished)
        unfinished.replace(_file(folder, card.version))
        _write(_card(folder, card.version), orjson.dumps(asdict(card), option=orjson.OPT_INDENT_2))

    def use(self, tenant_id: str, version: str) -> None:
        """Rank with another ranker from now on; RankerNotFoundError if there is none."""
        folder = self._of(tenant_id)
        if version == SHIPPED:
            (folder / _IN_USE).unlink(missing_ok=True)
            return
        self._known(tenant_id, version)
        ranker.load(_file(folder, version), rank.FEATURES)
        _write(folder / _IN_USE, version.encode())

    def remove(self, tenant_id: str, version: str) -> None:
        """Delete a ranker; the one in use gives way to the one that is shipped."""
        self._known(tenant_id, version)
        if self.version(tenant_id) == version:
            self.use(tenant_id, SHIPPED)
        _file(self._of(tenant_id), version).unlink()
        _card(self._of(tenant_id), version).unlink(missing_ok=True)

    def cards(self, tenant_id: str) -> list[Card]:
        """Return the cards of all rankers, the newest first."""
        found = sorted(self._of(tenant_id).glob("*.card.json"), reverse=True)
        return [Card(**orjson.loads(path.read_bytes())) for path in found]

    def _known(self, tenant_id: str, version: str) -> None:
        if version not in {card.version for card in self.cards(tenant_id)}:
            raise RankerNotFoundError(version)

    def _load(self, tenant_id: str, version: str) -> Ranker | None:
        if version == SHIPPED:
            return None
        try:
            loaded = ranker.load(_file(self._of(tenant_id), version), rank.FEATURES)
        except RankerError as error:
            log.error("ranker_damaged", tenant=tenant_id, reason=error.reason)  # noqa: TRY400 - no bug
            return None
        log.info("ranker_loaded", tenant=tenant_id, version=version)
        return loaded

    def _of(self, tenant_id: str) -> Path:
        return self._folder / f"tenant-{quote(tenant_id, safe='')}"


@dataclass(frozen=True, slots=True)
class _Held:
    version: str
    ranker: Ranker | None
    checked: float


def new_version() -> str:
    """Return a name that sorts after those given before."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")


def _file(folder: Path, version: str) -> Path:
    return folder / f"{version}.json"


def _card(folder: Path, version: str) -> Path:
    return folder / f"{version}.card.json"


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.partial")
    unfinished.write_bytes(content)
    unfinished.replace(path)
