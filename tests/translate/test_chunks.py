import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from translate import chunks, jobs, store
from translate.jobs import NewItem, NewJob
from translate.types import Translation
from workers.db import Database


class Slow:
    """Takes as long as it is told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.has_begun = Event()

    def translate(self, texts: list[str], *, target: str, **_: object) -> list[Translation]:
        self.has_begun.set()
        time.sleep(self.seconds)
        return [Translation(text, "en", target, "done", 1.0, model="m") for text in texts]


def make(database: Database, size: int = 1) -> str:
    with database.transaction() as session:
        items = [NewItem(str(number), "The book is good.", "en") for number in range(size)]
        return jobs.create(session, NewJob("alpha", ("de",)), items)[0].id


def test_a_slow_worker_keeps_its_chunk(database: Database) -> None:
    job_id = make(database)
    slow = Slow(2.0)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(chunks.run_next, database.transaction, slow, job_id, lease=0.6)  # type: ignore[arg-type]
        slow.has_begun.wait(10)
        time.sleep(1.2)
        with database.transaction() as session:
            assert chunks.claim(session, job_id, lease=60) is None
        assert done.result()
    with database.reading() as session:
        assert store.get_job(session, "alpha", job_id).state == "done"


def test_a_claim_that_is_lost_is_not_renewed(database: Database) -> None:
    job_id = make(database)
    with database.transaction() as session:
        held = chunks.claim(session, job_id, lease=60)
        assert held
        assert chunks.renew(session, held, lease=60)
        chunks.release(session, held)
        assert not chunks.renew(session, held, lease=60)


def test_chunks_are_taken_from_the_job_with_the_fewest_at_work(database: Database) -> None:
    large, small = make(database, 300), make(database, 100)
    taken = []
    for _ in range(4):
        with database.transaction() as session:
            held = chunks.claim_any(session, lease=60)
            assert held
            taken.append(held.job_id)
    assert taken == [large, small, large, small]


def test_a_job_that_can_give_no_chunk_is_passed_over(database: Database) -> None:
    cancelled, other = make(database), make(database)
    with database.transaction() as session:
        jobs.cancel(session, "alpha", cancelled)
    with database.transaction() as session:
        held = chunks.claim_any(session, lease=60)
        assert held
        assert held.job_id == other
    with database.transaction() as session:
        assert chunks.claim_any(session, lease=60) is None
