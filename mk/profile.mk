# SPDX-License-Identifier: BSD-3-Clause
# Profile-guided optimization of what the dataplane is made of. $(B)/profile says how its folders are
# compiled: "generate" while it is trained, then "use"; without that file, without a profile. What GCC
# learned (*.gcda) lies beside the objects, whose paths it is found by.

PROFILE_FOLDERS = dataplane $(below_dataplane)
PROFILE_FILE   := $(B)/profile
PROFILE        := $(if $(filter release,$(BUILD)),$(shell cat $(PROFILE_FILE) 2>/dev/null))

FLAGS_profile_generate := -fprofile-generate -fprofile-update=prefer-atomic
# What the training did not reach stays optimized for speed: attacks and errors are there. A source that
# changed since is compiled without what was learned of it.
FLAGS_profile_use      := -fprofile-use -fprofile-partial-training -Wno-coverage-mismatch -Wno-missing-profile \
	-Wno-maybe-uninitialized
CFLAGS_PROFILE  := $(if $(PROFILE),$(FLAGS_profile_$(PROFILE)))
LDFLAGS         += $(if $(PROFILE),$(FLAGS_profile_$(PROFILE)))

forget_objects = rm -f $(call archives,$(PROFILE_FOLDERS)) $(B)/obj/dataplane/main.o \
	$(call objects_of,$(foreach f,$(PROFILE_FOLDERS),$(call sources_of,$(f))))
forget_profile = rm -f $(PROFILE_FILE); find $(B)/obj -name '*.gcda' -delete

## release: build every program; PGO=1: the dataplane by a profile of it at work (4 minutes more), PGO=0: not any more
ifeq ($(PGO),)
release:
	@$(MAKE) --no-print-directory BUILD=release all
else ifeq ($(BUILD)$(PGO),release0)
release:
	@if [ -e $(PROFILE_FILE) ]; then $(forget_profile); $(forget_objects); fi
	@$(MAKE) --no-print-directory PGO= all
else ifeq ($(BUILD)$(PGO),release1)
release: setup
	@$(MAKE) --no-print-directory PGO= all
	@$(forget_profile); $(forget_objects); echo generate >$(PROFILE_FILE)
	@$(MAKE) --no-print-directory PGO= $(B)/sluice-dataplane && bench/train $(B) || \
		{ $(forget_profile); $(forget_objects); rm -f $(B)/sluice-dataplane; exit 1; }
	@$(forget_objects); echo use >$(PROFILE_FILE)
	@$(MAKE) --no-print-directory PGO= all
else
release:
	$(error PGO=$(PGO): expected 0 or 1, with BUILD=release)
endif

.PHONY: release
