"""A trained table as a folder that sentence-transformers loads with no code of its own."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer

LEVELS = 127


def save_model(tokenizer: Tokenizer, table: NDArray[np.float32], folder: Path) -> Path:
    """Write the model of a table (pieces, width) to `folder`, in place of what is there.

    The rows are kept as bytes with a scale each, a quarter of float32; sentence-transformers
    multiplies them out when it loads them, so vectors are float32 (and of length 1).
    """
    shutil.rmtree(folder, ignore_errors=True)
    plain = StaticEmbedding(tokenizer, embedding_weights=table)
    SentenceTransformer(modules=[plain, Normalize()], device="cpu").save(
        str(folder), create_model_card=False
    )
    (weights,) = folder.rglob("model.safetensors")
    save_file(quantise(table), weights)
    weights.chmod(0o644)  # safetensors writes for its owner alone; a service may be someone else
    tokenizer.save(str(weights.with_name("tokenizer.json")), pretty=False)
    return folder


def quantise(table: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return the rows as int8 `embeddings` and the float32 `weights` that scale them back."""
    scales = np.maximum(np.abs(table).max(axis=1), 1e-12) / LEVELS
    return {
        "embeddings": np.rint(table / scales[:, None]).astype(np.int8),
        "weights": scales.astype(np.float32),
    }
