# make play   sets everything up and opens the game (films it where there is no display)
# make test   sets everything up and runs the whole gate: lint, strict types, tests
PYTHON ?= python3.11
PIP_FLAGS ?= --quiet --disable-pip-version-check
BIN := .venv/bin

.PHONY: play test lint types check-python clean
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
	$(BIN)/python -m pip install $(PIP_FLAGS) --editable .
	@touch $@

.venv/.test: setup.cfg pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[avatar,capture,dev,train]'
	@touch $@ .venv/.play

.venv/bin/python:
	@$(MAKE) --no-print-directory check-python
	$(PYTHON) -m venv .venv

check-python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. On Debian 12 and Ubuntu:" \
	  "sudo apt-get install python3.11 python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment." \
	  "On Debian 12 and Ubuntu: sudo apt-get install python3.11-venv"; exit 1; }

clean:
	rm -rf .venv build *.egg-info
