/* SPDX-License-Identifier: BSD-3-Clause */
/* The mode on disk, one word in STATE/mode: replaced whole or not at all. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "control/control.h"

int
control_set_mode(struct control *c, enum mode m)
{
	char path[512], partial[520];
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/mode", c->paths.state_directory);
	snprintf(partial, sizeof(partial), "%s.new", path);
	f = fopen(partial, "we");
	if (f == NULL)
		return -errno;
	fprintf(f, "%s\n", mode_word(m));
	rc = fflush(f) == 0 && fsync(fileno(f)) == 0 ? 0 : -EIO;
	fclose(f);
	if (rc != 0 || rename(partial, path) != 0)
		return rc != 0 ? rc : -errno;
	c->mode = m;
	if (c->region != NULL)
		region_set_mode(c->region, m);
	return 0;
}

enum mode
control_stored_mode(const struct control *c)
{
	char path[512], word[32] = "";
	FILE *f;
	enum mode m;

	snprintf(path, sizeof(path), "%s/mode", c->paths.state_directory);
	f = fopen(path, "re");
	if (f != NULL && fgets(word, sizeof(word), f) == NULL)
		word[0] = 0;
	if (f != NULL)
		fclose(f);
	word[strcspn(word, "\r\n")] = 0;
	m = mode_by_word(span_text(word));
	return m != MODE_COUNT ? m : c->config->mode;
}
