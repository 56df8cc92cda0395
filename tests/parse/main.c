/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parses what standard input brings and prints what was found, a line of JSON for each record: one
 * byte of kind, four of length (little-endian), the bytes. Kinds: Q and S, an encapsulated head of
 * a request, of a response; C, chunks; U, a request's target; I, what an ICAP client sends. The
 * input stands in memory of its size, so that a sanitizer sees a read past its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/decode/decode.h"
#include "tests/parse/print.h"
#include "tests/sim/sim.h"

#define RECORD_BYTES_MAX (1u << 20)

enum http_scan_kind parse_scan = HTTP_SCAN_AUTO;

static void
parse_head(struct span block, bool is_response)
{
	static struct http_head h;

	if (http_head_parse_by(http_scan_of(parse_scan), block, is_response, &h) == PARSE_DONE)
		print_head(&h);
	else
		printf("{\"result\": \"bad\"}");
}

static void
parse_chunks(struct span input)
{
	enum chunk_event event;
	struct chunk_parser p;
	struct span data;
	size_t at = 0;

	chunk_init(&p);
	printf("{\"data\": \"");
	while ((event = chunk_next(&p, input, &at, &data)) == CHUNK_DATA)
		print_bytes(data);
	printf("\", \"result\": \"%s\", \"used\": %zu",
	    event == CHUNK_END    ? "end"
	    : event == CHUNK_MORE ? "more"
				  : "bad",
	    at);
	print_bool("ieof", chunk_saw_ieof(&p));
	putchar('}');
}

static void
parse_url(struct span target)
{
	struct http_url u;
	char log[256];

	if (http_url_parse(target, &u) != PARSE_DONE) {
		printf("{\"result\": \"bad\"}");
		return;
	}
	printf("{\"result\": \"done\"");
	print_text("scheme", u.scheme, false);
	print_text("host", u.host, false);
	print_text("port", u.port, false);
	print_text("path", u.path, false);
	print_text("query", u.query, false);
	print_bool("authority", u.is_authority);
	print_text("log",
	    span_of(log, http_url_for_log(target, span_text("host.test"), log, sizeof(log))),
	    false);
	putchar('}');
}

static void
parse_gzip(struct span input)
{
	static const struct decode_codings gzip = { .count = 1, .list = { DECODE_GZIP } };
	static const struct decode_limits limits = { 1 << 20, 1000, 1 << 16 };
	static struct decode_pool *pool;
	struct decoder *d;
	enum decode_result result;
	struct span out;
	size_t at = 0;

	if (pool == NULL)
		pool = decode_pool_create(1, 1);
	if (pool == NULL || (d = decode_open(pool, &gzip, &limits)) == NULL)
		abort();
	printf("{\"data\": \"");
	while (
	    (result = decode_next(d, input, &at, &out)) == DECODE_OUTPUT || result == DECODE_BUSY) {
		if (result == DECODE_OUTPUT)
			print_bytes(out);
	}
	printf("\", \"result\": \"%s\"}", result == DECODE_CORRUPT ? "corrupt"
					  : result == DECODE_OVER  ? "over"
					  : decode_is_whole(d)     ? "whole"
								   : "cut");
	decode_close(pool, d);
}

static bool
parse_record(char kind, struct span bytes)
{
	switch (kind) {
	case 'Q':
	case 'S':
		parse_head(bytes, kind == 'S');
		break;
	case 'C':
		parse_chunks(bytes);
		break;
	case 'U':
		parse_url(bytes);
		break;
	case 'I':
		print_icap(span_of(NULL, 0), bytes);
		break;
	case 'P':
		if (bytes.bytes == 0 || bytes.data[0] >= bytes.bytes)
			return false;
		print_icap(
		    span_of(bytes.data + 1, bytes.data[0]), span_from(bytes, 1u + bytes.data[0]));
		break;
	case 'Z':
		parse_gzip(bytes);
		break;
	default:
		fprintf(stderr, "no such kind of record: %d\n", kind);
		return false;
	}
	putchar('\n');
	fflush(stdout); /* the next record may depend on it */
	return true;
}

int
main(int argc, char **argv)
{
	uint8_t header[5];

	if (argc > 2 || (argc == 2 && !http_scan_find(argv[1], &parse_scan))) {
		bool help = strcmp(argv[1], "--help") == 0;

		fprintf(help ? stdout : stderr,
		    "usage: %s [SCAN] <records\n"
		    "Records: a byte Q, S, C, U, I, P or Z, four bytes of length, the bytes.\n"
		    "SCAN: auto, scalar, sse4.2 or avx2, as far as this processor has it.\n",
		    argv[0]);
		return help ? 0 : 2;
	}
	if (sim_eal_init() != 0) {
		fprintf(stderr, "%s: no EAL\n", argv[0]);
		return 1;
	}
	while (fread(header, 1, sizeof(header), stdin) == sizeof(header)) {
		size_t bytes = header[1] | (size_t)header[2] << 8 | (size_t)header[3] << 16 |
			       (size_t)header[4] << 24;
		uint8_t *data = bytes <= RECORD_BYTES_MAX ? malloc(bytes > 0 ? bytes : 1) : NULL;
		bool good = data != NULL && fread(data, 1, bytes, stdin) == bytes &&
			    parse_record((char)header[0], span_of(data, bytes));

		free(data);
		if (!good) {
			fprintf(stderr, "%s: a record that is too long, cut short or unknown\n",
			    argv[0]);
			return 1;
		}
	}
	return 0;
}
