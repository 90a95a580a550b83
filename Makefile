# Everything here works from a fresh clone with python3 (3.11 or newer) and make. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test lint types check sample engines clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## install, then curate the bundled sample into out/sample
	$(BIN)/openclaw-data run sample --output out/sample --force

test: $(VENV)/.installed-dev ## install with what tests need, then run them all, in two processes
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.installed-dev ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev ## mypy, strict
	$(BIN)/mypy

check: lint types test ## lint, types and test

sample: $(VENV)/.installed ## write pipelines/sample/ anew from scripts/sample_prose/
	$(BIN)/python scripts/make_sample.py

engines: $(VENV)/.installed ## fetch Prism, Flink, Spark and HDFS for the tests that want them
	$(BIN)/python scripts/engines.py $(ENGINES)

clean: ## remove the environment and everything that was made
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. `pip` is looked for because an environment may have been made without it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
	  f"{sys.executable} is Python {sys.version.split()[0]}; openclaw-data needs 3.11 or newer. Try: make PYTHON=python3.12 run")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv or ensurepip module. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.pip: | $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@touch $@

# The install is editable: a changed source needs no second install, a changed pyproject.toml does.
$(VENV)/.installed: pyproject.toml | $(VENV)/.pip
	$(PIP) install -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.pip
	$(PIP) install -e '.[dev]'
	@touch $(VENV)/.installed $@
