# The only list of commands. CI, people and other tools rely on these names.

PYTHON ?=
PORT ?= 8000
REPEAT ?= $(if $(STALE),1,2)
PROCESSES ?= 4
EDITS ?= 0
OPEN ?=
K ?=
STALE ?=
APART ?=
PATTERN ?=
NAME ?=

PY := .venv/bin/python
READY := .venv/ready
# The checkers of the finished pages; without npm their tests are skipped, or fail if CI is set.
# Those of make check-site are twenty times as large.
CHECKERS := node_modules/.package-lock.json
LARGE_CHECKERS := check_site/node_modules/.package-lock.json
SPHINX := $(PY) -m sphinx -c . -d build/doctrees
# From nothing, so that one commit and evidence make one site to the byte: pages
# of an earlier build would keep yesterday's sidebars. It takes no longer.
HTML := $(SPHINX) -E -W -b html docs build/html
# They mostly wait, so there are more processes than cores. Each would load
# two plugins of others that no snippet test uses, which takes longer than all else.
SNIPPETS := $(PY) -m pytest tests/snippets -n $(PROCESSES) \
	-p no:hypothesispytest -p no:anyio
# Strict as well: who reads a page first hears of its warnings, and nobody afterwards.
DOCTEST := $(SPHINX) -W -b doctest docs build/doctest

# After a failure, no site stays that looks published. What builds have not put
# into the folder stays.
OR_NO_SITE := || { $(PY) -m livesnippets.page.published build/html; exit 1; }

# Each part of make test runs, whatever failed before.
REPORTS := build/reports
FAILED = touch '$(REPORTS)/$(subst /,.,$1).failed'
REPORT = $(if $(K),-k "$$K") -o junit_family=xunit1 \
	--junitxml=$(REPORTS)/$(subst /,.,$1).xml \
	|| $(if $(K),[ $$? = 5 ] ||) $(call FAILED,$1)

# An activated .venv must not be the Python that its own set-up starts from.
export PATH := $(subst $(CURDIR)/.venv/bin:,,$(value PATH))

# It leaves out the asserts of the tests' helpers.
unexport PYTHONOPTIMIZE

# Empty if .venv belongs to this folder, to PYTHON if one is given, and runs:
# the path of the checkout is inside an environment, so a copy is no use.
REMAKE := $(shell test -x $(PY) && grep -qsxF "$$(pwd -P)" $(READY) \
	$(if $(PYTHON),&& grep -qsxF '$(PYTHON)' $(READY)) || echo yes)

# Sets $python. A candidate counts only when it runs, for a version manager's
# shim can stand for a version that is not active, and when it can make an
# environment, which Debian's python3 cannot without python3-venv. Lacking
# wheels, a free-threaded build ("3.13t") does not count.
define FIND_PYTHON
python=$$( \
for version in 3.13 3.12 3.14; do \
  for python in $(if $(PYTHON),'$(PYTHON)',"python$$version" python3 python \
    "$${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version".*/bin/python \
    "$$(uv python find --system --offline $$version 2>/dev/null)"); do \
    found=$$("$$python" -c 'import ensurepip, sys, venv; print("%d.%d%s" % \
      (sys.version_info[:2] + (sys.abiflags,)))' 2>/dev/null) || continue; \
    if [ "$$found" = $$version ]; then echo "$$python"; exit; fi; \
  done; \
done); \
if [ -z "$$python" ]; then \
  echo 'No usable Python$(if $(PYTHON), in PYTHON=$(PYTHON)): install 3.13' \
    '(3.12 is the oldest that works) with its venv module, for example by' \
    '"pyenv install 3.13" or "uv python install 3.13", or name one:' \
    'make PYTHON=/path/to/python' >&2; exit 1; \
fi
endef

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help html new test audit doctest preview serve check-site lint format lock bench clean python

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

html: $(READY) ## Run what has no current evidence, then build build/html (APART=1: as make test)
	$(SNIPPETS) --stale $(if $(APART),--repeat 1 --apart) $(OR_NO_SITE)
	$(DOCTEST) -q $(OR_NO_SITE)
	$(HTML) $(OR_NO_SITE)

test: $(READY) $(CHECKERS) ## Run every test, or those named K=; leaves evidence and site (STALE=1: none twice)
	@rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	$(PY) -m pytest tests/livesnippets -n 3 $(call REPORT,tests/livesnippets)
	$(SNIPPETS) $(if $(STALE),--stale) --repeat $(REPEAT) --apart $(call REPORT,tests/snippets)
	$(if $(K),,$(DOCTEST) -q || $(call FAILED,make doctest))
	$(if $(K),,($(HTML) $(OR_NO_SITE)) || $(call FAILED,make html))
	test ! -d build/html || \
	  EDITS=$(EDITS) $(PY) -m pytest tests/site $(call REPORT,tests/site)
	@$(PY) -m tests.support.summary

new: $(READY) ## Write module, test and page of an idea: PATTERN= NAME=
	@$(PY) -m new "$$PATTERN" "$$NAME"

audit: $(READY) ## Build build/html from the evidence at hand; run no test
	$(HTML) $(OR_NO_SITE)

doctest: $(READY) ## Run the >>> blocks of the pages
	$(DOCTEST)

preview: $(READY) ## Serve the pages and test what you save (PORT=8000, OPEN=1)
	@exec $(PY) -m livesnippets.preview --port $(PORT) $(if $(OPEN),--open)

serve: $(READY) ## Serve the finished site as a host does (PORT=8000)
	@exec $(PY) -m livesnippets.preview.host build/html --port $(PORT)

check-site: $(READY) $(LARGE_CHECKERS) ## Let Lighthouse, vnu and linkinator check build/html; takes a while
	@$(PY) -m check_site

lint: $(READY) ## Check style, types, rooms, dependencies and the hosts' files
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m pip check
	$(PY) -m check_jsonschema --builtin-schema vendor.readthedocs \
	  .readthedocs.yaml
	$(PY) -m check_jsonschema --builtin-schema vendor.github-workflows \
	  .github/workflows/*.yml

format: $(READY) ## Put the code in order
	$(PY) -m ruff check --fix-only
	$(PY) -m ruff format

# Without --no-config, a developer's own package sources would get in.
lock: build/uv/bin/uv ## Compile requirements.txt from pyproject.toml
	$< pip compile --quiet --no-config --universal \
	  --python-version 3.12 --generate-hashes --group dev \
	  --custom-compile-command 'make lock' -o requirements.txt pyproject.toml

bench: $(READY) ## Measure the promised figures beside those of their peers
	$(PY) -m bench

clean: ## Remove build/ and the caches; .venv stays
	rm -rf build .hypothesis .mypy_cache .pytest_cache .ruff_cache

python: # Print the Python that set-up would use; .ci/run asks.
	@$(FIND_PYTHON); echo "$$python"

build/uv/bin/uv:
	@$(FIND_PYTHON); "$$python" -m venv build/uv
	build/uv/bin/python -m pip install --quiet uv

$(CHECKERS): package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent && touch $@; fi

$(LARGE_CHECKERS): check_site/package-lock.json
	@cd check_site && npm ci --silent && touch node_modules/.package-lock.json

# Times trigger, contents decide: a branch switched to and back costs seconds.
# $(READY) is written last, so that a half-made .venv is made again.
ifneq (,$(REMAKE))
.PHONY: $(READY)
endif
$(READY): requirements.txt pyproject.toml
	@set -e; \
	if [ -n '$(REMAKE)' ] || ! cmp -s requirements.txt .venv/locked; then \
	  $(FIND_PYTHON); \
	  echo "Setting up .venv with $$python: pip downloads the packages of" \
	    "requirements.txt that it has not kept, at most" \
	    "$$(grep -c '^[a-z].*==' requirements.txt), about 200 MB (700 MB installed)"; \
	  rm -rf .venv; \
	  "$$python" -m venv .venv; \
	  $(PY) -m pip install --quiet --require-hashes -r requirements.txt; \
	  cp requirements.txt .venv/locked; \
	fi; \
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .; \
	printf '%s\n' "$$(pwd -P)" '$(PYTHON)' > $@
