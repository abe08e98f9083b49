# Regulars. `make help` explains every target.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

BIN := .venv/bin
STAMP := .venv/.set-up
ARGS ?=
JOBS ?= 4

.PHONY: help setup demo run check format test bench faults openapi clean

help: ## Explain every target
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'
	@echo "Data lives in REGULARS_HOME (/var/lib/regulars for root, else ~/.local/share/regulars)."
	@echo "ARGS=\"...\" hands options on, for example: make test ARGS=\"tests/kit -k money\""

setup: $(STAMP) ## Install everything into .venv (needs only python3 3.11+ and make)
	@$(if $(filter setup,$(MAKECMDGOALS)),echo "Everything is installed in .venv.",:)

$(STAMP): pyproject.toml uv.lock .ci/bootstrap
	@.ci/bootstrap
	@touch $(STAMP)

demo: setup ## A living loyalty program with a year of real shopping, on 127.0.0.1:8700
	@$(BIN)/regulars demo $(ARGS)

run: setup ## Start the API, the worker and the embedded database
	@$(BIN)/python -P -m regulars.api $(ARGS)

check: setup ## Lint, types, import contracts and house rules; under 2 minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house

format: setup ## Put the code into its one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

test: setup ## All tests, side by side on up to JOBS (4) cores; 11 minutes on 2
	$(BIN)/pytest --numprocesses auto --maxprocesses $(JOBS) --dist worksteal $(ARGS)

bench: setup ## Measure what docs/performance.md promises; writes benchmarks/results.json
	$(BIN)/python -m benchmarks $(ARGS)

faults: setup ## Kill, pause, fill and turn back clocks; every promise of docs/operations.md; a table; about half an hour
	$(BIN)/python -m tests.faults.suite $(ARGS)

openapi: setup ## Write docs/openapi.json, docs/errors.md and docs/reference.md anew
	$(BIN)/python -m regulars.api.openapi
	$(BIN)/python -m regulars.program.page > docs/reference.md

clean: ## Remove what setup and tools made; data stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
