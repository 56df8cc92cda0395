/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/control.h"
#include "control/peer.h"

struct scan {
	struct worker worker;
	scan_done done;
	void *arg;
};

static unsigned scans_now; /* control has one thread */

static void
on_worker_done(struct worker *w, const struct worker_answer *answer)
{
	struct scan *s = w->owner;

	scans_now--;
	s->done(s->arg, answer);
	free(s);
}

static int
check_file(const struct control *c, int fd, char *error)
{
	uint64_t most = c->config->sandbox.object_bytes_max;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(error, SCAN_ERROR_TEXT_MAX, "not a regular file");
		return -EINVAL;
	}
	if (st.st_size == 0) {
		snprintf(error, SCAN_ERROR_TEXT_MAX, "the file is empty");
		return -EINVAL;
	}
	if ((uint64_t)st.st_size > most) {
		snprintf(error, SCAN_ERROR_TEXT_MAX,
		    "%llu bytes are more than sandbox.object_bytes_max, %llu",
		    (unsigned long long)st.st_size, (unsigned long long)most);
		return -EFBIG;
	}
	return 0;
}

int
scan_start(struct control *c, pid_t peer, int peer_fd, struct span name, scan_done done, void *arg,
    char error[SCAN_ERROR_TEXT_MAX])
{
	struct scan *s;
	int fd, rc;

	if (scans_now == SCANS_MAX) {
		snprintf(
		    error, SCAN_ERROR_TEXT_MAX, "%u files are being judged: try again", SCANS_MAX);
		return -EBUSY;
	}
	fd = peer_take_descriptor(peer, peer_fd);
	if (fd < 0) {
		snprintf(error, SCAN_ERROR_TEXT_MAX,
		    "the file can't be taken over from process %d: %s", (int)peer, strerror(-fd));
		return fd;
	}
	rc = check_file(c, fd, error);
	s = rc == 0 ? calloc(1, sizeof(*s)) : NULL;
	if (s == NULL) {
		close(fd);
		return rc != 0 ? rc : -ENOMEM;
	}
	s->done = done;
	s->arg = arg;
	scans_now++;
	worker_start(c, &s->worker, fd, name, on_worker_done, s);
	close(fd);
	return 0;
}
