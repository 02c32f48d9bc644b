"""The life of an index build: queued, building, live, old or failed.

A build is made beside the live one and published by one transaction. Encoded vectors are kept as
shards while it runs, so a killed build goes on where it stopped. What changes while it runs is in
the delta of every reader, because a build's revision is that of the catalogue at its beginning.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy import ColumnElement, select, update
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

log = structlog.get_logger()

SHARD = 1_000
LEAST_RECALL = 0.9
KEPT = 1
"""Old builds whose files are kept, to go back to."""
_SHARDS = "shards"

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


def unfinished(session: Session) -> list[tuple[str, str]]:
    """Return (tenant, build) of all builds that are queued or under way, for a worker to resume."""
    query = select(BuildRow.tenant_id, BuildRow.id).where(
        BuildRow.state.in_(("queued", "building"))
    )
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

    A failure is kept in the build's `error`, and the live index stays as it is. Raises
    BuildNotFoundError, and BuildSupersededError when a newer build took over meanwhile.
    """
    with transaction() as session:
        build = _begin(session, tenant_id, build_id)
    if build.state != "building":
        return build
    maker = _Maker(transaction, build, data_dir, encoders(build.encoder), progress)
    try:
        maker.make()
        with transaction() as session:
            _publish(session, tenant_id, build_id)
    except BuildSupersededError:
        shutil.rmtree(maker.partial, ignore_errors=True)
        raise
    except (LinkageError, OSError, ValueError, RuntimeError) as error:
        log.exception("index_build_failed", tenant=tenant_id, build=build_id)
        _fail(transaction, tenant_id, build_id, str(error))
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
            for folder in (data_dir / row.id, _partial(data_dir, row.id)):
                shutil.rmtree(folder, ignore_errors=True)
            row.state = "failed" if row.state == "failed" else "gone"
    session.flush()


class _Maker:
    """Makes the files of one build."""

    def __init__(
        self,
        transaction: Transaction,
        build: Build,
        data_dir: Path,
        encoder: Encoder,
        progress: Progress | None,
    ) -> None:
        self._transaction = transaction
        self._build = build
        self._encoder = encoder
        self._progress = progress or (lambda _done, _total: None)
        self._final = data_dir / build.id
        self.partial = _partial(data_dir, build.id)
        self._shards = self.partial / _SHARDS

    def make(self) -> None:
        """Encode, index, seal and verify; what an earlier run finished is used."""
        if not self._final.exists():
            self._shards.mkdir(parents=True, exist_ok=True)
            self._encode()
            self._assemble()
        loaded = segment.load(self._final)
        share = recall(loaded.vectors) if self._build.kind == "hnsw" else 1.0
        if share < LEAST_RECALL:
            raise ValueError(f"finds only {share:.0%} of the true neighbours")
        log.info("index_verified", build=self._build.id, items=loaded.manifest.count, recall=share)

    def _encode(self) -> None:
        done, after = self._encoded()
        for stored in self._stream(after):
            vectors = self._encoder.encode([text_to_embed(s.item) for s in stored])
            _write_shard(self._shards, [s.key for s in stored], vectors)
            done += len(stored)
            self._record(done)

    def _encoded(self) -> tuple[int, int]:
        """Return how many items earlier runs encoded, and the last key among them."""
        keys = [_read_shard(path)[0] for path in sorted(self._shards.glob("*.npz"))]
        return sum(map(len, keys)), int(keys[-1][-1]) if keys else 0

    def _stream(self, after: int) -> Iterator[list[Stored]]:
        """Yield items a shard at a time, each read in a transaction of its own."""
        while True:
            with self._transaction() as session:
                found = store.after(session, self._build.tenant_id, after, limit=SHARD)
            if not found:
                return
            yield found
            after = found[-1].key

    def _record(self, done: int) -> None:
        with self._transaction() as session:
            is_ours = (BuildRow.id == self._build.id) & (BuildRow.state == "building")
            if not _set(session, is_ours, done=done):
                raise BuildSupersededError(self._build.id)
        self._progress(done, max(done, self._build.total))

    def _assemble(self) -> None:
        """Index what the shards hold and is still in the catalogue, then seal the folder."""
        shutil.rmtree(self.partial / LEXICON, ignore_errors=True)
        index = empty(self._encoder.dimension, self._kind)
        words, columns = LexiconWriter(self.partial / LEXICON), ColumnsWriter()
        kept: list[Keys] = []
        for path in sorted(self._shards.glob("*.npz")):
            keys, vectors = _read_shard(path)
            with self._transaction() as session:
                items = store.by_keys(session, self._build.tenant_id, keys.tolist())
            is_there = np.array([key in items for key in keys.tolist()], dtype=np.bool_)
            kept.append(keys[is_there])
            ordered = {key: items[key] for key in kept[-1].tolist()}
            index.add(vectors[is_there])
            columns.add(ordered.values())
            words.add(ordered)
        words.close()
        keys = np.concatenate(kept) if kept else np.empty(0, dtype=np.int64)
        names = VectorIndex(index, keys, columns.columns()).save(self.partial)
        shutil.rmtree(self._shards)
        segment.seal(
            self.partial, self._final, build=self._build.id, tenant=self._build.tenant_id,
            encoder=self._build.encoder, dimension=self._encoder.dimension, kind=self._build.kind,
            count=len(keys), revision=self._build.revision, names=names,
        )  # fmt: skip

    @property
    def _kind(self) -> Kind:
        return "hnsw" if self._build.kind == "hnsw" else "flat"


def _begin(session: Session, tenant_id: str, build_id: str) -> Build:
    """Take a queued build to work on; one under way goes on with the revision it began with."""
    is_queued = (BuildRow.id == build_id) & (BuildRow.state == "queued")
    facts = {
        "state": "building",
        "revision": store.state(session, tenant_id).revision,
        "total": store.count(session, tenant_id),
    }
    _set(session, is_queued & (BuildRow.tenant_id == tenant_id), **facts)
    return get(session, tenant_id, build_id)


def _publish(session: Session, tenant_id: str, build_id: str) -> None:
    store.hold(session, tenant_id)
    if get(session, tenant_id, build_id).state != "building":
        raise BuildSupersededError(build_id)
    _make_live(session, tenant_id, build_id)
    log.info("index_published", tenant=tenant_id, build=build_id)


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


def _fail(transaction: Transaction, tenant_id: str, build_id: str, error: str) -> None:
    with transaction() as session:
        is_ours = (BuildRow.tenant_id == tenant_id) & (BuildRow.id == build_id)
        is_running = is_ours & (BuildRow.state == "building")
        _set(session, is_running, state="failed", error=error, finished_at=datetime.now(UTC))


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


def _write_shard(folder: Path, keys: list[int], vectors: Vectors) -> None:
    path = folder / f"{keys[0]:020d}.npz"
    with path.with_suffix(".tmp").open("wb") as file:
        np.savez(file, keys=np.array(keys, dtype=np.int64), vectors=vectors)
    path.with_suffix(".tmp").rename(path)


def _read_shard(path: Path) -> tuple[Keys, Vectors]:
    with np.load(path, allow_pickle=False) as shard:
        return shard["keys"], shard["vectors"]
