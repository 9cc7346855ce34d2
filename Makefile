# make play   sets everything up and opens the game (films it where there is no display)
# make test   sets everything up and runs the whole gate: lint, strict types, tests
# PYTHON=...      the Python to use; otherwise the newest of PYTHONS that is installed
# PIP_FLAGS=...   what pip is given, such as an index of other builds
PYTHONS := python3.13 python3.12 python3.11
PYTHON ?= $(shell for python in $(PYTHONS); do $$python -c 'import ensurepip, venv' 2>/dev/null && echo $$python && break; done)
PIP_FLAGS ?= --quiet --disable-pip-version-check
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install $(PIP_FLAGS)

.PHONY: play test lint types check-python say-size clean
.DELETE_ON_ERROR:

# The game exits with 3 where no window can be opened, having said why.
play: .venv/.play
	@$(BIN)/python -m game || { \
	  [ $$? -eq 3 ] || exit 1; \
	  echo "Filming ten seconds of the backflip into out/backflip.mp4 instead."; \
	  $(BIN)/python -m game --headless --set park --policy backflip --seconds 10 \
	    --record out/backflip.mp4; }

test: lint types
	$(BIN)/python -m pytest

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.test
	$(BIN)/mypy

# A stamp file for each set of dependencies: the second time costs nothing.
.venv/.play: setup.cfg pyproject.toml | .venv/bin/python
	@$(BIN)/python -c 'import panda3d' 2>/dev/null || echo "Installing the game's packages into .venv: 310 MB to download."
	$(INSTALL) --editable .
	@touch $@

# Dependency groups need pip 25.1; a virtual environment of Python 3.11 or 3.12 begins with an older one.
.venv/.test: setup.cfg pyproject.toml | .venv/bin/python
	@$(MAKE) --no-print-directory say-size
	$(INSTALL) 'pip>=25.1'
	$(INSTALL) --editable . --group avatar --group capture --group dev --group room --group tools --group train --group usd
	@touch $@ .venv/.play

.venv/bin/python:
	@$(MAKE) --no-print-directory check-python PYTHON='$(PYTHON)'
	$(PYTHON) -m venv .venv

check-python:
	@[ -n "$(PYTHON)" ] || { echo "No Python 3.11, 3.12 or 3.13 that can make virtual environments is installed." \
	  "On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "$(PYTHON) is missing, is no Python 3.11, 3.12 or 3.13, or cannot make virtual environments." \
	  "On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }

say-size:
	@$(BIN)/python -c 'import torch' 2>/dev/null || [ "$$(uname -sm)" != "Linux x86_64" ] || { \
	  echo "The trainer needs PyTorch, whose usual package for Linux brings CUDA: 3.3 GB to download in all."; \
	  echo "Without an NVIDIA card its CPU-only package does, with 0.2 GB: stop here (Ctrl-C), look up the address of that"; \
	  echo "package index on pytorch.org (Get Started: Linux, Pip, CPU), and run"; \
	  echo "    make test PIP_FLAGS='--extra-index-url ADDRESS'"; }

clean:
	rm -rf .venv build *.egg-info
