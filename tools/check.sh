#!/bin/sh
# All that CI checks, in the order of how soon it fails.
set -eu
ruff format --check .
ruff check .
mypy
lint-imports
# end-to-end tests mostly wait: the others run beside them, and theirs are shown at the end
log=$(mktemp)
trap 'rm -f "$log"' EXIT
python -m pytest tests/e2e "$@" > "$log" 2>&1 &
status=0
python -m pytest --ignore tests/e2e "$@" || status=$?
wait $! || status=$?
cat "$log"
exit "$status"
