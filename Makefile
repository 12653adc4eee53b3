.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH := .bench/venv
FLEET := $(BIN)/orderfleet
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --quiet
PYTHON ?= python3

# Each seed in SEEDS is a run with one broker, each in CLUSTERS a run with three; each makes at least this much of everything.
SEEDS ?= 1 2 3
CLUSTERS ?= 4
MINUTES ?= 16
FAULTS ?= 55
ORDERS ?= 28000
RATE ?= 32
VERDICTS := .fleet/verdicts
fire = $(FLEET) chaos --seed $(1) $(2) --minutes $(MINUTES) --faults $(FAULTS) --orders $(ORDERS) --rate $(RATE) \
    $(if $(RABBITMQ),--rabbitmq $(RABBITMQ)) --home .fleet/chaos/$(1) --output $(VERDICTS)/$(1).json || broken=1;

## what people type

up: $(STAMP)      ## start everything and return when it is healthy
	@$(FLEET) up

down:             ## stop everything that `make up` started
	@if [ -x $(FLEET) ]; then $(FLEET) down; else echo "nothing is up"; fi

bench: $(BENCH)/.installed ## Orderfleet beside its peers, measured now; WHAT=tune ARGS="celery --rounds 1"
	@$(BENCH)/bin/python -m bench $(or $(WHAT),compare) $(ARGS)

demo: $(STAMP)    ## orders of every kind, from HTTP to their end
	@$(FLEET) demo

chaos: $(STAMP)   ## break everything under load, for more than an hour; SEEDS, CLUSTERS, MINUTES, FAULTS, ORDERS, RATE
	@$(FLEET) install $(if $(RABBITMQ),--rabbitmq $(RABBITMQ))
	@mkdir -p $(VERDICTS); rm -f $(VERDICTS)/*.json; broken=0; \
	$(foreach seed,$(SEEDS),$(call fire,$(seed))) $(foreach seed,$(CLUSTERS),$(call fire,$(seed),--cluster)) \
	$(FLEET) chaos $(VERDICTS)/*.json; exit $$broken

test: check       ## everything that CI runs; RABBITMQ=4 for RabbitMQ 4
	@$(FLEET) install $(if $(RABBITMQ),--rabbitmq $(RABBITMQ))
	@$(if $(RABBITMQ),ORDERFLEET_TEST_RABBITMQ=$(RABBITMQ)) $(BIN)/pytest $(TESTS)

check: $(STAMP)   ## lint, formatting, types and the direction of imports
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint: $(STAMP)    ## lint alone, with fixes where they are safe
	@$(BIN)/ruff check --fix

format: $(STAMP)  ## bring every file into shape
	@$(BIN)/ruff format

lock: $(STAMP)    ## write all locks anew
	@$(COMPILE) --extra dev --extra local --upgrade --output-file requirements.lock
	@$(COMPILE) --extra local --extra stripe --constraint requirements.lock --output-file requirements-runtime.lock
	@$(COMPILE) --extra bench --constraint requirements.lock --output-file requirements-bench.lock

clean: down       ## stop everything, and delete what was made, data included
	@if [ -x $(FLEET) ]; then $(FLEET) down --erase; fi
	@rm -rf $(VENV) .fleet .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:             ## this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

## how it gets there

$(STAMP): requirements.lock pyproject.toml
	@scripts=ops/local/venv.sh; PYTHON=$(PYTHON) bash $$scripts $(VENV)
	@touch $@

$(BENCH)/.installed: requirements-bench.lock $(STAMP)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(BENCH)
	@$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BENCH)/bin/python requirements-bench.lock
	@$(BENCH)/bin/python -m compileall -q -j 0 bench gateway messages migrations ops workers
	@touch $@

.PHONY: up down bench chaos demo test check lint format lock clean help
