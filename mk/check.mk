# SPDX-License-Identifier: BSD-3-Clause
# What must hold of the text, before every commit.

TEXT_C  := $(shell git ls-files -co --exclude-standard '*.c' '*.h')
SCRIPTS = bench/deepscan/run bench/tcp/run bench/parse/run tools/lab tools/demo tools/squid.sh tests/run tools/check/includes tools/check/clients .ci/run \
	config/deb/build config/deb/postinst config/deb/prerm $(wildcard tests/scenario/*.sh)

## check: format, clang-tidy, include directions, SPDX lines, shell scripts, headers alone, the simulator's faults, clients' tests
check: setup
	@$(MAKE) --no-print-directory check-format check-includes check-spdx check-shell check-headers \
		check-clients check-faults check-tidy

check-format:
	@clang-format-14 --dry-run -Werror $(TEXT_C)

check-includes:
	@tools/check/includes

# What docs/clients/README.md says of tests.
check-clients:
	@tools/check/clients

check-spdx:
	@missing=$$(git ls-files -co --exclude-standard '*.c' '*.h' '*.mk' '*.py' '*.sh' Makefile $(SCRIPTS) | \
		xargs grep -L 'SPDX-License-Identifier: BSD-3-Clause'); \
	if [ -n "$$missing" ]; then echo "no SPDX line: $$missing"; exit 1; fi

# The faults that sim-faults puts in: each stands in the sources still.
check-faults:
	@tests/sim/faults.py --fit

check-shell:
	@shellcheck -x $(SCRIPTS)

# A header must stand alone; DPDK's flags serve all of them here.
check-headers:
	@git ls-files '*.h' | xargs -P $$(nproc) -n 8 sh -c 'for h; do \
		$(CC) -std=gnu17 -D_GNU_SOURCE -fsyntax-only -I. -march=$(MARCH) $(DPDK_CFLAGS) \
			$(call pkg_cflags,cunit) -x c $$h || exit 255; done' sh

# .clang-tidy says what is looked for. Tests are compiled with warnings, not tidied. TIDY_NODES bounds
# the analyzer's work on one function: clang's own 225000 takes three to eight times as long.
TIDY_NODES ?= 20000
TIDY_FLAGS := -std=gnu17 -D_GNU_SOURCE -I. -march=$(MARCH) $(DPDK_CFLAGS) \
	$(foreach f,$(FOLDERS),$(if $(pkg_$(f)),$(call pkg_cflags,$(pkg_$(f))))) \
	-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES)

TIDY_SOURCES := $(filter-out tests/% %.bpf.c,$(filter %.c,$(TEXT_C)))

$(O)/tidy/%.ok: %.c .clang-tidy $(filter %.h,$(TEXT_C))
	@mkdir -p $(@D)
	@clang-tidy-14 --quiet $< -- $(TIDY_FLAGS) 2>/dev/null
	@touch $@

check-tidy:
	@$(MAKE) --no-print-directory -s -k -j$$(nproc) $(TIDY_SOURCES:%.c=$(O)/tidy/%.ok)

.PHONY: check check-format check-includes check-clients check-spdx check-shell check-headers check-faults check-tidy
