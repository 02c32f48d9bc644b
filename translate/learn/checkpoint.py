"""The state of a run in a file, from which it goes on."""

import zipfile
from pathlib import Path
from typing import Any

import torch

from translate.errors import ModelError

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


def load_checkpoint(run: Path, device: str = "cpu") -> dict[str, Any]:
    """Return the state of a run; raise `ModelError` when there is none, or a damaged one."""
    path = run / CHECKPOINT
    if not path.exists():
        raise ModelError(run, f"has no {CHECKPOINT}; train it with `weft train translator`")
    try:
        with zipfile.ZipFile(path) as file:  # torch does not look at the checksums
            if wrong := file.testzip():
                raise _damaged(run, f"{wrong} in it was changed")
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise _damaged(run, str(error).splitlines()[0]) from error
    return state


def _damaged(run: Path, reason: str) -> ModelError:
    remedy = "put a copy of it back, or delete it to begin anew"
    return ModelError(run, f"its {CHECKPOINT} is damaged ({reason}); {remedy}")
