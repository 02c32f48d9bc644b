"""Search by vectors. The only module that knows FAISS.

A VectorStore is immutable but for its tombstones. Filters and tombstones become a mask over
positions: where few pass, exactly those are compared; where many pass, FAISS searches among them.
Either way a filter returns as many hits as there are, up to the limit.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import faiss as faiss_untyped
import numpy as np
from numpy.typing import NDArray

from linkage.embed import Vectors
from linkage.errors import KindNotKeptError
from linkage.indexing.columns import Columns, Mask, Names, Rows, packed
from linkage.indexing.vectorlog import Keys
from linkage.lexical import Hit
from linkage.types import Filters, IndexKind

faiss: Any = faiss_untyped  # its stubs do not know what its Python layer adds
Kind = IndexKind
"""How vectors are searched; `auto` lets the number of items decide. See docs/performance.md."""

FLAT_UP_TO = 10_000
"""Measured: up to here comparing all takes half a millisecond, and is exact."""
LEAST_LISTED = 2_000
"""Fewer vectors are too few to learn lists and codes from."""
_SCAN_SHARE = 0.1
"""Below this share of entries that pass, comparing each is faster than a search among them."""

_LINKS = 32
_CONSTRUCTION_DEPTH = 200
_SEARCH_DEPTH = 128

_POINTS_A_LIST = 32
_TRAINING_ROUNDS = 10
_RECALL, _ANSWERS, _QUESTIONS = 0.975, 10, 200
"""So many lists are searched that this share of the true neighbours is found, on a sample."""
_CODE_DIMENSIONS = 4
"""Dimensions that one code of four bits stands for."""
_REFINED, _LEAST_REFINED = 4.0, 256
"""For each hit so many are compared again, by a byte a dimension; and so many at least."""

_ROUNDING = 1e-5
_VECTORS, _KEYS, _CODES = "vectors.faiss", "keys.npy", "codes.npy"


class VectorStore(Protocol):
    """What a search by vectors needs; FAISS in process is the first that offers it."""

    @property
    def count(self) -> int:
        """How many vectors there are, the buried ones too."""

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are and not buried, and their vectors."""

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again: they were deleted or have a newer version elsewhere."""


class VectorWriter(Protocol):
    """Makes one VectorStore."""

    def add(self, keys: Keys, vectors: Vectors, rows: Rows) -> None:
        """Add unit vectors and the rows of their columns; keys ascend over all calls."""

    def close(self) -> None:
        """Write what `VectorStores.open` needs."""


class VectorStores(Protocol):
    """Where the vectors of builds are kept."""

    def writer(
        self, build: str, folder: Path, kind: Kind, sample: Vectors, base: Path | None = None
    ) -> VectorWriter:
        """Return a writer for a build.

        `sample` are some of its vectors, to learn from; `base` is the folder of a build of the
        same encoder, of which what was learned may be used again.
        """

    def open(self, build: str, folder: Path, names: Names) -> VectorStore:
        """Open what a writer wrote."""

    def drop(self, build: str) -> None:
        """Delete what is kept of a build outside its folder."""

    def close(self) -> None:
        """Give back what is held."""


def store_of(kind: str, stores: Mapping[str, VectorStores]) -> VectorStores:
    """Return who keeps the vectors of a kind of index; KindNotKeptError without one."""
    if kind not in stores:
        raise KindNotKeptError(kind, stores)
    return stores[kind]


def check_kind(wanted: Kind, stores: Mapping[str, VectorStores]) -> None:
    """Raise KindNotKeptError unless an index of this kind could be kept."""
    if wanted != "auto":
        store_of(wanted, stores)


def kind_for(wanted: Kind, count: int) -> Kind:
    """Return the kind of index to make for so many vectors."""
    if wanted == "auto":
        return "flat" if count <= FLAT_UP_TO else "ivfpq"
    return "flat" if wanted == "ivfpq" and count < LEAST_LISTED else wanted


class VectorIndex:
    """A VectorStore on FAISS: `flat` compares all, `hnsw` walks a graph, `ivfpq` probes lists."""

    def __init__(self, index: Any, keys: Keys, columns: Columns) -> None:  # noqa: ANN401 - untyped
        self._index = index
        self._stored = _storage(index)
        self._codes = _codes(self._stored)
        self._keys = keys
        self._columns = columns
        self._alive = np.ones(len(keys), dtype=np.bool_)
        self._is_whole = True
        self._unfiltered = lru_cache(64)(lambda limit: _parameters(index, None, limit))

    @classmethod
    def load(cls, folder: Path, names: Names) -> "VectorIndex":
        """Load what a FaissWriter wrote. The vectors stay on disk, mapped."""
        index = faiss.read_index(str(folder / _VECTORS), faiss.IO_FLAG_MMAP_IFC)
        keys = np.load(folder / _KEYS, allow_pickle=False)
        codes = np.load(folder / _CODES, allow_pickle=False)
        if not len(keys) == len(codes) == index.ntotal:
            raise ValueError("vectors, keys and columns are not of one length")
        return cls(index, keys, Columns(np.asfortranarray(codes), names))

    @property
    def count(self) -> int:
        """How many vectors there are, the buried ones too."""
        return len(self._keys)

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""
        mask = self._columns.mask(filters)
        if mask is None and self._is_whole:
            return self._nearest(self._index, vector, min(limit, self.count))
        mask = self._alive if mask is None else mask & self._alive
        passing = int(np.count_nonzero(mask))
        wanted = min(limit, passing)
        if passing >= _SCAN_SHARE * self.count:
            hits = self._nearest(self._index, vector, wanted, mask)
            if len(hits) == wanted:
                return hits
        return self._nearest(self._stored, vector, wanted, mask)

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are and not buried, and their vectors."""
        positions = self._positions(np.asarray(keys, dtype=np.int64))
        alive = positions[self._alive[positions]]
        if not len(alive):
            return self._keys[alive], np.empty((0, self._index.d), dtype=np.float32)
        return self._keys[alive], self._stored.sa_decode(self._codes[alive])

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again: they were deleted or have a newer version elsewhere."""
        positions = self._positions(np.fromiter(keys, dtype=np.int64))
        if len(positions):
            self._alive[positions] = False
            self._is_whole = False

    def _positions(self, keys: Keys) -> NDArray[np.int64]:
        if not self.count:
            return np.empty(0, dtype=np.int64)
        positions = np.searchsorted(self._keys, keys)
        positions[positions == self.count] = 0
        found: NDArray[np.int64] = positions[self._keys[positions] == keys]
        return found

    def _nearest(
        self,
        index: Any,  # noqa: ANN401 - FAISS is untyped
        vector: Vectors,
        limit: int,
        mask: Mask | None = None,
    ) -> list[Hit]:
        if not limit:
            return []
        packed = None if mask is None else np.packbits(mask, bitorder="little")
        if packed is None:  # to make them takes a third of the time of a search
            parameters = self._unfiltered(limit)
        else:
            parameters = _parameters(index, faiss.IDSelectorBitmap(packed), limit)
        scores, positions = index.search(vector[None, :], limit, params=parameters)
        found = positions[0] >= 0
        keys = self._keys[positions[0][found]]
        return list(zip(keys.tolist(), scores[0][found].tolist(), strict=True))


class FaissWriter:
    """Makes a VectorIndex."""

    def __init__(self, folder: Path, kind: Kind, sample: Vectors, base: Path | None = None) -> None:
        self._folder = folder
        self._index = (_learned(base, len(sample)) if base else None) or _empty(kind, sample)
        self._keys: list[Keys] = [np.empty(0, dtype=np.int64)]
        self._rows: list[Rows] = [np.empty((0, 4), dtype=np.int32)]

    def add(self, keys: Keys, vectors: Vectors, rows: Rows) -> None:
        """Add unit vectors and the rows of their columns; keys ascend over all calls."""
        self._keys.append(keys)
        self._rows.append(rows)
        self._index.add(np.ascontiguousarray(vectors))

    def close(self) -> None:
        """Write the files that VectorIndex.load reads."""
        if isinstance(self._index, faiss.IndexRefine):
            _tune(self._index)
        faiss.write_index(self._index, str(self._folder / _VECTORS))
        np.save(self._folder / _KEYS, np.concatenate(self._keys), allow_pickle=False)
        np.save(self._folder / _CODES, packed(np.concatenate(self._rows)), allow_pickle=False)


class FaissStores:
    """VectorStores that are files of the build's folder."""

    def writer(
        self, build: str, folder: Path, kind: Kind, sample: Vectors, base: Path | None = None
    ) -> VectorWriter:
        """Return a writer into a folder."""
        del build
        return FaissWriter(folder, kind, sample, base)

    def open(self, build: str, folder: Path, names: Names) -> VectorStore:
        """Open what a writer wrote."""
        del build
        return VectorIndex.load(folder, names)

    def drop(self, build: str) -> None:
        """Do nothing: the folder is all there is."""

    def close(self) -> None:
        """Do nothing."""


STORES: Mapping[str, VectorStores] = dict.fromkeys(("flat", "hnsw", "ivfpq"), FaissStores())
"""Who keeps the vectors of each kind of index."""


def _empty(kind: Kind, sample: Vectors) -> Any:  # noqa: ANN401 - FAISS is untyped
    """Return a FAISS index without vectors, for inner products."""
    dimension = sample.shape[1]
    if kind == "ivfpq":
        return _lists(sample)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _CONSTRUCTION_DEPTH
        return index
    return faiss.IndexFlatIP(dimension)


def _learned(base: Path, sample_size: int) -> Any:  # noqa: ANN401 - FAISS is untyped
    """Return the lists and codes of a build, emptied; None where they do not fit.

    Vectors that were taken from that build then become the same codes again.
    """
    index = faiss.read_index(str(base / _VECTORS))
    if not isinstance(index, faiss.IndexRefine):
        return None
    lists = faiss.downcast_index(index.base_index).nlist
    if not lists / 2 <= sample_size / _POINTS_A_LIST <= lists * 2:
        return None
    index.reset()
    return index


def training_size(count: int) -> int:
    """Return how many of so many vectors an `ivfpq` index is best learned from."""
    return min(count, _POINTS_A_LIST * _lists_for(count))


def _lists_for(count: int) -> int:
    """Return a power of two near the root: measured, more lists cost more probes for the same."""
    return int(2 ** round(math.log2(math.sqrt(max(count, 1)))))


def _lists(sample: Vectors) -> Any:  # noqa: ANN401 - FAISS is untyped
    """Return trained inverted lists of four-bit codes, and vectors of bytes to refine hits by."""
    dimension, lists = sample.shape[1], max(1, len(sample) // _POINTS_A_LIST)
    codes = next(m for m in range(dimension // _CODE_DIMENSIONS, 0, -1) if dimension % m == 0)
    coarse = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFPQFastScan(coarse, dimension, lists, codes, 4, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.min_points_per_centroid = _TRAINING_ROUNDS, 1
    index.train(sample)
    refiner = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    refiner.train(sample)
    return faiss.IndexRefine(index, refiner)


def _tune(index: Any) -> None:  # noqa: ANN401 - FAISS is untyped
    """Have as many lists searched as it takes to find _RECALL of the true neighbours.

    The vectors asked for find themselves, which says nothing: that hit does not count.
    """
    lists, stored = faiss.downcast_index(index.base_index), _storage(index)
    questions = min(_QUESTIONS, index.ntotal)
    asked = stored.reconstruct_batch(
        np.random.default_rng(index.ntotal).choice(index.ntotal, questions, replace=False)
    )
    answers = min(_ANSWERS, index.ntotal - 1)
    least = stored.search(asked, answers + 1)[0][:, -1:] - _ROUNDING
    lists.nprobe = max(1, lists.nlist // 8)
    while lists.nprobe < lists.nlist:
        scores = index.search(asked, answers + 1, params=_parameters(index, None, answers + 1))[0]
        if np.sum(scores >= least) - questions >= _RECALL * questions * answers:
            return
        lists.nprobe *= 2


def _storage(index: Any) -> Any:  # noqa: ANN401 - FAISS is untyped
    """Return the part of an index that has its vectors one after the other."""
    if isinstance(index, faiss.IndexHNSW):
        return faiss.downcast_index(index.storage)
    if isinstance(index, faiss.IndexRefine):
        return faiss.downcast_index(index.refine_index)
    return index


def _codes(stored: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - FAISS is untyped
    """Return the code of each vector, where it lies: one call then decodes many."""
    if not stored.ntotal:
        return np.empty((0, stored.code_size), dtype=np.uint8)
    bytes_ = faiss.rev_swig_ptr(stored.codes.data(), stored.ntotal * stored.code_size)
    codes: NDArray[np.uint8] = bytes_.reshape(stored.ntotal, stored.code_size)
    return codes


def _parameters(index: Any, selector: Any, limit: int) -> Any:  # noqa: ANN401 - FAISS is untyped
    if isinstance(index, faiss.IndexHNSW):
        depth = max(_SEARCH_DEPTH, 2 * limit)
        return faiss.SearchParametersHNSW(sel=selector, efSearch=depth)
    if isinstance(index, faiss.IndexRefine):
        lists = faiss.downcast_index(index.base_index)
        probing = faiss.SearchParametersIVF(sel=selector, nprobe=lists.nprobe)
        factor = max(_REFINED, _LEAST_REFINED / limit)
        return faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=probing)
    return faiss.SearchParameters(sel=selector)
