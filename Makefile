# Two commands for a newcomer: `make demo` and `make test`. Nothing else needs to be installed than Python 3.11.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# One more than there are processors: tests with processes and brokers of their own wait for them.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: setup demo test lint types tests coverage browser bench soak lock clean

setup: .venv/ready

# The stamp is newer than what it was made from, so a second call does nothing and downloads nothing.
.venv/ready: requirements/lock.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Comity needs Python 3.11 or later.")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/ready

demo: setup
	$(BIN)/comity demo

test: setup lint types browser tests

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

tests: setup
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal

# How much of the rooms the tests run, lines and branches; what processes of their own run is not counted.
coverage: setup
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal -m "not processes and not browser" \
	  --cov --cov-report=term:skip-covered

# Browser tests want Debian's Chromium; where it cannot be installed they skip and say so.
browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 \
	      || echo "chromium could not be installed: browser tests will be skipped"; \
	  else echo "chromium is not installed: browser tests will be skipped"; fi; }

bench: setup
	$(BIN)/comity bench lookup

# What takes longer than a newcomer waits: every scenario many times, and the story over and over.
soak: setup
	COMITY_SOAK=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal tests/scenarios tests/api/test_openapi.py
	for round in 1 2 3 4 5 6 7 8 9 10; do $(BIN)/comity demo --check || exit 1; done

# Dependencies are locked with hashes and without index addresses.
lock:
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header --upgrade \
	  -o requirements/lock.txt

clean:
	rm -rf .venv
