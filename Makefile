# `make help` lists what can be made. ARGS= is passed on, for example: make report ARGS="--set width=64"
SHELL := /bin/sh
.DEFAULT_GOAL := help

PY := .venv/bin/python
PYTEST := -m pytest -n 2 --dist loadfile
ARGS ?=

.PHONY: help setup lab report gallery doctor test test-fast test-full slow test-gpu test-floors bench notebooks posters links lint types format lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Make the private environment .venv (every target below that needs it does so by itself)
	@PYTHON='$(PYTHON)' sh .ci/setup.sh

lab: setup ## Open JupyterLab on the first notebook
	@$(PY) -m curvkit lab $(ARGS)

report: setup ## Run the notebooks without a screen and write web pages
	@$(PY) -m curvkit report $(ARGS)

gallery: setup ## Make a static site of the notebooks in site/, whose knobs turn with no kernel
	@$(PY) -m curvkit gallery $(ARGS)

doctor: setup ## Say in one screen whether all is well for a class
	@$(PY) -m curvkit doctor $(ARGS)

# The checker of types takes one core for some twenty seconds: beside the tests, told after them.
test: setup ## Lint, and run all tests but those that take long
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@mkdir -p .pytest_cache
	@$(PY) .ci/typecheck.py > .pytest_cache/types.log 2>&1 & types=$$!; \
	$(PY) $(PYTEST) -m "not full" $(ARGS); tests=$$?; \
	wait $$types; types=$$?; cat .pytest_cache/types.log; [ $$tests$$types = 00 ]

test-fast: setup ## Run the rules, refusals and all tests that take less than a sixth of a second
	@$(PY) $(PYTEST) -m "not slow and not full" $(ARGS)

slow: setup ## Note in tests/slow.txt which tests `make test-fast` leaves out, by a timed run
	@mkdir -p .pytest_cache
	@$(PY) $(PYTEST) -m "not full" --durations=0 --durations-min=0.1 > .pytest_cache/durations.log || true
	@$(PY) .ci/slow.py .pytest_cache/durations.log

test-full: setup ## Run every test, the notebooks at full defaults and every static knob too
	@$(PY) $(PYTEST) $(ARGS)

test-gpu: setup ## Run every notebook at full defaults on the GPU, and check what it claims
	@$(PY) -m pytest -n 0 -rs tests/test_gpu.py $(ARGS)

test-floors: setup ## Run the tests with the oldest versions pyproject.toml allows, in .venv-floors
	@$(PY) .ci/setup.py --floors
	@.venv-floors/bin/python $(PYTEST) -m "not full" $(ARGS)

bench: setup ## Measure against peers (every file in benchmarks/)
	@for file in benchmarks/[!_]*.py; do \
	  if [ -f "$$file" ]; then echo "== $$file"; $(PY) "$$file" $(ARGS) || exit 1; fi; \
	done

notebooks: setup ## Write each notebook's .ipynb from its .py, and the README's tables
	@$(PY) .ci/pair.py
	@$(PY) .ci/tables.py

posters: setup ## Make the notebooks' moving posters from their scenes (ARGS=01: of one notebook)
	@$(PY) .ci/posters.py $(ARGS)

links: notebooks ## Write badges and first cells from the address in pyproject.toml

lint: setup ## Check style, format and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) .ci/typecheck.py

types: setup ## Check types alone (ARGS=--write: write down that there are fewer errors than noted)
	@$(PY) .ci/typecheck.py $(ARGS)

format: setup ## Put style and format right where a program can
	@$(PY) -m ruff check --fix . || true
	@$(PY) -m ruff format .

# The lock names no index: whoever installs from it uses the one configured, and the hashes decide.
lock: setup ## Pin all dependencies again, derive the conda files (ARGS=--upgrade for the newest)
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --extra dev --extra models --extra bench --extra cluster --extra verify --extra pages \
	  $(ARGS) --output-file requirements.lock pyproject.toml
	@$(PY) .ci/derive.py

clean: ## Remove what make has made, the environments included
	rm -rf .venv .venv-floors .venv-setup.log build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
