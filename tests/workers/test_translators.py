import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from tests.support import wait_until
from translate.card import CARD
from translate.engine import shipped_model
from translate.library import Library
from workers.runtime import Runtime
from workers.settings import Settings
from workers.translators import Translators


def library_with(root: Path, name: str) -> Library:
    """Return a library that has the shipped model under another name too."""
    shutil.copytree(shipped_model(), root / name)
    card = json.loads((root / name / CARD).read_text())
    (root / name / CARD).write_text(json.dumps(card | {"name": name}))
    return Library(root)


def test_a_model_is_exchanged_while_requests_go_on(tmp_path: Path) -> None:
    library = library_with(tmp_path, "other")
    translators = Translators(library.serving, library.folder, threads=1)
    is_over, models = Event(), []

    def ask() -> None:
        while not is_over.is_set():
            [done] = translators.current().translate(["A good book."], source="en", target="de")
            assert done.text
            models.append(done.model)

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            wait_until(lambda: len(models) > 5, 30, "no answers")
            library.use("other")
            wait_until(lambda: models[-1].startswith("other@"), 30, "no exchange")
        finally:
            is_over.set()
    assert [each.result() for each in asking] == [None] * 3
    assert models[0].startswith(shipped_model().name)


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_serving(tmp_path: Path) -> None:
    library = library_with(tmp_path, "broken")
    translators = Translators(library.serving, library.folder, threads=1)
    before = translators.current()
    (tmp_path / "broken" / "model.bin").write_bytes(b"no model")
    library.use("broken")
    for _ in range(3):
        assert translators.current() is before


def test_settings_decide_the_beam(tmp_path: Path) -> None:
    runtime = Runtime(Settings(data_dir=tmp_path, translation_beam=2))
    try:
        assert runtime.translator.model.endswith("+beam2")
    finally:
        runtime.close()
