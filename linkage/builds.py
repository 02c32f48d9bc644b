"""The life of an index build: queued, building, then live, or a candidate, or rejected.

A build is made beside the live one, verified, and published by one transaction. Whoever runs it
holds a lease that a heartbeat renews, so a dead run is seen within seconds and another goes on
where it stopped. What changes while it runs is caught up with or in the delta of every reader.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from linkage import catalogue
from linkage.embed import Encoder, lasting_name, load_encoder
from linkage.errors import (
    BuildNotFoundError,
    BuildStateError,
    BuildSupersededError,
    IndexDamagedError,
    LinkageError,
)
from linkage.imports import Transaction
from linkage.index import STORES, Kind, VectorStores
from linkage.indexing import segment
from linkage.indexing.builder import Builder, Plan
from linkage.indexing.lease import MOST_DEATHS, SECONDS, Lease, Progress, is_free, set_builds
from linkage.indexing.segment import Manifest
from linkage.indexing.verification import GoldLink, Report
from linkage.models import BuildRow, CatalogueState

log = structlog.get_logger()

KEPT = 1
"""Old builds whose files are kept, to go back to."""
MAX_GOLD = 1_000
FOLLOWED = timedelta(seconds=10)
"""After so long every API process has followed a swap."""

_UNDER_WAY = ("queued", "building")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build as the database has it."""

    id: str
    tenant_id: str
    state: str
    stage: str
    encoder: str
    kind: Kind
    promotes: bool
    base: str | None
    gold: Sequence[Sequence[str]]
    deaths: int
    done: int
    total: int
    revision: int
    report: Mapping[str, Any] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def start(  # noqa: PLR0913 - the options of one build
    session: Session,
    tenant_id: str,
    *,
    encoder: str,
    kind: Kind = "auto",
    promotes: bool = True,
    base: str | None = None,
    gold: Sequence[GoldLink] = (),
) -> str:
    """Queue a build and return its id.

    One of the same options that is under way is joined instead; others are superseded. A model's
    folder is noted by its whole path, for processes that work elsewhere.
    """
    catalogue.hold(session, tenant_id)
    options = {
        "encoder": lasting_name(encoder), "kind": kind, "promotes": promotes, "base": base,
        "gold": [list(link) for link in gold[:MAX_GOLD]],
    }  # fmt: skip
    for row in session.scalars(_under_way(tenant_id)):
        if all(getattr(row, name) == value for name, value in options.items()):
            return row.id
    build_id = uuid.uuid4().hex
    set_builds(
        session,
        (BuildRow.tenant_id == tenant_id) & BuildRow.state.in_(_UNDER_WAY),
        state="failed", error=f"superseded by {build_id}", finished_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(
        BuildRow(
            id=build_id,
            tenant_id=tenant_id,
            state="queued",
            created_at=datetime.now(UTC),
            **options,
        )
    )
    session.flush()
    return build_id


def get(session: Session, tenant_id: str, build_id: str) -> Build:
    """Return a build of the tenant; BuildNotFoundError if there is none of this id."""
    query = select(BuildRow).where(BuildRow.tenant_id == tenant_id, BuildRow.id == build_id)
    if (row := session.execute(query).scalar_one_or_none()) is None:
        raise BuildNotFoundError(build_id)
    session.refresh(row)
    return _build(row)


def listed(session: Session, tenant_id: str, *, limit: int = 20) -> list[Build]:
    """Return the tenant's builds, newest first."""
    query = select(BuildRow).where(BuildRow.tenant_id == tenant_id)
    newest = query.order_by(BuildRow.created_at.desc(), BuildRow.id).limit(limit)
    return [_build(row) for row in session.execute(newest).scalars()]


def retired(session: Session, tenant_id: str) -> list[str]:
    """Return the ids of builds that once were live, the latest first."""
    query = select(BuildRow.id).where(BuildRow.tenant_id == tenant_id, BuildRow.state == "old")
    return list(session.execute(query.order_by(BuildRow.finished_at.desc())).scalars())


def is_under_way(session: Session, tenant_id: str) -> bool:
    """Tell whether a build is queued or being made."""
    return session.execute(_under_way(tenant_id)).first() is not None


def is_kept(session: Session, tenant_id: str, build_id: str) -> bool:
    """Tell whether a build's files were not deleted so far."""
    mine = (BuildRow.tenant_id == tenant_id) & (BuildRow.id == build_id)
    return session.scalar(select(BuildRow.id).where(mine, BuildRow.state != "deleted")) is not None


def waiting(session: Session) -> list[tuple[str, str]]:
    """Return (tenant, build) of all builds that are queued or whose worker has died."""
    query = select(BuildRow.tenant_id, BuildRow.id).where(is_free())
    return [(row.tenant_id, row.id) for row in session.execute(query)]


def verify(
    session: Session,
    tenant_id: str,
    build_id: str,
    *,
    data_dir: Path,
    stores: Mapping[str, VectorStores] = STORES,
) -> Manifest:
    """Compare the files of a build with their checksums, and load it as an API process does.

    Raises BuildNotFoundError, and IndexDamagedError that tells what is wrong.
    """
    return segment.load(data_dir / get(session, tenant_id, build_id).id, stores).manifest


def promote(  # noqa: PLR0913 - where the build is kept
    session: Session,
    tenant_id: str,
    build_id: str,
    *,
    data_dir: Path,
    stores: Mapping[str, VectorStores] = STORES,
    force: bool = False,
) -> Build:
    """Make a candidate or old build live; a rejected one only by force.

    Raises BuildNotFoundError, BuildStateError, and IndexDamagedError when it is not whole.
    """
    catalogue.hold(session, tenant_id)
    build = get(session, tenant_id, build_id)
    if build.state == "rejected" and not force:
        raise BuildStateError(build_id, f"rejected: {build.error}")
    if build.state not in {"candidate", "old", "rejected"}:
        raise BuildStateError(build_id, build.state)
    segment.load(data_dir / build_id, stores)
    _make_live(session, tenant_id, build_id)
    return get(session, tenant_id, build_id)


def roll_back(
    session: Session,
    tenant_id: str,
    *,
    data_dir: Path,
    stores: Mapping[str, VectorStores] = STORES,
) -> Build:
    """Make the build live again that was so before and is whole; BuildNotFoundError without one."""
    catalogue.hold(session, tenant_id)
    for build_id in retired(session, tenant_id):
        try:
            return promote(session, tenant_id, build_id, data_dir=data_dir, stores=stores)
        except IndexDamagedError as error:
            log.warning("index_damaged", tenant=tenant_id, build=build_id, reason=error.reason)
    raise BuildNotFoundError(None)


def prune(
    session: Session,
    tenant_id: str,
    *,
    data_dir: Path,
    stores: Mapping[str, VectorStores] = STORES,
    keep: int = KEPT,
) -> list[str]:
    """Delete the files of builds that nobody will go back to and return their ids.

    These are old ones but for the last `keep`, failed ones, and candidates and rejected ones made
    before the live one. One in PostgreSQL stays until API processes have followed to the next: a
    table that is dropped cannot be read to its end, as a file can. Of those that stay, what a run
    that was killed at its end left is deleted.
    """
    live = select(BuildRow.created_at).where(
        BuildRow.tenant_id == tenant_id, BuildRow.state == "live"
    )
    is_passed = BuildRow.state.in_(("candidate", "rejected")) & (
        BuildRow.created_at < live.scalar_subquery()
    )
    rows = select(BuildRow).where(
        BuildRow.tenant_id == tenant_id, BuildRow.state.in_(("old", "failed")) | is_passed
    )
    kept, pruned = set(retired(session, tenant_id)[:keep]), []
    for row in session.execute(rows).scalars():
        has_files = any(data_dir.glob(f"{row.id}*"))
        if row.id not in kept and not _is_asked(row) and (has_files or row.state != "failed"):
            _delete(row.id, data_dir, stores)
            row.state = "failed" if row.state == "failed" else "deleted"
            pruned.append(row.id)
    session.flush()
    _sweep(session, tenant_id, data_dir)
    return pruned


def run(  # noqa: PLR0913 - what a worker hands over
    transaction: Transaction,
    tenant_id: str,
    build_id: str,
    *,
    data_dir: Path,
    encoders: Callable[[str], Encoder] = load_encoder,
    stores: Mapping[str, VectorStores] = STORES,
    progress: Progress | None = None,
    lease_seconds: float = SECONDS,
) -> Build:
    """Make a queued or interrupted build, verify it, publish it; return how it ended.

    A build that another run is at, or that has ended, is returned as it is. What fails or is
    rejected tells why in `error`, and the live index stays as it is; one whose runs die again and
    again at the same place fails. Raises BuildNotFoundError, and BuildSupersededError when another
    build took over meanwhile. One that is interrupted waits for the next run.
    """
    held = Lease(transaction, build_id, uuid.uuid4().hex, lease_seconds, progress)
    with transaction() as session:
        is_ours = held.take(session, tenant_id)
        build = get(session, tenant_id, build_id)
        if is_ours and build.deaths >= MOST_DEATHS:
            return _give_up(session, build, held)
        live = catalogue.state(session, tenant_id).live_build
    if not is_ours:
        return build
    with _ending(transaction, build, held), held.kept():
        builder = Builder(
            _plan(build, live, held.claim), transaction=transaction, data_dir=data_dir,
            encoder=encoders(build.encoder), stores=stores, record=held.record,
        )  # fmt: skip
        report = builder.make()
        with transaction() as session:
            _end(session, build, held, report)
        builder.clear()
    with transaction() as session:
        prune(session, tenant_id, data_dir=data_dir, stores=stores, keep=KEPT)
        return get(session, tenant_id, build_id)


def _give_up(session: Session, build: Build, held: Lease) -> Build:
    """End a build whose runs die again and again."""
    log.error("index_build_given_up", tenant=build.tenant_id, build=build.id, stage=build.stage)
    held.end(session, state="failed", error=_death_of(build))
    return get(session, build.tenant_id, build.id)


@contextmanager
def _ending(transaction: Transaction, build: Build, held: Lease) -> Iterator[None]:
    """Let an interrupted build wait for the next run; of one that fails, keep why."""
    try:
        yield
    except (BuildSupersededError, DBAPIError):
        raise  # the database may come back, and another run go on
    except KeyboardInterrupt:
        with transaction() as session:
            held.let_go(session)
        raise
    except Exception as error:  # would come again, run after run
        is_bug = not isinstance(error, LinkageError)
        log.exception("index_build_failed", tenant=build.tenant_id, build=build.id, exc_info=is_bug)
        with transaction() as session:
            held.end(session, state="failed", error=_told(error))


def _death_of(build: Build) -> str:
    return (
        f"{build.deaths} runs in a row died while {build.stage or 'beginning'}, after"
        f" {build.done:,} of {build.total:,} items; memory may lack, and the system's log may tell"
    )


def _told(error: Exception) -> str:
    is_clear = isinstance(error, LinkageError | OSError | ValueError | RuntimeError)
    return str(error) if is_clear else repr(error)


def _plan(build: Build, live: str | None, claim: str) -> Plan:
    gold = tuple((one, other) for one, other in build.gold)
    return Plan(
        build=build.id, claim=claim, tenant=build.tenant_id, kind=build.kind, stage=build.stage,
        revision=build.revision, live=live, base=build.base, gold=gold,
    )  # fmt: skip


def _end(session: Session, build: Build, held: Lease, report: Report) -> None:
    """Publish, or keep as a candidate, or reject."""
    catalogue.hold(session, build.tenant_id)
    reasons = "; ".join(report.reasons())
    state = "rejected" if reasons else "candidate"
    held.end(session, state=state, stage="", report=report.as_json(), error=reasons or None)
    if not reasons and build.promotes:
        _make_live(session, build.tenant_id, build.id)
    log.info(
        "index_verified", tenant=build.tenant_id, build=build.id, items=report.new.items,
        recall=report.recall, agreement=report.agreement, reasons=reasons,
    )  # fmt: skip


def _make_live(session: Session, tenant_id: str, build_id: str) -> None:
    now = datetime.now(UTC)
    was_live = (BuildRow.tenant_id == tenant_id) & (BuildRow.state == "live")
    set_builds(session, was_live, state="old", finished_at=now)
    set_builds(session, BuildRow.id == build_id, state="live", finished_at=now)
    session.execute(
        update(CatalogueState)
        .where(CatalogueState.tenant_id == tenant_id)
        .values(live_build=build_id)
        .execution_options(synchronize_session=False)
    )
    log.info("index_published", tenant=tenant_id, build=build_id)


def _under_way(tenant_id: str) -> Select[BuildRow]:
    return select(BuildRow).where(BuildRow.tenant_id == tenant_id, BuildRow.state.in_(_UNDER_WAY))


def _build(row: BuildRow) -> Build:
    return Build(**{name: getattr(row, name) for name in Build.__dataclass_fields__})


def _sweep(session: Session, tenant_id: str, data_dir: Path) -> None:
    """Delete what only making a build needed, of builds that are made."""
    left = [(path.name.partition(".")[0], path) for path in data_dir.glob("*.*")]
    made = select(BuildRow.id).where(
        BuildRow.tenant_id == tenant_id, BuildRow.id.in_([build_id for build_id, _ in left]),
        BuildRow.state.not_in(_UNDER_WAY),
    )  # fmt: skip
    ids = set(session.scalars(made))
    for path in (path for build_id, path in left if build_id in ids):
        shutil.rmtree(path, ignore_errors=True)


def _is_asked(row: BuildRow) -> bool:
    """Tell whether a build has a table in PostgreSQL that API processes may still ask."""
    ended = row.finished_at if row.state == "old" and row.kind == "pgvector" else None
    return ended is not None and ended > datetime.now(UTC) - FOLLOWED


def _delete(build_id: str, data_dir: Path, stores: Mapping[str, VectorStores]) -> None:
    for path in data_dir.glob(f"{build_id}*"):
        shutil.rmtree(path, ignore_errors=True)
    for kept in set(stores.values()):
        kept.drop(build_id)
