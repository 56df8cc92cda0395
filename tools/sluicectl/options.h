/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said to sluicectl itself, wherever in the line it stands: behind the command, too. */
#ifndef SLUICE_SLUICECTL_OPTIONS_H
#define SLUICE_SLUICECTL_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *name, *control; /* NULL: not said; of argv */
	bool json, version, help;
	const char *unknown; /* an option in front of the command that there is not */
	const char *lacks;   /* one that stands without its value */
};

/*
 * Takes --name N, --control SOCKET, --json, --version, --help and -h out of the words of `argv`
 * (without the program's name); "--name=N" as well. The others keep their order; behind "--", which
 * goes, all stay. `help COMMAND` is taken as COMMAND --help. Returns how many are left.
 */
int options_take(int argc, char **argv, struct options *out);

#endif
