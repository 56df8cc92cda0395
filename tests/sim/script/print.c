/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments compared, and shown in the script's own syntax so that a line can be pasted back. */
#include "tests/sim/script/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends where there is room; what does not fit is cut. */
struct text {
	char *at;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(t->at, t->room, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= t->room)
		n = t->room > 0 ? (int)t->room - 1 : 0;
	t->at += n;
	t->room -= (size_t)n;
}

static void
print_ts_value(struct text *t, const char *word, uint32_t value)
{
	if (value == SCRIPT_UNSTATED)
		add(t, " %s any", word);
	else
		add(t, " %s %u", word, value);
}

static void
print_option(struct text *t, const struct script_option *o)
{
	switch (o->kind) {
	case OPTION_END:
		add(t, "eol");
		break;
	case OPTION_NOP:
		add(t, "nop");
		break;
	case OPTION_MSS:
		add(t, "mss %u", o->a);
		break;
	case OPTION_SCALE:
		add(t, "wscale %u", o->a);
		break;
	case OPTION_SACK_OK:
		add(t, "sackOK");
		break;
	case OPTION_TS:
		add(t, "TS");
		print_ts_value(t, "val", o->a);
		print_ts_value(t, "ecr", o->b);
		break;
	case OPTION_SACK:
		add(t, "sack");
		for (unsigned i = 0; i < o->count; i++)
			add(t, " %u:%u", o->sacks[2 * i], o->sacks[2 * i + 1]);
		break;
	case OPTION_RAW:
		add(t, "raw ");
		for (unsigned i = 0; i < o->count; i++)
			add(t, "%02x", o->raw[i]);
		break;
	}
}

const char *
script_print(const struct script_packet *p, char *out, size_t room)
{
	static const char letters[] = "FSRP.UEW";
	static const char *const words[] = { "noecn", "ect1", "ect0", "ce" };
	struct text t = { out, room };

	if (p->ecn != 0)
		add(&t, "[%s] ", words[p->ecn & 3]);
	for (unsigned i = 0; i < 8; i++) {
		if (p->flags & 1u << i)
			add(&t, "%c", letters[i]);
	}
	add(&t, "%s%u:%u(%u)", p->flags == 0 ? "none " : " ", p->seq, p->seq + p->length,
	    p->length);
	if (p->flags & 0x10)
		add(&t, " ack %u", p->ack);
	if (p->window != SCRIPT_UNSTATED)
		add(&t, " win %u", p->window);
	if (p->urgent != SCRIPT_UNSTATED && p->urgent != 0)
		add(&t, " urg %u", p->urgent);
	if (p->any_options || p->option_count > 0)
		add(&t, " <%s", p->any_options ? "..." : "");
	for (unsigned i = 0; i < p->option_count; i++) {
		add(&t, "%s", i > 0 ? "," : "");
		print_option(&t, &p->options[i]);
	}
	if (p->any_options || p->option_count > 0)
		add(&t, ">");
	return out;
}

static bool
option_is(const struct script_option *want, const struct script_option *got, uint32_t ts_slack)
{
	if (want->kind != got->kind || want->count != got->count)
		return false;
	if (want->kind == OPTION_TS)
		return (want->a == SCRIPT_UNSTATED ||
			   got->a - want->a + ts_slack <= 2 * ts_slack) &&
		       (want->b == SCRIPT_UNSTATED || want->b == got->b);
	return want->a == got->a &&
	       memcmp(want->sacks, got->sacks, 2 * want->count * sizeof(want->sacks[0])) == 0;
}

const char *
script_differs(const struct script_packet *want, const struct script_packet *got, uint32_t ts_slack)
{
	if (want->flags != got->flags)
		return "other flags";
	if (want->ecn != got->ecn)
		return "another ECN field";
	if (want->seq != got->seq)
		return "another sequence number";
	if (want->length != got->length)
		return "another length";
	if (want->ack != got->ack)
		return "another ack";
	if (want->window != SCRIPT_UNSTATED && want->window != got->window)
		return "another window";
	if (want->urgent != SCRIPT_UNSTATED && want->urgent != got->urgent)
		return "another urgent pointer";
	if (want->any_options)
		return NULL;
	if (want->option_count != got->option_count)
		return "other options";
	for (unsigned i = 0; i < want->option_count; i++) {
		if (!option_is(&want->options[i], &got->options[i], ts_slack))
			return "other options";
	}
	return NULL;
}
