import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import M2M100ForConditionalGeneration

from tests.translate.learn import checkpoints
from translate.card import CARD, ModelCard
from translate.engine import CTranslate2Engine
from translate.errors import ModelError, RecipeError
from translate.learn.adopt import adopt
from translate.learn.base import load_weights
from translate.learn.config import GENTLE_RATE, Recipe
from translate.learn.convert import convert
from translate.learn.train import Trainer, build_model
from translate.learn.vocabulary import load_vocabulary
from translate.lexis import FILE, Lexis
from translate.types import Request

RECIPE = """
name = "further"
base = "{base}"
corpora = "{corpora}"
languages = ["en", "de"]
batch_tokens = 256
warmup = 5
steps = 10
threads = 1
"""


@pytest.fixture
def base(tiny_run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run.model, tmp_path / "base"))


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    lines = [f"ours\tNumber {n} is good.\tNummer {n} ist gut.\n" for n in range(400)]
    (tmp_path / "texts" / "en-de.tsv").write_text("".join(lines), encoding="utf-8")
    return tmp_path / "texts"


def written(tmp_path: Path, base: Path, corpora: Path, more: str = "") -> Path:
    path = tmp_path / "further.toml"
    path.write_text(RECIPE.format(base=base, corpora=corpora) + more, encoding="utf-8")
    return path


def test_weights_are_those_that_were_trained_but_for_the_rounding_of_int8(tiny_run) -> None:
    original = M2M100ForConditionalGeneration.from_pretrained(tiny_run.model / "reference")
    pieces = load_vocabulary(tiny_run.folder / "vocabulary.model").get_piece_size()
    model = build_model(tiny_run.recipe, pieces)
    load_weights(model, str(tiny_run.model))
    for (name, read), trained in zip(model.named_parameters(), original.parameters(), strict=True):
        most = trained.abs().amax(dim=-1, keepdim=True)
        assert torch.all((read - trained).abs() <= most / 127), name


def test_a_base_decides_sizes_and_vocabulary_and_slows_learning(
    tiny_run, base: Path, corpora: Path, tmp_path: Path
) -> None:
    recipe = Recipe.read(written(tmp_path, base, corpora))
    assert (recipe.width, recipe.vocabulary) == (tiny_run.recipe.width, tiny_run.recipe.vocabulary)
    assert recipe.rate == GENTLE_RATE
    assert Recipe.read(written(tmp_path, base, corpora, "rate = 1e-4")).rate == 1e-4
    Trainer(recipe, tmp_path / "run")
    vocabulary = (tmp_path / "run" / "vocabulary.model").read_bytes()
    assert vocabulary == (base / "vocabulary.model").read_bytes()


def test_languages_are_the_base_s_where_none_are_named(
    base: Path, corpora: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, base, corpora)
    path.write_text(path.read_text().replace('languages = ["en", "de"]\n', ""))
    assert Recipe.read(path).languages == ("en", "de", "fr")


def test_what_a_base_knows_need_not_be_learnt_again(tiny_run, base: Path, tmp_path: Path) -> None:
    recipe = Recipe.read(written(tmp_path, base, Path(tiny_run.recipe.corpora)))
    told: list[float] = []
    Trainer(replace(recipe, smoothing=0.0), tmp_path / "run").train(
        lambda progress: told.append(progress.loss)
    )
    assert told[0] < 0.6 * tiny_run.losses[0]


def test_a_model_trained_further_tells_what_it_came_from_and_keeps_known_words(
    base: Path, corpora: Path, tmp_path: Path
) -> None:
    recipe = Recipe.read(written(tmp_path, base, corpora))
    Trainer(recipe, tmp_path / "run").train(lambda _: None)
    assert Trainer(replace(recipe, steps=11), tmp_path / "run").base["name"] == "tiny"
    made = convert(recipe, tmp_path / "run", tmp_path / "run" / "model").card
    first = ModelCard.read(base)
    assert made.made_from["base"]["version"] == first.version
    assert made.made_from["base"]["made_from"] == first.made_from
    assert str(tmp_path) not in json.dumps(made.made_from)
    assert {(each.source, each.target) for each in made.directions} == {("en", "de"), ("de", "en")}
    words = Lexis.read(tmp_path / "run" / "model" / FILE)
    assert all(words.has(word, "de") for word in ("Nummer", "Buch"))
    engine = CTranslate2Engine(tmp_path / "run" / "model")
    assert engine.translate([Request("The book is good.", "en", "de")])[0].text


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("width = 128", r"sets \['width'\], which its base decides"),
        ("vocabulary = 9000", r"sets \['vocabulary'\]"),
        ("heads = 2\nencoder_layers = 3", "encoder_layers', 'heads"),
    ],
)
def test_sizes_beside_a_base_are_refused(
    base: Path, corpora: Path, tmp_path: Path, more: str, reason: str
) -> None:
    with pytest.raises(RecipeError, match=reason):
        Recipe.read(written(tmp_path, base, corpora, more))


def test_a_language_that_a_base_does_not_know_is_refused(
    base: Path, corpora: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, base, corpora)
    path.write_text(path.read_text().replace('"de"]', '"pl"]'))
    with pytest.raises(RecipeError, match=r"asks for \['pl'\], of which its base knows nothing"):
        Recipe.read(path)


def test_a_setting_of_a_wrong_kind_is_told_beside_a_base_too(
    base: Path, corpora: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, base, corpora)
    path.write_text(path.read_text().replace('["en", "de"]', "5"))
    with pytest.raises(RecipeError, match="languages = 5 is not a list of texts"):
        Recipe.read(path)


def test_a_model_that_others_trained_is_no_base(corpora: Path, tmp_path: Path) -> None:
    checkpoints.m2m100(tmp_path / "hub")
    adopt(str(tmp_path / "hub"), tmp_path / "base")
    with pytest.raises(ModelError, match="not made by `weft train translator`"):
        Recipe.read(written(tmp_path, tmp_path / "base", corpora))


def test_a_damaged_base_is_refused(base: Path, corpora: Path, tmp_path: Path) -> None:
    with (base / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(bytes(8))
    with pytest.raises(ModelError, match=r"model\.bin is damaged"):
        Recipe.read(written(tmp_path, base, corpora))


def test_a_base_that_is_not_there_is_told(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=CARD):
        Recipe.read(written(tmp_path, tmp_path / "nowhere", corpora))


def test_weights_of_another_size_are_refused(tiny_run) -> None:
    pieces = load_vocabulary(tiny_run.folder / "vocabulary.model").get_piece_size()
    model = build_model(replace(tiny_run.recipe, encoder_layers=2), pieces)
    with pytest.raises(ModelError, match="do not fit"):
        load_weights(model, str(tiny_run.model))


def test_words_of_two_models_are_joined_in_the_languages_of_the_first() -> None:
    joined = Lexis.of({"de": ["Buch"]}) | Lexis.of({"de": ["Haus"], "fr": ["livre"]})
    assert all(joined.has(word, "de") for word in ("Buch", "haus"))
    assert not joined.has("Baum", "de")
    assert joined.has("anything", "fr")  # a language it lacks


def test_words_joined_with_none_stay() -> None:
    assert (Lexis.of({"de": ["Buch"]}) | Lexis({})).has("Buch", "de")
