/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From text to struct config, in steps: scan (which keys, on which lines), override, check each
 * value, merge with the defaults into one full YAML text, let libcyaml load that under the schema,
 * check the whole. After the value checks libcyaml has no cause to refuse; if it does, its own
 * sentence is the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/check.h"
#include "common/config/emit.h"
#include "common/config/fields.h"
#include "common/config/scan.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* Each part of a comma-separated text becomes an item; blanks around it are not part of it. */
static void
merge_comma_list(struct emit *e, const char *text)
{
	bool any = false;

	while (*text != 0) {
		size_t bytes = strcspn(text, ",");
		struct span item = span_trim(span_of(text, bytes));

		if (item.bytes > 0)
			emit_item(e, item);
		any = any || item.bytes > 0;
		text += bytes + (text[bytes] == ',');
	}
	if (any)
		fputc('\n', e->out);
	else
		emit_empty_list(e);
}

static void
merge_list(struct emit *e, const struct scan *s, const struct config_field *f)
{
	const struct scan_node *value = scan_find(s, f->path, SCAN_VALUE);
	const struct scan_node *item = scan_next_item(s, f->path, NULL);

	emit_key(e, f->path);
	if (value != NULL && !value->is_null) {
		merge_comma_list(e, value->text);
		return;
	}
	if (value == NULL && scan_find(s, f->path, SCAN_LIST) == NULL) {
		merge_comma_list(e, f->fallback);
		return;
	}
	if (item == NULL) {
		emit_empty_list(e);
		return;
	}
	for (; item != NULL; item = scan_next_item(s, f->path, item))
		emit_item(e, span_of(item->text, item->bytes));
	fputc('\n', e->out);
}

static void
merge_field(struct emit *e, const struct scan *s, const struct config_field *f)
{
	const struct scan_node *value = scan_find(s, f->path, SCAN_VALUE);
	const char *text = value != NULL ? value->text : f->fallback;
	bool b = false;

	if (value != NULL && value->is_null)
		text = "";
	if (f->kind == FIELD_TEXT_OR_NONE && (text == NULL || text[0] == 0))
		return;
	emit_key(e, f->path);
	if (f->kind == FIELD_BOOL) {
		config_bool_parse(span_text(text), &b);
		emit_plain(e, b ? "true" : "false");
	} else if (f->kind == FIELD_TEXT || f->kind == FIELD_TEXT_OR_NONE) {
		emit_quoted(e, span_text(text));
	} else {
		emit_plain(e, text);
	}
}

static void
merge_exclusions(struct emit *e, const struct scan *s)
{
	bool is_first = true;

	for (unsigned i = 0; i < s->count; i++) {
		const struct scan_node *n = &s->nodes[i], *value, *enabled;
		char path[SCAN_PATH_MAX];
		unsigned index;
		bool is_on = true;
		int end = 0;

		if (n->kind != SCAN_VALUE ||
		    sscanf(n->path, "exclusions[%u].criterion%n", &index, &end) != 1 || end == 0)
			continue;
		snprintf(path, sizeof(path), "exclusions[%u].value", index);
		value = scan_find_beside(s, n, path);
		snprintf(path, sizeof(path), "exclusions[%u].enabled", index);
		enabled = scan_find_beside(s, n, path);
		if (enabled != NULL)
			config_bool_parse(span_of(enabled->text, enabled->bytes), &is_on);
		emit_exclusion(e, is_first, n->text, span_of(value->text, value->bytes), is_on);
		is_first = false;
	}
}

/* One full text: every key, from an override, the file or the defaults. NULL: no memory. */
static char *
merge(const struct scan *s)
{
	char *text = NULL;
	size_t bytes;
	struct emit e = { .out = open_memstream(&text, &bytes) };

	if (e.out == NULL)
		return NULL;
	for (unsigned i = 0; i < config_fields_count; i++) {
		if (config_fields[i].kind == FIELD_LIST)
			merge_list(&e, s, &config_fields[i]);
		else
			merge_field(&e, s, &config_fields[i]);
	}
	merge_exclusions(&e, s);
	if (fclose(e.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Keeps the first sentence of libcyaml's log. */
static void
keep_log(cyaml_log_t level, void *arg, const char *format, va_list args)
{
	char *kept = arg;

	(void)level;
	if (kept[0] != 0)
		return;
	vsnprintf(kept, CONFIG_ERROR_TEXT_MAX / 2, format, args);
	kept[strcspn(kept, "\n")] = 0;
}

static const cyaml_config_t quiet = {
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

static int
load_merged(const struct scan *s, struct config **out)
{
	char kept[CONFIG_ERROR_TEXT_MAX / 2] = "";
	cyaml_config_t settings = quiet;
	char *text = merge(s);
	cyaml_err_t err;

	if (text == NULL)
		return scan_fail(s, NULL, "configuration", "out of memory");
	settings.log_fn = keep_log;
	settings.log_ctx = kept;
	err = cyaml_load_data((const uint8_t *)text, strlen(text), &settings, &config_schema,
	    (cyaml_data_t **)out, NULL);
	free(text);
	if (err == CYAML_OK && *out != NULL)
		return 0;
	return scan_fail(s, NULL, "configuration", "%s (%s)", kept, cyaml_strerror(err));
}

int
config_load_text(struct span text, const char *name, const char *const *overrides,
    unsigned override_count, struct config **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct scan s = { .name = name, .error = error };
	struct config *c = NULL;
	int rc;

	error[0] = 0;
	rc = scan_text(&s, text);
	for (unsigned i = 0; i < override_count && rc == 0; i++)
		rc = scan_override(&s, overrides[i]);
	rc = rc != 0 ? rc : check_nodes(&s);
	rc = rc != 0 ? rc : load_merged(&s, &c);
	rc = rc != 0 ? rc : check_config(&s, c);
	scan_fini(&s);
	if (rc != 0) {
		config_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int
load_read_file(const char *file, char **out, size_t *bytes)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *text;
	ssize_t got = 1;
	int rc = 0;

	if (fd < 0)
		return -errno;
	text = malloc(FILE_BYTES_MAX);
	if (text == NULL)
		rc = -ENOMEM;
	*bytes = 0;
	while (rc == 0 && got > 0 && *bytes < FILE_BYTES_MAX) {
		got = read(fd, text + *bytes, FILE_BYTES_MAX - *bytes);
		if (got < 0)
			rc = -errno;
		else
			*bytes += (size_t)got;
	}
	if (rc == 0 && *bytes == FILE_BYTES_MAX)
		rc = -EFBIG;
	close(fd);
	if (rc != 0)
		free(text);
	else
		*out = text;
	return rc;
}

int
config_load(const char *file, const char *const *overrides, unsigned override_count,
    struct config **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	char *text = NULL;
	size_t bytes = 0;
	int rc = load_read_file(file, &text, &bytes);

	if (rc != 0) {
		snprintf(
		    error, CONFIG_ERROR_TEXT_MAX, "%s: cannot be read: %s", file, strerror(-rc));
		return rc;
	}
	rc = config_load_text(span_of(text, bytes), file, overrides, override_count, out, error);
	free(text);
	return rc;
}

void
config_free(struct config *c)
{
	if (c != NULL)
		cyaml_free(&quiet, &config_schema, c, 0);
}
