"""The command line: `weft`. Each module adds the commands of one noun to `app`."""

from api.cli import (
    catalogue,
    demo,
    files,
    glossaries,
    index,
    keys,
    learn,
    matching,
    mentions,
    related,
    run,
    texts,
)
from api.cli.console import app

__all__ = ["app"]

for module in (
    demo,
    run,
    catalogue,
    index,
    related,
    texts,
    files,
    glossaries,
    keys,
    learn,
    matching,
    mentions,
):
    module.register(app)
