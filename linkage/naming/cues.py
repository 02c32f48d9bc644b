"""Cues: what stands beside a name, and what it tells of the thing that is named.

A work is given away by a noun such as "novel", by quotes, by a year, and most of all by who made
it: `Stephen King's 1986 novel It`, `It by Stephen King`. A book may also be spoken of without its
title, as in `the novel of the same name by Stephen King`: an echo of a name said before.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from linkage import text
from linkage.naming.passage import Passage

_QUOTES = "\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a*_\u300a-\u300f"
_OPENED, _CLOSED = re.compile(rf"[{_QUOTES}]\s?$"), re.compile(rf"^\s?[{_QUOTES}]")
_REACH = 14
"""Words on either side that are looked at."""
_YEAR = re.compile(r"1\d{3}|20\d{2}")


def _set(words: str) -> frozenset[str]:
    return frozenset(map(text.key, words.split()))


NOUNS = {
    text.key(noun): kind
    for kind, nouns in {
        "book": """novel novels novella novellas book books ebook memoir memoirs autobiography
            biography trilogy roman romane romans romanen novelle novellen buch buchs buches bücher
            livre livres nouvelle novela novelas libro libros romanzo romanzi livro livros romance
            boek boeken bok boken książka książki powieść powieści роман романа романе книга книги
            книгу bestseller""",
        "text": """story stories play plays tale tales poem comic comics manga musical serial
            novelette tragedy erzählung kurzgeschichte stück märchen récit conte pièce cuento obra
            racconto conto peça verhaal toneelstuk pjäs opowiadanie рассказ повесть пьеса""",
        "film": """film films movie movies picture documentary featurette spielfilm kinofilm filme
            filmen película películas pellicola filmu фильм фильма фильме""",
        "series": """series miniseries sitcom show shows serie serien fernsehserie série séries
            seriale serial сериал""",
        "game": """game games videogame spiel spiele computerspiel jeu jeux juego juegos videojuego
            gioco videogioco jogo spel gra игра""",
        "music": """album albums song songs single lied lieder chanson canción canzone canção
            piosenka песня альбом""",
    }.items()
    for noun in nouns.split()
}  # fmt: skip
"""Words for kinds of works; a `text` may have been published as a book or not."""
_CALLED = _set("called titled entitled named intitulé intitulée titulado titulada")
_BY = _set("by von vom de du par di del della door van av do przez por автора")
_BETWEEN = _set(
    "written authored penned published originally first the a an new best selling bestselling "
    "collection series version edition"
)
_IS = _set("is was ist war est était es fue è era é foi är var jest был")
_OF = _set("of de des der du della van")
_ENDS = _BY | _set(
    "of from about based directed written produced adapted adaptation who which that"
)
_WROTE = _set(
    "wrote writes author writer read reading reads published adapted adapts adaptation based "
    "version schrieb liest gelesen écrit écrite lu escribió leer scrisse letto leu skrev schreef "
    "las написал"
)
_SMALL = _set("of on upon from by the a an to up in nach auf von de du del di su en sur")
_SAME = _set("same gleichen selben même mismo misma mesmo stesso zelfde samma samym")
_NAME = _set("name title namen titel nom titre nombre título nome titolo naam namn")
_NAMESAKE = _set(
    "eponymous gleichnamige gleichnamigen gleichnamiger gleichnamiges gleichnamigem homónima "
    "homónimo homônimo omonimo éponyme gelijknamige одноименный одноименного одноименному"
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What is said beside the words from `first` to `last`.

    `noun` is the kind of work named before it, `described` the kind named after it. `makers` are
    the folded words near which it is said who made it, `is_credited` tells that someone is named.
    `years` are near, `dated` stands for the work itself.
    """

    first: int
    last: int
    noun: str | None = None
    described: str | None = None
    makers: frozenset[str] = frozenset()
    is_credited: bool = False
    years: frozenset[int] = frozenset()
    dated: int | None = None
    is_quoted: bool = False
    is_written_about: bool = False
    is_begun: bool = False
    """Whether the word before seems to be of one name with it; `goes_on`, the word behind."""
    goes_on: bool = False
    echo: Literal["name", "maker"] | None = None
    """Whether the words are no name, but speak of a book by the same name or by its maker only."""

    def credits(self, creators: Iterable[str]) -> bool:
        """Tell whether one of these is said to have made it; the last name is enough.

        Some languages add an s to whose it is: `Michael Endes Roman`.
        """
        last = [words[-1] for name in creators if (words := text.name_key(name).split())]
        return any(name in self.makers or f"{name}s" in self.makers for name in last)


def cues(passage: Passage, first: int, last: int) -> Cues:
    """Return what is said beside the words from first to last, within their sentence."""
    before, after = passage.before(first, _REACH), passage.after(last, _REACH)
    noun_at = first if passage.words[first] in NOUNS else _noun_before(passage, before)
    owner = _owner(passage, before, noun_at)
    by = _by(passage, after)
    makers = frozenset(passage.words[at] for at in (*owner, *by))
    dated = _dated(passage, before, noun_at, after)
    years = {int(passage.words[at]) for at in (*before[:6], *after[:6]) if _is_year(passage, at)}
    return Cues(
        first,
        last,
        noun=NOUNS[passage.words[noun_at]] if noun_at is not None else None,
        described=None if _is_year(passage, first) else _described(passage, after),
        makers=makers,
        is_credited=any(passage.is_capital(at) for at in (*owner, *by)),
        years=frozenset(years),
        dated=dated,
        is_quoted=_is_quoted(passage, first, last),
        is_written_about=_is_written_about(passage, before),
        is_begun=first > 0
        and passage.gap(first) == " "
        and passage.is_capital(first - 1)
        and not passage.begins_sentence(first - 1),
        goes_on=_goes_on(passage, last),
    )


def echoes(passage: Passage) -> Iterator[Cues]:
    """Yield the cues of phrases that speak of a book without its title.

    It has a name said before, or only a maker: `based on the 1965 novel by Frank Herbert`.
    """
    for at, word in enumerate(passage.words):
        if NOUNS.get(word) in ("book", "text"):
            first, last = _echo(passage, at)
            found = replace(_said_of(passage, first, at, last), noun=NOUNS[word])
            if last > first:
                yield replace(found, echo="name")
            elif found.is_credited and not (word[:-1] in NOUNS or _has_title(passage, at)):
                yield replace(found, echo="maker")


def is_cued(passage: Passage, first: int, last: int) -> bool:
    """Tell whether quotes, a noun or a maker stand beside, without looking further."""
    before, after = passage.words[max(first - 1, 0) : first], passage.words[last + 1 : last + 2]
    is_year = _is_year(passage, first)  # of a `1984 novel`
    return (
        _is_quoted(passage, first, last)
        or any(word in NOUNS or word in _WROTE or word == "s" for word in before)
        or any(word in _BY or (word in NOUNS and not is_year) for word in after)
    )


def _said_of(passage: Passage, first: int, noun: int, last: int) -> Cues:
    """Return the cues of a phrase, in which the maker may stand: `novel by X of the same name`."""
    whole, inner = cues(passage, first, last), cues(passage, first, noun)
    return replace(inner if inner.is_credited and not whole.is_credited else whole, last=last)


def _echo(passage: Passage, at: int) -> tuple[int, int]:
    """Return the first and the last word of `novel of the same name`, or twice the noun's."""
    for near in passage.before(at, 3):
        if passage.words[near] in _NAMESAKE:
            return near, at
    same = False
    for near in passage.after(at, 7):
        if passage.words[near] in _NAMESAKE or (same and passage.words[near] in _NAME):
            return at, near
        same = same or passage.words[near] in _SAME
    return at, at


def _has_title(passage: Passage, at: int) -> bool:
    """Tell whether a noun is followed by what looks like a title."""
    return any(
        passage.is_capital(next_) or _OPENED.search(passage.gap(next_))
        for next_ in passage.after(at, 1)
    )


def _noun_before(passage: Passage, before: Sequence[int]) -> int | None:
    for at in before[:2]:
        if passage.words[at] in NOUNS:
            return at
        if passage.words[at] not in _CALLED:
            return None
    return None


def _described(passage: Passage, after: Sequence[int]) -> str | None:
    """Return the kind in `X novel`, `X (1986 film)` or `X is a 2004 action film`."""
    for place, at in enumerate(after):
        word = passage.words[at]
        if word in NOUNS:
            return NOUNS[word]
        if (place == 0 and word not in _IS and not _is_year(passage, at)) or word in _ENDS:
            return None
    return None


def _by(passage: Passage, after: Sequence[int]) -> Sequence[int]:
    """Return the words in which it is said by whom the work is."""
    for place, at in enumerate(after[:5]):
        word = passage.words[at]
        if word in _BY:
            return after[place + 1 :]
        if word not in NOUNS and word not in _BETWEEN and not _is_year(passage, at):
            break
    return []


def _owner(passage: Passage, before: Sequence[int], noun_at: int | None) -> Sequence[int]:
    """Return the words of `Stephen King's 1986 novel`, or of `the 1965 Frank Herbert novel`."""
    for place, at in enumerate(before[:8]):
        if passage.words[at] == "s" and re.search("['\u2019]$", passage.gap(at)):
            return before[place + 1 : place + 5]
        if passage.is_owner(at) and passage.words[at].endswith("s"):
            return before[place : place + 4]
    if noun_at is None:
        return []
    before_noun = (at for at in before if at < noun_at)
    near = takewhile(lambda at: passage.words[at] not in _SMALL, before_noun)
    return [at for at in near if passage.is_capital(at)]


def _dated(
    passage: Passage, before: Sequence[int], noun_at: int | None, after: Sequence[int]
) -> int | None:
    """Return the year in `1986 novel X`, `X (1986)` or `X is a 1990 film`."""
    if after and _is_year(passage, after[0]) and "(" in passage.gap(after[0]):
        return int(passage.words[after[0]])
    if noun_at is not None:
        near = [at for at in before if at < noun_at][:6]
        return next((int(passage.words[at]) for at in near if _is_year(passage, at)), None)
    if after and passage.words[after[0]] in _IS:
        return next((int(passage.words[at]) for at in after[1:4] if _is_year(passage, at)), None)
    return None


def _is_year(passage: Passage, at: int) -> bool:
    return bool(_YEAR.fullmatch(passage.words[at]))


def _is_quoted(passage: Passage, first: int, last: int) -> bool:
    opened, closed = passage.gap(first), passage.gap(last + 1)
    return bool(_OPENED.search(opened) and _CLOSED.search(closed))


def _is_written_about(passage: Passage, before: Sequence[int]) -> bool:
    """Tell whether a verb of writing or adapting stands before, with small words between."""
    for at in before[:4]:
        if passage.words[at] in _WROTE:
            return True
        if passage.words[at] not in _SMALL:
            return False
    return False


def _goes_on(passage: Passage, last: int) -> bool:
    """Tell whether a name seems to go on behind: `Emma Watson`, `The Surgeon of Crowthorne`."""
    following = passage.words[last + 1 : last + 3]
    if not following or passage.gap(last + 1) != " ":
        return False
    joined = len(following) > 1 and following[0] in _OF and passage.is_capital(last + 2)
    return joined or passage.is_capital(last + 1)
