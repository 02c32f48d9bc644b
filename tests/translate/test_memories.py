import random
from io import BytesIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from translate import memories
from translate.errors import UnitNotFoundError
from translate.exchange import tmx
from translate.memories import MemorySize, Selection
from translate.memory import Hit, Unit
from translate.models import BandRow
from translate.protect import protect
from translate.search import TenantMemory
from translate.translator import Translator
from translate.types import Fault, ImportSummary, Translation
from workers.db import Database


def unit(text: str, translated: str, tuid: str = "t1", **more: object) -> Unit:
    return Unit("en", "de", tuid, text, translated, **more)


def fill(database: Database, *units: Unit, tenant: str = "alpha") -> ImportSummary:
    return memories.import_units(database.transaction, tenant, units)


def recall(
    database: Database, text: str, *, tenant: str = "alpha", **options: object
) -> Hit | None:
    memory = TenantMemory(database.reading, tenant, **options)
    [hit] = memory.recall([protect(text)], "en", "de")
    return hit


def recalled(database: Database, text: str, **options: object) -> str | None:
    hit = recall(database, text, **options)
    return hit.run.plain() if hit else None


def band_count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(BandRow)).scalar_one()


def test_units_replace_those_of_their_tuid_pair_and_domain(database: Database) -> None:
    assert fill(database, unit("a book", "ein Buch")) == ImportSummary(created=1)
    again = fill(database, unit("a book", "ein Buch"), unit("a film", "ein Film", "t2"))
    assert (again.created, again.updated, again.unchanged) == (1, 0, 1)
    assert fill(database, unit("the book", "das Buch")).updated == 1
    assert recalled(database, "a book") is None
    assert recalled(database, "the book") == "das Buch"
    assert fill(database, unit("a book", "ein Band", domain="art")).created == 1


def test_a_bad_unit_is_reported_and_stops_no_good_one(database: Database) -> None:
    fault = Fault("line 3", "has no text", "t9")
    summary = memories.import_units(
        database.transaction, "alpha", [unit("a book", "ein Buch"), fault]
    )
    assert (summary.created, summary.failed, summary.faults) == (1, 1, (fault,))


def test_a_memory_is_its_tenants_and_its_language_pairs(database: Database) -> None:
    fill(database, unit("a book", "ein Buch"))
    assert recalled(database, "a book", tenant="beta") is None
    [hit] = TenantMemory(database.reading, "alpha").recall([protect("a book")], "de", "en")
    assert hit is None


def test_units_of_a_domain_serve_it_alone_and_before_others(database: Database) -> None:
    fill(
        database,
        unit("a plate", "ein Teller"),
        unit("a plate", "eine Tafel", domain="art"),
        unit("a cover", "ein Einband", "t2", domain="art"),
    )
    assert recalled(database, "a plate") == "ein Teller"
    assert recalled(database, "a plate", domain="art") == "eine Tafel"
    assert recalled(database, "a cover") is None


def test_a_correction_wins_over_files_that_come_later(database: Database) -> None:
    fill(database, unit("a book", "ein Band"))
    fill(database, unit("a book", "ein Buch", "c1", is_correction=True))
    fill(database, unit("a book", "ein Heft", "t2"))
    assert recalled(database, "a book") == "ein Buch"
    assert fill(database, unit("a book", "ein Werk", "c1")).unchanged == 1
    assert recalled(database, "a book") == "ein Buch"


def test_a_correction_keeps_its_priority_through_a_file(database: Database) -> None:
    file = BytesIO(b"".join(tmx.write([unit("a book", "ein Buch", "c1", is_correction=True)])))
    memories.import_units(database.transaction, "alpha", tmx.read(file))
    fill(database, unit("a book", "ein Heft", "t2"))
    assert recalled(database, "a book") == "ein Buch"


def test_of_two_equal_matches_the_newest_wins(database: Database) -> None:
    fill(database, unit("a book", "ein Band"))
    fill(database, unit("a book", "ein Buch", "t2"))
    assert recalled(database, "a book") == "ein Buch"


def test_a_fuzzy_match_is_found_among_others_and_only_where_it_is_wanted(
    database: Database,
) -> None:
    rng = random.Random(1)
    words = ["the", "old", "dark", "tower", "house", "river", "novel", "story", "writer", "city"]
    texts = {" ".join(rng.choices(words, k=9)) for _ in range(500)}
    fill(database, *(unit(text, text.upper(), f"r{i}") for i, text in enumerate(sorted(texts))),
         unit("the quick brown fox jumps over the lazy dog", "Der Fuchs springt."))  # fmt: skip
    text = "the quick brown fox jumped over the lazy dog"
    hit = recall(database, text)
    assert hit is not None
    assert (hit.match.tuid, hit.match.match) == ("t1", "fuzzy")
    assert recall(database, text, mode="exact") is None
    assert recall(database, text, mode="off") is None
    assert recall(database, text, threshold=0.98) is None


def test_deleting_units_deletes_their_fingerprints(database: Database) -> None:
    fill(database, unit("the quick brown fox jumps", "x"), unit("over the lazy dog", "y", "t2"))
    with database.transaction() as session:
        assert band_count(session) == 40
        assert memories.remove(session, "beta") == 0
        assert memories.remove(session, "alpha", tuid="t2") == 1
        assert band_count(session) == 20
        with pytest.raises(UnitNotFoundError):
            memories.remove(session, "alpha", tuid="t2")
        assert memories.remove(session, "alpha", Selection("en", "fr")) == 0
        assert memories.remove(session, "alpha", Selection("en", "de")) == 1
        assert band_count(session) == 0


def test_a_changed_text_has_a_new_fingerprint(database: Database) -> None:
    fill(database, unit("the quick brown fox jumps over it", "x"))
    fill(database, unit("your order has been shipped today", "x"))
    with database.reading() as session:
        assert band_count(session) == 20
    assert recalled(database, "your order has been shipped today") == "x"


def test_units_are_counted_and_paged(database: Database) -> None:
    fill(database, unit("a", "b"), unit("c", "d", "t2", is_correction=True),
         unit("e", "f", "t3", domain="art"))  # fmt: skip
    with database.reading() as session:
        assert memories.sizes(session, "alpha") == [
            MemorySize("en", "de", "", 2, 1), MemorySize("en", "de", "art", 1, 0)
        ]  # fmt: skip
        first = memories.page(session, "alpha", after=0, limit=2)
        assert [u.tuid for _, u in first] == ["t1", "t2"]
        assert [u.tuid for _, u in memories.stream(session, "alpha", after=first[-1][0])] == ["t3"]
        assert memories.get(session, "alpha", "t3")[0].domain == "art"


def translate(
    translator: Translator, database: Database, text: str, **options: object
) -> Translation:
    memory = TenantMemory(database.reading, "alpha")
    settings = {"target": "de", "source": "en", "memory": memory} | options
    [answer] = translator.translate([text], **settings)
    return answer


def test_a_known_text_is_not_decoded(translator: Translator, database: Database) -> None:
    fill(database, unit("The book is good. It is long.", "Gutes, langes Buch."))
    answer = translate(translator, database, "\n The book is good.  It is long. ")
    assert answer.text == "\n Gutes, langes Buch. "
    assert (answer.confidence, answer.status) == (1.0, "done")
    assert answer.memory is not None
    assert (answer.memory.match, answer.memory.share) == ("exact", 1.0)


def test_a_known_sentence_stands_among_others(translator: Translator, database: Database) -> None:
    fill(database, unit("The film is funny.", "Ein lustiger Streifen."))
    answer = translate(
        translator, database, "The book is good. The film is funny. The song is new."
    )
    assert " Ein lustiger Streifen. " in answer.text
    assert answer.text.count(".") == 3
    assert answer.memory is not None
    assert 0.3 < answer.memory.share < 0.4


def test_what_a_memory_gives_is_escaped_in_html(translator: Translator, database: Database) -> None:
    fill(database, unit("The <b>book</b> & song.", "Das <b>Buch</b> & Lied."))
    answer = translate(translator, database, "<p>The <b>book</b> &amp; song.</p>", format="html")
    assert answer.text == "<p>Das <b>Buch</b> &amp; Lied.</p>"


def test_a_known_sentence_keeps_its_tags_with_attributes(
    translator: Translator, database: Database
) -> None:
    fill(database, unit('Read <a title="a book">this</a>.', 'Lies <a title="a book">das</a>.'))
    answer = translate(
        translator, database, '<p>Read <a title="a book">this</a>.</p>', format="html"
    )
    assert answer.text == '<p>Lies <a title="a book">das</a>.</p>'


def test_a_fuzzy_match_needs_review(translator: Translator, database: Database) -> None:
    fill(database, unit("The old book about the sea is very good.", "Das alte Buch ist gut."))
    answer = translate(translator, database, "The old book about the sea was very good.")
    assert answer.text == "Das alte Buch ist gut."
    assert (answer.status, answer.checks) == ("needs_review", ("fuzzy",))
    assert answer.memory is not None
    assert answer.confidence == answer.memory.score


def test_a_pair_that_goes_through_english_is_looked_up_first(
    translator: Translator, database: Database
) -> None:
    fill(database, Unit("de", "fr", "t1", "Das Buch ist gut.", "Quel bon livre."))
    answer = translate(translator, database, "Das Buch ist gut.", source="de", target="fr")
    assert answer.text == "Quel bon livre."
