from pathlib import Path

import pytest

from translate.errors import CorpusError
from translate.learn.vocabulary import load_vocabulary, train_vocabulary

TEXTS = ["The book is good.", "Das Buch ist gut.", "Le livre est bon."] * 40


def test_few_texts_give_fewer_pieces_than_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.model"
    train_vocabulary(TEXTS, languages=["en", "de"], size=8000, path=path)
    processor = load_vocabulary(path)
    assert 256 < processor.get_piece_size() < 1000
    assert processor.decode(processor.encode(TEXTS[0])) == TEXTS[0]


def test_too_few_pieces_are_an_error_that_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="raise `vocabulary`"):
        train_vocabulary(TEXTS, languages=["en"], size=20, path=tmp_path / "vocabulary.model")
    assert not list(tmp_path.iterdir())


def test_a_failure_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    def texts():
        yield from TEXTS
        raise CorpusError(tmp_path, "broke")

    with pytest.raises(CorpusError, match="broke"):
        train_vocabulary(texts(), languages=["en"], size=300, path=tmp_path / "vocabulary.model")
    assert not list(tmp_path.iterdir())
