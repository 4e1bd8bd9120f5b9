# The few commands of this project. Needs only Python 3.11 or newer and make; `make help` lists them.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# What the records decide is tested a second time, on a real PostgreSQL; these two have records of their own, or none
ON_POSTGRESQL := tests/ciem --ignore tests/ciem/test_run.py --ignore tests/ciem/test_supervise.py
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo run test lint check bench fuzz lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(VENV)/.installed ## run everything with a demo estate (PORT=8000)
	@exec $(BIN)/python -m ciem.run --port $(PORT)

run: $(VENV)/.installed ## run everything without the demo (PORT=8000)
	@exec $(BIN)/python -m ciem.run --port $(PORT) --no-demo

test: $(VENV)/.installed-dev ## run the whole test suite
	@$(BIN)/python -m tests.servers.jars
	@$(BIN)/pytest -n auto --dist loadgroup $(ARGS)
	@$(if $(ARGS),:,$(BIN)/pytest -q -n auto --dist loadgroup --ds tests.settings_postgresql $(ON_POSTGRESQL))

lint: $(VENV)/.installed-dev ## format, lint, types, imports, migrations, deployment settings
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@GRANTPATH_HTTPS=yes GRANTPATH_ALLOWED_HOSTS=grantpath.example \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

check: lint test ## lint and test

bench: $(VENV)/.installed ## measure speed and memory
	@$(BIN)/python -m bench

fuzz: $(VENV)/.installed-dev ## the property tests, for long (ROUNDS=20000)
	@GRANTPATH_FUZZ_ROUNDS=$(or $(ROUNDS),20000) $(BIN)/pytest -q -n auto -m hypothesis $(ARGS)

lock: $(VENV)/.installed-dev ## pin the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --universal -o requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --universal --group dev -c requirements.txt -o requirements-dev.txt

clean: ## remove the environment and everything that was written
	@rm -rf $(VENV) .grantpath .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; $(PYTHON) is " + sys.version.split()[0] + \
		". Name another: make demo PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what requirements.txt pins"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(VENV)/.installed
	@echo "Installing what requirements-dev.txt pins"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@
