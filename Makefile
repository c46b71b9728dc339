# ResNet Lab. `make book` and `make test` do all the set-up themselves.

PYTHON   ?= python3
VENV     := .venv
RUN      := $(VENV)/bin/python
READY    := $(VENV)/.ready
SETTINGS := $(VENV)/share/jupyter/lab/settings/overrides.json
PORT     ?= 8000

.DEFAULT_GOAL := help
.PHONY: help book test test-all mutants lint claims sync minutes reading bench replay lab colab serve screenshots clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
	  awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# The environment: made anew when what it must hold has changed.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $(READY)

# What makes JupyterLab save the state of figures with the notebook.
$(SETTINGS): book/tools/jupyterlab.json $(READY)
	@mkdir -p $(@D)
	@cp $< $@

book: $(READY)  ## execute the chapters and build the site in _build/html
	@$(RUN) -m book.tools.build

# Two at a time, so each on one thread of torch.
test: $(READY) $(SETTINGS)  ## everything a change can break quickly
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m "not everything" -n 2 --dist loadfile

test-all: $(READY) $(SETTINGS)  ## the same, and whole-site browser runs and bare environments; draws anew
	@RESNET_LAB_SEED=$${RESNET_LAB_SEED:-random} $(RUN) -m pytest $(PYTEST_ARGS)

mutants: $(READY)  ## is every fault on the lists in tests/mutants found by a test?
	@$(RUN) -m tests.mutants $(MUTANTS)

lint: $(READY)  ## ruff, mypy, notebooks without outputs, numerals in prose
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy
	@$(VENV)/bin/nbstripout --keep-id --verify book/*.ipynb
	@$(RUN) -m book.kit.lint
	@$(RUN) -m book.kit.sync --check

claims: $(READY)  ## recompute every row of the claims ledger
	@$(RUN) -m book.claims.run

sync: $(READY)  ## write the generated cells and tables again
	@$(RUN) -m book.kit.sync

minutes: $(READY)  ## execute each chapter and record how long it takes
	@$(RUN) -m book.kit.minutes

reading: book  ## count the words of the built pages and record them
	@$(RUN) -m book.kit.reading

bench: $(READY)  ## speed as ratios against named references
	@$(RUN) -m benchmarks

replay: $(READY)  ## after a change of the training code: do the records still hold?
	@$(RUN) -m resnet_lab.records.replay

# With the kernel of this environment, whatever the user has installed beside it.
lab: $(READY) $(SETTINGS)  ## open the chapters in JupyterLab
	@JUPYTER_PREFER_ENV_PATH=1 $(RUN) -m jupyterlab book

colab: $(READY)  ## run the chapters with Colab's packages (slow; needs Python 3.13 or 3.12)
	@$(RUN) -m book.tools.colab $(CHAPTERS)

serve: $(READY)  ## serve the built book on http://localhost:$(PORT), compressed
	@$(RUN) -m book.tools.serve $(PORT)

screenshots: $(READY)  ## pictures of every page: phone and desktop, light and dark
	@$(RUN) -m book.tools.screenshots

clean:  ## remove what was built (the environment stays)
	@rm -rf _build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
