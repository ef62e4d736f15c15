# make demo: train, measure and look at a FactorVAE.   make test: the tests, but for the exhaustive ones.
# TORCH=2.15.0 make demo takes another torch; PYTHON=python3.13 another interpreter; VENV=folder another environment.
SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
ESCNN ?= yes
TORCH ?=
STAMP := $(VENV)/.installed-$(ESCNN)-$(TORCH)
ARGUMENTS := -n 2 --dist worksteal --durations=50
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(ARGUMENTS)
SHARD ?=

.PHONY: demo test test-core test-ci test-exhaustive lint bench docs install clean

demo: $(STAMP)
	$(BIN)/python -m equilab demo

# Two processes of one thread each: more threads than cores wait for each other.
test: $(STAMP)
	$(PYTEST) -m "not exhaustive and not ci"

# Every combination of layers and kernels of which `test` takes one of each kind; SHARD=2/5 takes the second fifth.
test-exhaustive: $(STAMP)
	$(PYTEST) -m exhaustive $(if $(SHARD),--shard $(SHARD))

# What installs a wheel, or starts a browser or a server.
test-ci: $(STAMP)
	$(PYTEST) -m "ci and not exhaustive"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright

# The same tests without escnn and with numpy 2, in an environment of their own; the slow ones are left to `test`.
test-core:
	$(MAKE) VENV=.venv-core ESCNN=no install
	.venv-core/bin/python -c "import importlib.util as u; assert u.find_spec('escnn') is None; import numpy; assert numpy.__version__ >= '2'"
	OMP_NUM_THREADS=1 .venv-core/bin/python -m pytest $(ARGUMENTS) -m "not slow and not exhaustive and not ci"

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

docs: $(STAMP)
	$(BIN)/pip install -q -c constraints.txt -e ".[docs]"
	$(BIN)/pdoc equilab -o site

install: $(STAMP)

# Each candidate is run, not only looked up: a shim may exist and fail.
$(STAMP): pyproject.toml constraints.txt
	@python=""; for candidate in $(PYTHON) python3.12 python3.11 python3.13 python3; do \
	  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    python=$$candidate; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "equilab needs Python 3.11 or newer with venv, and found none: install it, or say PYTHON=/path/to/python make" >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then echo "making $(VENV) with $$($$python --version)"; $$python -m venv $(VENV); fi
	@grep -v "$(if $(TORCH),^torch==,^$$)" constraints.txt > $(VENV)/constraints.txt
	@$(if $(TORCH),echo "torch==$(TORCH)" >> $(VENV)/constraints.txt,true)
	@echo "installing equilab and what it needs (1 to 3 minutes the first time)"
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c $(VENV)/constraints.txt -e ".[test$(if $(filter yes,$(ESCNN)),$(comma)escnn)]"
	@$(if $(filter yes,$(ESCNN)),if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps escnn==1.0.11; \
	  else echo "escnn is left out: its helper lie_learn has no wheel for this Python; the core does not need it"; fi,true)
	@rm -f $(VENV)/.installed-*; touch $@

comma := ,

clean:
	rm -rf .venv .venv-core .editable site dist .pytest_cache .ruff_cache
