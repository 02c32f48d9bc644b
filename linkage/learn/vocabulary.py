"""The subword vocabulary of a static encoder: byte-pair pieces of words and of marks."""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "<unk>"
INSIDE = "##"
_JAPANESE = Regex(r"\p{Han}+|[\p{Katakana}ー]+|\p{Hiragana}+")


def train_vocabulary(texts: Iterable[str], size: int) -> Tokenizer:
    """Return a tokenizer of at most `size` pieces that knows no case and no width of characters.

    Marks stand alone, so that `word` and `word.` are one piece; digits stay together, for years.
    Japanese is cut where its script changes, which parts most stems from their endings.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, continuing_subword_prefix=INSIDE))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Split(_JAPANESE, "isolated")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[UNKNOWN],
        continuing_subword_prefix=INSIDE,
        limit_alphabet=6_000,
        max_token_length=24,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def with_dropout(tokenizer: Tokenizer, share: float) -> Tokenizer:
    """Return a copy that leaves out merges at random, so rare words teach their parts."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.model.dropout = share
    return copy
