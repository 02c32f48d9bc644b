"""A model that `weft train translator` made, taken up again to be trained further.

Its folder holds no checkpoint, only what is served: weights that CTranslate2 keeps as int8, which
are as near to what was trained as its answers show.
"""

import re
import shutil
import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from translate.card import ModelCard
from translate.engine import shipped_model
from translate.errors import ModelError
from translate.lexis import FILE, Lexis
from translate.tokens import SOURCE

SHIPPED = "shipped"
"""Stands for the model that comes with Weft."""

SIZES = ("width", "feed_forward", "heads", "encoder_layers", "decoder_layers", "vocabulary")
"""Keys of a recipe that a base decides."""

WEIGHTS = "model.bin"

_BINARY_VERSION = 6
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_PLACES = {
    "self_attn.q_proj": ("self_attention/linear_0", 0),
    "self_attn.k_proj": ("self_attention/linear_0", 1),
    "self_attn.v_proj": ("self_attention/linear_0", 2),
    "self_attn.out_proj": ("self_attention/linear_1", 0),
    "self_attn_layer_norm": ("self_attention/layer_norm", 0),
    "encoder_attn.q_proj": ("attention/linear_0", 0),
    "encoder_attn.k_proj": ("attention/linear_1", 0),
    "encoder_attn.v_proj": ("attention/linear_1", 1),
    "encoder_attn.out_proj": ("attention/linear_2", 0),
    "encoder_attn_layer_norm": ("attention/layer_norm", 0),
    "fc1": ("ffn/linear_0", 0),
    "fc2": ("ffn/linear_1", 0),
    "final_layer_norm": ("ffn/layer_norm", 0),
    "layer_norm": ("layer_norm", 0),
}
"""Where CTranslate2 keeps a part of M2M100, and which of the matrices joined there it is."""

_PARAMETER = re.compile(r"model\.(encoder|decoder)\.(?:layers\.(\d+)\.)?(.+)\.(weight|bias)")


def base_folder(base: str) -> Path:
    """Return the folder of a model that a recipe names as its base."""
    return shipped_model() if base == SHIPPED else Path(base)


def read_base(base: str) -> ModelCard:
    """Return the card of a base; raise `ModelError` unless it is whole and `weft train` made it."""
    folder = base_folder(base)
    card = ModelCard.read(folder)
    if "recipe" not in card.made_from:
        raise ModelError(folder, "was not made by `weft train translator`, so it is no base")
    card.verify(folder)
    return card


def lineage(card: ModelCard) -> dict[str, Any]:
    """Return what a model's card says of its base: its name, version, and what that came from."""
    return {"name": card.name, "version": card.version, "made_from": dict(card.made_from)}


def copy_vocabulary(base: str, path: Path) -> None:
    """Put the vocabulary of a base at `path`, whole or not at all."""
    fresh = path.with_suffix(".new")
    shutil.copy(base_folder(base) / SOURCE, fresh)
    fresh.replace(path)


def base_words(base: str) -> Lexis:
    """Return the words that a base met in its training; none where a recipe has no base."""
    path = base_folder(base) / FILE
    return Lexis.read(path) if base and path.exists() else Lexis({})


def load_weights(model: torch.nn.Module, base: str) -> None:
    """Fill a model of the M2M100 class with the weights of a base of the same size."""
    folder = base_folder(base)
    held = _read(folder)
    try:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(torch.from_numpy(_found(held, name, len(parameter))))
    except (KeyError, RuntimeError) as error:
        reason = f"its weights do not fit this recipe's sizes ({error}); leave sizes to the base"
        raise ModelError(folder, reason) from error


def _found(held: Mapping[str, NDArray[Any]], name: str, rows: int) -> NDArray[np.float32]:
    """Return a parameter of transformers from among the variables of CTranslate2."""
    if name == "model.shared.weight":
        return _scaled(held, "decoder/embeddings/weight")
    match = _PARAMETER.fullmatch(name)
    if not match:
        raise KeyError(name)
    side, layer, part, kind = match.groups()
    place, index = _PLACES[part]
    kind = {"weight": "gamma", "bias": "beta"}[kind] if part.endswith("layer_norm") else kind
    path = "/".join([side, *([f"layer_{layer}"] if layer else []), place, kind])
    return _scaled(held, path)[index * rows : (index + 1) * rows]


def _scaled(held: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """Return a variable as it was before it was made small: int8 has a scale for each row."""
    values: NDArray[np.float32] = held[name].astype(np.float32)
    if (scale := held.get(f"{name}_scale")) is not None:
        values /= scale[:, None]
    return values


def _read(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the variables in a `model.bin` of CTranslate2, by name.

    The format is that of `ctranslate2.specs.ModelSpec.save`, which has no reader in Python.
    """
    file = BytesIO((folder / WEIGHTS).read_bytes())

    def number(form: str) -> int:
        [value] = struct.unpack(f"<{form}", file.read(struct.calcsize(form)))
        return int(value)

    def text() -> str:
        return file.read(number("H"))[:-1].decode()

    if (version := number("I")) != _BINARY_VERSION:
        raise ModelError(folder, f"its {WEIGHTS} has format {version}, not {_BINARY_VERSION}")
    text(), number("I")  # the kind of model and its revision
    held: dict[str, NDArray[Any]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind = _TYPES[number("B")]
        held[name] = np.frombuffer(file.read(number("I")), kind).reshape(shape)
    return held
