"""The page of what the dialects support is made from the routes, and is up to date."""

from pathlib import Path

from fastapi import FastAPI

from api.dialects.compatibility import render


def test_the_page_says_what_the_routes_say(app: FastAPI) -> None:
    assert Path("docs/compatibility.md").read_text(encoding="utf-8") == render(app), (
        "run `make compatibility`"
    )


def test_every_route_outside_our_own_says_how_far_it_goes(app: FastAPI) -> None:
    ours = ("/v1/", "/health", "/ready", "/metrics")
    silent = [
        (method, path)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if not path.startswith(ours) and "x-support" not in operation
    ]
    assert silent == []
