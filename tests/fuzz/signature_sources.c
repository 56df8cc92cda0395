/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: tools/sigc scanners/regex scanners/signature scanners/reputation scanners/format
 * fuzz-links: scanners/digest common/base
 *
 * Signature sources and lists: the first byte chooses the kind, the rest is the file. A refusal
 * names the file; what is accepted keeps its tables whole. Nothing is compiled: that is Hyperscan's
 * part.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/sigc/sigc.h"

static void
check_tables(const struct sigc *s)
{
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	const struct url_entry *u = (const struct url_entry *)(const void *)s->urls.bytes;

	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		assert(p[i].bytes_at + (size_t)p[i].bytes_count <= s->literals.used);
		assert(p[i].name < s->names.used && p[i].bytes_count >= SIGC_ANCHOR_MIN);
		assert(p[i].check == GENERATION_NO_PATTERN ||
		       p[i].check < s->checks.used / sizeof(struct generation_pattern));
	}
	for (size_t i = 0; i < s->urls.used / sizeof(*u); i++) {
		assert(u[i].key + (size_t)u[i].key_bytes <= s->url_keys.used);
		assert(u[i].host_bytes > 0 && u[i].host_bytes <= u[i].key_bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const char *const ends[] = { "lit", "ndb", "hdb", "hsb", "fp", "list", "ldb", "yar",
		"cdb" };
	static char directory[] = "/tmp/sluice-fuzz-XXXXXX";
	static bool made;
	struct sigc s = { .has_sandbox = true };
	unsigned kind;
	char path[128];
	FILE *f;
	int rc;

	if (!made && mkdtemp(directory) == NULL)
		abort();
	made = true;
	if (bytes == 0)
		return 0;
	kind = data[0] % (sizeof(ends) / sizeof(ends[0]));
	snprintf(path, sizeof(path), "%s/a.%s", directory, ends[kind]);
	f = fopen(path, "w");
	if (f == NULL || fwrite(data + 1, 1, bytes - 1, f) != bytes - 1 || fclose(f) != 0)
		abort();
	rc = kind == 5 ? sigc_read_list(&s, path, REPUTATION_BAD) : sigc_read(&s, path);
	if (rc != 0)
		assert(strncmp(s.error, path, strlen(path)) == 0);
	check_tables(&s);
	sigc_free(&s);
	unlink(path);
	return 0;
}
