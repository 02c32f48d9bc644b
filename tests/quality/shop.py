"""Catalogues in Weft, each in a folder of its own with a live index, filled once."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from linkage import builds
from linkage.imports import import_records
from linkage.linker import Linker
from linkage.types import Item
from tests.benchmarks.report import ROOT
from workers.db import Database
from workers.migrations import migrate

TENANT = "default"
SCRATCH = ROOT / "build" / "quality"
DATA = Path(os.environ.get("WEFT_SHARED", ROOT.parent / "shared"))


class Shop:
    """A catalogue with its database and linker."""

    def __init__(self, folder: Path, *, encoder: str) -> None:
        self.database = Database(f"sqlite:///{folder / 'weft.db'}")
        self.linker = Linker(folder / "indexes", encoder=encoder)


def open_shop(name: str, items: Callable[[], Iterable[Item]], *, encoder: str) -> Shop:
    """Return the shop of a name; it is filled and indexed when it is not yet there."""
    folder = SCRATCH / f"{name}-{encoder}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _fill(partial, items(), encoder)
        partial.rename(folder)
    return Shop(folder, encoder=encoder)


def _fill(folder: Path, items: Iterable[Item], encoder: str) -> None:
    (folder / "indexes").mkdir(parents=True)
    migrate(f"sqlite:///{folder / 'weft.db'}")
    shop = Shop(folder, encoder=encoder)
    import_records(shop.database.transaction, TENANT, items)
    with shop.database.transaction() as session:
        build_id = builds.start(session, TENANT, encoder=encoder)
    build = builds.run(shop.database.transaction, TENANT, build_id, data_dir=folder / "indexes")
    shop.database.close()
    if build.state != "live":
        raise RuntimeError(f"the index of {folder} is {build.state}: {build.error}")


structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
