# SPDX-License-Identifier: Apache-2.0
# Thin: what each target does stands in scripts/.
#
#   make run [DEMO=0] [LISTEN=0.0.0.0]    build, start the server and a live demo channel
#   make test                             unit tests and customer stories; ends with a count
#   make build | lint | bench
#   make fuzz [FUZZ_SECONDS=60]           every fuzz target for that long
#   make sanitize                         the tests under ASan+UBSan and TSan

DEMO ?= 1
LISTEN ?= 127.0.0.1
FUZZ_SECONDS ?= 60

.PHONY: run build test lint bench fuzz sanitize clean

build:
	@scripts/install-deps build
	@scripts/build build

run:
	@scripts/install-deps run
	@scripts/build build
	@DEMO=$(DEMO) LISTEN=$(LISTEN) exec scripts/demo

test:
	@scripts/install-deps test
	@scripts/build build
	@scripts/with-node node scripts/run-tests.mjs --build build

lint:
	@scripts/install-deps lint
	@scripts/lint

bench:
	@scripts/install-deps bench
	@scripts/build build-bench --buildtype=release -Dbench=true
	@scripts/with-node node bench/run.mjs --build build-bench

fuzz:
	@scripts/install-deps fuzz
	@CC=clang TARGETS=fuzz-targets scripts/build build-fuzz -Dfuzz=true
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz build-fuzz

sanitize:
	@scripts/install-deps test
	@scripts/sanitize

clean:
	rm -rf build build-*
