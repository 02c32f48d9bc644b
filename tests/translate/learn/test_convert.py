import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from transformers import M2M100ForConditionalGeneration

from tests.translate.conftest import made_up_sentences
from translate.card import ModelCard
from translate.engine import CTranslate2Engine
from translate.errors import ModelError
from translate.learn.checkpoint import load_checkpoint, save_checkpoint
from translate.learn.convert import convert, greedy
from translate.learn.vocabulary import EOS, load_vocabulary
from translate.types import Request, tag


def test_training_makes_the_loss_fall(tiny_run) -> None:
    assert tiny_run.losses[-1] < 0.6 * tiny_run.losses[0]


def test_the_int8_model_answers_what_it_learnt_as_the_original(tiny_run, engine) -> None:
    original = M2M100ForConditionalGeneration.from_pretrained(tiny_run.model / "reference")
    processor = load_vocabulary(tiny_run.folder / "vocabulary.model")
    texts = [row[0] for row in islice(made_up_sentences(), 64)]
    rows = [[processor.piece_to_id(tag("de")), *processor.encode(text), EOS] for text in texts]
    expected = [processor.decode(greedy(original, row)) for row in rows]
    answers = [
        each.text for each in engine.translate([Request(text, "en", "de") for text in texts])
    ]
    equal = sum(a == b for a, b in zip(answers, expected, strict=True))
    assert equal >= 0.7 * len(texts)


def test_the_card_tells_languages_directions_and_checksums(tiny_run) -> None:
    card = ModelCard.read(tiny_run.model)
    assert (card.version, card.files) == (tiny_run.conversion.card.version, dict(card.files))
    assert card.languages == ("en", "de", "fr")
    assert {(each.source, each.target) for each in card.directions} == {
        ("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en")
    }  # fmt: skip
    assert {"model.bin", "vocabulary.model", "config.json"} <= set(card.files)
    card.verify(tiny_run.model)


def test_the_reference_copy_loads_in_transformers(tiny_run) -> None:
    model = M2M100ForConditionalGeneration.from_pretrained(tiny_run.model / "reference")
    state = torch.load(tiny_run.folder / "checkpoint.pt", weights_only=True)["model"]
    assert torch.equal(model.lm_head.weight, state["lm_head.weight"])


def test_a_run_without_a_checkpoint_is_refused(tiny_run, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="checkpoint"):
        convert(tiny_run.recipe, tmp_path, tmp_path / "model")


def test_a_second_conversion_replaces_the_first(tiny_run, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_run.model, folder)
    (folder / "stale").touch()
    again = convert(tiny_run.recipe, tiny_run.folder, folder)
    assert again.card.version == tiny_run.conversion.card.version
    assert not (folder / "stale").exists()
    assert list(tmp_path.iterdir()) == [folder]
    assert CTranslate2Engine(folder).translate([Request("The book is good.", "en", "de")])[0].text


def test_the_average_is_converted_where_the_recipe_asks_for_it(tiny_run, tmp_path: Path) -> None:
    state = load_checkpoint(tiny_run.folder)
    state["average"] = {name: weight * 0.5 for name, weight in state["model"].items()}
    shutil.copy(tiny_run.folder / "vocabulary.model", tmp_path)
    save_checkpoint(state, tmp_path)
    for average, factor in ((0.5, 0.5), (0.0, 1.0)):
        recipe = replace(tiny_run.recipe, average=average)
        convert(recipe, tmp_path, tmp_path / "model", keep_reference=True)
        made = M2M100ForConditionalGeneration.from_pretrained(tmp_path / "model" / "reference")
        assert torch.equal(made.lm_head.weight, state["model"]["lm_head.weight"] * factor)


def test_a_run_s_folder_is_told_from_its_model_s(tiny_run) -> None:
    with pytest.raises(ModelError, match=f"name {tiny_run.model}"):
        ModelCard.read(tiny_run.model.parent)
