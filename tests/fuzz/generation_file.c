/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: scanners/signature scanners/reputation scanners/format scanners/digest common/base
 *
 * Generation files: the input stands behind a header whose checksum and version are made right, so
 * that sections, tables and reputation are what is fuzzed. A refusal has a sentence; what is
 * accepted can be asked anything.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <hs/hs.h>
#include <openssl/sha.h>

#include "scanners/reputation/reputation.h"
#include "scanners/signature/generation_file.h"
#include "scanners/signature/signature.h"

/* Every byte of a text that a table says is there. */
static int
search(void *arg, const struct signature_regex *what, size_t *start, size_t *end)
{
	(void)arg;
	*start = *end = 0;
	return strlen(what->text) % 2 == 0;
}

/* Hosts and paths of the seed "urls": both kinds of key, a filter, prefixes. */
static void
ask_reputation(const struct reputation_table *t)
{
	static const char *const urls[][2] = { { "www.bad.example", "/a/b?c" },
		{ "bad.example", "/a/b?c" }, { "bad.example", "/a/x" }, { "worse.example", "/y" },
		{ "a-host-of-more-than-fifty-bytes.whose-key-is.elsewhere.example", "/x/y/z" } };
	struct reputation_answer answer;

	for (unsigned i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		reputation_lookup(t, span_text(urls[i][0]), span_text(urls[i][1]), &answer);
		assert(answer.kind == REPUTATION_UNKNOWN || answer.list != NULL);
	}
}

static void
ask(const struct generation *g)
{
	const struct signature_member member = { .name = span_text("a.exe"), .archives = 1 };
	static const uint8_t digest[32];
	const char *threat = NULL;
	struct generation_facts facts;

	generation_facts(g, &facts);
	generation_bad_digest(g, digest, digest, 0);
	generation_trusted_digest(g, digest, digest, 0);
	if (generation_match_member(g, &member, search, NULL, &threat) == 1)
		assert(generation_has_members(g) && strlen(threat) < SIZE_MAX);
	if (generation_reputation(g) != NULL)
		ask_reputation(generation_reputation(g));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct generation_header h = { .magic = GENERATION_MAGIC, .version = GENERATION_VERSION };
	char error[SIGNATURE_ERROR_TEXT_MAX] = "";
	struct generation *g = NULL;
	uint8_t *file = aligned_alloc(64, (sizeof(h) + bytes + 63) / 64 * 64);

	memcpy(file + sizeof(h), data, bytes);
	h.section_count = bytes > 0 ? data[bytes - 1] % 40 : 0;
	snprintf(h.hyperscan, sizeof(h.hyperscan), "%s", hs_version());
	SHA256(file + sizeof(h), bytes, h.sha256);
	memcpy(&h.id, h.sha256, sizeof(h.id));
	memcpy(file, &h, sizeof(h));
	if (generation_open(span_of(file, sizeof(h) + bytes), &g, error) == 0) {
		ask(g);
		generation_close(g);
	} else {
		assert(error[0] != 0);
	}
	free(file);
	return 0;
}
