"""The queue of files that needs no server: kombu's, whose messages appear whole or not at all.

kombu's own opens a message's file before it writes it, so that a worker that looks in between reads
nothing, and ends.
"""

from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):  # type: ignore[misc]
    """Puts messages by renaming a file that is complete."""

    def _put(self, queue: str, payload: object, **_: Any) -> None:  # noqa: ANN401 - kombu's
        name = f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        # a name that no queue's messages have
        fresh = Path(self.data_folder_out, f"{name}.new")
        try:
            fresh.write_text(dumps(payload))
            fresh.rename(fresh.with_name(name))
        except OSError as error:
            raise ChannelError(f"cannot add {name!r} to the queue: {error.strerror}") from error


class Transport(filesystem.Transport):  # type: ignore[misc]
    """The transport of these channels."""

    Channel = Channel


def register() -> None:
    """Have `filesystem://` mean this queue, in this process."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:{Transport.__name__}"
