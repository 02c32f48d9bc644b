from pathlib import Path

import pytest

from translate.errors import RecipeError
from translate.learn.config import Recipe

LEAST = {"name": '"mine"', "languages": '["en", "de"]', "corpora": '"texts"'}


def read(folder: Path, **keys: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in (LEAST | keys).items()))
    return Recipe.read(path)


def test_three_keys_make_a_recipe(tmp_path: Path) -> None:
    assert read(tmp_path) == Recipe(name="mine", languages=("en", "de"), corpora="texts")


def test_a_whole_number_is_a_number(tmp_path: Path) -> None:
    assert read(tmp_path, minutes="90", domains="{ ours = 3 }").minutes == 90


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"learning_rate": "3"}, "unknown keys"),
        ({"languages": '"de"'}, "a list of texts"),
        ({"minutes": '"an hour"'}, "a number"),
        ({"threads": "1.5"}, "a whole number"),
        ({"threads": "true"}, "a whole number"),
        ({"domains": '{ ours = "much" }'}, "a table of numbers"),
        ({"languages": '["de", "fr"]'}, 'must name "en"'),
        ({"languages": '["en"]'}, 'must name "en"'),
        ({"corpora": '""'}, "names no texts"),
        ({"minutes": "0"}, "no budget"),
        ({"warmup": "0"}, "more than 0"),
        ({"vocabulary": "100_000"}, "at most 65535"),
        ({"heads": "3"}, "a multiple of heads"),
        ({"average": "1.5"}, "between 0 and 1"),
        ({"name": "what?"}, "is not TOML"),
    ],
)
def test_a_wrong_recipe_is_an_error_that_tells_the_key(
    tmp_path: Path, keys: dict[str, str], reason: str
) -> None:
    with pytest.raises(RecipeError, match=reason):
        read(tmp_path, **keys)


def test_a_recipe_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        Recipe.read(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("path", [Path("configs/translator-cpu.toml")])
def test_the_recipes_that_ship_are_whole(path: Path) -> None:
    assert Recipe.read(path).pairs()
