/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/peer.h"

#define NAME_BYTES_MAX 200 /* of the last part */
#define PATH_BYTES_MAX 1024
#define PIECE_BYTES    (1u << 20)
#define COPIES_MAX     (TRIED_FILES_MAX + TRIED_INCLUDES_MAX)
#define NOT_INCLUDED   UINT32_MAX

struct copies {
	uv_work_t work;
	void (*done)(void *arg, const char *error);
	void *arg;
	unsigned count, file_count; /* files first, then what they include */
	int fds[COPIES_MAX];
	uint32_t of[COPIES_MAX]; /* the file that it is included by, or NOT_INCLUDED */
	char to[COPIES_MAX][TRIED_PATH_MAX];
	char names[COPIES_MAX][PATH_BYTES_MAX + 1];
	char as[COPIES_MAX][NAME_BYTES_MAX + 1]; /* its path from there */
	char error[COPIES_ERROR_TEXT_MAX];
};

void
copies_free(struct copies *c)
{
	for (unsigned i = 0; c != NULL && i < c->count; i++)
		close(c->fds[i]);
	free(c);
}

/* An absolute path whose last part can be the name of a file of ours. */
static bool
is_name(const char *name)
{
	const char *last = name != NULL ? strrchr(name, '/') : NULL;

	if (last == NULL || name[0] != '/' || strlen(name) > PATH_BYTES_MAX)
		return false;
	last++;
	for (const char *at = name; *at != 0; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
	return last[0] != 0 && strcmp(last, ".") != 0 && strcmp(last, "..") != 0 &&
	       strlen(last) <= NAME_BYTES_MAX;
}

/* A path that leads nowhere but down. */
static bool
is_below(const char *as)
{
	size_t n;

	if (as == NULL || as[0] == 0 || strlen(as) > NAME_BYTES_MAX)
		return false;
	for (const char *at = as; *at != 0; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
	for (;; as += n + 1) {
		n = strcspn(as, "/");
		if (n == 0 || (n == 1 && as[0] == '.') || (n == 2 && strncmp(as, "..", 2) == 0))
			return false;
		if (as[n] == 0)
			return true;
	}
}

/* Whose it is: of a file itself, or of one that was taken before. */
static bool
take_place(struct copies *c, const json_t *item)
{
	const json_t *of = json_object_get(item, "of");
	const char *as = json_string_value(json_object_get(item, "as"));
	json_int_t number = json_integer_value(of);

	if (of == NULL && as == NULL) {
		c->of[c->count] = NOT_INCLUDED;
		c->file_count++;
		return c->file_count == c->count + 1 && c->file_count <= TRIED_FILES_MAX;
	}
	if (!json_is_integer(of) || number < 0 || number >= c->file_count || !is_below(as))
		return false;
	c->of[c->count] = (uint32_t)number;
	snprintf(c->as[c->count], sizeof(c->as[0]), "%s", as);
	return true;
}

static int
take_one(struct copies *c, const json_t *item, pid_t peer, char error[COPIES_ERROR_TEXT_MAX])
{
	const char *name = json_string_value(json_object_get(item, "name"));
	const json_t *number = json_object_get(item, "fd");
	struct stat st;
	int fd;

	if (!is_name(name) || !json_is_integer(number) || !take_place(c, item)) {
		snprintf(error, COPIES_ERROR_TEXT_MAX,
		    "try: expected {\"name\": \"/path\", \"fd\": N} for each of %d files, "
		    "then the same with \"of\": NUMBER, \"as\": \"path\" for what they include",
		    TRIED_FILES_MAX);
		return -EINVAL;
	}
	fd = peer_take_descriptor(peer, (int)json_integer_value(number));
	if (fd < 0) {
		snprintf(error, COPIES_ERROR_TEXT_MAX,
		    "%.300s: can't be taken over from process %d: %s", name, (int)peer,
		    strerror(-fd));
		return fd;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(error, COPIES_ERROR_TEXT_MAX, "%.300s: not a regular file", name);
		close(fd);
		return -EINVAL;
	}
	snprintf(c->names[c->count], sizeof(c->names[0]), "%s", name);
	c->fds[c->count++] = fd;
	return 0;
}

int
copies_take(const json_t *list, pid_t peer, struct copies **out, json_t **files,
    char error[COPIES_ERROR_TEXT_MAX])
{
	struct copies *c;
	size_t i;
	json_t *item;
	int rc = 0;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > COPIES_MAX) {
		snprintf(error, COPIES_ERROR_TEXT_MAX,
		    "try: expected 1 to %d files, and at most %d that they include",
		    TRIED_FILES_MAX, TRIED_INCLUDES_MAX);
		return -EINVAL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	*files = json_array();
	json_array_foreach(list, i, item)
	{
		rc = take_one(c, item, peer, error);
		if (rc != 0)
			break;
		if (c->of[i] == NOT_INCLUDED)
			json_array_append(*files, json_object_get(item, "name"));
	}
	if (rc == 0) {
		*out = c;
		return 0;
	}
	json_decref(*files);
	*files = NULL;
	copies_free(c);
	return rc;
}

/* At most `*left` bytes, which are then fewer. -errno. */
static int
copy_bytes(int from, int to, uint64_t *left)
{
	char *piece = malloc(PIECE_BYTES);
	off_t at = 0;
	ssize_t n = piece != NULL ? 1 : -1;
	int rc = piece != NULL ? 0 : -ENOMEM;

	while (rc == 0 && n > 0) {
		n = pread(from, piece, PIECE_BYTES, at);
		if (n < 0)
			rc = -errno;
		else if ((uint64_t)n > *left)
			rc = -EFBIG;
		else if (n > 0 && write(to, piece, (size_t)n) != n)
			rc = errno != 0 ? -errno : -ENOSPC;
		if (rc == 0) {
			at += n;
			*left -= (uint64_t)n;
		}
	}
	free(piece);
	return rc;
}

/* The folder of copy `i`: a new one of a file's own, those of what it includes below that. */
static int
make_folder(const struct copies *c, unsigned i)
{
	char path[TRIED_PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", c->to[i]);
	if (c->of[i] == NOT_INCLUDED) {
		*strrchr(path, '/') = 0;
		return mkdir(path, 0750) == 0 ? 0 : -errno;
	}
	slash = path + strlen(path) - strlen(c->as[i]);
	while ((slash = strchr(slash, '/')) != NULL) {
		*slash = 0;
		if (mkdir(path, 0750) != 0 && errno != EEXIST)
			return -errno;
		*slash++ = '/';
	}
	return 0;
}

static int
copy_file(const struct copies *c, unsigned i, uint64_t *left)
{
	int rc = c->to[i][0] != 0 ? make_folder(c, i) : -ENAMETOOLONG, to;

	if (rc != 0)
		return rc;
	to = open(c->to[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (to < 0)
		return -errno;
	errno = 0;
	rc = copy_bytes(c->fds[i], to, left);
	if (close(to) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* In a thread of the pool: nothing but `c` is touched. */
static void
copy_all(uv_work_t *work)
{
	struct copies *c = work->data;
	uint64_t left = TRIED_BYTES_MAX;

	for (unsigned i = 0; i < c->count && c->error[0] == 0; i++) {
		int rc = copy_file(c, i, &left);

		if (rc == -EFBIG)
			snprintf(c->error, sizeof(c->error),
			    "%.300s: more than %llu bytes in all can't be tried", c->names[i],
			    TRIED_BYTES_MAX);
		else if (rc != 0)
			snprintf(c->error, sizeof(c->error), "%.300s: can't be copied: %s",
			    c->names[i], strerror(-rc));
	}
}

static void
after_copies(uv_work_t *work, int status)
{
	struct copies *c = work->data;

	(void)status;
	c->done(c->arg, c->error);
	copies_free(c);
}

void
copies_start(uv_loop_t *loop, struct copies *c, const struct tried *t, uint64_t batch,
    void (*done)(void *arg, const char *error), void *arg)
{
	c->done = done;
	c->arg = arg;
	c->work.data = c;
	for (unsigned i = 0; i < c->count; i++) {
		if (c->of[i] == NOT_INCLUDED)
			tried_copy_path(t, batch, i, c->names[i], c->to[i]);
		else if (!tried_include_path(t, batch, c->of[i], c->as[i], c->to[i]))
			c->to[i][0] = 0;
	}
	uv_queue_work(loop, &c->work, copy_all, after_copies);
}
