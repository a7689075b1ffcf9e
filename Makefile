# Needs make, Python 3.11 or newer and a package index. `make` alone lists the targets.
PYTHON ?= python3
JOBS ?= logical
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := data/demo/study.toml
TESTS = $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not browser and not service" --doctest-modules tests svcq_lib
SHELL := /bin/sh

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test coverage lint lab bench lock clean distclean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(READY) ## Build the demonstration reports (HTML and PDF, English and Chinese) in reports/demo
	@$(BIN)/svcq run $(DEMO) --to html,pdf --lang en,zh --out reports/demo
	@echo "==> Open reports/demo: .html in a browser, .pdf in a viewer"

test: $(READY) ## Run the tests, the docstring examples and the notebooks
	@echo "==> Tests and docstring examples"
	@$(TESTS)
	@echo "==> Notebooks"
	@$(BIN)/python -m pytest -n 0 --nbval-lax --nbval-current-env notebooks # kernels started at once may race for ports

coverage: $(READY) ## Run the tests with line coverage, which takes up to twice as long
	@$(TESTS) --cov=svcq_lib --cov-report=term

lint: $(READY) ## Check style, types and layers
	@echo "==> ruff check" && $(BIN)/ruff check .
	@echo "==> ruff format --check" && $(BIN)/ruff format --check .
	@echo "==> mypy" && $(BIN)/mypy --num-workers auto
	@echo "==> lint-imports" && $(BIN)/lint-imports --no-cache

lab: $(READY) ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

bench: $(READY) ## Run the benchmarks
	@for script in benchmarks/*.py; do \
		if [ -e "$$script" ]; then echo "==> $$script"; $(BIN)/python "$$script" || exit 1; fi; \
	done

lock: ## Renew requirements.lock from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH"; exit 1; }
	@uv pip compile pyproject.toml --extra sql --extra dask --extra deliver --extra test --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--no-config --quiet --output-file requirements.lock

clean: ## Remove what was generated, except the environment
	@find reports -mindepth 1 ! -name README.md -delete
	@rm -rf build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .svcq-cache
	@find svcq_lib tests notebooks benchmarks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune \
		-exec rm -rf {} + 2>/dev/null || true
	@echo "==> Clean"

distclean: clean ## Remove the environment too
	@rm -rf $(VENV)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "svcq needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make $(or $(MAKECMDGOALS),report) PYTHON=python3.12"; exit 1; }
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$(PYTHON) cannot make a virtual environment: its venv or ensurepip module is missing" \
				"(on Debian and Ubuntu: apt-get install python3-venv)."; exit 1; }; \
		echo "==> Making $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv --clear $(VENV); \
	fi
	@echo "==> Installing the locked packages (about two minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # on all cores; pip compiles on one
	@echo "==> Installing svcq from this directory"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $@
