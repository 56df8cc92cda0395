/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/rig.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/everywhere.h"

static const char configuration[] =
    "dataplane: {addresses: [192.0.2.1/24], port: {interface: eth0}}\n";

void
rig_make(struct rig *r)
{
	char path[160], error[CONFIG_ERROR_TEXT_MAX] = "";
	struct control *c = &r->control;

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	memset(r, 0, sizeof(*r));
	strcpy(r->directory, "/tmp/sluice-control-XXXXXX");
	CHECK(mkdtemp(r->directory) != NULL);
	CHECK(config_paths_of("rig", &c->paths) == 0);
	snprintf(c->paths.state_directory, sizeof(c->paths.state_directory), "%s", r->directory);
	snprintf(c->paths.config_file, sizeof(c->paths.config_file), "%s/none.yaml", r->directory);
	snprintf(c->paths.control_socket, sizeof(c->paths.control_socket), "%s/control.sock",
	    r->directory);
	CHECK(config_load_text(span_text(configuration), "rig", NULL, 0, &c->config, error) == 0);
	snprintf(path, sizeof(path), "%s/sluice.db", r->directory);
	CHECK(store_open(path, &c->store, error) == 0);
	exclude_open(c);
	CHECK(log_init(&c->log, r->directory, c->config) == 0);
	CHECK(uv_loop_init(&c->loop) == 0);
	c->everywhere = calloc(1, sizeof(*c->everywhere));
	c->jobs = jobs_create(c);
	c->worker = c->compiler = "/nonexistent";
	c->mode = MODE_STANDARD;
	c->attend = -1;
	generation_init(c);
	c->trial = trial_create(c);
	c->started_ms = uv_now(&c->loop);
	c->observe = &r->observe;
	observe_init(c->observe, c);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void
rig_remove(struct rig *r)
{
	while (uv_run(&r->control.loop, UV_RUN_NOWAIT) != 0)
		;
	CHECK(uv_loop_close(&r->control.loop) == 0);
	trial_destroy(r->control.trial);
	jobs_destroy(r->control.jobs);
	free(r->control.everywhere);
	log_fini(&r->control.log);
	exclude_close(&r->control);
	store_close(r->control.store);
	config_free(r->control.config);
	nftw(r->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
rig_turn(struct rig *r)
{
	if (uv_run(&r->control.loop, UV_RUN_NOWAIT) == 0 ||
	    uv_backend_timeout(&r->control.loop) != 0)
		usleep(1000);
}

void
rig_put_object(struct rig *r, uint8_t number, const char *url, uint32_t flags)
{
	struct record_slot slot = { .record = { .wall_ns = 1764063314691000000,
					.verdict = VERDICT_BAD,
					.source = SOURCE_SCANNED,
					.mode = MODE_STANDARD,
					.flags = flags } };
	struct record *o = &slot.record;

	memset(o->uuid, number, sizeof(o->uuid));
	memset(o->sha256, number, sizeof(o->sha256));
	record_text_put(&slot, RECORD_TEXT_URL, span_text(url));
	CHECK(store_begin(r->control.store) == 0);
	store_put_object(
	    r->control.store, o->uuid, o->wall_ns, span_of(&slot, record_slot_bytes(&slot)));
	store_put_alert(r->control.store,
	    &(struct store_alert){ .uuid = o->uuid,
		.md5 = o->md5,
		.sha256 = o->sha256,
		.wall_ns = o->wall_ns,
		.client = "192.0.2.7",
		.url = url,
		.threat = "Eicar-Test",
		.verdict = "bad",
		.source = "scanned",
		.mode = "standard",
		.outcome = flags & RECORD_FLAG_BLOCKED ? STORE_BLOCKED : STORE_PASSED });
	CHECK(store_commit(r->control.store) == 0);
}
