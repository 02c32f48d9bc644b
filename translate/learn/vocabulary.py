"""The shared subword vocabulary: SentencePiece ids are the model's ids, with nothing between.

Ids 0-3 are `<s> <pad> </s> <unk>`, the order that keeps CTranslate2's M2M100 conversion exact.
Language tags are control symbols, so no text of a user can spell one; placeholder tokens are
user-defined symbols, so each is one piece wherever it stands.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import sentencepiece

from translate.errors import CorpusError
from translate.types import PLACEHOLDERS, tag

BOS, PAD, EOS, UNK = range(4)
LONGEST = 1_000
"""Characters of a text that pieces are learnt from."""


def train_vocabulary(
    texts: Iterable[str], *, languages: Iterable[str], size: int, path: Path
) -> None:
    """Train a SentencePiece model of at most `size` pieces (byte fall-back) and write it to `path`.

    Raises `CorpusError` where there is no text, or more characters than pieces.
    """
    fresh = path.with_suffix(".new")
    broken: list[CorpusError] = []

    def bounded() -> Iterator[str]:
        try:
            yield from (text for text in texts if text and len(text) <= LONGEST)
        except CorpusError as error:  # SentencePiece makes one of its own of it
            broken.append(error)
            raise

    try:
        with fresh.open("wb") as file:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=bounded(),
                model_writer=file,
                vocab_size=size,
                hard_vocab_limit=False,
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
        fresh.replace(path)
    except RuntimeError as error:
        if broken:
            raise broken[0] from None
        reason = str(error).rpartition("] ")[2].strip()
        remedy = "raise `vocabulary` in the recipe, or look for texts in an odd script"
        raise CorpusError(path, f"cannot be made of {size} pieces; {remedy} ({reason})") from error
    finally:
        fresh.unlink(missing_ok=True)


def load_vocabulary(path: Path) -> sentencepiece.SentencePieceProcessor:
    """Return the processor of a trained vocabulary."""
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def pieces(processor: sentencepiece.SentencePieceProcessor) -> list[str]:
    """Return all pieces in the order of their ids."""
    return [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
