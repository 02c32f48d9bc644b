"""A job of 20,000 sentences, everything on, against a bare CTranslate2 of the same weights."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import ctranslate2

from tests.benchmarks.report import Table
from tests.quality.shop import DATA
from translate import chunks, jobs, store
from translate.card import ModelCard
from translate.engine import CTranslate2Engine, shipped_model
from translate.jobs import NewItem, NewJob
from translate.learn.readers import read_tsv
from translate.tokens import Tokenizer
from translate.translator import Translator
from translate.types import Request
from workers.db import Database
from workers.migrations import migrate

SEGMENTS = int(os.environ.get("JOB_SEGMENTS", "20000"))
BATCH_TOKENS = 2048
LEASE = 600


def run() -> Table:
    """Translate the same sentences by a job and by `translate_batch`, one decoder each."""
    texts = list(islice(sentences(), SEGMENTS))
    bare, own = timed(_bare(texts)), timed(job(texts))
    rows = [
        ("a bare `translate_batch`, sorted by length", *_cells(bare), ""),
        ("a job of Weft", *_cells(own), f"{bare[1] / own[1]:.2f}"),
    ]
    notes = (
        f"{SEGMENTS:,} English segments into German, the shipped model in int8, one decoder each.",
        "The job: items from SQLite, protection, decoding with scores, checks, results to SQLite.",
        "The ratio is that of processor time, since other work ran on the machine.",
    )
    return Table(
        ("what", "time", "processor time", "segments a second of processor time", "ratio"),
        rows, notes, {"bare": bare, "job": own},
    )  # fmt: skip


def sentences() -> Iterator[str]:
    """Yield English sentences, each once, of ordinary length."""
    path = DATA / "corpora" / "en-de.tsv.zst"
    found = dict.fromkeys(pair.text for pair in islice(read_tsv(path, "de"), 20 * SEGMENTS))
    return (text for text in found if 10 < len(text) < 200)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that work took, and those of the processor."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - spent


def _bare(texts: list[str]) -> Callable[[], None]:
    folder = shipped_model()
    tokenizer = Tokenizer(folder, ModelCard.read(folder))
    translator = ctranslate2.Translator(str(folder), inter_threads=1, intra_threads=1)
    requests = [Request(text, "en", "de") for text in texts]

    def work() -> None:
        results = translator.translate_batch(
            tokenizer.rows(requests),
            target_prefix=[list(tokenizer.begin(requests[0]))] * len(requests),
            max_batch_size=BATCH_TOKENS, batch_type="tokens", beam_size=1,
        )  # fmt: skip
        for result in results:
            tokenizer.text(result.hypotheses[0][1:])

    return work


def job(texts: Sequence[str]) -> Callable[[], None]:
    """Queue a job and return what works on it until it is done."""
    url = f"sqlite:///{Path(tempfile.mkdtemp()) / 'weft.db'}"
    migrate(url)
    database = Database(url)
    engine = CTranslate2Engine(shipped_model())
    engine.warm()
    translator = Translator(engine)
    items = (NewItem(str(number), text) for number, text in enumerate(texts))
    with database.transaction() as session:
        job_id = jobs.create(session, NewJob("default", ("de",), source="en"), items)[0].id

    def work() -> None:
        while chunks.run_next(
            database.transaction, translator, job_id, lease=LEASE, reading=database.reading
        ):
            pass
        with database.reading() as session:
            assert store.get_job(session, "default", job_id).state == "done"

    return work


def _cells(times: tuple[float, float]) -> tuple[str, str, str]:
    wall, processor = times
    return f"{wall:,.0f} s", f"{processor:,.0f} s", f"{SEGMENTS / processor:,.0f}"
