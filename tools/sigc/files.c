/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sources are regular files and directories: a FIFO would be waited for without end, and a device
 * never ends. And where the compiler is, for the one line that a limit leaves behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sigc/sigc.h"

FILE *
sigc_open(struct sigc *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is_open, is_file = true;
	struct stat st;
	FILE *f = NULL;

	is_open = fd >= 0 && fstat(fd, &st) == 0;
	if (is_open)
		is_file = S_ISREG(st.st_mode);
	if (is_open && is_file)
		f = fdopen(fd, "r");
	if (f != NULL)
		return f;
	snprintf(s->error, sizeof(s->error), "%.300s: %s", path,
	    is_file ? strerror(errno) : "not a regular file");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Bytes from here on that a terminal obeys: control characters, also those that UTF-8 has of C1. */
static size_t
obeyed(const uint8_t *at)
{
	if (at[0] < 0x20 || at[0] == 0x7f)
		return 1;
	return at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0 ? 2 : 0;
}

char *
sigc_show(const char *text, char *out, size_t room)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t used = 0;

	while (*at != 0) {
		size_t count = obeyed(at), plain = count == 0;

		if (used + plain + 4 * count >= room)
			break;
		if (plain)
			out[used++] = (char)*at++;
		for (; count > 0; count--, at++, used += 4)
			snprintf(out + used, 5, "\\x%02x", *at);
	}
	out[used] = 0;
	return out;
}

/* A signal may come at any instruction: the path ends always, and the line stays where it is. */
static char at_path[400];
static const uint32_t *at_line;

void
sigc_where(const char *path, const uint32_t *line)
{
	at_line = NULL;
	sigc_show(path, at_path, sizeof(at_path));
	at_line = line;
}

/* Without the library, which the signal may have interrupted. */
static void
tell(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(1);
}

static void
tell_number(uint32_t n)
{
	char digits[12] = { 0 }, *at = digits + sizeof(digits) - 1;

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	tell(at);
}

void
sigc_give_up(const char *why)
{
	tell("sluice-sigc: ");
	tell(at_path);
	if (at_line != NULL && *at_line > 0) {
		tell(":");
		tell_number(*at_line);
	}
	tell(at_path[0] != 0 ? ": " : "");
	tell(why);
	tell("\n");
	_exit(1);
}

static void
on_time_limit(int number)
{
	(void)number;
	sigc_give_up("the limit of processor time is reached");
}

void
sigc_watch_time(void)
{
	signal(SIGXCPU, on_time_limit);
}
