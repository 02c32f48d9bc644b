from translate.card import ModelCard
from translate.engine import CTranslate2Engine
from translate.lexis import FILE


def test_a_converted_model_knows_the_words_of_its_examples(tiny_run) -> None:
    engine = CTranslate2Engine(tiny_run.model)
    assert FILE in ModelCard.read(tiny_run.model).files
    assert engine.knows("Book", "en")
    assert engine.knows("buch", "de")
    assert not engine.knows("Tolkien", "en")
    assert not engine.knows("book", "de")
    assert engine.knows("книга", "ru")
