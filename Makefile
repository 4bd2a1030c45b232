# The recipes of the house: people, hooks and CI call the same.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test mutants lint format bench bench-compare bench-keep docs dev clean

demo: .venv/.demo  ## the main job, offline: switch semis to software over the embedded history
	@mkdir -p build
	$(BIN)/rotation demo --page build/semis_to_software.html

test: .venv/.dev  ## every test, with warnings as errors and branch coverage
	$(BIN)/python -m pytest -n auto --dist worksteal -p no:benchmark --cov --cov-report=term

mutants: .venv/.dev  ## what the tests of the account let pass, see docs/adr/0003; ten minutes
	rm -rf mutants
	HYPOTHESIS_PROFILE=mutants $(BIN)/mutmut run
	$(BIN)/mutmut results

lint: .venv/.dev  ## format, lint, types, the one-way flow
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev  ## ratios to the peers, each with its answer checked
	@mkdir -p build
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-json=build/bench.json
	$(BIN)/python scripts/bench_table.py build/bench.json > build/bench.md
	@cat build/bench.md

bench-compare: .venv/.dev $(if $(REPORT),,bench)  ## fails on a loss since the last run kept; REPORT=build/bench.json to run nothing
	$(BIN)/python scripts/bench_compare.py $(or $(REPORT),build/bench.json)

bench-keep: .venv/.dev  ## the last run of make bench into history, its plot, and docs/performance.md
	$(BIN)/python scripts/bench_compare.py --keep build/bench.json
	$(BIN)/python scripts/draw_bench_history.py
	$(BIN)/python scripts/bench_table.py build/bench.json --page docs/performance.md

docs: .venv/.dev  ## build/docs/index.html, warnings are errors
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs

dev: .venv/.dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable ".[cli,report]"
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable ".[dev]"
	@touch $@ .venv/.demo

clean:
	rm -rf .venv build dist mutants
