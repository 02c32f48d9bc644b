"""The life of an index build: queued, building, live, old or failed.

A build is made beside the live one and published by one transaction. Encoded vectors are kept as
shards while it runs, so a killed build goes on where it stopped. What changes while it runs is in
the delta of every reader, because a build's revision is that of the catalogue at its beginning.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import structlog
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from linkage import segment, store
from linkage.embed import Encoder, Vectors, load_encoder, text_to_embed
from linkage.errors import BuildNotFoundError, BuildSupersededError, LinkageError
from linkage.imports import Transaction
from linkage.index import ColumnsWriter, Keys, Kind, VectorIndex, empty, recall
from linkage.lexical import LexiconWriter
from linkage.models import BuildRow, CatalogueState
from linkage.segment import LEXICON
from linkage.store import Stored
from linkage.types import Item

log = structlog.get_logger()

SHARD = 512
LEASE = timedelta(minutes=3)
"""Longer than a shard takes on a slow machine; a dead run's build is taken over after it."""
LEAST_RECALL = 0.9
KEPT = 1
"""Old builds whose files are kept, to go back to."""

Progress = Callable[[int, int], None]
"""Gets how many items are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build as the database has it."""

    id: str
    tenant_id: str
    state: str
    encoder: str
    kind: str
    done: int
    total: int
    revision: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def start(session: Session, tenant_id: str, *, encoder: str, kind: Kind = "flat") -> str:
    """Queue a build and return its id. Builds of the tenant still under way are superseded."""
    build_id = uuid.uuid4().hex
    store.hold(session, tenant_id)
    _set(
        session,
        (BuildRow.tenant_id == tenant_id) & BuildRow.state.in_(("queued", "building")),
        state="failed", error=f"superseded by {build_id}", finished_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(
        BuildRow(
            id=build_id, tenant_id=tenant_id, state="queued", encoder=encoder, kind=kind,
            created_at=datetime.now(UTC),
        )
    )  # fmt: skip
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


def waiting(session: Session) -> list[tuple[str, str]]:
    """Return (tenant, build) of all builds that are queued or whose worker has died."""
    query = select(BuildRow.tenant_id, BuildRow.id).where(_is_free())
    return [(row.tenant_id, row.id) for row in session.execute(query)]


def roll_back(session: Session, tenant_id: str) -> str:
    """Make the last old build live again and return its id; BuildNotFoundError if there is none."""
    store.hold(session, tenant_id)
    if not (old := retired(session, tenant_id)):
        raise BuildNotFoundError("to go back to")
    _make_live(session, tenant_id, old[0])
    return old[0]


def run(  # noqa: PLR0913 - what a worker hands over
    transaction: Transaction,
    tenant_id: str,
    build_id: str,
    *,
    data_dir: Path,
    encoders: Callable[[str], Encoder] = load_encoder,
    progress: Progress | None = None,
) -> Build:
    """Make a queued or interrupted build and publish it; return how it ended.

    A build that another run is at, or that has ended, is returned as it is. A failure is kept in
    the build's `error`, and the live index stays as it is. Raises BuildNotFoundError, and
    BuildSupersededError when a newer build took over meanwhile.
    """
    claim = uuid.uuid4().hex
    with transaction() as session:
        is_ours = _claim(session, tenant_id, build_id, claim)
        build = get(session, tenant_id, build_id)
    if not is_ours:
        return build
    try:
        _Maker(
            transaction=transaction,
            build=build,
            claim=claim,
            data_dir=data_dir,
            encoder=encoders(build.encoder),
            progress=progress,
        ).make()
        with transaction() as session:
            _publish(session, build, claim)
    except BuildSupersededError:
        raise
    except (LinkageError, OSError, ValueError, RuntimeError, BadZipFile) as error:
        log.exception("index_build_failed", tenant=tenant_id, build=build_id)
        _fail(transaction, build_id, claim, str(error))
    with transaction() as session:
        prune(session, tenant_id, data_dir)
        return get(session, tenant_id, build_id)


def prune(session: Session, tenant_id: str, data_dir: Path) -> None:
    """Delete the files of builds that are neither live nor kept to go back to."""
    keep = set(retired(session, tenant_id)[:KEPT])
    rows = select(BuildRow).where(
        BuildRow.tenant_id == tenant_id, BuildRow.state.in_(("old", "failed"))
    )
    for row in session.execute(rows).scalars():
        if row.id not in keep:
            for path in data_dir.glob(f"{row.id}*"):
                _delete(path)
            row.state = "failed" if row.state == "failed" else "deleted"
    session.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes the files of one build."""

    transaction: Transaction
    build: Build
    claim: str
    data_dir: Path
    encoder: Encoder
    progress: Progress | None

    @property
    def _final(self) -> Path:
        return self.data_dir / self.build.id

    @property
    def _partial(self) -> Path:
        return _partial(self.data_dir, self.build.id)

    @property
    def _shards(self) -> Path:
        return _shards(self.data_dir, self.build.id)

    def make(self) -> None:
        """Encode, index, seal and verify; what an earlier run finished is used."""
        if not self._final.exists():
            self._shards.mkdir(parents=True, exist_ok=True)
            self._assemble(self._encode())
        shutil.rmtree(self._shards, ignore_errors=True)
        loaded = segment.load(self._final)
        share = recall(loaded.vectors) if self.build.kind == "hnsw" else 1.0
        if share < LEAST_RECALL:
            raise ValueError(f"finds only {share:.0%} of the true neighbours")
        log.info("index_verified", build=self.build.id, items=loaded.manifest.count, recall=share)

    def _encode(self) -> int:
        """Keep the vectors of all items as shards; return how many items that is."""
        keys = [_read_shard(path)[0] for path in sorted(self._shards.iterdir())]
        done, after = sum(map(len, keys)), int(keys[-1][-1]) if keys else 0
        for stored in self._stream(after):
            vectors = self.encoder.encode([text_to_embed(s.item) for s in stored])
            _write_shard(self._shards, [s.key for s in stored], vectors)
            done += len(stored)
            self._record(done)
        return done

    def _stream(self, after: int) -> Iterator[list[Stored]]:
        """Yield items a shard at a time, each read in a transaction of its own."""
        while True:
            with self.transaction() as session:
                found = store.after(session, self.build.tenant_id, after, limit=SHARD)
            if not found:
                return
            yield found
            after = found[-1].key

    def _record(self, done: int) -> None:
        with self.transaction() as session:
            ours = _is_held(self.build.id, self.claim)
            if not _set(session, ours, done=done, lease_until=datetime.now(UTC) + LEASE):
                raise BuildSupersededError(self.build.id)
        if self.progress:
            self.progress(done, max(done, self.build.total))

    def _assemble(self, done: int) -> None:
        """Index what the shards hold and is still in the catalogue, then seal the folder."""
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir()
        index, kept = empty(self.encoder.dimension, self._kind), [np.empty(0, dtype=np.int64)]
        words, columns = LexiconWriter(self._partial / LEXICON), ColumnsWriter()
        for path in sorted(self._shards.iterdir()):
            keys, vectors, items = self._still_there(path)
            index.add(vectors)
            columns.add(items.values())
            words.add(items)
            kept.append(keys)
            self._record(done)
        words.close()
        keys = np.concatenate(kept)
        names = VectorIndex(index, keys, columns.columns()).save(self._partial)
        segment.seal(
            self._partial, self._final, build=self.build.id, tenant=self.build.tenant_id,
            encoder=self.build.encoder, dimension=self.encoder.dimension, kind=self.build.kind,
            count=len(keys), revision=self.build.revision, names=names,
        )  # fmt: skip

    def _still_there(self, shard: Path) -> tuple[Keys, Vectors, dict[int, Item]]:
        """Return keys, vectors and items of a shard, without what was deleted since."""
        keys, vectors = _read_shard(shard)
        with self.transaction() as session:
            found = store.by_keys(session, self.build.tenant_id, keys.tolist())
        is_there = np.array([key in found for key in keys.tolist()], dtype=np.bool_)
        keys = keys[is_there]
        return keys, vectors[is_there], {key: found[key] for key in keys.tolist()}

    @property
    def _kind(self) -> Kind:
        return "hnsw" if self.build.kind == "hnsw" else "flat"


def _is_free() -> ColumnElement[bool]:
    is_left = (BuildRow.state == "building") & (BuildRow.lease_until < datetime.now(UTC))
    return (BuildRow.state == "queued") | is_left


def _is_held(build_id: str, claim: str) -> ColumnElement[bool]:
    return and_(BuildRow.id == build_id, BuildRow.state == "building", BuildRow.claim == claim)


def _claim(session: Session, tenant_id: str, build_id: str, claim: str) -> bool:
    """Take a build to work on; one left by a dead run keeps the revision it began with."""
    mine = (BuildRow.tenant_id == tenant_id) & (BuildRow.id == build_id)
    facts = {
        "revision": store.state(session, tenant_id).revision,
        "total": store.count(session, tenant_id),
    }
    _set(session, mine & (BuildRow.state == "queued"), **facts)
    until = datetime.now(UTC) + LEASE
    held = {"state": "building", "claim": claim, "lease_until": until}
    return bool(_set(session, mine & _is_free(), **held))


def _publish(session: Session, build: Build, claim: str) -> None:
    store.hold(session, build.tenant_id)
    if not _set(session, _is_held(build.id, claim), claim=None, lease_until=None):
        raise BuildSupersededError(build.id)
    _make_live(session, build.tenant_id, build.id)
    log.info("index_published", tenant=build.tenant_id, build=build.id)


def _make_live(session: Session, tenant_id: str, build_id: str) -> None:
    now = datetime.now(UTC)
    was_live = (BuildRow.tenant_id == tenant_id) & (BuildRow.state == "live")
    _set(session, was_live, state="old", finished_at=now)
    _set(session, BuildRow.id == build_id, state="live", finished_at=now)
    session.execute(
        update(CatalogueState)
        .where(CatalogueState.tenant_id == tenant_id)
        .values(live_build=build_id)
        .execution_options(synchronize_session=False)
    )


def _fail(transaction: Transaction, build_id: str, claim: str, error: str) -> None:
    with transaction() as session:
        ended = {"state": "failed", "error": error, "finished_at": datetime.now(UTC)}
        _set(session, _is_held(build_id, claim), **ended)


def _set(session: Session, where: ColumnElement[bool], **values: object) -> int:
    """Update builds and return how many there were."""
    changed = session.execute(
        update(BuildRow)
        .where(where)
        .values(**values)
        .returning(BuildRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _build(row: BuildRow) -> Build:
    return Build(**{name: getattr(row, name) for name in Build.__dataclass_fields__})


def _partial(data_dir: Path, build_id: str) -> Path:
    return data_dir / f"{build_id}.partial"


def _shards(data_dir: Path, build_id: str) -> Path:
    return data_dir / f"{build_id}.shards"


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _write_shard(folder: Path, keys: list[int], vectors: Vectors) -> None:
    unfinished = folder.with_suffix(".shard")
    with unfinished.open("wb") as file:
        np.savez(file, keys=np.array(keys, dtype=np.int64), vectors=vectors)
    unfinished.rename(folder / f"{keys[0]:020d}.npz")


def _read_shard(path: Path) -> tuple[Keys, Vectors]:
    with np.load(path, allow_pickle=False) as shard:
        return shard["keys"], shard["vectors"]
