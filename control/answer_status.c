/* SPDX-License-Identifier: BSD-3-Clause */
/* How things stand: `status`, and the cores' counters summed up as `stats`. */
#include <stdio.h>
#include <string.h>

#include "common/base/version.h"
#include "control/answer.h"
#include "control/facts.h"
#include "scanners/digest/engine.h"

void
answer_sum(struct control *c, struct core_stats *sum)
{
	static struct core_stats one;

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < region_cores(c->region); i++) {
		channel_stats_read(region_core(c->region, i), &one);
		channel_stats_add(sum, &one);
	}
}

static void
put_signatures(json_t *out, struct control *c)
{
	struct current_facts facts;
	json_t *signatures;

	if (!facts_signatures(c, &facts))
		return;
	signatures = json_object();
	answer_put_number(signatures, "literals", facts.literals);
	answer_put_number(signatures, "digests_bad", facts.digests_bad);
	answer_put_number(signatures, "digests_good", facts.digests_good);
	answer_put_number(signatures, "reputation", facts.reputation_entries);
	json_object_set_new(out, "signatures", signatures);
}

/* How the dataplane makes them; what it says is not believed unseen. */
static void
put_digests(json_t *out, const struct control *c)
{
	json_t *digests = json_object();
	uint32_t kind, lanes_from;

	region_digests(c->region, &kind, &lanes_from);
	answer_put_text(
	    digests, "kind", kind < DIGEST_KIND_COUNT ? digest_kind_names[kind] : "unknown");
	answer_put_number(digests, "lanes_from", lanes_from);
	json_object_set_new(out, "digests", digests);
}

static void
put_dataplane(json_t *out, struct control *c)
{
	static struct core_stats sum;
	int64_t age = facts_dataplane_age(c);

	answer_sum(c, &sum);
	answer_put_number(out, "dataplane_pid", (uint64_t)region_dataplane_pid(c->region));
	if (age >= 0)
		answer_put_number(out, "dataplane_uptime_s", (uint64_t)age);
	answer_put_number(out, "cores", region_cores(c->region));
	json_object_set_new(out, "generation",
	    json_sprintf("%016llx", (unsigned long long)region_generation(c->region)));
	put_signatures(out, c);
	put_digests(out, c);
	answer_put_number(out, "connections", sum.connections_now);
	answer_put_number(out, "connections_left", sum.counters[COUNTER_CONNECTIONS_LEFT]);
	answer_put_number(
	    out, "connections_left_reset", sum.counters[COUNTER_CONNECTIONS_LEFT_RESET]);
	answer_put_number(out, "held", sum.held_now);
	answer_put_number(out, "objects",
	    sum.counters[COUNTER_OBJECTS_REQMOD] + sum.counters[COUNTER_OBJECTS_RESPMOD]);
	answer_put_number(out, "bad", sum.counters[COUNTER_VERDICTS_BAD]);
	answer_put_number(out, "blocked", sum.counters[COUNTER_BLOCKED]);
	answer_put_number(out, "records_lost", sum.counters[COUNTER_RECORDS_LOST]);
}

json_t *
answer_status(struct control *c, const json_t *request)
{
	struct store_facts facts;
	struct jobs_facts jobs;
	json_t *out;

	(void)request;
	store_facts(c->store, &facts);
	jobs_count(c->jobs, &jobs);
	out = json_pack("{s:b, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I}", "ok", 1, "version",
	    SLUICE_VERSION, "instance", c->paths.instance, "mode", mode_word(c->mode), "dataplane",
	    c->region != NULL, "uptime_s", (json_int_t)((uv_now(&c->loop) - c->started_ms) / 1000),
	    "alerts", (json_int_t)facts.alerts, "lines", (json_int_t)c->lines, "lines_dropped",
	    (json_int_t)(c->log.text.dropped + c->log.json.dropped));
	if (out == NULL)
		return NULL;
	answer_put_number(out, "jobs_running", jobs.running);
	answer_put_number(out, "jobs_waiting", jobs.waiting);
	if (c->region != NULL)
		put_dataplane(out, c);
	json_object_set_new(out, "compiling", json_boolean(c->compiling));
	answer_put_text(out, "last_error", c->last_error);
	answer_put_text(out, "compile_error", c->compile_error);
	answer_put_text(out, "store_error", facts.error);
	answer_put_text(out, "log_error", facts_log_error(c));
	answer_put_text(out, "http_error", http_error(c));
	return out;
}

static json_t *
quantiles_us(const struct histogram *h)
{
	return json_pack("{s:I, s:I, s:I}", "p50", (json_int_t)(histogram_quantile(h, 500) / 1000),
	    "p99", (json_int_t)(histogram_quantile(h, 990) / 1000), "max",
	    (json_int_t)(h->max / 1000));
}

json_t *
answer_stats(struct control *c, const json_t *request)
{
	static struct core_stats sum;
	json_t *counters, *verdicts, *tcp;

	(void)request;
	if (c->region == NULL)
		return answer_unavailable(ANSWER_NO_DATAPLANE);
	answer_sum(c, &sum);
	counters = json_object();
	for (unsigned k = 0; k < COUNTER_COUNT; k++)
		answer_put_number(counters, counter_word(k), sum.counters[k]);
	tcp = json_object();
	for (unsigned k = 0; k < TCP_COUNTER_COUNT; k++)
		answer_put_number(tcp, tcp_counter_word(k), sum.tcp[k]);
	verdicts = json_object();
	for (unsigned i = 0; i < VERDICT_COUNT * SOURCE_COUNT; i++) {
		unsigned v = i / SOURCE_COUNT, s = i % SOURCE_COUNT;
		char name[64];

		snprintf(name, sizeof(name), "%s (%s)", v == VERDICT_BAD ? "bad" : "clean",
		    source_word(s));
		if (sum.verdicts[v][s] > 0)
			answer_put_number(verdicts, name, sum.verdicts[v][s]);
	}
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ok", 1, "counters", counters,
	    "tcp", tcp, "verdicts", verdicts, "turn_us", quantiles_us(&sum.turn_ns), "object_us",
	    quantiles_us(&sum.object_ns), "scan_us", quantiles_us(&sum.scan_ns), "hold_us",
	    quantiles_us(&sum.hold_ns));
}
