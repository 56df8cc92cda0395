/* SPDX-License-Identifier: BSD-3-Clause */
/* A mix has the shares that it says, and each of its requests points at its parts. */
#include "bench/mix.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define OBJECTS 200000u

struct seen {
	unsigned kinds[MIX_KIND_COUNT], repeats, threats, requests;
};

static struct seen
draw(unsigned requests, unsigned repeats, unsigned threats)
{
	struct bench_plan plan = { .requests = requests, .repeats = repeats, .threats = threats };
	struct seen seen = { 0 };
	struct mix m;

	mix_begin(&m, &plan);
	for (unsigned i = 0; i < OBJECTS; i++) {
		struct mix_choice c = mix_next(&m);

		CHECK(c.kind < MIX_KIND_COUNT);
		seen.kinds[c.kind]++;
		seen.repeats += c.repeat;
		seen.threats += c.threat;
		seen.requests +=
		    c.kind == MIX_KIND_GET || c.kind == MIX_KIND_FORM || c.kind == MIX_KIND_UPLOAD;
	}
	return seen;
}

/* Within a tenth, and of rare ones within 60 in 200,000. */
static bool
about(unsigned count, unsigned of_thousand)
{
	unsigned due = OBJECTS / 1000 * of_thousand;

	return (unsigned)abs((int)count - (int)due) <= due / 10 + 60;
}

TEST(every_kind_has_its_share)
{
	struct seen seen = draw(210, 250, 5);
	static const unsigned shares[] = {
#define X(id, method, bytes, type, allow, preview, share) share,
		MIX_KINDS(X)
#undef X
	};

	for (unsigned i = 0; i < MIX_KIND_COUNT; i++)
		CHECK(about(seen.kinds[i], shares[i]));
	CHECK(about(seen.repeats, 250) && about(seen.threats, 5) && about(seen.requests, 210));
}

TEST(shares_may_be_none_and_all)
{
	struct seen none = draw(0, 0, 0), all = draw(1000, 1000, 1000);

	CHECK(none.requests == 0 && none.repeats == 0 && none.threats == 0);
	CHECK(all.requests == OBJECTS && all.repeats == OBJECTS && all.threats == OBJECTS);
	CHECK(about(all.kinds[MIX_KIND_GET], 180 * 1000 / 210));
}

TEST(a_sequence_is_the_same_in_every_run)
{
	struct seen a = draw(210, 10, 10), b = draw(210, 10, 10);

	CHECK(memcmp(&a, &b, sizeof(a)) == 0);
}

static size_t
offset_of(const char *head, const char *part)
{
	const char *at = strstr(head, part);

	return at != NULL ? strtoul(at + strlen(part), NULL, 10) : 0;
}

TEST(each_request_points_at_its_parts)
{
	static const uint32_t bodies[] = {
#define X(id, method, bytes, type, allow, preview, share) bytes,
		MIX_KINDS(X)
#undef X
	};

	for (unsigned i = 0; i < MIX_KIND_COUNT; i++) {
		struct request r;
		const char *parts;
		char line[24];

		CHECK(mix_request(&r, i, "h"));
		CHECK(r.body_bytes == bodies[i] && bodies[i] <= mix_body_max());
		CHECK(strlen(r.head) == r.head_bytes);
		parts = strstr(r.head, "\r\n\r\n") + 4;
		if (bodies[i] == 0) {
			CHECK(strlen(parts) == offset_of(r.head, "null-body="));
			continue;
		}
		snprintf(line, sizeof(line), "%zx\r\n", r.first);
		CHECK(strcmp(parts + offset_of(r.head, "-body="), line) == 0);
		CHECK((strstr(r.head, "\r\nPreview: 4096\r\n") != NULL) == r.previews);
		CHECK(r.first == (r.previews && bodies[i] > MIX_PREVIEW_BYTES ? MIX_PREVIEW_BYTES
									      : bodies[i]));
		CHECK(strstr(r.head, r.head[2] == 'Q' ? "/av/reqmod " : "/av/respmod ") != NULL);
	}
	CHECK(mix_threat().bytes == 68);
}
