/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: common/config common/channel common/base
 *
 * Configurations: the input up to the first NUL is an override, the rest the text. A refusal has a
 * sentence; what is accepted is printed, and the print is accepted again and prints the same.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/config/config.h"

static void
check_round_trip(const struct config *c)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *again = NULL;
	char *first = config_print(c), *second;
	int rc = config_load_text(span_text(first), "print", NULL, 0, &again, error);

	assert(rc == 0);
	second = config_print(again);
	assert(strcmp(first, second) == 0);
	config_free(again);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *nul = bytes > 0 ? memchr(data, 0, bytes) : NULL;
	const char *override = (const char *)data;
	struct span text = span_of(data, bytes);
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c = NULL;
	int rc;

	if (nul != NULL)
		text = span_from(text, (size_t)(nul - data) + 1);
	rc = config_load_text(
	    text, "fuzz", &override, nul != NULL && nul != data ? 1 : 0, &c, error);
	if (rc == 0)
		check_round_trip(c);
	else
		assert(c == NULL && error[0] != 0 && strlen(error) < sizeof(error));
	config_free(c);
	return 0;
}
