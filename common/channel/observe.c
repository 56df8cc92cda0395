/* SPDX-License-Identifier: BSD-3-Clause */
/* Observations and requests as values: their checks, what passes a filter, their words. */
#include "common/channel/observe.h"

static const char *const state_words[TCP_STATE_COUNT] = {
#define X(id, word) [TCP_STATE_##id] = word,
	TCP_STATES(X)
#undef X
};
static const char *const timer_words[OBSERVED_TIMER_COUNT] = {
#define X(id, word) [OBSERVED_TIMER_##id] = word,
	OBSERVED_TIMERS(X)
#undef X
};
static const char *const fault_words[TCP_FAULT_COUNT] = {
#define X(id, words) [TCP_FAULT_##id] = words,
	TCP_FAULTS(X)
#undef X
};
static const char *const event_words[TCP_FLIGHT_KIND_COUNT] = {
#define X(id, word, help) [TCP_FLIGHT_##id] = word,
	TCP_FLIGHT_KINDS(X)
#undef X
};

const char *
observed_state_word(unsigned state)
{
	return state < TCP_STATE_COUNT ? state_words[state] : "?";
}

const char *
observed_timer_word(unsigned timer)
{
	return timer < OBSERVED_TIMER_COUNT ? timer_words[timer] : "?";
}

const char *
observed_fault_word(unsigned fault)
{
	return fault < TCP_FAULT_COUNT ? fault_words[fault] : "?";
}

const char *
observed_event_word(unsigned kind)
{
	return kind < TCP_FLIGHT_KIND_COUNT ? event_words[kind] : "?";
}

static bool
connection_is_sound(const struct observed_connection *c)
{
	return c->state < TCP_STATE_COUNT && c->timer < OBSERVED_TIMER_COUNT;
}

static bool
connections_are_sound(const struct observed_connections *all)
{
	if (all->count > OBSERVED_CONNECTIONS_MAX)
		return false;
	for (uint32_t i = 0; i < all->count; i++) {
		if (!connection_is_sound(&all->each[i]))
			return false;
	}
	return true;
}

static bool
frame_is_sound(const struct observed_frame *f)
{
	return f->part_bytes <= OBSERVED_PART_BYTES && f->kept_bytes <= OBSERVE_SNAPLEN_MAX &&
	       f->kept_bytes <= f->frame_bytes && f->at <= f->kept_bytes &&
	       f->part_bytes <= f->kept_bytes - f->at && f->direction <= OBSERVED_OUT;
}

static bool
flight_is_sound(const struct observed_flight *f)
{
	if (f->fault >= TCP_FAULT_COUNT || f->kept > TCP_FLIGHT_EVENTS || f->kept > f->events ||
	    !connection_is_sound(&f->connection))
		return false;
	for (uint32_t i = 0; i < f->kept; i++) {
		if (f->event[i].kind >= TCP_FLIGHT_KIND_COUNT ||
		    f->event[i].state >= TCP_STATE_COUNT)
			return false;
	}
	return true;
}

bool
observation_is_sound(const struct observation *o)
{
	switch (o->kind) {
	case OBSERVATION_CONNECTIONS:
		return connections_are_sound(&o->connections);
	case OBSERVATION_FRAME:
		return frame_is_sound(&o->frame);
	case OBSERVATION_FLIGHT:
		return flight_is_sound(&o->flight);
	case OBSERVATION_SUMS:
	case OBSERVATION_CAPTURE_END:
		return true;
	default:
		return false;
	}
}

bool
observe_request_is_sound(const struct observe_request *r)
{
	for (unsigned i = 0; i < OBSERVE_TERMS_MAX; i++) {
		const struct observe_term *t = &r->filter.terms[i];

		if (t->kind >= OBSERVE_TERM_KIND_COUNT || t->prefix_bits > 128)
			return false;
	}
	return r->serial != 0 && r->limit <= OBSERVE_CONNECTIONS_MAX;
}

bool
observe_passes(const struct observe_filter *f, const struct ip_address *a, uint16_t a_port,
    const struct ip_address *b, uint16_t b_port)
{
	for (unsigned i = 0; i < OBSERVE_TERMS_MAX; i++) {
		const struct observe_term *t = &f->terms[i];
		struct ip_subnet subnet = { t->base, t->prefix_bits };

		if (t->kind == OBSERVE_TERM_NET && !subnet_holds(&subnet, a) &&
		    !subnet_holds(&subnet, b))
			return false;
		if (t->kind == OBSERVE_TERM_PORT && a_port != t->port && b_port != t->port)
			return false;
	}
	return true;
}
