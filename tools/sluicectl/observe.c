/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DIGITS_MAX 9

/* An option that takes a number: its word, the request's key, what is expected. */
struct number_option {
	const char *word, *key, *expected;
};

static const struct number_option tcp_numbers[] = {
	{ "--limit", "limit", "tcp --limit: expected a number of connections" },
	{ NULL, NULL, NULL },
};
static const struct number_option capture_numbers[] = {
	{ "--count", "count", "capture --count: expected a number of frames" },
	{ "--seconds", "seconds", "capture --seconds: expected a number of seconds" },
	{ "--snaplen", "snaplen", "capture --snaplen: expected a number of bytes" },
	{ NULL, NULL, NULL },
};

static bool
parse_number(const char *text, json_int_t *out)
{
	size_t digits = strspn(text, "0123456789");

	*out = 0;
	if (digits == 0 || digits > DIGITS_MAX || text[digits] != 0)
		return false;
	for (; *text != 0; text++)
		*out = *out * 10 + (*text - '0');
	return true;
}

/* Takes `argv[*i]` and its value where it is one of these options; false: it is none. */
static bool
take_number(const struct number_option *options, int argc, char *const *argv, int *i,
    json_t *request, const char **error)
{
	json_int_t n;

	while (options->word != NULL && strcmp(options->word, argv[*i]) != 0)
		options++;
	if (options->word == NULL)
		return false;
	(*i)++;
	if (*i >= argc || !parse_number(argv[*i], &n))
		*error = options->expected;
	else
		json_object_set_new(request, options->key, json_integer(n));
	return true;
}

/* One more word of the filter. */
static void
add_word(char filter[OBSERVE_FILTER_MAX], const char *word, const char **error)
{
	static char unknown[64];
	size_t used = strlen(filter);

	if (word[0] == '-') {
		snprintf(unknown, sizeof(unknown), "unknown option '%.40s'", word);
		*error = unknown;
	} else if (used + strlen(word) + 2 > OBSERVE_FILTER_MAX) {
		*error = "the filter is too long";
	} else {
		snprintf(
		    filter + used, OBSERVE_FILTER_MAX - used, "%s%s", used > 0 ? " " : "", word);
	}
}

static json_t *
finish(json_t *request, const char *filter, const char *error)
{
	if (error != NULL) {
		json_decref(request);
		return NULL;
	}
	if (filter[0] != 0)
		json_object_set_new(request, "filter", json_string(filter));
	return request;
}

json_t *
tcp_request(int argc, char *const *argv, const char **error)
{
	json_t *request = json_pack("{s:s}", "command", "tcp");
	char filter[OBSERVE_FILTER_MAX] = "";

	*error = NULL;
	for (int i = 0; i < argc && *error == NULL; i++) {
		if (strcmp(argv[i], "--summary") == 0)
			json_object_set_new(request, "summary", json_true());
		else if (!take_number(tcp_numbers, argc, argv, &i, request, error))
			add_word(filter, argv[i], error);
	}
	return finish(request, filter, *error);
}

json_t *
capture_request(int argc, char *const *argv, const char **file, const char **error)
{
	json_t *request = json_pack("{s:s}", "command", "capture");
	char filter[OBSERVE_FILTER_MAX] = "";

	*error = *file = NULL;
	for (int i = 0; i < argc && *error == NULL; i++) {
		if (strcmp(argv[i], "-o") == 0)
			*file = i + 1 < argc ? argv[++i] : "";
		else if (!take_number(capture_numbers, argc, argv, &i, request, error))
			add_word(filter, argv[i], error);
	}
	if (*error == NULL && (*file == NULL || **file == '\0'))
		*error = "capture: expected -o FILE, the pcapng file to be made";
	else if (*error == NULL && strcmp(*file, "-") == 0)
		*error = "capture: -o -: expected a file; a capture waits for no reader of a pipe";
	return finish(request, filter, *error);
}

int
capture_open(const char *file, bool *is_new)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK;
	int fd = open(file, flags | O_CREAT | O_EXCL, 0600);

	*is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(file, flags);
	return fd >= 0 ? fd : -errno;
}

static volatile sig_atomic_t watched_socket = -1;

static void
on_signal(int number)
{
	(void)number;
	shutdown(watched_socket, SHUT_WR);
}

void
capture_end_on_signal(int socket)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	watched_socket = socket;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
