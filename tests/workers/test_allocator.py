import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, workers.app
from threading import Barrier, Thread
everyone = Barrier(8)
def work():
    bytearray(10_000)
    everyone.wait(10)
threads = [Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_a_process_with_many_threads_keeps_two_arenas(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        check=True,
        text=True,
        env={
            "PYTHONPATH": ":".join(sys.path),
            "WEFT_DATA_DIR": str(tmp_path),
            "WEFT_BROKER_URL": "memory://",
        },
    )
    assert len(re.findall(r"^Arena \d+:", done.stderr, re.MULTILINE)) == 2
