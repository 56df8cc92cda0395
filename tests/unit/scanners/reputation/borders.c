/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What looks at sixteen bytes at once says what a look at each would say, of paths of all lengths
 * around its blocks; and a path that it calls plain is its own key. Each stands in memory of just
 * its size and the block that may be read, which is full of what would mislead. Hosts so too,
 * behind which nothing may be read.
 */
#include <stdlib.h>

#include "scanners/reputation/reputation_table.h"
#include "tests/unit/harness.h"

#define LONGEST 300

static bool
is_border(const uint8_t *path, uint32_t bytes, uint32_t at)
{
	return at == bytes ||
	       (at >= 2 && (path[at - 1] == '/' || path[at] == '/' || path[at] == '?'));
}

static void
check_borders(const uint8_t *path, uint32_t bytes)
{
	struct reputation_borders borders;
	uint32_t next = 0;

	reputation_borders_init(&borders, path, bytes);
	for (uint32_t at = 1; at <= bytes; at++) {
		if (!is_border(path, bytes, at))
			continue;
		next = reputation_next_border(&borders);
		if (next != at)
			break;
	}
	CHECK(next == bytes);
}

static void
check_plain(const uint8_t *path, uint32_t bytes, unsigned *plain)
{
	struct reputation_key k = { 0 };
	bool is_key;

	CHECK(reputation_key_host(&k, span_text("h")));
	reputation_key_path(&k, span_of(path, bytes));
	is_key = k.path_bytes == bytes && memcmp(k.bytes + 1, path, bytes) == 0;
	if (reputation_path_is_plain(path, bytes)) {
		CHECK(is_key);
		++*plain;
	}
}

/* Whatever it says of others costs a moment; that it knows most is why it is there. */
TEST(paths_of_all_kinds)
{
	static const char common[] = "abcdefghijklmnop/qrstuvwxyzABCXYZ019-_~=&+,;:@!$()*[]?.",
			  rare[] = "//..?%2eE\\#\"'<>^`{|} \x01\x1f\x7f\x80\xff";
	uint64_t seed = 1;
	unsigned plain = 0;

	for (unsigned i = 0; i < 60000; i++) {
		uint32_t bytes = 1 + i % LONGEST;
		uint8_t *path = malloc(bytes + REPUTATION_BLOCK);

		memset(path, i % 2 == 0 ? '/' : '?', bytes + REPUTATION_BLOCK);
		for (uint32_t at = 1; at < bytes; at++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			path[at] = (uint8_t)(i % 3 > 0 || seed >> 60 > 0
						 ? common[(seed >> 33) % (sizeof(common) - 1)]
						 : rare[(seed >> 33) % (sizeof(rare) - 1)]);
		}
		check_borders(path, bytes);
		check_plain(path, bytes, &plain);
		free(path);
	}
	CHECK(plain > 10000);
}

/* Each byte by itself, at each place of a block. */
TEST(each_byte_that_a_key_spells_otherwise)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		bool is_plain =
		    byte > ' ' && byte < 0x7f && strchr("\"#%'<>\\^`{|}", (int)byte) == NULL;

		for (unsigned at = 1; at < 40; at++) {
			uint8_t path[40 + REPUTATION_BLOCK];

			memset(path, 'a', sizeof(path));
			path[0] = '/';
			path[at] = (uint8_t)byte;
			if (reputation_path_is_plain(path, 40) !=
			    (is_plain && (byte != '?' || at < 39) && (byte != '.' || at > 1))) {
				printf("byte %u at %u\n", byte, at);
				CHECK(false);
			}
		}
	}
}

/* What reputation_labels() says, byte by byte. */
static uint32_t
labels_of(const uint8_t *host, uint32_t bytes, uint16_t begins[REPUTATION_LABELS_MAX])
{
	uint32_t labels = 1;

	begins[0] = 0;
	for (uint32_t i = 0; i < bytes; i++) {
		uint8_t c = host[i];

		if (c == '.')
			begins[labels++] = (uint16_t)(i + 1);
		else if (c == 0 || strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", c) == NULL)
			return 0;
	}
	if (begins[labels - 1] == bytes)
		return 0;
	return host[begins[labels - 1]] >= '0' && host[begins[labels - 1]] <= '9' ? 0 : labels;
}

static bool
labels_are_right(const uint8_t *host, uint32_t bytes)
{
	uint16_t begins[REPUTATION_LABELS_MAX], right[REPUTATION_LABELS_MAX];
	uint32_t labels = labels_of(host, bytes, right);

	return reputation_labels(span_of(host, bytes), begins) == labels &&
	       memcmp(begins, right, labels * sizeof(*begins)) == 0;
}

TEST(hosts_of_all_lengths)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-_0123456789.....";
	uint64_t seed = 1;
	unsigned plain = 0;

	for (unsigned i = 0; i < 60000; i++) {
		uint32_t bytes = 1 + i % REPUTATION_HOST_MAX;
		uint16_t begins[REPUTATION_LABELS_MAX];
		uint8_t *host = malloc(bytes);

		for (uint32_t at = 0; at < bytes; at++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			host[at] = (uint8_t)letters[(seed >> 33) % (sizeof(letters) - 1)];
		}
		CHECK(labels_are_right(host, bytes));
		plain += labels_of(host, bytes, begins) > 0;
		free(host);
	}
	CHECK(plain > 10000);
}

/* Each byte by itself, at each place of hosts around the blocks' lengths. */
TEST(each_byte_of_a_host)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		for (unsigned bytes = 1; bytes < 50; bytes++) {
			for (unsigned at = 0; at < bytes; at++) {
				uint8_t host[50];

				memset(host, 'a', bytes);
				host[at] = (uint8_t)byte;
				if (!labels_are_right(host, bytes)) {
					printf("byte %u at %u of %u\n", byte, at, bytes);
					CHECK(false);
				}
			}
		}
	}
}

TEST(hosts_that_are_none)
{
	uint8_t host[REPUTATION_HOST_MAX + 1];
	uint16_t begins[REPUTATION_LABELS_MAX];

	memset(host, 'a', sizeof(host));
	CHECK(reputation_labels(span_of(host, 0), begins) == 0);
	CHECK(reputation_labels(span_of(host, REPUTATION_HOST_MAX), begins) == 1);
	CHECK(reputation_labels(span_of(host, sizeof(host)), begins) == 0);
}
