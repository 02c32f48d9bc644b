"""Search by vectors. The only module that knows FAISS.

A VectorIndex is immutable. Filters and dead entries become a mask over positions: where few pass,
their vectors are scanned; where many pass, FAISS searches among them. Either way a filter returns
as many hits as there are, up to the limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import faiss as faiss_untyped
import numpy as np
from numpy.typing import NDArray

from linkage import dates
from linkage.embed import Vectors
from linkage.lexical import Hit, language_tags
from linkage.types import Filters, Item

faiss: Any = faiss_untyped  # its stubs do not know what its Python layer adds
Kind = Literal["flat", "hnsw"]
Mask = NDArray[np.bool_]
Keys = NDArray[np.int64]

_SCAN_SHARE = 0.1
"""Below this share of entries that pass, scanning them is faster than a search with a selector."""
_LINKS = 32
_CONSTRUCTION_DEPTH = 200
_SEARCH_DEPTH = 128
_ROUNDING = 1e-5
_NO_YEAR = -(2**31)
_VECTORS, _KEYS, _CODES = "vectors.faiss", "keys.npy", "codes.npy"
FILES = (_VECTORS, _KEYS, _CODES)


class VectorStore(Protocol):
    """What a search by vectors needs; FAISS in process is the first that offers it."""

    @property
    def count(self) -> int:
        """How many vectors there are."""

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are, and their vectors."""

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What filters look at, one row a vector: codes of kind, language and source, and the year."""

    codes: NDArray[np.int32]
    names: tuple[tuple[str, ...], ...]
    """The kind, language and source of each code."""

    def mask(self, filters: Filters) -> Mask | None:
        """Return which rows pass, or None when all do."""
        masks = []
        for column, wanted in enumerate((filters.kinds, filters.languages, filters.sources)):
            if wanted:
                passing = [i for i, n in enumerate(self.names[column]) if _passes(n, wanted)]
                masks.append(np.isin(self.codes[:, column], passing))
        if (year := dates.year(filters.published_after)) is not None:
            masks.append(self.codes[:, 3] >= year)
        return np.logical_and.reduce(masks) if masks else None


class ColumnsWriter:
    """Collects the rows of Columns."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int]] = []
        self._names: tuple[dict[str, int], ...] = ({}, {}, {})

    def add(self, items: Iterable[Item]) -> None:
        """Add a row for each item."""
        for item in items:
            values = (item.kind, (item.language or "").lower(), item.source.lower())
            kind, language, source = (
                names.setdefault(value, len(names))
                for names, value in zip(self._names, values, strict=True)
            )
            year = dates.year(item.published_at)
            self._rows.append((kind, language, source, _NO_YEAR if year is None else year))

    def columns(self) -> Columns:
        """Return all rows."""
        codes = np.array(self._rows, dtype=np.int32).reshape(-1, 4)
        return Columns(codes, tuple(tuple(names) for names in self._names))


class VectorIndex:
    """A VectorStore on FAISS: `flat` is exact, `hnsw` is for millions."""

    def __init__(self, index: Any, keys: Keys, columns: Columns) -> None:  # noqa: ANN401 - untyped
        self._index = index
        self._keys = keys
        self._columns = columns
        self._alive = np.ones(len(keys), dtype=np.bool_)
        self._matrix = _matrix(index)

    @classmethod
    def of(
        cls, keys: Keys, vectors: Vectors, columns: Columns, *, kind: Kind = "flat"
    ) -> "VectorIndex":
        """Return an index over vectors; keys must ascend."""
        index = empty(vectors.shape[1], kind)
        index.add(vectors)
        return cls(index, keys, columns)

    @classmethod
    def load(cls, folder: Path, names: Iterable[Iterable[str]]) -> "VectorIndex":
        """Load what `save` wrote, with the names it returned. The vectors stay on disk, mapped."""
        index = faiss.read_index(str(folder / _VECTORS), faiss.IO_FLAG_MMAP_IFC)
        keys = np.load(folder / _KEYS, allow_pickle=False)
        codes = np.load(folder / _CODES, allow_pickle=False)
        return cls(index, keys, Columns(codes, tuple(map(tuple, names))))

    def save(self, folder: Path) -> tuple[tuple[str, ...], ...]:
        """Write FILES into a folder; return the names that `load` needs beside them."""
        faiss.write_index(self._index, str(folder / _VECTORS))
        np.save(folder / _KEYS, self._keys, allow_pickle=False)
        np.save(folder / _CODES, self._columns.codes, allow_pickle=False)
        return self._columns.names

    @property
    def count(self) -> int:
        """How many vectors there are, the buried ones too."""
        return len(self._keys)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""
        mask = self._columns.mask(filters)
        mask = self._alive if mask is None else mask & self._alive
        passing = int(np.count_nonzero(mask))
        wanted = min(limit, passing)
        if passing < _SCAN_SHARE * self.count:
            return self._scan(vector, wanted, mask)
        hits = self._search(vector, wanted, None if passing == self.count else mask)
        return hits if len(hits) == wanted else self._scan(vector, wanted, mask)

    def exact(self, vector: Vectors, limit: int) -> list[Hit]:
        """Return the true nearest, whatever the kind of the index."""
        return self._scan(vector, min(limit, self.count), self._alive)

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are and not buried, and their vectors."""
        positions = self._positions(np.asarray(keys, dtype=np.int64))
        alive = positions[self._alive[positions]]
        return self._keys[alive], self._matrix[alive]

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again: they were deleted or have a newer version elsewhere."""
        self._alive[self._positions(np.fromiter(keys, dtype=np.int64))] = False

    def sample(self, size: int) -> Vectors:
        """Return some of the vectors, evenly spread."""
        step = max(1, self.count // max(size, 1))
        return self._matrix[::step][:size]

    def _positions(self, keys: Keys) -> NDArray[np.int64]:
        if not self.count:
            return np.empty(0, dtype=np.int64)
        positions = np.searchsorted(self._keys, keys)
        positions[positions == self.count] = 0
        found: NDArray[np.int64] = positions[self._keys[positions] == keys]
        return found

    def _search(self, vector: Vectors, limit: int, mask: Mask | None) -> list[Hit]:
        if not limit:
            return []
        packed = None if mask is None else np.packbits(mask, bitorder="little")
        selector = None if packed is None else faiss.IDSelectorBitmap(packed)
        parameters = faiss.SearchParameters(sel=selector)
        if isinstance(self._index, faiss.IndexHNSW):
            depth = max(_SEARCH_DEPTH, 2 * limit)
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=depth)
        scores, positions = self._index.search(vector[None, :], limit, params=parameters)
        found = positions[0] >= 0
        return _hits(self._keys[positions[0][found]], scores[0][found])

    def _scan(self, vector: Vectors, limit: int, mask: Mask) -> list[Hit]:
        positions = np.flatnonzero(mask)
        scores = self._matrix[positions] @ vector
        best = np.argsort(-scores, kind="stable")[:limit]
        return _hits(self._keys[positions[best]], scores[best])


def empty(dimension: int, kind: Kind) -> Any:  # noqa: ANN401 - FAISS is untyped
    """Return a FAISS index without vectors, for inner products."""
    if kind == "flat":
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _CONSTRUCTION_DEPTH
    return index


def recall(index: VectorIndex, *, sample: int = 100, limit: int = 10) -> float:
    """Return which share of the true nearest neighbours the index finds, over a sample."""
    found = total = 0
    for vector in index.sample(sample):
        truth = index.exact(vector, limit)
        # by score, not by key: of equally near neighbours any will do
        least = truth[-1][1] - _ROUNDING
        hits = index.search(vector, limit, Filters())
        found += sum(score >= least for _, score in hits)
        total += len(truth)
    return found / total if total else 1.0


def _matrix(index: Any) -> Vectors:  # noqa: ANN401 - FAISS is untyped
    """Return a view of an index's vectors; it holds as long as the index does."""
    flat = faiss.downcast_index(index.storage) if isinstance(index, faiss.IndexHNSW) else index
    if not flat.ntotal:
        return np.empty((0, flat.d), dtype=np.float32)
    view: Vectors = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    return view.reshape(flat.ntotal, flat.d)


def _hits(keys: Keys, scores: NDArray[np.float32]) -> list[Hit]:
    return list(zip(keys.tolist(), scores.tolist(), strict=True))


def _passes(name: str, wanted: Iterable[str]) -> bool:
    return bool({name, *language_tags(name)} & {w.lower() for w in wanted})
