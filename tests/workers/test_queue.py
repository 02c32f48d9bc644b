"""The queue of files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

from kombu import Connection

from workers import queue

MESSAGES = 300


def test_a_message_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    queue.register()
    folders = {f"data_folder_{way}": str(tmp_path) for way in ("in", "out")}
    options = folders | {"control_folder": str(tmp_path / "control")}
    with Connection("filesystem://", transport_options=options) as connection:
        writer, reader = connection.channel(), connection.channel()
        assert isinstance(writer, queue.Channel)

        def write() -> None:
            for number in range(MESSAGES):
                writer._put("bulk", {"number": number})  # noqa: SLF001 - as kombu calls it

        found = []
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            while not writing.done() or len(found) < MESSAGES:
                try:
                    found.append(reader._get("bulk")["number"])  # noqa: SLF001
                except Empty:
                    continue
        assert sorted(found) == list(range(MESSAGES))
    assert not list(tmp_path.glob("*.new"))
