/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jail, tried from inside: a child enters it and does one forbidden thing; how it ended is what
 * counts. From outside, /proc tells what a jailed process is and has.
 */
#include "control/deepscan/jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define MEMORY_BYTES (64u << 20)
#define NO_ERRNO     0
#define CALLS_TRIED  470 /* Linux 6.18 has fewer */
/* uretprobe and uprobe: the kernel plants these calls itself, and lets them pass any filter */
#define PROBE_CALL_FIRST 335
#define PROBE_CALL_LAST  336

enum ending {
	KILLED_BY_FILTER,
	KILLED_BY_LIMIT,
	KILLED_ANYHOW, /* by the filter, or by a kernel that has no such entry */
	RETURNED       /* the attempt's result is the exit code */
};

struct attempt {
	const char *name;
	int (*act)(void); /* what it returns, in the child, is the exit code */
	enum ending ending;
	int code;
};

static pid_t parent;

/* Enters the jail in a child and does it there. Returns the wait status. */
static int
in_jail(int (*act)(void), const struct jail *jail)
{
	int status = 0;
	pid_t child;

	parent = getpid();
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(jail_enter(jail) == 0 ? act() : 255);
	waitpid(child, &status, 0);
	return status;
}

static const struct jail usual = { .memory_bytes = MEMORY_BYTES, .cpu_seconds = 5, .output = 1 };

static int
errno_of(long result)
{
	return result < 0 ? errno : NO_ERRNO;
}

static int
open_file(void)
{
	return errno_of(open("/etc/passwd", O_RDONLY));
}

static int
create_file(void)
{
	return errno_of(open("/tmp/jail", O_CREAT | O_WRONLY, 0600));
}

static int
stat_file(void)
{
	return errno_of(access("/", F_OK));
}

static int
make_socket(void)
{
	return errno_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int
make_unix_socket(void)
{
	return errno_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
fork_child(void)
{
	return errno_of(syscall(SYS_fork));
}

static int
clone_child(void)
{
	return errno_of(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int
execute(void)
{
	return errno_of(syscall(SYS_execve, "/bin/true", NULL, NULL));
}

static int
signal_parent(void)
{
	return errno_of(syscall(SYS_kill, parent, 0));
}

static int
signal_itself(void)
{
	return errno_of(syscall(SYS_tgkill, parent, parent, 0));
}

static int
trace_parent(void)
{
	return errno_of(syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, parent, 0, 0));
}

static int
read_parent(void)
{
	return errno_of(syscall(SYS_process_vm_readv, parent, NULL, 0, NULL, 0, 0));
}

static int
map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int
turn_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0;
}

static int
map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 1, 0) == MAP_FAILED;
}

static int
write_elsewhere(void)
{
	return errno_of(syscall(SYS_write, 2, "x", 1));
}

static int
write_output(void)
{
	return syscall(SYS_write, 1, "", 0) == 0 ? 0 : 1;
}

static int
use_memory(void)
{
	void *half = malloc(MEMORY_BYTES / 2);

	memset(half, 1, MEMORY_BYTES / 2);
	free(half);
	return half == NULL;
}

static int
by_value(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

/* As libarchive, libyara and libmspack's lists are: glibc looks how much memory there is. */
static int
sort_much(void)
{
	char letters[5000];

	for (size_t i = 0; i < sizeof(letters); i++)
		letters[i] = "sorted"[i % 6];
	qsort(letters, sizeof(letters), 1, by_value);
	return letters[0] != 'd';
}

static int
exceed_memory(void)
{
	return errno_of(mmap(NULL, MEMORY_BYTES + 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0) == MAP_FAILED
			    ? -1
			    : 0);
}

static int
spin(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
	return 0;
}

static int
call_x32(void)
{
	return errno_of(syscall(0x40000000 | SYS_getpid));
}

/* The 32-bit entry has numbers of its own: 20 is getpid there, writev here. */
static int
call_i386(void)
{
	long result = 20;

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return 0;
}

static const struct attempt attempts[] = {
	{ "open a file", open_file, RETURNED, EACCES },
	{ "create a file", create_file, RETURNED, EACCES },
	{ "look at the root", stat_file, RETURNED, EACCES },
	{ "a network socket", make_socket, KILLED_BY_FILTER, 0 },
	{ "a local socket", make_unix_socket, KILLED_BY_FILTER, 0 },
	{ "fork", fork_child, KILLED_BY_FILTER, 0 },
	{ "clone", clone_child, KILLED_BY_FILTER, 0 },
	{ "run a program", execute, KILLED_BY_FILTER, 0 },
	{ "signal another", signal_parent, KILLED_BY_FILTER, 0 },
	{ "signal a thread", signal_itself, KILLED_BY_FILTER, 0 },
	{ "trace another", trace_parent, KILLED_BY_FILTER, 0 },
	{ "read another's memory", read_parent, KILLED_BY_FILTER, 0 },
	{ "map code", map_code, KILLED_BY_FILTER, 0 },
	{ "turn data into code", turn_into_code, KILLED_BY_FILTER, 0 },
	{ "map a file", map_file, KILLED_BY_FILTER, 0 },
	{ "write to another descriptor", write_elsewhere, KILLED_BY_FILTER, 0 },
	{ "a call of the x32 table", call_x32, KILLED_BY_FILTER, 0 },
	{ "a call by the 32-bit entry", call_i386, KILLED_ANYHOW, 0 },
	{ "write the answer", write_output, RETURNED, 0 },
	{ "memory within the limit", use_memory, RETURNED, 0 },
	{ "sort much", sort_much, RETURNED, 0 },
};

static bool
ended_so(int status, enum ending ending, int code)
{
	switch (ending) {
	case KILLED_BY_FILTER:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	case KILLED_BY_LIMIT:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	case KILLED_ANYHOW:
		return WIFSIGNALED(status);
	default:
		return WIFEXITED(status) && WEXITSTATUS(status) == code;
	}
}

TEST(what_is_forbidden_ends_the_process_or_finds_nothing)
{
	for (size_t i = 0; i < COUNT_OF(attempts); i++) {
		const struct attempt *row = &attempts[i];

		CHECK_ROW(row->name, ended_so(in_jail(row->act, &usual), row->ending, row->code));
	}
}

TEST(more_memory_than_allowed_is_refused)
{
	if (JAIL_UNDER_SANITIZER) {
		harness_skip("no memory limit under a sanitizer");
		return;
	}
	CHECK(ended_so(in_jail(exceed_memory, &usual), RETURNED, ENOMEM));
}

TEST(more_time_than_allowed_kills)
{
	CHECK(ended_so(
	    in_jail(spin, &(struct jail){ MEMORY_BYTES, 1, 1 }), KILLED_BY_LIMIT, SIGKILL));
}

static long tried;

static int
call_tried(void)
{
	syscall(tried, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* Those that end otherwise than by the filter; with arguments of zero, mmap and write end by it. */
static bool
is_allowed(long call)
{
	static const long calls[] = { SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect,
		SYS_futex, SYS_clock_gettime, SYS_gettimeofday, SYS_time, SYS_getrandom, SYS_exit,
		SYS_exit_group, SYS_openat, SYS_open, SYS_newfstatat, SYS_stat, SYS_access,
		SYS_readlink };

	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		if (calls[i] == call)
			return true;
	}
	return JAIL_UNDER_SANITIZER && call == SYS_sigaltstack;
}

TEST(every_other_system_call_kills)
{
	for (tried = 0; tried < CALLS_TRIED; tried++) {
		if (tried >= PROBE_CALL_FIRST && tried <= PROBE_CALL_LAST)
			continue;
		CHECK_SEED(tried, ended_so(in_jail(call_tried, &usual), KILLED_BY_FILTER, 0) ==
				      !is_allowed(tried));
	}
}

static bool
leave_root(void)
{
	return setresuid(12345, 12345, 12345) == 0;
}

static bool
map_identities(pid_t of, const char *file)
{
	char path[64];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)of, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, "0 0 65536", 9) == 9;
	close(fd);
	return good;
}

/* Root of a namespace of the usual 65536 identities; a child maps them, from outside. */
static bool
enter_small_user_namespace(void)
{
	pid_t self = getpid(), helper;
	int inside[2], status = 1;
	char byte;

	if (pipe(inside) != 0)
		return false;
	helper = fork();
	if (helper == 0)
		_exit(read(inside[0], &byte, 1) == 1 && map_identities(self, "uid_map") &&
			      map_identities(self, "gid_map")
			  ? 0
			  : 1);
	if (unshare(CLONE_NEWUSER) != 0 || write(inside[1], "i", 1) != 1)
		return false;
	waitpid(helper, &status, 0);
	return status == 0;
}

/* A jailed process that stands still; the caller kills it. */
static pid_t
stand_in_jail(bool (*prepare)(void), int *from_child)
{
	int word = 0, ends[2];
	char byte;
	pid_t child;

	*from_child = -1;
	if (pipe(ends) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		const struct jail jail = { MEMORY_BYTES, 5, ends[1] };

		if (prepare != NULL && !prepare())
			_exit(1);
		if (jail_enter(&jail) != 0 || write(ends[1], "j", 1) != 1)
			_exit(1);
		for (;;)
			syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
	}
	close(ends[1]);
	CHECK(read(ends[0], &byte, 1) == 1);
	*from_child = ends[0];
	return child;
}

static void
release(pid_t child, int from_child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(from_child);
}

/* The value of one line of /proc/PID/FILE; empty when it is not there. */
static const char *
fact(pid_t pid, const char *file, const char *name)
{
	static char line[256];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0) {
			fclose(f);
			return line + strlen(name);
		}
	}
	if (f != NULL)
		fclose(f);
	return "";
}

static unsigned
entries(pid_t pid, const char *of)
{
	char path[64];
	unsigned count = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, of);
	d = opendir(path);
	while (d != NULL && readdir(d) != NULL)
		count++;
	if (d != NULL)
		closedir(d);
	return count >= 2 ? count - 2 : 0; /* "." and ".." */
}

static bool
shares(pid_t pid, const char *name_space)
{
	char path[64], theirs[64] = "", ours[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name_space);
	CHECK(readlink(path, theirs, sizeof(theirs) - 1) > 0);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", name_space);
	CHECK(readlink(path, ours, sizeof(ours) - 1) > 0);
	return strcmp(theirs, ours) == 0;
}

static void
check_bare(pid_t child)
{
	static const char *const own[] = { "mnt", "net", "ipc", "uts" };

	for (size_t i = 0; i < COUNT_OF(own); i++)
		CHECK_ROW(own[i], !shares(child, own[i]));
	CHECK(entries(child, "root") == 0);
	CHECK(entries(child, "fd") == 1);
	CHECK(strtoul(fact(child, "status", "CapEff:"), NULL, 16) == 0);
	CHECK(strtoul(fact(child, "status", "CapPrm:"), NULL, 16) == 0);
	CHECK(strtoul(fact(child, "status", "CapInh:"), NULL, 16) == 0);
	CHECK(strtoul(fact(child, "status", "CapAmb:"), NULL, 16) == 0);
	CHECK(atoi(fact(child, "status", "NoNewPrivs:")) == 1);
	CHECK(atoi(fact(child, "status", "Seccomp:")) == 2);
	CHECK(atoi(fact(child, "limits", "Max cpu time")) == 5);
	CHECK(atoi(fact(child, "limits", "Max open files")) == 0);
	CHECK(atoi(fact(child, "limits", "Max processes")) == 0);
	CHECK(atoi(fact(child, "limits", "Max file size")) == 0);
	CHECK(atoi(fact(child, "limits", "Max core file size")) == 0);
}

TEST(a_jailed_process_of_root_has_nothing_and_is_nobody_else)
{
	int from_child;
	pid_t child;
	unsigned long id;
	char *rest;

	if (geteuid() != 0) {
		harness_skip("needs root");
		return;
	}
	child = stand_in_jail(NULL, &from_child);
	check_bare(child);
	id = strtoul(fact(child, "status", "Uid:"), &rest, 10);
	CHECK(id == JAIL_USER_FIRST + (unsigned)child);
	CHECK(strtoul(rest, NULL, 10) == id); /* the effective one, behind the real one */
	CHECK(strtoul(fact(child, "status", "Gid:"), NULL, 10) == id);
	CHECK(strspn(fact(child, "status", "Groups:"), " \t\n") ==
	      strlen(fact(child, "status", "Groups:")));
	release(child, from_child);
}

TEST(without_root_it_has_nothing_either)
{
	int from_child;
	pid_t child;

	if (geteuid() != 0) {
		harness_skip("needs root");
		return;
	}
	child = stand_in_jail(leave_root, &from_child);
	if (shares(child, "user"))
		harness_skip("no user namespaces here");
	else
		check_bare(child);
	release(child, from_child);
}

TEST(where_no_other_users_exist_it_is_nobody)
{
	int from_child;
	pid_t child;

	if (geteuid() != 0) {
		harness_skip("needs root");
		return;
	}
	child = stand_in_jail(enter_small_user_namespace, &from_child);
	check_bare(child);
	CHECK(strtoul(fact(child, "status", "Uid:"), NULL, 10) == JAIL_USER_SHARED);
	CHECK(strtoul(fact(child, "status", "Gid:"), NULL, 10) == JAIL_USER_SHARED);
	release(child, from_child);
}
