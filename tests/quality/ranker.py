"""The ranker on questions it was not trained on; `python -m tests.quality.ranker` ships one.

Trained on the links from books to films, from both ends, with and without the words that prove
them, and on those of the sample. Groups of the cross-validation are items that links connect.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from linkage import store
from linkage.learn.evaluate_links import Answer, evaluate_links
from linkage.learn.ranker import Row, fit, predictions
from linkage.linker import Ask, text_item
from linkage.rank import SHIPPED
from linkage.sample import sample_items
from linkage.types import Filters, Item, Options
from tests.benchmarks.report import Table
from tests.quality import gold
from tests.quality.gold import Gold
from tests.quality.shop import TENANT, Shop, open_shop

ENCODER = "weft-static-11"
HIDDEN, TEXTS = 0.1, 0.3
"""What questions count that are harder than most are, for want of proof or of names."""
FILM, BOOK = frozenset({"film"}), frozenset({"book"})
PRIOR = {"same_work": 5.0, "series": 3.0}
"""What evidence counts as of which the gold links hold no case."""
_PROOFS = ("named_full_titled", "named_surname_titled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Questions put to a shop, and among what the answers are sought."""

    name: str
    shop: Shop
    answers: Gold
    kinds: frozenset[str] = frozenset()
    weight: float = 1.0
    """Of its rows in training; at 0 they are only measured."""
    is_hidden: bool = False
    """The proof was taken out of the right answers."""
    is_text: bool = False
    """Ask with the text of the item alone, as a page that is not in the catalogue would."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate of a question, and its row."""

    task: str
    asked: str
    found: str
    row: Row


def run() -> Table:
    """Cross-validate: every figure is of rankers that saw no link of the question's group."""
    asked = tasks()
    judged = judgments(asked)
    scores = predictions([one.row for one in judged], prior=PRIOR)
    headers = ("task", "questions", "recall@10", "MRR@10", "calibration error")
    rows = [_row(task, judged, scores) for task in asked]
    note = "The shipped ranker's recipe, cross-validated over groups of items that links connect."
    return Table(headers, rows, (note,))


def tasks() -> list[Task]:
    """Return all questions; those among everything are measured, not learned from."""
    links = gold.adaptations()
    as_it_is = open_shop("as-it-is", gold.catalogue, encoder=ENCODER)
    hidden = open_shop("hidden", partial(gold.catalogue, links), encoder=ENCODER)
    sample = open_shop("sample", sample_items, encoder=ENCODER)
    films, books = gold.films_of_books(links), gold.books_of_films(links)
    shown = [
        Task(name="book to film", shop=as_it_is, answers=films, kinds=FILM),
        Task(name="film to book", shop=as_it_is, answers=books, kinds=BOOK),
        Task(name="book to film among all", shop=as_it_is, answers=films, weight=0.0),
    ]
    made = [
        *shown,
        *(
            replace(
                task,
                name=f"{task.name}, hidden",
                shop=hidden,
                weight=HIDDEN * task.weight,
                is_hidden=True,
            )
            for task in shown
        ),
    ]
    related = gold.sample_answers()
    return [
        *made,
        Task(name="sample", shop=sample, answers=related),
        Task(name="sample, texts alone", shop=sample, answers=related, weight=TEXTS, is_text=True),
    ]


def judgments(asked: Sequence[Task]) -> list[Judged]:
    """Return the candidates of all questions."""
    groups = _groups(asked)
    return [one for task in asked for one in _judged(task, groups)]


def _judged(task: Task, groups: Mapping[str, str]) -> Iterator[Judged]:
    options = Options(filters=Filters(kinds=task.kinds))
    with task.shop.database.reading() as session:
        for asked, right in task.answers.items():
            subject: str | Item = asked
            if task.is_text:
                item = store.get(session, TENANT, asked).item
                subject = replace(text_item(item.text), language=item.language)
            for found, features in task.shop.linker.features(
                session, TENANT, Ask(subject, options)
            ):
                if found.id == asked:
                    continue
                label = float(found.id in right)
                weight = 0.0 if _is_unclear(task, features, label) else task.weight
                row = Row(features=features, label=label, group=groups[asked], weight=weight)
                yield Judged(task.name, asked, found.id, row)


def _is_unclear(task: Task, features: Mapping[str, float], label: float) -> bool:
    """Tell whether it is a wrong answer that may well be right.

    Where proof was taken out of the right answers, an answer that still has its own is one that
    the gold links do not know.
    """
    return task.is_hidden and not label and any(features[name] for name in _PROOFS)


def _groups(asked: Sequence[Task]) -> dict[str, str]:
    """Return a name for all that each question is connected to by links, in whatever task."""
    names: dict[str, str] = {}

    def root(name: str) -> str:
        while names.setdefault(name, name) != name:
            name = names[name]
        return name

    for task in asked:
        for question, right in task.answers.items():
            for found in right:
                names[root(found)] = root(question)
    return {name: root(name) for name in list(names)}


def _row(task: Task, judged: Sequence[Judged], scores: Sequence[float]) -> tuple[object, ...]:
    answers: dict[str, list[Answer]] = defaultdict(list)
    for one, score in zip(judged, scores, strict=True):
        if one.task == task.name:
            answers[one.asked].append(Answer(one.found, score))
    best = {asked: sorted(all_, key=lambda a: -a.score) for asked, all_ in answers.items()}
    right = {asked: dict.fromkeys(targets) for asked, targets in task.answers.items()}
    figures = evaluate_links(right, best).figures
    names = ("recall@10", "MRR@10", "calibration error")
    return (task.name, len(task.answers), *(str(figures[name]) for name in names))


if __name__ == "__main__":
    fit((one.row for one in judgments(tasks())), prior=PRIOR).save(SHIPPED)
    print(f"wrote {SHIPPED}")
