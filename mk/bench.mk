# SPDX-License-Identifier: BSD-3-Clause
# Figures. Each run writes bench/results/DATE/ and ends with one line of ratios.

BENCH_ROUNDS       ?= 7
BENCH_MILLISECONDS ?= 1500

## bench: what an object costs beside bare library calls and c-icap, about 10 minutes (BENCH_ROUNDS, BENCH_MILLISECONDS, PGO=1)
bench: bench-setup
	@$(MAKE) --no-print-directory release
	@bench/run --rounds $(BENCH_ROUNDS) --milliseconds $(BENCH_MILLISECONDS)

## bench-quick: the same in under 5 minutes, five short rounds
bench-quick: bench-setup
	@$(MAKE) --no-print-directory release
	@bench/run --rounds 5 --milliseconds 400

## bench-compare: what became slower from one run to another, with the noise taken into account (A=FOLDER B=FOLDER)
bench-compare:
	@bench/compare $(A) $(B)

## bench-veth: Sluice and c-icap's echo behind one kernel client and one veth pair, for interoperability
bench-veth: bench-setup
	@$(MAKE) --no-print-directory all
	@bench/veth

## bench-ports: what an idle appliance costs and how fast it wakes, for each kind of port
bench-ports: setup
	@$(MAKE) --no-print-directory all
	@bench/ports

## bench-peer: goodput beside the kernel's over one lossy wire, about 6 minutes (ROUNDS=5, LOSS=0,1,5,10)
bench-peer: setup
	@$(MAKE) --no-print-directory all
	@bench/peer --rounds $(or $(ROUNDS),5) --loss $(or $(LOSS),0,1,5,10)

## bench-scan: our scan and digests beside the bare calls, with all signatures and with 10,000 (ROUNDS=7)
bench-scan: bench-setup
	@$(MAKE) --no-print-directory $(B)/sluice-bench-scan
	@ROUNDS=$(ROUNDS) bench/scan/run

## bench-sigc: what compiling all sets costs, and a change of a day's size, in CPU time and memory (ROUNDS=3)
bench-sigc: setup
	@$(MAKE) --no-print-directory $(B)/sluice-sigc
	@bench/sigc --rounds $(or $(ROUNDS),3)

## bench-deepscan: the sandbox's workers beside bare libarchive and libyara, 1, 2 and 4 at once (ROUNDS=5, WORKERS=1,2,4)
bench-deepscan: bench-setup
	@$(MAKE) --no-print-directory all
	@ROUNDS=$(ROUNDS) WORKERS=$(WORKERS) bench/deepscan/run

## bench-tcp: instructions and time of the TCP library alone, at 1 to 100,000 flows (FLOWS, CASES, CHECKSUM=1)
bench-tcp: setup
	@$(MAKE) --no-print-directory $(B)/sluice-bench-tcp
	@FLOWS='$(FLOWS)' CASES='$(CASES)' CHECKSUM='$(CHECKSUM)' bench/tcp/run

## bench-parse: instructions and time of the parsers alone, by each scan of heads (FILES="recorded requests")
bench-parse: setup
	@$(MAKE) --no-print-directory $(B)/sluice-bench-parse
	@bench/parse/run $(FILES)

## bench-reputation: what a million domains take in a generation, and what a look-up in them costs (ENTRIES=1000000)
bench-reputation: setup
	@$(MAKE) --no-print-directory $(B)/sluice-bench-reputation
	@$(B)/sluice-bench-reputation $(ENTRIES)

## bench-reload: what clients notice of a reload of signatures under load (ROUNDS=5, SIGNATURES=real|all)
bench-reload: setup
	@$(MAKE) --no-print-directory all
	@bench/reload --rounds $(or $(ROUNDS),5) --signatures $(or $(SIGNATURES),real)

## bench-connections: what a connection costs on the fast wire, with and without cookies, beside the kernel (ROUNDS=5)
bench-connections: setup
	@$(MAKE) --no-print-directory all
	@bench/connections --rounds $(or $(ROUNDS),5)

## bench-idle: what 100,000 idle connections cost the appliance in memory and processor time (CONNECTIONS=N)
bench-idle: setup
	@$(MAKE) --no-print-directory all
	@bench/idle --connections $(or $(CONNECTIONS),100000)

## bench-fleet: 1 to 1,000 appliances in virtual time, with and without shared verdicts (RESULTS=bench/results/DATE for its costs)
bench-fleet: setup
	@$(MAKE) --no-print-directory $(B)/sluice-bench-fleet
	@bench/fleet $(RESULTS)

bench-setup: setup
	@$(MAKE) --no-print-directory setup PACKAGES='$(PACKAGES_BENCH)'

.PHONY: bench bench-quick bench-compare bench-veth bench-ports bench-peer bench-scan bench-deepscan bench-tcp bench-parse \
	bench-connections bench-idle bench-fleet bench-setup bench-reputation bench-reload bench-sigc
