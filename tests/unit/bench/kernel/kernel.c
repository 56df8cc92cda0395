/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections between kernel sockets: all end well, and a server that does not answer is noticed.
 */
#include "bench/kernel/kernel.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define LENGTH_MS 30

/* Answers nothing: closes each connection when it comes. */
static _Noreturn void
serve_badly(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			close(fd);
		else
			usleep(1000);
	}
}

/* In a process of its own, so that the namespace is its alone. The exit code says what came of it.
 */
enum outcome {
	WELL,
	ERRORS,
	NOTHING,
	NO_NAMESPACE,
	NO_SERVER
};

static enum outcome
run(const struct kernel_plan *plan, bool cookies, void (*serve)(int listener))
{
	struct kernel_result r;
	int listener;
	pid_t pid;

	if (kernel_enter_namespace(cookies) != 0)
		return NO_NAMESPACE;
	listener = kernel_listen();
	if (listener < 0)
		return NO_SERVER;
	pid = fork();
	if (pid == 0)
		serve(listener);
	close(listener);
	kernel_load(plan, &r);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r.errors > 0 ? ERRORS : r.connections < plan->connections ? NOTHING : WELL;
}

static enum outcome
outcome_of(const struct kernel_plan *plan, bool cookies, void (*serve)(int listener))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit((int)run(plan, cookies, serve));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status) : NO_SERVER;
}

static void
serve_well(int listener)
{
	kernel_serve(listener);
}

TEST(connections_end_well_whatever_they_carry)
{
	static const struct {
		const char *name;
		bool empty, cookies;
		unsigned connections;
	} cases[] = { { "a request", false, false, 16 }, { "nothing", true, false, 16 },
		{ "a request, by cookie", false, true, 16 }, { "one alone", false, false, 1 } };

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct kernel_plan plan = { .connections = cases[i].connections,
			.empty = cases[i].empty,
			.length = milliseconds(LENGTH_MS) };
		enum outcome o = outcome_of(&plan, cases[i].cookies, serve_well);

		if (o == NO_NAMESPACE) {
			harness_skip("no network namespace may be made");
			return;
		}
		CHECK_ROW(cases[i].name, o == WELL);
	}
}

TEST(a_server_that_does_not_answer_is_an_error)
{
	struct kernel_plan plan = { .connections = 4, .length = milliseconds(LENGTH_MS) };
	enum outcome o = outcome_of(&plan, false, serve_badly);

	if (o == NO_NAMESPACE)
		harness_skip("no network namespace may be made");
	else
		CHECK(o == ERRORS);
}
