# Everything runs in a virtual environment of its own; nothing but Python (3.11 or newer) and make is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What `make test` installs, extras and dependency groups; "test" alone leaves out torch, which is large, and the tests that
# need it.
EXTRAS ?= test,train,fast,lightning

.DEFAULT_GOAL := help
.PHONY: help install demo example test test-fast check docs benchmarks validity calibration analytic luck limits designs rounding losses power slices notebooks long dist clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of extras and dependency groups, made again when the metadata change.
GROUPS := test docs dist dev bench
comma := ,
space := $(subst ,, )
names = $(subst $(comma), ,$(1))
extras = $(subst $(space),$(comma),$(strip $(filter-out $(GROUPS) plain,$(names))))
groups = $(filter $(GROUPS),$(names))
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	$(if $(call groups,$*),$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1")
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix --group ,$(call groups,$*)) \
		--editable ".$(if $(call extras,$*),[$(call extras,$*)])"
	@touch $@

install: $(VENV)/.installed-plain ## install the package into the virtual environment

demo: $(VENV)/.installed-train ## train scwae on small digits for a minute, then test its latents
	$(BIN)/slicednorm train --model scwae --data digits --device cpu --evaluate-every 50 --pictures-every 250 --out runs/demo --resume
	$(BIN)/slicednorm encode runs/demo --device cpu -o runs/demo/latents.npy
	$(BIN)/slicednorm test runs/demo/latents.npy --seed 0

example: $(VENV)/.installed-plain ## test latents that the repository ships: 2,000 MNIST digits by scwae
	$(BIN)/slicednorm test docs/examples/mnist_scwae.npy --seed 0

test: $(VENV)/.installed-$(EXTRAS) ## run every test
	$(BIN)/python -m pytest -n auto -m "not long"

test-fast: $(VENV)/.installed-$(EXTRAS) ## all but the slow ones, in about two minutes
	$(BIN)/python -m pytest -n auto -m "not long and not slow"

check: $(VENV)/.installed-dev ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.installed-docs ## build the documentation's pages, into build/docs
	rm -rf build/docs docs/reference/generated
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --fresh-env -d build/doctrees docs build/docs

benchmarks: $(VENV)/.installed-bench ## ratios to what a user knows, into docs/results/benchmarks.md (minutes)
	$(BIN)/python -m slicednorm_studies.benchmarks --out docs/results/benchmarks.md

validity: $(VENV)/.installed-plain ## the long study of the p-values, into docs/results/validity.md (half an hour)
	$(BIN)/python -m slicednorm_studies.validity --out docs/results/validity.md

analytic: $(VENV)/.installed-fast ## the size of tests whose null distribution is a formula, into docs/results/analytic.md (two hours)
	$(BIN)/python -m slicednorm_studies.analytic --out docs/results/analytic.md

luck: $(VENV)/.installed-fast ## by how much p-values depend on the directions, into docs/results/luck.md (an hour)
	$(BIN)/python -m slicednorm_studies.luck --out docs/results/luck.md

calibration: $(VENV)/.installed-fast ## all ways to a p-value against exact ones, into docs/results/calibration.md (an hour)
	$(BIN)/python -m slicednorm_studies.calibration --out docs/results/calibration.md

limits: $(VENV)/.installed-plain ## where limiting laws and extrapolated tails hold, into docs/results/limits.md (an hour)
	$(BIN)/python -m slicednorm_studies.limits --out docs/results/limits.md

designs: $(VENV)/.installed-plain ## the size of tests of residuals, into docs/results/designs.md (an hour)
	$(BIN)/python -m slicednorm_studies.designs --out docs/results/designs.md

rounding: $(VENV)/.installed-plain ## the size of tests of rounded values, into docs/results/rounding.md (hours)
	$(BIN)/python -m slicednorm_studies.rounding --out docs/results/rounding.md

losses: $(VENV)/.installed-torch ## what the losses do, into docs/results/losses.md (minutes)
	$(BIN)/python -m slicednorm_studies.losses --out docs/results/losses.md

power: $(VENV)/.installed-plot ## the power of every test, into docs/results/power.md (half an hour or more)
	$(BIN)/python -m slicednorm_studies.power --out docs/results

slices: $(VENV)/.installed-$(EXTRAS) ## the power of sliced tests by the number of directions, into docs/results/slices.md (minutes)
	$(BIN)/python -m slicednorm_studies.slices --out docs/results/slices.md

notebooks: $(VENV)/.installed-$(EXTRAS) ## run the documentation's notebooks and keep their outputs (a minute or two)
	$(BIN)/python -m slicednorm_studies.notebooks docs/notebooks/*.ipynb

long: $(VENV)/.installed-$(EXTRAS) ## the tests that take minutes: a training that is killed twenty times
	$(BIN)/python -m pytest -m long

# What is tested is the wheel: the tests and docs are those of the unpacked sdist, whose sources are removed. The environment
# is below them, so that their conftest.py holds for the examples of the installed modules.
FRESH := build/fresh
dist: EXTRAS = test
dist: $(VENV)/.installed-dist ## build sdist and wheel, and test the wheel in a new environment (EXTRAS: test)
	rm -rf dist $(FRESH)
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*
	mkdir -p $(FRESH)
	tar -xzf dist/*.tar.gz -C $(FRESH) --strip-components 1
	rm -r $(FRESH)/slicednorm $(FRESH)/cli $(FRESH)/studies $(FRESH)/*.egg-info
	$(PYTHON) -m venv $(FRESH)/.venv
	$(FRESH)/.venv/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(FRESH)/.venv/bin/python -m pip install --quiet --disable-pip-version-check \
		$(addprefix --group $(FRESH)/pyproject.toml:,$(call groups,$(EXTRAS))) \
		"$$(echo dist/*.whl)$(if $(call extras,$(EXTRAS)),[$(call extras,$(EXTRAS))])"
	cd $(FRESH) && .venv/bin/python -c "import slicednorm; print('testing', slicednorm.__file__)"
	cd $(FRESH) && .venv/bin/python -m pytest -n auto -m "not long" --pyargs tests slicednorm

clean: ## remove the virtual environment and what tools leave behind
	rm -rf $(VENV) build dist runs *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
