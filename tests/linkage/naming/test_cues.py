import pytest

from linkage.naming.cues import Cues, cues, echoes
from linkage.naming.passage import Passage


def said_of(name: str, written: str) -> Cues:
    passage = Passage(written)
    size = len(Passage(name).words)
    at = next(i for i in range(len(passage.words)) if passage.surface(i, i + size - 1) == name)
    return cues(passage, at, at + size - 1)


@pytest.mark.parametrize(
    ("written", "noun"),
    [
        ("the novel Emma", "book"),
        ("a film called Emma", "film"),
        ("der Roman „Emma“", "book"),
        ("la película Emma", "film"),
        ("the play Emma", "text"),
        ("a woman, Emma", None),
    ],
)
def test_the_noun_before_a_name_tells_its_kind(written: str, noun: str | None) -> None:
    assert said_of("Emma", written).noun == noun


@pytest.mark.parametrize(
    ("written", "described"),
    [
        ("Emma is a 2020 British comedy-drama film", "film"),
        ("Emma (2020 film)", "film"),
        ("Emma est un roman", "book"),
        ("Emma is a woman who reads a novel", None),
        ("Emma is based on the novel", None),
    ],
)
def test_what_follows_a_name_may_describe_it(written: str, described: str | None) -> None:
    assert said_of("Emma", written).described == described


def test_a_year_of_a_novel_is_no_name() -> None:
    assert said_of("1984", "based on Stephen King's 1984 novel").described is None


@pytest.mark.parametrize(
    "written",
    [
        "Jane Austen's Emma",
        "Jane Austen's 1815 novel Emma",
        "Emma by Jane Austen",
        "Emma (1815), a novel by the English author Jane Austen",
        "the 1815 Jane Austen novel Emma",
        "Emma von Jane Austen",
        "Jane Austens Roman Emma",
    ],
)
def test_who_made_it_is_read_beside_a_name(written: str) -> None:
    said = said_of("Emma", written)
    assert said.credits(["Somebody Else", "Jane Austen"])
    assert not said.credits(["Stephen King"])
    assert said.is_credited


@pytest.mark.parametrize(
    ("written", "dated"),
    [
        ("the 1815 novel Emma", 1815),
        ("Emma (1815)", 1815),
        ("Emma is a 2020 film", 2020),
        ("Emma, who died in 1815", None),
    ],
)
def test_the_year_of_a_work(written: str, dated: int | None) -> None:
    assert said_of("Emma", written).dated == dated


def test_quotes_and_longer_names() -> None:
    assert said_of("Emma", 'I read "Emma" twice').is_quoted
    assert said_of("Emma", "Emma Watson").goes_on
    assert said_of("The Surgeon", "The Surgeon of Crowthorne").goes_on
    assert said_of("Jackson", "and Joe Jackson").is_begun
    assert not said_of("Emma", "I met Emma. Then we left").goes_on


@pytest.mark.parametrize(
    ("written", "phrase", "echo"),
    [
        ("the novel of the same name by X", "novel of the same name", "name"),
        ("the book by Ann Rule of the same name", "book by Ann Rule of the same name", "name"),
        ("the eponymous novel", "eponymous novel", "name"),
        ("dem gleichnamigen Roman von X", "gleichnamigen Roman", "name"),
        ("la novela homónima de X", "novela homónima", "name"),
        ("del romanzo omonimo di X", "romanzo omonimo", "name"),
        ("the 1965 novel by Frank Herbert", "novel", "maker"),
    ],
)
def test_a_book_spoken_of_without_its_title(written: str, phrase: str, echo: str) -> None:
    passage = Passage(written)
    (said,) = echoes(passage)
    assert passage.surface(said.first, said.last) == phrase
    assert said.echo == echo


@pytest.mark.parametrize("written", ["the novel", "novels by Frank Herbert", "the novel Dune"])
def test_no_book_is_spoken_of(written: str) -> None:
    assert list(echoes(Passage(written))) == []
