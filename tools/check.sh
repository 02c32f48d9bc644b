#!/bin/sh
# All that CI checks, in the order of how soon it fails.
set -eu
ruff format --check .
ruff check .
mypy
lint-imports
python -m pytest "$@"
