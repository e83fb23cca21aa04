# `make run` and `make test` need Python >= 3.11 and nothing else. Another Python: make PY=python3.12 run
PY  ?= python3
BIN := .venv/bin
# pip installs into .venv from outside: no python3-venv package is needed, and a system's "externally managed" mark is no obstacle.
# Python compiles what is imported when it is; two at once see what the other has not finished as a conflict.
PIP := PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 $(PY) -m pip --python $(BIN)/python install -qq --disable-pip-version-check --no-warn-script-location --no-warn-conflicts --no-compile
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

run: .venv/.ready
	@$(BIN)/python -m dashboard serve --demo

# `lint` runs beside the tests, and makes way for them; what is downloaded and unpacked is so side by side too.
test:
	@$(MAKE) --no-print-directory -j3 programs .venv/.ready-test .venv/.ready-spark
	@$(MAKE) --no-print-directory -j2 pytest lint NICE='nice -n 10'

# Tests start our programs again and again: these are compiled once, whatever the environment says of keeping that.
pytest: .venv/.ready-test .venv/.ready-spark
	@$(BIN)/python -m tests.install
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What of the tests' programs is Debian's, as root; `pytest` tells what is missing in the end.
programs:
	@$(PY) -m tests.install --packages

# All random cases, and in the dark what `test` looks at in the light: before a release, or every night.
thorough:
	@AUDITLENS_TESTS=thorough $(MAKE) --no-print-directory test

lint: .venv/.ready-test
	$(NICE) $(BIN)/ruff check
	$(NICE) $(BIN)/ruff format --check
	$(NICE) $(BIN)/mypy
	$(NICE) $(BIN)/lint-imports

bench: .venv/.ready-test .venv/.ready-spark
	$(BIN)/python -m pytest -q -s -m bench

pictures: .venv/.ready-test
	@$(BIN)/python -m tests.install chromium
	$(BIN)/python -m tests.browser.pictures

# Needs uv. Keeps what is locked; `make lock UPGRADE=--upgrade` takes newer versions.
lock:
	$(LOCK) $(UPGRADE) pyproject.toml requirements-build.in -o requirements.lock
	$(LOCK) $(UPGRADE) --extra test -c requirements.lock pyproject.toml requirements-build.in -o requirements-test.lock
	$(LOCK) $(UPGRADE) --no-deps requirements-geo.in -o requirements-geo.lock
	$(LOCK) $(UPGRADE) --no-deps requirements-spark.in -o requirements-spark.lock

.venv/.python:
	@$(PY) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PY=python3.12 run")'
	@$(PY) -c 'import pip; v = tuple(map(int, pip.__version__.split(".")[:2])); v >= (22, 3) or sys.exit("x")' 2>/dev/null \
	  || { echo "pip 22.3 or newer is needed for $(PY) (Debian: python3-pip)" >&2; exit 1; }
	@echo "Setting up .venv (once, about a minute)"
	@$(PY) -m venv --clear --without-pip .venv
	@touch $@

# The geo database's wheel pins an old reader that it does not need: a lock of its own, without its requirements.
.venv/.ready: .venv/.python requirements.lock requirements-geo.lock pyproject.toml
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --require-hashes --no-deps -r requirements-geo.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-test: .venv/.ready .venv/.ready-extra
	@touch $@

# What the tests' lock has beyond the other, into the same folder at the same time: its pins are the same.
.venv/.ready-extra: requirements-test.lock requirements.lock .venv/.python
	@awk 'NR == FNR { if (/==/) there[$$1]; next } /==/ { wanted = !($$1 in there) } wanted' \
	  requirements.lock requirements-test.lock > .venv/extra.lock
	@$(PIP) --no-deps --require-hashes -r .venv/extra.lock
	@touch $@

# The Spark that tests ask: the programs and jars out of pyspark's source archive. Installed, it would hide the client.
.venv/.ready-spark: requirements-spark.lock .venv/.python
	@rm -rf .venv/spark .venv/spark-download
	@$(PY) -m pip download -qq --disable-pip-version-check --require-hashes --no-deps -d .venv/spark-download -r requirements-spark.lock
	@tar -xzf .venv/spark-download/pyspark-*.tar.gz -C .venv/spark-download
	@mv .venv/spark-download/pyspark-*/deps .venv/spark && chmod +x .venv/spark/bin/* .venv/spark/sbin/*
	@rm -rf .venv/spark-download .venv/spark/examples .venv/spark/data && touch $@

.PHONY: run test pytest programs thorough lint bench pictures lock
