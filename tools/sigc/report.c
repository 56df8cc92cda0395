/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was loaded and what was left out, file by file. As JSON one object:
 *
 *     loaded       signatures and list entries taken, the built-in one among them
 *     left_out     {reason: how many}
 *     files        [{path, loaded, sandbox, duplicates, left_out, literals, literal_bytes}]:
 *                  `sandbox` are those of `loaded` that are judged there, literals what Hyperscan
 *                  looks for on the file's behalf, which is what a scan costs
 *     names        [{name, file, line, reason}] of what was left out; behind the reason what
 *                  libyara says, where that refused it
 *     sandbox      the same of what is judged in the sandbox, and why not here
 *     generation   {bytes, block_bytes, stream_bytes, builds, compile_ms, proof_ms, databases,
 *                  reused, threads, busiest_ms}; times are of processor time
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "tools/sigc/sigc.h"

static const struct sigc_file *
file_at(const struct sigc *s, size_t i)
{
	return (const struct sigc_file *)(const void *)s->files.bytes + i;
}

static const char *
text_at(const struct sigc *s, uint32_t at)
{
	return (const char *)s->left_out_names.bytes + at;
}

/* What each file has Hyperscan look for, now that all is settled. */
static void
count_literals(struct sigc *s)
{
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	struct sigc_file *files = (struct sigc_file *)(void *)s->files.bytes;

	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		files[p[i].origin.file].literals++;
		files[p[i].origin.file].literal_bytes += p[i].bytes_count;
	}
}

static json_t *
reasons(const uint64_t counts[SKIP_COUNT])
{
	json_t *out = json_object();

	for (unsigned i = 0; i < SKIP_COUNT; i++) {
		if (counts[i] > 0)
			json_object_set_new(
			    out, sigc_skip_texts[i], json_integer((json_int_t)counts[i]));
	}
	return out;
}

/* Names come from files: what is no UTF-8 is shown byte by byte as Latin-1. */
static json_t *
text(const char *bytes)
{
	json_t *out = json_string(bytes);
	struct sigc_table latin = { 0 };

	if (out != NULL)
		return out;
	for (; *bytes != 0; bytes++) {
		uint8_t b = (uint8_t)*bytes,
			two[2] = { (uint8_t)(0xc0 | b >> 6), (uint8_t)(0x80 | (b & 0x3f)) };

		table_add(&latin, b < 0x80 ? &b : two, b < 0x80 ? 1 : 2);
	}
	out = json_stringn((const char *)latin.bytes, latin.used);
	free(latin.bytes);
	return out;
}

/* The reason, and what is said of it. */
static json_t *
reason_of(const struct sigc *s, const struct sigc_left_out *row)
{
	const char *reason = sigc_skip_texts[row->why];
	struct sigc_table both = { 0 };
	json_t *out;

	if (row->detail == 0)
		return json_string(reason);
	table_add(&both, reason, strlen(reason));
	table_add(&both, ": ", 2);
	table_add_text(&both, span_text(text_at(s, row->detail)));
	out = text((const char *)both.bytes);
	free(both.bytes);
	return out;
}

static json_t *
names_as_json(const struct sigc *s, const struct sigc_table *rows)
{
	const struct sigc_left_out *row = (const struct sigc_left_out *)(const void *)rows->bytes;
	json_t *out = json_array();

	for (size_t i = 0; i < rows->used / sizeof(*row); i++)
		json_array_append_new(
		    out, json_pack("{s:o, s:o, s:I, s:o}", "name", text(text_at(s, row[i].name)),
			     "file", text(text_at(s, file_at(s, row[i].origin.file)->path)), "line",
			     (json_int_t)row[i].origin.line, "reason", reason_of(s, &row[i])));
	return out;
}

static void
report_as_json(const struct sigc *s, FILE *out)
{
	const struct sigc_cost *c = &s->cost;
	json_t *files = json_array(), *all;

	for (size_t i = 0; i < s->files.used / sizeof(struct sigc_file); i++) {
		const struct sigc_file *f = file_at(s, i);

		json_array_append_new(files,
		    json_pack("{s:o, s:I, s:I, s:I, s:o, s:I, s:I}", "path",
			text(text_at(s, f->path)), "loaded", (json_int_t)f->loaded, "sandbox",
			(json_int_t)f->deep, "duplicates", (json_int_t)f->duplicates, "left_out",
			reasons(f->left_out), "literals", (json_int_t)f->literals, "literal_bytes",
			(json_int_t)f->literal_bytes));
	}
	all = json_pack(
	    "{s:I, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I, s:i, s:I, s:I, s:i, s:i, s:i, s:I, s:I}}",
	    "loaded", (json_int_t)s->loaded, "left_out", reasons(s->skipped), "files", files,
	    "names", names_as_json(s, &s->left_out), "sandbox", names_as_json(s, &s->deep_names),
	    "generation", "bytes", (json_int_t)c->file_bytes, "block_bytes",
	    (json_int_t)c->block_bytes, "stream_bytes", (json_int_t)c->stream_bytes, "builds",
	    (int)c->builds, "compile_ms", (json_int_t)c->compile_ms, "proof_ms",
	    (json_int_t)c->proof_ms, "databases", (int)c->databases, "reused", (int)c->reused,
	    "threads", (int)sigc_threads(s), "busiest_ms", (json_int_t)(c->busiest_ns / 1000000),
	    "proof_bytes", (json_int_t)c->proof_bytes);
	if (all != NULL)
		json_dumpf(all, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(all);
}

static void
print_reasons(FILE *out, const char *indent, const uint64_t counts[SKIP_COUNT])
{
	for (unsigned i = 0; i < SKIP_COUNT; i++) {
		if (counts[i] > 0)
			fprintf(out, "%sleft out, %s: %llu\n", indent, sigc_skip_texts[i],
			    (unsigned long long)counts[i]);
	}
}

/* A name or a path. */
static void
put(FILE *out, const char *text)
{
	size_t room = 4 * strlen(text) + 1;
	char *shown = malloc(room);

	if (shown == NULL)
		sigc_give_up("the limit of memory is reached");
	fputs(sigc_show(text, shown, room), out);
	free(shown);
}

/* FILE:LINE: NAME: why[: what is said of it]. */
static void
print_names(const struct sigc *s, FILE *out, const struct sigc_table *rows, const char *before)
{
	const struct sigc_left_out *row = (const struct sigc_left_out *)(const void *)rows->bytes;

	for (size_t i = 0; i < rows->used / sizeof(*row); i++) {
		put(out, text_at(s, file_at(s, row[i].origin.file)->path));
		fprintf(out, ":%u: ", row[i].origin.line);
		put(out, text_at(s, row[i].name));
		fprintf(out, ": %s%s", before, sigc_skip_texts[row[i].why]);
		if (row[i].detail != 0) {
			fputs(": ", out);
			put(out, text_at(s, row[i].detail));
		}
		fputc('\n', out);
	}
}

static void
report_as_text(const struct sigc *s, FILE *out)
{
	for (size_t i = 0; i < s->files.used / sizeof(struct sigc_file); i++) {
		const struct sigc_file *f = file_at(s, i);

		put(out, text_at(s, f->path));
		fprintf(out, ": loaded %llu, ", (unsigned long long)f->loaded);
		if (f->deep > 0)
			fprintf(out, "in the sandbox %llu, ", (unsigned long long)f->deep);
		fprintf(out, "duplicates %llu, literals %llu of %llu bytes\n",
		    (unsigned long long)f->duplicates, (unsigned long long)f->literals,
		    (unsigned long long)f->literal_bytes);
		print_reasons(out, "  ", f->left_out);
	}
	print_names(s, out, &s->left_out, "");
	print_names(s, out, &s->deep_names, "in the sandbox, ");
	fprintf(out,
	    "generation: %llu bytes, built %u times, compiled in %llu ms, proved in %llu ms over "
	    "%llu bytes, %u threads, the busiest %llu ms\n",
	    (unsigned long long)s->cost.file_bytes, s->cost.builds,
	    (unsigned long long)s->cost.compile_ms, (unsigned long long)s->cost.proof_ms,
	    (unsigned long long)s->cost.proof_bytes, sigc_threads(s),
	    (unsigned long long)(s->cost.busiest_ns / 1000000));
	fprintf(out, "databases: %u, of these %u of the earlier generation\n", s->cost.databases,
	    s->cost.reused);
	fprintf(out, "loaded: %llu\n", (unsigned long long)s->loaded);
	if (s->deep_names.used > 0)
		fprintf(out, "in the sandbox: %llu\n",
		    (unsigned long long)(s->deep_names.used / sizeof(struct sigc_left_out)));
	print_reasons(out, "", s->skipped);
}

void
sigc_report(struct sigc *s, FILE *out, bool as_json)
{
	count_literals(s);
	if (as_json)
		report_as_json(s, out);
	else
		report_as_text(s, out);
}
