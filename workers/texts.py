"""Texts that a caller waits for: translated ahead of all jobs, and counted."""

from collections.abc import Sequence
from typing import Any

from translate import usage
from translate.types import Decoding, Formality, Translation
from workers.accounts import Caller
from workers.runtime import Runtime


def translate_now(
    runtime: Runtime,
    caller: Caller,
    texts: Sequence[str],
    *,
    alternatives: int = 0,
    formality: Formality | None = None,
    **options: Any,  # noqa: ANN401 - those of Translator.translate
) -> list[Translation]:
    """Translate texts with the options of `Translator.translate`, at the caller's cost.

    Raises `QuotaExceededError` before anything is translated. What fails costs nothing.
    """
    with runtime.database.reading() as session:
        usage.check(session, caller.tenant_id, caller.key_id, sum(map(len, texts)))
    decoding = Decoding(alternatives, formality, is_urgent=True)
    translations = runtime.translator.translate(texts, decoding=decoding, **options)
    used = sum(
        len(text) for text, each in zip(texts, translations, strict=True) if each.status != "failed"
    )
    with runtime.database.transaction() as session:
        usage.add(session, caller.tenant_id, caller.key_id, used)
    return translations
