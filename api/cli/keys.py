"""`weft keys`: make, list and revoke API keys."""

from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import DEFAULT, Json, Tenant, command, fail, out, print_json

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(keys, name="keys")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="read, write or admin; may be repeated.")] = [
        "read"
    ],
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Make a key and print it; it is shown this once."""
    from workers import accounts
    from workers.accounts import SCOPES, Scope

    scopes: list[Scope] = [known for known in SCOPES if known in scope]
    if unknown := sorted(set(scope) - set(SCOPES)):
        fail(f"unknown scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    with command() as runtime, runtime.database.transaction() as session:
        key = accounts.create_key(session, tenant, name, scopes)
    if json:
        print_json({"id": key.id, "secret": key.secret, "scopes": key.scopes, "tenant": tenant})
    else:
        out.print(key.secret, highlight=False)


@keys.command("list")
def list_keys(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """List keys, without their secrets."""
    from workers import accounts

    with command() as runtime, runtime.database.reading() as session:
        rows = accounts.list_keys(session, tenant)
    if json:
        print_json({"keys": [
            {"id": row.id, "name": row.name, "scopes": row.scopes, "revoked": bool(row.revoked_at)}
            for row in rows
        ]})  # fmt: skip
        return
    table = Table("id", "name", "scopes", "created", "revoked")
    for row in rows:
        revoked = f"{row.revoked_at:%Y-%m-%d}" if row.revoked_at else ""
        table.add_row(row.id, row.name, " ".join(row.scopes), f"{row.created_at:%Y-%m-%d}", revoked)
    out.print(table)


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument()], tenant: Tenant = DEFAULT) -> None:
    """Revoke a key; requests with it are refused from now on."""
    from workers import accounts

    with command() as runtime, runtime.database.transaction() as session:
        if not accounts.revoke_key(session, tenant, key_id):
            fail(f"no active key {key_id!r}; `weft keys list` shows them")
    out.print(f"Revoked {key_id}.")
