"""Models of others, tiny and random, of every architecture: converted only if nothing changes."""

from pathlib import Path

import pytest
import torch
import transformers

from tests.translate.learn.checkpoints import MAKERS
from translate.engine import CTranslate2Engine
from translate.errors import ModelError
from translate.learn.adopt import adopt
from translate.types import Direction, Request

PAIR = ("en", "de")
# transformers wants MarianMT's texts normalised by a library that Weft has no need of
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")


@pytest.mark.parametrize("kind", MAKERS)
def test_a_converted_model_serves_what_transformers_would(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](tmp_path / kind)
    made = adopt(str(tmp_path / kind), tmp_path / "made", wanted=PAIR)
    assert Direction("en", "de") in made.card.directions
    assert made.card.made_from["architecture"] in {kind, "m2m_100", "mbart"}
    [answer] = CTranslate2Engine(tmp_path / "made").translate(
        [Request("The book is good.", "en", "de")]
    )
    assert answer.text


def test_marian_says_itself_which_languages_it_has(tmp_path: Path) -> None:
    MAKERS["marian"](tmp_path / "marian")
    card = adopt(str(tmp_path / "marian"), tmp_path / "made").card
    assert card.directions == (Direction("en", "de"),)


def test_all_languages_are_taken_if_none_is_named(tmp_path: Path) -> None:
    MAKERS["madlad"](tmp_path / "madlad")
    card = adopt(str(tmp_path / "madlad"), tmp_path / "made").card
    assert card.languages == ("de", "en", "fr")
    assert len(card.directions) == 6


def test_a_language_that_the_model_has_not_is_refused_by_name(tmp_path: Path) -> None:
    MAKERS["madlad"](tmp_path / "madlad")
    with pytest.raises(ModelError, match="knows no el; it has de, en, fr"):
        adopt(str(tmp_path / "madlad"), tmp_path / "made", wanted=("en", "el"))


def test_a_model_that_would_decode_otherwise_is_not_added(tmp_path: Path) -> None:
    """CTranslate2 begins Marian's answers with zeros, whatever the row of the pad token holds."""
    folder = tmp_path / "marian"
    MAKERS["marian"](folder)
    model = transformers.MarianMTModel.from_pretrained(folder)
    with torch.no_grad():
        model.get_input_embeddings().weight[-1] = 3
    model.save_pretrained(folder)
    with pytest.raises(ModelError, match="unlike transformers"):
        adopt(str(folder), tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_weights_as_pickles_are_not_loaded(tmp_path: Path) -> None:
    MAKERS["marian"](tmp_path / "marian")
    (tmp_path / "marian" / "model.safetensors").rename(tmp_path / "marian" / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no \.safetensors"):
        adopt(str(tmp_path / "marian"), tmp_path / "made")


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    MAKERS["marian"](tmp_path / "bart")
    transformers.BartConfig(vocab_size=10).save_pretrained(tmp_path / "bart")
    with pytest.raises(ModelError, match="of the kind bart"):
        adopt(str(tmp_path / "bart"), tmp_path / "made")
