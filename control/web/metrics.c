/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A family is a HELP and a TYPE line and then all of its samples; the families of cores go by the
 * tables of common/channel, so a counter that is added there is told here.
 *
 * A histogram's buckets end at powers of two of nanoseconds, the only bounds that those of
 * common/base/histogram.h share exactly. Its count is the sum of its buckets rather than the field:
 * the core writes on while we read, and a count that differs from the bucket of +Inf is refused.
 */
#include "control/web/metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/version.h"

#define BOUND_FIRST 10 /* 2^10 ns: a microsecond */
#define BOUND_LAST  39 /* 2^39 ns: nine minutes; beyond it HISTOGRAM_VALUE_BITS blurs */

#define NANOSECONDS 1000000000u

/* Control's own that have one value: name, type, help, value. */
#define CONTROL_METRICS(X)                                                                         \
	X("control_uptime_seconds", "gauge", "since control started", f->uptime_s)                 \
	X("dataplane_attached", "gauge", "whether control is attached to a dataplane",             \
	    f->cores != 0)                                                                         \
	X("log_lines_total", "counter", "lines written to sluice.log since control started",       \
	    f->lines)                                                                              \
	X("jobs_running", "gauge", "objects that a sandbox works on", f->jobs_running)             \
	X("jobs_waiting", "gauge", "objects that wait for a sandbox", f->jobs_waiting)             \
	X("untold_total", "counter", "verdicts and cut URLs that a core with a full ring missed",  \
	    f->untold)                                                                             \
	X("compiling", "gauge", "whether the signature compiler runs", f->compiling)               \
	X("compilations_total", "counter", "runs of the signature compiler, for tries too",        \
	    f->compilations)                                                                       \
	X("compilations_failed_total", "counter", "of these, that failed", f->compilations_failed) \
	X("alerts", "gauge", "alerts kept in the store", f->store.alerts)                          \
	X("store_objects", "gauge", "recent objects kept for explain", f->store.objects)           \
	X("store_deliveries", "gauge", "deliveries kept for late convictions",                     \
	    f->store.deliveries)                                                                   \
	X("store_commits_total", "counter", "transactions stored", f->store.commits)               \
	X("store_busy_total", "counter", "transactions put off, the database busy", f->store.busy) \
	X("store_failed_total", "counter", "transactions that failed", f->store.failed)            \
	X("store_left_out_total", "counter",                                                       \
	    "recent objects not kept, the journal pinned by another process", f->store.left_out)   \
	X("store_damaged_total", "counter", "databases found damaged and set aside",               \
	    f->store.damaged)

static void
put_family(struct text *out, const char *name, const char *end, const char *type, const char *help)
{
	text_format(out, "# HELP sluice_%s%s %s\n# TYPE sluice_%s%s %s\n", name, end, help, name,
	    end, type);
}

static void
put_control(struct text *out, const struct web_facts *f)
{
#define X(name, type, help, value)             \
	put_family(out, name, "", type, help); \
	text_format(out, "sluice_%s %" PRIu64 "\n", name, (uint64_t)(value));
	CONTROL_METRICS(X)
#undef X
	put_family(out, "log_lines_dropped", "_total", "counter",
	    "lines lost because a log file could not be written");
	text_format(out, "sluice_log_lines_dropped_total{file=\"sluice.log\"} %" PRIu64 "\n",
	    f->lines_dropped);
	text_format(out, "sluice_log_lines_dropped_total{file=\"sluice.jsonl\"} %" PRIu64 "\n",
	    f->json_dropped);
}

/* A backslash, a quote and a newline are written with a backslash; nothing else needs be. */
static void
put_label(struct text *out, const char *value)
{
	for (; *value != 0; value++) {
		if (*value == '\n')
			text_put(out, "\\n");
		else
			text_format(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	}
}

static void
put_states(struct text *out, const struct web_facts *f)
{
	const struct {
		const char *what, *error;
	} problems[] = { { "refused", f->refused }, { "compile", f->compile_error },
		{ "store", f->store.error }, { "log", f->log_error } };

	put_family(out, "info", "", "gauge", "always 1; the labels tell");
	text_put(out, "sluice_info{version=\"" SLUICE_VERSION "\",instance=\"");
	put_label(out, f->instance);
	text_put(out, "\"} 1\n");
	put_family(out, "mode", "", "gauge", "1 for the mode that is in force");
	for (unsigned m = 0; m < MODE_COUNT; m++)
		text_format(out, "sluice_mode{mode=\"%s\"} %d\n", mode_word(m), m == f->mode);
	put_family(out, "problem", "", "gauge",
	    "1 while something is wrong; sluicectl status says it in words");
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		text_format(out, "sluice_problem{what=\"%s\"} %d\n", problems[i].what,
		    problems[i].error[0] != 0);
}

static void
put_generation(struct text *out, const struct web_facts *f)
{
	const struct {
		const char *kind;
		uint32_t count;
	} kinds[] = { { "literals", f->literals }, { "digests_bad", f->digests_bad },
		{ "digests_good", f->digests_good }, { "reputation", f->reputation_entries } };

	put_family(out, "generation_info", "", "gauge", "always 1; names the generation served");
	text_format(
	    out, "sluice_generation_info{generation=\"%016" PRIx64 "\"} 1\n", f->generation);
	put_family(out, "shadow_info", "", "gauge", "1: a generation is tried, which it names");
	if (f->shadow != 0)
		text_format(
		    out, "sluice_shadow_info{generation=\"%016" PRIx64 "\"} 1\n", f->shadow);
	else
		text_format(out, "sluice_shadow_info{generation=\"\"} 0\n");
	if (f->dataplane_uptime_s >= 0) {
		put_family(
		    out, "dataplane_uptime_seconds", "", "gauge", "since the dataplane started");
		text_format(
		    out, "sluice_dataplane_uptime_seconds %" PRId64 "\n", f->dataplane_uptime_s);
	}
	if (!f->signatures_known)
		return;
	put_family(out, "signatures", "", "gauge", "what the generation holds");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		text_format(out, "sluice_signatures{kind=\"%s\"} %" PRIu32 "\n", kinds[i].kind,
		    kinds[i].count);
}

static void
put_counters(struct text *out, const struct web_facts *f)
{
	for (unsigned k = 0; k < COUNTER_COUNT; k++) {
		put_family(out, counter_word(k), "_total", "counter", counter_help(k));
		for (uint32_t i = 0; i < f->cores; i++)
			text_format(out, "sluice_%s_total{core=\"%" PRIu32 "\"} %" PRIu64 "\n",
			    counter_word(k), i, f->core[i].stats.counters[k]);
	}
	for (unsigned k = 0; k < TCP_COUNTER_COUNT; k++) {
		char name[48];

		snprintf(name, sizeof(name), "tcp_%s", tcp_counter_word(k));
		put_family(out, name, "_total", "counter", tcp_counter_help(k));
		for (uint32_t i = 0; i < f->cores; i++)
			text_format(out, "sluice_%s_total{core=\"%" PRIu32 "\"} %" PRIu64 "\n",
			    name, i, f->core[i].stats.tcp[k]);
	}
	put_family(
	    out, "unsound", "_total", "counter", "what control found in a ring and had to skip");
	for (uint32_t i = 0; i < f->cores; i++)
		text_format(out, "sluice_unsound_total{core=\"%" PRIu32 "\"} %" PRIu64 "\n", i,
		    f->core[i].unsound);
}

static void
put_gauges(struct text *out, const struct web_facts *f)
{
#define X(field, help)                                                                       \
	put_family(out, #field, "", "gauge", help);                                          \
	for (uint32_t i = 0; i < f->cores; i++)                                              \
		text_format(out, "sluice_" #field "{core=\"%" PRIu32 "\"} %" PRIu64 "\n", i, \
		    f->core[i].stats.field);
	GAUGES(X)
#undef X
}

static void
put_verdicts(struct text *out, const struct web_facts *f)
{
	put_family(out, "verdicts", "_total", "counter", "objects by verdict and its source");
	for (uint32_t i = 0; i < f->cores; i++) {
		for (unsigned n = 0; n < VERDICT_COUNT * SOURCE_COUNT; n++) {
			unsigned v = n / SOURCE_COUNT, s = n % SOURCE_COUNT;

			text_format(out,
			    "sluice_verdicts_total{core=\"%" PRIu32
			    "\",verdict=\"%s\",source=\"%s\"} %" PRIu64 "\n",
			    i, v == VERDICT_BAD ? "bad" : "clean", source_word(s),
			    f->core[i].stats.verdicts[v][s]);
		}
	}
}

static void
put_seconds(struct text *out, uint64_t ns)
{
	text_format(out, "%" PRIu64 ".%09" PRIu64, ns / NANOSECONDS, ns % NANOSECONDS);
}

static void
put_histogram(struct text *out, const char *name, uint32_t core, const struct histogram *h)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		all += h->buckets[i];
	for (unsigned bit = BOUND_FIRST; bit <= BOUND_LAST; bit++) {
		text_format(out, "sluice_%s_bucket{core=\"%" PRIu32 "\",le=\"", name, core);
		put_seconds(out, 1ull << bit);
		text_format(out, "\"} %" PRIu64 "\n", histogram_below(h, 1ull << bit));
	}
	text_format(out, "sluice_%s_bucket{core=\"%" PRIu32 "\",le=\"+Inf\"} %" PRIu64 "\n", name,
	    core, all);
	text_format(out, "sluice_%s_sum{core=\"%" PRIu32 "\"} ", name, core);
	put_seconds(out, h->sum);
	text_format(out, "\nsluice_%s_count{core=\"%" PRIu32 "\"} %" PRIu64 "\n", name, core, all);
}

static void
put_histograms(struct text *out, const struct web_facts *f)
{
	static const struct {
		const char *field, *help;
		size_t at;
	} all[] = {
#define X(field, help) { #field, help, offsetof(struct core_stats, field) },
		HISTOGRAMS(X)
#undef X
	};

	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		char name[48];

		snprintf(name, sizeof(name), "%.*s_seconds", (int)strcspn(all[k].field, "_"),
		    all[k].field); /* object_ns: object_seconds */
		put_family(out, name, "", "histogram", all[k].help);
		for (uint32_t i = 0; i < f->cores; i++)
			put_histogram(out, name, i,
			    (const struct histogram *)((const char *)&f->core[i].stats +
						       all[k].at));
	}
}

void
metrics_write(const struct web_facts *f, struct text *out)
{
	put_states(out, f);
	put_control(out, f);
	if (f->cores == 0)
		return;
	put_generation(out, f);
	put_counters(out, f);
	put_gauges(out, f);
	put_verdicts(out, f);
	put_histograms(out, f);
}
