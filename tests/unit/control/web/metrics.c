/* SPDX-License-Identifier: BSD-3-Clause */
/* The text: every table's every row for every core, and the form that Prometheus asks for. */
#include "control/web/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "tests/unit/harness.h"

#define CORES 2

static struct web_core cores[CORES];

/* Each number differs from all others: one in the wrong place shows. */
static struct web_facts
some_facts(void)
{
	uint64_t next = 1000;

	memset(cores, 0, sizeof(cores));
	for (unsigned i = 0; i < CORES; i++) {
		struct core_stats *s = &cores[i].stats;

		for (unsigned k = 0; k < COUNTER_COUNT; k++)
			s->counters[k] = next++;
#define X(field, help) s->field = next++;
		GAUGES(X)
#undef X
		for (unsigned n = 0; n < VERDICT_COUNT * SOURCE_COUNT; n++)
			s->verdicts[n / SOURCE_COUNT][n % SOURCE_COUNT] = next++;
		cores[i].unsound = next++;
	}
	return (struct web_facts){
		.instance = "rig",
		.mode = MODE_MONITOR,
		.uptime_s = 77,
		.lines = 5,
		.lines_dropped = 6,
		.json_dropped = 7,
		.untold = 8,
		.compilations = 9,
		.compilations_failed = 4,
		.refused = "",
		.compile_error = "x.ndb:1: no",
		.log_error = "",
		.cores = CORES,
		.core = cores,
		.generation = 0xabc,
		.shadow = 0xdef,
		.dataplane_uptime_s = 9,
		.signatures_known = true,
		.literals = 11,
		.reputation_entries = 12,
	};
}

static char *
written(const struct web_facts *f)
{
	struct text t = { 0 };
	char *text;
	size_t bytes;

	metrics_write(f, &t);
	text = text_take(&t, &bytes);
	CHECK(text != NULL && bytes > 0);
	text = realloc(text, bytes + 1);
	text[bytes] = 0;
	return text;
}

/* Whether that whole line is there. */
__attribute__((format(printf, 2, 3))) static bool
has(const char *text, const char *format, ...)
{
	char line[512];
	va_list arguments;
	size_t bytes;

	va_start(arguments, format);
	bytes = (size_t)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
		if ((at == text || at[-1] == '\n') && at[bytes] == '\n')
			return true;
	}
	fprintf(stderr, "  no line '%s'\n", line);
	return false;
}

TEST(every_row_of_every_table_is_told_for_every_core)
{
	struct web_facts f = some_facts();
	char *text = written(&f);

	for (unsigned i = 0; i < CORES; i++) {
		const struct core_stats *s = &cores[i].stats;

		for (unsigned k = 0; k < COUNTER_COUNT; k++)
			CHECK(has(text, "sluice_%s_total{core=\"%u\"} %" PRIu64, counter_word(k), i,
			    s->counters[k]));
#define X(field, help) CHECK(has(text, "sluice_" #field "{core=\"%u\"} %" PRIu64, i, s->field));
		GAUGES(X)
#undef X
		for (unsigned k = 0; k < SOURCE_COUNT; k++) {
			CHECK(has(text,
			    "sluice_verdicts_total{core=\"%u\",verdict=\"clean\",source=\"%s\"} "
			    "%" PRIu64,
			    i, source_word(k), s->verdicts[VERDICT_CLEAN][k]));
			CHECK(has(text,
			    "sluice_verdicts_total{core=\"%u\",verdict=\"bad\",source=\"%s\"} "
			    "%" PRIu64,
			    i, source_word(k), s->verdicts[VERDICT_BAD][k]));
		}
		CHECK(has(text, "sluice_unsound_total{core=\"%u\"} %" PRIu64, i, cores[i].unsound));
		CHECK(has(text, "sluice_object_seconds_count{core=\"%u\"} 0", i));
		CHECK(has(text, "sluice_scan_seconds_count{core=\"%u\"} 0", i));
		CHECK(has(text, "sluice_hold_seconds_count{core=\"%u\"} 0", i));
	}
	free(text);
}

TEST(control_tells_of_itself)
{
	struct web_facts f = some_facts();
	char *text = written(&f);

	CHECK(has(text, "sluice_mode{mode=\"monitor\"} 1"));
	CHECK(has(text, "sluice_mode{mode=\"standard\"} 0"));
	CHECK(has(text, "sluice_dataplane_attached 1"));
	CHECK(has(text, "sluice_dataplane_uptime_seconds 9"));
	CHECK(has(text, "sluice_generation_info{generation=\"0000000000000abc\"} 1"));
	CHECK(has(text, "sluice_shadow_info{generation=\"0000000000000def\"} 1"));
	free(text);
	f.shadow = 0;
	text = written(&f);
	CHECK(has(text, "sluice_shadow_info{generation=\"\"} 0"));
	CHECK(has(text, "sluice_signatures{kind=\"literals\"} 11"));
	CHECK(has(text, "sluice_signatures{kind=\"reputation\"} 12"));
	CHECK(has(text, "sluice_control_uptime_seconds 77"));
	CHECK(has(text, "sluice_log_lines_total 5"));
	CHECK(has(text, "sluice_untold_total 8"));
	CHECK(has(text, "sluice_compilations_total 9"));
	CHECK(has(text, "sluice_compilations_failed_total 4"));
	CHECK(has(text, "sluice_log_lines_dropped_total{file=\"sluice.log\"} 6"));
	CHECK(has(text, "sluice_log_lines_dropped_total{file=\"sluice.jsonl\"} 7"));
	CHECK(has(text, "sluice_problem{what=\"compile\"} 1"));
	CHECK(has(text, "sluice_problem{what=\"store\"} 0"));
	free(text);
}

TEST(without_a_dataplane_nothing_is_made_up)
{
	struct web_facts f = some_facts();
	char *text;

	f.cores = 0;
	f.core = NULL;
	text = written(&f);
	CHECK(has(text, "sluice_dataplane_attached 0"));
	CHECK(has(text, "sluice_mode{mode=\"monitor\"} 1"));
	CHECK(strstr(text, "core=") == NULL);
	CHECK(strstr(text, "generation") == NULL);
	CHECK(strstr(text, "signatures{") == NULL);
	free(text);
}

TEST(what_is_not_known_is_left_out)
{
	struct web_facts f = some_facts();
	char *text;

	f.signatures_known = false;
	f.dataplane_uptime_s = -1;
	text = written(&f);
	CHECK(strstr(text, "sluice_signatures") == NULL);
	CHECK(strstr(text, "sluice_dataplane_uptime_seconds") == NULL);
	free(text);
}

TEST(labels_are_escaped)
{
	struct web_facts f = some_facts();
	char *text;

	f.instance = "a\"b\\c\nd";
	text = written(&f);
	CHECK(strstr(text, "instance=\"a\\\"b\\\\c\\nd\"} 1\n") != NULL);
	free(text);
}

TEST(a_histogram_in_seconds)
{
	struct web_facts f = some_facts();
	struct histogram *h = &cores[1].stats.object_ns;
	char *text;

	histogram_add(h, 500);           /* below the first bound */
	histogram_add(h, 1024);          /* at it: not below */
	histogram_add(h, 1500000000);    /* 1.5 s */
	histogram_add(h, 5000000000000); /* beyond the last bound */
	h->count = 3;                    /* the core was interrupted between its stores */
	text = written(&f);
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"0.000001024\"} 1"));
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"0.000002048\"} 2"));
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"1.073741824\"} 2"));
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"2.147483648\"} 3"));
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"549.755813888\"} 3"));
	CHECK(has(text, "sluice_object_seconds_bucket{core=\"1\",le=\"+Inf\"} 4"));
	CHECK(has(text, "sluice_object_seconds_count{core=\"1\"} 4"));
	CHECK(has(text, "sluice_object_seconds_sum{core=\"1\"} 5001.500001524"));
	CHECK(has(text, "sluice_object_seconds_count{core=\"0\"} 0"));
	free(text);
}

/* The name of a sample, up to its labels or its value. */
static size_t
name_bytes(const char *line)
{
	return strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* Whether a sample's name is its family's, or that of a part of a histogram. */
static bool
belongs(const char *line, const char *family)
{
	static const char *const ends[] = { "", "_bucket", "_sum", "_count" };
	size_t stem = strlen(family);

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (strncmp(line, family, stem) == 0 &&
		    name_bytes(line) == stem + strlen(ends[i]) &&
		    strncmp(line + stem, ends[i], strlen(ends[i])) == 0)
			return true;
	}
	return false;
}

/* The form: HELP, TYPE and then samples of that family only; no family twice. */
TEST(families_are_whole_and_stand_once)
{
	struct web_facts f = some_facts();
	char *text = written(&f), *save, family[128] = "", type[32], seen[16384] = " ";
	unsigned families = 0;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char word[130];

		if (strncmp(line, "# HELP ", 7) == 0) {
			CHECK(sscanf(line + 7, "%127s", family) == 1);
			CHECK_ROW(
			    line, line[7 + strlen(family)] == ' ' && line[8 + strlen(family)] != 0);
			snprintf(word, sizeof(word), " %s ", family);
			CHECK_ROW(line, strstr(seen, word) == NULL);
			strcat(seen, word + 1);
			families++;
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			CHECK(sscanf(line + 7, "%127s %31s", word, type) == 2);
			CHECK_ROW(line, strcmp(word, family) == 0);
		} else {
			CHECK_ROW(line, belongs(line, family));
			CHECK_ROW(
			    line, (strcmp(type, "counter") == 0) ==
				      (strlen(family) > 6 &&
					  strcmp(family + strlen(family) - 6, "_total") == 0));
			CHECK_ROW(line, strchr("0123456789", strrchr(line, ' ')[1]) != NULL);
		}
	}
	CHECK(families > COUNTER_COUNT + 20);
	free(text);
}
