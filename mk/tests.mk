# SPDX-License-Identifier: BSD-3-Clause
# Unit tests: tests/unit/FOLDER mirrors the tree; one program each, linked with FOLDER and below only.

UNIT_FOLDERS  = $(foreach f,$(FOLDERS),$(if $(wildcard tests/unit/$(f)/*.c),$(f)))
unit_of       = $(B)/tests/unit/$(subst /,_,$(1))
UNIT_PROGRAMS = $(foreach f,$(UNIT_FOLDERS),$(call unit_of,$(f)))

# What a folder's tests may use besides: the virtual wire, EAL.
unit_extra_dataplane          := tests/sim
unit_extra_dataplane/net      := tests/sim dataplane/net/tcp dataplane/net/link
unit_extra_dataplane/net/tcp  := tests/sim
unit_extra_dataplane/net/link := tests/sim dataplane/net/tcp
unit_extra_dataplane/icap     := tests/talk tests/sim dataplane/net/tcp
unit_extra_dataplane/tls      := tests/sim dataplane/net/tcp dataplane/net/link
unit_extra_bench/wire         := tests/sim
unit_extra_dataplane/inspect  := tests/sim dataplane/net/tcp dataplane/net/link tools/sigc scanners/regex
unit_extra_control/deepscan   := tools/sigc

# What a folder's tests need from outside besides: encoders.
unit_libs_scanners/decode   := -lbrotlienc
unit_libs_control/deepscan   := -ljansson
unit_libs_control            := $(DPDK_LIBS)
unit_libs_dataplane/inspect := -lbrotlienc -ljansson -larchive -lyara -lpcre2-8

define unit_rules
$(call unit_of,$(1)): $(call objects_of,$(wildcard tests/unit/$(1)/*.c)) $(B)/obj/tests/unit/harness.o \
	$(call archives,$(1) $(unit_extra_$(1)) $(below_$(1)))
	@mkdir -p $$(@D)
	$(if $(V),,@echo '  LD $$@')
	$(Q)$(CC) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(LDFLAGS) \
		$(call libs_of,$(1)) $(unit_libs_$(1)) $(if $(filter $(1),$(DPDK_FOLDERS)),$(DPDK_LIBS)) \
		$(call pkg_libs,cunit) -lpthread -lm
$(B)/obj/tests/unit/$(1)/%.o: CFLAGS_FOLDER := $(call cflags_of,$(1)) $(call pkg_cflags,cunit)
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rules,$(f))))

## unit: build and run the unit tests of every folder (BUILD=asan for sanitizers; ONLY=folder)
unit: $(if $(ONLY),$(call unit_of,$(ONLY)),$(UNIT_PROGRAMS))
	@set -e; for t in $^; do printf '%-40s ' "$${t##*/}"; $$t; done

unit-build: $(UNIT_PROGRAMS)

.PHONY: unit unit-build

# The parsers' folders: how many of their lines their unit tests run.
COVERAGE_FOLDERS ?= dataplane/http dataplane/icap
COVERAGE_LEAST   ?= 95
## coverage: line coverage of COVERAGE_FOLDERS (the parsers) from their unit tests; fails below COVERAGE_LEAST (95) percent
coverage:
	@find $(O)/coverage -name '*.gcda' -delete 2>/dev/null; set -e; \
	for f in $(COVERAGE_FOLDERS); do \
		$(MAKE) --no-print-directory BUILD=coverage unit ONLY=$$f; done; \
	tests/coverage $(O)/coverage/obj $(COVERAGE_LEAST) $(COVERAGE_FOLDERS)

.PHONY: coverage

# Packet scripts against the TCP library, in virtual time.
SCRIPTS_TCP ?= tests/tcp
TCP_SCRIPT   = $(B)/tests/tcp-script

$(TCP_SCRIPT): $(B)/obj/tests/sim/script/main.o $(call archives,tests/sim/script $(below_tests/sim/script))
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD $@')
	$(Q)$(CC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) $(DPDK_LIBS) -lpthread

tcp-script: $(TCP_SCRIPT)

## tcp-scripts: run the packet scripts of tests/tcp (SCRIPTS_TCP="FILE...", BUILD=asan)
tcp-scripts: $(TCP_SCRIPT)
	@$(TCP_SCRIPT) $(SCRIPTS_TCP)

.PHONY: tcp-script tcp-scripts

# The shared object that packetdrill loads in the place of the kernel (docs/tcp-packetdrill.md).
PLUG         = $(B)/libsluice_packetdrill.so
PLUG_SOURCES = tests/sim/packetdrill/main.c \
	$(foreach f,tests/sim/packetdrill $(below_tests/sim/packetdrill),$(call sources_of,$(f)))

$(B)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  PIC $<')
	$(Q)$(CC) $(CFLAGS) -fPIC -fvisibility=hidden $(DPDK_CFLAGS) -MMD -MP -c -o $@ $<

$(PLUG): $(PLUG_SOURCES:%.c=$(B)/pic/%.o)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD $@')
	$(Q)$(CC) -shared -o $@ $^ $(LDFLAGS) $(DPDK_LIBS) -lpthread -ldl

packetdrill-plug: $(PLUG)

# Its unit tests open it as packetdrill does.
$(call unit_of,tests/sim/packetdrill): $(PLUG)

PACKETDRILL ?= $(shell command -v packetdrill)
SCRIPTS     ?=
## test-packetdrill: run packetdrill's scripts below SCRIPTS against our TCP (PACKETDRILL=program)
test-packetdrill: $(PLUG)
	@tests/sim/packetdrill/run.py --plug $(PLUG) --packetdrill '$(PACKETDRILL)' $(strip $(SCRIPTS))

.PHONY: packetdrill-plug test-packetdrill

# Two stacks against each other, in virtual time, seed by seed.
FIRST ?= 1
RUNS  ?= 10000
TCP_SIM = $(B)/tests/tcp-sim

$(TCP_SIM): $(B)/obj/tests/sim/world/main.o $(call archives,tests/sim/world $(below_tests/sim/world))
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD $@')
	$(Q)$(CC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) $(DPDK_LIBS) -lpthread

tcp-sim: $(TCP_SIM)

## sim: play the TCP simulator's seeds FIRST (1) to FIRST + RUNS (10000), stop at the first that fails
sim: $(TCP_SIM)
	@$(TCP_SIM) --first $(FIRST) --runs $(RUNS)

## soak: a million seeds from FIRST on, a process for each processor
soak: $(TCP_SIM)
	@n=$$(nproc); each=$$((1000000 / n)); \
	for i in $$(seq 0 $$((n - 1))); do \
		$(TCP_SIM) --first $$(($(FIRST) + i * each)) --runs $$each & pids="$$pids $$!"; \
	done; rc=0; for p in $$pids; do wait $$p || rc=1; done; exit $$rc

## sim-faults: put faults into the TCP library, one at a time in a copy, and show what tells (FAULTS="words", minutes)
sim-faults:
	@tests/sim/faults.py $(FAULTS)

.PHONY: tcp-sim sim soak sim-faults

# The parsers beside a second reading of the same messages (tests/parse), and on recorded ones.
PARSE_LINES = $(B)/tests/parse-lines
MESSAGES    ?= 100000

$(PARSE_LINES): $(B)/obj/tests/parse/main.o $(call archives,tests/parse $(below_tests/parse))
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD $@')
	$(Q)$(CC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) \
		$(call libs_of,tests/parse) $(DPDK_LIBS) -lpthread

parse-lines: $(PARSE_LINES)

## differential: MESSAGES (100000) mutated messages, read by our parsers and by a Python reading (FIRST, SCAN, BUILD=asan)
differential: $(PARSE_LINES)
	@tests/parse/differential.py --program $(PARSE_LINES) --first $(FIRST) --messages $(MESSAGES) \
		--scan $(or $(SCAN),auto)

## parse-cases: 522 HTTP cases of other projects and 200 recorded ICAP connections below SLUICE_SHARED (BUILD=asan)
parse-cases: $(PARSE_LINES)
	@tests/parse/cases.py --program $(PARSE_LINES)

.PHONY: parse-lines differential parse-cases

# The scan engine beside clamscan and yara, on objects made of each signature (tests/engines).
ENGINE_TELL = $(B)/tests/engine-tell
EVERY      ?= 1

$(ENGINE_TELL): $(B)/obj/tests/engines/main.o $(call archives,tests/engines $(below_tests/engines))
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD $@')
	$(Q)$(CC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) \
		$(call libs_of,tests/engines) -lpthread -lm

engine-tell: $(ENGINE_TELL)

## engines: every EVERY-th (1: all, an hour) signature and file of rules, beside clamscan and yara (FIRST, BUILD=asan)
engines: $(ENGINE_TELL)
	@for other in clamav yara; do \
		tests/engines/differential.py --program $(ENGINE_TELL) --every $(EVERY) --first $(FIRST) $$other; \
		rc=$$?; [ $$rc = 0 ] || [ $$rc = 77 ] || exit $$rc; done
	@tests/engines/hyperscan.py --program $(ENGINE_TELL) --every $(EVERY) --first $(FIRST); \
		rc=$$?; [ $$rc = 0 ] || [ $$rc = 77 ]

.PHONY: engine-tell engines

# Fuzz targets: tests/fuzz/NAME.c, whose comments name the folders it links (lines "fuzz-links: …").
# They link the archives of the sanitizer build.
FUZZ_SECONDS ?= 600
FUZZ_NAMES   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
fuzz_libs_decode := -lz -lbrotlidec -lzstd # its oracles
fuzz_folders  = $(shell sed -n 's/.*fuzz-links: *\([^*]*\).*/\1/p' tests/fuzz/$(1).c)

# $(1) target, $(2) its folders
define fuzz_rules
$(B)/obj/tests/fuzz/$(1).o: CFLAGS_FOLDER := $(DPDK_CFLAGS) $(foreach f,$(2),$(call cflags_of,$(f)))
$(B)/fuzz/$(1): $(B)/obj/tests/fuzz/$(1).o $(call archives,$(2))
	@mkdir -p $$(@D)
	$(if $(V),,@echo '  FUZZ LD $$@')
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) \
		-Wl,--end-group $(foreach f,$(2),$(if $(pkg_$(f)),$(call pkg_libs,$(pkg_$(f))))) $(DPDK_LIBS) \
		$(fuzz_libs_$(1)) -lpthread
endef
ifeq ($(BUILD),asan)
$(foreach n,$(FUZZ_NAMES),$(eval $(call fuzz_rules,$(n),$(call fuzz_folders,$(n)))))
fuzz-build: $(FUZZ_NAMES:%=$(B)/fuzz/%)
else
fuzz-build:
	@$(MAKE) --no-print-directory BUILD=asan fuzz-build
endif

## fuzz: run every fuzz target for FUZZ_SECONDS (600)
fuzz: setup
	@$(MAKE) --no-print-directory fuzz-build
	@tests/run fuzz $(FUZZ_SECONDS)

## setup: install the Debian packages that building, running and testing need
setup:
	@missing=$$(for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

## test: set up, build, check, unit tests (asan), packet scripts, simulator, fuzz briefly, scenarios
test: setup
	@tests/run all

## test-full: the same, with all of YARA's own rows, and the scan engine beside clamscan and yara by every signature and rule (an hour more)
test-full: setup
	@tests/run full

## scenarios: the scenario tests alone (NAMES="icap squid")
scenarios: setup
	@$(MAKE) --no-print-directory all
	@tests/run scenarios $(NAMES)

## run: set up, build, and show Squid, a clean page and EICAR; then the log (ONCE=1: only show)
run: setup
	@$(MAKE) --no-print-directory all
	@ONCE=$(ONCE) tools/demo

.PHONY: fuzz fuzz-build setup test test-full scenarios run
