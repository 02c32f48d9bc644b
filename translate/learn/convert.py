"""A training run into a model folder that CTranslate2 serves, proven equal to what was trained."""

import shutil
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ctranslate2
import sentencepiece
import torch
from ctranslate2.converters.transformers import M2M100Loader
from transformers import GenerationConfig, M2M100ForConditionalGeneration

from translate.card import ModelCard, both_ways, checksum
from translate.errors import ModelError
from translate.learn.base import base_words
from translate.learn.checkpoint import load_checkpoint
from translate.learn.config import Recipe
from translate.learn.dataset import EXAMPLES, LENGTHS, Examples
from translate.learn.lexis import known_words
from translate.learn.train import build_model
from translate.learn.vocabulary import BOS, EOS, PAD, UNK, load_vocabulary, pieces
from translate.lexis import FILE
from translate.tokens import SOURCE
from translate.types import tag

PATHS = frozenset({"base", "corpora", "mission", "exclude"})
"""Keys of a recipe that only mean something on the machine that trained."""

ANSWER_LENGTH = 60
PROBES = (
    "The book is good.", "Where is the file?", "I loved it!", "Press the key to continue.",
    "A moving story about two sisters.", "Das Buch ist gut.", "Wo ist die Datei?",
    "Le livre est bon.", "¿Dónde está el libro?", "Il libro è bello.", "O livro é muito bom.",
    "Your order ⟦0⟧ has arrived.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion made, and the share of probes that int8 decodes as float32 does."""

    card: ModelCard
    int8_agreement: float


@dataclass(frozen=True, slots=True)
class _Trained:
    """What a run has made so far."""

    recipe: Recipe
    processor: sentencepiece.SentencePieceProcessor
    model: M2M100ForConditionalGeneration
    progress: dict[str, Any]
    base: dict[str, Any]

    @property
    def origin(self) -> dict[str, Any]:
        """What the model was made from, without what only means something where it was trained."""
        settings = asdict(self.recipe).items()
        recipe = {key: value for key, value in settings if key not in PATHS}
        origin = {"recipe": recipe, "progress": self.progress}
        return origin | {"base": self.base} if self.base else origin


def convert(recipe: Recipe, run: Path, folder: Path, *, keep_reference: bool = False) -> Conversion:
    """Convert the checkpoint of a run into a served model in `folder`, replacing what is there.

    With `keep_reference`, `folder/reference` holds the model as transformers loads it. Raises
    `ModelError` when the run has no whole checkpoint, or when CTranslate2 in float32 does not
    decode the probes exactly as transformers does.
    """
    trained = _load(recipe, run)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".convert-") as scratch:
        exact, small = Path(scratch, "exact"), Path(scratch, "int8")
        save_converted(trained.model, trained.processor, exact, "float32")
        save_converted(trained.model, trained.processor, small, "int8")
        agreement = _compare(trained, exact, small)
        shutil.copy(run / SOURCE, small)
        if (run / EXAMPLES).exists():
            examples = Examples.load(run / EXAMPLES)
            words = known_words(examples, trained.processor, recipe.languages)
            (words | base_words(recipe.base)).write(small / FILE)
        if keep_reference:
            trained.model.save_pretrained(small / "reference")
        card = _card(trained, small)
        card.write(small)
        put_in_place(small, folder)
    return Conversion(card, agreement)


def put_in_place(fresh: Path, folder: Path) -> None:
    """Put a complete folder in the place of the old one."""
    if folder.exists():
        folder.rename(fresh.with_name("old"))
    fresh.rename(folder)


def _load(recipe: Recipe, run: Path) -> _Trained:
    state = load_checkpoint(run)
    processor = load_vocabulary(run / SOURCE)
    model = build_model(recipe, processor.get_piece_size()).float().eval()
    model.load_state_dict(state.get("average" if recipe.average else "model", state["model"]))
    return _Trained(recipe, processor, model, state["progress"], state.get("base", {}))


def save_converted(
    model: M2M100ForConditionalGeneration,
    processor: sentencepiece.SentencePieceProcessor,
    folder: Path,
    quantization: str,
) -> None:
    """Write a CTranslate2 model whose tokens are the pieces, id for id."""
    names = pieces(processor)
    # the specification shares the model's memory, and quantising writes into it
    spec = M2M100Loader().get_model_spec(deepcopy(model))
    spec.register_source_vocabulary(names)
    spec.register_target_vocabulary(names)
    spec.config.bos_token, spec.config.eos_token = names[BOS], names[EOS]
    spec.config.unk_token, spec.config.decoder_start_token = names[UNK], names[EOS]
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir()
    spec.save(str(folder))


def _compare(trained: _Trained, exact: Path, small: Path) -> float:
    """Return the share of probes that int8 decodes as float32; raise where float32 is not exact."""
    probes = list(_probes(trained))
    reference = [greedy(trained.model, ids) for ids in probes]
    converted = _greedy_converted(exact, trained.processor, probes, "float32")
    if wrong := sum(a != b for a, b in zip(reference, converted, strict=True)):
        raise ModelError(
            Path(trained.recipe.name),
            f"CTranslate2 decodes {wrong} of {len(probes)} probes unlike transformers; "
            "use the versions of requirements.lock",
        )
    quantized = _greedy_converted(small, trained.processor, probes, "int8")
    return sum(a == b for a, b in zip(reference, quantized, strict=True)) / len(probes)


def _probes(trained: _Trained) -> Iterator[list[int]]:
    """Yield the probes as encoder input, each to another language of the recipe."""
    languages = trained.recipe.languages
    for index, text in enumerate(PROBES):
        mark = tag(languages[index % len(languages)])
        yield [trained.processor.piece_to_id(mark), *trained.processor.encode(text), EOS]


def greedy(model: M2M100ForConditionalGeneration, ids: list[int]) -> list[int]:
    """Decode a tagged row of ids with transformers; return those after the tag, without the end."""
    options = GenerationConfig(
        max_new_tokens=ANSWER_LENGTH + 1,
        num_beams=1,
        do_sample=False,
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
        forced_bos_token_id=ids[0],
    )
    with torch.inference_mode():
        [out] = model.generate(torch.tensor([ids]), generation_config=options).tolist()
    return [each for each in out[2:] if each != EOS]


def _greedy_converted(
    folder: Path,
    processor: sentencepiece.SentencePieceProcessor,
    probes: Sequence[list[int]],
    compute_type: str,
) -> list[list[int]]:
    translator = ctranslate2.Translator(str(folder), compute_type=compute_type, intra_threads=1)
    rows = [processor.id_to_piece(ids) for ids in probes]
    results = translator.translate_batch(
        rows,
        target_prefix=[row[:1] for row in rows],
        beam_size=1,
        max_batch_size=1,
        max_decoding_length=ANSWER_LENGTH + 1,
    )
    return [[processor.piece_to_id(each) for each in r.hypotheses[0][1:]] for r in results]


def _card(trained: _Trained, folder: Path) -> ModelCard:
    sums = {path.name: checksum(path) for path in sorted(folder.iterdir()) if path.is_file()}
    return ModelCard(
        name=trained.recipe.name,
        version=sums["model.bin"][:12],
        max_pieces=LENGTHS[-1] - 2,
        languages=trained.recipe.taught,
        directions=both_ways(trained.recipe.pairs()),
        made_from=trained.origin,
        files=sums,
        repetition_penalty=trained.recipe.repetition_penalty,
    )
