from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from translate.errors import CorpusError
from translate.learn.config import Recipe
from translate.learn.dataset import IGNORED, Batches, Examples, encode, fingerprint, read_pairs
from translate.learn.readers import Pair
from translate.learn.vocabulary import EOS, PAD, load_vocabulary
from translate.types import tag


@pytest.fixture
def processor(tiny_run):
    return load_vocabulary(tiny_run.folder / "vocabulary.model")


def made(recipe: Recipe, processor, *pairs: Pair) -> Examples:
    return encode(recipe, processor, iter(pairs))


def test_examples_are_read_back_as_they_were_written(tiny_run, processor, tmp_path: Path) -> None:
    pairs = [Pair("de", "x", "The book is good.", "Das buch ist gut.")] * 3
    examples = encode(tiny_run.recipe, processor, iter(pairs), origin="abc")
    examples.save(tmp_path / "examples.npz")
    again = Examples.load(tmp_path / "examples.npz")
    assert again.origin == Examples.origin_of(tmp_path / "examples.npz") == "abc"
    assert np.array_equal(again.ids, examples.ids)
    assert np.array_equal(again.starts, examples.starts)


def test_no_file_has_no_origin(tmp_path: Path) -> None:
    assert not Examples.origin_of(tmp_path / "examples.npz")


def test_a_file_that_was_cut_short_has_no_origin(tiny_run, tmp_path: Path) -> None:
    whole = (tiny_run.folder / "examples.npz").read_bytes()
    (tmp_path / "examples.npz").write_bytes(whole[:-100])
    assert not Examples.origin_of(tmp_path / "examples.npz")


def test_a_language_of_which_no_pair_is_clean_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("x\tThe book is good.\tDas Buch ist gut.\n")
    (tmp_path / "en-fr.tsv").write_text("x\tThe book\tThe book\nx\t12\t12\n")
    recipe = Recipe(name="r", languages=("en", "de", "fr"), corpora=str(tmp_path))
    with pytest.raises(CorpusError, match="nothing to learn from for fr"):
        list(read_pairs(recipe))


def test_a_file_to_exclude_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("x\tThe book is good.\tDas Buch ist gut.\n")
    recipe = Recipe(
        name="r", languages=("en", "de"), corpora=str(tmp_path), exclude=(f"{tmp_path}/ntrex/*",)
    )
    with pytest.raises(CorpusError, match="ntrex"):
        list(read_pairs(recipe))


def test_every_pair_comes_in_both_directions_with_the_target_s_tag(tiny_run, processor) -> None:
    recipe = replace(tiny_run.recipe, batch_tokens=32)
    pair = Pair("de", "x", "The book is good.", "Das buch ist gut.")
    batches = Batches(made(recipe, processor, *[pair] * 8), recipe, processor, epoch=0)
    tags = {processor.piece_to_id(tag(language)): language for language in recipe.languages}
    seen = set()
    for index in range(len(batches)):
        batch = batches[index]
        for source, target, labels in zip(batch.source, batch.target, batch.labels, strict=True):
            text = [int(each) for each in source if each != PAD]
            answer = [int(each) for each in labels if each != IGNORED]
            assert text[-1] == answer[-1] == EOS
            assert [target[0], target[1]] == [EOS, text[0]]
            seen.add((tags[text[0]], processor.decode(answer[:-1])))
    assert {language for language, _ in seen} == {"en", "de"}
    assert all((language == "de") == text.startswith("Das") for language, text in seen)


def test_a_domain_s_weight_is_how_often_its_pairs_are_drawn(tiny_run, processor) -> None:
    recipe = replace(tiny_run.recipe, domains={"dull": 0.0, "dear": 3.0}, batch_tokens=32,
                     temperature=1.0)  # fmt: skip
    pairs = [Pair("de", "dull", "The film is dark now.", "Das film ist dunkel nun."),
             Pair("de", "dear", "The book is good now.", "Das buch ist gut nun.")] * 20  # fmt: skip
    batches = Batches(made(recipe, processor, *pairs), recipe, processor, epoch=0)
    texts = [
        processor.decode([int(each) for each in row if each > EOS])
        for index in range(len(batches))
        for row in batches[index].source
    ]
    assert not [text for text in texts if "film" in text]
    assert 100 <= len(texts) <= 120


def test_a_direct_pair_has_the_tags_of_its_own_languages(tiny_run, processor) -> None:
    recipe = replace(tiny_run.recipe, batch_tokens=16, direct=1.0)
    pair = Pair("fr", "x", "Das buch ist gut.", "Le livre est bon.", base="de")
    batches = Batches(made(recipe, processor, *[pair] * 8), recipe, processor, epoch=0)
    seen = set()
    for index in range(len(batches)):
        for source, target in zip(batches[index].source, batches[index].target, strict=True):
            assert source[0] == target[1]
            text = processor.decode([int(each) for each in source[1:] if each > EOS])
            seen.add((processor.id_to_piece(int(source[0])), text.split()[0]))
    assert seen == {(tag("fr"), "Das"), (tag("de"), "Le")}


def test_direct_pairs_come_where_the_recipe_wants_them(tmp_path: Path) -> None:
    for language, text in (("de", "Das Buch ist sehr gut."), ("fr", "Le livre est très bon.")):
        line = f"x\tThe book is very good.\t{text}\n"
        (tmp_path / f"en-{language}.tsv").write_text(line, encoding="utf-8")
    recipe = Recipe(name="r", languages=("en", "de", "fr"), corpora=str(tmp_path))
    assert {pair.base for pair in read_pairs(recipe)} == {"en"}
    [direct] = [pair for pair in read_pairs(replace(recipe, direct=0.5)) if pair.base != "en"]
    assert direct == Pair("fr", "x", "Das Buch ist sehr gut.", "Le livre est très bon.", "de")


def test_another_pass_is_drawn_in_another_order(tiny_run, processor) -> None:
    pairs = [Pair("de", "x", f"The book is good {n}.", "Das buch ist gut.") for n in range(200)]
    examples = made(tiny_run.recipe, processor, *pairs)
    first, second = (Batches(examples, tiny_run.recipe, processor, epoch) for epoch in (0, 1))
    assert not np.array_equal(first[0].source, second[0].source)


def test_the_fingerprint_changes_with_the_data_and_with_what_is_drawn(tmp_path: Path) -> None:
    corpus, vocabulary = tmp_path / "en-de.tsv", tmp_path / "vocabulary.model"
    corpus.write_text("x\ta\tb\n")
    vocabulary.write_text("v")
    recipe = Recipe(name="r", languages=("en", "de"), corpora=str(tmp_path))
    first = fingerprint(recipe, vocabulary)
    assert first == fingerprint(replace(recipe, minutes=1, rate=1), vocabulary)
    assert first != fingerprint(replace(recipe, domains={"x": 2.0}), vocabulary)
    corpus.write_text("x\ta\tb\nx\tc\td\n")
    assert first != fingerprint(recipe, vocabulary)
