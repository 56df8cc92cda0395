/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run came to, for people or as JSON. A run with errors is never a bare number. */
#include <stdarg.h>

#include "bench/bench.h"

static const char *const error_words[] = {
#define X(id, word) word,
	BENCH_ERRORS(X)
#undef X
};

void
bench_note_error(struct bench_result *r, enum bench_error kind, const char *format, ...)
{
	va_list args;

	r->errors[kind]++;
	if (r->first_error[0] != 0)
		return;
	va_start(args, format);
	vsnprintf(r->first_error, sizeof(r->first_error), format, args);
	va_end(args);
}

void
bench_note_answer(struct bench_result *r, bool may_204, const struct reply *answer, bool measured,
    const struct duration *latency)
{
	if (answer->any && answer->status == 204) {
		bench_note_error(r, BENCH_ERROR_PASSED, "a threat was let through");
	} else if (answer->status != 200 && !(answer->status == 204 && may_204)) {
		bench_note_error(r, BENCH_ERROR_STATUS, "answered ICAP %u", answer->status);
	} else if (answer->differs) {
		bench_note_error(r, BENCH_ERROR_BODY, "the body came back changed");
	} else if (measured) {
		r->objects++;
		r->answered_204 += answer->status == 204;
		r->answered_200 += answer->status == 200;
		r->blocked += answer->any;
		if (latency != NULL)
			histogram_add(&r->latency_ns, (uint64_t)latency->ns);
	}
}

static uint64_t
error_sum(const struct bench_result *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_ERROR_COUNT; i++)
		sum += r->errors[i];
	return sum;
}

/* As JSON has it; what a peer sent may be any bytes, and those outside of ASCII's print are '?'. */
static void
put_json_string(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != 0; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text >= ' ' && *text <= '~' ? *text : '?', out);
	}
	putc('"', out);
}

static void
report_json(FILE *out, const struct bench_plan *p, const struct bench_result *r)
{
	double s = (double)r->took.ns / 1e9;

	fprintf(out,
	    "{\"host\":\"%s\",\"connections\":%u,\"body_bytes\":%u,\"allow_204\":%s,"
	    "\"seconds\":%.3f,\"objects\":%llu,\"objects_per_second\":%.1f,"
	    "\"answered_204\":%llu,\"answered_200\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,"
	    "\"p999_us\":%.1f,\"client_cpu_us\":%.2f,\"errors\":{",
	    p->host, p->connections, p->body_bytes, p->allow_204 ? "true" : "false", s,
	    (unsigned long long)r->objects, s > 0 ? (double)r->objects / s : 0.0,
	    (unsigned long long)r->answered_204, (unsigned long long)r->answered_200,
	    (double)histogram_quantile(&r->latency_ns, 500) / 1e3,
	    (double)histogram_quantile(&r->latency_ns, 990) / 1e3,
	    (double)histogram_quantile(&r->latency_ns, 999) / 1e3,
	    r->objects > 0 ? (double)r->own_cpu_ns / 1e3 / (double)r->objects : 0.0);
	for (unsigned i = 0; i < BENCH_ERROR_COUNT; i++)
		fprintf(out, "%s\"%s\":%llu", i > 0 ? "," : "", error_words[i],
		    (unsigned long long)r->errors[i]);
	fprintf(out,
	    "},\"rate\":%u,\"unsent\":%llu,\"beside\":%llu,\"max_us\":%.1f,\"lag_p50_us\":%.1f,"
	    "\"lag_p99_us\":%.1f,\"lag_max_us\":%.1f,\"blocked\":%llu,"
	    "\"continued\":%llu,\"bodies_bytes\":%llu,\"first_error\":",
	    p->rate, (unsigned long long)r->unsent, (unsigned long long)r->beside,
	    (double)histogram_quantile(&r->latency_ns, 1000) / 1e3,
	    (double)histogram_quantile(&r->lag_ns, 500) / 1e3,
	    (double)histogram_quantile(&r->lag_ns, 990) / 1e3,
	    (double)histogram_quantile(&r->lag_ns, 1000) / 1e3, (unsigned long long)r->blocked,
	    (unsigned long long)r->continued, (unsigned long long)r->bodies_bytes);
	put_json_string(out, r->first_error);
	fputs("}\n", out);
}

static void
report_text(FILE *out, const struct bench_plan *p, const struct bench_result *r)
{
	double s = (double)r->took.ns / 1e9;

	fprintf(out, "%u bytes, %u connections, %.1f s\n", p->body_bytes, p->connections, s);
	if (r->objects > 0)
		fprintf(out,
		    "  objects    %llu (%.0f/s, %.1f MB/s of bodies): %llu by 204, %llu by 200\n"
		    "  latency    p50 %.1f us, p99 %.1f us, p99.9 %.1f us\n"
		    "  client     %.2f us of CPU an object\n",
		    (unsigned long long)r->objects, (double)r->objects / s,
		    (double)r->objects / s * p->body_bytes / 1e6,
		    (unsigned long long)r->answered_204, (unsigned long long)r->answered_200,
		    (double)histogram_quantile(&r->latency_ns, 500) / 1e3,
		    (double)histogram_quantile(&r->latency_ns, 990) / 1e3,
		    (double)histogram_quantile(&r->latency_ns, 999) / 1e3,
		    (double)r->own_cpu_ns / 1e3 / (double)r->objects);
	for (unsigned i = 0; i < BENCH_ERROR_COUNT; i++) {
		if (r->errors[i] > 0)
			fprintf(out, "  errors     %s: %llu\n", error_words[i],
			    (unsigned long long)r->errors[i]);
	}
	if (p->rate > 0)
		fprintf(out,
		    "  rate       %u/s asked; %llu were due and not begun; the generator's own lag "
		    "p50 %.1f us, p99 %.1f us\n",
		    p->rate, (unsigned long long)r->unsent,
		    (double)histogram_quantile(&r->lag_ns, 500) / 1e3,
		    (double)histogram_quantile(&r->lag_ns, 990) / 1e3);
	if (r->objects == 0)
		fputs("  no object came through\n", out);
}

bool
bench_report(FILE *out, const struct bench_plan *plan, const struct bench_result *r)
{
	if (plan->json)
		report_json(out, plan, r);
	else
		report_text(out, plan, r);
	if (error_sum(r) > 0)
		fprintf(stderr, "sluice-bench: %llu errors, the first: %s\n",
		    (unsigned long long)error_sum(r), r->first_error);
	return r->objects > 0 && error_sum(r) == 0;
}
