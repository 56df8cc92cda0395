/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl: asks control over its socket and prints what it says, for people or as JSON. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "common/base/version.h"
#include "common/config/config.h"
#include "tools/sluicectl/alerts.h"
#include "tools/sluicectl/follow.h"
#include "tools/sluicectl/scan.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_CONTROL = 3,
	EXIT_BAD = 4
};

static const char usage[] =
    "usage: sluicectl [--name N] [--control SOCKET] [--json] COMMAND\n\n"
    "  status                  what runs, in which mode\n"
    "  mode [MODE]             show or switch: disabled, monitor, standard, advanced\n"
    "  log -f                  the verdict log as it grows, through rotations\n"
    "  alerts [N] [--since AGE]  newest first; AGE as 90s, 15m, 2h, 7d\n"
    "  cache [clear]           the verdict cache\n"
    "  stats                   counters and verdicts\n"
    "  explain UUID            everything known of one object\n"
    "  scan FILE               judge a file (-: standard input) as the sandbox would; exit 4: bad\n"
    "  reload                  read the configuration again, compile the signatures\n"
    "  sig [reload]            how the last compilation went; compile again\n"
    "  log reopen              open the log anew, after a rotation\n"
    "  config check FILE       say what is wrong with a configuration\n\n"
    "exit: 0 done, 1 refused, 2 usage, 3 no control process, 4 scan: bad\n";

#define LOG_LINES_BEFORE 10 /* as tail(1) begins */

static struct config_paths paths;
static bool as_json;

static int
fail(int code, const char *what)
{
	fprintf(stderr, "sluicectl: %s\n", what);
	return code;
}

static FILE *
connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.107s", paths.control_socket);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fdopen(fd, "r+");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Sends one request; the answer is the caller's. NULL: said why, *code is the exit code. */
static json_t *
ask(json_t *request, int *code)
{
	FILE *f = connect_control();
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	size_t room = 0;
	json_t *answer = NULL;

	json_decref(request);
	if (f == NULL) {
		fprintf(stderr, "sluicectl: no control process at %s\n", paths.control_socket);
		*code = EXIT_NO_CONTROL;
		free(text);
		return NULL;
	}
	fprintf(f, "%s\n", text);
	fflush(f);
	if (getline(&line, &room, f) > 0)
		answer = json_loads(line, 0, NULL);
	free(line);
	free(text);
	fclose(f);
	*code = 0;
	if (answer == NULL)
		*code = fail(EXIT_NO_CONTROL, "control closed the connection");
	else if (!json_is_true(json_object_get(answer, "ok")))
		*code = fail(EXIT_REFUSED, json_string_value(json_object_get(answer, "error")));
	if (*code != 0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

static void print_value(const char *name, const json_t *value, int indent);

/* Words on one line, objects below it. */
static void
print_list(const char *name, const json_t *list, int indent)
{
	size_t i;
	json_t *item;

	printf("%*s%-22s%s", indent, "", name, json_array_size(list) == 0 ? " none" : "");
	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			printf(" %s", json_string_value(item));
	}
	putchar('\n');
	json_array_foreach(list, i, item)
	{
		if (json_is_object(item))
			print_value("-", item, indent + 2);
	}
}

static void
print_value(const char *name, const json_t *value, int indent)
{
	const char *key;
	json_t *inner;

	if (json_is_object(value)) {
		printf("%*s%s:\n", indent, "", name);
		json_object_foreach((json_t *)(uintptr_t)value, key, inner)
		    print_value(key, inner, indent + 2);
	} else if (json_is_array(value)) {
		print_list(name, value, indent);
	} else if (json_is_string(value)) {
		printf("%*s%-22s %s\n", indent, "", name, json_string_value(value));
	} else if (json_is_boolean(value)) {
		printf("%*s%-22s %s\n", indent, "", name, json_is_true(value) ? "yes" : "no");
	} else {
		printf("%*s%-22s %" JSON_INTEGER_FORMAT "\n", indent, "", name,
		    json_integer_value(value));
	}
}

static const char *
outcome_word(const json_t *alert)
{
	if (json_is_true(json_object_get(alert, "cut")))
		return "cut off";
	return json_is_true(json_object_get(alert, "blocked")) ? "blocked" : "passed";
}

static void
print_alerts(json_t *list)
{
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a)
	{
		const char *client = json_string_value(json_object_get(a, "client"));

		printf("%s  %-15s  %-9s  %-24s  %s\n",
		    json_string_value(json_object_get(a, "time")), client[0] != 0 ? client : "-",
		    outcome_word(a), json_string_value(json_object_get(a, "threat")),
		    json_string_value(json_object_get(a, "url")));
	}
	if (json_array_size(list) == 0)
		puts("no alerts");
}

/* What people read; the answer's own names are the labels. */
static void
print_answer(json_t *answer)
{
	const char *key;
	json_t *value;

	if (as_json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	json_object_foreach(answer, key, value)
	{
		if (strcmp(key, "ok") == 0)
			continue;
		if (strcmp(key, "alerts") == 0 && json_is_array(value))
			print_alerts(value);
		else
			print_value(key, value, 0);
	}
}

static int
run(json_t *request)
{
	int code;
	json_t *answer = ask(request, &code);

	if (answer != NULL)
		print_answer(answer);
	json_decref(answer);
	return code;
}

static int
follow_log(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/sluice.log", paths.log_directory);
	return follow(path, LOG_LINES_BEFORE);
}

static int
alerts(int argc, char **argv)
{
	struct timespec now;
	const char *error;
	json_t *request;

	clock_gettime(CLOCK_REALTIME, &now);
	request = alerts_request(argc, argv, now.tv_sec * 1000000000LL + now.tv_nsec, &error);
	return request != NULL ? run(request) : fail(EXIT_USAGE, error);
}

static int
check_config(const char *file)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c = NULL;

	if (config_load(file, NULL, 0, &c, error) != 0)
		return fail(EXIT_REFUSED, error);
	config_free(c);
	printf("%s: good\n", file);
	return 0;
}

static int
scan(const char *file)
{
	int code = 0, fd = scan_open(file);
	json_t *facts, *answer;

	if (fd < 0) {
		fprintf(stderr, "sluicectl: %s: %s\n", file,
		    fd == -EINVAL ? "not a regular file" : strerror(-fd));
		return EXIT_REFUSED;
	}
	answer = ask(json_pack("{s:s, s:i}", "command", "scan", "fd", fd), &code);
	facts = answer != NULL ? scan_facts(fd) : NULL;
	close(fd);
	if (answer == NULL)
		return code;
	if (facts != NULL)
		json_object_update(answer, facts);
	json_decref(facts);
	if (strcmp(json_string_value(json_object_get(answer, "verdict")), "bad") == 0)
		code = EXIT_BAD;
	print_answer(answer);
	json_decref(answer);
	return code;
}

static int
dispatch(int argc, char **argv)
{
	const char *command = argv[0], *word = argc > 1 ? argv[1] : NULL;

	if (strcmp(command, "mode") == 0 && word != NULL)
		return run(json_pack("{s:s, s:s}", "command", "mode", "mode", word));
	if (strcmp(command, "alerts") == 0)
		return alerts(argc - 1, argv + 1);
	if (strcmp(command, "cache") == 0 && word != NULL && strcmp(word, "clear") == 0)
		return run(json_pack("{s:s, s:b}", "command", "cache", "clear", 1));
	if (strcmp(command, "sig") == 0 && word != NULL && strcmp(word, "reload") == 0)
		return run(json_pack("{s:s, s:b}", "command", "sig", "reload", 1));
	if (strcmp(command, "explain") == 0 && word != NULL)
		return run(json_pack("{s:s, s:s}", "command", "explain", "uuid", word));
	if (strcmp(command, "scan") == 0 && argc == 2)
		return scan(word);
	if (strcmp(command, "log") == 0 && word != NULL && strcmp(word, "-f") == 0)
		return follow_log();
	if (strcmp(command, "log") == 0 && word != NULL && strcmp(word, "reopen") == 0)
		return run(json_pack("{s:s}", "command", "log-reopen"));
	if (strcmp(command, "config") == 0 && argc == 3 && strcmp(argv[1], "check") == 0)
		return check_config(argv[2]);
	if (argc == 1 && (strcmp(command, "status") == 0 || strcmp(command, "mode") == 0 ||
			     strcmp(command, "cache") == 0 || strcmp(command, "stats") == 0 ||
			     strcmp(command, "reload") == 0 || strcmp(command, "sig") == 0))
		return run(json_pack("{s:s}", "command", command));
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	enum {
		NAME = 1,
		CONTROL,
		JSON,
		VERSION,
		HELP
	};
	static const struct option known[] = { { "name", 1, NULL, NAME },
		{ "control", 1, NULL, CONTROL }, { "json", 0, NULL, JSON },
		{ "version", 0, NULL, VERSION }, { "help", 0, NULL, HELP }, { 0 } };
	const char *name = NULL, *socket_path = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		if (c == NAME)
			name = optarg;
		else if (c == CONTROL)
			socket_path = optarg;
		else if (c == JSON)
			as_json = true;
		else if (c == VERSION || c == HELP)
			return fputs(c == HELP ? usage : "sluicectl " SLUICE_VERSION "\n", stdout) <
			       0;
		else
			return EXIT_USAGE;
	}
	if (config_paths_of(name, &paths) != 0)
		return fail(EXIT_USAGE, "--name: expected 1 to 32 of a-z, 0-9 and '-'");
	if (socket_path != NULL)
		snprintf(paths.control_socket, sizeof(paths.control_socket), "%s", socket_path);
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return dispatch(argc - optind, argv + optind);
}
