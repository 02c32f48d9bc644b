"""Questions whose right answers are known: of the real catalogue and of the sample."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from linkage.learn.adaptations import Adaptation, read_adaptations, without_evidence
from linkage.sample import sample_links
from linkage.types import Item
from tests.benchmarks.catalogue import real
from tests.quality.shop import DATA

Gold = Mapping[str, set[str]]
"""The ids of the right answers to each question, which is an item's id."""


def adaptations() -> list[Adaptation]:
    """Return the true links from books to films."""
    return read_adaptations(DATA / "catalogs" / "book_film_links.dev.csv")


def films_of_books(links: Iterable[Adaptation]) -> Gold:
    """Return the films to find for each book."""
    return _grouped((f"book-{link.book_id}", f"film-{link.film_id}") for link in links)


def books_of_films(links: Iterable[Adaptation]) -> Gold:
    """Return the books to find for each film."""
    return _grouped((f"film-{link.film_id}", f"book-{link.book_id}") for link in links)


def sample_answers() -> Gold:
    """Return what is to be found for each item of the sample's gold links, from both ends."""
    links = list(sample_links())
    forth = ((link.source, link.target) for link in links)
    back = ((link.target, link.source) for link in links)
    return _grouped((*forth, *back))


def catalogue(hidden: Iterable[Adaptation] = ()) -> Iterator[Item]:
    """Yield books and films; sentences that prove one of the hidden links are taken out."""
    evidence: Mapping[str, list[str]] = defaultdict(list)
    for link in hidden:
        evidence[f"film-{link.film_id}"].append(link.evidence)
    for item in real():
        found = evidence.get(item.id)
        yield replace(item, text=without_evidence(item.text, found)) if found else item


def _grouped(pairs: Iterable[tuple[str, str]]) -> Gold:
    answers: dict[str, set[str]] = defaultdict(set)
    for asked, answer in pairs:
        answers[asked].add(answer)
    return answers
