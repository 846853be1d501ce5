# One file says how everything is done; `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
STORE ?= store
BIN := $(VENV)/bin
WEB := api/web
STATIC := api/riskmap_api/static
SAMPLE := data/cases/sample.toml

.PHONY: help demo sample serve test check bench format lint types imports limits test-only web lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

demo: sample web ## build the sample case and serve its map on http://127.0.0.1:8000
	$(BIN)/riskmap serve --store $(STORE)

sample: $(VENV)/installed ## build the sample case, without serving
	$(BIN)/riskmap build $(SAMPLE) --inputs data/sample --store $(STORE)

serve: $(VENV)/installed web ## serve what is in the store
	$(BIN)/riskmap serve --store $(STORE)

test: $(VENV)/tested web ## install what the tests need and run all of them
	$(MAKE) --no-print-directory test-only

check: $(VENV)/tested $(WEB)/node_modules lint types imports limits ## exactly what CI checks beside the tests
	cd $(WEB) && PATH="$(CURDIR)/$(BIN):$$PATH" npx tsc --noEmit

bench: $(VENV)/tested ## measure riskmap beside its peers, all ratios in one run
	$(BIN)/python tests/benchmarks/bench.py --out out/bench

format: $(VENV)/tested ## format the Python sources
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(VENV)/tested
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(VENV)/tested
	$(BIN)/mypy

imports: $(VENV)/tested
	$(BIN)/lint-imports

limits: $(VENV)/tested
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_exported_members.py

test-only:
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --cov --cov-report=term:skip-covered
	rm -f .coverage.*
	$(BIN)/coverage report --include='src/riskmap/score/*,src/riskmap/grid/merge.py' --fail-under=100

web: $(STATIC)/index.html ## build the map

lock: ## pin every dependency anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header -q pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header -q pyproject.toml --group build --group test -o requirements-test.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header -q --group web -o requirements-web.lock

clean: ## remove everything made here, the store included
	rm -rf $(VENV) $(STORE) $(STATIC) $(WEB)/node_modules .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/tested: requirements-test.lock $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || echo "chromium is missing and could not be installed: the browser tests will be skipped"
	@touch $@

# Node from the machine where it is new enough, else from the Python package that carries it.
$(VENV)/node: requirements-web.lock $(VENV)/installed
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-web.lock
	@touch $@

$(WEB)/node_modules: $(WEB)/package-lock.json | $(VENV)/node
	cd $(WEB) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

$(STATIC)/index.html: $(WEB)/node_modules $(wildcard $(WEB)/*.* $(WEB)/src/*)
	cd $(WEB) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
