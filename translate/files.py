"""A whole file through the translator: its passages, each kind of markup in one batch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from xml.parsers import expat

from more_itertools import batched

from translate.detect import Detector
from translate.formats import Document, Options, Passage, Slot, read
from translate.glossary import Glossary
from translate.markup import Markup
from translate.memory import Memory
from translate.translator import Translator
from translate.types import Translation

_SAMPLE = 5000
"""Characters from which the language of a file is told."""
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedFile:
    """A file in its new language, and how its passages fared. A failed one is left as it was."""

    content: bytes
    passages: int
    needs_review: int
    failed: int
    characters: int
    """Those of the passages that did not fail."""
    faults: tuple[str, ...] = ()
    """Places and reasons of the passages that failed."""


def translate_file(  # noqa: PLR0913 - what a file is translated with
    translator: Translator,
    name: str,
    data: bytes,
    options: Options,
    *,
    glossary: Glossary | None = None,
    memory: Memory | None = None,
    check_size: Callable[[int], None] = lambda _: None,
) -> TranslatedFile:
    """Translate a file; its name's suffix tells the format.

    `check_size` is given the number of characters to translate before any is, and may raise.

    Without a source language it is what the file says, else what the whole of it is told to be,
    since menus and cells are too short to tell it from. Raises `FormatError`, `UnknownFormatError`,
    `UnsupportedLanguageError`.
    """
    [target] = translator.check_targets([options.target])
    document = read(name, data, options)
    passages = document.passages
    check_size(sum(len(passage.text) for passage in passages))
    source = options.source or document.source or _language(translator.detector, document)
    translate = partial(
        translator.translate, target=target, source=source, glossary=glossary, memory=memory
    )
    done = _translated(translate, passages)
    faults = [_fault(slot, each) for slot, each in zip(document.slots, done, strict=True)]
    good = [None if fault else each.text for fault, each in zip(faults, done, strict=True)]
    return TranslatedFile(
        content=document.with_translations(good),
        passages=len(passages),
        needs_review=sum(each.status == "needs_review" for each in done),
        failed=good.count(None),
        characters=sum(
            len(passage.text)
            for passage, text in zip(passages, good, strict=True)
            if text is not None
        ),
        faults=tuple(
            f"{passage.place}: {fault}"
            for passage, fault in zip(passages, faults, strict=True)
            if fault
        ),
    )


def _language(detector: Detector, document: Document) -> str | None:
    sample = " ".join(passage.text for passage in document.passages)[:_SAMPLE]
    found = detector.detect(sample)
    return found.language if found else None


def _translated(
    translate: Callable[..., list[Translation]], passages: Sequence[Passage]
) -> list[Translation]:
    answers: dict[int, Translation] = {}
    for markup, places in _by_markup(passages).items():
        for batch in batched(places, _BATCH):
            done = translate([passages[place].text for place in batch], format=markup or "text")
            answers |= zip(batch, done, strict=True)
    return [answers[place] for place in range(len(passages))]


def _by_markup(passages: Iterable[Passage]) -> Mapping[Markup | None, list[int]]:
    found: defaultdict[Markup | None, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        found[passage.markup].append(place)
    return found


def _fault(slot: Slot, done: Translation) -> str | None:
    """Tell why a translation cannot stand in the file; XML must be as whole as its source."""
    if done.status == "failed":
        return done.reason or "it could not be translated"
    markup = slot.passage.markup
    if markup and markup.is_xml and _is_whole(slot.passage.text) and not _is_whole(done.text):
        return "the tags did not survive"
    try:
        slot.render(done.text)
    except UnicodeEncodeError as error:
        unknown = error.object[error.start : error.end]
        return f"{unknown!r} cannot be written in {error.encoding}: save the file as UTF-8"
    return None


def _is_whole(text: str) -> bool:
    parser = expat.ParserCreate(namespace_separator=None)
    body = text if text.lstrip("\ufeff \r\n\t").startswith("<?xml") else f"<_>{text}</_>"
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        return False
    return True
