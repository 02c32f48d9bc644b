"""`weft sources`: feeds, sitemaps and pages of the web that are polled into the catalogue."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from api.cli.console import DEFAULT, Json, Tenant, command, err, fail, out, print_json
from linkage.types import SourceKind

if TYPE_CHECKING:
    from linkage.web.polling import Polled
    from linkage.web.subscriptions import Status
    from workers.runtime import Runtime

sources = typer.Typer(
    help="Feeds, sitemaps and pages of the web that are polled into the catalogue.",
    no_args_is_help=True,
)
UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
LONGEST_WAIT = 120.0
"""Seconds `run` waits for a server that wants a pause, before it leaves the rest to the workers."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(sources, name="sources")


@sources.command()
def add(
    url: Annotated[str, typer.Argument(help="An http(s) address.")],
    kind: Annotated[SourceKind, typer.Option(help="What is at the address.")],
    every: Annotated[str, typer.Option(help="How often to look: 15m, 1h, 7d.")] = "1h",
    source: Annotated[
        str | None, typer.Option(help="What its items say they are from; else web:HOST.")
    ] = None,
    item_kind: Annotated[
        str | None, typer.Option(help="What its items are, whatever they say, e.g. article.")
    ] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="After so many days an item expires.")
    ] = None,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Subscribe to an address. Workers fetch it at once and then as often as asked.

    The same address and kind again changes how it is polled.

    Example: `weft sources add https://harbour.example/feed.xml --kind feed --every 1h`
    """
    from api.schemas.sources import SourceOut
    from linkage.web import subscriptions
    from workers.tasks import wake_for_sources

    with command() as runtime:
        with runtime.database.transaction() as session:
            status, is_new = subscriptions.add(
                session, tenant, url, kind=kind, every_seconds=_seconds(every), source=source,
                item_kind=item_kind, keep_days=keep_days,
            )  # fmt: skip
        wake_for_sources()
    if json:
        print_json(SourceOut.of(status).model_dump(mode="json"))
    else:
        done = "added; workers fetch it now" if is_new else "changed"
        out.print(f"Source {status.subscription.id} {done}.")


def _seconds(every: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([smhd])", every.strip())
    if not found:
        fail(f"--every {every} is not of the form 15m, 1h or 7d")
    return int(found[1]) * UNITS[found[2]]


@sources.command("list")
def list_(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """Show the sources, how they fare, and what they brought."""
    from api.schemas.sources import SourceOut
    from linkage.web import subscriptions

    found: list[Status] = []
    with command() as runtime, runtime.database.reading() as session:
        cursor = None
        while True:
            statuses, cursor = subscriptions.page(session, tenant, cursor=cursor, limit=1000)
            found += statuses
            if cursor is None:
                break
    if json:
        print_json({"sources": [SourceOut.of(each).model_dump(mode="json") for each in found]})
        return
    for each in found:
        _print_status(each)
    if not found:
        out.print("No sources yet; `weft sources add --help` tells how to begin.")


def _print_status(status: Status) -> None:
    """Print a source on lines of its own: an address and an id are to be copied whole."""
    row, own = status.subscription, status.resource
    colour = "red" if status.failing else "green"
    failing = f", {status.failing} of {status.addresses} addresses fail" if status.failing else ""
    out.print(f"[bold]{row.id}[/]  {row.kind}  {escape(row.url)}", soft_wrap=True, highlight=False)
    out.print(
        f"  [{colour}]{status.state}[/]{failing}; last {_ago(own.fetched_at)}, next"
        f" {_ago(own.next_at)}; {row.created} created, {row.updated} updated,"
        f" {row.removed} removed, {row.failed} failed",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    if own.error:
        out.print(f"  [yellow]{escape(own.error)}[/]", soft_wrap=True, highlight=False)


def _ago(moment: datetime | None) -> str:
    """Return how long ago or ahead a moment is, in its largest unit."""
    if moment is None:
        return "never"
    seconds = (moment - datetime.now(UTC)).total_seconds()
    unit = next((unit for unit, size in UNITS.items() if abs(seconds) >= size), "s")
    count = round(abs(seconds) / UNITS[unit])
    return f"in {count} {unit}" if seconds > 0 else f"{count} {unit} ago"


@sources.command()
def run(
    source_id: Annotated[str | None, typer.Argument(help="One source; all without it.")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Fetch sources now, in this process, changed or not; polite pauses are kept."""
    from linkage.web import subscriptions

    with command() as runtime:
        chosen = _chosen(runtime, tenant, source_id)
        with runtime.database.transaction() as session:
            for each in chosen:
                subscriptions.run_now(session, tenant, each.subscription.id)
        failed = sum(_run(runtime, each) for each in chosen)
    if failed:
        raise typer.Exit(2)


def _chosen(runtime: Runtime, tenant: str, source_id: str | None) -> list[Status]:
    from linkage.web import subscriptions

    with runtime.database.reading() as session:
        if source_id is not None:
            return [subscriptions.get(session, tenant, source_id)]
        return list(subscriptions.page(session, tenant, limit=10_000)[0])


def _run(runtime: Runtime, status: Status) -> int:
    """Poll what of a source is due, a line a poll; return how many polls failed."""
    from linkage.web.polling import poll_next

    key, failed = status.subscription.key, 0
    while True:
        polled = poll_next(
            runtime.database.transaction,
            runtime.fetcher,
            agent=runtime.settings.fetch_user_agent,
            subscription_key=key,
        )
        if polled is not None:
            failed += polled.state == "failed"
            _print_poll(polled)
        elif not _wait(runtime, key):
            return failed


def _wait(runtime: Runtime, key: int) -> bool:
    """Wait until a resource of the source can be asked; False where none is due."""
    from linkage.web import resources

    with runtime.database.reading() as session:
        due_at = resources.due_at(session, key)
    if due_at is None:
        return False
    seconds = (due_at - datetime.now(UTC)).total_seconds()
    if seconds > LONGEST_WAIT:
        err.print("The server wants a longer pause; workers go on later.")
        return False
    time.sleep(max(seconds, 0.05))
    return True


def _print_poll(polled: Polled) -> None:
    did = polled.summary
    counts = f"{did.created} created, {did.updated} updated, {did.removed} removed"
    colour = "red" if polled.state in {"failed", "lost"} else "green"
    told = f" [yellow]{escape(polled.error)}[/]" if polled.error else ""
    out.print(f"[{colour}]{polled.state}[/] {escape(polled.url)}: {counts}{told}", soft_wrap=True)


@sources.command()
def remove(
    source_id: Annotated[str, typer.Argument(help="As `weft sources list` shows it.")],
    tenant: Tenant = DEFAULT,
    *,
    keep_items: Annotated[bool, typer.Option(help="Leave its items in the catalogue.")] = False,
) -> None:
    """End a source; its items go with it, but for those that another source brings too."""
    from linkage.web import subscriptions

    with command() as runtime, runtime.database.transaction() as session:
        removed = subscriptions.remove(session, tenant, source_id, keep_items=keep_items)
    out.print(f"Source {source_id} removed, and {removed} items with it.")
