/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/print_tcp.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SSTHRESH_UNSET (1u << 30) /* at and above: no loss was seen yet */

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

/* Microseconds as milliseconds, in the manner of ss. */
static void
print_ms(const char *name, json_int_t us)
{
	printf(" %s:%" JSON_INTEGER_FORMAT ".%03" JSON_INTEGER_FORMAT, name, us / 1000, us % 1000);
}

/* What is worth a word only where it is not 0. */
static void
print_some(const json_t *c, const char *key, const char *name)
{
	if (number(c, key) != 0)
		printf(" %s:%" JSON_INTEGER_FORMAT, name, number(c, key));
}

static void
print_windows(const json_t *c)
{
	json_int_t mss = number(c, "mss_bytes"), ssthresh = number(c, "ssthresh_bytes");

	printf(" mss:%" JSON_INTEGER_FORMAT " cwnd:%" JSON_INTEGER_FORMAT, mss,
	    mss > 0 ? number(c, "cwnd_bytes") / mss : 0); /* in segments, as ss counts */
	if (ssthresh > 0 && ssthresh < SSTHRESH_UNSET && mss > 0)
		printf(" ssthresh:%" JSON_INTEGER_FORMAT, ssthresh / mss);
	printf(" snd_wnd:%" JSON_INTEGER_FORMAT " rcv_wnd:%" JSON_INTEGER_FORMAT,
	    number(c, "send_window_bytes"), number(c, "receive_window_bytes"));
}

static void
print_details(const json_t *c)
{
	json_int_t age = number(c, "age_ms");
	size_t i;
	json_t *option;

	printf("\t");
	json_array_foreach(json_object_get(c, "options"), i, option)
	    printf(" %s", json_string_value(option));
	print_ms("rto", number(c, "rto_us"));
	print_ms("rtt", number(c, "rtt_us"));
	printf("/%" JSON_INTEGER_FORMAT ".%03" JSON_INTEGER_FORMAT, number(c, "rtt_var_us") / 1000,
	    number(c, "rtt_var_us") % 1000);
	print_windows(c);
	print_some(c, "in_flight_bytes", "in_flight");
	print_some(c, "lost_bytes", "lost");
	print_some(c, "sacked_bytes", "sacked");
	print_some(c, "retransmitted_segments", "retrans");
	print_some(c, "out_of_order_bytes", "out_of_order");
	printf(" bytes_sent:%" JSON_INTEGER_FORMAT " bytes_received:%" JSON_INTEGER_FORMAT,
	    number(c, "sent_bytes"), number(c, "received_bytes"));
	printf(" age:%" JSON_INTEGER_FORMAT ".%03" JSON_INTEGER_FORMAT
	       "s core:%" JSON_INTEGER_FORMAT " sid:0x%08" PRIx64 "\n",
	    age / 1000, age % 1000, number(c, "core"), (uint64_t)number(c, "sid"));
}

void
print_connections(const json_t *list)
{
	size_t i;
	json_t *c;

	printf("%-12s %9s %9s  %-26s %-26s %s\n", "State", "Recv-Q", "Send-Q", "Local", "Peer",
	    "Timer");
	json_array_foreach(list, i, c)
	{
		printf("%-12s %9" JSON_INTEGER_FORMAT " %9" JSON_INTEGER_FORMAT "  %-26s %-26s",
		    text(c, "state"), number(c, "receive_queue_bytes"),
		    number(c, "send_queue_bytes"), text(c, "local"), text(c, "peer"));
		if (json_object_get(c, "timer") != NULL)
			printf(" %s,%" JSON_INTEGER_FORMAT "ms", text(c, "timer"),
			    number(c, "timer_ms"));
		putchar('\n');
		if (json_object_get(c, "options") != NULL)
			print_details(c);
	}
}

void
print_tcp_summary(const json_t *summary, const json_t *list)
{
	const char *key;
	json_t *states = json_object_get(summary, "states"), *n;
	const char *between = "";

	printf("%" JSON_INTEGER_FORMAT " connections", number(summary, "connections"));
	if (list != NULL && (json_int_t)json_array_size(list) < number(summary, "connections"))
		printf(" (%zu shown, see --limit)", json_array_size(list));
	json_object_foreach(states, key, n)
	{
		if (json_integer_value(n) == 0)
			continue;
		printf("%s%s %" JSON_INTEGER_FORMAT, between[0] != 0 ? between : ": ", key,
		    json_integer_value(n));
		between = ", ";
	}
	printf("\nqueued to send %" JSON_INTEGER_FORMAT
	       ", received and not taken %" JSON_INTEGER_FORMAT
	       ", out of order %" JSON_INTEGER_FORMAT ", in flight %" JSON_INTEGER_FORMAT
	       " bytes; %" JSON_INTEGER_FORMAT " segments sent again\n",
	    number(summary, "send_queue_bytes"), number(summary, "receive_queue_bytes"),
	    number(summary, "out_of_order_bytes"), number(summary, "in_flight_bytes"),
	    number(summary, "retransmitted_segments"));
}

void
print_tcp_counters(const json_t *list)
{
	size_t i;
	json_t *c;

	json_array_foreach(list, i, c)
	{
		const char *kernel = text(c, "kernel");

		printf("%-28s %-22s %14" JSON_INTEGER_FORMAT "  %s\n",
		    kernel[0] != 0 ? kernel : "-", text(c, "name"), number(c, "value"),
		    text(c, "help"));
	}
}
