"""What can go wrong in linkage.

LinkageError
├── ItemNotFoundError      the tenant has no such item
├── EntityNotFoundError    the tenant has no such entity
├── WorkNotFoundError      the tenant has no such work
├── InvalidItemError       an item or entity lacks or misuses a field
├── InvalidCursorError     a cursor was not made by us
├── SourceFormatError      a file cannot be read as what it is said to be
├── RdfError               a document is not of the RDF format it is said to be
├── MappingError           a --map or --set of an import is wrong
├── ImportNotFoundError    the tenant has no such import
├── ImportTakenOverError   the same import was begun again elsewhere
├── SubscriptionNotFoundError   the tenant has no such subscription
├── InvalidSubscriptionError    a subscription lacks or misuses a field
├── SubscriptionNamedError      a subscription has another name already
├── EncoderNotFoundError   no model of this name or folder
├── BuildSupersededError   a newer build of the same index has taken over
├── BuildNotFoundError     the tenant has no such index build
├── BuildStateError        an index build cannot go live as it is
├── KindNotKeptError       there is no store for vectors of a kind of index
├── RecipeError            a training recipe cannot be used
├── RankerError            a ranker's file cannot be used
├── RankerNotFoundError    the tenant has no such ranker
├── WeightsError           a file of a disambiguator's weights cannot be used
├── GoldError              a file of right answers cannot be used
├── TrainingError          there is not enough to learn from
├── ToolMissingError       a library that a command needs is not installed
├── MatcherError           a folder holds no matcher that can be used
└── IndexDamagedError      the files of an index build are missing or changed
"""

from collections.abc import Iterable
from pathlib import Path


class LinkageError(Exception):
    """Root of all errors of this domain."""


class ItemNotFoundError(LinkageError):
    """The tenant has no item of this id."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        super().__init__(f"no item {item_id!r}")


class TooManyNamesError(LinkageError):
    """A text has more names than are looked at in one go."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(
            f"the text has {count:,} places where a name of the catalogue may stand; {most:,} are"
            " looked at in one go: send it in parts"
        )


class EntityNotFoundError(LinkageError):
    """The tenant has no entity of this id."""

    def __init__(self, entity_id: str) -> None:
        self.entity_id = entity_id
        super().__init__(f"no entity {entity_id!r}")


class WorkNotFoundError(LinkageError):
    """The tenant has no work of this id, or none any more."""

    def __init__(self, work_id: str) -> None:
        self.work_id = work_id
        super().__init__(f"no work {work_id!r}")


class InvalidItemError(LinkageError):
    """A field of an item is missing or wrong; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class InvalidCursorError(LinkageError):
    """A cursor that this service did not make."""

    def __init__(self) -> None:
        super().__init__("the cursor is not one of ours; start again without it")


class SourceFormatError(LinkageError):
    """A file that cannot be read at all, as against one bad record in it."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


class RdfError(LinkageError):
    """A document that is not of the RDF format it is said to be; `line` tells where, if known."""

    def __init__(self, line: int | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}" if line else reason)


class MappingError(LinkageError):
    """An assignment of columns or constants to fields that cannot be followed."""


class ImportNotFoundError(LinkageError):
    """The tenant has no import of this id."""

    def __init__(self, import_id: str) -> None:
        self.import_id = import_id
        super().__init__(f"no import {import_id!r}")


class ImportTakenOverError(LinkageError):
    """Another run of the same import goes on where this one was."""

    def __init__(self, import_id: str) -> None:
        self.import_id = import_id
        super().__init__(f"import {import_id!r} was begun again elsewhere and goes on there")


class SubscriptionNotFoundError(LinkageError):
    """The tenant has no subscription of this id."""

    def __init__(self, subscription_id: str) -> None:
        self.subscription_id = subscription_id
        super().__init__(f"no source {subscription_id!r}")


class InvalidSubscriptionError(LinkageError):
    """A field of a subscription is wrong; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class SubscriptionNamedError(LinkageError):
    """A subscription has another `source`, which its items' ids begin with."""

    def __init__(self, subscription_id: str, source: str) -> None:
        self.subscription_id = subscription_id
        super().__init__(
            f"its source is {source!r} and its items' ids begin with it; "
            f"remove {subscription_id} first to give it another"
        )


class BuildNotFoundError(LinkageError):
    """The tenant has no index build of this id, or (None) none that was live before."""

    def __init__(self, build_id: str | None) -> None:
        self.build_id = build_id
        super().__init__(
            f"no index build {build_id!r}; `weft index list` shows them"
            if build_id
            else "there is no whole index build to go back to; `weft reindex` makes a new one"
        )


class BuildSupersededError(LinkageError):
    """A build that was cancelled or overtaken by a newer one while it ran."""

    def __init__(self, build_id: str) -> None:
        self.build_id = build_id
        super().__init__(f"index build {build_id!r} was superseded by a newer one")


class BuildStateError(LinkageError):
    """A build that cannot go live: it is not finished, was rejected, or is deleted."""

    def __init__(self, build_id: str, state: str) -> None:
        self.build_id = build_id
        self.state = state
        super().__init__(
            f"index build {build_id!r} cannot go live: it is {state}"
            + ("; force it, if you know better" if state.startswith("rejected") else "")
        )


class KindNotKeptError(LinkageError):
    """There is no store for the vectors of a kind of index."""

    def __init__(self, kind: str, kept: Iterable[str]) -> None:
        self.kind = kind
        super().__init__(
            f"indexes of kind {kind} cannot be kept here, only {', '.join(sorted(kept))}"
            + ("; it needs a PostgreSQL database" if kind == "pgvector" else "")
        )


class EncoderNotFoundError(LinkageError):
    """Neither a packaged encoder nor a model folder."""

    def __init__(self, name: str, packaged: Iterable[str]) -> None:
        self.name = name
        known = ", ".join(sorted(packaged))
        super().__init__(f"encoder {name!r} is neither a model folder nor one of: {known}")


class IndexDamagedError(LinkageError):
    """Index files are missing, cut short or changed."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"index {path.name}: {reason}; `weft reindex` makes a new one")


class RecipeError(LinkageError):
    """A training recipe that cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} {reason}")


class RankerNotFoundError(LinkageError):
    """The tenant has no ranker of this version."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(f"no ranker {version!r}; `weft rankers list` shows them")


class RankerError(LinkageError):
    """A ranker's file that cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} {reason}; `weft train ranker` makes a new one")


class ToolMissingError(LinkageError):
    """A library that only some commands need is not installed."""

    def __init__(self, library: str, command: str) -> None:
        self.library = library
        super().__init__(f"{command} needs {library}: pip install 'weft[evaluate]'")


class TrainingError(LinkageError):
    """Data that is not enough to learn from."""


class MatcherError(LinkageError):
    """A folder that holds no matcher, or one of another version."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder} {reason}")


class WeightsError(LinkageError):
    """A file that holds no weights of a disambiguator."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} {reason}")


class GoldError(LinkageError):
    """A file of right answers that is not understood; `line` tells where."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.path = path
        self.line = line
        self.reason = reason
        super().__init__(f"{path}, line {line}: {reason}")
