import shutil
from pathlib import Path

import pytest

from translate.engine import shipped_model
from translate.errors import ModelError
from translate.library import Library

SHIPPED = shipped_model().name


@pytest.fixture
def library(tmp_path: Path) -> Library:
    shutil.copytree(shipped_model(), tmp_path / "models" / "mine")
    return Library(tmp_path / "models")


def test_the_shipped_model_serves_until_another_is_chosen(library: Library) -> None:
    assert (library.names(), library.serving()) == ([SHIPPED, "mine"], SHIPPED)
    library.use("mine")
    assert library.serving() == "mine"


def test_what_serves_or_ships_is_not_removed(library: Library) -> None:
    library.use("mine")
    for name, reason in (("mine", "serves"), (SHIPPED, "ships")):
        with pytest.raises(ModelError, match=reason):
            library.remove(name)
    library.use(SHIPPED)
    library.remove("mine")
    assert library.names() == [SHIPPED]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "x" * 101])
def test_a_name_is_no_path(library: Library, name: str) -> None:
    for action in (library.new, library.folder, library.use, library.remove):
        with pytest.raises(ModelError):
            action(name)


def test_a_name_is_given_once(library: Library) -> None:
    with pytest.raises(ModelError, match="there already"):
        library.new("mine")
