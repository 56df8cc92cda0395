# SPDX-License-Identifier: BSD-3-Clause
# What must hold of the text, before every commit.

TEXT_C  = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
SCRIPTS = tools/lab tools/demo tests/run tools/check/includes .ci/run $(wildcard tests/scenario/*.sh)

## check: format, include directions, SPDX lines, shell scripts, each header alone
check: setup
	@$(MAKE) --no-print-directory check-format check-includes check-spdx check-shell check-headers

check-format:
	@clang-format-14 --dry-run -Werror $(TEXT_C)

check-includes:
	@tools/check/includes

check-spdx:
	@missing=$$(git ls-files -co --exclude-standard '*.c' '*.h' '*.mk' '*.py' '*.sh' Makefile $(SCRIPTS) | \
		xargs grep -L 'SPDX-License-Identifier: BSD-3-Clause'); \
	if [ -n "$$missing" ]; then echo "no SPDX line: $$missing"; exit 1; fi

check-shell:
	@shellcheck -x $(SCRIPTS)

# A header must stand alone; DPDK's flags serve all of them here.
check-headers:
	@for h in $$(git ls-files '*.h'); do \
		$(CC) -std=gnu17 -D_GNU_SOURCE -fsyntax-only -I. -march=$(MARCH) $(DPDK_CFLAGS) \
			$(call pkg_cflags,cunit) -x c $$h || exit 1; done

.PHONY: check check-format check-includes check-spdx check-shell check-headers
