"""A small version of `make quality ONLY=guarantees`."""

import pytest

from tests.fuzz import TERMS, breaks, segments
from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator

SHIPPED = Translator(CTranslate2Engine(shipped_model()))


@pytest.mark.parametrize(
    "direction", SHIPPED.directions, ids=lambda each: f"{each.source}-{each.target}"
)
@pytest.mark.parametrize("form", ["text", "html"])
def test_what_breaks_is_flagged_and_only_numbers_and_names_ever_break(direction, form: str) -> None:
    some = [each for each in segments(direction.source, 40, seed=2) if each.format == form]
    answers = SHIPPED.translate(
        [each.text for each in some], source=direction.source, target=direction.target,
        format=form, do_not_translate=TERMS,
    )  # fmt: skip
    for fuzzed, answer in zip(some, answers, strict=True):
        broken = {kind for kind, is_broken in breaks(fuzzed, answer).items() if is_broken}
        assert broken <= {"numbers", "names"} & set(answer.checks), (fuzzed.text, answer.text)
