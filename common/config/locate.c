/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the setting stands that an error speaks of. What a configuration names (profiles, pages,
 * files) is checked by whoever uses it, long after the text was read: its error begins with the
 * key, and the text is read once more for the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fields.h"
#include "common/config/scan.h"

/* The item of the list, or the value, that the error shows in quotes; else where the key stands. */
static const struct scan_node *
find_shown(const struct scan *s, const char *path, const char *said)
{
	const struct scan_node *found = NULL;
	char quoted[CONFIG_ERROR_TEXT_MAX];

	for (unsigned i = 0; i < s->count; i++) {
		const struct scan_node *n = &s->nodes[i];

		if (strcmp(n->path, path) != 0)
			continue;
		if (found == NULL)
			found = n;
		snprintf(quoted, sizeof(quoted), "'%s'", n->text != NULL ? n->text : "");
		if (n->kind == SCAN_ITEM && strstr(said, quoted) != NULL)
			return n;
	}
	return found;
}

void
config_locate(const char *file, const char *const *overrides, unsigned override_count,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	char scratch[CONFIG_ERROR_TEXT_MAX], said[CONFIG_ERROR_TEXT_MAX], path[SCAN_PATH_MAX];
	struct scan s = { .name = file, .error = scratch };
	size_t bytes = strcspn(error, ":"), text_bytes;
	char *text;
	int rc;

	if (bytes >= sizeof(path) || strncmp(error + bytes, ": ", 2) != 0)
		return;
	memcpy(path, error, bytes);
	path[bytes] = 0;
	snprintf(said, sizeof(said), "%s", error + bytes + 2);
	if (config_field_find(span_text(path)) == NULL ||
	    load_read_file(file, &text, &text_bytes) != 0)
		return;
	rc = scan_text(&s, span_of(text, text_bytes));
	for (unsigned i = 0; i < override_count && rc == 0; i++)
		rc = scan_override(&s, overrides[i]);
	free(text);
	if (rc == 0) {
		s.error = error;
		scan_fail(&s, find_shown(&s, path, said), path, "%s", said);
	}
	scan_fini(&s);
}
