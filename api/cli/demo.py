"""`weft demo`: from nothing to related content and translations, in front of one's eyes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.markup import escape

from api.cli.console import DEFAULT, command, fail, out
from api.cli.run import check_port

if TYPE_CHECKING:
    import httpx

    from workers.runtime import Runtime

BOOK = "book-dune"
FILM_OF_BOOK = "film-dune-2021"
TEXT = "After Solaris by Stanisław Lem I could not stop thinking about the ocean."
NAMED = "book-solaris"
REVIEWS = 8
TARGETS = ("de", "fr")
READY_SECONDS = 120
JOB_SECONDS = 120
KEY_NAME = "demo"
ENDINGS = (signal.SIGTERM, signal.SIGHUP)
"""What ends a process from outside, Ctrl-C aside; the second comes where a terminal is closed."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Stop after the three requests; fail on a wrong answer.")
    ] = False,
) -> None:
    """Import the sample catalogue, start API and worker, and ask three real questions."""
    import httpx

    with command() as runtime:
        url = f"http://{runtime.settings.host}:{runtime.settings.port}"
        check_port(runtime.settings.host, runtime.settings.port)
        key = _prepare(runtime)
        runtime.close()
        with _processes(runtime.settings.data_dir / "logs", "serve", "worker"):
            client = httpx.Client(
                base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60
            )
            _wait_until_ready(client)
            faults = [*_ask_related(client), *_ask_mentions(client), *_ask_translations(client)]
            if faults:
                fail("; ".join(faults))
            _print_next(url, key)
            if not once:
                _wait_for_interrupt()


def _prepare(runtime: Runtime) -> str:
    """Migrate, import, index; return a fresh key with all scopes."""
    from linkage import builds
    from linkage.imports import import_records
    from linkage.sample import sample_items
    from workers import accounts
    from workers.migrations import migrate

    runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
    out.print(f"[bold]1.[/] Migrating {runtime.settings.data_dir / 'weft.db'}")
    migrate(runtime.settings.resolved_database_url)
    summary = import_records(runtime.database.transaction, DEFAULT, sample_items())
    out.print(
        f"[bold]2.[/] Sample catalogue: {summary.created} items created, "
        f"{summary.updated} updated, {summary.unchanged} unchanged, {summary.failed} failed"
    )
    with runtime.database.transaction() as session:
        build_id = builds.start(
            session,
            DEFAULT,
            encoder=runtime.settings.encoder,
            kind=runtime.settings.index_kind,
        )
    build = builds.run(
        runtime.database.transaction,
        DEFAULT,
        build_id,
        data_dir=runtime.index_dir,
        encoders=runtime.encoder,
        stores=runtime.stores,
    )
    if build.state != "live":
        fail(f"the index is {build.state}: {build.error}")
    out.print(f"[bold]3.[/] Index {build_id} is live: {build.total} items")
    with runtime.database.transaction() as session:
        for old in accounts.list_keys(session, DEFAULT):
            if old.name == KEY_NAME:
                accounts.revoke_key(session, DEFAULT, old.id)
        return accounts.create_key(session, DEFAULT, KEY_NAME, accounts.SCOPES).secret


@contextlib.contextmanager
def _processes(logs: Path, *names: str) -> Iterator[None]:
    """Run `weft` commands beside this one; end each with its children, however this one ends."""
    started: list[subprocess.Popen[bytes]] = []
    _on(ENDINGS, lambda number, _: sys.exit(128 + number))  # else they would outlive us
    try:
        for name in names:
            started.append(_start(logs / f"{name}.log", name))  # noqa: PERF401 - each ends with us
        out.print(f"[bold]4.[/] Started {' and '.join(names)}; they log to {logs}")
        yield
    finally:
        _on(ENDINGS, signal.SIG_IGN)
        for process in started:
            _end(process)


def _on(signals: Iterable[signal.Signals], answer: Callable[..., object] | signal.Handlers) -> None:
    for each in signals:
        signal.signal(each, answer)


def _start(log: Path, name: str) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-c", "from api.cli import app; app()", name],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, then make its whole group end."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _wait_until_ready(client: httpx.Client) -> None:
    import httpx

    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/ready").is_success:
                return
        time.sleep(0.2)
    fail(f"the API was not ready after {READY_SECONDS} s; its log tells why")


def _ask_related(client: httpx.Client) -> list[str]:
    path = f"/v1/items/{BOOK}/related?limit=8"
    answer = _show(client, "GET", path)
    for link in answer["links"]:
        reasons = ", ".join(evidence["type"] for evidence in link["evidence"])
        target = link["target"]
        out.print(
            f"   {link['score']:.2f}  {link['relation']:<13} {target['kind']:<8} "
            f"{escape(target['title'])}  [dim]({reasons})[/]",
            highlight=False,
        )
    found = [link["target"]["id"] for link in answer["links"]]
    return [] if FILM_OF_BOOK in found else [f"{FILM_OF_BOOK} is not among {found}"]


def _ask_mentions(client: httpx.Client) -> list[str]:
    answer = _show(client, "POST", "/v1/mentions", {"text": TEXT})
    for mention in answer["mentions"]:
        entity = mention["entity"] or {"id": "(none)"}
        out.print(
            f"   {mention['start']:>3}-{mention['end']:<3} {escape(mention['surface'])} → "
            f"{escape(entity['id'])}  ({mention['probability']:.2f})",
            highlight=False,
        )
    found = [mention["entity"]["id"] for mention in answer["mentions"] if mention["entity"]]
    return [] if NAMED in found else [f"{NAMED} is not among the mentions {found}"]


def _ask_translations(client: httpx.Client) -> list[str]:
    from linkage.sample import sample_reviews

    reviews = [review for review in sample_reviews() if review.language == "en"][:REVIEWS]
    items = [{"id": review.id, "text": review.text} for review in reviews]
    job = _show(client, "POST", "/v1/translation-jobs", {"items": items, "targets": TARGETS})
    until = time.monotonic() + JOB_SECONDS
    while job["state"] in {"queued", "running"} and time.monotonic() < until:
        time.sleep(0.2)
        job = client.get(f"/v1/translation-jobs/{job['id']}").raise_for_status().json()
    out.print(f"   job {job['id']}: {job['state']}, {orjson.dumps(job['progress']).decode()}")
    lines = client.get(f"/v1/translation-jobs/{job['id']}/results").raise_for_status().text
    results = [orjson.loads(line) for line in lines.splitlines()]
    sources = {review.id: review.text for review in reviews}
    for result in results[: len(TARGETS) * 2]:
        out.print(f"   [dim]en[/] {escape(sources[result['id']])}", highlight=False)
        out.print(f"   [dim]{result['target']}[/] {escape(result['text'] or '')}", highlight=False)
    return _translation_faults(job, results, sources)


def _translation_faults(
    job: dict[str, Any], results: list[dict[str, Any]], sources: dict[str, str]
) -> list[str]:
    wanted = len(sources) * len(TARGETS)
    faults = [] if job["state"] == "done" else [f"the job is {job['state']}"]
    if len(results) != wanted:
        faults.append(f"{len(results)} of {wanted} translations came back")
    faults += [
        f"{result['id']} into {result['target']} is {result['status']}: {result['text']!r}"
        for result in results
        if result["status"] == "failed" or result["text"] in {None, "", sources[result["id"]]}
    ]
    return faults


def _show(
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Print a request, send it, return its answer."""
    shown = f" {orjson.dumps(body).decode()[:140]}…" if body else ""
    out.print(f"\n[bold cyan]{method} {path}[/]{escape(shown)}", highlight=False, soft_wrap=True)
    response = client.request(method, path, json=body)
    if response.is_error:
        fail(f"{method} {path} answered {response.status_code}: {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def _print_next(url: str, key: str) -> None:
    out.print("\n[bold green]All three answered.[/] Where to look next:")
    out.print(f"   {url}/docs            every endpoint, to try out", highlight=False)
    out.print("   weft --help                           the command line", highlight=False)
    out.print(f"   key with all scopes: {key}", highlight=False, soft_wrap=True)
    out.print(
        f'   curl -H "Authorization: Bearer {key}" {url}/v1/items/{BOOK}/related',
        highlight=False,
        soft_wrap=True,
    )


def _wait_for_interrupt() -> None:
    out.print("\nServing until Ctrl-C.")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
