/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/deepscan/plain.h"

#include <stdio.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>
#include <yara.h>

#define MEMBER_BYTES_MAX (64u << 20)

struct plain {
	YR_RULES *rules;
	YR_SCANNER *scanner;
	uint8_t *member;
	bool found;
};

static int
take_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
	(void)context;
	(void)data;
	if (message == CALLBACK_MSG_RULE_MATCHING)
		((struct plain *)user)->found = true;
	return CALLBACK_CONTINUE;
}

static YR_RULES *
compile(const char *path)
{
	YR_COMPILER *compiler = NULL;
	YR_RULES *rules = NULL;
	FILE *f = fopen(path, "re");

	if (f != NULL && yr_compiler_create(&compiler) == ERROR_SUCCESS &&
	    yr_compiler_add_file(compiler, f, NULL, path) == 0)
		yr_compiler_get_rules(compiler, &rules);
	if (compiler != NULL)
		yr_compiler_destroy(compiler);
	if (f != NULL)
		fclose(f);
	if (rules == NULL)
		fprintf(stderr, "%s: no rules that libyara takes\n", path);
	return rules;
}

struct plain *
plain_create(const char *rules)
{
	struct plain *p = calloc(1, sizeof(*p));

	if (p == NULL || yr_initialize() != ERROR_SUCCESS)
		exit(2);
	p->rules = compile(rules);
	p->member = malloc(MEMBER_BYTES_MAX);
	if (p->rules == NULL || p->member == NULL ||
	    yr_scanner_create(p->rules, &p->scanner) != ERROR_SUCCESS) {
		plain_destroy(p);
		return NULL;
	}
	yr_scanner_set_callback(p->scanner, take_message, p);
	yr_scanner_set_flags(p->scanner, SCAN_FLAGS_REPORT_RULES_MATCHING);
	return p;
}

void
plain_destroy(struct plain *p)
{
	if (p->scanner != NULL)
		yr_scanner_destroy(p->scanner);
	if (p->rules != NULL)
		yr_rules_destroy(p->rules);
	free(p->member);
	free(p);
	yr_finalize();
}

static struct archive *
open_archive(struct span object)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		exit(2);
	archive_read_support_filter_all(a);
	archive_read_support_format_all(a);
	archive_read_open_memory(a, object.data, object.bytes);
	return a;
}

bool
plain_is_archive(struct span object)
{
	struct archive *a = open_archive(object);
	struct archive_entry *entry;
	bool is_one = archive_read_next_header(a, &entry) == ARCHIVE_OK &&
		      archive_format(a) != ARCHIVE_FORMAT_MTREE;

	archive_read_free(a);
	return is_one;
}

static bool
is_found(struct plain *p, const void *bytes, size_t count)
{
	return yr_scanner_scan_mem(p->scanner, bytes, count) != ERROR_SUCCESS || p->found;
}

long
plain_judge(struct plain *p, struct span object)
{
	struct archive *a = open_archive(object);
	struct archive_entry *entry;
	long unpacked = 0;

	p->found = false;
	if (is_found(p, object.data, object.bytes))
		unpacked = -1;
	while (unpacked >= 0 && archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		la_ssize_t n = archive_read_data(a, p->member, MEMBER_BYTES_MAX);

		unpacked = n < 0 || is_found(p, p->member, (size_t)n) ? -1 : unpacked + (long)n;
	}
	archive_read_free(a);
	return unpacked;
}
