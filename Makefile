# banzuke: one command each. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.setup-done
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-check test test-full lint format types bench data lock clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv with the locked dependencies and banzuke itself

$(STAMP): requirements.lock pyproject.toml scripts/check_python.py
	@$(PYTHON) scripts/check_python.py
	@echo "Setting up $(VENV) (about a minute the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## import the shipped results, predict, analyse, and serve on 127.0.0.1:8000
	@$(BIN)/banzuke demo

demo-check: setup ## the same without a browser: request every page, exit 0 or 1
	@$(BIN)/banzuke demo --check

# one thread for each of the two workers: BLAS threads of both would wait for each other
test: setup ## the whole test suite, in parallel
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-full: setup ## the same, with the tests that kill and repeat at their full size (minutes more)
	@BANZUKE_FULL_TESTS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup ## ruff format and check, mypy strict, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## rewrite the code in the house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## speed and memory, side by side with peers
	@$(BIN)/python -m benchmarks

data: setup ## rebuild the data that ships in the package from ../shared/data
	@$(BIN)/python scripts/make_datasets.py ../shared/data

lock: ## resolve the dependencies again into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra local --extra inspect --extra images --extra service \
	  --extra embed --extra ray --extra ifeval --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --upgrade -o requirements.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
