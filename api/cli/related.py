"""`weft related`, `weft explain`: what belongs to an item or a text, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.markup import escape
from rich.table import Column, Table

from api.cli.console import DEFAULT, Json, Tenant, command, fail, out, print_json
from linkage.types import Relation

if TYPE_CHECKING:
    from api.schemas.related import EvidenceOut, RelatedQuery, TargetOut


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(related)
    app.command()(explain)


def related(
    item_id: Annotated[str | None, typer.Argument(help="An item of the catalogue.")] = None,
    text: Annotated[str | None, typer.Option(help="Or any text.")] = None,
    kind: Annotated[list[str], typer.Option(help="Only these kinds.")] = [],
    language: Annotated[list[str], typer.Option(help="Only these languages.")] = [],
    source: Annotated[list[str], typer.Option(help="Only from these sources.")] = [],
    relation: Annotated[Relation | None, typer.Option(help="Only this relation.")] = None,
    published_after: Annotated[str | None, typer.Option(help="Only what is not older.")] = None,
    attribute: Annotated[
        list[str], typer.Option(help="Only with this attribute, e.g. format:hardcover.")
    ] = [],
    fresh: Annotated[float, typer.Option(help="How much freshness weighs, 0 to 1.")] = 0.0,
    diversity: Annotated[float, typer.Option(help="How unlike each other, 0 to 1.")] = 0.0,
    exclude: Annotated[list[str], typer.Option(help="Never these items.")] = [],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Show what belongs to an item or a text, and why.

    Example: `weft related book-7 --kind film --fresh 0.5 --diversity 0.3`
    """
    from api.schemas.related import RelatedOut
    from linkage.linker import Ask, text_item

    if (item_id is None) == (text is None):
        fail("give an item's id, or --text")
    query = _query(
        kind=kind, language=language, source=source, relation=relation,
        published_after=published_after, attribute=attribute, fresh=fresh, diversity=diversity,
        exclude=exclude, limit=limit, cursor=cursor,
    )  # fmt: skip
    subject = item_id if item_id is not None else text_item(text or "")
    with command() as runtime, runtime.database.reading() as session:
        answer = runtime.linker.answer(session, tenant, Ask(subject, query.options()))
    shaped = RelatedOut.of(answer)
    if json:
        print_json(shaped.model_dump(mode="json"))
        return
    id_ = Column("id", overflow="fold")  # whole, to be copied
    table = Table("score", "relation", "kind", "title", id_, "because")
    for link in shaped.links:
        reasons = ", ".join(evidence.type for evidence in link.evidence)
        table.add_row(
            f"{link.score:.2f}", link.relation, link.target.kind, escape(link.target.title),
            escape(link.target.id), reasons,
        )  # fmt: skip
    out.print(table)


def explain(
    source: Annotated[str, typer.Argument(help="The item that is asked about.")],
    target: Annotated[str, typer.Argument(help="The item it may be linked to.")],
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Explain one link in full, whether or not it is served.

    Example: `weft explain book-solaris film-solaris`
    """
    from api.schemas.related import ExplainedOut

    with command() as runtime, runtime.database.reading() as session:
        shaped = ExplainedOut.of(runtime.linker.explain(session, tenant, source, target))
    if json:
        print_json(shaped.model_dump(mode="json"))
        return
    link = shaped.link
    place = f"number {shaped.position}" if shaped.served else f"not served: {shaped.reason}"
    out.print(
        f"{_named(shaped.source)} → {_named(link.target)}\n"
        f"{link.relation}, score {link.score:.2f}, {escape(place)}",
        highlight=False,
    )
    table = Table("evidence", "details")
    for evidence in link.evidence:
        table.add_row(evidence.type, escape(_details(evidence)))
    out.print(table)
    if shaped.index:
        out.print(f"index {shaped.index.build}, encoder {shaped.index.encoder}", highlight=False)


def _query(**options: object) -> RelatedQuery:
    """Return the options, checked as the API checks them."""
    from pydantic import ValidationError

    from api.faults import faults_of
    from api.schemas.related import RelatedQuery

    try:
        return RelatedQuery.model_validate(options)
    except ValidationError as error:
        [fault, *_] = faults_of(error.errors())
        name = fault.field.partition(".")[0].replace("_", "-")
        fail(f"--{name} {fault.reason}")


def _named(item: TargetOut) -> str:
    return f"{escape(item.title)} ({escape(item.kind)} [bold]{escape(item.id)}[/])"


def _details(evidence: EvidenceOut) -> str:
    details = evidence.model_dump(exclude={"type"})
    return "  ".join(f"{name} {orjson.dumps(value).decode()}" for name, value in details.items())
