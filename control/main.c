/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-control: process life. Everything slow happens here; the dataplane never waits for it, and
 * it can be killed at any moment: what is in flight lies in the rings and is taken up again.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/version.h"
#include "common/config/instance.h"
#include "control/everywhere.h"
#include "control/trial.h"

#define OVERRIDES_MAX 64
#define PRUNE_MS      2000
#define PRUNE_MORE_MS 20 /* 50,000 rows a second: more than objects come */

static const char usage[] =
    "usage: sluice-control [OPTION]...\n"
    "The control process: log, alerts, modes, sluicectl. Runs in the foreground.\n\n"
    "  --instance NAME         another instance's sockets, state and logs (default: default)\n"
    "  --config FILE           configuration (default: /etc/sluice/sluice.yaml)\n"
    "  --set KEY=VALUE         override one setting; repeatable\n"
    "  --run-directory DIR     sockets and pid file\n"
    "  --state-directory DIR   alerts, mode\n"
    "  --log-directory DIR     sluice.log\n"
    "  --worker PROGRAM        sluice-deepscan (default: /usr/sbin/sluice-deepscan)\n"
    "  --compiler PROGRAM      sluice-sigc (default: /usr/sbin/sluice-sigc)\n"
    "  --version, --help\n\n"
    "SIGHUP opens the log anew; SIGTERM and SIGINT end it.\n";

static struct control control;
static struct observe observe;
static const char *overrides[OVERRIDES_MAX];
static unsigned override_count;

static int
fatal(const char *what)
{
	fprintf(stderr, "sluice-control: %s\n", what);
	return 1;
}

/* 0: go on; 1: a usage error was told; 2: --help or --version did it all. */
static int
parse_arguments(int argc, char **argv, struct config_paths *p)
{
	enum {
		INSTANCE = 1,
		CONFIG,
		SET,
		RUN,
		STATE,
		LOG,
		WORKER,
		COMPILER,
		VERSION,
		HELP,
		COUNT
	};
	static const struct option known[] = { { "instance", 1, NULL, INSTANCE },
		{ "config", 1, NULL, CONFIG }, { "set", 1, NULL, SET },
		{ "run-directory", 1, NULL, RUN }, { "state-directory", 1, NULL, STATE },
		{ "log-directory", 1, NULL, LOG }, { "worker", 1, NULL, WORKER },
		{ "compiler", 1, NULL, COMPILER }, { "version", 0, NULL, VERSION },
		{ "help", 0, NULL, HELP }, { 0 } };
	const char *given[COUNT] = { NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c <= 0 || c >= COUNT)
			return fatal("see --help");
		if (c == VERSION || c == HELP) {
			fputs(c == HELP ? usage : "sluice-control " SLUICE_VERSION "\n", stdout);
			return 2;
		}
		if (c == SET && override_count == OVERRIDES_MAX)
			return fatal("too many --set");
		if (c == SET)
			overrides[override_count++] = optarg;
		given[c] = optarg;
	}
	if (optind < argc)
		return fatal("no argument expected, see --help");
	if (config_paths_of(given[INSTANCE], p) != 0)
		return fatal("--instance: expected 1 to 32 of a-z, 0-9 and '-'");
	if (instance_move(p, given[RUN], given[STATE], given[LOG], given[CONFIG]) != 0)
		return fatal("a path of the command line is too long");
	control.worker = given[WORKER] != NULL ? given[WORKER] : "/usr/sbin/sluice-deepscan";
	control.compiler = given[COMPILER] != NULL ? given[COMPILER] : "/usr/sbin/sluice-sigc";
	return 0;
}

static int
start(struct control *c, char *error)
{
	char path[512];
	int rc = instance_make_directory(c->paths.run_directory, error);

	if (rc == 0)
		rc = instance_make_directory(c->paths.state_directory, error);
	if (rc == 0)
		rc = instance_make_directory(c->paths.log_directory, error);
	if (rc == 0)
		rc = instance_lock(&c->paths, c->paths.control_pid, "control process", error);
	if (rc == 0)
		rc =
		    config_load(c->paths.config_file, overrides, override_count, &c->config, error);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/sluice.db", c->paths.state_directory);
	rc = store_open(path, &c->store, error);
	if (rc != 0)
		return rc;
	rc = log_init(&c->log, c->paths.log_directory, c->config);
	if (rc != 0) {
		snprintf(
		    error, CONFIG_ERROR_TEXT_MAX, "%.400s: %s", c->log.text.path, strerror(-rc));
		return rc;
	}
	c->observe = &observe;
	observe_init(c->observe, c);
	c->everywhere = calloc(1, sizeof(*c->everywhere));
	c->jobs = jobs_create(c);
	if (c->everywhere == NULL || c->jobs == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	generation_init(c);
	c->trial = trial_create(c);
	if (c->trial == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	c->mode = control_stored_mode(c);
	exclude_open(c);
	rc = api_start(c);
	if (rc != 0)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%.300s: %s", c->paths.control_socket,
		    uv_strerror(rc));
	return rc;
}

/* The store is kept within its bounds; where there is much to remove, little by little. */
static void
prune(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct timespec now;
	int rc;

	clock_gettime(CLOCK_REALTIME, &now);
	rc = store_prune(c->store, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	uv_timer_start(timer, prune, rc > 0 ? PRUNE_MORE_MS : PRUNE_MS, 0);
}

static void
start_pruning(struct control *c)
{
	uv_timer_init(&c->loop, &c->prune_timer);
	c->prune_timer.data = c;
	uv_timer_start(&c->prune_timer, prune, PRUNE_MS, 0);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct control *c = handle->data;

	if (number == SIGHUP)
		log_reopen(&c->log);
	else
		uv_stop(&c->loop);
}

static void
hear(struct control *c, uv_signal_t *handle, int number)
{
	uv_signal_init(&c->loop, handle);
	handle->data = c;
	uv_signal_start(handle, on_signal, number);
}

int
main(int argc, char **argv)
{
	static uv_signal_t signals[3];
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct control *c = &control;
	int rc = parse_arguments(argc, argv, &c->paths);

	if (rc != 0)
		return rc == 2 ? 0 : 1;
	c->overrides = overrides;
	c->override_count = override_count;
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&c->loop);
	c->started_ms = uv_now(&c->loop);
	if (start(c, error) != 0)
		return fatal(error);
	hear(c, &signals[0], SIGHUP);
	hear(c, &signals[1], SIGTERM);
	hear(c, &signals[2], SIGINT);
	attach_start(c);
	drain_start(c);
	start_pruning(c);
	generation_start(c);
	http_start(c);
	fprintf(
	    stderr, "sluice-control %s: instance %s, ready\n", SLUICE_VERSION, c->paths.instance);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&c->prune_timer);
	drain_stop(c);
	observe_fini(c->observe);
	http_stop(c);
	api_stop(c);
	attach_stop(c);
	trial_destroy(c->trial);
	log_fini(&c->log);
	jobs_destroy(c->jobs);
	free(c->everywhere);
	exclude_close(c);
	store_close(c->store);
	unlink(c->paths.control_pid);
	config_free(c->config);
	return 0;
}
