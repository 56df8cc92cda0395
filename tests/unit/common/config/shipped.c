/* SPDX-License-Identifier: BSD-3-Clause */
/* The files beside the code say what the code does: config/sluice.yaml, docs/configuration.md. */
#include <stdlib.h>

#include "common/config/fields.h"
#include "tests/unit/harness.h"

static char *
read_whole(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (f != NULL) {
		CHECK(fread(text, 1, (1 << 20) - 1, f) > 0);
		fclose(f);
	}
	return text;
}

TEST(shipped_file_holds_the_defaults)
{
	static const char bare[] =
	    "dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}";
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *shipped = NULL, *plain = NULL;
	char *a, *b;

	CHECK_ROW(error, config_load("config/sluice.yaml", NULL, 0, &shipped, error) == 0);
	CHECK(config_load_text(span_text(bare), "bare", NULL, 0, &plain, error) == 0);
	if (shipped == NULL || plain == NULL)
		return;
	a = config_print(shipped);
	b = config_print(plain);
	CHECK(strcmp(a, b) == 0);
	free(a);
	free(b);
	config_free(shipped);
	config_free(plain);
}

/* Every key stands in the annotated file, and every key with its default in the manual. */
TEST(shipped_texts_name_every_key)
{
	char *shipped = read_whole("config/sluice.yaml"),
	     *manual = read_whole("docs/configuration.md");

	for (unsigned i = 0; i < config_fields_count; i++) {
		const struct config_field *f = &config_fields[i];
		const char *dot = strrchr(f->path, '.');
		char key[128], row[128];

		snprintf(key, sizeof(key), "%s:", dot != NULL ? dot + 1 : f->path);
		snprintf(row, sizeof(row), "| `%s` |", f->path);
		CHECK_ROW(f->path, strstr(shipped, key) != NULL);
		CHECK_ROW(f->path, strstr(manual, row) != NULL);
		if (f->fallback == NULL || f->kind == FIELD_LIST)
			continue;
		snprintf(row, sizeof(row), "| `%s` | `%s` |", f->path, f->fallback);
		CHECK_ROW(f->path, strstr(manual, row) != NULL);
	}
	free(shipped);
	free(manual);
}
