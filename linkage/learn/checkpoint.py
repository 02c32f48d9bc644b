"""The state of an encoder's training in a file, from which it goes on."""

import zipfile
from pathlib import Path
from typing import Any

import torch

from linkage.errors import TrainingError

CHECKPOINT = "checkpoint.pt"


def save_checkpoint(state: dict[str, Any], run: Path) -> None:
    """Write the state beside the old one and swap it in, so that a kill leaves one whole."""
    path = run / CHECKPOINT
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            torch.save(state, file)
        fresh.replace(path)
    except RuntimeError as error:
        if isinstance(error.__context__, OSError):  # torch hides a full disk behind its own
            raise error.__context__ from None
        raise
    finally:
        fresh.unlink(missing_ok=True)


def load_checkpoint(run: Path) -> dict[str, Any]:
    """Return the state of a run; raise TrainingError when it is damaged."""
    path = run / CHECKPOINT
    try:
        with zipfile.ZipFile(path) as file:  # torch does not look at the checksums
            if wrong := file.testzip():
                raise _damaged(path, f"{wrong} in it was changed")
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise _damaged(path, str(error).splitlines()[0]) from error
    return state


def _damaged(path: Path, reason: str) -> TrainingError:
    return TrainingError(
        f"{path} is damaged ({reason}); put a copy of it back, or delete it to begin anew"
    )
