/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to the dataplane: connects to RUN/dataplane.sock, for ever, takes the region, mends what
 * an earlier control left half done, and tells mode and policy. When the dataplane goes, the search
 * starts again; the CLI is served all the while. The region that was left behind still holds what
 * was not read of its rings and objects that no sandbox has seen: it stays until both are done, or
 * until the next one is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/channel/attend.h"
#include "control/everywhere.h"
#include "control/trial.h"

#define RETRY_MS 200

static void
drop_poll(uv_handle_t *handle)
{
	(void)handle;
}

/* Gives up what a region still holds. */
static void
close_left(struct control *c)
{
	unsigned waiting = jobs_waiting_of(c->jobs, c->left);

	if (waiting > 0)
		fprintf(
		    stderr, "WRN %u objects of a dataplane that ended were not judged\n", waiting);
	jobs_forget(c->jobs, c->left);
	region_close(c->left);
	c->left = NULL;
}

void
attach_release(struct control *c)
{
	if (c->left != NULL && jobs_waiting_of(c->jobs, c->left) == 0)
		close_left(c);
}

static void
detach(struct control *c)
{
	if (c->polling) {
		uv_poll_stop(&c->attend_poll);
		uv_close((uv_handle_t *)&c->attend_poll, drop_poll);
		c->polling = false;
	}
	if (c->attend >= 0)
		close(c->attend);
	c->attend = -1;
	trial_detached(c->trial);
	if (c->region == NULL)
		return;
	if (c->left != NULL)
		close_left(c);
	everywhere_detached(c->everywhere);
	c->left = c->region;
	c->left_cursor = c->cursor;
	c->region = NULL;
}

void
attach_push_policy(struct control *c)
{
	struct attend_message m = {
		.version = ATTEND_VERSION,
		.kind = ATTEND_POLICY,
		.serial = ++c->attend_serial,
	};
	char *text = c->attend >= 0 ? exclude_policy_text(c) : NULL;
	int fd = text != NULL ? memfd_create("sluice-policy", MFD_CLOEXEC) : -1;

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		attend_send(c->attend, &m, fd);
	if (fd >= 0)
		close(fd);
	free(text);
}

static void
take_hello(struct control *c, const struct attend_message *m, int fd)
{
	if (fd < 0 || region_attach(fd, &c->region) != 0) {
		fprintf(stderr,
		    "WRN the dataplane's region does not fit this control: other version?\n");
		if (fd >= 0)
			close(fd);
		return;
	}
	memset(&c->cursor, 0, sizeof(c->cursor));
	for (uint32_t i = 0; i < region_cores(c->region); i++) {
		channel_mend_consumer(region_core(c->region, i));
		c->cursor.stored[i] = store_progress(c->store, region_boot_id(c->region), i);
		c->cursor.logged[i] = c->cursor.stored[i];
	}
	c->log.setting.dataplane_pid = (int32_t)m->pid;
	region_set_mode(c->region, c->mode);
	attach_push_policy(c);
	generation_push(c);
	trial_attached(c->trial);
	jobs_attach(c->jobs);
	observe_attached(c->observe);
}

static void
on_message(uv_poll_t *poll, int status, int events)
{
	struct control *c = poll->data;
	struct attend_message m;
	int fd = -1, rc;

	(void)events;
	if (status < 0) {
		detach(c);
		return;
	}
	rc = attend_receive(c->attend, &m, &fd);
	if (rc == -EAGAIN)
		return;
	if (rc != 0) {
		detach(c);
		return;
	}
	if (m.kind == ATTEND_HELLO && c->region == NULL) {
		take_hello(c, &m, fd);
		return;
	}
	if (trial_answered(c->trial, &m)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (m.kind == ATTEND_FAILED)
		snprintf(c->last_error, sizeof(c->last_error), "%s", m.text);
	else if (m.kind == ATTEND_DONE)
		c->last_error[0] = 0;
	if (m.kind == ATTEND_DONE && m.serial == c->generation_serial)
		generation_served(c);
	if (m.kind == ATTEND_FAILED && m.serial == c->generation_serial)
		generation_refused(c);
	if (fd >= 0)
		close(fd);
}

static void
try_to_attach(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (c->attend >= 0)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%.107s", c->paths.dataplane_socket);
	c->attend = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->attend < 0)
		return;
	if (connect(c->attend, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(c->attend);
		c->attend = -1;
		return;
	}
	uv_poll_init(&c->loop, &c->attend_poll, c->attend);
	c->attend_poll.data = c;
	uv_poll_start(&c->attend_poll, UV_READABLE | UV_DISCONNECT, on_message);
	c->polling = true;
}

void
attach_start(struct control *c)
{
	c->attend = -1;
	uv_timer_init(&c->loop, &c->attach_timer);
	c->attach_timer.data = c;
	uv_timer_start(&c->attach_timer, try_to_attach, 0, RETRY_MS);
}

void
attach_stop(struct control *c)
{
	uv_close((uv_handle_t *)&c->attach_timer, NULL);
	detach(c);
	if (c->left != NULL)
		close_left(c);
}
