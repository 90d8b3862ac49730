# make run    builds fedbroker and runs it with an emulated Amazon Connect
# make test   runs the whole test suite
# make test-browser  opens its pages in a real browser
# make test-container  builds the image and runs it in a container engine, as docs/install.md says (as root)
# make faults prints what is lost to each fault
# make fleet  runs daemons that share a real store
# make compare  runs COUNT generated command lines through it and the AWS CLI, from SEED
# make bench  compares it with nginx, Go, Python and the AWS CLI, side by side
#
# make deb          makes a Debian package, .build/deb/fedbroker_VERSION_ARCHITECTURE.deb
# make install      puts what make build built into PREFIX (/usr/local)
# make release      makes a release's files in .build/dist, from a clone without changes (as root)
# make test-release makes it in another folder too, and compares (as root)
# make test-systemd installs the package in a Debian booted by systemd, and uses and breaks it there (as root)

SHELL := /bin/bash
RELEASE := .ci/build-release
LOGS := $(CURDIR)/.build/test-logs
PACKAGES := libssl-dev zlib1g-dev libcurl4-openssl-dev pkg-config
# Large, or part of the machine: tests use them where they are there, and in CI.
CI_PACKAGES := $(if $(CI),prometheus systemd nodejs golang-go ruby)
# What only the tests and benchmarks need: curl as a client; nginx, and Python for the AWS CLI, botocore and h11, to
# compare with; the shells that README is pasted into.
TEST_PACKAGES := curl nginx-light redis-server redis-sentinel redis-tools python3 python3-venv dash zsh fish tcsh groff-base bsdutils $(CI_PACKAGES)
DEB_PACKAGES := debhelper fakeroot
CONTAINER_PACKAGES := buildah podman runc netavark aardvark-dns catatonit iptables iproute2 debootstrap binutils curl \
  python3 python3-venv
RELEASE_PACKAGES := $(DEB_PACKAGES) binutils checksec git gpg gpg-agent mmdebstrap python3 python3-venv
SYSTEMD_PACKAGES := debootstrap systemd-container debhelper fakeroot lintian binutils python3
BENCH_PACKAGES := nginx-light haproxy h2o wrk curl gcc golang-go python3 python3-venv
GUIDES := $(notdir $(basename $(wildcard Sources/*/*.docc)))
BROWSER_PACKAGES := awscli chromium chromium-driver dbus-daemon desktop-file-utils openssl python3 python3-venv

.PHONY: compare manual recording run build test test-browser test-container faults fleet fuzz sanitize soak check deb release test-release test-builds mutations diagrams test-systemd test-boot \
  format bench bench-check bench-growth journeys docs packages test-packages bench-packages browser-packages

run: build
	.build/release/fedbroker serve --emulate --instance-id demo

build: packages
	$(RELEASE)

include config/install.mk

# The manual pages and the recorded terminal, from the program itself; tests say when they are stale.
manual: build
	.ci/manual .build/release/fedbroker docs/man

recording: build
	.ci/record-terminal .build/release/fedbroker docs/terminal.svg

test: packages test-packages .venv/installed .venv/clients/installed
	swift build --build-tests
	rm -rf $(LOGS) && mkdir -p $(LOGS)
	FEDBROKER_TEST_LOGS=$(LOGS) swift test --skip-build
	.ci/search-logs $(LOGS)

# Leaves screenshots in .build/browser.
test-browser: packages browser-packages
	swift build --build-tests
	swift test --skip-build --filter BrowserTests
	python3 -m venv .build/browser-venv
	.build/browser-venv/bin/pip install --quiet --disable-pip-version-check -r Tests/browser/requirements.txt
	.build/browser-venv/bin/python -m unittest discover --start-directory Tests/browser

# The Dockerfile and config/'s examples in podman, in some eight minutes: its own build of the program, without the
# folder .build's. As root.
test-container: packages .venv/deployment
	@.ci/install-packages $(CONTAINER_PACKAGES)
	.venv/bin/python Tests/container/container.py

# What is lost to each fault of upstream, of the process, its clock and its files, and to callers by the thousand: one
# line a cell, in some seven minutes. As root.
faults: build
	@.ci/install-packages python3 openssl
	Tests/faults/faults.py

# Daemons of one account and a real redis-server, Sentinels and a cluster: one line a cell, in some seven minutes.
fleet: build
	@.ci/install-packages python3 redis-server redis-sentinel redis-tools
	Tests/fleet/fleet.py .build/release/fedbroker

# Ten minutes for each parser of what others send; SECONDS_EACH sets the time. A finding becomes a test. KEEP=1 keeps the
# inputs that reach more code, which make test reads again.
fuzz: packages
	Tests/Fuzz/fuzz

# More of what make test compares: SEED and COUNT choose which command lines.
SEED ?= 2
COUNT ?= 10000
compare: packages .venv/installed
	swift build --product fedbroker
	.venv/bin/python Tests/oracle/compare.py .build/debug/fedbroker $(COUNT) $(SEED)

# The whole suite under the address and the thread sanitizer.
sanitize: sanitize-address sanitize-thread

sanitize-%: packages test-packages .venv/installed .venv/clients/installed
	Tests/sanitize $*

# Good and bad traffic for MINUTES (10), and what it leaves behind. As root.
soak: build
	@.ci/install-packages python3 openssl
	Tests/faults/soak.py

# What CI checks beyond the tests.
check: packages .venv/deployment
	swift format lint --strict --recursive Package.swift Sources Tests
	.ci/check-architecture
	.ci/check-architecture --try
	$(RELEASE)
	.ci/check-linkage .build/release/fedbroker
	.venv/bin/python .ci/check-deployment

deb: build
	@.ci/install-packages $(DEB_PACKAGES)
	.ci/build-deb

# The package, an archive with `make install`, the root of the image, bills of materials and checksums, in .build/dist; as
# root. SIGNING_KEY names a key of gpg to sign the checksums with.
release: packages .build/release-venv/installed
	@.ci/install-packages $(RELEASE_PACKAGES)
	.ci/release

# Two releases of this commit, one of them from a fresh clone elsewhere, are the same bytes; what is in them is used.
test-release: release
	Tests/release/run

# The program and the package alone, which takes half as long.
test-builds: deb
	Tests/release/builds

# Fails where the explorations do not find one of the mistakes in Tests/Mutations.
mutations: packages test-packages
	@.ci/install-packages patch
	Tests/Mutations/run

# The pictures of the guides, from what the explorations go through; tests say when they are stale.
diagrams: packages
	@.ci/install-packages graphviz
	swift build --build-tests
	.ci/diagrams

# The package and its units in a Debian that systemd has booted in a container, as an administrator and as users; as root.
test-systemd: deb
	@.ci/install-packages $(SYSTEMD_PACKAGES)
	Tests/systemd/run

# The same in an emulated computer with a kernel, a clock and a reboot of its own, before a release; as root, some minutes.
test-boot: deb
	@.ci/install-packages $(SYSTEMD_PACKAGES) qemu-system-x86 e2fsprogs
	Tests/systemd/boot

format:
	swift format --in-place --recursive Package.swift Sources Tests

bench: build bench-packages .venv/installed
	Benchmarks/bench
	Benchmarks/beside-aws-cli

# The instructions of a hit, which a loaded machine does not change: fails where they grew by more than 5 %. And those of
# requests that strangers send to take the processor's time: fails where one costs more than three million.
bench-check: build
	@.ci/install-packages valgrind binutils python3
	Benchmarks/instructions
	Benchmarks/strangers

# What must not grow with use: a miss and an entry by the number of entries, hits beside misses, an idle daemon's wake-ups.
bench-growth: build
	@.ci/install-packages wrk python3
	Benchmarks/growth

# How much code one hit, one miss with a role and one reload run through: functions and files, counted in a coverage build.
journeys: packages
	@.ci/install-packages python3
	Benchmarks/journeys

# The guides of the modules that can be understood alone, with all `package` declarations; a warning fails.
docs: packages $(GUIDES:%=docs-%)

docs-%:
	mkdir -p .build/docs
	FEDBROKER_DOCS=1 swift package --scratch-path .build-docs --allow-writing-to-directory .build/docs \
	  generate-documentation --target $* --symbol-graph-minimum-access-level package --warnings-as-errors \
	  --output-path .build/docs/$*

packages:
	@.ci/install-packages $(PACKAGES)

test-packages:
	@.ci/install-packages $(TEST_PACKAGES)

bench-packages:
	@.ci/install-packages $(BENCH_PACKAGES)

browser-packages:
	@.ci/install-packages $(BROWSER_PACKAGES)

# Without a network the tests compare with the recorded answers of the AWS CLI and botocore only; in CI that is a failure.
.venv/installed: Tests/oracle/requirements.txt
	@python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@ \
	  || { echo "fedbroker: no AWS CLI to compare with could be installed" >&2; test "$$CI" != true; }

# The clients of docs/clients.md that cannot stand beside the pinned AWS CLI.
.venv/clients/installed: Tests/oracle/clients.txt .venv/installed
	@python3 -m venv .venv/clients && .venv/clients/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@ \
	  || { echo "fedbroker: no clients for docs/clients.md could be installed" >&2; test "$$CI" != true; }

.venv/deployment: .ci/requirements.txt .venv/installed
	.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.build/release-venv/installed: .ci/release-requirements.txt
	@.ci/install-packages python3 python3-venv
	python3 -m venv .build/release-venv
	.build/release-venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
