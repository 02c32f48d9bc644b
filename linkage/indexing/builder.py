"""Builder: makes the files of one index build, and goes on where a killed run stopped.

Four stages. *encoding*: every item's vector into a log, or taken from the live build where that is
to be compacted. *catching up*: what changed meanwhile. *indexing*: vectors, words and columns into
a folder, sealed by a manifest. *verifying*: see `verification`. Memory holds a shard of items and
what the index itself needs.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import structlog

from linkage import catalogue, readings, store
from linkage.cursor import LAST_KEY
from linkage.embed import Background, Encoder, Vectors, text_to_embed
from linkage.errors import IndexDamagedError
from linkage.imports import Transaction
from linkage.index import Kind, VectorStores, VectorWriter, kind_for, store_of, training_size
from linkage.indexing import segment, verification
from linkage.indexing.columns import ColumnsWriter
from linkage.indexing.segment import LEXICON, Segment
from linkage.indexing.vectorlog import Keys, Positions, VectorLog
from linkage.indexing.verification import Gold, GoldLink, Report
from linkage.lexical import LexiconWriter
from linkage.store import Stored
from linkage.types import Item

log = structlog.get_logger()

SHARD = 1_024
CATCH_UP_ABOVE = 1_000
"""Fewer changes made meanwhile are left to the delta of whoever answers."""
_ROUNDS = 5
_BACKGROUND_SAMPLE = 2_000

Record = Callable[..., None]
"""Writes down `stage`, `done`, `total` or `revision` of a build; BuildSupersededError if lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build."""

    build: str
    claim: str
    """Names the run that is at it: one that lost the build unawares finds its files moved."""
    tenant: str
    kind: Kind
    stage: str
    """Where an earlier run stopped."""
    revision: int
    """Changes up to here are in what is encoded."""
    live: str | None
    """The build to compare with."""
    base: str | None
    """The build to take vectors from."""
    gold: tuple[GoldLink, ...]


class Builder:
    """Makes one build. `record` is called as it goes on."""

    def __init__(  # noqa: PLR0913 - what a worker hands over
        self,
        plan: Plan,
        *,
        transaction: Transaction,
        data_dir: Path,
        encoder: Encoder,
        stores: Mapping[str, VectorStores],
        record: Record,
    ) -> None:
        self._plan = plan
        self._transaction = transaction
        self._data_dir = data_dir
        self._encoder = encoder
        self._stores = stores
        self._record = record
        self._revision = plan.revision
        self._final = data_dir / plan.build
        self._folder = _taken_over(data_dir, plan)
        self._log = VectorLog(self._folder / "log", encoder.dimension)

    def make(self) -> Report:
        """Encode, index, seal and verify; what an earlier run finished is used."""
        if not self._final.exists():
            # what an earlier run encoded may be lost with its folder
            if self._plan.stage in {"", "encoding"} or not self._log.count:
                self._encode()
            self._catch_up()
            self._assemble()
        return self._verify()

    def clear(self) -> None:
        """Delete what only making the build needed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _encode(self) -> None:
        """Log the vectors of all items in key order."""
        keys = self._log.keys()
        with self._transaction() as session:
            total = store.count(session, self._plan.tenant)
        self._record(stage="encoding", done=len(keys), total=total)
        for stored in self._stream(int(keys[-1]) if len(keys) else 0):
            self._log.append([s.key for s in stored], self._vectors(stored, self._base))
            self._record(done=self._log.count, total=max(total, self._log.count))

    def _catch_up(self) -> None:
        """Log what changed since the build began, until little is left."""
        self._record(stage="catching up")
        for _ in range(_ROUNDS):
            with self._transaction() as session:
                revision = catalogue.state(session, self._plan.tenant).revision
                behind = store.count(session, self._plan.tenant, after_revision=self._revision)
            if behind <= CATCH_UP_ABOVE:
                return
            for stored in self._changed(self._revision):
                self._log.append([s.key for s in stored], self._vectors(stored, None))
                self._record(done=self._log.count, total=self._log.count)
            self._revision = revision
            self._record(revision=revision)

    def _assemble(self) -> None:
        """Index what is logged and still in the catalogue, then seal the folder."""
        plan, partial = self._plan, self._folder / "segment"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        keys, positions = self._log.latest()
        self._record(stage="indexing", done=0, total=len(keys))
        kind = kind_for(plan.kind, len(keys))
        vectors = self._writer(partial, kind, positions)
        words, columns, count = LexiconWriter(partial / LEXICON), ColumnsWriter(), 0
        for start in range(0, len(keys), SHARD):
            shard = slice(start, start + SHARD)
            there, items = self._still_there(keys[shard])
            found = self._log.read(positions[shard][there])
            vectors.add(keys[shard][there], found, columns.rows(items.values()))
            words.add(items)
            count += len(items)
            self._record(done=start + len(there))
        words.close()
        vectors.close()
        segment.seal(
            partial, self._final, build=plan.build, tenant=plan.tenant,
            encoder=self._encoder.name, dimension=self._encoder.dimension, kind=kind,
            count=count, revision=self._revision, names=columns.names,
            background=Background.of(self._sample(positions, _BACKGROUND_SAMPLE)),
        )  # fmt: skip

    def _writer(self, folder: Path, kind: Kind, positions: Positions) -> VectorWriter:
        kept = store_of(kind, self._stores)
        base = self._data_dir / self._plan.base if self._plan.base and self._base else None
        sample = self._sample(positions, training_size(len(positions)))
        return kept.writer(self._plan.build, folder, kind, sample, base)

    def _verify(self) -> Report:
        self._record(stage="verifying")
        built = segment.load(self._final, self._stores)
        live = self._segment(self._plan.live)
        report = verification.verify(
            built, self._log, live=live, expected=self._expected(built.manifest.revision),
            gold=self._gold(), gold_given=len(self._plan.gold),
        )  # fmt: skip
        self._record(done=built.manifest.count, total=built.manifest.count)
        return report

    def _expected(self, revision: int) -> int:
        """Return how many items have not changed since a revision."""
        with self._transaction() as session:
            # first all: what comes between the two counts must not seem to lack
            every = store.count(session, self._plan.tenant)
            return every - store.count(session, self._plan.tenant, after_revision=revision)

    def _gold(self) -> list[Gold]:
        """Return those of the good links whose items are in the catalogue."""
        ids = {id_ for link in self._plan.gold for id_ in link}
        with self._transaction() as session:
            keys = store.keys(session, self._plan.tenant, ids)
            items = store.by_keys(session, self._plan.tenant, keys.values())
        return [
            Gold(item=items[keys[one]], key=keys[one], target=keys[other],
                 kind=items[keys[other]].kind)
            for one, other in self._plan.gold
            if one in keys and other in keys
        ]  # fmt: skip

    @cached_property
    def _base(self) -> Segment | None:
        return self._segment(self._plan.base)

    def _segment(self, build: str | None) -> Segment | None:
        """Return another build; None if there is none or it is damaged, so that we can mend it."""
        if build is None:
            return None
        try:
            return segment.load(self._data_dir / build, self._stores)
        except IndexDamagedError as error:
            log.warning("index_damaged", build=build, reason=error.reason)
            return None

    def _stream(self, after: int) -> Iterator[list[Stored]]:
        """Yield items in key order, a shard at a time, each read in a transaction of its own."""
        while True:
            with self._transaction() as session:
                found = store.after(session, self._plan.tenant, after, limit=SHARD)
            if not found:
                return
            yield found
            after = found[-1].key

    def _changed(self, revision: int) -> Iterator[list[Stored]]:
        """Yield items changed since a revision, a shard at a time."""
        key = LAST_KEY
        while True:
            with self._transaction() as session:
                found = store.changed_since(
                    session, self._plan.tenant, revision, after_key=key, limit=SHARD
                )
            if not found:
                return
            yield found
            revision, key = found[-1].revision, found[-1].key

    def _vectors(self, stored: list[Stored], base: Segment | None) -> Vectors:
        """Return a vector for each item, the base's where that knows the item as it is."""
        vectors = np.empty((len(stored), self._encoder.dimension), dtype=np.float32)
        known: dict[int, Vectors] = {}
        if base and base.manifest.encoder == self._encoder.name:
            same = [s.key for s in stored if s.revision <= base.manifest.revision]
            known = dict(zip(*_listed(base, same), strict=True))
        missing = [i for i, s in enumerate(stored) if s.key not in known]
        for i, s in enumerate(stored):
            if s.key in known:
                vectors[i] = known[s.key]
        if missing:
            items = {stored[i].key: stored[i].item for i in missing}
            with self._transaction() as session:
                items = readings.worded(
                    session, self._plan.tenant, items, encoder=self._encoder.name
                )
            vectors[missing] = self._encoder.encode(list(map(text_to_embed, items.values())))
        return vectors

    def _sample(self, positions: Positions, wanted: int) -> Vectors:
        step = max(1, len(positions) // max(wanted, 1))
        return self._log.read(positions[::step][:wanted])

    def _still_there(self, keys: Keys) -> tuple[np.ndarray, dict[int, Item]]:
        """Return which of the keys are still in the catalogue, and their items in that order."""
        wanted = keys.tolist()
        with self._transaction() as session:
            found = store.by_keys(session, self._plan.tenant, wanted)
        is_there = np.array([key in found for key in wanted], dtype=np.bool_)
        return is_there, {key: found[key] for key in wanted if key in found}


def _taken_over(data_dir: Path, plan: Plan) -> Path:
    """Return the folder of what the build is made of, under this run's name."""
    folder = data_dir / f"{plan.build}.{plan.claim}"
    for left in data_dir.glob(f"{plan.build}.*"):
        left.rename(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _listed(base: Segment, keys: list[int]) -> tuple[list[int], Vectors]:
    there, vectors = base.vectors.vectors(keys)
    return there.tolist(), vectors
