from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.builds import Build
from linkage.errors import IndexDamagedError
from linkage.indexing import segment
from linkage.types import Item

MakeItem = Callable[..., Item]


@pytest.fixture
def folder(
    add: Callable[..., None], reindex: Callable[..., Build], data_dir: Path, make_item: MakeItem
) -> Path:
    add(*(make_item(str(n), f"Title {n}") for n in range(20)))
    return data_dir / reindex().id


def test_sealed_folder_can_be_loaded_again_and_again(folder: Path) -> None:
    first, second = segment.load(folder), segment.load(folder)
    assert first.manifest == second.manifest
    assert first.vectors.count == first.lexicon.count == first.manifest.count == 20


@pytest.mark.parametrize("name", ["vectors.faiss", "keys.npy", "codes.npy"])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_damaged_file_is_told(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if damage == "cut" else content[:-1] + b"\x07")
    with pytest.raises(IndexDamagedError, match=name):
        segment.load(folder)


def test_damaged_lexicon_is_told(folder: Path) -> None:
    path = next((folder / "lexicon").glob("*.idx"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamagedError, match="idx"):
        segment.load(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format": 99}', b'{"format": 1}'])
def test_unreadable_manifest_is_told(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(IndexDamagedError):
        segment.load(folder)


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(IndexDamagedError, match="no manifest"):
        segment.load(tmp_path / "nowhere")
