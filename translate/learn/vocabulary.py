"""The shared subword vocabulary: SentencePiece ids are the model's ids, with nothing between.

Ids 0-3 are `<s> <pad> </s> <unk>`, the order that keeps CTranslate2's M2M100 conversion exact.
Language tags are control symbols, so no text of a user can spell one; placeholder tokens are
user-defined symbols, so each is one piece wherever it stands.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import sentencepiece

from translate.types import PLACEHOLDERS, tag

BOS, PAD, EOS, UNK = range(4)


def train_vocabulary(
    texts: Iterable[str], *, languages: Iterable[str], size: int, path: Path
) -> None:
    """Train a SentencePiece model of `size` pieces (byte fall-back) and write it to `path`."""
    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_bounded(texts),
            model_writer=file,
            vocab_size=size,
            model_type="unigram",
            character_coverage=0.9999,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            bos_id=BOS,
            pad_id=PAD,
            eos_id=EOS,
            unk_id=UNK,
            control_symbols=[tag(language) for language in sorted(languages)],
            user_defined_symbols=list(PLACEHOLDERS),
            num_threads=2,
            minloglevel=2,
        )


def _bounded(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text and len(text) <= 1000)  # noqa: PLR2004


def load_vocabulary(path: Path) -> sentencepiece.SentencePieceProcessor:
    """Return the processor of a trained vocabulary."""
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def pieces(processor: sentencepiece.SentencePieceProcessor) -> list[str]:
    """Return all pieces in the order of their ids."""
    return [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
