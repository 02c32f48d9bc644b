"""For machines that watch: liveness, readiness, metrics."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from api.deps import RuntimeDep
from api.errors import responses
from workers.settings import DEFAULT_TENANT

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """The process runs."""

    status: str = "ok"


@router.get("/health")
def health() -> Health:
    """Tell that the process runs."""
    return Health()


@router.get("/ready", responses=responses(503))
def ready(runtime: RuntimeDep) -> Health:
    """Tell whether requests can be served: the database answers and the models are loaded."""
    runtime.linker.warm()
    with runtime.database.reading() as session:
        runtime.linker.status(session, DEFAULT_TENANT)
    runtime.translator.warm()
    return Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics() -> Response:
    """Return Prometheus metrics of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
