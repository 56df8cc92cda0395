/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An include stands at a line's start, behind blanks or other includes and imports. One within a
 * comment of several lines is found as well, which hands over a file too many, never too few.
 * Bounds: INCLUDES_MAX files, DEPTH_MAX in one another, as the compiler has it.
 */
#include "tools/sluicectl/include.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX  8
#define PATH_BYTES 1024

struct walk {
	json_t *files;
	size_t of;
	char folder[PATH_BYTES]; /* with its last slash */
	char *sentence;
	size_t room;
};

static bool walk_file(struct walk *w, const char *as, unsigned depth);

/* `name` beside `from`, both below the folder, without "." parts; false: it leads out, or is long.
 */
static bool
join(const char *from, const char *name, char out[PATH_BYTES])
{
	const char *slash = strrchr(from, '/');
	size_t used = slash != NULL ? (size_t)(slash - from) + 1 : 0;

	memcpy(out, from, used);
	out[used] = 0;
	if (name[0] == '/')
		return false;
	while (*name != 0) {
		size_t n = strcspn(name, "/");

		if (n == 2 && strncmp(name, "..", 2) == 0)
			return false;
		if (used + n + 2 > PATH_BYTES)
			return false;
		if (n > 0 && !(n == 1 && name[0] == '.')) {
			memcpy(out + used, name, n);
			used += n;
			if (name[n] == '/')
				out[used++] = '/';
			out[used] = 0;
		}
		name += n + (name[n] == '/');
	}
	return used > 0 && out[used - 1] != '/';
}

static bool
is_known(const struct walk *w, const char *as)
{
	const char *main_path =
	    json_string_value(json_object_get(json_array_get(w->files, w->of), "name"));
	size_t i;
	json_t *file;

	if (strcmp(strrchr(main_path, '/') + 1, as) == 0)
		return true;
	json_array_foreach(w->files, i, file)
	{
		const char *other = json_string_value(json_object_get(file, "as"));

		if (other != NULL && strcmp(other, as) == 0 &&
		    (size_t)json_integer_value(json_object_get(file, "of")) == w->of)
			return true;
	}
	return false;
}

static size_t
count_includes(const struct walk *w)
{
	size_t count = 0, i;
	json_t *file;

	json_array_foreach(w->files, i, file) count += json_object_get(file, "as") != NULL;
	return count;
}

/* The real path of an include, the caller's; NULL and no sentence: there is none. */
static char *
find(struct walk *w, const char *as)
{
	char path[2 * PATH_BYTES];
	char *real;

	snprintf(path, sizeof(path), "%s%s", w->folder, as);
	real = realpath(path, NULL);
	if (real != NULL && strncmp(real, w->folder, strlen(w->folder)) == 0)
		return real;
	if (real != NULL)
		snprintf(
		    w->sentence, w->room, "%.200s: a link out of the folder of the rules", path);
	else if (errno != ENOENT)
		snprintf(w->sentence, w->room, "%.200s: %s", path, strerror(errno));
	free(real);
	return NULL;
}

/* Appended; the descriptor stays open until the process ends. */
static bool
hand_over(struct walk *w, const char *real, const char *as)
{
	int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = fd < 0 ? strerror(errno) : "not a regular file";
	struct stat st;
	json_t *item;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		item = json_pack("{s:s, s:i, s:I, s:s}", "name", real, "fd", fd, "of",
		    (json_int_t)w->of, "as", as);
		if (item != NULL)
			return json_array_append_new(w->files, item) == 0;
		why = "its name is not UTF-8";
	}
	snprintf(w->sentence, w->room, "%.300s: %s", real, why);
	if (fd >= 0)
		close(fd);
	return false;
}

static bool
add(struct walk *w, const char *from, unsigned line, const char *name, unsigned depth)
{
	char as[PATH_BYTES];
	char *real;
	bool good;

	if (!join(from, name, as)) {
		snprintf(w->sentence, w->room,
		    "%.200s%.100s:%u: includes \"%.100s\"; only files below the folder of the "
		    "rules can be tried with them",
		    w->folder, from, line, name);
		return false;
	}
	if (is_known(w, as))
		return true;
	if (count_includes(w) == INCLUDES_MAX) {
		snprintf(w->sentence, w->room, "%.200s%.100s:%u: more than %d files are included",
		    w->folder, from, line, INCLUDES_MAX);
		return false;
	}
	real = find(w, as);
	if (real == NULL)
		return w->sentence[0] == 0;
	good = hand_over(w, real, as) && walk_file(w, as, depth + 1);
	free(real);
	return good;
}

/* "include" or "import" and a name in quotes, taken off the line; NULL: neither comes next. */
static char *
take_item(char **line, bool *is_include)
{
	char *at = *line + strspn(*line, " \t\r"), *name, *end;

	*is_include = strncmp(at, "include", 7) == 0;
	if (!*is_include && strncmp(at, "import", 6) != 0)
		return NULL;
	at += *is_include ? 7 : 6;
	name = at + strspn(at, " \t");
	end = *name == '"' ? strchr(name + 1, '"') : NULL;
	if (end == NULL)
		return NULL;
	*end = 0;
	*line = end + 1;
	return name + 1;
}

static bool
walk_file(struct walk *w, const char *as, unsigned depth)
{
	char path[2 * PATH_BYTES];
	char *line = NULL, *name;
	size_t room = 0;
	unsigned number = 0;
	bool good = true, is_include;
	FILE *f;

	if (depth > DEPTH_MAX)
		return true;
	snprintf(path, sizeof(path), "%s%s", w->folder, as);
	f = fopen(path, "re");
	if (f == NULL) {
		snprintf(w->sentence, w->room, "%.300s: %s", path, strerror(errno));
		return false;
	}
	while (good && getline(&line, &room, f) >= 0) {
		char *left = line;

		if (++number == 1 && strncmp(left, "\xef\xbb\xbf", 3) == 0)
			left += 3; /* UTF-8's mark */
		while (good && (name = take_item(&left, &is_include)) != NULL)
			good = !is_include || add(w, as, number, name, depth);
	}
	free(line);
	fclose(f);
	return good;
}

static bool
is_yara(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL && (strcmp(dot, ".yar") == 0 || strcmp(dot, ".yara") == 0);
}

bool
include_add_all(json_t *files, size_t of, const char *path, char *sentence, size_t room)
{
	struct walk w = { .files = files, .of = of, .sentence = sentence, .room = room };
	const char *last = strrchr(path, '/') + 1;

	if (!is_yara(path))
		return true;
	sentence[0] = 0;
	if ((size_t)(last - path) >= sizeof(w.folder)) {
		snprintf(sentence, room, "%.300s: its path is too long", path);
		return false;
	}
	memcpy(w.folder, path, (size_t)(last - path));
	return walk_file(&w, last, 0);
}
