# Two commands: `make up` runs Seekframe, `make test` proves it. Python 3.11 or newer is all they need.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := webapp indexer search model_server client benchmarks tests requirements manage.py
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help up test check lint typecheck migrations messages fmt install install-tests tracks lock sbom audit clean

help:
	@echo "make up     install what is missing and run Seekframe (Ctrl-C stops it)"
	@echo "make test   every check and every test"
	@echo "make tracks install what writes down what is said and written (optional)"
	@echo "make audit  ask for known weaknesses of the pinned packages (needs the internet)"
	@echo "make sbom   list them for machines, as CycloneDX"
	@echo "make fmt    format the code"
	@echo "make messages  gather the pages' texts for translation"
	@echo "make clean  remove caches and .venv (your videos in var/ stay)"

install:
	@$(PYTHON) requirements/install.py

install-tests:
	@$(PYTHON) requirements/install.py --tests

tracks: install
	@$(PYTHON) requirements/install.py --tracks

up: install
	@exec $(BIN)/python manage.py up

test: check
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: lint typecheck migrations

lint: install-tests
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs: run make fmt."; exit 1; }
	@$(BIN)/ruff check --quiet .

typecheck: install-tests
	@$(BIN)/mypy --no-error-summary

migrations: install-tests
	@SECRET_KEY=check SEEKFRAME_ENV_FILE=/dev/null SEEKFRAME_VAR=/nonexistent $(BIN)/python manage.py makemigrations --check --dry-run -v 0 || \
		{ echo "A model changed without a migration: run manage.py makemigrations --name INTENT."; exit 1; }

# Gathers the texts of the sources into locale/ (needs xgettext), and compiles what is translated.
messages: install-tests
	@for domain in "django -i static -i tests" "djangojs -i vendor"; do \
		SECRET_KEY=x SEEKFRAME_ENV_FILE=/dev/null SEEKFRAME_VAR=/nonexistent $(BIN)/python manage.py makemessages \
			--all --no-location --no-obsolete -d $$domain -i var -i client -i docs; done
	@$(BIN)/python -m tests.messages

fmt: install-tests
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Exact versions and hashes of everything that direct.in and tests.in ask for, for every platform at once.
lock: install-tests
	@$(BIN)/pip install --quiet uv==0.13.9
	@cd requirements && for name in lock:direct tests:tests tracks:tracks benchmarks:benchmarks; do \
		../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--excludes <(echo torch) -o $${name%%:*}.txt $${name##*:}.in; done

# Everything that is installed, for machines: CycloneDX, in var/.
sbom: install-tests
	@mkdir -p var && $(BIN)/python -m cyclonedx_py requirements requirements/lock.txt -o var/sbom.json && echo "var/sbom.json"

# Known weaknesses of the pinned packages. Asks a database on the internet.
audit: install-tests
	@$(BIN)/pip install --quiet pip-audit==2.10.1
	@$(BIN)/pip-audit --disable-pip --require-hashes --strict -r requirements/lock.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
