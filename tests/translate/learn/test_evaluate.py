import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from translate.card import ModelCard
from translate.errors import CorpusError, ModelError
from translate.learn.evaluate import ReferenceSet as Lines
from translate.learn.evaluate import evaluate, reference_sets, table, write_scores


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "en.txt").write_text("The book is good.\nThe film is long.\n", encoding="utf-8")
    (folder / "de.txt").write_text("Das buch ist gut.\nDas film ist lang.\n", encoding="utf-8")
    return folder


def test_sets_come_from_held_out_lines_and_parallel_files_in_both_directions(
    tiny_run, parallel: Path
) -> None:
    sets = list(reference_sets(tiny_run.recipe, parallel=parallel))
    found = {(each.name, each.source, each.target) for each in sets}
    assert {("lines", "en", "de"), ("lines", "de", "en"), ("held-out", "en", "fr")} <= found
    german = next(each for each in sets if (each.name, each.source) == ("lines", "de"))
    assert german.texts[0] == "Das buch ist gut."
    assert german.references[0] == "The book is good."


def test_what_is_taught_without_english_is_measured_without_it(tiny_run, tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    for language, text in (("en", "A book."), ("de", "Ein Buch."), ("fr", "Un livre.")):
        (folder / f"{language}.txt").write_text(text + "\n", encoding="utf-8")
    sets = list(reference_sets(replace(tiny_run.recipe, direct=1.0), parallel=folder))
    german = next(s for s in sets if (s.name, s.source, s.target) == ("lines", "fr", "de"))
    assert (german.texts, german.references) == (("Un livre.",), ("Ein Buch.",))
    assert any((s.name, s.source, s.target) == ("held-out", "de", "fr") for s in sets)


def test_parallel_files_of_unlike_length_are_an_error(tiny_run, parallel: Path) -> None:
    (parallel / "de.txt").write_text("Das buch ist gut.\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"en.txt has 2 lines, de.txt 1"):
        list(reference_sets(tiny_run.recipe, parallel=parallel))


def test_a_translator_that_gives_the_reference_scores_one_hundred(translator) -> None:
    lines = ("Das Buch ist gut und neu.", "Der Film ist lang.")
    [score] = evaluate(translator, [Lines("same", "de", "de", lines, lines)])
    assert (score.chrf, score.bleu, score.lines) == (100, 100, 2)
    assert "nrefs:1" in score.signatures[0]
    assert "de-de" in table([score])


def test_scores_go_into_the_card(tiny_run, translator, parallel: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_run.model, model)
    told: list = []
    scores = evaluate(translator, reference_sets(tiny_run.recipe, parallel=parallel), told.append)
    assert told == scores
    write_scores(model, scores, "lines")
    measured = {(d.source, d.target): d.chrf for d in ModelCard.read(model).directions}
    assert measured["en", "de"] > 0
    assert measured["en", "fr"] is None
    with pytest.raises(ModelError, match="absent"):
        write_scores(model, scores, "absent")
