#!/bin/sh
# All that CI checks, in the order of how soon it fails.
set -eu
ruff format --check .
ruff check .
mypy
lint-imports
# two runs beside each other, as end-to-end tests mostly wait; those of the command line go with the
# others, to make them about as long; what the first has to say is shown at the end
log=$(mktemp)
trap 'rm -f "$log"' EXIT
python -m pytest tests/e2e --ignore-glob '*/e2e/test_cli*' "$@" > "$log" 2>&1 &
status=0
python -m pytest --ignore-glob '*/e2e/test_[!c]*' --ignore tests/e2e/test_chaos.py \
    --ignore tests/e2e/test_contract.py --ignore tests/e2e/clients "$@" || status=$?
wait $! || status=$?
cat "$log"
exit "$status"
