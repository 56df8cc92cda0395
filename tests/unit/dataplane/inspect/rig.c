/* SPDX-License-Identifier: BSD-3-Clause */
/* The caller's side of icap and inspect, as dataplane/client.c is it, over bytes in memory. */
#include "tests/unit/dataplane/inspect/rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "scanners/digest/digest.h"
#include "tests/sim/sim.h"
#include "tools/sigc/sigc.h"

#define SETTINGS_MAX 16
#define OBJECTS_MAX  8
#define ARENA_BLOCKS 512

static const char bare[] = "dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}";

int
harness_setup(void)
{
	return sim_eal_init();
}

static struct policy *
policy_of(const char *const *set)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config *config = NULL;
	struct policy *policy = NULL;
	unsigned n = 0;

	while (set != NULL && set[n] != NULL)
		n++;
	if (config_load_text(span_text(bare), "rig", set, n, &config, error) != 0 ||
	    policy_create(config, &policy, error) != 0)
		fprintf(stderr, "  rig: %s\n", error);
	config_free(config);
	return policy;
}

static struct icap *
make_icap(void)
{
	struct icap_config ic = {
		.sessions_max = RIG_CLIENTS_MAX,
		.preview_bytes = 4096,
		.connections_max = RIG_CLIENTS_MAX,
		.head_timeout = seconds(30),
		.body_timeout = seconds(60),
		.idle_timeout = seconds(600),
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "rig",
		.pools = *sim_pools(),
	};

	return icap_create(&ic);
}

static void
make_inspect(struct rig *r)
{
	struct inspect_config ic = {
		.objects_max = OBJECTS_MAX,
		.jobs_max = OBJECTS_MAX,
		.decoders_max = OBJECTS_MAX,
		.part_levels_max = RIG_PART_LEVELS,
		.cache_entries = 64,
		.keep_mbufs_max = 1024,
		.arena_blocks = ARENA_BLOCKS,
		.region = r->region,
		.publisher = &r->publisher,
		.icap = r->icap,
		.pools = *sim_pools(),
		.digests = r->digests,
	};

	r->inspect = inspect_create(&ic);
	publisher_add_core(&r->publisher, inspect_publication_users(r->inspect));
}

struct rig *
rig_create(const char *const *set)
{
	static const struct region_shape shape = { .cores = 1,
		.notices = RIG_NOTICES,
		.records = 16,
		.commands = 4,
		.observations = 4,
		.arena_blocks = ARENA_BLOCKS };
	struct rig *r = calloc(1, sizeof(*r));
	char error[SIGNATURE_ERROR_TEXT_MAX];
	char text[DIGEST_ENGINE_TEXT_MAX];
	struct loaded *loaded = NULL;

	if (r == NULL || region_create(&shape, &r->region) != 0 ||
	    region_attach(dup(region_fd(r->region)), &r->control) != 0 ||
	    loaded_create(-1, 1, RIG_SCANS, &loaded, error) != 0)
		abort();
	region_set_mode(r->region, MODE_STANDARD);
	r->channel = region_core(r->region, 0);
	r->reader = region_core(r->control, 0);
	r->stats = channel_stats(r->channel);
	publisher_init(&r->publisher);
	if (digest_engine_create(DIGEST_SSE2, &r->digests, text) != 0)
		abort();
	r->icap = make_icap();
	make_inspect(r);
	r->now = mono_now();
	if (publisher_publish(&r->publisher, loaded, NULL, policy_of(set)) != 0)
		abort();
	icap_set_profiles(r->icap, policy_icap_profiles(r->publisher.current->policy));
	return r;
}

struct loaded *
rig_compile(struct sigc *sigc, const char *line, const char *suffix)
{
	char path[] = "/tmp/sluice-rig-XXXXXX", name[64];
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct loaded *l = NULL;
	FILE *f;
	int fd = mkstemp(path);

	snprintf(name, sizeof(name), "%s.%s", path, suffix);
	f = fopen(name, "w");
	CHECK(fd >= 0 && f != NULL && fputs(line, f) >= 0 && fclose(f) == 0);
	CHECK(sigc_read(sigc, name) == 0 && sigc_build(sigc, path) == 0);
	close(fd);
	fd = open(path, O_RDONLY);
	CHECK(loaded_create(fd, 1, RIG_SCANS, &l, error) == 0);
	close(fd);
	unlink(path);
	unlink(name);
	sigc_free(sigc);
	return l;
}

struct loaded *
rig_listing(const char *text, const char *suffix)
{
	char line[128], hex[65];
	struct sigc sigc = { 0 };
	struct digest d;
	struct digest_values v;

	digest_init(&d);
	digest_feed(&d, span_text(text));
	digest_finish(&d, &v);
	snprintf(line, sizeof(line), "%s:%zu:Listed\n", digest_hex(v.md5, 16, hex), strlen(text));
	sigc_add_literal(&sigc, span_text("Literal"), (const uint8_t *)"known by its", 12);
	return rig_compile(&sigc, line, suffix);
}

void
rig_publish(struct rig *r, struct loaded *loaded)
{
	CHECK(publisher_publish(&r->publisher, loaded, r->publisher.current->shadow,
		  r->publisher.current->policy) == 0);
}

void
rig_try(struct rig *r, struct loaded *shadow)
{
	CHECK(publisher_publish(&r->publisher, r->publisher.current->loaded, shadow,
		  r->publisher.current->policy) == 0);
}

void
rig_destroy(struct rig *r)
{
	for (unsigned i = 0; i < r->client_count; i++) {
		struct rig_client *c = &r->clients[i];

		if (c->object != NULL)
			inspect_abort(c->object);
		icap_session_destroy(c->session);
		chain_free(&c->all);
	}
	CHECK(inspect_objects_now(r->inspect) == 0);
	inspect_destroy(r->inspect);
	digest_engine_destroy(r->digests);
	icap_destroy(r->icap);
	publisher_fini(&r->publisher);
	region_close(r->control);
	region_close(r->region);
	free(r);
}

struct rig_client *
rig_client(struct rig *r)
{
	struct rig_client *c = &r->clients[r->client_count++];

	icap_begin(r->icap, r->now);
	c->rig = r;
	c->session = icap_session_create(r->icap);
	return c;
}

void
rig_send(struct rig_client *c, const void *bytes, size_t count)
{
	struct chain in = CHAIN_EMPTY;

	CHECK(chain_append_copy(&in, sim_pools(), bytes, count) == 0);
	icap_input(c->session, &in);
}

void
rig_respmod_begin(struct rig_client *c, const char *head, size_t bytes)
{
	static const char request[] =
	    "GET http://example.test/a HTTP/1.1\r\nHost: example.test\r\n\r\n";
	char text[8192], response[4096];
	int m = snprintf(response, sizeof(response), "HTTP/1.1 200 OK\r\n%s\r\n", head);
	int n = snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
	    "Encapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n\r\n%s%s%zx\r\n",
	    sizeof(request) - 1, sizeof(request) - 1 + (size_t)m, request, response, bytes);

	rig_send(c, text, (size_t)n);
}

void
rig_respmod(struct rig_client *c, const char *head, const void *body, size_t bytes)
{
	rig_respmod_begin(c, head, bytes);
	rig_send(c, body, bytes);
	rig_send(c, "\r\n0\r\n\r\n", 7);
}

char *
rig_echoed_body(struct rig_client *c, size_t *bytes)
{
	size_t size = c->all.bytes, n;
	char *text = calloc(1, size + 1), *body = calloc(1, size + 1), *at, *end;

	chain_copy_out(&c->all, 0, text, size);
	at = strstr(text, "\r\n\r\n");
	at = at != NULL ? strstr(at + 4, "\r\n\r\n") : NULL; /* behind the HTTP head */
	*bytes = 0;
	for (at = at != NULL ? at + 4 : NULL; at != NULL; at = end + 2 + n + 2) {
		n = strtoul(at, &end, 16);
		if (n == 0 || end == at || end + 2 + n + 2 > text + size)
			break;
		memcpy(body + *bytes, end + 2, n);
		*bytes += n;
	}
	free(text);
	return body;
}

/* One event. False: the session is over. */
static bool
handle(struct rig_client *c, enum icap_event event)
{
	static const struct inspect_peer peer;
	bool done = false;

	if (event == ICAP_REQUEST)
		c->object = inspect_request(c->rig->inspect, c->session, &peer, c);
	else if (event == ICAP_BODY)
		done = c->object != NULL && inspect_body(c->object);
	else if (event == ICAP_PREVIEW_END)
		done = c->object != NULL && inspect_preview_end(c->object);
	else if (event == ICAP_BODY_END)
		done = c->object != NULL && inspect_end(c->object);
	else if (event == ICAP_ABORTED && c->object != NULL)
		inspect_abort(c->object);
	else if (event == ICAP_CLOSE)
		inspect_closed(c->rig->inspect, c->session, &peer);
	if (done || event == ICAP_ABORTED)
		c->object = NULL;
	return event != ICAP_CLOSE;
}

static void
take_output(struct rig_client *c)
{
	struct chain out = CHAIN_EMPTY;
	size_t room =
	    c->output_bytes < RIG_OUTPUT_MAX - 1 ? RIG_OUTPUT_MAX - 1 - c->output_bytes : 0;

	icap_take_output(c->session, &out);
	chain_copy_out(&out, 0, c->output + RIG_OUTPUT_MAX - 1 - room, room);
	c->output_bytes += out.bytes;
	if (c->keeps_all)
		chain_append_chain(&c->all, &out);
	chain_free(&out);
}

static void
drive(struct rig_client *c)
{
	enum icap_event event;

	if (c->object != NULL && inspect_is_feeding(c->object))
		inspect_feed_on(c->object);
	while (!c->over && !(c->object != NULL && inspect_is_feeding(c->object)) &&
	       (event = icap_next(c->session)) != ICAP_MORE)
		c->over = !handle(c, event);
	take_output(c);
}

void
rig_turn(struct rig *r)
{
	struct rig_client *c;
	struct command command;
	bool done;

	r->now = mono_add(r->now, milliseconds(1));
	icap_begin(r->icap, r->now);
	inspect_begin(r->inspect, r->now, r->now, 1000000000);
	while (command_take(r->channel, &command))
		inspect_command(r->inspect, &command);
	inspect_tick(r->inspect);
	for (unsigned i = 0; i < r->client_count; i++)
		drive(&r->clients[i]);
	inspect_digest(r->inspect, false);
	while ((c = inspect_next_settled(r->inspect, &done)) != NULL) {
		if (done)
			c->object = NULL;
		drive(c);
	}
}

unsigned
rig_until(struct rig_client *c, size_t output_bytes)
{
	unsigned turns = 0;

	while (c->output_bytes < output_bytes && !c->over && turns < 10000) {
		rig_turn(c->rig);
		turns++;
	}
	return turns;
}

bool
rig_record(struct rig *r, struct record_slot *out)
{
	if (!record_peek(r->reader, out))
		return false;
	record_done(r->reader);
	return true;
}

bool
rig_notice(struct rig *r, struct notice *out)
{
	if (!notice_peek(r->reader, out))
		return false;
	notice_done(r->reader);
	return true;
}
