"""txtai's own API over a hybrid index of items (`pip install --group peers`, pip 25.1 or later)."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from linkage.types import Item
from tests.benchmarks.report import ROOT
from tests.benchmarks.served import ENCODER, FOLDERS, Server, process

MODEL = ROOT / "linkage" / "data" / ENCODER
CONFIG = """path: {index}
writable: false
embeddings: {{path: {model}, method: sentence-transformers, hybrid: true}}
"""


@contextmanager
def serving(items: Sequence[Item]) -> Iterator[Server]:
    """Index the items, once, and serve them by one process on one core."""
    folder = FOLDERS / f"txtai-{len(items)}"
    if not (folder / "config.yml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _index(items, str(folder / "index"))
        (folder / "config.yml").write_text(CONFIG.format(index=folder / "index", model=MODEL))
    environment = os.environ | {
        "CONFIG": str(folder / "config.yml"), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "txtai.api:app", "--port", "{port}",
               "--log-level", "error"]  # fmt: skip
    with process(command, environment, "/count") as server:
        yield server


def _index(items: Sequence[Item], path: str) -> None:
    from txtai import Embeddings  # noqa: PLC0415 - not installed with Weft

    index = Embeddings(path=str(MODEL), method="sentence-transformers", hybrid=True)
    index.index((item.id, _told(item), None) for item in items)
    index.save(path)


def _told(item: Item) -> str:
    return f"{item.title}. {', '.join(item.creators)}. {item.text}"
