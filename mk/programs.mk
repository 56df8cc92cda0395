# SPDX-License-Identifier: BSD-3-Clause
# Programs: the folder that holds main.c, linked with the archives below it.

PROGRAM_FOLDERS := dataplane:sluice-dataplane control:sluice-control tools/sluicectl:sluicectl \
	tools/sigc:sluice-sigc control/deepscan:sluice-deepscan tools/tamper:sluice-tamper bench:sluice-bench \
	bench/floor:sluice-bench-floor bench/wire:sluice-bench-wire bench/tcp:sluice-bench-tcp \
	bench/scan:sluice-bench-scan bench/parse:sluice-bench-parse bench/kernel:sluice-bench-kernel \
	bench/gates:sluice-bench-gates bench/deepscan:sluice-bench-deepscan bench/fleet-sim:sluice-bench-fleet \
	bench/log:sluice-bench-log bench/reputation:sluice-bench-reputation bench/echo:sluice-bench-echo
folder_of   = $(firstword $(subst :, ,$(1)))
program_of  = $(B)/$(lastword $(subst :, ,$(1)))
PROGRAMS    = $(foreach p,$(PROGRAM_FOLDERS),$(if $(wildcard $(call folder_of,$(p))/main.c),$(call program_of,$(p))))

# The folders of those that are optimized as one, with what they are made of.
LTO_PROGRAMS := dataplane bench/wire bench/tcp bench/scan bench/parse
lto_link = $(if $(filter $(1),$(LTO_PROGRAMS)),$(LTO_LINK_$(BUILD)))

extra_libs_dataplane := -lpthread -lm
extra_libs_control   := -lpthread -ldl -lm
extra_libs_bench/fleet-sim := -lm
extra_libs_bench/log := $(DPDK_LIBS) # its ring
extra_libs_bench/echo := $(DPDK_LIBS)

define program_rules
$(call program_of,$(1)): $(B)/obj/$(call folder_of,$(1))/main.o $(call archives,$(call folder_of,$(1)) $(below_$(call folder_of,$(1))))
	$(if $(V),,@echo '  LD $$@')
	$(Q)$(CC) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(LDFLAGS) $(call lto_link,$(call folder_of,$(1))) \
		$(call libs_of,$(call folder_of,$(1))) $(extra_libs_$(call folder_of,$(1))) -lpthread
endef
$(foreach p,$(PROGRAM_FOLDERS),$(eval $(call program_rules,$(p))))
