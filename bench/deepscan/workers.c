/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/deepscan/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mono.h"

#define OBJECT_FD     3 /* as control/deepscan/deepscan.h has them */
#define GENERATION_FD 4
#define HIGH_FD       64 /* ours stay above: one that moves must not lie on another's place */

struct slot {
	pid_t pid; /* 0: free */
	int answer;
};

/* The defaults of the configuration, as control writes them. */
static const char *const limits[] = { "5", "1000", "268435456", "512", "32" };

static bool
begin(const struct workers_plan *p, int object, struct slot *s)
{
	char *arguments[] = { (char *)(uintptr_t)p->program, (char *)(uintptr_t)limits[0],
		(char *)(uintptr_t)limits[1], (char *)(uintptr_t)limits[2],
		(char *)(uintptr_t)limits[3], (char *)(uintptr_t)limits[4], NULL };
	posix_spawn_file_actions_t actions;
	int pipe_ends[2], high, rc;

	if (pipe2(pipe_ends, O_CLOEXEC) != 0)
		return false;
	high = fcntl(pipe_ends[1], F_DUPFD_CLOEXEC, HIGH_FD);
	close(pipe_ends[1]);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, high, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, object, OBJECT_FD);
	posix_spawn_file_actions_adddup2(&actions, p->generation, GENERATION_FD);
	rc = posix_spawn(&s->pid, p->program, &actions, NULL, arguments, NULL);
	posix_spawn_file_actions_destroy(&actions);
	close(high);
	s->answer = fcntl(pipe_ends[0], F_DUPFD_CLOEXEC, HIGH_FD);
	close(pipe_ends[0]);
	if (rc != 0)
		close(s->answer);
	errno = rc;
	return rc == 0;
}

/* Waits for one of them, adds what it took and reads what it said; the pipe holds it all. */
static const char *
end_one(struct slot *slots, unsigned count, struct workers_times *out)
{
	static const char clean[] = "clean sandbox - - -\n";
	static char said[1024];
	struct rusage used;
	pid_t pid = wait4(-1, NULL, 0, &used);
	ssize_t n;

	for (unsigned i = 0; i < count; i++) {
		if (slots[i].pid != pid || pid <= 0)
			continue;
		n = read(slots[i].answer, said, sizeof(said) - 1);
		close(slots[i].answer);
		slots[i].pid = 0;
		said[n > 0 ? n : 0] = 0;
		out->objects++;
		out->cpu += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
		return strcmp(said, clean) == 0 ? NULL : n > 0 ? said : "it said nothing";
	}
	return "a process that is none of ours ended";
}

static struct slot *
free_slot(struct slot *slots, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (slots[i].pid == 0)
			return &slots[i];
	}
	return NULL;
}

const char *
workers_run(const struct workers_plan *p, struct workers_times *out)
{
	struct slot slots[WORKERS_AT_ONCE_MAX] = { 0 }, *s;
	unsigned due = p->count * p->repeats, begun = 0;
	struct mono from = mono_now();
	const char *why = NULL, *said;

	*out = (struct workers_times){ 0 };
	while (out->objects < due) {
		s = begun < due && why == NULL ? free_slot(slots, p->at_once) : NULL;
		if (s != NULL && !begin(p, p->objects[begun % p->count], s))
			why = strerror(errno);
		begun += s != NULL && why == NULL;
		if (s != NULL && why == NULL)
			continue;
		if (why != NULL && out->objects == begun)
			return why;
		said = end_one(slots, p->at_once, out);
		why = said != NULL ? said : why;
	}
	out->wall = (double)mono_since(mono_now(), from).ns / 1e9;
	return why;
}
