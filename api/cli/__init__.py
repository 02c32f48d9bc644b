"""The command line: `weft`. Each module adds the commands of one noun to `app`."""

from api.cli import (
    demo,
    entities,
    files,
    glossaries,
    imports,
    index,
    keys,
    learn,
    links,
    localisations,
    matching,
    memories,
    mentions,
    models,
    rankers,
    related,
    run,
    sources,
    texts,
    works,
)
from api.cli.console import app

__all__ = ["app"]

MODULES = (
    demo, run, imports, entities, sources, index, related, texts, files, localisations, glossaries,
    memories, keys, learn, links, matching, mentions, works, rankers, models,
)  # fmt: skip
for module in MODULES:
    module.register(app)
