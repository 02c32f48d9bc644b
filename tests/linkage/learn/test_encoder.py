"""A tiny training from the corpus to the packaged model."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from linkage.embed import load_encoder
from linkage.errors import GoldError, TrainingError
from linkage.learn.encoder import Progress, train
from linkage.learn.evaluate_encoder import evaluate_encoder
from linkage.learn.optimizer import RowAdam
from linkage.learn.teacher import Teacher

ADJECTIVES = {"red": "röd", "old": "gammal", "small": "liten", "wet": "våt", "cold": "kall"}
NOUNS = {"house": "hus", "boat": "båt", "dog": "hund", "book": "bok", "tree": "träd", "hat": "hatt"}
VERBS = {"sleeps": "sover", "falls": "faller", "waits": "väntar", "sings": "sjunger"}
SENTENCES = [
    (f"the {a} {n} {v}", f"{NOUNS[n]} som är {ADJECTIVES[a]} {VERBS[v]}")
    for a in ADJECTIVES for n in NOUNS for v in VERBS
]  # fmt: skip
HELD_OUT = SENTENCES[::6]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    lines = [f"made\t{english}\t{other}" for english, other in SENTENCES]
    (folder / "en-sv.tsv").write_text("\n".join(lines), encoding="utf-8")
    held = folder / "benchmark" / "en-sv.tsv"
    held.parent.mkdir()
    held.write_text("\n".join("\t".join(pair) for pair in HELD_OUT), encoding="utf-8")
    path = folder / "recipe.toml"
    path.write_text(f"""
        name = "tiny"
        languages = ["sv"]
        corpora = "{folder}"
        teacher_texts = 40
        vocabulary = 300
        batch = 32
        passes = 100
        finish = 30
        rate = 0.01
        threads = 1
        balance = 0
    """)
    return path


@pytest.fixture(scope="module")
def trained(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Progress]]:
    run = tmp_path_factory.mktemp("run")
    seen: list[Progress] = []

    def note(progress: Progress) -> None:
        seen.append(Progress(progress.stage, progress.done, progress.total, 0.0, progress.loss))

    return train(recipe, run, note), seen


def test_the_loss_falls(trained: tuple[Path, list[Progress]]) -> None:
    losses = [progress.loss for progress in trained[1] if progress.stage == "train"]
    assert losses[-1] < losses[0] / 2


def test_stages_come_in_order(trained: tuple[Path, list[Progress]]) -> None:
    stages = list(dict.fromkeys(progress.stage for progress in trained[1]))
    assert stages == ["read", "vocabulary", "teacher", "encode", "train"]


def test_the_model_loads_as_sentence_transformers_and_gives_unit_vectors(
    trained: tuple[Path, list[Progress]],
) -> None:
    model = SentenceTransformer(str(trained[0]), device="cpu", local_files_only=True)
    vectors = model.encode(["the red house sleeps", "hus"], show_progress_bar=False)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_packaged_vectors_agree_with_those_of_training(
    trained: tuple[Path, list[Progress]],
) -> None:
    model = SentenceTransformer(str(trained[0]), device="cpu", local_files_only=True)
    table = torch.load(trained[0].parent / "checkpoint.pt", weights_only=True)["table"]
    texts = [text for pair in SENTENCES for text in pair]
    bags: Any = model[0].tokenizer.encode_batch(texts)
    means = torch.stack([table[bag.ids].mean(0) for bag in bags])
    kept = torch.from_numpy(model.encode(texts, show_progress_bar=False))
    assert (functional.normalize(means) * kept).sum(1).min() > 0.999


def test_translations_are_found_and_the_speed_is_measured(
    trained: tuple[Path, list[Progress]], recipe: Path
) -> None:
    report = evaluate_encoder(
        load_encoder(str(trained[0])), translations=recipe.parent / "benchmark"
    )
    found = report.translations["sv"]
    assert found.low <= found.value <= found.high
    assert report.mean == found.value > 0.9
    assert report.adaptations is None
    assert report.texts_per_second > 0


def test_a_finished_run_is_not_trained_again(
    trained: tuple[Path, list[Progress]], recipe: Path
) -> None:
    seen: list[str] = []
    train(recipe, trained[0].parent, lambda progress: seen.append(progress.stage))
    assert seen == []


def test_a_run_of_another_recipe_is_refused(
    trained: tuple[Path, list[Progress]], recipe: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(recipe.read_text().replace("batch = 32", "batch = 64"))
    with pytest.raises(TrainingError, match="another recipe"):
        train(other, trained[0].parent, lambda _: None)


def test_weights_that_leave_no_pair_are_an_error(recipe: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    none.write_text(recipe.read_text() + "domains = { made = 0 }\n")
    with pytest.raises(TrainingError, match="no pair is ever seen"):
        train(none, tmp_path / "run", lambda _: None)


def test_a_damaged_checkpoint_is_an_error_with_a_remedy(
    trained: tuple[Path, list[Progress]], recipe: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained[0].parent, run)
    whole = (run / "checkpoint.pt").read_bytes()
    (run / "checkpoint.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TrainingError, match="delete it to begin anew"):
        train(recipe, run, lambda _: None)


def test_a_run_of_before_recipes_were_compared_goes_on(
    trained: tuple[Path, list[Progress]], recipe: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained[0].parent, run)
    with np.load(run / "examples.npz") as kept:
        arrays = {name: kept[name] for name in kept.files if name != "origin"}
    np.savez(run / "examples.npz", **arrays)
    assert train(recipe, run, lambda _: None) == run / "model"


def test_a_benchmark_of_other_columns_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "en-sv.tsv").write_text("a dog\ten hund\na cat\n", encoding="utf-8")
    with pytest.raises(GoldError, match="line 2"):
        evaluate_encoder(load_encoder("weft-static-11"), translations=tmp_path)


def test_the_log_has_the_loss_of_the_steps(trained: tuple[Path, list[Progress]]) -> None:
    lines = (trained[0].parent / "log.jsonl").read_text().splitlines()
    assert all(np.isfinite(json.loads(line)["loss"]) for line in lines)


def test_row_adam_agrees_with_adam_where_every_row_is_touched() -> None:
    ours = torch.ones(3, 2)
    theirs = torch.nn.Parameter(ours.clone())
    reference = torch.optim.Adam([theirs], lr=0.1)
    optimizer = RowAdam(ours)
    for slope in (torch.full((3, 2), 0.5), torch.arange(6.0).reshape(3, 2)):
        optimizer.step(torch.arange(3), slope.clone(), 0.1)
        theirs.grad = slope
        reference.step()
    assert ours == pytest.approx(theirs.detach(), abs=1e-5)


def test_the_teacher_encodes_a_text_once(tmp_path: Path) -> None:
    encoder = load_encoder()
    first = Teacher(encoder, tmp_path / "teacher.npz").encode(["a dog", "a cat", "a dog"])
    seen: list[int] = []
    again = Teacher(encoder, tmp_path / "teacher.npz").encode(
        ["a cat", "a dog"], lambda done, _: seen.append(done)
    )
    assert seen == []
    assert again == pytest.approx(first[[1, 0]])
    assert again[1] == pytest.approx(encoder.encode(["a dog"])[0], abs=1e-3)
