"""Train a static multilingual encoder from a recipe, resumably.

A run lives in one folder: `vocabulary.json`, `examples.npz`, `teacher.npz`, `checkpoint.pt`,
`log.jsonl` and, at its end, `model/`. Running the same recipe again carries on where it stopped.

A text's vector is the mean of its pieces' rows in one table. The rows are learned so that a text
and its translation are told apart from everything else in the batch (InfoNCE, both directions)
and stand where the teacher puts the English.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from linkage.embed import load_encoder
from linkage.errors import TrainingError
from linkage.learn.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from linkage.learn.dataset import Bags, PairTable, Rows, index_pairs, most_paired
from linkage.learn.optimizer import RowAdam
from linkage.learn.package import save_model
from linkage.learn.pairs import Corpus, read_pairs, read_tables
from linkage.learn.recipe import EncoderRecipe
from linkage.learn.teacher import Teacher
from linkage.learn.vocabulary import train_vocabulary, with_dropout

LOG_EVERY = 25
WARM_UP = 0.02
_FREE = frozenset({"name", "passes", "finish", "finish_rate", "threads", "checkpoint_minutes"})
"""Keys of a recipe that can change while a run lasts."""


@dataclass(slots=True)
class Progress:
    """How far a run is. `stage` is `read`, `vocabulary`, `teacher`, `encode` or `train`.

    `seconds` counts training alone, summed over resumes; `loss` is of the last few steps.
    """

    stage: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    loss: float = float("nan")


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Examples:
    """What is trained on. `taught` holds, for each text, its row in `targets`, or -1."""

    pairs: PairTable
    bags: tuple[Bags, ...]
    taught: Rows
    targets: NDArray[np.float16]


def train(recipe: Path, run: Path, report: Report, corpus: Corpus = read_tables) -> Path:
    """Train what the recipe says in the folder `run`; return the folder of the finished model.

    Raises RecipeError, TrainingError where texts are missing or the run is another recipe's, and
    EncoderNotFoundError for an unknown teacher.
    """
    plan = EncoderRecipe.read(recipe)
    if plan.threads:
        torch.set_num_threads(plan.threads)
    run.mkdir(parents=True, exist_ok=True)
    tokenizer, examples = prepare(plan, run, report, corpus)
    trainer = Trainer(plan, run, examples, tokenizer.get_vocab_size())
    trainer.train(report)
    return save_model(tokenizer, trainer.table.numpy(), run / "model")


def prepare(
    recipe: EncoderRecipe, run: Path, report: Report, corpus: Corpus = read_tables
) -> tuple[Tokenizer, Examples]:
    """Make, or read again, the vocabulary and the encoded examples of a run."""
    vocabulary, encoded = run / "vocabulary.json", run / "examples.npz"
    if not encoded.exists():
        report(Progress("read"))
        texts, pairs = index_pairs(read_pairs(recipe, corpus), recipe)
        if not vocabulary.exists():
            report(Progress("vocabulary", total=len(texts)))
            step = max(1, len(texts) // recipe.vocabulary_texts)
            made, fresh = train_vocabulary(texts[::step], recipe.vocabulary), run / "vocabulary.new"
            made.save(str(fresh), pretty=False)
            fresh.replace(vocabulary)
        taught, targets = _taught(recipe, run, texts, pairs, report)
        report(Progress("encode", total=len(texts)))
        bags = _bags(texts, Tokenizer.from_file(str(vocabulary)), recipe.dropout)
        _save(encoded, Examples(pairs, bags, taught, targets), fingerprint(recipe))
    return Tokenizer.from_file(str(vocabulary)), _load(encoded, fingerprint(recipe))


def fingerprint(recipe: EncoderRecipe) -> str:
    """Return a hash of what a run is made of: the recipe, but for how long, and its files."""
    settings = {key: value for key, value in asdict(recipe).items() if key not in _FREE}
    places = [Path(each) for each in (recipe.mission, recipe.books, recipe.films) if each]
    if recipe.corpora:
        places += sorted(Path(recipe.corpora).glob("en-*"))
    known = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in places]
    return hashlib.sha256(json.dumps([settings, known]).encode()).hexdigest()


def _taught(
    recipe: EncoderRecipe, run: Path, texts: list[str], pairs: PairTable, report: Report
) -> tuple[Rows, NDArray[np.float16]]:
    chosen = most_paired(pairs, recipe.teacher_texts)
    teacher = Teacher(load_encoder(recipe.teacher), run / "teacher.npz")
    targets = teacher.encode(
        [texts[row] for row in chosen],
        lambda done, total: report(Progress("teacher", done, total)),
    )
    taught = np.full(len(texts), -1, dtype=np.int64)
    taught[chosen] = np.arange(len(chosen))
    return taught, targets.astype(np.float16)


def _bags(texts: list[str], tokenizer: Tokenizer, dropout: float) -> tuple[Bags, ...]:
    ways = [tokenizer, with_dropout(tokenizer, dropout)] if dropout else [tokenizer]
    return tuple(Bags.of(texts, way) for way in ways)


def _save(path: Path, examples: Examples, origin: str) -> None:
    pairs = examples.pairs
    arrays: dict[str, NDArray[Any]] = {
        "origin": np.array(origin),
        "english": pairs.english, "other": pairs.other,
        "language": pairs.language, "weights": pairs.weights,
        "taught": examples.taught, "targets": examples.targets,
    }  # fmt: skip
    for way, bags in enumerate(examples.bags):
        arrays |= {f"ids{way}": bags.ids, f"offsets{way}": bags.offsets}
    fresh = path.with_suffix(".new.npz")
    np.savez(fresh, allow_pickle=False, **arrays)
    fresh.replace(path)


def _load(path: Path, origin: str) -> Examples:
    with np.load(path) as kept:
        if str(kept.get("origin", origin)) != origin:  # runs of old do not tell theirs
            raise TrainingError(
                f"{path.parent} was begun with another recipe or other texts: delete it to begin"
                " anew, or keep this run elsewhere with --runs"
            )
        ways = sum(name.startswith("ids") for name in kept.files)
        return Examples(
            PairTable(kept["english"], kept["other"], kept["language"], kept["weights"]),
            tuple(Bags(kept[f"ids{way}"], kept[f"offsets{way}"]) for way in range(ways)),
            kept["taught"],
            kept["targets"],
        )


class Trainer:
    """Holds the table, the optimiser and the progress of one run."""

    def __init__(self, recipe: EncoderRecipe, run: Path, examples: Examples, pieces: int) -> None:
        self.recipe = recipe
        self.run = run
        self.examples = examples
        generator = torch.Generator().manual_seed(recipe.seed)
        width = examples.targets.shape[1]
        self.table = torch.randn(pieces, width, generator=generator) * 0.02
        self.optimizer = RowAdam(self.table)
        self.progress = Progress("train")
        if (run / CHECKPOINT).exists():
            self._resume()

    def train(self, report: Report) -> None:
        """Go through the pairs as often as the recipe says, saving on the way."""
        saved = clock = time.monotonic()
        losses: list[float] = []
        for rows in self._batches():
            losses.append(self._step(rows))
            self.progress.done += 1
            now = time.monotonic()
            self.progress.seconds += now - clock
            clock = now
            if self.progress.done % LOG_EVERY == 0 or self.progress.done == self.progress.total:
                self.progress.loss = sum(losses) / len(losses)
                losses.clear()
                self._log()
                report(self.progress)
            if now - saved > 60 * self.recipe.checkpoint_minutes:
                self.save()
                saved = clock = time.monotonic()
        self.save()

    def _batches(self) -> Iterator[Rows]:
        batches = self.examples.pairs.batches(self.recipe, 0)
        size = len(batches)
        if not size:
            raise TrainingError("no pair is ever seen: raise the weights in `domains`")
        passes = round(self.recipe.passes * size)
        self.progress.total = passes + self.recipe.finish
        number = 0
        for step in range(self.progress.done, passes):
            if step // size != number:
                number = step // size
                batches = self.examples.pairs.batches(self.recipe, number)
            yield batches[min(step % size, len(batches) - 1)]
        yield from self.examples.pairs.alternated(self.recipe)[self.progress.done - passes :]

    def _step(self, rows: Rows) -> float:
        pairs = self.examples.pairs
        english, other = pairs.english[rows], pairs.other[rows]
        bags = self.examples.bags[self.progress.done % len(self.examples.bags)]
        ids, lengths = map(torch.from_numpy, bags.take(np.concatenate([english, other])))
        bag_of_id = torch.repeat_interleave(lengths)
        means = functional.embedding_bag(ids, self.table, lengths.cumsum(0) - lengths, mode="mean")
        means.requires_grad_()
        loss = self._loss(functional.normalize(means), english)
        loss.backward()
        slope = means.grad / lengths[:, None]
        ids, order = ids.sort()
        touched, counts = ids.unique_consecutive(return_counts=True)
        gradient = functional.embedding_bag(
            bag_of_id[order], slope, counts.cumsum(0) - counts, mode="sum"
        )
        self.optimizer.step(touched, gradient, self._rate())
        return float(loss.detach())

    def _loss(self, unit: Tensor, english: Rows) -> Tensor:
        left, right = unit.chunk(2)
        contrast = _contrast(left, right, torch.from_numpy(english), self.recipe.temperature)
        taught = self.examples.taught[english]
        known = torch.from_numpy(np.flatnonzero(taught >= 0))
        if not len(known):
            return contrast
        targets = torch.from_numpy(self.examples.targets[taught[known]].astype(np.float32))
        far = 2 - (left[known] * targets).sum(1) - (right[known] * targets).sum(1)
        return contrast + self.recipe.teacher_weight * far.mean()

    def _rate(self) -> float:
        """Warm up over the first steps, then fall linearly to zero; once more for the finish."""
        left = self.progress.total - self.progress.done
        if left <= self.recipe.finish:
            return self.recipe.finish_rate * left / self.recipe.finish
        fraction = self.progress.done / (self.progress.total - self.recipe.finish)
        return self.recipe.rate * min((fraction + 1e-3) / WARM_UP, 1.0) * (1 - fraction)

    def _log(self) -> None:
        with (self.run / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self.progress)) + "\n")

    def save(self) -> None:
        """Write the run's checkpoint."""
        state = {
            "table": self.table, "mean": self.optimizer.mean, "square": self.optimizer.square,
            "progress": asdict(self.progress),
        }  # fmt: skip
        save_checkpoint(state, self.run)

    def _resume(self) -> None:
        state = load_checkpoint(self.run)
        for kept, now in (
            (state["table"], self.table),
            (state["mean"], self.optimizer.mean),
            (state["square"], self.optimizer.square),
        ):
            now.copy_(kept)
        self.progress = Progress(**state["progress"])
        self.optimizer.steps = self.progress.done


def _contrast(left: Tensor, right: Tensor, texts: Tensor, temperature: float) -> Tensor:
    """Return InfoNCE summed over both directions; row i of each side belongs to `texts[i]`.

    Rows of the same text are no wrong answers for each other. Cosines are at most 1, so with 1
    taken off, one exponential serves both directions.
    """
    twins = (texts[:, None] == texts).fill_diagonal_(fill_value=False)
    cosines = left @ right.T
    likeness = ((cosines - 1) / temperature).exp().masked_fill(twins, 0)
    right_ones = 2 * (cosines.diagonal() - 1).mean() / temperature
    return likeness.sum(0).log().mean() + likeness.sum(1).log().mean() - right_ones
