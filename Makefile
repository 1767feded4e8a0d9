# PulseMesh. `make run` and `make test` are all the set-up there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STAMP := node_modules/.package-lock.json

STORE ?= sqlite

.PHONY: help install run dev test test-slow e2e smoke check bench build cassandra clean image up status down

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Install what is missing (Node 24 comes as the npm package `node`)

$(STAMP): package.json package-lock.json
	@command -v npm >/dev/null || { echo "Expected Node.js 20 or newer with npm, got none: see https://nodejs.org"; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $(STAMP)

run: install ## Start PulseMesh on this machine: functions, broker, store (STORE=cassandra for that one); Ctrl-C stops it
	@npm run --silent local -- --store $(STORE)

dev: install ## The same, restarted when a source changes
	@npm run --silent dev -- --store $(STORE)

test: install ## Pass all tests
	@npm run --silent test

test-slow: install ## The tests that take minutes: three Cassandra nodes, a real Prometheus
	@npm run --silent test:slow

e2e: install ## All that is promised of the cluster, on a KIND cluster of its own (20 min)
	@npm run --silent e2e

smoke: install ## The least of that: up, a pulse each way, down
	@npm run --silent smoke

check: install ## Format, lint, types and tests: what CI checks
	@npm run --silent check

bench: install ## Measure CPU per pulse beside a bare node:http server
	@npm run --silent bench

build: install ## Bundle each function to one file under dist/
	@npm run --silent build

cassandra: install ## Start a real Cassandra here (NODES=3 for three), until Ctrl-C
	@npm run --silent cassandra

clean: ## Remove what was installed and built; the data under .pulsemesh/ stays
	rm -rf node_modules dist coverage

image: install ## Build the functions' image with Docker
	@node_modules/.bin/node infra/cluster/build.ts

up: install ## Put PulseMesh on a KIND cluster with Knative and Cassandra, or bring it up to date
	@node_modules/.bin/node infra/cluster/up.ts

status: install ## Show what runs on the cluster
	@node_modules/.bin/node infra/cluster/status.ts

down: install ## Remove the cluster and all that `make up` made
	@node_modules/.bin/node infra/cluster/down.ts
