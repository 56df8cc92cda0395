/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of connections. A core works at one list at a time, so they wait for each other here; the
 * one that is worked at is answered when every core has sent its sums, or when that takes too long.
 */
#include <stdlib.h>
#include <string.h>

#include "control/answer.h"
#include "control/filter.h"
#include "control/observe.h"

struct listing {
	struct listing *next;
	struct observed_by by;
	struct command command; /* its serial is 0 until it is sent */
	uint64_t asked_ms;
	uint64_t limit;
	bool summary;
	bool core_done[CHANNEL_CORES_MAX];
	json_t *connections;
	struct observed_sums sums;
};

/* Takes it off the line and answers. */
static void
answer(struct observe *o, struct listing *l, json_t *with)
{
	struct listing **at = &o->listings;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	o->listing_count--;
	l->by.done(l->by.arg, with);
	json_decref(l->connections);
	free(l);
}

static void
put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void
put_address(json_t *o, const char *key, const struct ip_address *a, uint16_t port)
{
	char text[ADDRESS_TEXT_MAX];

	json_object_set_new(o, key,
	    json_sprintf(
		address_is_v4(a) ? "%s:%u" : "[%s]:%u", address_format(a, text), (unsigned)port));
}

static void
put_options(json_t *out, const struct observed_connection *c)
{
	json_t *list = json_array();

	if (c->flags & OBSERVED_TIMESTAMPS)
		json_array_append_new(list, json_string("ts"));
	if (c->flags & OBSERVED_SACK)
		json_array_append_new(list, json_string("sack"));
	if (c->flags & OBSERVED_SCALE)
		json_array_append_new(
		    list, json_sprintf("wscale:%u,%u", c->send_scale, c->receive_scale));
	if (c->flags & OBSERVED_ECN)
		json_array_append_new(list, json_string("ecn"));
	json_object_set_new(out, "options", list);
}

static json_t *
connection_json(const struct observed_connection *c, uint32_t core)
{
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "age_ms", c->age_ms },
		{ "rtt_us", c->rtt_us },
		{ "rtt_var_us", c->rtt_var_us },
		{ "rto_us", c->rto_us },
		{ "cwnd_bytes", c->cwnd_bytes },
		{ "ssthresh_bytes", c->ssthresh_bytes },
		{ "mss_bytes", c->mss_bytes },
		{ "in_flight_bytes", c->in_flight_bytes },
		{ "lost_bytes", c->lost_bytes },
		{ "sacked_bytes", c->sacked_bytes },
		{ "retransmitted_segments", c->retransmitted_segments },
		{ "send_queue_bytes", c->send_queue_bytes },
		{ "receive_queue_bytes", c->receive_queue_bytes },
		{ "out_of_order_bytes", c->out_of_order_bytes },
		{ "send_window_bytes", c->send_window_bytes },
		{ "receive_window_bytes", c->receive_window_bytes },
		{ "sent_bytes", c->sent_bytes },
		{ "received_bytes", c->received_bytes },
	};
	json_t *out = json_object();

	json_object_set_new(out, "state", json_string(observed_state_word(c->state)));
	put_address(out, "local", &c->local, c->local_port);
	put_address(out, "peer", &c->remote, c->remote_port);
	put_number(out, "core", core);
	if (c->timer != OBSERVED_TIMER_NONE) {
		json_object_set_new(out, "timer", json_string(observed_timer_word(c->timer)));
		put_number(out, "timer_ms", c->timer_ms);
	}
	if (c->state == TCP_STATE_TIME_WAIT)
		return out;
	put_number(out, "sid", c->label);
	put_options(out, c);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put_number(out, numbers[i].key, numbers[i].value);
	return out;
}

/* Each counter that the kernel has too, under the kernel's name, and all under ours. */
static json_t *
counters_json(struct control *c)
{
	static struct core_stats sum;
	json_t *list = json_array();

	answer_sum(c, &sum);
	for (unsigned i = 0; i < TCP_COUNTER_COUNT; i++) {
		const char *kernel = tcp_counter_kernel_word(i);

		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:I, s:s}", "name", tcp_counter_word(i), "kernel",
			      kernel != NULL ? kernel : "", "value", (json_int_t)sum.tcp[i], "help",
			      tcp_counter_help(i)));
	}
	return list;
}

static json_t *
summary_json(const struct listing *l)
{
	json_t *states = json_object(), *out;
	uint64_t all = 0;

	for (unsigned s = 0; s < TCP_STATE_COUNT; s++) {
		if (s != TCP_STATE_CLOSED)
			put_number(states, observed_state_word(s), l->sums.connections[s]);
		all += l->sums.connections[s];
	}
	out = json_pack("{s:I, s:o}", "connections", (json_int_t)all, "states", states);
	put_number(out, "send_queue_bytes", l->sums.send_queue_bytes);
	put_number(out, "receive_queue_bytes", l->sums.receive_queue_bytes);
	put_number(out, "in_flight_bytes", l->sums.in_flight_bytes);
	put_number(out, "out_of_order_bytes", l->sums.out_of_order_bytes);
	put_number(out, "retransmitted_segments", l->sums.retransmitted_segments);
	put_number(out, "recorders", l->sums.recorders);
	put_number(out, "recorders_free", l->sums.recorders_free);
	return out;
}

static void
finish(struct observe *o, struct listing *l)
{
	json_t *out = json_pack("{s:b}", "ok", 1);

	if (l->summary)
		json_object_set_new(out, "tcp_counters", counters_json(o->control));
	else
		json_object_set(out, "tcp_connections", l->connections);
	json_object_set_new(out, "summary", summary_json(l));
	answer(o, l, out);
}

/* A whole number of the request between the bounds, or the default; false: it is something else. */
static bool
take_number(const json_t *request, const char *key, uint64_t least, uint64_t most, uint64_t *out)
{
	const json_t *v = json_object_get(request, key);

	if (v == NULL)
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < (json_int_t)least ||
	    json_integer_value(v) > (json_int_t)most)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

json_t *
listing_begin(struct observe *o, const json_t *request, struct observed_by by)
{
	const json_t *filter = json_object_get(request, "filter");
	uint64_t limit = LISTING_DEFAULT;
	char error[FILTER_ERROR_MAX];
	struct listing *l, **at;
	struct observe_filter parsed = { 0 };

	if (filter != NULL && !json_is_string(filter))
		return answer_refusal("expected \"filter\" to be a string");
	if (!take_number(request, "limit", 1, LISTING_MAX, &limit))
		return answer_refusal("limit: expected a number from 1 to 10000");
	if (filter != NULL && filter_parse(json_string_value(filter), true, &parsed, error) != 0)
		return answer_refusal(error);
	if (o->control->region == NULL)
		return answer_unavailable(ANSWER_NO_DATAPLANE);
	if (o->listing_count == LISTINGS_MAX)
		return answer_unavailable("8 lists are being made already; try again");
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return answer_unavailable("out of memory");
	l->by = by;
	l->summary = json_is_true(json_object_get(request, "summary"));
	l->limit = l->summary ? 0 : limit;
	l->command.kind = COMMAND_TCP_LIST;
	l->command.observe.limit = (uint32_t)l->limit;
	l->command.observe.filter = parsed;
	l->connections = json_array();
	for (at = &o->listings; *at != NULL; at = &(*at)->next)
		;
	*at = l;
	o->listing_count++;
	return NULL;
}

static bool
is_done(const struct observe *o, const struct listing *l)
{
	for (uint32_t i = 0; i < region_cores(o->control->region); i++) {
		if (!l->core_done[i])
			return false;
	}
	return true;
}

void
listing_take(struct observe *o, uint32_t core, const struct observation *seen)
{
	struct listing *l = o->listings;

	if (l == NULL || seen->serial != l->command.observe.serial || l->core_done[core])
		return;
	if (seen->kind == OBSERVATION_SUMS) {
		const uint64_t *from = (const uint64_t *)&seen->sums;
		uint64_t *to = (uint64_t *)&l->sums;

		for (size_t i = 0; i < sizeof(l->sums) / sizeof(*to); i++)
			to[i] += from[i];
		l->core_done[core] = true;
		if (o->control->region != NULL && is_done(o, l))
			finish(o, l);
		return;
	}
	for (uint32_t i = 0; i < seen->connections.count; i++) {
		if (json_array_size(l->connections) < l->limit)
			json_array_append_new(
			    l->connections, connection_json(&seen->connections.each[i], core));
	}
}

void
listing_end_all(struct observe *o, const char *why)
{
	while (o->listings != NULL)
		answer(o, o->listings, answer_unavailable(why));
}

void
listing_tick(struct observe *o)
{
	struct listing *l = o->listings;
	uint64_t now = uv_now(&o->control->loop);

	if (l == NULL)
		return;
	if (o->control->region == NULL) {
		listing_end_all(o, "the dataplane went away");
	} else if (l->command.observe.serial == 0) {
		l->command.observe.serial = observe_next_serial(o);
		l->asked_ms = now;
		if (observe_send(o, &l->command) != 0)
			answer(
			    o, l, answer_unavailable("a core's command ring is full; try again"));
	} else if (now - l->asked_ms > LISTING_TIMEOUT_MS) {
		answer(o, l, answer_unavailable("a core did not answer in 5 seconds"));
	}
}
