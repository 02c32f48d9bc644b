"""`weft translate-catalogue`: a catalogue kept in other languages."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli.console import (
    DEFAULT,
    Json,
    Tenant,
    command,
    err,
    fail,
    out,
    print_json,
    progress_bar,
)

if TYPE_CHECKING:
    from workers.runtime import Runtime


@dataclass
class Tally:
    """What a run did for a language: items looked at, segments translated, texts that failed."""

    language: str
    items: int = 0
    segments: int = 0
    failed: int = 0
    seconds: float = 0.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(translate_catalogue)


def translate_catalogue(
    to: Annotated[str, typer.Option(help="Languages to translate into, e.g. de,fr.")],
    fields: Annotated[str, typer.Option(help="Fields of items to translate.")] = "title,text",
    tenant: Tenant = DEFAULT,
    *,
    glossary: Annotated[
        str | None,
        typer.Option(help="Glossary for what is translated from now on; without it none."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Translate everything again, as with another model.")
    ] = False,
    json: Json = False,
) -> None:
    """Translate the catalogue, and keep it translated from now on.

    A second run translates the segments that have changed, and what the memory knows better;
    workers do the same by themselves. It stops at the tenant's quota and goes on when there is one
    again. Example: `weft translate-catalogue --to de,fr --glossary bookshop`
    """
    from translate import localisations
    from workers.localiser import FIELDS

    wanted = sorted(set(_names(fields)))
    if not wanted or not set(wanted) <= set(FIELDS):
        fail(f"--fields takes {' and '.join(FIELDS)}, with a comma between them")
    with command() as runtime:
        targets = runtime.translator.check_targets(_names(to))
        if not targets:
            fail("--to names no language; for example --to de,fr")
        with runtime.database.transaction() as session:
            for target in targets:
                localisations.follow(session, tenant, target, wanted, glossary=glossary)
                if again:
                    localisations.begin_anew(session, tenant, target)
        done = [_localise(runtime, tenant, target) for target in targets]
    _print(done, json=json)


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _localise(runtime: Runtime, tenant: str, language: str) -> Tally:
    from linkage import store
    from workers.localiser import localise_next

    tally, began = Tally(language), time.perf_counter()
    with runtime.database.reading() as session:
        total = store.count(session, tenant)
    with progress_bar(f"Into {language}", "items") as advance:
        while step := localise_next(
            runtime.database,
            runtime.translator,
            tenant,
            language,
            encoder=runtime.settings.encoder,
        ):
            tally.items += step.items
            tally.segments += step.segments
            tally.failed += step.failed
            advance(tally.items, max(total, tally.items))
            if step.is_last:
                break
        else:
            err.print(f"[yellow]{language}: a worker is at it and will finish[/]")
    tally.seconds = round(time.perf_counter() - began, 3)
    return tally


def _print(done: list[Tally], *, json: bool) -> None:
    if json:
        print_json({"languages": [asdict(each) for each in done]})
        return
    table = Table("language", "items looked at", "segments translated", "texts failed", "seconds")
    for each in done:
        table.add_row(
            each.language, f"{each.items:,}", f"{each.segments:,}", f"{each.failed:,}",
            f"{each.seconds:,.2f}",
        )  # fmt: skip
    out.print(table)
