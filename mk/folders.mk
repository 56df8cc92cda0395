# SPDX-License-Identifier: BSD-3-Clause
# Folders: what each may include and link (below_), and the libraries it needs from outside (pkg_).
# Includes point down only; `make check` compares the #include lines with this table.

below_common/base           :=
below_common/channel        := common/base
below_common/config         := common/channel common/base
below_common/page           := common/config common/channel common/base
below_scanners/digest       := common/base
below_scanners/format       := common/base
below_scanners/decode       := common/base
below_scanners/reputation   := common/base
below_scanners/regex        := common/base
below_scanners/archive      := common/base
below_scanners/document     := scanners/decode common/base
below_scanners/signature    := scanners/reputation scanners/format scanners/digest common/base
below_dataplane/net         := common/base
below_dataplane/net/link    := dataplane/net common/base
below_dataplane/net/tcp     := dataplane/net common/base
below_dataplane/tls         := dataplane/net common/base
below_dataplane/http        := dataplane/net common/base
below_dataplane/icap        := dataplane/http dataplane/net common/base
SCANNERS                    := scanners/signature scanners/reputation scanners/decode scanners/format \
	scanners/digest
below_dataplane/inspect     := dataplane/icap dataplane/http dataplane/net $(SCANNERS) common/page common/config \
	common/channel common/base
below_dataplane             := dataplane/tls dataplane/inspect dataplane/icap dataplane/http dataplane/net/tcp \
	dataplane/net/link dataplane/net $(SCANNERS) common/page common/config common/channel common/base
below_tests/sim             := dataplane/net/tcp dataplane/net/link dataplane/net common/base
below_tests/sim/script      := tests/sim dataplane/net/tcp dataplane/net common/base
below_tests/sim/world       := tests/sim dataplane/net/tcp dataplane/net common/base
below_tests/sim/hostile     := tests/sim/world tests/sim dataplane/net/tcp dataplane/net common/base
below_tests/sim/packetdrill := tests/sim dataplane/net/tcp dataplane/net common/base
below_tests/talk            := dataplane/icap dataplane/http dataplane/net common/base
below_tests/parse           := tests/talk tests/sim dataplane/icap dataplane/http dataplane/net/tcp dataplane/net scanners/decode \
	common/base
below_tests/engines         := control/deepscan tools/sigc scanners/archive scanners/document scanners/regex $(SCANNERS) \
	common/channel common/base
below_control/store         := common/channel common/base
below_control/web           := control/store common/channel common/base
below_control/deepscan      := scanners/archive scanners/document scanners/regex $(SCANNERS) common/channel common/base
below_control               := control/web control/store $(SCANNERS) \
	common/page common/config common/channel common/base
below_tools/sluicectl       := scanners/digest scanners/format common/page common/config common/channel common/base
below_tools/sigc            := scanners/regex $(SCANNERS) common/base
below_tools/tamper          := common/base
below_bench                 := common/base
below_bench/floor           := bench scanners/digest common/base
below_bench/log             := bench common/channel common/base
below_bench/echo            := bench dataplane/net/tcp dataplane/net/link dataplane/net common/base
below_bench/kernel          := bench common/base
below_bench/wire            := bench dataplane/net/tcp dataplane/net/link dataplane/net common/base
below_bench/tcp             := bench dataplane/net/tcp dataplane/net common/base
below_bench/parse           := bench dataplane/icap dataplane/http dataplane/net common/base
below_bench/deepscan        := bench common/base
below_bench/fleet-sim       := common/base
below_bench/gates           := $(SCANNERS) common/base
below_bench/reputation      := tools/sigc scanners/regex $(SCANNERS) common/base
below_bench/scan            := bench dataplane/inspect tools/sigc scanners/regex $(SCANNERS) common/base

FOLDERS := $(patsubst below_%,%,$(filter below_%,$(.VARIABLES)))

# Folders that see DPDK's headers. control and tools see those of the ring and no library.
DPDK_FOLDERS := dataplane dataplane/net dataplane/net/link dataplane/net/tcp dataplane/tls \
	dataplane/http dataplane/icap dataplane/inspect common/channel tests/sim tests/sim/script tests/sim/world \
	tests/sim/hostile tests/sim/packetdrill tests/talk tests/parse bench/wire bench/tcp bench/parse bench/log bench/echo

pkg_common/config         := libcyaml yaml-0.1
pkg_scanners/digest       := libcrypto
pkg_scanners/document     := libcrypto
pkg_scanners/decode       := libisal libbrotlidec libzstd
pkg_scanners/signature    := libhs
pkg_scanners/regex        := libpcre2-8
pkg_dataplane/net         := libdpdk
pkg_dataplane             := libbpf
pkg_dataplane/tls         := libssl libcrypto
pkg_dataplane/inspect     := liburcu-qsbr libcrypto
pkg_control               := libuv jansson
pkg_control/deepscan      := libarchive liblzma libmspack libseccomp yara
pkg_control/store         := sqlite3
pkg_control/web           := libuv libmicrohttpd jansson
pkg_tools/sluicectl       := jansson
pkg_tools/sigc            := libhs jansson libarchive yara
pkg_bench/deepscan        := libarchive yara
pkg_bench/floor           := libhs libcrypto
pkg_bench/scan            := libhs libarchive

archive_of = $(B)/lib/$(subst /,_,$(1)).a
sources_of = $(filter-out %main.c %.bpf.c,$(wildcard $(1)/*.c))
objects_of = $(patsubst %.c,$(B)/obj/%.o,$(1))
cflags_of  = $(if $(filter $(1),$(DPDK_FOLDERS)),$(DPDK_CFLAGS)) \
	$(foreach f,$(1) $(below_$(1)),$(if $(pkg_$(f)),$(call pkg_cflags,$(pkg_$(f)))))
libs_of    = $(foreach p,$(sort $(foreach f,$(1) $(below_$(1)),$(pkg_$(f)))),$(call pkg_libs,$(p)))
archives   = $(foreach f,$(1),$(call archive_of,$(f)))

# Optimized as one where one of LTO_PROGRAMS is linked (release): docs/bench.md says what that saves.
LTO_FOLDERS := dataplane $(below_dataplane)

define folder_rules
$(call archive_of,$(1)): $(call objects_of,$(call sources_of,$(1)))
	@mkdir -p $$(@D)
	$(Q)rm -f $$@ && ar rcs $$@ $$^
$(B)/obj/$(1)/%.o: CFLAGS_FOLDER := $(call cflags_of,$(1)) $(if $(filter $(1),$(LTO_FOLDERS)),$(LTO_$(BUILD))) \
	$(if $(filter $(1),$(PROFILE_FOLDERS)),$(CFLAGS_PROFILE))
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rules,$(f))))

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $<')
	$(Q)$(CC) $(CFLAGS) $(CFLAGS_FOLDER) -MMD -MP -c -o $@ $<

# Files that a source takes in whole, by .incbin.
$(B)/obj/control/web/page.o: control/web/page.html
$(B)/obj/control/web/object.o: control/web/object.html
$(B)/obj/control/web/template.o: control/web/page.css
$(B)/obj/common/config/profile_files.o: $(wildcard config/profiles/*.yaml)
$(B)/obj/common/page/builtin.o: $(wildcard config/pages/*.html)

# The kernel's program of an af_xdp port, and its bytes as an object of the dataplane.
BPF_HEADERS := /usr/include/$(shell gcc -print-multiarch)
$(O)/bpf/xdp.bpf.o: dataplane/xdp.bpf.c dataplane/xdp_address.h
	@mkdir -p $(@D)
	$(if $(V),,@echo '  BPF $<')
	$(Q)clang-14 -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -I. -isystem $(BPF_HEADERS) -c -o $@ $<

$(B)/obj/dataplane/xdp.bpf.o: $(O)/bpf/xdp.bpf.o
	@mkdir -p $(@D)
	$(Q)cd $(<D) && ld -r -b binary -z noexecstack -o $(abspath $@) $(<F)

$(call archive_of,dataplane): $(B)/obj/dataplane/xdp.bpf.o

# For tools/check/includes: each folder and what is below it.
print-folders:
	@true $(foreach f,$(FOLDERS),; echo '$(f)|$(strip $(below_$(f)))')

.PHONY: print-folders
