import gc
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import builds, store
from linkage.builds import Build
from linkage.errors import InvalidCursorError, ItemNotFoundError
from linkage.imports import Transaction
from linkage.index import VectorStores
from linkage.indexing.pgvector import PgVectorStores
from linkage.lexical import Lexicon
from linkage.linker import Ask, Linker, text_item
from linkage.match import shipped_matcher
from linkage.related.sketch import Sketch
from linkage.types import Filters, Item, Options, Related
from linkage.works import groups, workstore

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]
T = "t1"


@pytest.fixture
def shelf(make_item: MakeItem) -> list[Item]:
    return [
        make_item("dune", "Dune", creators=["Frank Herbert"], text="Spice on a desert planet."),
        make_item("dune-2", "Dune (Ace edition)", creators=["Frank Herbert"], language="en"),
        make_item("messiah", "Dune Messiah (Dune, #2)", creators=["Frank Herbert"]),
        make_item("film", "Dune", "film", text="Based on the novel Dune by Frank Herbert."),
        make_item("emma", "Emma", creators=["Jane Austen"], text="A comedy of manners."),
        make_item("clueless", "Clueless", "film", text="A comedy, from Jane Austen's Emma."),
        make_item("sand", "A desert planet", text="Spice and sand.", language="en"),
    ]


@pytest.fixture
def filled(add: Add, shelf: list[Item]) -> None:
    add(*shelf)


@pytest.fixture(params=["delta", "flat", "pgvector"])
def catalogue(
    request: pytest.FixtureRequest, filled: None, reindex: Reindex, stores: dict[str, VectorStores]
) -> Iterator[None]:
    """The same answers are due without a build, and whoever keeps its vectors."""
    del filled
    if request.param == "pgvector":
        kept = PgVectorStores(request.getfixturevalue("postgres_url"))
        stores["pgvector"] = kept
        build = reindex("pgvector")
        yield
        kept.drop(build.id)
        kept.close()
        return
    if request.param != "delta":
        reindex(request.param)
    yield


def ids(related: Related) -> list[str]:
    return [link.target.id for link in related.links]


@pytest.mark.usefixtures("catalogue")
def test_best_links_come_first_with_relation_and_reasons(linker: Linker, db: Session) -> None:
    related = linker.related(db, T, "dune")
    assert ids(related)[0] == "film"
    assert related.links[0].relation == "adaptation_of"
    scores = [link.score for link in related.links]
    assert scores == sorted(scores, reverse=True)
    assert all(link.evidence and 0 <= link.score <= 1 for link in related.links)


@pytest.mark.usefixtures("catalogue")
def test_own_editions_are_listed_only_when_asked_for(linker: Linker, db: Session) -> None:
    assert {"dune", "dune-2"}.isdisjoint(ids(linker.related(db, T, "dune")))
    assert ids(linker.related(db, T, "dune", relation="same_work")) == ["dune-2"]


@pytest.mark.usefixtures("catalogue")
def test_other_works_are_listed_by_one_edition(linker: Linker, db: Session) -> None:
    related = ids(linker.related(db, T, "messiah"))
    assert len({"dune", "dune-2"} & set(related)) == 1


@pytest.mark.usefixtures("filled")
def test_items_of_one_work_are_its_editions_whatever_they_are_called(
    linker: Linker, db: Session, add: Add, make_item: MakeItem, transaction: Transaction
) -> None:
    number = {"wikidata": "Q190192"}
    german = make_item("w", "Der Wüstenplanet", creators=["Frank Herbert"], identifiers=number)
    add(german, make_item("d", "Dune: A Novel", creators=["Frank Herbert"], identifiers=number))
    groups.catch_up(transaction, T, shipped_matcher("weft-editions"))
    [link] = linker.related(db, T, "w", relation="same_work", limit=1).links
    assert link.evidence[0].type == "same_work"
    assert set(link.evidence[0].detail) == {"work"}
    assert len({"w", "d"} & set(ids(linker.related(db, T, "messiah")))) == 1


@pytest.mark.usefixtures("filled")
def test_edition_that_no_search_brings_up_is_listed_with_its_work(
    linker: Linker,
    db: Session,
    add: Add,
    make_item: MakeItem,
    transaction: Transaction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "linkage.related.query._WIDEST", 1
    )  # a catalogue too large to be gone through
    add(make_item("one", "Quorum of owls"), make_item("two", "Tylko sowy"))
    add(*(make_item(f"r{n}", f"Quorum of owls {n}") for n in range(200)))
    groups.catch_up(transaction, T, shipped_matcher("weft-editions"))
    with transaction() as session:
        one, two = (store.get(session, T, name).key for name in ("one", "two"))
        workstore.assign(session, T, {two: workstore.works_of(session, T, [one])[one]})
    assert ids(linker.related(db, T, "one", relation="same_work", limit=5))[:1] == ["two"]


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(kinds=frozenset({"film"})), {"film", "clueless"}),
        (Filters(languages=frozenset({"en"})), {"sand"}),
        (Filters(sources=frozenset({"nowhere"})), set()),
        (Filters(exclude=frozenset({"film", "sand"})), {"messiah", "emma", "clueless"}),
    ],
)
def test_filters_hold(linker: Linker, db: Session, filters: Filters, expected: set[str]) -> None:
    assert set(ids(linker.related(db, T, "dune", filters=filters))) == expected


@pytest.mark.usefixtures("catalogue")
def test_relation_is_a_filter(linker: Linker, db: Session) -> None:
    related = linker.related(db, T, "dune", relation="adaptation_of")
    assert ids(related) == ["film"]


@pytest.mark.usefixtures("catalogue")
def test_pages_go_through_all_links_once(linker: Linker, db: Session) -> None:
    whole = ids(linker.related(db, T, "dune", limit=50))
    seen, cursor = [], None
    while True:
        page = linker.related(db, T, "dune", limit=2, cursor=cursor)
        seen += ids(page)
        if not (cursor := page.next_cursor):
            break
    assert seen == whole


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("cursor", ["?", "eJyLVkpSigUABJcB"])
def test_foreign_cursor_is_an_error(linker: Linker, db: Session, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        linker.related(db, T, "dune", cursor=cursor)


@pytest.mark.usefixtures("catalogue")
def test_text_finds_what_it_speaks_of(linker: Linker, db: Session) -> None:
    ask = Ask(text_item("spice on a desert planet"), Options(limit=2))
    assert ids(linker.answer(db, T, ask)) == ["sand", "dune"]


@pytest.mark.usefixtures("catalogue")
def test_item_from_outside_is_compared_like_one_of_the_catalogue(
    linker: Linker, db: Session, make_item: MakeItem
) -> None:
    outside = make_item("new", "Emma", "film", text="Jane Austen's novel Emma, adapted.")
    related = linker.answer(db, T, Ask(outside))
    assert (ids(related)[0], related.links[0].relation) == ("emma", "adaptation_of")


@pytest.mark.usefixtures("catalogue")
def test_unknown_item_is_an_error(linker: Linker, db: Session) -> None:
    with pytest.raises(ItemNotFoundError):
        linker.related(db, T, "nobody")


@pytest.mark.usefixtures("catalogue")
def test_nothing_crosses_to_another_tenant(
    linker: Linker, db: Session, add: Add, make_item: MakeItem
) -> None:
    add(make_item("own", "Dune", creators=["Frank Herbert"]), tenant="other")
    assert ids(linker.related(db, "other", "own", relation="same_work")) == []
    assert linker.mentions(db, "nobody", "Dune by Frank Herbert") == ()


@pytest.mark.usefixtures("catalogue")
def test_deleted_hidden_and_expired_items_are_gone_at_once(
    linker: Linker, transaction: Transaction, engine: Engine, make_item: MakeItem
) -> None:
    with Session(engine) as session:
        assert "film" in ids(linker.related(session, T, "dune"))
    with transaction() as session:
        store.remove(session, T, ["film"])
        hidden = make_item("sand", "A desert planet", hidden=True)
        expired = make_item("messiah", "Dune Messiah", expires_at="2001-01-01")
        store.upsert(session, T, [hidden, expired])
    with Session(engine) as session:
        assert {"film", "sand", "messiah"}.isdisjoint(ids(linker.related(session, T, "dune")))


@pytest.fixture
def crowded(add: Add, reindex: Reindex, make_item: MakeItem) -> None:
    many = [make_item(str(n), f"Desert planet spice {n}") for n in range(400)]
    add(make_item("asked", "Desert planet spice"), *many, make_item("far", "Desert song"))
    reindex()


@pytest.mark.usefixtures("crowded")
def test_page_is_filled_when_many_of_the_nearest_are_gone(
    linker: Linker, transaction: Transaction, engine: Engine
) -> None:
    with transaction() as session:
        store.remove(session, T, [str(n) for n in range(395)])
    with Session(engine) as session:
        assert len(linker.related(session, T, "asked", limit=6).links) == 6


@pytest.mark.usefixtures("catalogue")
def test_new_and_changed_items_are_linked_without_a_build(
    linker: Linker, add: Add, engine: Engine, make_item: MakeItem
) -> None:
    with Session(engine) as session:
        linker.related(session, T, "dune")
    add(make_item("part-2", "Dune: Part Two", "film", text="From Frank Herbert's novel Dune."))
    add(make_item("emma", "Emma", "film", text="After the novel Dune by Frank Herbert."))
    films = Filters(kinds=frozenset({"film"}))
    with Session(engine) as session:
        related = linker.related(session, T, "dune", filters=films)
    assert {"part-2", "emma"} <= set(ids(related))


@pytest.mark.usefixtures("catalogue")
def test_new_items_are_linked_as_strongly_as_after_a_build(
    linker: Linker, add: Add, engine: Engine, reindex: Reindex, make_item: MakeItem
) -> None:
    reindex()
    add(
        make_item("gone", "Gone Girl", creators=["Gillian Flynn"], text="A thriller from Missouri.")
    )
    add(make_item("opfer", "Das perfekte Opfer", "film", text="Thriller after Gillian Flynn."))

    def links() -> dict[str, float]:
        with Session(engine) as session:
            found = linker.related(session, T, "opfer", limit=3).links
        return {link.target.id: link.score for link in found}

    before = links()
    reindex()
    assert max(before, key=before.__getitem__) == "gone"
    assert before["gone"] == pytest.approx(links()["gone"], abs=0.02)


def test_published_build_is_picked_up(
    linker: Linker, engine: Engine, reindex: Reindex, filled: None
) -> None:
    del filled
    with Session(engine) as session:
        assert linker.related(session, T, "dune").index is None
    build = reindex()
    with Session(engine) as session:
        index = linker.related(session, T, "dune").index
        assert index
        assert (index.build, index.encoder) == (build.id, "words")
        assert linker.status(session, T).delta == 0


def test_damaged_build_leaves_the_last_good_one_in_use(
    linker: Linker, engine: Engine, reindex: Reindex, filled: None, data_dir: Path
) -> None:
    del filled
    first = reindex()
    second = reindex()
    (data_dir / second.id / "keys.npy").unlink()
    with Session(engine) as session:
        index = linker.related(session, T, "dune").index
    assert index
    assert index.build == first.id


def test_damage_is_told_and_answers_still_come(
    engine: Engine, reindex: Reindex, filled: None, data_dir: Path, words: object
) -> None:
    del filled
    told: list[tuple[str, str]] = []
    linker = Linker(
        data_dir, encoder="words", encoders=lambda _name: words,  # type: ignore[arg-type, return-value]
        on_damage=lambda tenant, build: told.append((tenant, build)),
    )  # fmt: skip
    build = reindex()
    shutil.rmtree(data_dir / build.id)
    with Session(engine) as session:
        assert "film" in ids(linker.related(session, T, "dune"))
    assert told == [(T, build.id)]


def test_answers_come_from_many_threads_while_builds_are_swapped(
    linker: Linker, engine: Engine, reindex: Reindex, filled: None
) -> None:
    del filled
    reindex()
    failures: list[object] = []
    until = time.monotonic() + 2

    def ask() -> None:
        while time.monotonic() < until:
            with Session(engine) as session:
                found = ids(linker.related(session, T, "dune"))
            if found[:1] != ["film"]:
                failures.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        reindex()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.usefixtures("catalogue")
def test_mentions_name_items_and_find_new_ones(
    linker: Linker, add: Add, engine: Engine, make_item: MakeItem
) -> None:
    text = "Frank Herbert's Dune, and The Left Hand of Darkness."
    with Session(engine) as session:
        found = [m.entity.id for m in linker.mentions(session, T, text) if m.entity]
    assert found == ["creator:frank herbert", "dune"]
    add(make_item("left", "The Left Hand of Darkness"))
    with Session(engine) as session:
        found = [m.entity.id for m in linker.mentions(session, T, text) if m.entity]
    assert "left" in found


@pytest.fixture
def rolled_back(
    filled: None,
    reindex: Reindex,
    add: Add,
    make_item: MakeItem,
    transaction: Transaction,
    data_dir: Path,
) -> Build:
    """The first of two builds, live again; an item came in between them."""
    del filled
    first = reindex()
    add(make_item("late", "Dune, late", "film", text="Frank Herbert's novel Dune."))
    reindex()
    with transaction() as session:
        builds.roll_back(session, T, data_dir=data_dir)
    return first


def test_rolled_back_build_answers_with_what_changed_since(
    linker: Linker, engine: Engine, rolled_back: Build
) -> None:
    with Session(engine) as session:
        related = linker.related(session, T, "dune")
    assert related.index
    assert related.index.build == rolled_back.id
    assert "late" in ids(related)


def test_of_an_item_that_changes_again_and_again_only_the_last_is_held(
    linker: Linker, db: Session, add: Add, make_item: MakeItem
) -> None:
    kinds = (Lexicon, Sketch, Item)
    before = [_held(kind) for kind in kinds]
    for number in range(40):
        add(make_item(f"b{number % 4}", f"The sea {number}", text="Two sisters leave their town."))
        assert linker.related(db, T, f"b{number % 4}") is not None
        db.rollback()
    assert [_held(kind) - held for kind, held in zip(kinds, before, strict=True)] == [1, 4, 4]


def _held(kind: type) -> int:
    gc.collect()
    # not isinstance: some objects of PyTorch warn when they are asked for their class
    return sum(type(each) is kind for each in gc.get_objects())
