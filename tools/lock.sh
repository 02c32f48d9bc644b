#!/bin/sh
# Resolve pyproject.toml anew in the environment $1 and write what is installed.
set -eu
pip="$1/bin/python -m pip --disable-pip-version-check"
$pip install --quiet --upgrade 'pip>=25.1'
$pip install --quiet --upgrade --upgrade-strategy eager --editable . --group dev
{
    echo '# Every package of the environment, pinned. Made by `make lock`; do not edit.'
    $pip freeze --exclude-editable --exclude weft | sed 's/+cpu$//'
} > requirements.lock
