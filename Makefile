# PulseMesh. Every target installs what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STAMP := node_modules/.package-lock.json

STORE ?= sqlite

.PHONY: help install run dev test test-slow e2e smoke check bench build cassandra clean image up status down

help: ## Lists the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Installs the npm packages, Node 24 among them

$(STAMP): package.json package-lock.json
	@command -v npm >/dev/null || { echo "Expected Node.js 20 or newer with npm, got none: see https://nodejs.org"; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $(STAMP)

run: install ## Starts PulseMesh on this machine, on SQLite or with STORE=cassandra on Cassandra; Ctrl-C stops it
	@npm run --silent local -- --store $(STORE)

dev: install ## Like `make run`, and restarts a process when its sources change
	@npm run --silent dev -- --store $(STORE)

test: install ## Runs the tests, but those of test-slow and e2e
	@npm run --silent test

test-slow: install ## Runs the tests that take minutes: three Cassandra nodes, floods, a real Prometheus
	@npm run --silent test:slow

e2e: install ## Runs the end-to-end tests on a new KIND cluster (20 min)
	@npm run --silent e2e

smoke: install ## Runs the shortest end-to-end test: up, a pulse each way, down
	@npm run --silent smoke

check: install ## Checks format, lint and types, and runs the tests
	@npm run --silent check

bench: install ## Measures CPU per pulse, beside a bare node:http server
	@npm run --silent bench

build: install ## Bundles each function to one file under dist/
	@npm run --silent build

cassandra: install ## Starts a real Cassandra on this machine (NODES=3: three nodes); Ctrl-C stops it
	@npm run --silent cassandra

clean: ## Removes the npm packages and everything built; the data under .pulsemesh/ stays
	rm -rf node_modules dist coverage

image: install ## Builds the functions' image with Docker
	@node_modules/.bin/node infra/cluster/build.ts

up: install ## Installs or updates PulseMesh on a KIND cluster with Knative and Cassandra
	@node_modules/.bin/node infra/cluster/up.ts

status: install ## Shows what runs on the cluster
	@node_modules/.bin/node infra/cluster/status.ts

down: install ## Removes the cluster and everything that `make up` made
	@node_modules/.bin/node infra/cluster/down.ts
