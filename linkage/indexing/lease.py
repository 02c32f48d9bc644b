"""The lease on a build: the right to work on it, renewed in the background, lost if taken over."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, case, update
from sqlalchemy.orm import Session

from linkage import catalogue
from linkage.errors import BuildSupersededError
from linkage.imports import Transaction
from linkage.models import BuildRow

log = structlog.get_logger()

SECONDS = 30.0
"""A run that has not renewed its lease for so long is dead; it renews it thrice as often."""

MOST_DEATHS = 5
"""So many runs in a row that died where they began are not followed by another."""

Progress = Callable[[str, int, int], None]
"""Gets the stage, how many items are done, and of how many."""


class Lease:
    """The right to work on a build, as long as it is renewed and nobody took it away."""

    def __init__(
        self,
        transaction: Transaction,
        build_id: str,
        claim: str,
        seconds: float,
        progress: Progress | None,
    ) -> None:
        self._transaction = transaction
        self._build_id = build_id
        self.claim = claim
        self._seconds = seconds
        self._progress = progress
        self._over = threading.Event()
        self._shown: dict[str, Any] = {"stage": "", "done": 0, "total": 0}

    def take(self, session: Session, tenant_id: str) -> bool:
        """Claim the build; one left by a dead run keeps the revision it has reached."""
        mine = (BuildRow.tenant_id == tenant_id) & (BuildRow.id == self._build_id)
        revision = catalogue.state(session, tenant_id).revision
        set_builds(session, mine & (BuildRow.state == "queued"), revision=revision)
        died = (BuildRow.state == "building") & BuildRow.claim.is_not(None)
        deaths = case((died, BuildRow.deaths + 1), else_=BuildRow.deaths)
        held = {"state": "building", "claim": self.claim, "lease_until": self._until(),
                "deaths": deaths}  # fmt: skip
        return bool(set_builds(session, mine & is_free(), **held))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in the background while the block runs."""
        beat = threading.Thread(target=self._beat, daemon=True)
        beat.start()
        try:
            yield
        finally:
            self._over.set()
            beat.join()

    def record(self, **facts: Any) -> None:  # noqa: ANN401 - columns of a build
        """Write facts down and show them; BuildSupersededError when the build is not ours."""
        lives = {"deaths": 0} if self._gets_further(facts) else {}
        with self._transaction() as session:
            self._write(session, facts | lives | {"lease_until": self._until()})
        self._shown |= {name: facts[name] for name in self._shown.keys() & facts.keys()}
        if self._progress:
            self._progress(self._shown["stage"], self._shown["done"], self._shown["total"])

    def _gets_further(self, facts: dict[str, Any]) -> bool:
        """Tell whether something was encoded; the next run repeats what other stages do."""
        is_encoding = self._shown["stage"] == "encoding"
        return is_encoding and bool(facts.get("done", 0) > self._shown["done"])

    def end(self, session: Session, **facts: Any) -> None:  # noqa: ANN401 - columns of a build
        """Write the last facts down and let go of the build."""
        over = {"claim": None, "lease_until": None, "finished_at": datetime.now(UTC)}
        self._write(session, facts | over)

    def let_go(self, session: Session) -> None:
        """Leave the build to whoever takes it next; this run did not die."""
        self._write(session, {"lease_until": datetime.now(UTC), "claim": None})

    def _write(self, session: Session, facts: dict[str, Any]) -> None:
        ours = and_(
            BuildRow.id == self._build_id,
            BuildRow.state == "building",
            BuildRow.claim == self.claim,
        )
        if not set_builds(session, ours, **facts):
            raise BuildSupersededError(self._build_id)

    def _beat(self) -> None:
        while not self._over.wait(self._seconds / 3):
            try:
                self.record()
            except BuildSupersededError:
                return  # the work finds out by itself
            except Exception as error:  # noqa: BLE001 - the database may come back
                log.warning("lease_not_renewed", build=self._build_id, error=str(error))

    def _until(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._seconds)


def is_free() -> ColumnElement[bool]:
    """Return the condition for a build that is queued or whose run is dead."""
    is_left = (BuildRow.state == "building") & (BuildRow.lease_until < datetime.now(UTC))
    return (BuildRow.state == "queued") | is_left


def set_builds(session: Session, where: ColumnElement[bool], **values: object) -> int:
    """Update builds and return how many there were."""
    changed = session.execute(
        update(BuildRow)
        .where(where)
        .values(**values)
        .returning(BuildRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())
