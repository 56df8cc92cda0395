# SPDX-License-Identifier: BSD-3-Clause
# The way onto a machine: a tree below DESTDIR, or a Debian package.

PREFIX ?= /usr
VERSION := $(shell sed -n 's/^\#define SLUICE_VERSION "\(.*\)"/\1/p' common/base/version.h)
STAGE   := $(B)/stage
DEB     := $(B)/sluice_$(VERSION)_amd64.deb

INSTALLED := sluice-dataplane sluice-control sluice-sigc sluice-deepscan

# What somebody may have changed is left as it is; the new one lies beside it as FILE.new.
define install_config
	@cmp -s $(1) $(2) || if [ -e $(2) ]; then \
		install -m 644 $(1) $(2).new; echo "kept $(2); the one of this version is $(2).new"; \
	else install -m 644 $(1) $(2); fi

endef

## install: programs, configuration and units below DESTDIR; keeps what is configured there
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/etc/sluice/pages \
		$(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/share/doc/sluice/clients
	install -m 755 $(addprefix $(B)/,$(INSTALLED)) $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(B)/sluicectl $(DESTDIR)$(PREFIX)/bin
	install -m 644 config/units/*.service $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 README.md LICENSE config/squid.conf $(wildcard docs/*.md) $(DESTDIR)$(PREFIX)/share/doc/sluice
	install -m 644 $(wildcard docs/clients/*.md) $(DESTDIR)$(PREFIX)/share/doc/sluice/clients
	$(call install_config,config/sluice.yaml,$(DESTDIR)/etc/sluice/sluice.yaml)
	$(foreach page,$(wildcard config/pages/*.html),$(call install_config,$(page),$(DESTDIR)/etc/sluice/pages/$(notdir $(page))))

## deb: a Debian package of what install lays down
deb: setup
	@$(MAKE) --no-print-directory all
	@rm -rf $(STAGE)
	@$(MAKE) --no-print-directory install DESTDIR=$(STAGE) PREFIX=/usr >/dev/null
	@config/deb/build $(STAGE) $(VERSION) $(DEB)

.PHONY: install deb
