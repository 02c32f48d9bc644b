"""Languages that the catalogue is kept translated into."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session

from api.deps import Reader, ReadSession, RuntimeDep, Writer
from api.errors import responses
from api.schemas.fields import Target
from api.schemas.localisations import LocalisationBody, LocalisationOut, LocalisationsOut
from linkage import store
from translate import localisations, usage
from workers import localiser
from workers.tasks import wake_for_localisation

router = APIRouter(prefix="/v1", tags=["localisations"])
LanguagePath = Annotated[Target, Path()]


@router.get("/localisations", responses=responses(401, 403, 429, 503))
def list_localisations(caller: Reader, session: ReadSession) -> LocalisationsOut:
    """List the languages, how many texts each has and how many items wait."""
    return LocalisationsOut(localisations=_all(session, caller.tenant_id))


@router.put(
    "/localisations/{language}",
    status_code=202,
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def follow_language(
    language: LanguagePath, body: LocalisationBody, caller: Writer, runtime: RuntimeDep
) -> LocalisationOut:
    """Keep the catalogue translated into a language from now on; only what changes costs."""
    [target] = runtime.translator.check_targets([language])
    with runtime.database.transaction() as session:
        localisations.follow(
            session,
            caller.tenant_id,
            target,
            sorted(set(body.fields)),
            glossary=body.glossary,
        )
        if body.again:
            localisations.begin_anew(session, caller.tenant_id, target)
        answers = _all(session, caller.tenant_id)
    wake_for_localisation(caller.tenant_id, target)
    return next(each for each in answers if each.language == target)


@router.delete(
    "/localisations/{language}",
    status_code=204,
    responses=responses(401, 403, 404, 422, 429, 503),
)
def leave_language(
    language: Annotated[str, Path(max_length=35)], caller: Writer, runtime: RuntimeDep
) -> None:
    """Keep a language no longer, and delete its texts."""
    with runtime.database.transaction() as session:
        localiser.leave(session, caller.tenant_id, language)


def _all(session: Session, tenant_id: str) -> list[LocalisationOut]:
    is_paused = usage.room(session, tenant_id) == 0
    return [
        LocalisationOut.of(
            each,
            store.count(session, tenant_id, after_revision=each.settled),
            is_paused=is_paused,
        )
        for each in localisations.overview(session, tenant_id)
    ]
