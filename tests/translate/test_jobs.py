import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from threading import current_thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from translate import chunks, jobs, store
from translate.errors import (
    IdempotencyConflictError,
    InvalidCursorError,
    InvalidJobError,
    JobNotFoundError,
    JobStateError,
    RepeatedIdError,
)
from translate.jobs import JobOptions, NewItem, NewJob
from translate.models import ChunkRow, JobItemRow, JobRow, ResultRow
from translate.types import Translation
from workers.db import Database

TENANT = "alpha"
UNREADABLE = NewItem("odd", "x", "xx")


def items(size: int, text: str = "The book is good.") -> list[NewItem]:
    return [NewItem(f"i{number}", f"{text} No. {number}", "en") for number in range(size)]


def create(
    session: Session,
    given: Iterable[NewItem],
    *,
    tenant: str = TENANT,
    targets: Sequence[str] = ("de",),
    **options: object,
) -> tuple[JobRow, bool]:
    new = NewJob(tenant, tuple(targets), **options)  # type: ignore[arg-type]
    return jobs.create(session, new, given)


def make(database: Database, given: list[NewItem], *targets: str, **options: object) -> str:
    with database.transaction() as session:
        return create(session, given, targets=targets or ("de",), **options)[0].id


def work(database: Database, translator, job_id: str) -> int:
    for taken in count():
        if not chunks.run_next(database.transaction, translator, job_id, lease=60):
            return taken
    raise AssertionError


def job_of(database: Database, job_id: str) -> tuple[str, jobs.Progress]:
    with database.reading() as session:
        job = store.get_job(session, TENANT, job_id)
        return job.state, jobs.progress(session, job)


def results_of(database: Database, job_id: str, **options: object) -> list[store.ItemResult]:
    return list(jobs.results(database.reading, TENANT, job_id, **options))


def translated(held: chunks.Claim, text: str = "gut") -> list[Translation]:
    return [Translation(text, "en", held.target, "done", 0.9, model="m")] * len(held.items)


def expire(database: Database, job_id: str) -> None:
    with database.transaction() as session:
        past = store.now().replace(year=2000)
        session.execute(
            update(ChunkRow).filter_by(job_id=job_id, state="running").values(lease_until=past)
        )


def test_a_job_is_translated_chunk_by_chunk_to_its_end(database: Database, translator) -> None:
    job_id = make(database, items(130), "de", "fr")
    assert job_of(database, job_id) == ("queued", jobs.Progress(0, 260, 0, 0))
    assert work(database, translator, job_id) == 6
    state, progress = job_of(database, job_id)
    assert state == "done"
    assert progress.done + progress.needs_review == 260
    with database.reading() as session:
        job = store.get_job(session, TENANT, job_id)
        assert job.created_at <= job.started_at <= job.finished_at


def test_results_come_in_the_inputs_order_whatever_was_translated_first(
    database: Database, translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 7)
    job_id = make(database, items(100), "de", "fr")
    work(database, translator, job_id)
    found = results_of(database, job_id)
    assert [(each.item_id, each.target) for each in found] == [
        (f"i{number}", target) for number in range(100) for target in ("de", "fr")
    ]
    assert [each.position for each in results_of(database, job_id, target="fr", after=97)] == [
        98,
        99,
    ]


def test_a_failed_item_has_its_reason_and_no_text(database: Database, translator) -> None:
    job_id = make(database, [NewItem("good", "The book is good.", "en"), UNREADABLE])
    work(database, translator, job_id)
    good, odd = results_of(database, job_id)
    assert good.status in {"done", "needs_review"}
    assert (good.reason is None) == (good.status == "done")
    assert (odd.status, odd.text) == ("failed", None)
    assert "'xx'" in str(odd.reason)
    assert job_of(database, job_id)[0] == "done"


def test_a_job_fails_when_every_item_fails(database: Database, translator) -> None:
    job_id = make(database, [UNREADABLE])
    work(database, translator, job_id)
    assert job_of(database, job_id) == ("failed", jobs.Progress(0, 1, 1, 0))


def test_the_jobs_language_and_options_hold_for_its_items(database: Database, translator) -> None:
    given = [NewItem("a", "<p>The book is good.</p>"), NewItem("b", "Le livre est bon.", "fr")]
    options = JobOptions("html", 1.0, ("good",))
    job_id = make(database, given, source="en", options=options)
    work(database, translator, job_id)
    first, second = results_of(database, job_id)
    assert first.text is not None
    assert first.text.startswith("<p>")
    assert first.text.count("good") == 1
    assert (first.source, first.status, second.source) == ("en", "needs_review", "fr")


def test_long_texts_make_smaller_chunks(database: Database) -> None:
    job_id = make(database, [NewItem(str(number), "x" * 48_000) for number in range(5)])
    with database.reading() as session:
        chunks = session.scalars(select(ChunkRow).filter_by(job_id=job_id).order_by(ChunkRow.first))
        assert [(chunk.first, chunk.count) for chunk in chunks] == [(0, 2), (2, 2), (4, 1)]


def test_chunks_grow_with_the_job(database: Database) -> None:
    job_id = make(database, items(12_000))
    with database.reading() as session:
        counts = session.scalars(
            select(ChunkRow.count).filter_by(job_id=job_id).order_by(ChunkRow.first)
        ).all()
    assert counts[:5] == [64] * 5
    assert max(counts) == 2048
    assert sum(counts) == 12_000
    assert all(count <= max(64, sum(counts[:place]) // 4) for place, count in enumerate(counts))


@pytest.mark.parametrize(
    ("given", "targets", "field"),
    [([], ("de",), "items"), (items(3) + items(1), ("de",), "items"), (items(1), (), "targets")],
)
def test_a_job_that_makes_no_sense_is_refused_and_leaves_nothing(
    database: Database, given: list[NewItem], targets: tuple[str, ...], field: str
) -> None:
    with pytest.raises(InvalidJobError) as caught, database.transaction() as session:
        create(session, iter(given), targets=targets)
    assert caught.value.field == field
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(JobRow)) == 0
        assert session.scalar(select(func.count()).select_from(JobItemRow)) == 0


@given(ids=st.lists(st.sampled_from("abcde"), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_item_whose_id_came_before_is_named(database: Database, ids: list[str]) -> None:
    repeats = [(each, at, ids.index(each)) for at, each in enumerate(ids) if each in ids[:at]]
    given = [NewItem(each, "x") for each in ids]
    if not repeats:
        assert make(database, given)
        return
    with pytest.raises(RepeatedIdError) as caught, database.transaction() as session:
        create(session, given)
    assert [(each.id, each.position, each.first) for each in caught.value.repeats] == repeats


def test_more_items_than_allowed_are_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ITEMS", 5)
    with pytest.raises(InvalidJobError, match="more than 5"):
        create(session, items(6))


def test_the_same_key_and_request_give_the_same_job(session: Session) -> None:
    first, is_new = create(session, items(3), idempotency_key="k")
    again, is_again_new = create(session, iter(items(3)), idempotency_key="k")
    assert (first.id, is_new, is_again_new) == (again.id, True, False)
    assert session.scalar(select(func.count()).select_from(JobItemRow)) == 3


@pytest.mark.parametrize(
    ("given", "options"),
    [(items(4), {"targets": ["de"]}), (items(3), {"targets": ["fr"]}),
     (items(3), {"targets": ["de"], "source": "en"}),
     (items(3), {"targets": ["de"], "options": JobOptions("html")})],
)  # fmt: skip
def test_the_same_key_with_another_request_is_a_conflict(
    session: Session, given: list[NewItem], options: dict
) -> None:
    create(session, items(3), idempotency_key="k")
    with pytest.raises(IdempotencyConflictError, match="'k'"):
        create(session, given, idempotency_key="k", **options)


def test_a_key_of_another_tenant_is_another_job(session: Session) -> None:
    made = [create(session, items(1), tenant=tenant, idempotency_key="k")
            for tenant in ("alpha", "beta")]  # fmt: skip
    assert [is_new for _, is_new in made] == [True, True]


def test_requests_with_one_key_at_the_same_time_make_one_job(database: Database) -> None:
    def post(_: int) -> str:
        return make(database, items(20), idempotency_key="k")

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(post, range(12)))) == 1


def test_a_chunk_is_claimed_by_one_worker_at_a_time(database: Database) -> None:
    job_id = make(database, items(320))

    def take(_: int) -> int | None:
        with database.transaction() as session:
            held = chunks.claim(session, job_id, lease=60)
            return held.chunk_id if held else None

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(take, range(15)))
    assert len({chunk for chunk in taken if chunk}) == 5
    assert taken.count(None) == 10


def test_a_chunk_is_taken_again_only_when_its_lease_has_run_out(database: Database) -> None:
    job_id = make(database, items(1))
    with database.transaction() as session:
        assert chunks.claim(session, job_id, lease=60)
    with database.transaction() as session:
        assert chunks.claim(session, job_id, lease=60) is None
    expire(database, job_id)
    with database.transaction() as session:
        assert chunks.claim(session, job_id, lease=60)


def test_a_large_chunk_whose_worker_was_lost_is_cut(database: Database, translator) -> None:
    job_id = make(database, items(600))
    sizes = []
    while not sizes or sizes[-1] == 64:
        with database.transaction() as session:
            held = chunks.claim(session, job_id, lease=60)
            assert held
        sizes.append(len(held.items))
        if sizes[-1] == 64:
            with database.transaction() as session:
                chunks.complete(session, held, translated(held))
    expire(database, job_id)
    with database.transaction() as session:
        again = chunks.claim(session, job_id, lease=60)
    assert again
    assert [item.position for item in again.items] == list(range(320, 384))
    with database.transaction() as session:
        assert not chunks.complete(session, held, translated(held))
        chunks.complete(session, again, translated(again))
    work(database, translator, job_id)
    assert [each.position for each in results_of(database, job_id)] == list(range(600))
    assert job_of(database, job_id)[1].total == 600


def test_a_worker_whose_chunk_was_taken_by_another_writes_nothing(database: Database) -> None:
    job_id = make(database, items(2))
    with database.transaction() as session:
        slow = chunks.claim(session, job_id, lease=60)
    expire(database, job_id)
    with database.transaction() as session:
        quick = chunks.claim(session, job_id, lease=60)
    assert slow
    assert quick
    for held, text, counts in ((quick, "quick", True), (slow, "slow", False), (quick, "x", False)):
        with database.transaction() as session:
            assert chunks.complete(session, held, translated(held, text)) is counts
    assert {each.text for each in results_of(database, job_id)} == {"quick"}


def test_a_late_worker_still_counts_while_no_other_took_its_chunk(database: Database) -> None:
    job_id = make(database, items(1))
    with database.transaction() as session:
        held = chunks.claim(session, job_id, lease=60)
    expire(database, job_id)
    assert held
    with database.transaction() as session:
        assert chunks.complete(session, held, translated(held))


def test_a_chunk_whose_translation_raises_is_given_back_at_once(database: Database) -> None:
    class Broken:
        def translate(self, *_: object, **__: object) -> list[Translation]:
            raise MemoryError

    job_id = make(database, items(1))
    with pytest.raises(MemoryError):
        chunks.run_next(database.transaction, Broken(), job_id, lease=60)  # type: ignore[arg-type]
    with database.transaction() as session:
        assert chunks.claim(session, job_id, lease=60)


def test_what_is_never_completed_fails_after_five_attempts_with_the_reason(
    database: Database,
) -> None:
    job_id = make(database, items(3), "de", "fr")
    for _ in range(10):
        with database.transaction() as session:
            assert chunks.claim(session, job_id, lease=60)
        expire(database, job_id)
    with database.transaction() as session:
        assert chunks.claim(session, job_id, lease=60) is None
    assert job_of(database, job_id) == ("failed", jobs.Progress(0, 6, 6, 0))
    assert all("5 attempts" in str(each.reason) for each in results_of(database, job_id))


def test_cancel_keeps_what_is_done_and_stops_the_rest(database: Database, translator) -> None:
    job_id = make(database, items(200))
    chunks.run_next(database.transaction, translator, job_id, lease=60)
    with database.transaction() as session:
        held = chunks.claim(session, job_id, lease=60)
    assert held
    with database.transaction() as session:
        assert jobs.cancel(session, TENANT, job_id).state == "cancelled"
        assert jobs.cancel(session, TENANT, job_id).state == "cancelled"
    with database.transaction() as session:
        assert not chunks.complete(session, held, translated(held))
        assert not chunks.release(session, held)
    assert work(database, translator, job_id) == 0
    assert [each.position for each in results_of(database, job_id)] == list(range(64))


def test_an_ended_job_cannot_be_cancelled_nor_a_live_one_tried_again(
    database: Database, translator
) -> None:
    job_id = make(database, items(1))
    with pytest.raises(JobStateError, match="queued"), database.transaction() as session:
        jobs.retry_failures(session, TENANT, job_id)
    work(database, translator, job_id)
    with pytest.raises(JobStateError, match="done"), database.transaction() as session:
        jobs.cancel(session, TENANT, job_id)


def test_a_retry_translates_only_what_failed(database: Database) -> None:
    job_id = make(database, items(100))
    with database.transaction() as session:
        held = chunks.claim(session, job_id, lease=60)
        assert held
        results = translated(held, "first")
        results[3] = replace(results[3], status="failed", reason="no")
        chunks.complete(session, held, results)
        held = chunks.claim(session, job_id, lease=60)
        assert held
        chunks.complete(session, held, translated(held, "first"))
    assert job_of(database, job_id) == ("done", jobs.Progress(99, 100, 1, 0))
    with database.transaction() as session:
        assert jobs.retry_failures(session, TENANT, job_id).state == "queued"
        held = chunks.claim(session, job_id, lease=60)
        assert held
        assert [item.position for item in held.items] == [3]
        chunks.complete(session, held, translated(held, "second"))
        assert chunks.claim(session, job_id, lease=60) is None
    assert job_of(database, job_id) == ("done", jobs.Progress(100, 100, 0, 0))
    texts = Counter(each.text for each in results_of(database, job_id))
    assert texts == {"first": 99, "second": 1}


def test_a_retry_of_a_job_without_failures_changes_nothing(database: Database, translator) -> None:
    job_id = make(database, items(2))
    work(database, translator, job_id)
    with database.transaction() as session:
        assert jobs.retry_failures(session, TENANT, job_id).state == "done"


def test_the_sweep_sees_what_waits_and_what_was_dropped_of_live_jobs(database: Database) -> None:
    waiting, dropped, held, cancelled = (make(database, items(1)) for _ in range(4))
    with database.transaction() as session:
        chunks.claim(session, dropped, lease=60)
    expire(database, dropped)
    with database.transaction() as session:
        chunks.claim(session, held, lease=60)
        jobs.cancel(session, TENANT, cancelled)
    with database.reading() as session:
        assert list(store.waiting_job_ids(session, store.now(), 9)) == [waiting, dropped]
        assert list(store.waiting_job_ids(session, store.now(), 1)) == [waiting]
        assert jobs.has_waiting(session)


def test_jobs_are_listed_newest_first_page_by_page(session: Session) -> None:
    made = [create(session, items(1))[0].id for _ in range(5)]
    create(session, items(1), tenant="beta")
    seen: list[str] = []
    cursor = None
    while True:
        page = store.list_jobs(session, TENANT, cursor=cursor, limit=2)
        seen += [job.id for job in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "é", "eA==", "bm90IGEgY3Vyc29y"])
def test_a_cursor_that_is_not_ours_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        store.list_jobs(session, TENANT, cursor=cursor)


def test_a_job_is_hidden_from_other_tenants(session: Session) -> None:
    job_id = create(session, items(1))[0].id
    for action in (store.get_job, jobs.cancel, jobs.retry_failures):
        with pytest.raises(JobNotFoundError, match=job_id):
            action(session, "beta", job_id)


def test_whatever_dies_when_every_item_is_translated_exactly_once(database: Database) -> None:
    """Workers that die at any point of their work, beside ones that do not."""
    job_id = make(database, items(700), "de", "fr")
    rng = random.Random(11)

    def die() -> None:
        is_worker = not current_thread().name.startswith("lease-")
        if is_worker and rng.random() < 0.25:
            raise KeyboardInterrupt

    @contextmanager
    def fragile() -> Iterator[Session]:
        with database.transaction() as session:
            yield session
            die()
        die()

    class Quick:
        def translate(self, texts: list[str], *, target: str, **_: object) -> list[Translation]:
            return [Translation(text, "en", target, "done", 1.0, model="m") for text in texts]

    def worker(_: int) -> None:
        for _ in range(400):
            try:
                if not chunks.run_next(fragile, Quick(), job_id, lease=0.05):  # type: ignore[arg-type]
                    with database.reading() as session:
                        if store.get_job(session, TENANT, job_id).state not in store.LIVE:
                            return
            except KeyboardInterrupt:
                continue

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MAX_ATTEMPTS", 1000)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(worker, range(4)))
    assert job_of(database, job_id) == ("done", jobs.Progress(1400, 1400, 0, 0))
    found = results_of(database, job_id, target="fr")
    assert [each.item_id for each in found] == [f"i{number}" for number in range(700)]
    assert all(each.text == f"The book is good. No. {each.position}" for each in found)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ResultRow)) == 1400
