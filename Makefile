# Every target installs what it lacks by itself (Scripts/dependencies) and says in one line what it does.

PREFIX ?= /usr/local
DESTDIR ?=
HOST ?= 127.0.0.1
PORT ?= 8080
RELEASE := .build/release
# Swift's runtime goes into the programs, so that they run where no toolchain is.
BUILD_RELEASE := swift build --configuration release --static-swift-stdlib
INSTALLED := $(DESTDIR)$(PREFIX)

.DEFAULT_GOAL := help
.PHONY: help run build programs wasm extension site install bench lint format clean \
	test test-programs test-swift test-javascript test-reference test-vectors test-browser test-reliability test-scripts \
	dependencies-build dependencies-test dependencies-lint dependencies-bench

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: build ## build everything and serve it at http://127.0.0.1:8080, data under ./data
	@echo "Serving Keylink at http://$(HOST):$(PORT) (Ctrl-C stops it)"
	@exec $(RELEASE)/keylink-server --host $(HOST) --port $(PORT) --data data

build: programs wasm extension site ## build keylink, keylink-server, the pages, the WebAssembly and the extension

# After the pages: their hashes are compiled into the command.
programs: dependencies-build site
	@echo "Building keylink and keylink-server (the first time takes some minutes)"
	@Scripts/quietly $(BUILD_RELEASE) --product keylink
	@Scripts/quietly $(BUILD_RELEASE) --product keylink-server

wasm: dependencies-build
	@Scripts/build-sodium-wasm
	@Scripts/build-qrcode-wasm

extension: wasm ## pack the Chrome extension as dist/keylink-extension.zip
	@Scripts/package-extension

# After the extension, whose hash the command knows as well.
site: extension ## build the pages as they are served: dist/site
	@Scripts/build-site

install: build ## install programs and pages under PREFIX (default /usr/local)
	@echo "Installing under $(INSTALLED)"
	@install -d $(INSTALLED)/bin $(INSTALLED)/share/keylink
	@install -s -m 755 $(RELEASE)/keylink $(RELEASE)/keylink-server $(INSTALLED)/bin/
	@rm -rf $(INSTALLED)/share/keylink/WebUI $(INSTALLED)/share/keylink/site
	@cp -R dist/site $(INSTALLED)/share/keylink/site
	@install -m 644 Spec/openapi.yaml dist/keylink-extension.zip $(INSTALLED)/share/keylink/

test: test-programs ## run every suite: Swift, JavaScript, reference, vectors, browser, reliability, scripts
	@Scripts/test swift javascript reference vectors browser reliability scripts

test-swift: test-programs
	@Scripts/test swift

test-javascript: dependencies-test wasm
	@Scripts/test javascript

test-reference: dependencies-test
	@Scripts/test reference

test-vectors: test-programs
	@Scripts/test vectors

test-browser: test-programs
	@Scripts/test browser

test-reliability: test-programs ## kill the server over and over, fuzz its API, watch its memory
	@Scripts/test reliability

test-scripts: dependencies-test wasm
	@Scripts/test scripts

# What the suites drive: both programs and all Swift tests in debug, the WebAssembly, the extension, the pages.
test-programs: dependencies-test wasm extension site
	@echo "Building the Swift tests (the first time takes some minutes)"
	@Scripts/quietly swift build --build-tests

bench: build dependencies-bench ## measure envelope, server and the page's workers, beside the disk and SnapPass (BENCH=--quick: less)
	@python3 Tests/Reliability/bench.py $(BENCH)
	@.venv/bin/python Tests/Browser/bench_pool.py $(filter --quick,$(BENCH))

lint: dependencies-lint ## check formatting, types, imports and shell scripts
	@Scripts/lint

format: dependencies-lint ## rewrite Swift, JavaScript and Python in the project's format
	@Scripts/lint --format

clean: ## remove what was built (not ./data)
	@echo "Removing .build, .venv, dist and the WebAssembly"
	@rm -rf .build .venv dist WebUI/keylink/*.wasm WebUI/keylink/*.wasm.sha256 Sources/keylink/SiteBuilt.swift Extension/_locales

dependencies-build dependencies-test dependencies-lint dependencies-bench: dependencies-%:
	@Scripts/dependencies $*
