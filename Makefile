# Thin on purpose: what a target does is in tools/, in Python, so that it also works without make.

# The first Python on the PATH that is new enough. If there is none, tools/install.py says so.
PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
PORT ?= 8000
NOTEBOOK ?=
STUDY ?=
CHECK ?=
PAGE ?=
LIGHTHOUSE ?=
ROOT ?=
RUN = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help book site offline-book test audit notebooks lab bench studies lint clean install install-dev

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

book: install  ## build the book and serve it on this machine (PORT=8000)
	@$(RUN) tools/book.py $(PORT)

site: install-dev  ## build what is published, with the exercises as notebooks, in _build/site
	@$(RUN) tools/lite.py

offline-book: export DESCENT_OFFLINE = $(CURDIR)/.audit/offline
offline-book: install-dev  ## the same with Python in it, for where there is no network; serve it
	@$(RUN) tools/pyodide.py .audit/offline
	@$(RUN) tools/lite.py $(PORT)

test: install-dev lint  ## run every test: units, notebooks, the built pages in a browser
	@$(RUN) tools/book.py --build
	@$(RUN) -m pytest --nbval --nbval-current-env -n logical --dist loadfile --no-loadscope-reorder tests book

audit: install-dev  ## weigh the built pages (PAGE=adam for one, LIGHTHOUSE=1 for its scores)
	@$(RUN) tools/audit.py $(if $(LIGHTHOUSE),--lighthouse) $(PAGE)

notebooks: install-dev  ## execute and normalize all notebooks, or one (NOTEBOOK=book/adam.ipynb)
	@$(RUN) tools/notebooks.py $(NOTEBOOK)

lab: install  ## copy the notebooks into my-work/, never over yours, and open JupyterLab there
	@$(RUN) tools/lab.py $(if $(ROOT),--allow-root)

bench: install-dev  ## time a step of each rule beside PyTorch's
	@$(RUN) tools/bench.py

studies: install-dev  ## run the experiments (STUDY=races for one, CHECK=1 for a sample)
	@$(RUN) -m studies $(STUDY) $(if $(CHECK),--check)

lint: install-dev  ## check style and format of the code and the notebooks
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check

clean:  ## delete what was built, but neither .venv nor your own work
	@rm -rf _build .audit .pytest_cache .ruff_cache .hypothesis
	@find code tools tests -name __pycache__ -exec rm -rf {} +

install:
	@$(PYTHON) tools/install.py

install-dev:
	@$(PYTHON) tools/install.py dev
