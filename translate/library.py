"""The models of a machine: folders by name, and which of them serves."""

import os
import re
import secrets
import shutil
from pathlib import Path

from translate.card import CARD
from translate.engine import shipped_model
from translate.errors import ModelError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_POINTER = "serving"


class Library:
    """Model folders below `root`, and the one that ships.

    The name of the one that serves stands in a file of its own, which is replaced in one step:
    every process that looks there sees the old name or the new one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        """Return the names of all models, the shipped one first."""
        added = [path.parent.name for path in sorted(self._root.glob(f"*/{CARD}"))]
        return [shipped_model().name, *added]

    def new(self, name: str) -> Path:
        """Return where a new model is to be put; raise `ModelError` for a bad or taken name."""
        if not NAME.fullmatch(name):
            reason = "is no name; take letters, digits, dots, dashes and underscores"
            raise ModelError(Path(name), reason)
        if name in self.names():
            raise ModelError(Path(name), "is there already; remove it, or take another name")
        return self._root / name

    def folder(self, name: str) -> Path:
        """Return the folder of a model; raise `ModelError` when there is none of the name."""
        if name == shipped_model().name:
            return shipped_model()
        if name not in self.names():
            raise ModelError(Path(name), f"is not here; there are {', '.join(self.names())}")
        return self._root / name

    def serving(self) -> str:
        """Return the name of the model that serves: the one that was chosen, or the shipped one."""
        try:
            return (self._root / _POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return shipped_model().name

    def use(self, name: str) -> None:
        """Let a model serve from now on."""
        self.folder(name)
        self._root.mkdir(parents=True, exist_ok=True)
        fresh = self._root / f".{_POINTER}-{secrets.token_hex(4)}"
        fresh.write_text(name + "\n", encoding="utf-8")
        os.replace(fresh, self._root / _POINTER)  # noqa: PTH105 - the atomic one by its name

    def remove(self, name: str) -> None:
        """Delete a model; raise `ModelError` for the one that serves, or that ships."""
        folder = self.folder(name)
        if name == self.serving():
            raise ModelError(folder, "serves; let another one serve first: `weft models use NAME`")
        if name == shipped_model().name:
            raise ModelError(folder, "ships with Weft and stays")
        shutil.rmtree(folder)
