"""`weft reindex`, `weft index`: builds of the index, from the first to the one to go back to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
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
from linkage.types import IndexKind

if TYPE_CHECKING:
    from linkage.builds import Build
    from linkage.indexing.verification import GoldLink
    from workers.runtime import Runtime

index = typer.Typer(help="List, verify, promote and prune index builds.", no_args_is_help=True)

BuildId = Annotated[str, typer.Argument(help="A build's id; `weft index list` shows them.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(reindex)
    app.add_typer(index, name="index")


def reindex(
    encoder: Annotated[
        str | None,
        typer.Option(help="An installed encoder's name or a model's folder; else WEFT_ENCODER."),
    ] = None,
    kind: Annotated[
        IndexKind | None,
        typer.Option(
            help="How vectors are searched: flat compares all, hnsw walks a graph, ivfpq is the"
            " smallest, pgvector is in PostgreSQL; auto goes by their number. Else WEFT_INDEX_KIND."
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="Links that must not get lost: CSV or JSON Lines, source and target."),
    ] = None,
    tenant: Tenant = DEFAULT,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build and verify, but do not go live.")
    ] = False,
    json: Json = False,
) -> None:
    """Build a new index beside the live one, verify it, and swap. Requests go on being answered.

    Stopped or killed, it goes on where it was: by the same command, or by a worker within seconds.
    A build of the same options that is under way is followed.

    Example: `weft reindex --kind ivfpq`

    Example: `weft reindex --encoder runs/mine/model --gold links.csv --dry-run`, then
    `weft index promote ID`
    """
    from linkage import builds
    from linkage.index import check_kind

    with command() as runtime:
        os.nice(runtime.settings.worker_niceness)  # those who ask come first
        name, wanted = encoder or runtime.settings.encoder, kind or runtime.settings.index_kind
        runtime.encoder(name)
        check_kind(wanted, runtime.stores)
        links = _links(gold) if gold else []
        with runtime.database.transaction() as session:
            build_id = builds.start(
                session, tenant, encoder=name, kind=wanted, promotes=not dry_run, gold=links
            )
        try:
            with progress_bar("Indexing", "items") as advance:
                build = _finished(runtime, tenant, build_id, advance)
        except KeyboardInterrupt:
            fail("stopped; the same command goes on where it was, and so does a worker by itself")
    _show(build, json=json)
    if build.state == "rejected":
        fail(
            f"index {build.id} is rejected: {build.error}; the live one goes on. "
            f"`weft index promote {build.id} --force` makes it live all the same"
        )
    if build.state == "failed":
        fail(f"index {build.id} failed: {build.error}")


@index.command("list")
def list_builds(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """List the latest 20 builds, the newest first.

    One is live; old ones were, a candidate waits for `weft index promote`, a rejected one was not
    good enough, and of a deleted one no files are left.

    Example: `weft index list`
    """
    from linkage import builds

    with command() as runtime, runtime.database.reading() as session:
        rows = builds.listed(session, tenant)
    if json:
        print_json({"builds": [_shaped(row) for row in rows]})
        return
    headers = ("id", "state", "kind", "items", "started", "encoder")
    table = Table(*headers, box=None, padding=(0, 1, 0, 0))  # ids are whole on 80 columns
    for column in table.columns:
        column.no_wrap, column.overflow = column.header != "encoder", "ellipsis"
    for row in rows:
        kind = row.report["new"]["kind"] if row.report else row.kind
        table.add_row(
            row.id, row.state, kind, f"{row.total:,}", f"{row.created_at:%m-%d %H:%M}",
            escape(Path(row.encoder).name),
        )  # fmt: skip
    out.print(table)
    for row in rows:
        if row.state == "building":
            out.print(f"{row.id} {row.stage}: {row.done:,} of {row.total:,}", highlight=False)
        elif row.error:
            out.print(f"{row.id} {row.state}: {escape(row.error)}", highlight=False)


@index.command()
def verify(build_id: BuildId, tenant: Tenant = DEFAULT) -> None:
    """Compare a build's files with their checksums and load them, as an API process does.

    Example: `weft index verify ID`
    """
    from linkage import builds

    with command() as runtime, runtime.database.reading() as session:
        manifest = builds.verify(
            session, tenant, build_id, data_dir=runtime.index_dir, stores=runtime.stores
        )
    out.print(f"All {len(manifest.files)} files of {build_id} are whole: {manifest.count:,} items.")


@index.command()
def promote(
    build_id: BuildId,
    tenant: Tenant = DEFAULT,
    *,
    force: Annotated[bool, typer.Option("--force", help="Even if it was rejected.")] = False,
) -> None:
    """Make a candidate, or an old build, the live one; API processes follow within a second or so.

    Example: `weft index promote ID`
    """
    from linkage import builds

    with command() as runtime, runtime.database.transaction() as session:
        build = builds.promote(
            session, tenant, build_id,
            data_dir=runtime.index_dir, stores=runtime.stores, force=force,
        )  # fmt: skip
    out.print(f"Index {build.id} is live: {build.total:,} items, encoder {build.encoder}.")


@index.command()
def rollback(tenant: Tenant = DEFAULT) -> None:
    """Make the build live again that was so before. Changes since then are not lost.

    Given twice, it goes back and forth. Builds before that one: `weft index promote ID`.

    Example: `weft index rollback`
    """
    from linkage import builds

    with command() as runtime, runtime.database.transaction() as session:
        build = builds.roll_back(session, tenant, data_dir=runtime.index_dir, stores=runtime.stores)
    out.print(f"Index {build.id} is live again: {build.total:,} items, encoder {build.encoder}.")


@index.command()
def prune(
    keep: Annotated[int, typer.Option(min=0, help="Old builds to keep, to go back to.")] = 1,
    tenant: Tenant = DEFAULT,
) -> None:
    """Delete the files of old, failed and passed-over builds.

    Every build does so by itself when it ends, and keeps one old one. One in PostgreSQL that was
    live ten seconds ago stays: API processes may still ask it.

    Example: `weft index prune --keep 0`
    """
    from linkage import builds

    with command() as runtime, runtime.database.transaction() as session:
        pruned = builds.prune(
            session, tenant, data_dir=runtime.index_dir, stores=runtime.stores, keep=keep
        )
    for build_id in pruned:
        out.print(f"Deleted the files of {build_id}.", highlight=False)
    if not pruned:
        out.print("There is nothing to delete.")


def _finished(runtime: Runtime, tenant: str, build_id: str, advance: Callable[..., None]) -> Build:
    """Make a build, or follow the process that does, and take over when that dies."""
    from linkage import builds

    while True:
        build = builds.run(
            runtime.database.transaction, tenant, build_id,
            data_dir=runtime.index_dir, encoders=runtime.encoder, stores=runtime.stores,
            progress=lambda stage, done, total: advance(done, total, stage.capitalize()),
            lease_seconds=runtime.settings.build_lease_seconds,
        )  # fmt: skip
        if build.state not in {"queued", "building"}:
            return build
        advance(build.done, build.total, f"{(build.stage or 'waiting').capitalize()} (elsewhere)")
        time.sleep(1)


def _links(path: Path) -> list[GoldLink]:
    from linkage import builds
    from linkage.indexing.gold import read_gold

    links = read_gold(path)
    if len(links) > builds.MAX_GOLD:
        err.print(f"Of {len(links):,} gold links the first {builds.MAX_GOLD:,} are looked at.")
    return links


def _show(build: Build, *, json: bool) -> None:
    if json:
        print_json(_shaped(build))
        return
    if build.report:
        _compare(build.report)
    if build.state == "live":
        out.print(f"Index {build.id} is live: {build.total:,} items, encoder {build.encoder}.")
    elif build.state == "candidate":
        out.print(f"Index {build.id} is verified; `weft index promote {build.id}` makes it live.")


def _compare(report: Mapping[str, Any]) -> None:
    """Print what verification found, beside the live build."""
    new, live = report["new"], report["live"] or {}
    table = Table("", "new", "live before")
    for label, name, show in (
        ("encoder", "encoder", str), ("kind", "kind", str), ("items", "items", _count),
        ("bytes", "bytes", _count), ("ms a search", "milliseconds", str),
        ("gold links found", "gold", _share),
    ):  # fmt: skip
        table.add_row(label, show(new[name]), show(live[name]) if live else "")
    table.add_row("true neighbours found", _share(report["recall"]), "")
    table.add_row("answers in common", _share(report["agreement"]), "")
    out.print(table)
    if given := report.get("gold_given"):
        known = report["gold_links"]
        out.print(f"{known:,} of {given:,} gold links are between items of this catalogue.")


def _shaped(build: Build) -> dict[str, Any]:
    return {
        "id": build.id, "state": build.state, "stage": build.stage, "encoder": build.encoder,
        "kind": build.kind, "items": build.done, "total": build.total, "report": build.report,
        "error": build.error, "created_at": build.created_at, "finished_at": build.finished_at,
    }  # fmt: skip


def _count(value: int) -> str:
    return f"{value:,}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
