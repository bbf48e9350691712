# Cornerdesk: `make run` for the demo, `make test` for everything. `make` lists the rest.
#
# The commands behind each line are scripts in tools/; they work on their own too.

.DEFAULT_GOAL := help
.PHONY: help run test test-quick soak fuzz bench looks setup panel build release fmt lint advisories doc size clean

# --workspace everywhere: cargo then chooses the same features each time and compiles a dependency once.
CARGO := CARGO_TERM_QUIET=true cargo

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: panel ## install what is missing, build, start the demo and print its address
	@echo "server: building (about 3 minutes the first time)"
	@$(CARGO) run --bin cornerdesk -- serve --demo --data .demo

test: ## everything that must hold before a change lands (about 45 minutes the first time)
	@tools/test.sh

test-quick: ## formatting, lints and unit tests: no browser, no panel, no PostgreSQL
	@tools/test.sh format clippy unit

soak: ## the tests of crashes, power cuts and lost databases in their long form, as a table (about half an hour)
	@tools/setup.sh test
	@tools/soak.sh

fuzz: ## strangers' texts made up by a fuzzer: policies, calendar files; FOR=600 seconds each (60), ONLY=policy_toml for one
	@tools/setup.sh run
	@tools/fuzz.sh $(or $(FOR),60) $(ONLY)

bench: ## durable tickets, memory, delays, long lists, as tables and target/bench/*.json; ONLY=intake for one part (15 minutes)
	@tools/setup.sh test
	@tools/bench.sh $(ONLY)

looks: ## renew the pictures of every state of the panel and docs/accessibility.md; look at what changed before you commit it (5 minutes)
	@tools/setup.sh test
	@tools/looks.sh

setup: ## install what the build and the tests need
	@tools/setup.sh test

panel: ## build what browsers receive, into dist/
	@tools/setup.sh run
	@tools/build-panel.sh

build: panel ## build everything for development
	@cargo build --workspace --all-targets

release: panel ## build target/release/cornerdesk, one file with everything inside
	@cargo build --release --locked -p cornerdesk-ingest --bin cornerdesk

fmt: ## format the Rust code
	@cargo fmt --all

lint: ## formatting, clippy, licences and sources of dependencies
	@tools/test.sh format clippy deny

advisories: ## known vulnerabilities of dependencies; fetches their database from the network
	@tools/setup.sh test
	@bash -c '. tools/paths.sh && cargo deny check advisories'

doc: ## the documentation of our crates, in target/doc
	@cargo doc --workspace --no-deps --document-private-items
	@echo "target/doc/cornerdesk_ingest/index.html"

size: panel ## what a visitor downloads, against the budgets
	@tools/test.sh size

clean: ## remove what was built and the demo's data; the tools stay in their cache
	rm -rf target dist .demo
