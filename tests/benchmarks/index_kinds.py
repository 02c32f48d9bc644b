"""Kinds of index by the number of vectors: time to build, size, recall, and time of a search."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from linkage.embed import Vectors, load_encoder, text_to_embed
from linkage.index import FaissStores, Kind, VectorStore, training_size
from linkage.indexing.columns import ColumnsWriter
from linkage.types import Filters, Item
from tests.benchmarks.catalogue import recombined
from tests.benchmarks.report import Table
from tests.benchmarks.served import ENCODER

COUNTS = (2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
HNSW_UP_TO = 50_000
QUESTIONS, ANSWERS, LIMIT = 300, 10, 60
"""Recall is that of ten; a question of `related` has sixty searched for."""
FEW = Filters(languages=frozenset({"spa"}))


NOTES = (
    f"Vectors of {ENCODER}, 384 dimensions, one thread; {LIMIT} hits, recall of the first ten;",
    "the filter passes fewer than one item of a hundred. Times are of the processor.",
)


def run() -> Table:
    """Build each kind over the vectors of the same items and search it."""
    rows, data = [], []
    for count in COUNTS:
        for kind in ("flat", "ivfpq", "hnsw"):
            if kind == "flat" or (count >= 5_000 and (kind == "ivfpq" or count <= HNSW_UP_TO)):
                found = _measured(count, kind)
                data.append({"count": count, "kind": kind} | found)
                rows.append(_row(data[-1]))
    headers = ("vectors", "kind", "build", "bytes each", "recall@10", "p50", "p99", "filtered p50")
    return Table(headers, rows, NOTES, data)


def _row(found: dict) -> tuple[str, ...]:
    return (
        f"{found['count']:,}", found["kind"], f"{found['build']:.1f} s", f"{found['bytes']:,.0f}",
        f"{found['recall']:.3f}", f"{found['p50']:.2f} ms", f"{found['p99']:.2f} ms",
        f"{found['few']:.2f} ms",
    )  # fmt: skip


def _measured(count: int, kind: Kind) -> dict:
    vectors = _vectors()[:count]
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        index = _built(Path(folder), vectors, kind)
        build = time.process_time() - began
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        asked = vectors[:: count // QUESTIONS][:QUESTIONS]
        found, spent = _searched(index, asked, Filters())
        _, few = _searched(index, asked, FEW)
    return {
        "build": build, "bytes": size / count, "recall": _recall(vectors, asked, found),
        "p50": float(np.percentile(spent, 50)), "p99": float(np.percentile(spent, 99)),
        "few": float(np.percentile(few, 50)),
    }  # fmt: skip


def _built(folder: Path, vectors: Vectors, kind: Kind) -> VectorStore:
    columns, stores = ColumnsWriter(), FaissStores()
    wanted = training_size(len(vectors))
    sample = vectors[:: max(1, len(vectors) // wanted)][:wanted]
    writer = stores.writer("b", folder, kind, np.ascontiguousarray(sample))
    for start in range(0, len(vectors), 1_024):
        keys = np.arange(start, min(start + 1_024, len(vectors)))
        writer.add(keys, vectors[keys], columns.rows(_items()[i] for i in keys))
    writer.close()
    return stores.open("b", folder, columns.names)


def _searched(
    index: VectorStore, asked: Vectors, filters: Filters
) -> tuple[list[list[int]], list[float]]:
    """Return what was found, and the processor time of each search in milliseconds."""
    found, spent = [], []
    for vector in asked:
        began = time.process_time()
        hits = index.search(vector, LIMIT, filters)
        spent.append((time.process_time() - began) * 1000)
        found.append([key for key, _ in hits])
    return found, spent


def _recall(vectors: Vectors, asked: Vectors, found: Sequence[Sequence[int]]) -> float:
    """Return which share of the ten nearest was found; of equally near ones any will do."""
    scores = asked @ vectors.T
    least = -np.partition(-scores, ANSWERS - 1, axis=1)[:, ANSWERS - 1] - 1e-5
    hits = sum(
        min(ANSWERS, int(np.sum(scores[row, keys[:ANSWERS]] >= least[row])))
        for row, keys in enumerate(found)
    )
    return hits / (ANSWERS * len(asked))


@cache
def _items() -> list[Item]:
    return list(recombined(max(COUNTS)))


@cache
def _vectors() -> Vectors:
    encoder = load_encoder(ENCODER)
    return np.concatenate([encoder.encode(texts) for texts in _texts()])


def _texts() -> Iterator[list[str]]:
    texts = (text_to_embed(item) for item in _items())
    while run := list(islice(texts, 5_000)):
        yield run
