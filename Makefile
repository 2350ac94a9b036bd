# The only commands a newcomer types. Each installs what it needs and is quick when nothing is missing.
SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)
CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help demo test build web lint fmt bench bench-accuracy bench-console samples train setup clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Sample cameras, worker and console on http://127.0.0.1:8080 (PORT=… to change)
	@deploy/setup.sh build run
	@$(MAKE) --no-print-directory web
	$(CARGO) build --release --bin kerbwatch
	target/release/kerbwatch demo $(if $(PORT),--listen 127.0.0.1:$(PORT))

test: ## Everything that is tested: set-up, lints, unit, property, golden, real parts, browser
	@deploy/setup.sh
	@$(MAKE) --no-print-directory web
	deploy/test.sh

build: ## The binary, optimised: target/release/kerbwatch
	@deploy/setup.sh build run
	@$(MAKE) --no-print-directory web
	$(CARGO) build --release --bin kerbwatch

# The pages are built when a source is newer than the last build.
web:
	@if [ -d console/web/node_modules ] && { [ ! -f console/web/dist/.built ] || \
	    [ -n "$$(find console/web console/openapi.json -path console/web/node_modules -prune -o -path console/web/dist -prune -o -type f -newer console/web/dist/.built -print -quit)" ]; }; then \
	    echo "Building the console's pages" && (cd console/web && npm run --silent build) && touch console/web/dist/.built; fi

lint: ## Formatting, clippy, rustdoc links, shell and front-end lints
	@deploy/setup.sh build
	@$(MAKE) --no-print-directory web
	deploy/lint.sh

fmt: ## Format the code
	$(CARGO) fmt --all

bench: ## CPU-seconds per camera-minute beside the bare GStreamer decode, stages by criterion
	@deploy/setup.sh build run
	@$(MAKE) --no-print-directory web
	$(CARGO) build --release --bin kerbwatch
	benches/run.sh

bench-console: ## How long the console's pages take with a million candidates: ARGS="--database postgres --rows 100000"
	@deploy/setup.sh build run
	@$(MAKE) --no-print-directory web
	$(CARGO) build --release --bin kerbwatch
	benches/console.py $(ARGS)

samples: ## Sample streams, STREETS=20 composed streets and STILLS=200 labelled stills to .local/samples; goes on where it was stopped
	@deploy/setup.sh build run
	$(CARGO) build --release --package kerbwatch-sample-streams --example render
	target/release/examples/render .local/samples
	target/release/examples/render .local/samples/streets --streets $(or $(STREETS),20) --first-seed $(or $(SEED),1) --jobs $(or $(JOBS),2)
	target/release/examples/render .local/samples/stills --stills $(or $(STILLS),200) --first-seed $(or $(SEED),1)

train: ## A model from labelled pictures: DATA="folder …", OUT=.local/models/mine, MINUTES=40 (rendered stills where DATA is missing)
	@deploy/setup.sh build run
	$(CARGO) build --release --bin kerbwatch
	$(if $(DATA),,$(CARGO) run --release --package kerbwatch-sample-streams --example render -- .local/stills --stills 1500)
	models/training/train.sh $(or $(DATA),.local/stills) --out $(or $(OUT),.local/models/mine) --minutes $(or $(MINUTES),40)

setup: ## Only install what is needed
	@deploy/setup.sh

clean: ## Remove build results (not what setup installed)
	$(CARGO) clean
	rm -rf console/web/dist
