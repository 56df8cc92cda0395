# SPDX-License-Identifier: BSD-3-Clause
# Unit tests: tests/unit/FOLDER mirrors the tree; one program each, linked with FOLDER and below only.

UNIT_FOLDERS  = $(foreach f,$(FOLDERS),$(if $(wildcard tests/unit/$(f)/*.c),$(f)))
unit_of       = $(B)/tests/unit/$(subst /,_,$(1))
UNIT_PROGRAMS = $(foreach f,$(UNIT_FOLDERS),$(call unit_of,$(f)))

# What a folder's tests may use besides: the virtual wire, EAL.
unit_extra_dataplane/net/tcp  := tests/sim dataplane/net/link
unit_extra_dataplane/net/link := tests/sim dataplane/net/tcp
unit_extra_dataplane/inspect  := tests/sim dataplane/net/tcp dataplane/net/link

define unit_rules
$(call unit_of,$(1)): $(call objects_of,$(wildcard tests/unit/$(1)/*.c)) $(B)/obj/tests/unit/harness.o \
	$(call archives,$(1) $(unit_extra_$(1)) $(below_$(1)))
	@mkdir -p $$(@D)
	$(if $(V),,@echo '  LD $$@')
	$(Q)$(CC) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(LDFLAGS) \
		$(call libs_of,$(1)) $(if $(filter $(1),$(DPDK_FOLDERS)),$(DPDK_LIBS)) \
		$(call pkg_libs,cunit) -lpthread -lm
$(B)/obj/tests/unit/$(1)/%.o: CFLAGS_FOLDER := $(call cflags_of,$(1)) $(call pkg_cflags,cunit)
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rules,$(f))))

## unit: build and run the unit tests of every folder (BUILD=asan for sanitizers; ONLY=folder)
unit: $(if $(ONLY),$(call unit_of,$(ONLY)),$(UNIT_PROGRAMS))
	@set -e; for t in $^; do printf '%-40s ' "$${t##*/}"; $$t; done

.PHONY: unit
