import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import linkage
from linkage.bags import BagEncoder, is_bagged
from linkage.embed import SentenceEncoder, load_encoder

SHIPPED = Path(linkage.__file__).parent / "data" / "weft-static-11"
TEXTS = ("Dune (book, 1965). by Frank Herbert", "砂の惑星 ☕", "STRASSE straße ﬁn", "a " * 2_000)


def test_vectors_are_those_of_sentence_transformers() -> None:
    theirs = SentenceEncoder("static", SHIPPED).encode([*TEXTS, ""])
    ours = BagEncoder("static", SHIPPED).encode([*TEXTS, ""])
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-5
    assert np.linalg.norm(ours[:-1], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not ours[-1].any()


def test_many_texts_keep_their_order_and_progress_is_told() -> None:
    encoder = load_encoder("weft-static-11")
    texts, told = [f"number {n}" for n in range(600)], []
    together = encoder.encode(texts, told.append)
    assert np.array_equal(together[[0, 599]], encoder.encode([texts[0], texts[599]]))
    assert sum(told) == 600


def test_nothing_gives_no_vectors() -> None:
    assert load_encoder("weft-static-11").encode([]).shape == (0, 384)


def test_shipped_encoder_needs_no_torch() -> None:
    code = (
        "import sys; from linkage.embed import load_encoder;"
        "load_encoder('weft-static-11').encode(['Dune']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def floats(folder: Path) -> None:
    rows = load_file(folder / "model.safetensors")["embeddings"]
    save_file({"embedding.weight": rows.astype(np.float32)}, folder / "model.safetensors")


def another_module(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps(modules[:1]))


@pytest.mark.parametrize(
    "change",
    [
        floats,
        another_module,
        lambda folder: (folder / "modules.json").unlink(),
        lambda folder: (folder / "modules.json").write_text('{"a": 1}'),
        lambda folder: (folder / "model.safetensors").write_bytes(b"\x08nothing"),
    ],
)
def test_folder_of_another_make_is_left_to_sentence_transformers(
    folder: Path, change: Callable[[Path], object]
) -> None:
    assert is_bagged(folder)
    change(folder)
    assert not is_bagged(folder)
