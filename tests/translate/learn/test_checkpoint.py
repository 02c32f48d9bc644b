from pathlib import Path

import pytest
import torch

from translate.errors import ModelError
from translate.learn.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint


def test_a_state_is_read_back(tmp_path: Path) -> None:
    save_checkpoint({"weights": torch.ones(3)}, tmp_path)
    assert torch.equal(load_checkpoint(tmp_path)["weights"], torch.ones(3))


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def changed(data: bytes) -> bytes:
    at = data.index(torch.arange(64.0).numpy().tobytes())
    return data[: at + 8] + b"XXXX" + data[at + 12 :]


@pytest.mark.parametrize("damage", [cut_short, changed, lambda _: b""])
def test_a_damaged_file_is_an_error_with_a_remedy(tmp_path: Path, damage) -> None:
    save_checkpoint({"weights": torch.arange(64.0)}, tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match="delete it to begin anew"):
        load_checkpoint(tmp_path)


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint({"weights": torch.ones(200_000)}, tmp_path)


def test_what_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    save_checkpoint({"step": 1}, tmp_path)
    with pytest.raises(AttributeError):
        save_checkpoint({"step": lambda: 2}, tmp_path)
    assert load_checkpoint(tmp_path) == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
