# Every target sets itself up: a fresh clone needs Python 3.11+, make and libgomp1, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-bench
WORKERS ?= 2
DOCS   ?= build --quiet
MUTATE ?= --seconds 3600
FUZZ   ?= --n 10000
export OPENBLAS_NUM_THREADS ?= 1
unexport PYTHONDONTWRITEBYTECODE  # each of a thousand starts would compile the source anew

.DEFAULT_GOAL := help
.PHONY: help demo test check accept fuzz soak mutate bench docs clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "winback needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ctypes.util, sys; sys.exit(sys.platform == "linux" and not ctypes.util.find_library("gomp"))' \
	  || { echo "LightGBM needs the OpenMP runtime libgomp1, which is not installed. Try: apt-get install -y libgomp1" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "Could not make a virtual environment. On Debian: apt-get install -y python3-venv" >&2; exit 1; }
	@echo "Installing winback into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing the development tools into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.base  ## train, score, lists and report on CDNOW, into outputs/cdnow/
	@$(BIN)/winback run pipelines/cdnow.yaml

test: $(VENV)/.dev  ## all quick tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(VENV)/.dev  ## lint, types, import floors, docs
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -p no:xdist src tests/unit/test_docs.py

accept: $(VENV)/.dev  ## the long proofs: backtests, load, faults
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m slow tests

fuzz: $(VENV)/.dev  ## known tables in 10,000 random files: the same rows back, or a refusal? (FUZZ="--n 500 --seed 7")
	@$(BIN)/python tools/fuzz.py $(FUZZ)

$(VENV)/.mutate: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutate]'
	@touch $@

soak: $(VENV)/.dev  ## sixty nights with what goes wrong in a shop: late files, kills, retraining (half an hour; SOAK="--nights 12")
	@$(BIN)/python tools/soak.py $(SOAK)

mutate: $(VENV)/.mutate  ## break the source in small places: do the tests notice? (an hour; MUTATE="--rooms lists --seconds 600")
	@$(BIN)/python tools/mutate.py $(MUTATE)

$(PEERS)/.done: benchmarks/constraints.txt
	@echo "Installing pymc-marketing into $(PEERS) (once)"
	@($(PYTHON) -m venv $(PEERS) && $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint benchmarks/constraints.txt pymc-marketing && touch $@) \
	  || { echo "pymc-marketing could not be installed; the benchmark goes on without it" >&2; rm -rf $(PEERS); }

bench: $(VENV)/.base $(PEERS)/.done  ## winback beside lifetimes and pymc-marketing (long; BENCH=--quick)
	@$(BIN)/python benchmarks/bench.py $(BENCH)
	@$(BIN)/python benchmarks/job.py

docs: $(VENV)/.dev  ## the site, into site/ (DOCS=serve: at http://127.0.0.1:8000)
	@NO_MKDOCS_2_WARNING=1 PYTHONDONTWRITEBYTECODE=1 $(BIN)/mkdocs $(DOCS)

clean:  ## remove the environment, caches and outputs (never models/local)
	@rm -rf $(VENV) $(PEERS) benchmarks/results.json outputs site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
