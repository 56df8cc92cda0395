# SPDX-License-Identifier: BSD-3-Clause
# Compilers, flags, libraries, and the packages they come from.

PACKAGES_BUILD := gcc libc6-dev make pkg-config clang-14 libclang-rt-14-dev binutils libdpdk-dev dpdk-dev \
	libhyperscan-dev liburcu-dev libcunit1-dev libisal-dev \
	libcyaml-dev libyaml-dev libuv1-dev libsqlite3-dev libjansson-dev libssl-dev libarchive-dev libseccomp-dev \
	libmicrohttpd-dev libbpf-dev libbrotli-dev libzstd-dev dpkg-dev libyara-dev libmspack-dev liblzma-dev libpcre2-dev
PACKAGES_RUN   := iproute2 ethtool iputils-ping procps squid curl ca-certificates openssl python3 zstd \
	util-linux
PACKAGES_TEST  := zlib1g-dev clang-format-14 clang-tidy-14 shellcheck zip git python3-prometheus-client yara clamav \
	valgrind c-icap qpdf
# c-icap is here for its client; as Debian ships it, its service does not start (/etc/default/c-icap).
PACKAGES_BENCH := libc-icap-mod-virus-scan clamav-daemon gnuplot-nox
PACKAGES       := $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_TEST)

Q := $(if $(V),,@)

# Third-party headers are theirs: -isystem. DPDK's flags carry -march=corei7; ours comes instead.
pkg_cflags = $(patsubst -I%,-isystem %,$(filter-out -march=%,$(shell pkg-config --cflags $(1) 2>/dev/null)))
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

DPDK_CFLAGS := $(call pkg_cflags,libdpdk)
DPDK_LIBS   := $(call pkg_libs,libdpdk)

CC_asan := clang-14
CC      := $(or $(CC_$(BUILD)),gcc)

FLAGS_release := -O3 -g
# Of LTO_FOLDERS: what an object passes through. Fat, so that the archives are what they were. Copies and
# fills of any length are libc's: "rep movs" and "rep stos" take 30 to 60 cycles to begin.
COPY_release  := -mmemcpy-strategy=libcall:-1:align -mmemset-strategy=libcall:-1:align
LTO_release   := -flto -ffat-lto-objects $(COPY_release)
FLAGS_debug   := -O0 -g3 -DSLUICE_DEBUG
# The fuzz targets link the same objects as the unit tests: one compiler, one set of flags. Lines are
# what a sanitizer tells; a debugger finds more in the debug build.
FLAGS_asan    := -O1 -gline-tables-only -DSLUICE_DEBUG -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK_release  := -fno-lto
LTO_LINK_release := -flto -flto-partition=one $(COPY_release) # instead, for LTO_PROGRAMS
FLAGS_coverage := -O0 -g --coverage
LINK_coverage := --coverage
LINK_asan     := -fsanitize=address,undefined
WARN_asan     := -Wno-missing-field-initializers # libseccomp's macros leave fields out

CFLAGS  := -std=gnu17 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
	-Wno-deprecated-declarations -march=$(MARCH) -mtune=generic -fno-strict-aliasing \
	-D_GNU_SOURCE -I. $(FLAGS_$(BUILD)) $(WARN_$(BUILD))
LDFLAGS := -Wl,--as-needed $(LINK_$(BUILD))
