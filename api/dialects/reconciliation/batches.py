"""Rows to be reconciled and entities to be extended, in batches of either version."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import RootModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from sqlalchemy.orm import Session

from api.deps import ReadSession, RuntimeDep
from api.dialects.keys import Reader, get_caller
from api.dialects.reconciliation.manifest import manifest
from api.dialects.reconciliation.speech import (
    PREFIX,
    TAG,
    Route,
    described,
    errors,
    property_named,
    type_of,
)
from api.dialects.routes import FORM, Parameters, supports
from api.faults import told
from api.schemas import reconciliation as schemas
from api.schemas.reconciliation import (
    BATCH_SIZE,
    CandidateOut,
    Extension,
    ExtensionQuery,
    Feature,
    Manifest,
    NameCondition,
    OldExtension,
    OldQuery,
    OldResult,
    PropertyCondition,
    QueryBatch,
    Reference,
    ResultBatch,
    Values,
)
from linkage.naming import properties, reconcile
from linkage.naming.reconcile import Candidate, Condition, Row
from linkage.types import Item
from workers.runtime import Runtime

router = APIRouter(prefix=PREFIX, tags=[TAG], route_class=Route)
QUERIES: TypeAdapter[dict[str, OldQuery]] = TypeAdapter(dict[str, OldQuery])
Old = RootModel[dict[str, OldResult]]
FORM_BODY = {
    "requestBody": {
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "queries": {"type": "string", "contentMediaType": "application/json"},
                        "extend": {"type": "string", "contentMediaType": "application/json"},
                    },
                }
            }
        }
    }
}


@router.get(
    "",
    response_model_exclude_none=True,
    responses=errors(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=supports(
        "part",
        "the manifest, of 0.2 unless `version=1.0-draft`; `queries` or `extend` of 0.2; no JSONP",
    ),
)
@router.post(
    "",
    response_model_exclude_none=True,
    responses=errors(400, 401, 403, 413, 415, 422, 429, 503),
    openapi_extra=supports("full", "`queries` or `extend` of 0.2, in a form") | FORM_BODY,
    name="reconciliation_by_post",
)
def reconciliation(
    request: Request,
    given: Parameters,
    runtime: RuntimeDep,
    version: Annotated[str, Query(pattern=r"^(0\.2|1\.0-draft)$")] = "0.2",
    key: str | None = None,
) -> Old | OldExtension | Manifest:
    """Reconcile or extend as 0.2 asks for it; without a question, tell what the service does."""
    if not (given.get("queries") or given.get("extend")):
        return Manifest(**manifest(request, _kinds(request, runtime, key), version))
    caller = get_caller(request, runtime, key)
    with runtime.database.reading() as session:
        if given.get("extend"):
            asked = _read(TypeAdapter(ExtensionQuery), given["extend"])
            extended = _extended(session, caller.tenant_id, asked)
            rows = {row.id: {p.id: p.values for p in row.properties} for row in extended.rows}
            return OldExtension(meta=extended.meta, rows=rows)
        queries = _read(QUERIES, given["queries"])
        found = _reconciled(
            session, caller.tenant_id, runtime, list(map(_old_row, queries.values()))
        )
    return Old(
        {name: OldResult(result=result) for name, result in zip(queries, found, strict=True)}
    )


@router.post(
    "/match",
    response_model_exclude_none=True,
    responses=errors(400, 401, 403, 413, 415, 422, 429, 503),
    openapi_extra=supports("full", "1.0-draft; qualifiers `exact` and `similar`"),
)
def reconciliation_match(
    body: QueryBatch, caller: Reader, session: ReadSession, runtime: RuntimeDep
) -> ResultBatch:
    """Reconcile rows: for each, what it may stand for; a match only where one is likely."""
    found = _reconciled(session, caller.tenant_id, runtime, list(map(_row, body.queries)))
    return ResultBatch(results=[schemas.Result(candidates=each) for each in found])


@router.post(
    "/extend",
    responses=errors(400, 401, 403, 413, 415, 422, 429, 503),
    openapi_extra=supports("full", "1.0-draft; properties have no settings"),
)
def reconciliation_extend(body: ExtensionQuery, caller: Reader, session: ReadSession) -> Extension:
    """Return the values of properties; of an entity that there is not, none."""
    return _extended(session, caller.tenant_id, body)


def _kinds(request: Request, runtime: Runtime, key: str | None) -> list[str]:
    """Return the types of the caller's catalogue; a manifest without a key names none."""
    if not key and "authorization" not in request.headers:
        return []
    caller = get_caller(request, runtime, key)
    with runtime.database.reading() as session:
        return reconcile.kinds(session, caller.tenant_id)


def _read(kind: TypeAdapter[Any], given: object) -> Any:  # noqa: ANN401 - what the adapter reads
    """Return what a parameter holds as JSON; 400 says where it is not what it should be."""
    try:
        sent = from_json(given) if isinstance(given, str) else given
    except ValueError as error:
        raise HTTPException(400, f"is not valid JSON: {error}") from error
    try:
        return kind.validate_python(sent)
    except ValidationError as error:
        raise HTTPException(400, told(error, sent)) from error


def _reconciled(
    session: Session, tenant_id: str, runtime: Runtime, rows: Sequence[Row]
) -> list[list[CandidateOut]]:
    if len(rows) > BATCH_SIZE:
        raise HTTPException(413, f"at most {BATCH_SIZE} queries a request")
    linker, matcher = runtime.linker, runtime.editions
    return [
        [
            _shown(candidate)
            for candidate in reconcile.reconcile(
                session, tenant_id, row, linker=linker, matcher=matcher
            )
        ]
        for row in rows
    ]


def _old_row(query: OldQuery) -> Row:
    return Row(
        names=_texts(query.query or ""),
        kinds=frozenset([query.type] if isinstance(query.type, str) else query.type),
        conditions=tuple(
            Condition(property=each.pid, values=values)
            for each in query.properties
            if (values := _texts(each.v))
        ),
        limit=query.limit,
    )


def _row(query: schemas.Query) -> Row:
    named = [c for c in query.conditions if isinstance(c, NameCondition)]
    return Row(
        names=tuple(name for c in named if c.matchQuantifier != "none" for name in _texts(c.v)),
        kinds=frozenset([query.type] if query.type else []),
        conditions=tuple(
            Condition(
                property="name" if isinstance(c, NameCondition) else c.pid,
                values=values,
                quantifier=c.matchQuantifier,
                is_exact=c.matchQualifier == "exact",
                is_required=c.required,
            )
            for c in query.conditions
            if (values := _texts(c.v)) and _is_told_apart(c)
        ),
        limit=query.limit,
    )


def _is_told_apart(condition: NameCondition | PropertyCondition) -> bool:
    """Tell whether a condition is more than a name to look for."""
    is_name = isinstance(condition, NameCondition)
    return not is_name or condition.required or condition.matchQuantifier == "none"


def _texts(given: Values) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    texts = (
        (value.name or value.id) if isinstance(value, Reference) else str(value) for value in values
    )
    return tuple(text.strip() for text in texts if text.strip())


def _shown(candidate: Candidate) -> CandidateOut:
    item = candidate.item
    return CandidateOut(
        id=item.id,
        name=item.title,
        description=described(item) or None,
        type=[type_of(item.kind)],
        score=round(100 * candidate.probability, 2),
        match=candidate.is_match,
        features=[
            Feature(id=name, name=name.replace("_", " "), value=value)
            for name, value in candidate.features.items()
        ],
    )


def _extended(session: Session, tenant_id: str, asked: ExtensionQuery) -> Extension:
    known = reconcile.things(session, tenant_id, asked.ids)
    wanted = list(dict.fromkeys(each.id for each in asked.properties))
    rows = [
        schemas.ExtendedRow(id=id_, properties=[_values(known.get(id_), name) for name in wanted])
        for id_ in dict.fromkeys(asked.ids)
    ]
    return Extension(meta=[property_named(name) for name in wanted], rows=rows)


def _values(item: Item | None, name: str) -> schemas.ExtendedProperty:
    values = properties.values_of(item, name) if item else ()
    shown: list[dict[str, str | int]] = [
        {"int": int(value)} if name == "year" else {"str": value} for value in values
    ]
    return schemas.ExtendedProperty(id=name, values=shown)
