"""What answers while builds come, go and break."""

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import builds, store
from linkage.builds import Build
from linkage.embed import Encoder
from linkage.errors import EncoderNotFoundError
from linkage.imports import Transaction
from linkage.index import VectorStores
from linkage.indexing.delta import Delta
from linkage.indexing.pgvector import PgVectorStores
from linkage.indexing.views import View, Views
from linkage.types import Filters, Item
from tests.support import wait_until

MakeItem = Callable[..., Item]
Add = Callable[..., None]
T = "t1"


class Reversed:
    """Another model: its vectors cannot be compared with those of the first."""

    name = "reversed"

    def __init__(self, words: Encoder) -> None:
        self._words = words
        self.dimension = words.dimension + 1

    def encode(self, texts, progress=None):
        vectors = self._words.encode(texts, progress)[:, ::-1]
        return np.hstack((vectors, np.zeros((len(vectors), 1), dtype=np.float32)))


@pytest.fixture
def encoders(words: Encoder) -> dict[str, Encoder]:
    return {"words": words, "reversed": Reversed(words)}


def installed(encoders: dict[str, Encoder], name: str) -> Encoder:
    if name not in encoders:
        raise EncoderNotFoundError(name, encoders)
    return encoders[name]


@pytest.fixture
def damaged() -> list[str]:
    """The builds that were told to be damaged."""
    return []


@pytest.fixture
def views(
    data_dir: Path, engine: Engine, encoders: dict[str, Encoder], damaged: list[str]
) -> Iterator[Views]:
    """Views that a thread keeps following the database."""
    views = Views(
        data_dir, encoder="words", encoders=lambda name: installed(encoders, name),
        reading=lambda: Session(engine), on_damage=lambda _, build: damaged.append(build),
    )  # fmt: skip
    yield views
    views.close()


@pytest.fixture
def current(views: Views, engine: Engine) -> Callable[[], View]:
    def current() -> View:
        with Session(engine) as session:
            return views.current(session, T)

    return current


@pytest.fixture
def build(
    transaction: Transaction, data_dir: Path, encoders: dict[str, Encoder]
) -> Callable[..., Build]:
    def build(encoder: str = "words", **options) -> Build:
        with transaction() as session:
            build_id = builds.start(session, T, encoder=encoder, **options)
        return builds.run(
            transaction, T, build_id, data_dir=data_dir, encoders=encoders.__getitem__
        )

    return build


@pytest.fixture
def many(add: Add, make_item: MakeItem) -> None:
    add(*(make_item(str(n), f"Title {n} of {n % 7}") for n in range(60)))


def answers_from(current: Callable[[], View], build_id: str) -> Callable[[], bool]:
    return lambda: (info := current().info) is not None and info.build == build_id


@pytest.mark.usefixtures("many")
def test_new_items_are_found_though_nobody_asks_meanwhile(
    current: Callable[[], View], build: Callable[..., Build], add: Add, make_item: MakeItem
) -> None:
    build()
    view = current()
    add(make_item("new", "Whales and their songs"))
    wait_until(lambda: view.delta.count == 1 and not view.delta.pending, 2, "not followed")


@pytest.mark.usefixtures("many")
def test_published_build_takes_over_in_the_background(
    current: Callable[[], View], build: Callable[..., Build]
) -> None:
    first = build()
    assert answers_from(current, first.id)()
    second = build(kind="hnsw")
    wait_until(answers_from(current, second.id), 3, "the second build never answered")


@pytest.mark.usefixtures("many")
def test_two_encoders_answer_side_by_side_until_the_swap(
    current: Callable[[], View], build: Callable[..., Build], add: Add, make_item: MakeItem,
    encoders: dict[str, Encoder], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first = build()
    old = current()
    may_go_on = threading.Event()
    refresh = View.refresh

    def hesitate(view: View, session: Session, tenant_id: str, **options) -> None:
        if view.encoder.name == "reversed":
            may_go_on.wait(10)
        refresh(view, session, tenant_id, **options)

    monkeypatch.setattr(View, "refresh", hesitate)
    add(make_item("before", "Whales and their songs"))
    second = build("reversed")
    add(make_item("after", "Songs of the sea"))
    wait_until(lambda: old.delta.count == 2 and not old.delta.pending, 2, "the old stood still")
    assert current().info.build == first.id
    assert current().vector(1).shape == (encoders["words"].dimension,)
    may_go_on.set()
    wait_until(answers_from(current, second.id), 3, "the new encoder never answered")
    new = current()
    assert new.encoder.name == "reversed"
    assert new.vector(1).shape == (encoders["reversed"].dimension,)
    assert new.delta.count == 1
    assert new.delta.vectors
    assert new.delta.vectors.vectors([62])[1].shape == (1, encoders["reversed"].dimension)


@pytest.mark.usefixtures("many")
def test_build_of_an_encoder_that_is_not_installed_leaves_the_old_one_in_use(
    current: Callable[[], View], build: Callable[..., Build], encoders: dict[str, Encoder],
    damaged: list[str], transaction: Transaction, data_dir: Path,
) -> None:  # fmt: skip
    first, second = build(), build("reversed", promotes=False)
    current()
    del encoders["reversed"]
    with transaction() as session:
        builds.promote(session, T, second.id, data_dir=data_dir)
    wait_until(lambda: damaged == [second.id], 3, "never told")
    info = current().info
    assert info
    assert info.build == first.id


@pytest.mark.usefixtures("many")
def test_who_comes_back_after_their_build_was_pruned_is_answered_by_the_live_one(
    postgres_url: str, stores: dict[str, VectorStores], reindex: Callable[..., Build],
    data_dir: Path, engine: Engine, words: Encoder, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("FRESH_SECONDS", "STALE_SECONDS", "ASKED_SECONDS"):
        monkeypatch.setattr(f"linkage.indexing.views.{name}", 0.0)
    monkeypatch.setattr("linkage.builds.FOLLOWED", timedelta(0))
    kept = stores["pgvector"] = PgVectorStores(postgres_url)
    reindex("pgvector")
    views = Views(
        data_dir, encoder="words", encoders=lambda _: words, stores=stores,
        reading=lambda: Session(engine),
    )  # fmt: skip
    with Session(engine) as session:
        first = views.current(session, T)
        _, last = reindex("pgvector"), reindex("pgvector")
        view = views.current(session, T)
    assert first.info
    assert view.info
    assert view.info.build == last.id != first.info.build
    assert len(view.shelves()[0].vectors.search(words.encode(["Title 3"])[0], 3, Filters())) == 3
    views.close()
    kept.close()


def harm(path: Path, how: str, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if how == "delete":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: chance.randrange(len(content))])
    elif how == "grow":
        path.write_bytes(content + b"\0")
    else:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["delete", "cut", "grow", "flip"])
def test_any_damage_to_any_file_is_seen_and_the_last_good_build_answers(
    how: str, build: Callable[..., Build], add: Add, make_item: MakeItem, data_dir: Path,
    engine: Engine, encoders: dict[str, Encoder], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("linkage.index.LEAST_LISTED", 100)
    add(*(make_item(str(n), f"Title {n} of {n % 7}") for n in range(300)))
    good, live = build(kind="hnsw"), build(kind="ivfpq")
    add(make_item("new", "A newer one"))
    chance, whole = random.Random(how), data_dir / live.id
    files = [p.relative_to(whole) for p in whole.rglob("*") if p.is_file() and p.stat().st_size]
    assert len(files) > 8
    for file in [f for f in files if f.suffix != ".lock"]:
        shutil.copytree(whole, data_dir.parent / "kept", dirs_exist_ok=True)
        harm(whole / file, how, chance)
        told: list[str] = []
        views = Views(
            data_dir, encoder="words", encoders=encoders.__getitem__,
            on_damage=lambda _, build, told=told: told.append(build),
        )  # fmt: skip
        with Session(engine) as session:
            view = views.current(session, T)
        assert view.info, file
        assert (view.info.build, told, view.delta.count) == (good.id, [live.id], 1), file
        shutil.rmtree(whole)
        (data_dir.parent / "kept").rename(whole)
    (whole / "keys.npy").unlink()
    mended = build(kind="flat")
    with Session(engine) as session:
        view = Views(data_dir, encoder="words", encoders=encoders.__getitem__).current(session, T)
    assert view.info
    assert (view.info.build, view.delta.count) == (mended.id, 0)


def test_delta_takes_in_what_it_can_and_goes_on_later(
    add: Add, make_item: MakeItem, db: Session, words: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.indexing.delta._READ_AT_ONCE", 10)
    add(*(make_item(str(n), f"Title {n}") for n in range(35)))
    delta = Delta(0, words)
    assert len(delta.refresh(db, T, seconds=0)) == 10
    assert delta.is_behind
    assert len(delta.refresh(db, T, seconds=9)) == 25
    assert not delta.is_behind
    assert (delta.count, delta.pending) == (35, 0)
    assert delta.vectors
    assert delta.vectors.count == 35


def test_full_delta_waits_for_the_next_build(
    add: Add, make_item: MakeItem, db: Session, words: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.indexing.delta.CAPACITY", 20)
    monkeypatch.setattr("linkage.indexing.delta._READ_AT_ONCE", 10)
    add(*(make_item(str(n), f"Title {n}") for n in range(35)))
    delta = Delta(0, words)
    delta.refresh(db, T, seconds=9)
    assert delta.is_full
    assert delta.count == 20
    assert store.count(db, T) == 35
