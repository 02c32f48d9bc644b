# Everything runs in .venv, made from requirements.lock; `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers

.PHONY: help demo test bench quality lint types compatibility lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml requirements.lock tools/environment.sh
	@PYTHON=$(PYTHON) sh tools/environment.sh $(VENV)
	@touch $@

$(PEERS): $(READY)
	@echo "Installing what Weft is measured beside (once) …"
	@$(BIN)/python -m pip install --quiet 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --group peers --constraint requirements.lock
	@touch $@

demo: $(READY)  ## import the sample catalogue, serve it, ask three real questions (ONCE=1: then stop)
	@$(BIN)/weft demo $(if $(ONCE),--once)

test: $(READY)  ## lint, types, import rules, migrations, and every test
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/check.sh

bench: $(PEERS)  ## measure speed and size into docs/performance.md (ONLY="NAME …": just these)
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks $(ONLY)

quality: $(PEERS)  ## measure what is found into docs/quality.md (ONLY="NAME …": just these)
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.quality $(ONLY)

lint: $(READY)  ## format and lint
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

types: $(READY)  ## check types
	@$(BIN)/mypy

compatibility: $(READY)  ## write docs/compatibility.md from the routes
	@$(BIN)/python -m api.dialects.compatibility > docs/compatibility.md

lock: $(READY)  ## write requirements.lock from what pyproject.toml resolves to now
	@sh tools/lock.sh $(VENV)

clean:  ## remove the environment and the demo's files
	rm -rf $(VENV) var build *.egg-info
