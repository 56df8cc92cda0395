/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/top.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 3600
#define COUNT_MAX   1000000
#define NS_PER_S    1000000000ull

/* Counters whose rate is shown: where they stand in `stats`, and by which name. */
static const struct {
	const char *group, *counter, *rate;
} shown[] = {
	{ "counters", "objects_reqmod", "reqmod_per_s" },
	{ "counters", "objects_respmod", "respmod_per_s" },
	{ "counters", "object_bytes", "object_bytes_per_s" },
	{ "counters", "scanned_bytes", "scanned_bytes_per_s" },
	{ "counters", "verdicts_bad", "bad_per_s" },
	{ "counters", "blocked", "blocked_per_s" },
	{ "counters", "answers_error", "errors_per_s" },
	{ "counters", "cache_hits", "cache_hits_per_s" },
	{ "counters", "sandbox_jobs", "sandbox_jobs_per_s" },
	{ "counters", "connections_opened", "opened_per_s" },
	{ "counters", "connections_refused", "refused_per_s" },
	{ "counters", "rx_packets", "rx_packets_per_s" },
	{ "counters", "tx_packets", "tx_packets_per_s" },
	{ "counters", "rx_missed", "rx_missed_per_s" },
	{ "counters", "records_lost", "records_lost_per_s" },
	{ "tcp", "retrans_segs", "retransmits_per_s" },
};

/* A whole number from 1 to `most`. */
static bool
number_of(const char *text, unsigned most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned)n;
	return text[0] >= '0' && text[0] <= '9' && *end == 0 && n >= 1 && n <= most;
}

bool
top_options_of(int argc, char **argv, struct top_options *out, const char **error)
{
	*out = (struct top_options){ .seconds = 1 };
	for (int i = 0; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--seconds") == 0) {
			*error = "top: --seconds: expected 1 to 3600";
			if (!number_of(value, SECONDS_MAX, &out->seconds))
				return false;
		} else if (strcmp(argv[i], "--count") == 0) {
			*error = "top: --count: expected 1 to 1000000";
			if (!number_of(value, COUNT_MAX, &out->count))
				return false;
		} else {
			*error = "top: expected --seconds N or --count N";
			return false;
		}
	}
	return true;
}

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static double
rate(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static json_int_t
counted(const struct top_reading *r, const char *group, const char *name)
{
	return number(json_object_get(r->stats, group), name);
}

/* Verdicts that came in the interval, each by its words. */
static json_t *
verdict_rates(const struct top_reading *before, const struct top_reading *after, double seconds)
{
	json_t *rates = json_object(), *n;
	const char *words;

	json_object_foreach(json_object_get(after->stats, "verdicts"), words, n)
	{
		json_int_t more = json_integer_value(n) - counted(before, "verdicts", words);

		if (more > 0)
			json_object_set_new(rates, words, json_real((double)more / seconds));
	}
	return rates;
}

static bool
is_same_dataplane(const struct top_reading *before, const struct top_reading *after)
{
	return json_is_true(json_object_get(before->status, "dataplane")) &&
	       json_is_true(json_object_get(after->status, "dataplane")) &&
	       number(before->status, "dataplane_pid") == number(after->status, "dataplane_pid") &&
	       after->ns > before->ns;
}

json_t *
top_rates(const struct top_reading *before, const struct top_reading *after)
{
	double seconds = (double)(after->ns - before->ns) / (double)NS_PER_S, busy, cores;
	json_t *rates;

	if (!is_same_dataplane(before, after))
		return NULL;
	cores = (double)number(after->status, "cores");
	busy = (double)(counted(after, "counters", "busy_ns") -
			counted(before, "counters", "busy_ns")) /
	       ((double)NS_PER_S * seconds * (cores > 0 ? cores : 1));
	rates = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:f, s:f}", "instance",
	    text(after->status, "instance"), "mode", text(after->status, "mode"), "generation",
	    text(after->status, "generation"), "cores", (int)cores, "connections",
	    (int)number(after->status, "connections"), "held", (int)number(after->status, "held"),
	    "seconds", seconds, "busy_percent", busy < 1 ? busy * 100 : 100.0);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		json_int_t more = counted(after, shown[i].group, shown[i].counter) -
				  counted(before, shown[i].group, shown[i].counter);

		json_object_set_new(rates, shown[i].rate, json_real((double)more / seconds));
	}
	json_object_set(rates, "object_us", json_object_get(after->stats, "object_us"));
	json_object_set_new(rates, "verdicts_per_s", verdict_rates(before, after, seconds));
	return rates;
}

void
top_print(FILE *to, const json_t *r)
{
	const json_t *us = json_object_get(r, "object_us");
	const char *words;
	json_int_t cores = number(r, "cores");
	json_t *n;

	fprintf(to, "%s  mode %s  generation %s  %" JSON_INTEGER_FORMAT " core%s, %.1f %% busy\n",
	    text(r, "instance"), text(r, "mode"), text(r, "generation"), cores,
	    cores == 1 ? "" : "s", rate(r, "busy_percent"));
	fprintf(to, "%10s %10s %10s %10s %10s %10s %10s\n", "objects/s", "REQMOD/s", "RESPMOD/s",
	    "Mbit/s", "bad/s", "blocked/s", "errors/s");
	fprintf(to, "%10.0f %10.0f %10.0f %10.1f %10.1f %10.1f %10.1f\n",
	    rate(r, "reqmod_per_s") + rate(r, "respmod_per_s"), rate(r, "reqmod_per_s"),
	    rate(r, "respmod_per_s"), rate(r, "object_bytes_per_s") * 8 / 1e6, rate(r, "bad_per_s"),
	    rate(r, "blocked_per_s"), rate(r, "errors_per_s"));
	fprintf(to,
	    "connections %" JSON_INTEGER_FORMAT
	    "  opened %.0f/s  refused %.0f/s  held %" JSON_INTEGER_FORMAT
	    "  sandbox %.1f/s  from the cache %.1f/s\n",
	    number(r, "connections"), rate(r, "opened_per_s"), rate(r, "refused_per_s"),
	    number(r, "held"), rate(r, "sandbox_jobs_per_s"), rate(r, "cache_hits_per_s"));
	fprintf(to,
	    "frames in %.0f/s  out %.0f/s  missed %.0f/s  retransmits %.1f/s  records lost "
	    "%.0f/s\n",
	    rate(r, "rx_packets_per_s"), rate(r, "tx_packets_per_s"), rate(r, "rx_missed_per_s"),
	    rate(r, "retransmits_per_s"), rate(r, "records_lost_per_s"));
	fprintf(to,
	    "object time since the start, us: p50 %" JSON_INTEGER_FORMAT
	    "  p99 %" JSON_INTEGER_FORMAT "  max %" JSON_INTEGER_FORMAT "\n",
	    number(us, "p50"), number(us, "p99"), number(us, "max"));
	json_object_foreach(json_object_get(r, "verdicts_per_s"), words, n)
	    fprintf(to, "  %-34s %10.1f/s\n", words, json_real_value(n));
}

/* False: control did not answer. */
static bool
take_reading(struct top_reading *r, json_t *(*ask)(const char *, int *), int *code)
{
	struct timespec now;

	r->status = ask("status", code);
	r->stats = r->status != NULL ? ask("stats", code) : NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	r->ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	return r->stats != NULL;
}

static void
drop_reading(struct top_reading *r)
{
	json_decref(r->status);
	json_decref(r->stats);
	*r = (struct top_reading){ 0 };
}

static void
show(json_t *rates, bool as_json)
{
	if (as_json) {
		if (rates != NULL) {
			json_dumpf(rates, stdout, JSON_COMPACT);
			putchar('\n');
		}
	} else {
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		if (rates != NULL)
			top_print(stdout, rates);
		else
			puts("no dataplane, or a new one");
	}
	fflush(stdout);
}

int
top(const struct top_options *o, bool as_json, json_t *(*ask)(const char *, int *))
{
	struct top_reading before = { 0 }, after = { 0 };
	int code = 0;

	if (!take_reading(&before, ask, &code))
		return code;
	for (unsigned n = 0; o->count == 0 || n < o->count; n++) {
		json_t *rates;

		sleep(o->seconds);
		if (take_reading(&after, ask, &code)) {
			rates = top_rates(&before, &after);
			show(rates, as_json);
			json_decref(rates);
			drop_reading(&before);
			before = after;
			after = (struct top_reading){ 0 };
		} else {
			drop_reading(&after);
		}
		if (ferror(stdout))
			break;
	}
	drop_reading(&before);
	return code;
}
