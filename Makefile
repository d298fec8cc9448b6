# make demo      install Tiza into .venv and run its demonstration
# make test      every check that a change has to pass (minutes)
# make lint      the checks of make test that run nothing
# make verify    everything, the long tests too, on every Python found; writes docs/verification.md
# make bench     time Tiza beside other libraries (half an hour); writes benchmarks/RESULTS.md;
#                make bench ONLY=A,products renews some sections of it
# make messages  bring the Spanish catalogue up to date with the code
# make clean     remove what the above left behind
#
# The first run needs a network to install; later ones do not.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: demo test lint verify bench messages clean

VENV := .venv
PEERS_VENV := .venvs/peers
BENCH_VENV := .venvs/bench
RESULTS := build/verify
FIGURES := build/figures.jsonl
# loadgroup: tests that share something dear, such as the built wheel, run in one process.
PYTEST := pytest -n 2 --dist loadgroup
comma := ,

# $(call first_working,CANDIDATES,TEST): the first candidate that runs, satisfies TEST and can make environments.
# It is run because a version manager's stand-in can be on the PATH and still fail.
first_working = $(shell for python in $(1); do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(not ($(2)))' >/dev/null 2>&1 \
	&& command -v "$$python" && break; done)
PYTHON = $(call first_working,python3.11 python3.12 python3.13 python3.14 python3,sys.hexversion >= 0x030B0000)

# $(call python_of,3.12): on the PATH, or installed by pyenv though not active.
PYENV_ROOT ?= $(HOME)/.pyenv
python_of = $(call first_working,python$(1) $(wildcard $(PYENV_ROOT)/versions/$(1).*/bin/python$(1)),\
	"%d.%d" % sys.version_info[:2] == "$(1)")

# $(call install,PYTHON,EXTRAS): the build backend first and the project without build isolation, so that the
# backend's version is pinned too and a change of pyproject.toml needs no network.
pip_install = $(1) -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
install = $(call pip_install,$(1)) hatchling editables && \
	$(call pip_install,$(1)) --no-build-isolation --editable '.$(2)'

demo: $(VENV)/installed-tiza
	$(VENV)/bin/tiza demo

test: lint
	$(VENV)/bin/python -m $(PYTEST)

lint: $(VENV)/installed-dev
	$(VENV)/bin/python -m ruff check
	$(VENV)/bin/python -m ruff format --check
	$(VENV)/bin/python -m mypy --strict
	$(VENV)/bin/lint-imports

$(VENV)/pyvenv.cfg $(PEERS_VENV)/pyvenv.cfg $(BENCH_VENV)/pyvenv.cfg:
	@if [ -z '$(PYTHON)' ]; then \
		echo 'Tiza needs Python 3.11 or later, with venv and ensurepip; none of python3.11 to python3.14 and python3' >&2; \
		echo 'is one. Install it (on Debian: apt install python3-venv), or name yours: make PYTHON=/path/to/python' >&2; \
		exit 1; \
	fi
	'$(PYTHON)' -m venv --clear $(@D)

$(VENV)/installed-tiza: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(call install,$(VENV)/bin/python)
	touch $@

$(VENV)/installed-dev: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(call install,$(VENV)/bin/python,[dev])
	touch $(VENV)/installed-tiza $@

$(PEERS_VENV)/installed-dev: $(PEERS_VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(call install,$(PEERS_VENV)/bin/python,[dev$(comma)peers])
	touch $@

.venvs/%/installed-dev: pyproject.toml constraints.txt
	'$(call python_of,$*)' -m venv --clear $(@D)
	$(call install,$(@D)/bin/python,[dev])
	touch $@

# Every run is made even if one before it fails; the report is written in any case, and then the failure shows.
verify: $(PEERS_VENV)/installed-dev
	rm -rf $(RESULTS) $(FIGURES)
	mkdir -p $(RESULTS)
	@failed=0; \
	for run in everything python-3.11 python-3.12 python-3.13 python-3.14; do \
		$(MAKE) verify-$$run || { failed=1; echo $$run >>$(RESULTS)/failed.txt; }; \
	done; \
	$(PEERS_VENV)/bin/python verification/report.py --runs $(RESULTS) --figures $(FIGURES) \
		--output docs/verification.md || failed=1; \
	exit $$failed

# $(call run_tests,PYTHON,WHAT IT RUNS,OPTIONS)
python_name = $(shell $(1) -c 'import platform as p; print(p.python_implementation(), p.python_version())')
run_tests = $(1) -m $(PYTEST) --junitxml='$(RESULTS)/$@.xml' -o junit_suite_name='$(call python_name,$(1)), $(2)' $(3)

verify-everything:
	KERAS_BACKEND=jax $(call run_tests,$(PEERS_VENV)/bin/python,everything,-m 'slow or peers or not slow')

verify-python-%:
	@if $(PEERS_VENV)/bin/python -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$*")'; then \
		echo 'Python $*: everything has run on it'; \
	elif [ -z '$(call python_of,$*)' ]; then \
		echo 'Python $*: not found'; echo 'Python $*' >>$(RESULTS)/not-found.txt; \
	else \
		$(MAKE) .venvs/$*/installed-dev && $(MAKE) verify-ordinary-$*; \
	fi

verify-ordinary-%:
	$(call run_tests,.venvs/$*/bin/python,ordinary tests)

$(BENCH_VENV)/installed-bench: $(BENCH_VENV)/pyvenv.cfg pyproject.toml constraints.txt benchmarks/requirements.txt
	$(call install,$(BENCH_VENV)/bin/python)
	$(call pip_install,$(BENCH_VENV)/bin/python) --requirement benchmarks/requirements.txt
	touch $@

bench: $(BENCH_VENV)/installed-bench
	$(BENCH_VENV)/bin/python benchmarks/run.py $(if $(ONLY),--only $(ONLY))

messages: $(VENV)/installed-dev
	mkdir -p build
	$(VENV)/bin/pybabel -q extract --no-default-keywords -k translate -k _ -k translatable -k translate_plural:1,2 \
		--no-wrap --sort-by-file --add-location=file --project=Tiza -o build/tiza.pot src/tiza
	$(VENV)/bin/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		-D tiza -l es -i build/tiza.pot -d src/tiza/locale
	$(VENV)/bin/pybabel -q compile --statistics -D tiza -d src/tiza/locale

clean:
	rm -rf $(VENV) .venvs build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests verification benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
