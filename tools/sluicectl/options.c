/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/options.h"

#include <stddef.h>
#include <string.h>

/* argv[*at] is this option: its value behind "=", or the next word, which `*at` then is at. */
static bool
take_value(
    int argc, char **argv, int *at, const char *option, const char **value, const char **lacks)
{
	size_t bytes = strlen(option);
	const char *word = argv[*at];

	if (strncmp(word, option, bytes) != 0 || (word[bytes] != 0 && word[bytes] != '='))
		return false;
	if (word[bytes] == '=')
		*value = word + bytes + 1;
	else if (*at + 1 < argc)
		*value = argv[++*at];
	else
		*lacks = option;
	return true;
}

static bool
take_flag(const char *word, struct options *out)
{
	if (strcmp(word, "--json") == 0)
		out->json = true;
	else if (strcmp(word, "--version") == 0)
		out->version = true;
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		out->help = true;
	else
		return false;
	return true;
}

int
options_take(int argc, char **argv, struct options *out)
{
	int kept = 0;
	bool all_stay = false;

	*out = (struct options){ 0 };
	for (int i = 0; i < argc; i++) {
		if (!all_stay && strcmp(argv[i], "--") == 0)
			all_stay = true;
		else if (all_stay ||
			 (!take_value(argc, argv, &i, "--name", &out->name, &out->lacks) &&
			     !take_value(argc, argv, &i, "--control", &out->control, &out->lacks) &&
			     !take_flag(argv[i], out)))
			argv[kept++] = argv[i];
	}
	if (kept > 0 && argv[0][0] == '-')
		out->unknown = argv[0];
	if (kept > 0 && strcmp(argv[0], "help") == 0) {
		out->help = true;
		memmove(argv, argv + 1, (size_t)--kept * sizeof(*argv));
	}
	return kept;
}
