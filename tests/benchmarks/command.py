"""Commands in processes of their own, with the time and the memory they take."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.report import ROOT

WEFT = (sys.executable, "-c", "from api.cli import app; app()")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took, and what it printed.

    Seconds by the clock, seconds of all its threads on a processor, and peak memory in MiB.
    """

    seconds: float
    processor: float
    memory: float
    output: str


def run(command: Sequence[str], environment: Mapping[str, str]) -> Spent:
    """Run a command to its end; exit with its errors when it fails."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed: {output[-1000:]}")
    return Spent(
        seconds=time.perf_counter() - began,
        processor=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        output=output,
    )


def weft(arguments: Sequence[str], environment: Mapping[str, str]) -> Spent:
    """Run `weft` with these arguments."""
    return run([*WEFT, *arguments], environment)
