/* SPDX-License-Identifier: BSD-3-Clause */
/* The scenario language: what it refuses, with which line; and that a run fails where it should. */
#include "tests/sim/script/script.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

int
harness_setup(void)
{
	return sim_eal_init();
}

static const struct refused_case {
	const char *name, *text, *message;
} refused[] = {
	{ "nothing", "", "t:0: no event at all" },
	{ "only a comment", "# x\n// y\n", "t:2: no event at all" },
	{ "no time", "listen\n", "t:1: a time comes first" },
	{ "a verb unknown", "\n+0 lisen\n", "t:2: no such verb: lisen" },
	{ "rest of a line", "+0 listen now\n", "t:1: not understood: now" },
	{ "a flag unknown", "+0 < X 0:0(0)\n", "t:1: no such flag: X" },
	{ "sum of numbers", "+0 < S 0:1(0)\n", "t:1: 0 + 0 is not 1" },
	{ "numbers cut", "+0 < S 0:0\n", "t:1: sequence numbers are" },
	{ "ack of nothing", "+0 < . 0:0(0) ack\n", "t:1: ack needs a number" },
	{ "window past 16 bits", "+0 < . 0:0(0) ack 1 win 65536\n", "t:1: win needs a number" },
	{ "options open", "+0 < S 0:0(0) <mss 1\n", "t:1: options end with >" },
	{ "an option unknown", "+0 < S 0:0(0) <mms 1>\n", "t:1: an option is mss" },
	{ "a SACK block cut", "+0 < . 1:1(0) ack 1 <sack 1>\n", "t:1: a SACK block is" },
	{ "raw without bytes", "+0 < S 0:0(0) <raw 0>\n", "t:1: raw needs bytes" },
	{ "faults of what is expected", "+0 > S 0:0(0) bad_sum\n", "t:1: not understood: bad_sum" },
	{ "a range for what is sent", "+0~+1 < S 0:0(0)\n", "t:1: only what is expected" },
	{ "a range backwards", "+1~+0 > S 0:0(0)\n", "t:1: a range is" },
	{ "peer 0", "+0 accept @0\n", "t:1: after @ comes a peer" },
	{ "peer past the last", "+0 accept @65\n", "t:1: after @ comes a peer" },
	{ "a number missing", "+0 write\n", "t:1: write needs a number" },
	{ "a word missing", "+0 state\n", "t:1: state needs a word" },
	{ "check without a sign", "+0 check x 1\n", "t:1: check NAME = N" },
	{ "a setting unknown", "config x=1\n", "t:1: no such setting: x" },
	{ "a setting without a number", "config mss\n", "t:1: config wants" },
	{ "an ICMP error unknown", "+0 < icmp late seq 1\n", "t:1: an ICMP error is" },
	{ "an ICMP error quoting nothing", "+0 < icmp unreachable\n", "t:1: an ICMP error quotes" },
};

TEST(refused_lines_are_named)
{
	for (unsigned i = 0; i < COUNT_OF(refused); i++) {
		const struct refused_case *r = &refused[i];
		char error[SCRIPT_ERROR_MAX] = "";
		struct script s;

		CHECK_ROW(r->name, script_parse(&s, "t", r->text, error) != 0);
		CHECK_ROW(r->name, strncmp(error, r->message, strlen(r->message)) == 0);
		script_fini(&s);
	}
}

#define OPEN                                    \
	"+0 listen\n+0 < S 0:0(0) <mss 1000>\n" \
	"+0 > S. 0:0(0) ack 1 <mss 1460>\n"     \
	"+0 < . 1:1(0) ack 1\n+0 accept\n"

static const struct run_case {
	const char *name, *text, *message; /* NULL: it must pass */
} runs[] = {
	{ "a handshake", OPEN, NULL },
	{ "nothing comes", "+0 listen\n+0 > S. 0:0(0) ack 1\n", "t:2: nothing was sent in time" },
	{ "nobody expects it", "+0 listen\n+0 < S 0:0(0)\n+.1 quiet\n",
	    "t:3: nobody expected this" },
	{ "left at the end", "+0 listen\n+0 < S 0:0(0)\n", "t:2: nobody expected this" },
	{ "a timer's segment", "+0 connect\n+0 > S 0:0(0) <...>\n+1.5 quiet\n",
	    "t:3: nobody expected this" },
	{ "other flags", "+0 connect\n+0 > S. 0:0(0)\n", "t:2: other flags" },
	{ "another number", "+0 connect\n+0 > S 1:1(0)\n", "t:2: another sequence number" },
	{ "other options", "+0 connect\n+0 > S 0:0(0) <mss 1460>\n", "t:2: other options" },
	{ "another value in an option",
	    "+0 connect\n+0 > S 0:0(0) <mss 1461,sackOK,TS val 0 ecr 0,nop,wscale 5>\n",
	    "t:2: other options" },
	{ "another window", "+0 connect\n+0 > S 0:0(0) win 1 <...>\n", "t:2: another window" },
	{ "too late", "+0 connect\n+0 > S 0:0(0) <...>\n+.9 > S 0:0(0) <...>\n",
	    "t:3: nothing was sent in time" },
	{ "too early", "+0 connect\n+0 > S 0:0(0) <...>\n+1.1 > S 0:0(0) <...>\n",
	    "t:3: it came at another time" },
	{ "another peer", "+0 connect @2\n+0 > S 0:0(0) <...>\n", "t:2: it is for another peer" },
	{ "nothing to read", OPEN "+0 read 1\n", "t:6: 0 bytes to read, not 1" },
	{ "other bytes", OPEN "+0 < P. 1:11(10) ack 1 tampered\n+0 read 10\n",
	    "t:7: byte 1 is not the one" },
	{ "another state", OPEN "+0 state LAST-ACK\n", "t:6: the state is ESTABLISHED" },
	{ "an event", OPEN "+0 is ended\n", "t:6: it is not ended" },
	{ "an event unknown", OPEN "+0 is over\n", "t:6: no such event: over" },
	{ "a number", OPEN "+0 check in_segs = 9\n", "t:6: in_segs is 2, not = 9" },
	{ "a number unknown", OPEN "+0 check segs = 9\n", "t:6: no such number: segs" },
	{ "nothing to accept", "+0 listen\n+0 accept\n", "t:2: no connection to accept" },
	{ "not accepted", "+0 listen\n+0 write 1\n", "t:2: no connection: not accepted" },
};

TEST(runs_fail_where_they_should)
{
	for (unsigned i = 0; i < COUNT_OF(runs); i++) {
		const struct run_case *r = &runs[i];

		for (unsigned v = 0; v < 2; v++) {
			struct script_variant variant = { .ipv6 = v, .wraps = v };
			char error[SCRIPT_ERROR_MAX] = "";
			struct script s;
			int rc;

			CHECK_ROW(r->name, script_parse(&s, "t", r->text, error) == 0);
			rc = script_run(&s, variant, false, error);
			CHECK_ROW(r->name, (rc == 0) == (r->message == NULL));
			CHECK_ROW(error, r->message == NULL ||
					     strncmp(error, r->message, strlen(r->message)) == 0);
			script_fini(&s);
		}
	}
}

/* What a failure prints can be pasted into a script. */
TEST(a_segment_is_printed_as_it_is_written)
{
	static const char *const lines[] = {
		"S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 1 ecr 700,nop,wscale 7>",
		"FSRP.UEW 1:101(100) ack 4294967295 win 0 urg 7 <nop,nop,sack 1:2 4:8>",
		"none 5:5(0) win 1 <eol>",
		"R 5:5(0) win 0 <raw 0203ff>",
	};

	for (unsigned i = 0; i < COUNT_OF(lines); i++) {
		char error[SCRIPT_ERROR_MAX] = "", text[256], printed[256];
		struct script s;

		snprintf(text, sizeof(text), "+0 > %s\n", lines[i]);
		CHECK_ROW(lines[i], script_parse(&s, "t", text, error) == 0);
		CHECK_ROW(error, strcmp(script_print(s.events[0].packet, printed, sizeof(printed)),
				     lines[i]) == 0);
		script_fini(&s);
	}
}
