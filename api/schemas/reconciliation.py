"""Bodies of the W3C Reconciliation API, 0.2 and 1.0-draft."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic.types import Strict

from api.schemas.fields import COMPOSED, PLAIN, WHOLE

BATCH_SIZE = 50
"""Queries a request."""
Name = Annotated[str, StringConstraints(max_length=2_000, pattern=PLAIN)]
"""What a cell of a table holds; a blank one is as none."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PLAIN), COMPOSED]
Limit = Annotated[int, Strict(), Field(ge=1, le=10_000), WHOLE]


class Reference(BaseModel):
    """A value that stands for something that was reconciled before."""

    model_config = ConfigDict(extra="ignore")

    id: Id
    name: Annotated[str, StringConstraints(max_length=2_000, pattern=PLAIN)] | None = None


Value = (
    Name
    | StrictBool
    | Annotated[int, Strict()]
    | Annotated[float, Strict(), Field(allow_inf_nan=False)]
    | Reference
)
Values = Value | Annotated[list[Value], Field(max_length=100)]


class PropertyValue(BaseModel):
    """A column of a row, in 0.2."""

    pid: Id
    v: Values


class OldQuery(BaseModel):
    """A query of 0.2."""

    query: Name | None = None
    type: Id | Annotated[list[Id], Field(max_length=50)] = []
    limit: Limit = 10
    properties: list[PropertyValue] = Field([], max_length=50)


class NameCondition(BaseModel):
    """The name that a candidate should have."""

    matchType: Literal["name"]  # noqa: N815 - the specification's names, here and below
    v: Values
    required: StrictBool = False
    matchQuantifier: Literal["any", "all", "none"] = "any"  # noqa: N815
    matchQualifier: Literal["exact", "similar"] = "similar"  # noqa: N815


class PropertyCondition(BaseModel):
    """What a candidate should have of a property."""

    matchType: Literal["property"]  # noqa: N815
    pid: Id
    v: Values
    required: StrictBool = False
    matchQuantifier: Literal["any", "all", "none"] = "any"  # noqa: N815
    matchQualifier: Literal["exact", "similar"] = "similar"  # noqa: N815


class Query(BaseModel):
    """A query of 1.0-draft."""

    conditions: list[NameCondition | PropertyCondition] = Field(min_length=1, max_length=50)
    type: Id | None = None
    limit: Limit = 10


class QueryBatch(BaseModel):
    """Queries of 1.0-draft; more than the manifest's `batchSize` are refused with 413."""

    queries: list[Query]


class PropertyChoice(BaseModel):
    """A property to fetch; there are no settings."""

    id: Id


class ExtensionQuery(BaseModel):
    """Which properties of which entities to fetch."""

    ids: list[Id] = Field(max_length=1_000)
    properties: list[PropertyChoice] = Field(max_length=50)


class Named(BaseModel):
    """A type or another thing of an id and a name."""

    id: str
    name: str


class Suggestion(Named):
    """An entity, type or property that begins with what was typed."""

    description: str | None = None
    notable: list[Named] | None = None
    matchQualifiers: list[Named] | None = None  # noqa: N815


class Suggestions(BaseModel):
    """What a suggest service answers."""

    result: list[Suggestion]


class Proposal(BaseModel):
    """The properties that things of a type may have."""

    properties: list[Named]
    type: str | None = None
    limit: int | None = None


class Feature(Named):
    """What speaks for a candidate, 0..1."""

    value: float


class CandidateOut(BaseModel):
    """What a row may stand for; `score` is 100 times the probability."""

    id: str
    name: str
    description: str | None = None
    type: list[Named]
    score: float
    match: bool
    features: list[Feature]


class OldResult(BaseModel):
    """The candidates of a query of 0.2."""

    result: list[CandidateOut]


class Result(BaseModel):
    """The candidates of a query of 1.0-draft."""

    candidates: list[CandidateOut]


class ResultBatch(BaseModel):
    """The results of a batch, in its order."""

    results: list[Result]


class ExtendedProperty(BaseModel):
    """The values of a property, each `{"str": …}` or `{"int": …}`."""

    id: str
    values: list[dict[str, str | int]]


class ExtendedRow(BaseModel):
    """The properties of an entity."""

    id: str
    properties: list[ExtendedProperty]


class Extension(BaseModel):
    """What 1.0-draft answers to an extension query."""

    meta: list[Named]
    rows: list[ExtendedRow]


class OldExtension(BaseModel):
    """What 0.2 answers to an extension query."""

    meta: list[Named]
    rows: dict[str, dict[str, list[dict[str, str | int]]]]


class Flyout(BaseModel):
    """A small text about something, as HTML."""

    id: str
    html: str


class Fault(BaseModel):
    """An error, as OpenRefine shows it."""

    status: Literal["error"] = "error"
    code: str
    message: str


class Manifest(BaseModel):
    """What the service is and does; its fields differ between 0.2 and 1.0-draft."""

    model_config = ConfigDict(extra="allow")

    versions: list[str]
    name: str
    view: dict[str, Any]
