"""Train a many-to-many translator (the M2M100 class) from a recipe, resumably.

A run lives in one folder: `vocabulary.model`, `examples.npz`, `checkpoint.pt`, `log.jsonl`.
Running the same recipe again carries on from the last checkpoint; when its data changed
meanwhile, with the weights so far and a fresh pass over the new data.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel
from transformers import M2M100Config, M2M100ForConditionalGeneration

from translate.errors import CorpusError, ModelError
from translate.learn.base import copy_vocabulary, lineage, load_weights, read_base
from translate.learn.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from translate.learn.config import Recipe
from translate.learn.dataset import (
    EXAMPLES,
    IGNORED,
    LENGTHS,
    REPORT_EVERY,
    Batch,
    Batches,
    Examples,
    encode,
    fingerprint,
    read_pairs,
)
from translate.learn.loss import sliced_cross_entropy
from translate.learn.optimizers import build_optimizers, fast_precision
from translate.learn.vocabulary import (
    BOS,
    EOS,
    PAD,
    UNK,
    load_vocabulary,
    train_vocabulary,
)
from translate.tokens import SOURCE
from translate.types import tag

VOCABULARY_LINES = 1_500_000
LOG_EVERY = 50
"""Steps."""
TELL_EVERY = 5.0
"""Seconds after which progress is told between two lines of the log."""
ELSE = "give the recipe another name, or keep the run elsewhere with --runs"
AVERAGE_EVERY = 10
"""Steps between weights that are averaged: neighbours are nearly the same."""

Stage = Callable[[str, int], None]
"""Told what is done before training, and how many texts or pairs of it are."""


@dataclass(slots=True)
class Progress:
    """How far a run is. `seconds` counts training alone, summed over resumes."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = float("nan")

    def fraction(self, recipe: Recipe) -> float:
        """Return the share of the run's budget that is used, 0..1."""
        used = self.step / recipe.steps if recipe.steps else self.seconds / (60 * recipe.minutes)
        return min(used, 1.0)


def prepare(recipe: Recipe, run: Path, report: Stage) -> Examples:
    """Make, or read again, the vocabulary and the encoded examples of a run.

    The vocabulary stays what the run began with; examples are made anew when their data changed.
    Raises `CorpusError`, and `ModelError` where the run is another recipe's.
    """
    run.mkdir(parents=True, exist_ok=True)
    vocabulary, encoded = run / SOURCE, run / EXAMPLES
    if recipe.base and not vocabulary.exists():
        copy_vocabulary(recipe.base, vocabulary)
    elif not vocabulary.exists():
        pairs = read_pairs(replace(recipe, direct=0))  # direct ones have no text of their own
        texts = (text for pair in pairs for text in (pair.text, pair.other))
        step = 3  # a third of the texts is plenty for subwords
        sample = islice(texts, 0, VOCABULARY_LINES * step, step)
        train_vocabulary(_counted(sample, report), languages=recipe.languages,
                         size=recipe.vocabulary, path=vocabulary)  # fmt: skip
    processor = load_vocabulary(vocabulary)
    for language in recipe.languages:
        if processor.piece_to_id(tag(language)) == UNK:
            raise ModelError(run, f"was begun without {language!r}; {ELSE}")
    origin = fingerprint(recipe, vocabulary)
    if Examples.origin_of(encoded) != origin:
        examples = encode(recipe, processor, read_pairs(recipe), origin=origin,
                          report=lambda count: report("Encoding pairs", count))  # fmt: skip
        examples.save(encoded)
    return Examples.load(encoded)


def _counted(texts: Iterable[str], report: Stage) -> Iterator[str]:
    for count, text in enumerate(texts):
        if count % REPORT_EVERY == 0:
            report("Learning pieces", count)
        yield text


def build_model(recipe: Recipe, pieces: int) -> M2M100ForConditionalGeneration:
    """Return a fresh model of the recipe's size over `pieces` ids."""
    torch.manual_seed(recipe.seed)
    return M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=pieces,
            d_model=recipe.width,
            encoder_layers=recipe.encoder_layers,
            decoder_layers=recipe.decoder_layers,
            encoder_attention_heads=recipe.heads,
            decoder_attention_heads=recipe.heads,
            encoder_ffn_dim=recipe.feed_forward,
            decoder_ffn_dim=recipe.feed_forward,
            max_position_embeddings=2 * LENGTHS[-1],
            dropout=recipe.dropout,
            attention_dropout=0.0,
            activation_dropout=0.0,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            scale_embedding=True,
            bos_token_id=BOS,
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=EOS,
            attn_implementation="eager",  # twice as fast as SDPA's backward on a CPU
        )
    )


class Trainer:
    """Holds the model, the optimisers and the progress of one run."""

    def __init__(
        self, recipe: Recipe, run: Path, report: Stage = lambda _stage, _count: None
    ) -> None:
        self.recipe = recipe
        self.run = run
        self.examples = prepare(recipe, run, report)
        self.processor = load_vocabulary(run / SOURCE)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.precision = fast_precision(self.device)
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        self.model = build_model(recipe, self.processor.get_piece_size()).to(self.device)
        self.optimizers = build_optimizers(self.model, recipe.rate, self.precision)
        self.average = AveragedModel(self.model) if recipe.average else None
        self.progress = Progress()
        self.base: dict[str, Any] = {}
        if (run / CHECKPOINT).exists():
            self._resume()
        elif recipe.base:
            self.base = lineage(read_base(recipe.base))
            load_weights(self.model, recipe.base)

    def train(self, report: Callable[[Progress], None]) -> None:
        """Train until the budget is used, reporting every few steps and saving as it goes."""
        if self._is_done:
            return
        self.model.train()
        saved = told = clock = time.monotonic()
        losses: list[float] = []
        for batch in self._batches():
            losses.append(self._step(batch))
            now = time.monotonic()
            self.progress.seconds += now - clock
            clock = now
            if self.average:
                self._add_to(self.average)
            is_logged = self.progress.step % LOG_EVERY == 0 or self._is_done
            if is_logged or now - told > TELL_EVERY:
                self.progress.loss = sum(losses) / len(losses)
                report(self.progress)
                told = now
            if is_logged:
                losses.clear()
                self._log()
            if self._is_done:
                break
            if now - saved > 60 * self.recipe.checkpoint_minutes:
                self.save()
                saved = clock = time.monotonic()
        self.save()

    @property
    def _is_done(self) -> bool:
        return self.progress.fraction(self.recipe) >= 1

    def _add_to(self, average: AveragedModel) -> None:
        """Take the weights into their average, which begins anew before the budget's last part."""
        if self.progress.fraction(self.recipe) <= 1 - self.recipe.average:
            average.n_averaged.zero_()
        elif self.progress.step % AVERAGE_EVERY == 0 or self._is_done:
            average.update_parameters(self.model)

    def _batches(self) -> Iterator[Batch]:
        while True:
            batches = Batches(self.examples, self.recipe, self.processor, self.progress.epoch)
            if not len(batches):
                size = self.recipe.batch_tokens
                reason = (
                    f"does not fill one batch of {size} tokens; lower batch_tokens in the recipe"
                )
                raise CorpusError(Path(self.recipe.corpora or self.recipe.mission), reason)
            while self.progress.batch < len(batches):
                self.progress.batch += 1
                yield batches[self.progress.batch - 1]
            self.progress.epoch += 1
            self.progress.batch = 0

    def _step(self, batch: Batch) -> float:
        self._set_rate()
        source, target, labels = (
            torch.from_numpy(part).to(self.device)
            for part in (batch.source, batch.target, batch.labels)
        )
        with torch.autocast(self.device, self.precision, enabled=self.precision != torch.float32):
            states = self.model.model(
                input_ids=source,
                attention_mask=source.ne(PAD),
                decoder_input_ids=target,
                use_cache=False,
            ).last_hidden_state
        loss = sliced_cross_entropy(
            states.to(self.precision).flatten(0, 1),
            self.model.lm_head.weight,
            labels.flatten(),
            smoothing=self.recipe.smoothing,
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.tokens += int((batch.labels != IGNORED).sum())
        return float(loss.detach())

    def _set_rate(self) -> None:
        """Warm up over the first steps, then fall linearly to zero at the budget's end."""
        warm = min((self.progress.step + 1) / self.recipe.warmup, 1.0)
        rate = self.recipe.rate * warm * (1 - self.progress.fraction(self.recipe))
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _log(self) -> None:
        row = {name: getattr(self.progress, name) for name in Progress.__slots__}
        with (self.run / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """Write the run's checkpoint; its `average` is there once anything was averaged."""
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": {name: getattr(self.progress, name) for name in Progress.__slots__},
            "origin": self.examples.origin,
            "base": self.base,
        }
        if self.average and self.average.n_averaged:
            state["average"] = self.average.module.state_dict()
            state["averaged"] = int(self.average.n_averaged)
        save_checkpoint(state, self.run)

    def _resume(self) -> None:
        state = load_checkpoint(self.run, self.device)
        try:
            self.model.load_state_dict(state["model"])
            for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(held)
        except (RuntimeError, ValueError) as error:
            raise ModelError(self.run, f"was begun with another size of model; {ELSE}") from error
        if self.average and "average" in state:
            self.average.module.load_state_dict(state["average"])
            self.average.n_averaged.fill_(state["averaged"])
        self.progress = Progress(**state["progress"])
        self.base = state.get("base", {})
        if state.get("origin") != self.examples.origin:  # other data: what was drawn means nothing
            self.progress.epoch += 1
            self.progress.batch = 0
