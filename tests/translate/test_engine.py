import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from translate.card import CARD, ModelCard
from translate.engine import CTranslate2Engine, shipped_model
from translate.errors import ModelError
from translate.tokens import Tokenizer
from translate.types import Request


def requests(*texts: str, target: str = "de", **options: object) -> list[Request]:
    return [Request(text, "en", target, **options) for text in texts]  # type: ignore[arg-type]


TEXTS = [f"The {noun} is {adjective}." for noun in ("book", "film", "song", "author")
         for adjective in ("good", "long and short", "new, old and dark, and good")]  # fmt: skip


@pytest.fixture
def model(tiny_run, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be damaged."""
    return shutil.copytree(tiny_run.model, tmp_path / "model")


def test_a_trained_model_translates_what_it_learnt(engine: CTranslate2Engine) -> None:
    [decoded] = engine.translate(requests("The book is good and new."))
    assert "buch" in decoded.text
    assert -2 < decoded.score < 0


def test_answers_are_in_the_order_of_the_segments_and_do_not_depend_on_the_batch(
    engine: CTranslate2Engine,
) -> None:
    together = engine.translate(requests(*TEXTS))
    alone = [engine.translate(requests(text))[0] for text in TEXTS]
    assert [each.text for each in together] == [each.text for each in alone]


def test_an_alignment_tells_where_pieces_begin_and_what_they_came_from(
    engine: CTranslate2Engine,
) -> None:
    [decoded] = engine.translate(requests("The book is good.", is_aligned=True))
    [plain] = engine.translate(requests("The book is good."))
    assert (decoded.text, plain.alignment) == (plain.text, None)
    alignment = decoded.alignment
    assert alignment
    assert list(alignment.sources) == sorted(alignment.sources)
    assert {"The book is good."[at] for at in alignment.sources}.isdisjoint(" ")
    assert {decoded.text[at] for at in alignment.targets}.isdisjoint(" ")
    assert len(alignment.weights) == len(alignment.targets)
    assert all(0 <= sum(row) <= 1.01 for row in alignment.weights)
    assert {len(row) for row in alignment.weights} == {len(alignment.sources)}


def test_alternatives_come_with_scores_the_likeliest_first(engine: CTranslate2Engine) -> None:
    [decoded] = engine.translate(requests("The book is good.", alternatives=3))
    scores = [decoded.score, *(other.score for other in decoded.alternatives)]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)


def test_a_wider_beam_finds_answers_no_less_likely_and_is_named(
    engine: CTranslate2Engine, tiny_run
) -> None:
    wide = CTranslate2Engine(tiny_run.model, beam_size=4)
    scores = [[each.score for each in one.translate(requests(*TEXTS))] for one in (engine, wide)]
    assert sum(scores[1]) > sum(scores[0])
    assert wide.name == f"{engine.name}+beam4"


def test_an_answer_that_was_stopped_at_the_limit_says_so(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CTranslate2Engine, "_longest", lambda *_: 3)
    [decoded] = CTranslate2Engine(model).translate(requests("The book is good and new."))
    assert decoded.is_cut


def test_formality_puts_a_token_before_the_segment_where_the_model_was_taught_one(
    model: Path,
) -> None:
    card = replace(ModelCard.read(model), formality={"more": "__fr__"})
    tokenizer = Tokenizer(model, card)
    for formality, first in (
        ("more", ["__de__", "__fr__"]),
        ("less", ["__de__"]),
        (None, ["__de__"]),
    ):
        [row] = tokenizer.rows(requests("The", formality=formality))
        assert row[: len(first)] == first
        assert row[-1] == "</s>"


def test_a_model_with_other_placeholders_is_shown_its_own(model: Path) -> None:
    card = replace(ModelCard.read(model), placeholders=tuple(f"[{n}]" for n in range(10)))
    tokenizer = Tokenizer(model, card)
    [row] = tokenizer.rows(requests("Take ⟦3⟧ away"))
    assert "⟦3⟧" not in row
    assert tokenizer.text(row[1:-1]) == "Take ⟦3⟧ away"


def test_no_segments_give_no_answers(engine: CTranslate2Engine) -> None:
    assert engine.translate([]) == []


def test_a_model_is_decoded_with_the_penalty_of_its_card(model: Path) -> None:
    text = "qqqq zzzz qqqq qqqq"
    [usual] = CTranslate2Engine(model).translate(requests(text))
    replace(ModelCard.read(model), repetition_penalty=5.0).write(model)
    [penalised] = CTranslate2Engine(model).translate(requests(text))
    assert penalised.text != usual.text


def test_careful_decoding_repeats_nothing(engine: CTranslate2Engine) -> None:
    [decoded] = engine.translate(requests("qqqq zzzz qqqq", is_careful=True))
    words = decoded.text.split()
    assert all(words[i : i + 4] != words[i + 4 : i + 8] for i in range(len(words) - 7))


def test_what_fits_has_no_more_pieces_than_the_model_was_trained_on(
    engine: CTranslate2Engine,
) -> None:
    assert engine.fits("The book is good. " * 5)
    assert not engine.fits("xyz" * 60)
    with pytest.raises(ValueError, match="fits"):
        engine.translate(requests("xyz" * 600))


def test_threads_share_an_engine_that_loads_once(model: Path) -> None:
    engine = CTranslate2Engine(model, threads=2)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: engine.translate(requests(*TEXTS, target="fr")), range(8))
        )
    assert all(answer == answers[0] for answer in answers)


def test_a_folder_without_a_card_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="weft train translator"):
        CTranslate2Engine(tmp_path)


@pytest.mark.parametrize("card", ["", "{}", "[]", '{"name": 1}'])
def test_a_card_that_cannot_be_read_is_refused(model: Path, card: str) -> None:
    (model / CARD).write_text(card, encoding="utf-8")
    with pytest.raises(ModelError, match=CARD):
        CTranslate2Engine(model)


@pytest.mark.parametrize("name", ["model.bin", "vocabulary.model", "shared_vocabulary.json"])
def test_damaged_or_missing_files_are_found_before_they_are_loaded(model: Path, name: str) -> None:
    with (model / name).open("r+b") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="damaged"):
        CTranslate2Engine(model).warm()
    (model / name).unlink()
    with pytest.raises(ModelError, match="missing"):
        CTranslate2Engine(model).warm()


def test_the_name_tells_the_version(tiny_run, engine: CTranslate2Engine) -> None:
    assert engine.name == f"tiny@{tiny_run.conversion.card.version}"


def test_the_shipped_model_has_a_place_in_the_package() -> None:
    assert shipped_model().parts[-3:] == ("translate", "data", "weft-mt-small")


def test_importing_the_domain_loads_neither_torch_nor_ctranslate2() -> None:
    program = (
        "import sys, translate.translator, translate.jobs, translate.engine\n"
        "print(sorted({'torch', 'ctranslate2', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"
