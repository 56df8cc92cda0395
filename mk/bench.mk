# SPDX-License-Identifier: BSD-3-Clause
# Figures. Each run writes bench/results/DATE/ and ends with one line of ratios.

BENCH_SECONDS ?= 3
BENCH_ROUNDS  ?= 3

## bench: Sluice beside c-icap's echo service in one run, about 4 minutes (BENCH_SECONDS, BENCH_ROUNDS)
bench: bench-setup
	@$(MAKE) --no-print-directory all
	@bench/run --seconds $(BENCH_SECONDS) --rounds $(BENCH_ROUNDS)

## bench-quick: the same in about a minute, one round
bench-quick: bench-setup
	@$(MAKE) --no-print-directory all
	@bench/run --seconds 1 --rounds 1

## bench-ports: what an idle appliance costs and how fast it wakes, for each kind of port
bench-ports: setup
	@$(MAKE) --no-print-directory all
	@bench/ports

bench-setup: setup
	@$(MAKE) --no-print-directory setup PACKAGES='$(PACKAGES_BENCH)'

.PHONY: bench bench-quick bench-ports bench-setup
