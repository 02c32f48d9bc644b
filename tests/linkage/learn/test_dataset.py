"""Bags of pieces and batches of pairs."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.learn.dataset import Bags, PairTable, index_pairs, most_paired
from linkage.learn.pairs import Pair
from linkage.learn.recipe import EncoderRecipe
from linkage.learn.vocabulary import train_vocabulary, with_dropout

RECIPE = EncoderRecipe(
    name="x", languages=("sv", "de"), domains={"half": 0.5, "double": 2.0}, batch=4, balance=0
)
TEXTS = ["reading books", "read a book", "books", "kunde läsa", "私は本を読みます", "READ."]


def table(*languages: str, domain: str = "double") -> PairTable:
    pairs = [Pair(language, domain, f"e{i % 5}", f"o{i}") for i, language in enumerate(languages)]
    return index_pairs(pairs, RECIPE)[1]


def test_taken_bags_are_those_of_the_texts() -> None:
    tokenizer = train_vocabulary(TEXTS * 5, 200)
    bags = Bags.of(TEXTS, tokenizer)
    ids, lengths = bags.take(np.array([3, 0, 3]))
    expected = [tokenizer.encode(TEXTS[row]).ids for row in (3, 0, 3)]
    assert [part.tolist() for part in np.split(ids, lengths.cumsum()[:-1])] == expected


def test_a_text_without_pieces_is_one_unknown_piece() -> None:
    bags = Bags.of(["", "read"], train_vocabulary(TEXTS * 5, 200))
    assert bags.take(np.array([0]))[0].tolist() == [0]


def test_case_width_and_end_marks_do_not_change_words() -> None:
    tokenizer = train_vocabulary(TEXTS * 5, 200)
    plain, marked = tokenizer.encode("read").tokens, tokenizer.encode("\uff32EAD.").tokens
    assert marked[: len(plain)] == plain


def test_dropout_splits_into_smaller_pieces_of_the_same_vocabulary() -> None:
    tokenizer = train_vocabulary(TEXTS * 5, 200)
    finest = with_dropout(tokenizer, 1.0)
    assert len(finest.encode("books").ids) == len("books")
    assert finest.get_vocab() == tokenizer.get_vocab()


def test_a_batch_is_of_one_language() -> None:
    pairs = table(*(["sv"] * 9 + ["de"] * 7))
    batches = pairs.batches(RECIPE, 0)
    assert sum(map(len, batches)) == 2 * 16
    assert all(len(set(pairs.language[rows])) == 1 for rows in batches)


def test_passes_differ_and_are_the_same_each_time() -> None:
    pairs = table(*["sv"] * 40)
    first, again, second = (
        np.concatenate(pairs.batches(RECIPE, number)).tolist() for number in (0, 0, 1)
    )
    assert first == again != second


def test_a_training_ends_by_turns_of_catalogue_texts_and_translations() -> None:
    pairs = table(*(["en"] * 4 + ["sv"] * 9 + ["de"] * 7))
    ends = pairs.alternated(replace(RECIPE, finish=6))
    assert [pairs.language[rows[0]] > 0 for rows in ends] == [False, True] * 3


def test_a_training_without_catalogue_texts_ends_with_translations() -> None:
    ends = table(*["sv"] * 9).alternated(replace(RECIPE, finish=7))
    assert len(ends) == 7


def test_a_pair_of_half_weight_is_seen_in_about_half_of_the_passes() -> None:
    pairs = table(*["sv"] * 400, domain="half")
    seen = sum(map(len, pairs.batches(RECIPE, 0)))
    assert seen == pytest.approx(200, abs=50)


def test_a_language_with_little_is_seen_more_often_when_balanced() -> None:
    pairs = table(*(["sv"] * 10 + ["de"] * 40))
    even = EncoderRecipe(name="x", languages=("sv", "de"), batch=4, balance=1)
    seen = np.bincount(pairs.language[np.concatenate(pairs.batches(even, 0))])
    assert seen[1] == seen[2]


def test_the_teacher_gets_the_texts_with_most_translations() -> None:
    pairs = [Pair("sv", "mo", "once", "en gång"), Pair("en", "film", "title", "text")]
    pairs += [Pair(language, "mo", "often", f"{language}!") for language in ("sv", "de")]
    texts, numbered = index_pairs(pairs, RECIPE)
    assert [texts[row] for row in most_paired(numbered, 5)] == ["often", "once"]
