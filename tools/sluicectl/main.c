/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl: asks control over its socket and prints what it says, for people or as JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "common/base/version.h"
#include "tools/sluicectl/alerts.h"
#include "tools/sluicectl/check.h"
#include "tools/sluicectl/follow.h"
#include "tools/sluicectl/observe.h"
#include "tools/sluicectl/options.h"
#include "tools/sluicectl/page.h"
#include "tools/sluicectl/print.h"
#include "tools/sluicectl/scan.h"
#include "tools/sluicectl/sig.h"
#include "tools/sluicectl/top.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_CONTROL = 3,
	EXIT_BAD = 4
};

#define LOG_LINES_BEFORE 10 /* as tail(1) begins */

static struct config_paths paths;
static bool as_json;
static bool said_why; /* of what failed: no usage is printed on top of it */

static int
fail(int code, const char *what)
{
	fprintf(stderr, "sluicectl: %s\n", what);
	said_why = true;
	return code;
}

/* NULL: errno says why. */
static FILE *
connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(paths.control_socket) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strncpy(address.sun_path, paths.control_socket, sizeof(address.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fdopen(fd, "r+");
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return NULL;
}

static void
say_unconnected(int error)
{
	const char *path = paths.control_socket;

	if (error == ENOENT || error == ECONNREFUSED)
		fprintf(stderr,
		    "sluicectl: no control process at %s: is sluice-control running, and is that "
		    "its instance (--name)?\n",
		    path);
	else if (error == EACCES)
		fprintf(stderr, "sluicectl: %s: %s: only root may ask\n", path, strerror(error));
	else
		fprintf(stderr, "sluicectl: %s: %s\n", path, strerror(error));
}

/* Sends one request; the answer is the caller's. NULL: said why, *code is the exit code. `watch` is
 * told of the socket. */
static json_t *
ask_watched(json_t *request, int *code, void (*watch)(int socket))
{
	FILE *f = connect_control();
	int error = errno;
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	size_t room = 0;
	json_t *answer = NULL;

	json_decref(request);
	if (f == NULL) {
		say_unconnected(error);
		*code = EXIT_NO_CONTROL;
		free(text);
		return NULL;
	}
	fprintf(f, "%s\n", text);
	fflush(f);
	if (watch != NULL)
		watch(fileno(f));
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

static json_t *
ask(json_t *request, int *code)
{
	return ask_watched(request, code, NULL);
}

static int
run(json_t *request)
{
	int code;
	json_t *answer = ask(request, &code);

	if (answer != NULL)
		print_answer(answer, as_json);
	json_decref(answer);
	return code;
}

/* Each command: what follows it, argv[0] being its first word. */
static int
follow_log(int argc, char **argv)
{
	char path[512];

	if (argc == 1 && strcmp(argv[0], "reopen") == 0)
		return run(json_pack("{s:s}", "command", "log-reopen"));
	if (argc != 1 || strcmp(argv[0], "-f") != 0)
		return EXIT_USAGE;
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
config(int argc, char **argv)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	const char *file = argc == 2 ? argv[1] : paths.config_file;

	if (argc < 1 || argc > 2 || strcmp(argv[0], "check") != 0)
		return EXIT_USAGE;
	if (check_configuration(file, error) != 0)
		return fail(EXIT_REFUSED, error);
	printf("%s: good\n", file);
	return 0;
}

static int
page(int argc, char **argv)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct page_request request;
	struct pages *pages = NULL;
	struct config *c = NULL;
	const char *why;
	int rc;

	if (!page_request_parse(argc, argv, &request, &why))
		return fail(EXIT_USAGE, why);
	if (request.config == NULL)
		request.config = paths.config_file;
	if (config_load(request.config, NULL, 0, &c, error) != 0)
		return fail(EXIT_REFUSED, error);
	rc = pages_load(c, &pages, error);
	config_free(c);
	if (rc != 0)
		return fail(EXIT_REFUSED, error);
	page_print(stdout, pages, &request);
	pages_free(pages);
	return 0;
}

static int
scan(int argc, char **argv)
{
	int code = 0, fd;
	json_t *facts, *answer;

	if (argc != 1)
		return EXIT_USAGE;
	fd = scan_open(argv[0]);
	if (fd < 0) {
		fprintf(stderr, "sluicectl: %s: %s\n", argv[0],
		    fd == -EINVAL ? "not a regular file" : strerror(-fd));
		return EXIT_REFUSED;
	}
	answer = ask(scan_request(argv[0], fd), &code);
	facts = answer != NULL ? scan_facts(fd) : NULL;
	close(fd);
	if (answer == NULL)
		return code;
	if (facts != NULL)
		json_object_update(answer, facts);
	json_decref(facts);
	if (strcmp(json_string_value(json_object_get(answer, "verdict")), "bad") == 0)
		code = EXIT_BAD;
	print_answer(answer, as_json);
	json_decref(answer);
	return code;
}

static int
tcp(int argc, char **argv)
{
	const char *error;
	json_t *request = tcp_request(argc, argv, &error);

	return request != NULL ? run(request) : fail(EXIT_USAGE, error);
}

static int
capture(int argc, char **argv)
{
	const char *error, *file;
	json_t *request = capture_request(argc, argv, &file, &error), *answer;
	struct stat written;
	bool is_new;
	int code, fd;

	if (request == NULL)
		return fail(EXIT_USAGE, error);
	fd = capture_open(file, &is_new);
	if (fd < 0) {
		fprintf(stderr, "sluicectl: %s: %s\n", file, strerror(-fd));
		json_decref(request);
		return EXIT_REFUSED;
	}
	json_object_set_new(request, "fd", json_integer(fd));
	answer = ask_watched(request, &code, capture_end_on_signal);
	if (is_new && fstat(fd, &written) == 0 && written.st_size == 0)
		unlink(file); /* it was refused, and nobody wants what it left */
	close(fd);
	if (answer != NULL)
		print_answer(answer, as_json);
	json_decref(answer);
	return code;
}

/* A command that is asked for by its name alone, or with one more word. */
static int
ask_plain(const char *command, int argc, char **argv, const char *word, const char *flag)
{
	if (argc == 0)
		return run(json_pack("{s:s}", "command", command));
	if (argc == 1 && word != NULL && strcmp(argv[0], word) == 0)
		return run(json_pack("{s:s, s:b}", "command", command, flag, 1));
	return EXIT_USAGE;
}

static int
status(int argc, char **argv)
{
	return ask_plain("status", argc, argv, NULL, NULL);
}

static int
mode(int argc, char **argv)
{
	if (argc == 1)
		return run(json_pack("{s:s, s:s}", "command", "mode", "mode", argv[0]));
	return ask_plain("mode", argc, argv, NULL, NULL);
}

static int
cache(int argc, char **argv)
{
	return ask_plain("cache", argc, argv, "clear", "clear");
}

static int
stats(int argc, char **argv)
{
	return ask_plain("stats", argc, argv, NULL, NULL);
}

static json_t *
ask_by_name(const char *command, int *code)
{
	return ask(json_pack("{s:s}", "command", command), code);
}

static int
show_top(int argc, char **argv)
{
	struct top_options options;
	const char *error;

	if (!top_options_of(argc, argv, &options, &error))
		return fail(EXIT_USAGE, error);
	return top(&options, as_json, ask_by_name);
}

static int
explain(int argc, char **argv)
{
	if (argc != 1)
		return EXIT_USAGE;
	return run(json_pack("{s:s, s:s}", "command", "explain", "uuid", argv[0]));
}

static int
exclude(int argc, char **argv)
{
	char *end;
	long long id;

	if (argc == 3 && strcmp(argv[0], "add") == 0)
		return run(json_pack("{s:s, s:{s:s, s:s}}", "command", "exclude", "add",
		    "criterion", argv[1], "value", argv[2]));
	if (argc != 2 || (strcmp(argv[0], "remove") != 0 && strcmp(argv[0], "enable") != 0 &&
			     strcmp(argv[0], "disable") != 0))
		return ask_plain("exclude", argc, argv, NULL, NULL);
	errno = 0;
	id = strtoll(argv[1], &end, 10);
	if (errno != 0 || *end != 0 || id < 1)
		return fail(EXIT_USAGE, "exclude: expected the number of a rule that was added");
	return run(json_pack("{s:s, s:I}", "command", "exclude", argv[0], (json_int_t)id));
}

static int
reload(int argc, char **argv)
{
	return ask_plain("reload", argc, argv, NULL, NULL);
}

static int
sig(int argc, char **argv)
{
	const char *error;
	bool is_usage;
	json_t *request = sig_request(argc, argv, &error, &is_usage);

	return request != NULL ? run(request) : fail(is_usage ? EXIT_USAGE : EXIT_REFUSED, error);
}

static const struct command {
	const char *name, *arguments, *help;
	const char *more; /* for --help of the command alone */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "status", "", "what runs, in which mode",
	    "Version, mode, processes, what is in progress, and the last error of each part.",
	    status },
	{ "mode", "[disabled|monitor|standard|advanced]", "show or switch the mode",
	    "A switch holds from the next object on, on every core, and outlives restarts.", mode },
	{ "log", "-f | reopen", "the verdict log as it grows; open it anew",
	    "-f shows the last 10 lines and each that comes, through rotations.\n"
	    "reopen does what SIGHUP does, for tools that move the log away.",
	    follow_log },
	{ "alerts", "[COUNT] [--since AGE]", "threats, newest first",
	    "AGE is a number with s, m, h or d: --since 2h. COUNT is at most 1000, by default 20.\n"
	    "Columns: when, who asked, what came of it, threat, URL. `passed` is said of objects\n"
	    "in monitor mode, and of those convicted after they were delivered.",
	    alerts },
	{ "cache", "[clear]", "the verdict cache",
	    "Entries, hits, misses, evictions, of all cores. clear forgets every\n"
	    "verdict and says how many there were.",
	    cache },
	{ "stats", "", "counters, verdicts, times",
	    "Sums over all cores since the dataplane started; times in microseconds.", stats },
	{ "top", "[--seconds N] [--count N]", "what happens each second, as it does",
	    "Rates of the last N seconds (1), over and over, or --count times; Ctrl-C ends it.\n"
	    "With --json an object a line. Waits for a control process that is restarted.",
	    show_top },
	{ "tcp", "[--summary] [--limit N] [FILTER]", "connections, as ss -ti shows them",
	    "FILTER: host A, net A/N, port N, state WORD[,WORD], joined by `and`. N connections "
	    "at\n"
	    "most (1000; 1 to 10000), all are counted. --summary: only the count of each state, "
	    "and\n"
	    "TCP's counters beside the kernel's names for them (nstat).",
	    tcp },
	{ "capture", "[FILTER] -o FILE [OPTION]...", "frames of the dataplane into a pcapng file",
	    "FILTER: host A, net A/N, port N, joined by `and`. --count N frames, --seconds N "
	    "(60),\n"
	    "--snaplen N bytes of each; Ctrl-C ends it as well. Frames that came faster than they\n"
	    "could be kept are counted as lost: the dataplane never waits.",
	    capture },
	{ "explain", "UUID", "everything known of one object",
	    "UUID as log and alerts show it: the record, the rule and where it stands, the layer,\n"
	    "what was asked, the setting that decided; its alerts, who else was given the same\n"
	    "object while a sandbox worked on it.",
	    explain },
	{ "exclude", "[add WHAT VALUE|remove N|enable N|disable N]", "what is not scanned",
	    "WHAT: format, user_agent, md5, url or source, as in sluice.yaml. A rule holds from\n"
	    "the next object on and is kept. Columns: number (- for those of sluice.yaml, which "
	    "are\n"
	    "changed there), criterion, state, objects excluded by it, value.",
	    exclude },
	{ "scan", "FILE", "judge a file as the sandbox would",
	    "-: standard input. Archives are taken apart; rules may ask for FILE's name. Exit code "
	    "4: bad.",
	    scan },
	{ "reload", "", "read the configuration again, compile the signatures",
	    "No connection is dropped. What can't be used is refused, and the old one serves on.",
	    reload },
	{ "sig", "[reload|try FILE...|promote|rollback|drop]",
	    "signatures: how they stand, try new ones",
	    "reload compiles what is configured. An error names the file and the line; what the\n"
	    "dataplane refused is shown as well. try compiles FILEs alone and lets them run "
	    "beside\n"
	    "what serves: what they find is counted and shown by status, and nothing is blocked.\n"
	    "YARA rules come with what they include below their folder.\n"
	    "promote: they serve, with what is configured. rollback: the generation before serves\n"
	    "again, until the next reload. drop ends the try; drop promoted compiles without all\n"
	    "that was promoted.",
	    sig },
	{ "page", "[preview NAME] [OPTION]...", "the pages that users see",
	    "Without preview: name, language and file of each. NAME: blocked, error or scanning, "
	    "with\n"
	    "sample values. --language de, as a browser's Accept-Language; --source encrypted, "
	    "what\n"
	    "{{if}} goes by; --open-as html (default: to be opened in a browser) or http (with the "
	    "head\n"
	    "it goes out with); --config FILE. Reads the configuration, asks no process.",
	    page },
	{ "config", "check [FILE]", "say what is wrong with a configuration",
	    "FILE: by default the instance's own. Asks no process.", config },
};

static void
print_usage(FILE *to)
{
	fputs("usage: sluicectl [--name N] [--control SOCKET] [--json] COMMAND\n\n", to);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];

		fprintf(to, "  %-8s%-46s%s\n", c->name, c->arguments, c->help);
	}
	fputs(
	    "\n--name: the instance, by default $SLUICE_NAME, else `default`. --json: one object\n"
	    "for programs. Both may stand behind the command. COMMAND --help tells more of it.\n"
	    "exit: 0 done, 1 refused, 2 usage, 3 no control process, 4 scan: bad\n",
	    to);
}

static void
print_command_usage(FILE *to, const struct command *c)
{
	fprintf(to, "usage: sluicectl %s%s%s\n", c->name, c->arguments[0] != 0 ? " " : "",
	    c->arguments);
}

/* The command as it was given, whose words are no use of it, and what would be: one line. */
static void
say_not_understood(int argc, char **argv, const struct command *c)
{
	fputs("sluicectl: not understood: ", stderr);
	for (int i = 0; i < argc; i++)
		fprintf(stderr, "%s%s", i == 0 ? "" : " ", argv[i]);
	fputs("; ", stderr);
	print_command_usage(stderr, c);
}

static int
dispatch(int argc, char **argv, bool help)
{
	const struct command *c = commands, *end = c + sizeof(commands) / sizeof(commands[0]);
	int code;

	while (c < end && strcmp(c->name, argv[0]) != 0)
		c++;
	if (c == end) {
		fprintf(
		    stderr, "sluicectl: no command '%s'; sluicectl --help lists them\n", argv[0]);
		return EXIT_USAGE;
	}
	if (help) {
		print_command_usage(stdout, c);
		return printf("%s\n", c->more) < 0;
	}
	code = c->run(argc - 1, argv + 1);
	if (code == EXIT_USAGE && !said_why)
		say_not_understood(argc, argv, c);
	return code;
}

static int
complain(const char *format, const char *what)
{
	char sentence[256];

	snprintf(sentence, sizeof(sentence), format, what);
	return fail(EXIT_USAGE, sentence);
}

int
main(int argc, char **argv)
{
	struct options o;

	argc = options_take(argc - 1, ++argv, &o);
	if (o.lacks != NULL)
		return complain("%s: expected a value behind it", o.lacks);
	if (o.unknown != NULL)
		return complain("no option '%.100s'; sluicectl --help lists them", o.unknown);
	if (o.version)
		return puts("sluicectl " SLUICE_VERSION) < 0;
	if (argc == 0) {
		print_usage(o.help ? stdout : stderr);
		return o.help ? 0 : EXIT_USAGE;
	}
	as_json = o.json;
	if (config_paths_of(o.name, &paths) != 0)
		return fail(EXIT_USAGE, "--name: expected 1 to 32 of a-z, 0-9 and '-'");
	if (o.control != NULL)
		snprintf(paths.control_socket, sizeof(paths.control_socket), "%s", o.control);
	return dispatch(argc, argv, o.help);
}
