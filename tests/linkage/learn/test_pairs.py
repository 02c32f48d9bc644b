"""What is read for training, and what never is."""

from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from linkage.errors import RecipeError, TrainingError
from linkage.learn.adaptations import Book, Film
from linkage.learn.pairs import Pair, film_pairs, is_clean, read_pairs, tidy
from linkage.learn.recipe import EncoderRecipe


def written(folder: Path, *lines: str) -> EncoderRecipe:
    (folder / "en-sv.tsv").write_text("\n".join(lines), encoding="utf-8")
    return EncoderRecipe(name="tiny", languages=("sv",), corpora=str(folder))


def test_pairs_of_a_plain_corpus_are_read(tmp_path: Path) -> None:
    recipe = written(tmp_path, "mo\tOpen file\tÖppna fil")
    assert list(read_pairs(recipe)) == [Pair("sv", "mo", "Open file", "Öppna fil")]


def test_pairs_of_a_compressed_corpus_are_read(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress("mo\tOpen file\tÖppna fil\n".encode())
    (tmp_path / "en-sv.tsv.zst").write_bytes(packed)
    recipe = EncoderRecipe(name="tiny", languages=("sv",), corpora=str(tmp_path))
    assert [pair.other for pair in read_pairs(recipe)] == ["Öppna fil"]


def test_a_pair_is_read_once_and_broken_lines_are_passed_over(tmp_path: Path) -> None:
    recipe = written(tmp_path, "mo\tYes\tJa", "dict\tYes\tJa", "no tabs", "a\tb\tc\td")
    assert [pair.domain for pair in read_pairs(recipe)] == ["mo"]


def test_benchmark_lines_are_left_out_whatever_their_case_and_end_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "held.txt").write_text("A cat sleeps.\tEn katt sover.\n", encoding="utf-8")
    written(tmp_path, "x\ta cat sleeps\tkatt", "x\tcat\tEN KATT SOVER!", "x\tdog\thund")
    recipe = EncoderRecipe(
        name="tiny", languages=("sv",), corpora=str(tmp_path), exclude=("held.txt",)
    )
    assert [pair.english for pair in read_pairs(recipe)] == ["dog"]


def test_only_the_train_rows_of_the_mission_set_are_read(tmp_path: Path) -> None:
    path = tmp_path / "segments.tsv"
    path.write_text("id\tsplit\ten\tsv\n1\ttrain\tBook\tBok\n2\ttest\tFilm\tFilmen\n")
    recipe = EncoderRecipe(name="tiny", languages=("sv",), mission=str(path))
    assert [pair.english for pair in read_pairs(recipe)] == ["Book"]


def test_menu_accelerators_are_taken_out_and_entities_kept() -> None:
    assert tidy("  _Open &File &amp; go ") == "Open File &amp; go"


@pytest.mark.parametrize(("english", "other"), [("42", "42 %"), ("GNOME", "gnome"), ("a", "â€™")])
def test_pairs_that_teach_nothing_are_not_clean(english: str, other: str) -> None:
    assert not is_clean(Pair("sv", "mo", english, other))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name = ", "is not TOML"),
        ('name = "x"', "lacks"),
        ('name = "x"\nlanguages = []\nx = 1', "unknown keys"),
    ],
)
def test_a_faulty_recipe_says_what_is_wrong(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=reason):
        EncoderRecipe.read(path)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nowhere"):
        EncoderRecipe.read(tmp_path / "nowhere.toml")


def test_a_film_stands_beside_its_title_with_the_authors_of_other_books() -> None:
    books = [Book("1", "Emma", "Jane Austen", "1815")]
    films = [
        Film("f1", "Heat", 1995, (), "A thief meets a policeman. It is based on a novel."),
        Film("f2", "Dune", 1984, (), "It is based on a novel."),
    ]
    assert list(film_pairs(films, books)) == [
        Pair("en", "film", "Heat. Jane Austen. 1815", "Heat (1995). A thief meets a policeman.")
    ]


def test_films_are_read_without_books() -> None:
    films = [Film("f1", "Heat", 1995, (), "A thief.")]
    assert next(film_pairs(films, [])).english == "Heat"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ('languages = "sv"\ncorpora = "texts"', "a list of texts"),
        ('languages = ["sv"]\ncorpora = "texts"\npasses = "many"', "a number"),
        ('languages = ["sv"]\ncorpora = "texts"\npasses = 0', "more than 0"),
        ('languages = ["sv"]\ncorpora = "texts"\nbatch = 1', "below 2"),
        ('languages = ["sv"]', "names no texts"),
    ],
)
def test_a_recipe_nothing_could_be_made_of_is_an_error(
    tmp_path: Path, keys: str, reason: str
) -> None:
    (tmp_path / "mine.toml").write_text(f'name = "mine"\n{keys}\n')
    with pytest.raises(RecipeError, match=reason):
        EncoderRecipe.read(tmp_path / "mine.toml")


def test_a_language_without_texts_is_an_error(tmp_path: Path) -> None:
    recipe = written(tmp_path, "mo\tOpen file\tÖppna fil")
    with pytest.raises(TrainingError, match=r"has no en-ja.tsv"):
        list(read_pairs(replace(recipe, languages=("sv", "ja"))))
    (tmp_path / "en-ja.tsv").write_text("mo\t12\t12\n")
    with pytest.raises(TrainingError, match="nothing to learn ja from"):
        list(read_pairs(replace(recipe, languages=("sv", "ja"))))


def test_texts_of_another_kind_of_file_are_read_by_another_reader(tmp_path: Path) -> None:
    recipe = EncoderRecipe(name="tiny", languages=("sv",), corpora=str(tmp_path))
    made = Pair("sv", "tm", "Open file", "Öppna fil")
    assert list(read_pairs(recipe, lambda _folder, _language: [made])) == [made]


def test_a_file_to_exclude_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    recipe = written(tmp_path, "mo\tOpen file\tÖppna fil")
    with pytest.raises(TrainingError, match="mend `exclude`"):
        list(read_pairs(replace(recipe, exclude=(f"{tmp_path}/ntrex/*",))))
