"""Tiny random models of every architecture, with tokenizers, as transformers saves them."""

import json
from collections.abc import Callable
from pathlib import Path

import sentencepiece
import torch
import transformers
from transformers.convert_slow_tokenizer import generate_merges

from translate.learn.convert import PROBES

TEXTS = [*PROBES, "translate English to German: French Romanian", "(0) (1) (2) (3) #4# [5] 6789"]
SIZE = {"d_model": 32, "max_position_embeddings": 128, "scale_embedding": True}
LAYERS = {
    f"{side}_{name}": value
    for side in ("encoder", "decoder")
    for name, value in {"layers": 2, "attention_heads": 2, "ffn_dim": 64}.items()
}
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")


def train(path: Path, kind: str = "unigram", **options: object) -> list[tuple[str, float]]:
    """Train a SentencePiece model; return its pieces and their scores."""
    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(TEXTS), model_writer=file, vocab_size=180, model_type=kind,
            normalization_rule_name="identity", hard_vocab_limit=False, minloglevel=2, **options,
        )  # fmt: skip
    made = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [(made.id_to_piece(index), made.get_score(index)) for index in range(len(made))]


def save(model: transformers.PreTrainedModel, tokenizer: object, folder: Path) -> None:
    """Write both; weights are spread out, so that no two tokens are as likely."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.copy_(torch.randn_like(weights) * 0.4)
        if isinstance(model, transformers.MarianMTModel):
            model.get_input_embeddings().weight[-1] = 0  # as in all that were trained
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)  # type: ignore[attr-defined]


def m2m100(folder: Path) -> None:
    folder.mkdir()
    pieces = train(folder / "sentencepiece.bpe.model", "bpe")[3:]
    names = [*SPECIALS, *(piece for piece, _ in pieces)]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({name: index for index, name in enumerate(names)}))
    tokenizer = transformers.M2M100Tokenizer(
        str(vocabulary), str(folder / "sentencepiece.bpe.model")
    )
    config = transformers.M2M100Config(
        vocab_size=len(names) + len(tokenizer.lang_code_to_id) + 8, **SIZE, **LAYERS,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
    )  # fmt: skip
    save(transformers.M2M100ForConditionalGeneration(config), tokenizer, folder)


def nllb(folder: Path) -> None:
    folder.mkdir()
    scores = dict(train(folder / "sentencepiece.bpe.model", "bpe")[3:])
    vocabulary = {name: index for index, name in enumerate([*SPECIALS, *scores])}
    merges = generate_merges(vocabulary, scores | dict.fromkeys(SPECIALS, 0.0))
    tokenizer = transformers.NllbTokenizer(vocab=vocabulary, merges=merges)
    config = transformers.M2M100Config(
        vocab_size=len(tokenizer), **SIZE, **LAYERS, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, decoder_start_token_id=2,
    )  # fmt: skip
    save(transformers.M2M100ForConditionalGeneration(config), tokenizer, folder)


def mbart50(folder: Path) -> None:
    folder.mkdir()
    pieces = train(folder / "sentencepiece.bpe.model")
    tokenizer = transformers.MBart50Tokenizer(vocab=pieces)
    config = transformers.MBartConfig(
        vocab_size=len(tokenizer), **SIZE, **LAYERS, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, decoder_start_token_id=2, tokenizer_class="MBart50Tokenizer",
    )  # fmt: skip
    save(transformers.MBartForConditionalGeneration(config), tokenizer, folder)


def marian(folder: Path) -> None:
    folder.mkdir()
    pieces = [train(folder / name) for name in ("source.spm", "target.spm")]
    names = dict.fromkeys(["</s>", "<unk>", *(piece for each in pieces for piece, _ in each[3:])])
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({name: at for at, name in enumerate([*names, "<pad>"])}))
    tokenizer = transformers.MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(vocabulary),
        source_lang="en", target_lang="de",
    )  # fmt: skip
    pad = len(names)
    config = transformers.MarianConfig(
        vocab_size=pad + 1, **SIZE, **LAYERS, pad_token_id=pad, eos_token_id=0,
        decoder_start_token_id=pad, forced_eos_token_id=0, bos_token_id=None,
        share_encoder_decoder_embeddings=True, tie_word_embeddings=True,
    )  # fmt: skip
    save(transformers.MarianMTModel(config), tokenizer, folder)


def _t5(folder: Path, symbols: tuple[str, ...], **options: object) -> None:
    folder.mkdir()
    pieces = train(
        folder / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        user_defined_symbols=list(symbols),
    )  # fmt: skip
    marks = [symbol for symbol in symbols if symbol.startswith("<")]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0, extra_special_tokens=marks)
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, **options,
    )  # fmt: skip
    save(transformers.T5ForConditionalGeneration(config), tokenizer, folder)


def t5(folder: Path) -> None:
    words = ("▁translate", "▁English", "▁German", "▁to", ":")
    _t5(folder, words)


def madlad(folder: Path) -> None:
    _t5(
        folder, ("<2en>", "<2de>", "<2fr>"), feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )  # fmt: skip


MAKERS: dict[str, Callable[[Path], None]] = {
    each.__name__: each for each in (m2m100, nllb, mbart50, marian, t5, madlad)
}
