"""Libraries that read outside text, in a process of their own that the kernel ends in time.

Readers of feeds and pages, and the patterns in them, take minutes for some texts of 36 KB. No check
beforehand knows them all, and a pattern that is being matched cannot be stopped from within. So
they work in a child process, bounded in processor time and memory, that knows nothing of our
environment. It stays for the next text; one that was ended is started anew.
"""

import atexit
import json
import logging
import math
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any, Literal

Kind = Literal["feeds", "pages"]
SECONDS = 5.0
SECONDS_PER_BYTE = 1e-6
"""Of processor time. Ordinary text takes a tenth: a feed of 20 MB took 3 s, a page of 10 MB 2 s."""
MAX_MEMORY = 2_000_000_000
_LIBRARIES: dict[Kind, tuple[str, ...]] = {
    "feeds": ("feedparser",),
    "pages": ("w3lib.encoding", "extruct.jsonld", "extruct.w3cmicrodata", "trafilatura"),
}
"""What a kind loads, once and before its time is taken."""
_KEPT = ("LD_LIBRARY_PATH", "PYTHONHOME", "TZ")
_PROGRAM = "from linkage.sources import sandbox; sandbox.serve()"


class UnreadableError(Exception):
    """A text that could not be read to its end, and why."""


def read(
    kind: Kind, content: bytes, *, until: float = math.inf, **given: str | bool
) -> dict[str, Any]:
    """Return what `extract` of the module of a kind makes of a text. Raises UnreadableError.

    `until` is the moment of `time.monotonic()` when all texts of a request are to be read: what is
    left then is not begun, so that many that have to be ended do not each take their full time.
    """
    with _turns:
        if (left := until - time.monotonic()) <= 0:
            raise UnreadableError("there was no time left to read it; send it again by itself")
        child = _take()
        try:
            answer = child.ask(content, left, kind=kind, **given)
        except BaseException:  # also a task's time limit: its answer must not become another's
            child.end()
            raise
        _idle.append(child)
    if "error" in answer:
        raise UnreadableError(answer["error"])
    found: dict[str, Any] = answer["found"]
    return found


def serve() -> None:
    """Answer what is asked on standard input until it ends: the child's side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while head := sys.stdin.buffer.readline():
        asked = json.loads(head)
        content = sys.stdin.buffer.read(asked.pop("size"))
        answers.write(_answer(content, **asked) + b"\n")
        answers.flush()


def _answer(content: bytes, *, kind: Kind, seconds: float, **given: str | bool) -> bytes:
    for library in _LIBRARIES[kind]:
        import_module(library)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends a process
    try:
        found = import_module(f"linkage.sources.{kind}").extract(content, **given)
        return json.dumps({"found": asdict(found)}).encode()
    except Exception as error:  # noqa: BLE001 - hostile text may break a library anywhere
        return json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}).encode()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class _Child:
    """A process that serves."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout

    def ask(self, content: bytes, most: float = math.inf, **given: str | bool) -> dict[str, Any]:
        """Return its answer, given so many seconds at most; UnreadableError where it ended."""
        seconds = min(SECONDS + SECONDS_PER_BYTE * len(content), most)
        head = {**given, "seconds": seconds, "size": len(content)}
        with suppress(BrokenPipeError):
            self._questions.write(json.dumps(head).encode() + b"\n" + content)
            self._questions.flush()
        if answer := self._answers.readline():
            found: dict[str, Any] = json.loads(answer)
            return found
        if (status := self._process.wait()) == -signal.SIGPROF:
            raise UnreadableError(f"reading it takes longer than {seconds:.2g} s")
        raise UnreadableError(f"the process that read it ended with status {status}")

    def is_alive(self) -> bool:
        """Tell whether it waits to be asked."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, whatever it does, and close what leads to it."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()


_idle: list[_Child] = []
_turns = threading.BoundedSemaphore(os.cpu_count() or 1)


def _take() -> _Child:
    while True:
        try:
            child = _idle.pop()
        except IndexError:
            return _Child()
        if child.is_alive():
            return child
        child.end()


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_idle.clear)
