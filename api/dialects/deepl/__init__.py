"""DeepL's API, versions 2 and 3, for its official clients: one module a group of routes."""

from api.dialects.deepl import documents, glossaries, memories, refusals, texts, usage

ROUTERS = (
    texts.router, glossaries.router, documents.router, memories.router, usage.router,
    refusals.router,
)  # fmt: skip
