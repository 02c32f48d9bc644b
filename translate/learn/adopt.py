"""Models that others trained, converted for CTranslate2 and proven to decode as they did.

M2M100, NLLB, MarianMT, mBART-50, T5 and MADLAD-400, each with the SentencePiece files it came with.
"""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ctranslate2
import torch
from babel.core import get_global
from ctranslate2.converters import TransformersConverter
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer, GenerationConfig

from translate import languages
from translate.card import Framing, ModelCard, checksum
from translate.errors import ModelError
from translate.learn.convert import PROBES, Conversion, put_in_place
from translate.tokens import SOURCE, TARGET, Tokenizer
from translate.types import PLACEHOLDERS, Direction, Request

FILES = ("*.json", "*.safetensors", "*.spm", "*.model")
"""What is fetched of a hub's repository; weights as pickles are not."""
LONGEST = 254
"""Pieces of a segment at most: longer ones are beyond what translation models see in training."""
ANSWER_LENGTH = 40
CHECKED = 6
"""Directions whose probes are compared."""
COPIED = (PLACEHOLDERS, *(
    tuple(form.format(index) for index in range(len(PLACEHOLDERS)))
    for form in ("{{{}}}", "[{}]", "({})", "#{}#", "X{}X")
))  # fmt: skip
"""Forms of placeholders; a model gets the first that its vocabulary can spell."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """How models of a kind are told the languages, and where their vocabularies are."""

    tag: str
    framing: Framing
    vocabularies: tuple[str, ...] = ("sentencepiece.bpe.model",)
    prompt: str = ""
    """What stands before a text where the tokenizer of transformers does not put it there."""


_BEGUN = Framing(before=("{source}",), after=("</s>",), begin=("{target}",))
_SPIECE = ("spiece.model",)
_MANNERS = {
    "nllb": _Manner(r"([a-z]{3}_[A-Z][a-z]{3})", _BEGUN),
    "m2m_100": _Manner(r"__([a-z]{2,3})__", _BEGUN),
    "mbart": _Manner(r"([a-z]{2}_[A-Z]{2})", _BEGUN),
    "madlad": _Manner(
        r"<2([a-z]{2,3}(?:_[A-Z][a-z]{3})?)>",
        Framing(before=("{target}",), begin=()),
        _SPIECE,
        "{target} ",
    ),
    "t5": _Manner(
        "",
        Framing(before=("▁translate", "▁{source}", "▁to", "▁{target}", ":"), begin=()),
        _SPIECE,
        "translate {source} to {target}: ",
    ),
    "marian": _Manner("", Framing(before=(), begin=()), ("source.spm", "target.spm")),
    "marian-many": _Manner(
        r">>([a-z]{2,3}(?:_[A-Z][a-z]{3})?)<<",
        Framing(before=("{target}",), begin=()),
        ("source.spm", "target.spm"),
        "{target} ",
    ),
}
_T5_NAMES = {"en": "English", "de": "German", "fr": "French", "ro": "Romanian"}


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A model as transformers has it."""

    folder: Path
    origin: str
    kind: str
    model: Any
    tokenizer: Any
    vocabulary: Mapping[str, int] = field(repr=False)

    @property
    def manner(self) -> _Manner:
        return _MANNERS[self.kind]


def adopt(
    source: str, folder: Path, *, wanted: Sequence[str] = (), name: str | None = None
) -> Conversion:
    """Convert a model's folder, or a name on the Hugging Face hub, into a served model in `folder`.

    `wanted` keeps it to some languages; for MarianMT it names the one it reads, then the one it
    writes. Raises `ModelError` for what is not known, and when segments or answers of the converted
    model in float32 are not exactly those of transformers.
    """
    checkpoint = _load(source)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".convert-") as scratch:
        exact, small = Path(scratch, "exact"), Path(scratch, "int8")
        for path, quantization in ((exact, "float32"), (small, "int8")):
            _convert(checkpoint, path, quantization)
        card = _card(checkpoint, small, wanted, name or folder.name)
        agreement = _compare(checkpoint, card, exact, small)
        card.write(small)
        put_in_place(small, folder)
    return Conversion(card, agreement)


def _load(source: str) -> _Checkpoint:
    folder = Path(source) if Path(source).is_dir() else _fetch(source)
    if not list(folder.glob("*.safetensors")):
        raise ModelError(folder, "has no .safetensors; weights as pickles are not loaded")
    try:
        config = AutoConfig.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(folder, f"cannot be read: {error}") from error
    names = tokenizer.convert_ids_to_tokens(range(config.vocab_size))
    vocabulary: dict[str, int] = {}
    for index, name in enumerate(names):
        vocabulary.setdefault(name, index)  # spare rows are all called <unk>
    kind = _kind(config.model_type, vocabulary)
    if kind not in _MANNERS:
        known = "M2M100, NLLB, MarianMT, mBART-50, T5 and MADLAD"
        raise ModelError(folder, f"is of the kind {config.model_type}; known are {known}")
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.generation_config = GenerationConfig()  # its own would change what is greedy
    return _Checkpoint(folder, source, kind, model, tokenizer, vocabulary)


def _fetch(name: str) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = f"is no folder, and the hub does not give it: {str(error).splitlines()[0]}"
        raise ModelError(Path(name), reason) from error


def _kind(model_type: str, vocabulary: Mapping[str, int]) -> str:
    if model_type == "m2m_100" and "eng_Latn" in vocabulary:
        return "nllb"
    if model_type == "t5" and "<2en>" in vocabulary:
        return "madlad"
    if model_type == "marian" and any(each.startswith(">>") for each in vocabulary):
        return "marian-many"
    return model_type


class _Converter(TransformersConverter):  # type: ignore[misc]
    """Converts a model that is loaded already."""

    def __init__(self, checkpoint: _Checkpoint) -> None:
        super().__init__(str(checkpoint.folder))
        self._checkpoint = checkpoint

    def load_model(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - what transformers has
        # the specification shares the model's memory, and quantising writes into it
        model = deepcopy(self._checkpoint.model)
        if self._checkpoint.kind == "mbart":  # transformers says no more what is always so
            model.config.normalize_before = model.config.normalize_embedding = True
            model.config.tokenizer_class = "MBart50Tokenizer"
        return model

    def load_tokenizer(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - what transformers has
        tokenizer = deepcopy(self._checkpoint.tokenizer)
        if self._checkpoint.kind == "mbart":
            tokenizer.bos_token = "<s>"  # noqa: S105 - CTranslate2 wants one
        if self._checkpoint.kind == "m2m_100":  # its own leaves the languages out
            tokenizer.get_vocab = lambda: dict(self._checkpoint.vocabulary)
        return tokenizer


def _convert(checkpoint: _Checkpoint, folder: Path, quantization: str) -> None:
    try:
        _Converter(checkpoint).convert(str(folder), quantization=quantization)
    except (ValueError, RuntimeError, KeyError) as error:
        raise ModelError(checkpoint.folder, f"CTranslate2 cannot convert it: {error}") from error
    for name, ours in zip(checkpoint.manner.vocabularies, (SOURCE, TARGET), strict=False):
        if not (checkpoint.folder / name).is_file():
            raise ModelError(checkpoint.folder, f"has no {name}")
        shutil.copy(checkpoint.folder / name, folder / ours)


def _card(checkpoint: _Checkpoint, folder: Path, wanted: Sequence[str], name: str) -> ModelCard:
    tags, directions = _languages(checkpoint, [languages.canonical(each) for each in wanted])
    sums = {path.name: checksum(path) for path in sorted(folder.iterdir())}
    config = checkpoint.model.config
    positions = getattr(config, "max_position_embeddings", 2 * LONGEST + 8)
    card = ModelCard(
        name=name,
        version=sums["model.bin"][:12],
        max_pieces=min((positions - 8) // 2, LONGEST),
        languages=tuple(sorted({each.source for each in directions}
                               | {each.target for each in directions})),
        directions=directions,
        made_from={"model": checkpoint.origin, "architecture": checkpoint.kind},
        files=sums,
        framing=checkpoint.manner.framing,
        tags=tags,
    )  # fmt: skip
    tokenizer = Tokenizer(folder, card)
    spelled = (form for form in COPIED if _can_spell(checkpoint, tokenizer, directions[0], form))
    return replace(card, placeholders=next(spelled, PLACEHOLDERS))


def _languages(
    checkpoint: _Checkpoint, wanted: Sequence[str]
) -> tuple[dict[str, str], tuple[Direction, ...]]:
    """Return the tokens of the languages, and the directions."""
    if checkpoint.kind == "marian":
        return {}, (Direction(*_pair(checkpoint, wanted)),)
    tags = dict(_T5_NAMES) if checkpoint.kind == "t5" else _tags(checkpoint)
    if checkpoint.kind == "marian-many":
        source = _reading(checkpoint, wanted)
        pairs = [(source, each) for each in wanted[1:] or tags if each != source]
    elif checkpoint.kind == "t5":
        pairs = [("en", each) for each in wanted or tags if each != "en"]
    else:
        pairs = list(permutations(wanted or sorted(tags), 2))
    written = {target for _, target in pairs}
    if missing := written - set(tags):
        known = ", ".join(sorted(tags))
        raise ModelError(
            checkpoint.folder, f"knows no {', '.join(sorted(missing))}; it has {known}"
        )
    if not pairs:
        raise ModelError(checkpoint.folder, "name two languages at least")
    used = written | {source for source, _ in pairs}
    kept = {code: tag for code, tag in tags.items() if code in used}
    return kept, tuple(Direction(*pair) for pair in pairs)


def _pair(checkpoint: _Checkpoint, wanted: Sequence[str]) -> tuple[str, str]:
    own = (checkpoint.tokenizer.source_lang, checkpoint.tokenizer.target_lang)
    found = tuple(wanted) or tuple(_code(each) for each in own if each)
    if len(found) != 2:  # noqa: PLR2004 - a pair
        raise ModelError(checkpoint.folder, "name its two languages: `--language en --language de`")
    return found[0], found[1]


def _reading(checkpoint: _Checkpoint, wanted: Sequence[str]) -> str:
    if not wanted:
        raise ModelError(checkpoint.folder, "name the language it reads first: `--language en`")
    return wanted[0]


def _tags(checkpoint: _Checkpoint) -> dict[str, str]:
    """Return the vocabulary's tokens of the languages that have a name here."""
    pattern = re.compile(checkpoint.manner.tag)
    found: dict[str, str] = {}
    for token in sorted(checkpoint.vocabulary):
        if (match := pattern.fullmatch(token)) and (code := _code(match[1])) in languages.NAMES:
            found.setdefault(code, token)
    return found


def _code(theirs: str) -> str:
    """Return our code of a language: of `deu_Latn`, `de_DE` and `zho_Hant`."""
    language, _, rest = theirs.replace("-", "_").partition("_")
    plain = get_global("language_aliases").get(language, language)
    return languages.canonical(f"{plain}-{rest}" if rest else plain)


def _can_spell(
    checkpoint: _Checkpoint, tokenizer: Tokenizer, direction: Direction, form: Sequence[str]
) -> bool:
    [row] = tokenizer.rows([Request(" ".join(form), direction.source, direction.target)])
    return all(token in checkpoint.vocabulary for token in row)


def _compare(checkpoint: _Checkpoint, card: ModelCard, exact: Path, small: Path) -> float:
    """Return the share of probes that int8 decodes as float32; raise where float32 is not exact."""
    tokenizer = Tokenizer(exact, card)
    requests = list(_requests(card))
    for request in requests:
        _check_row(checkpoint, card, tokenizer, request)
    reference = [_greedy(checkpoint, tokenizer, request) for request in requests]
    converted = _greedy_converted(exact, tokenizer, requests, "float32")
    if wrong := sum(a != b for a, b in zip(reference, converted, strict=True)):
        raise ModelError(
            checkpoint.folder,
            f"CTranslate2 decodes {wrong} of {len(requests)} probes unlike transformers; "
            "it would serve other translations than the model's, and is not added",
        )
    quantized = _greedy_converted(small, tokenizer, requests, "int8")
    return sum(a == b for a, b in zip(reference, quantized, strict=True)) / len(requests)


def _requests(card: ModelCard) -> Iterator[Request]:
    """Yield probes in directions from all over the list."""
    step = max(1, len(card.directions) // CHECKED)
    for direction in card.directions[::step][:CHECKED]:
        for text in PROBES[:-1]:
            yield Request(text, direction.source, direction.target)


def _check_row(
    checkpoint: _Checkpoint, card: ModelCard, tokenizer: Tokenizer, request: Request
) -> None:
    """Raise unless the model reads a segment as its own tokenizer would have it."""
    theirs, source = checkpoint.tokenizer, card.tag(request.source)
    if "{source}" in card.framing.before and not checkpoint.manner.prompt:
        theirs.src_lang = source.strip("_")
    prompt = checkpoint.manner.prompt.format(source=source, target=card.tag(request.target))
    expected = theirs(prompt + request.text)["input_ids"]
    if _ids(checkpoint, tokenizer, request) != expected:
        raise ModelError(
            checkpoint.folder, f"its tokenizer reads {request.text!r} unlike its SentencePiece file"
        )


def _ids(checkpoint: _Checkpoint, tokenizer: Tokenizer, request: Request) -> list[int]:
    [row] = tokenizer.rows([request])
    ids: list[int] = checkpoint.tokenizer.convert_tokens_to_ids(row)
    return ids


def _greedy(checkpoint: _Checkpoint, tokenizer: Tokenizer, request: Request) -> list[str]:
    """Decode with transformers; return the tokens after the prefix, without the end mark."""
    model, theirs = checkpoint.model, checkpoint.tokenizer
    start = model.config.decoder_start_token_id
    prefix = [start, *theirs.convert_tokens_to_ids(list(tokenizer.begin(request)))]
    is_marian = checkpoint.kind.startswith("marian")
    options = GenerationConfig(
        max_new_tokens=ANSWER_LENGTH,
        num_beams=1,
        do_sample=False,
        pad_token_id=theirs.pad_token_id,
        eos_token_id=theirs.eos_token_id,
        decoder_start_token_id=start,
        bad_words_ids=[[theirs.pad_token_id]] if is_marian else None,
    )
    with torch.inference_mode():
        [out] = model.generate(
            torch.tensor([_ids(checkpoint, tokenizer, request)]),
            decoder_input_ids=torch.tensor([prefix]),
            generation_config=options,
        ).tolist()
    kept = [each for each in out[len(prefix) :] if each != theirs.eos_token_id]
    tokens: list[str] = theirs.convert_ids_to_tokens(kept)
    return tokens


def _greedy_converted(
    folder: Path, tokenizer: Tokenizer, requests: Sequence[Request], compute_type: str
) -> list[list[str]]:
    translator = ctranslate2.Translator(str(folder), compute_type=compute_type, intra_threads=1)
    prefixes = [list(tokenizer.begin(request)) for request in requests]
    # CTranslate2 counts the prefix, of which all have the same
    results = translator.translate_batch(
        tokenizer.rows(requests),
        target_prefix=prefixes,
        beam_size=1,
        max_batch_size=1,
        max_decoding_length=ANSWER_LENGTH + len(prefixes[0]),
    )
    return [
        result.hypotheses[0][len(prefix) :]
        for result, prefix in zip(results, prefixes, strict=True)
    ]
