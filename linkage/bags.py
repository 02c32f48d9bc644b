"""Static encoders without PyTorch: a text's vector is the sum of its pieces' rows in one table.

They are the folders that `linkage.learn.package` writes. sentence-transformers reads them too and
gives the same vectors to a few parts in ten million; here neither it nor PyTorch is loaded.
"""

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from scipy.sparse import csr_array
from tokenizers import Tokenizer

_MODULES = ["StaticEmbedding", "Normalize"]
_TABLE, _TOKENIZER, _ROWS, _SCALES = "model.safetensors", "tokenizer.json", "embeddings", "weights"
_BATCH = 256
_LEAST_LENGTH = 1e-12


def is_bagged(folder: Path) -> bool:
    """Tell whether a model folder holds a static encoder of rows of bytes, each with a scale."""
    try:
        modules = orjson.loads((folder / "modules.json").read_bytes())
        if [module["type"].rpartition(".")[2] for module in modules] != _MODULES:
            return False
        with safe_open(folder / _TABLE, "numpy") as tensors:
            return set(tensors.keys()) == {_ROWS, _SCALES}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, SafetensorError):
        return False


class BagEncoder:
    """An Encoder by a table of a model folder, read when first used."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model[1].shape[1])

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return a unit vector for each text; zeros for one without any piece."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            part = texts[start : start + _BATCH]
            vectors[start : start + len(part)] = self._encoded(part)
            if progress:
                progress(len(part))
        return vectors

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        tokenizer, table = self._model
        bags = [found.ids for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, bags)])
        pieces = np.fromiter(chain.from_iterable(bags), dtype=np.int64, count=ends[-1])
        counts = csr_array(
            (np.ones(len(pieces), dtype=np.float32), pieces, ends), shape=(len(texts), len(table))
        )
        vectors: NDArray[np.float32] = counts @ table
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _LEAST_LENGTH)
        return vectors

    @property
    def _model(self) -> tuple[Tokenizer, NDArray[np.float32]]:
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> tuple[Tokenizer, NDArray[np.float32]]:
        tokenizer = Tokenizer.from_file(str(self._folder / _TOKENIZER))
        tokenizer.no_padding()
        with safe_open(self._folder / _TABLE, "numpy") as tensors:
            return tokenizer, tensors.get_tensor(_ROWS) * tensors.get_tensor(_SCALES)[:, None]
