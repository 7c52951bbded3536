# Two commands: `make refresh` installs and runs the main job; `make test` installs and runs all tests.
# Use another Python in its own environment: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Some machines set this variable; without bytecode every start compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: refresh test test-long bench export ui format clean

refresh: $(READY)
	@$(BIN)/payung refresh

# Three processes on two cores: on average one of them waits for servers, disks and clocks.
test: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist worksteal -m "not live and not long"

test-long: $(READY)
	$(BIN)/pytest -n 2 -m "not live"

bench: $(READY)
	$(BIN)/python -m bench

export: $(READY)
	$(BIN)/payung export

ui: $(READY)
	$(BIN)/payung ui

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pinned versions; uv if it can be installed (nine seconds instead of seventy), otherwise pip.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@if $(BIN)/pip install --quiet --disable-pip-version-check uv; then \
		$(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[dev]' -c constraints.txt --compile-bytecode; \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt; \
	fi
	@touch $(READY)

clean:
	rm -rf .venv .venv-* var .mypy_cache .ruff_cache .pytest_cache
