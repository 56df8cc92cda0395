/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's jail: what a process gives up before it looks at an object. docs/sandbox.md lists
 * what is forbidden and how; tests/unit/control/deepscan/jail.c tries each of it.
 */
#ifndef SLUICE_DEEPSCAN_JAIL_H
#define SLUICE_DEEPSCAN_JAIL_H

#include <stdint.h>

/*
 * A sanitizer reserves terabytes of address space and sets signal stacks aside: there the memory
 * limit is left out, and sigaltstack(2) allowed.
 */
#ifndef __has_feature /* gcc says it by a macro, clang by this */
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define JAIL_UNDER_SANITIZER 1
#else
#define JAIL_UNDER_SANITIZER 0
#endif

/* Root's jailed processes are each the user JAIL_USER_FIRST + process id: nobody else is. */
#define JAIL_USER_FIRST  0x70000000u
#define JAIL_USER_SHARED 65534u /* nobody: where a user namespace around us has no such users */

struct jail {
	uint64_t memory_bytes; /* beyond what is mapped when the jail is entered */
	uint32_t cpu_seconds;  /* of the whole process; SIGKILL */
	int output;            /* the one descriptor that stays open, and may be written to */
};

/*
 * Enters it, for good. One thread may exist. 0, or -errno of the first step that failed: the caller
 * must then end without having looked at the object.
 */
int jail_enter(const struct jail *j);

#endif
