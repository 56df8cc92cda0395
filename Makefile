# SPDX-License-Identifier: BSD-3-Clause
# The one build file: `make` prints what there is. Builds lie side by side: build/release,
# build/debug, build/asan, chosen by BUILD=. One archive per folder; a folder's unit tests link only
# the archives below it, so that the linker finds a wrong dependency first.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

BUILD ?= release
O     ?= build
B     := $(O)/$(BUILD)
# The oldest processor the build runs on. Hyperscan, OpenSSL and ISA-L pick faster code at run time.
MARCH ?= x86-64-v2

include mk/tools.mk
include mk/profile.mk
include mk/folders.mk
include mk/programs.mk
include mk/tests.mk
include mk/check.mk
include mk/bench.mk
include mk/package.mk

## help: print this list
help:
	@echo 'Sluice: ICAP inspection appliance. Targets:'
	@sed -n 's/^## \([a-z-]*\): /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo 'Variables: BUILD=release|debug|asan  MARCH=$(MARCH)  O=build  V=1 (print commands)'

## all: build every program (BUILD=release by default)
all: $(PROGRAMS)

## clean: remove everything that was built
clean:
	rm -rf $(O)

.PHONY: help all clean
-include $(shell find $(B) $(O)/fuzz -name '*.d' 2>/dev/null)
