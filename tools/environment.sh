#!/bin/sh
# Make the virtual environment named by $1 from requirements.lock, with a CPU build of PyTorch.
set -eu
venv=$1
python=${PYTHON:-python3}
cpu_index=https://download.pytorch.org/whl/cpu

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Weft needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Set PYTHON=…" >&2
    exit 1
fi
[ -x "$venv/bin/pip" ] || "$python" -m venv "$venv" || {
    rm -rf "$venv"
    echo "'$python -m venv' failed. On Debian: apt-get install python3-venv" >&2
    exit 1
}
echo "Setting up $venv (a few minutes, once) …"
pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
torch=$(grep '^torch==' requirements.lock)
# PyPI's build of PyTorch can bring gigabytes of CUDA; the CPU index has the small one.
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
    $pip install --retries 0 --timeout 10 --index-url "$cpu_index" --no-deps "$torch" 2>/dev/null ||
        $pip install "$torch"
fi
$pip install -r requirements.lock
$pip install --no-deps --editable .
