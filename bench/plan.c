/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/plan.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bench/number.h"

#define RATE_MAX    10000000
#define REST_US_MAX 10000

const char plan_help[] =
    "  --port N          1344\n"
    "  --path PATH       of the service: av/respmod\n"
    "  --connections N   at once: 32\n"
    "  --bytes N         of a body, with K or M: 1K\n"
    "  --body FILE       bodies are its slices, one after the other; else generated text\n"
    "  --type TYPE       Content-Type of the bodies: text/html\n"
    "  --seconds N       of measuring: 5, after --warmup N: 1; or --milliseconds N\n"
    "  --anew            a connection for each object, opened and closed by us (wire only)\n"
    "  --empty           connections that carry nothing, one after the other, each counted\n"
    "                    as an object when the server's FIN came (wire only)\n"
    "  --options         requests are OPTIONS, without a body (wire only)\n"
    "  --reqmod          requests are REQMOD of a GET, without a body\n"
    "  --repeat          the same body each time (wire only)\n"
    "  --mix             many kinds of objects, as a proxy may bring them; --bytes, --type, "
    "--path\n"
    "                    and --no-204 are then each kind's own (wire only). Of 1,000:\n"
    "  --requests N      are REQMOD: 210\n"
    "  --repeats N       have a body that came before: 0\n"
    "  --threats N       are EICAR, and must be blocked: 0\n"
    "  --beside N        one connection more carries bodies of N bytes, one after the other;\n"
    "                    they are not among the objects (wire only)\n"
    "  --rate N          objects a second, evenly, on any connection that is free; latency is\n"
    "                    from when one was due, so that no wait is left out but those of the\n"
    "                    first 20 ms, at most a tenth, when connections are new (wire only)\n"
    "  --rest N          sleeps N us whenever nothing has come, so that its core has time for\n"
    "                    others; latencies have that in them (wire only)\n"
    "  --queues N        connections go to the first N queues of the wire only (wire only)\n"
    "  --no-204          without Allow: 204, so that every body comes back\n"
    "  --json            one JSON object\n";

static const struct option options[] = { { "port", required_argument, NULL, 'p' },
	{ "path", required_argument, NULL, 'u' }, { "connections", required_argument, NULL, 'c' },
	{ "bytes", required_argument, NULL, 'b' }, { "body", required_argument, NULL, 'f' },
	{ "type", required_argument, NULL, 't' }, { "seconds", required_argument, NULL, 's' },
	{ "milliseconds", required_argument, NULL, 'm' },
	{ "warmup", required_argument, NULL, 'w' }, { "no-204", no_argument, NULL, 'n' },
	{ "anew", no_argument, NULL, 'a' }, { "empty", no_argument, NULL, 'e' },
	{ "options", no_argument, NULL, 'o' }, { "reqmod", no_argument, NULL, 'R' },
	{ "repeat", no_argument, NULL, 'q' }, { "mix", no_argument, NULL, 'M' },
	{ "repeats", required_argument, NULL, 'P' }, { "threats", required_argument, NULL, 'T' },
	{ "requests", required_argument, NULL, 'S' }, { "beside", required_argument, NULL, 'B' },
	{ "rate", required_argument, NULL, 'r' }, { "rest", required_argument, NULL, 'z' },
	{ "queues", required_argument, NULL, 'Q' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { 0 } };

static const struct bench_plan usual = { .port = 1344,
	.path = "av/respmod",
	.content_type = "text/html",
	.connections = 32,
	.body_bytes = 1024,
	.allow_204 = true,
	.requests = 210,
	.warmup = { 1000000000 },
	.length = { 5000000000 } };

/* False: --help. */
static bool
take_option(const char *program, int option, struct bench_plan *p)
{
	switch (option) {
	case 'p':
		p->port = (uint16_t)number_argument(program, "port", optarg, 1, 65535);
		break;
	case 'u':
		p->path = optarg + (optarg[0] == '/');
		break;
	case 'c':
		p->connections = (unsigned)number_argument(
		    program, "connections", optarg, 1, BENCH_CONNECTIONS_MAX);
		break;
	case 'b':
		p->body_bytes =
		    (uint32_t)number_argument(program, "bytes", optarg, 1, NUMBER_BODY_BYTES_MAX);
		break;
	case 'f':
		p->body_file = optarg;
		break;
	case 't':
		p->content_type = optarg;
		break;
	case 's':
		p->length = seconds((int64_t)number_argument(program, "seconds", optarg, 1, 86400));
		break;
	case 'm':
		p->length = milliseconds(
		    (int64_t)number_argument(program, "milliseconds", optarg, 1, 86400000));
		break;
	case 'w':
		p->warmup = seconds((int64_t)number_argument(program, "warmup", optarg, 0, 3600));
		break;
	case 'n':
		p->allow_204 = false;
		break;
	case 'a':
		p->anew = true;
		break;
	case 'e':
		p->empty = true;
		break;
	case 'o':
		p->options = true;
		break;
	case 'R':
		p->reqmod = true;
		break;
	case 'q':
		p->repeat = true;
		break;
	case 'M':
		p->mix = true;
		break;
	case 'P':
		p->repeats = (unsigned)number_argument(program, "repeats", optarg, 0, 1000);
		break;
	case 'T':
		p->threats = (unsigned)number_argument(program, "threats", optarg, 0, 1000);
		break;
	case 'S':
		p->requests = (unsigned)number_argument(program, "requests", optarg, 0, 1000);
		break;
	case 'B':
		p->beside =
		    (uint32_t)number_argument(program, "beside", optarg, 1, NUMBER_BODY_BYTES_MAX);
		break;
	case 'r':
		p->rate = (uint32_t)number_argument(program, "rate", optarg, 1, RATE_MAX);
		break;
	case 'z':
		p->rest_us = (uint32_t)number_argument(program, "rest", optarg, 1, REST_US_MAX);
		break;
	case 'Q':
		p->queues =
		    (unsigned)number_argument(program, "queues", optarg, 1, BENCH_QUEUES_MAX);
		break;
	case 'j':
		p->json = true;
		break;
	default:
		return false;
	}
	return true;
}

bool
plan_parse(int argc, char **argv, struct bench_plan *plan, int *rest)
{
	int option;

	*plan = usual;
	optind = 0; /* glibc: a new scan */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == '?') {
			fprintf(stderr, "%s: see --help\n", argv[0]);
			exit(2);
		}
		if (!take_option(argv[0], option, plan))
			return true;
	}
	if (plan->options && plan->reqmod) {
		fprintf(stderr, "%s: --options or --reqmod, not both\n", argv[0]);
		exit(2);
	}
	if (plan->beside > 0 && plan->empty) {
		fprintf(stderr, "%s: --beside is for objects, not for --empty\n", argv[0]);
		exit(2);
	}
	if (plan->mix && (plan->options || plan->reqmod || plan->empty || plan->repeat)) {
		fprintf(stderr, "%s: --mix is not for --options, --reqmod, --empty and --repeat\n",
		    argv[0]);
		exit(2);
	}
	if (!plan->mix &&
	    (plan->repeats > 0 || plan->threats > 0 || plan->requests != usual.requests)) {
		fprintf(stderr, "%s: --requests, --repeats and --threats are for --mix\n", argv[0]);
		exit(2);
	}
	if (plan->rate > 0 && (plan->anew || plan->empty)) {
		fprintf(stderr, "%s: --rate is for connections that stay\n", argv[0]);
		exit(2);
	}
	*rest = optind;
	return false;
}

bool
plan_parse_line(char *line, const char *program, struct bench_plan *plan)
{
	char *words[PLAN_WORDS_MAX + 1], *word;
	int count = 0, rest;

	words[count++] = (char *)(uintptr_t)program;
	while ((word = strsep(&line, " \t\n")) != NULL) {
		if (*word == 0)
			continue;
		if (count == PLAN_WORDS_MAX)
			return false;
		words[count++] = word;
	}
	words[count] = NULL;
	return !plan_parse(count, words, plan, &rest) && rest == count;
}
