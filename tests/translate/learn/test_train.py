import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.translate.conftest import write_corpora
from translate.errors import CorpusError, ModelError
from translate.learn.checkpoint import load_checkpoint
from translate.learn.config import Recipe
from translate.learn.dataset import Batch
from translate.learn.train import Progress, Trainer


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    write_corpora(tmp_path)
    return Recipe(
        name="tiny", languages=("en", "de"), corpora=str(tmp_path), vocabulary=330, width=32,
        feed_forward=64, heads=2, encoder_layers=1, decoder_layers=1, batch_tokens=256, warmup=5,
        steps=12, threads=1,
    )  # fmt: skip


class StoppedError(Exception):
    """Stands for a kill between two steps."""


def weights(trainer: Trainer) -> torch.Tensor:
    return trainer.model.lm_head.weight.detach().clone()


def test_a_stopped_run_goes_on_to_the_same_weights_as_one_that_was_not(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Trainer(recipe, tmp_path / "whole")
    whole.train(lambda _: None)
    half = Trainer(recipe, tmp_path / "half")
    step = Trainer._step  # noqa: SLF001 - stopped between two of them

    def until_six(trainer: Trainer, batch: object) -> float:
        if trainer.progress.step == 6:
            trainer.progress.batch -= 1  # this batch was taken, and not learnt from
            trainer.save()
            raise StoppedError
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "_step", until_six)
    with pytest.raises(StoppedError):
        half.train(lambda _: None)
    monkeypatch.undo()
    resumed = Trainer(recipe, tmp_path / "half")
    assert resumed.progress.step == 6
    resumed.train(lambda _: None)
    assert torch.allclose(weights(resumed), weights(whole), atol=1e-3)


def test_a_run_whose_data_changed_goes_on_with_its_weights_over_the_new_data(
    recipe: Recipe, tmp_path: Path
) -> None:
    first = Trainer(recipe, tmp_path / "run")
    first.train(lambda _: None)
    with (tmp_path / "en-de.tsv").open("a", encoding="utf-8") as file:
        file.write("made-up\tThe cover is good and new too.\tDas umschlag ist gut und neu auch.\n")
    second = Trainer(replace(recipe, steps=24), tmp_path / "run")
    assert len(second.examples) == len(first.examples) + 1
    assert (second.progress.step, second.progress.batch) == (12, 0)
    assert second.progress.epoch == first.progress.epoch + 1
    assert torch.equal(weights(second), weights(first))


def test_an_unchanged_run_is_not_encoded_again(recipe: Recipe, tmp_path: Path) -> None:
    Trainer(recipe, tmp_path / "run")
    made = (tmp_path / "run" / "examples.npz").stat().st_mtime_ns
    Trainer(recipe, tmp_path / "run")
    assert (tmp_path / "run" / "examples.npz").stat().st_mtime_ns == made


def test_corpora_smaller_than_a_batch_are_an_error(recipe: Recipe, tmp_path: Path) -> None:
    trainer = Trainer(replace(recipe, batch_tokens=1_000_000), tmp_path / "run")
    with pytest.raises(CorpusError, match="lower batch_tokens"):
        trainer.train(lambda _: None)


def test_a_finished_run_is_not_trained_again(recipe: Recipe, tmp_path: Path) -> None:
    Trainer(recipe, tmp_path / "run").train(lambda _: None)
    again = Trainer(recipe, tmp_path / "run")
    before = weights(again)
    again.train(lambda _: None)
    assert again.progress.step == 12
    assert torch.equal(weights(again), before)


def test_the_end_of_a_short_budget_is_reported_with_its_loss(
    recipe: Recipe, tmp_path: Path
) -> None:
    told: list[float] = []
    Trainer(recipe, tmp_path / "run").train(lambda progress: told.append(progress.loss))
    assert [math.isfinite(loss) for loss in told] == [True]


def test_slow_steps_are_told_before_the_next_line_of_the_log(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translate.learn.train.TELL_EVERY", 0.0)
    told: list[int] = []
    Trainer(recipe, tmp_path / "run").train(lambda progress: told.append(progress.step))
    assert told == list(range(1, 13))
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"languages": ("en", "de", "fr")}, "without 'fr'"), ({"width": 64}, "another size")],
)
def test_a_run_of_another_recipe_is_refused(
    recipe: Recipe, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    Trainer(recipe, tmp_path / "run").train(lambda _: None)
    with pytest.raises(ModelError, match=reason):
        Trainer(replace(recipe, **changes), tmp_path / "run")


def test_the_average_is_the_mean_of_the_weights_at_the_end(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translate.learn.train.AVERAGE_EVERY", 1)
    trainer = Trainer(replace(recipe, average=0.25), tmp_path / "run")
    seen: list[torch.Tensor] = []
    step = trainer._step  # noqa: SLF001 - watched

    def watched(batch: Batch) -> float:
        loss = step(batch)
        seen.append(weights(trainer))
        return loss

    monkeypatch.setattr(trainer, "_step", watched)
    trainer.train(lambda _: None)
    state = load_checkpoint(tmp_path / "run")
    assert state["averaged"] == 3
    assert torch.allclose(state["average"]["lm_head.weight"], torch.stack(seen[-3:]).mean(0))
    assert torch.equal(state["model"]["lm_head.weight"], seen[-1])


def test_a_stopped_run_goes_on_with_its_average(recipe: Recipe, tmp_path: Path) -> None:
    averaging = replace(recipe, average=1.0)
    Trainer(averaging, tmp_path / "run").train(lambda _: None)
    resumed = Trainer(replace(averaging, steps=24), tmp_path / "run")
    resumed.train(lambda _: None)
    assert load_checkpoint(tmp_path / "run")["averaged"] == 4  # steps 10, 12, 20 and 24


def test_an_average_begins_anew_when_the_budget_is_raised(recipe: Recipe, tmp_path: Path) -> None:
    averaging = replace(recipe, average=0.25)
    Trainer(averaging, tmp_path / "run").train(lambda _: None)
    Trainer(replace(averaging, steps=30), tmp_path / "run").train(lambda _: None)
    assert load_checkpoint(tmp_path / "run")["averaged"] == 1  # step 30 alone


def test_a_checkpoint_without_an_average_is_gone_on_from(recipe: Recipe, tmp_path: Path) -> None:
    Trainer(recipe, tmp_path / "run").train(lambda _: None)
    assert not {"average", "averaged"} & set(load_checkpoint(tmp_path / "run"))
    averaging = Trainer(replace(recipe, steps=24, average=0.5), tmp_path / "run")
    averaging.train(lambda _: None)
    assert load_checkpoint(tmp_path / "run")["averaged"] == 2  # steps 20 and 24


def test_progress_is_by_steps_or_else_by_time() -> None:
    recipe = Recipe(name="r", languages=("en", "de"), minutes=2)
    assert Progress(seconds=60).fraction(recipe) == pytest.approx(0.5)
    assert Progress(seconds=60, step=3).fraction(replace(recipe, steps=4)) == pytest.approx(0.75)
