"""`weft translate-file`: a file on this machine, at once."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import DEFAULT, Json, Tenant, command, err, out, print_json, tenant_memory
from translate.formats import READERS, Options


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="translate-file", help=_HELP)(translate_file)


_HELP = f"""Translate a file, for example: `weft translate-file shop.po --to de -o shop.de.po`.

What is not translated stays byte for byte. Files: {" ".join(READERS)}"""


def translate_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    to: Annotated[str, typer.Option(help="Language to translate into, e.g. de.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; else NAME.LANGUAGE.SUFFIX."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Language of the file; else told.")] = None,
    column: Annotated[
        list[str], typer.Option(help="A column of a table to translate; may be repeated.")
    ] = [],
    glossary: Annotated[str | None, typer.Option(help="Name of a glossary to use.")] = None,
    tenant: Tenant = DEFAULT,
    *,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Translate again what has a translation.")
    ] = False,
    json: Json = False,
) -> None:
    """Translate a file."""
    from translate import glossaries
    from translate.files import translate_file as translated

    options = Options(target=to, source=source, columns=tuple(column), is_thorough=thorough)
    with command() as runtime:
        terms = None
        if glossary:
            with runtime.database.reading() as session:
                terms = glossaries.load(session, tenant, glossary)
        with err.status(f"Translating {file.name} …"):
            done = translated(
                runtime.translator,
                file.name,
                file.read_bytes(),
                options,
                glossary=terms,
                memory=tenant_memory(runtime, tenant),
            )
        path = output or file.with_suffix(f".{to}{file.suffix}")
        path.write_bytes(done.content)
    for fault in done.faults:
        err.print(f"[yellow]left as it was:[/] {fault}", markup=True)
    counts = {"passages": done.passages, "needs_review": done.needs_review, "failed": done.failed}
    if json:
        print_json({"file": str(path), **counts})
    else:
        out.print(
            f"{path}: passages {done.passages}, to be reviewed {done.needs_review}, "
            f"left as they were {done.failed}"
        )
