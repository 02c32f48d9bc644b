"""The ASGI application: `create_app(runtime)` for tests and servers alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from api import errors
from api.dialects import deepl, libretranslate, nif, reconciliation
from api.document import describe
from api.limits import RateLimiter
from api.middleware import BodyLimit, PathGuard, RequestContext
from api.options import refuse_unknown
from api.routes import (
    admin,
    builds,
    documents,
    entities,
    feedback,
    glossaries,
    imports,
    items,
    localisations,
    memories,
    related,
    sources,
    system,
    translation_jobs,
    translations,
    usage,
    works,
)
from workers.logs import configure_logs
from workers.runtime import Runtime
from workers.settings import settings_from_environment
from workers.upkeep import kept_up

DESCRIPTION = """Related content and translation for catalogues of books and media.

Send your key as `Authorization: Bearer …`. Errors are RFC 9457 problem documents; each answer
carries an `X-Request-ID` that finds it in the logs. Under `/v1`, a query option or a field of a
body that an endpoint does not have is refused, so that none misspelt is passed over."""


def create_app(runtime: Runtime) -> FastAPI:
    """Return the application over a runtime, which it closes at shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with kept_up():
            yield
        runtime.close()

    app = FastAPIOffline(  # its pages load nothing from elsewhere
        static_url="/docs/assets",
        swagger_ui_parameters={"validatorUrl": "none"},
        title="Weft",
        version=version("weft"),
        description=DESCRIPTION,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.runtime = runtime
    app.state.limiter = RateLimiter(
        runtime.settings.rate_limit, runtime.settings.resolved_rate_limit_url
    )
    errors.install(app)
    # `/items/{id}/related` stands before `/items/{id}`, whose id may hold slashes
    modules = (
        related, feedback, items, entities, imports, sources, translations, translation_jobs,
        documents, glossaries, memories, localisations, builds, usage, admin,
        works,
    )  # fmt: skip
    for module in modules:
        app.include_router(
            module.router,
            dependencies=[Depends(refuse_unknown)],
            responses=errors.responses(422),
        )
    # the dialects' own clients send parameters that only their first servers know
    dialects = (libretranslate.router, nif.router, *deepl.ROUTERS, *reconciliation.ROUTERS)
    for router in (system.router, *dialects):
        app.include_router(router)
    app.add_middleware(
        BodyLimit,
        max_bytes=runtime.settings.max_body_bytes,
        max_file_bytes=runtime.settings.max_upload_bytes,
        streamed=translation_jobs.STREAMED_PATHS,
    )
    app.add_middleware(PathGuard)
    # keys travel in headers and bodies, never in cookies: any page may ask
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
    )
    app.add_middleware(RequestContext)
    describe(app, runtime)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def from_environment() -> FastAPI:
    """Return the application as the environment sets it: what a server process imports."""
    settings = settings_from_environment()
    configure_logs(settings)
    return create_app(Runtime(settings))
