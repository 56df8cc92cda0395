/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walls one behind the other, so that a hole in one is not a way out: an empty file system as root,
 * namespaces without network, a user that no other process has, no capabilities, no descriptor but
 * the output, limits, and last a seccomp filter that lets memory be managed and the output be
 * written. Any other system call kills the process, except those by which libraries look for files
 * of theirs: these find none.
 *
 * Without root the namespaces are a user namespace's; where the kernel forbids these, the user, the
 * root directory and the network stay as they are and the filter alone keeps from them.
 */
#include "control/deepscan/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
#define SORT_BYTES 2048 /* from 1024 on glibc takes memory for it */

/* What is mapped now; 0 where /proc is not there, which makes the limit tighter. */
static uint64_t
mapped_bytes(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
by_value(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* glibc 2.36 asks the kernel how much memory there is when it first sorts more than a little, and
 * keeps the answer; libraries sort what they find, as long as it may be. */
static void
sort_once(void)
{
	unsigned char bytes[SORT_BYTES] = { 0 };

	qsort(bytes, sizeof(bytes), 1, by_value);
}

static int
close_all_but(int output)
{
	if (output > 0 && close_range(0, (unsigned)output - 1, 0) != 0)
		return -errno;
	return close_range((unsigned)output + 1, ~0u, 0) == 0 ? 0 : -errno;
}

/* A file system of no files, mounted nowhere: its root is ours once, and cannot be left. */
static int
enter_empty_root(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), root = -1, rc = -1;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = fsmount(fs, FSMOUNT_CLOEXEC,
		    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (root >= 0 && fchdir(root) == 0)
		rc = chroot(".");
	rc = rc == 0 ? 0 : -errno;
	if (root >= 0)
		close(root);
	if (fs >= 0)
		close(fs);
	return rc;
}

static int
become(uid_t user)
{
	if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
	    setresuid(user, user, user) != 0)
		return -errno;
	return 0;
}

static int
leave_system(void)
{
	bool is_root = geteuid() == 0;
	int rc;

	if (unshare(NAMESPACES | (is_root ? 0 : CLONE_NEWUSER)) != 0)
		return is_root ? -errno : 0;
	rc = enter_empty_root();
	if (rc != 0 || !is_root)
		return rc;
	rc = become(JAIL_USER_FIRST + (uid_t)getpid());
	return rc == -EINVAL ? become(JAIL_USER_SHARED) : rc;
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (syscall(SYS_capset, &head, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -errno;
	return 0;
}

static int
limit(const struct jail *j, uint64_t mapped)
{
	const struct {
		int resource;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_CPU, j->cpu_seconds },
		{ RLIMIT_AS, JAIL_UNDER_SANITIZER ? RLIM_INFINITY : mapped + j->memory_bytes },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, 0 },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
	};

	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit r = { limits[i].value, limits[i].value };

		if (setrlimit(limits[i].resource, &r) != 0)
			return -errno;
	}
	return 0;
}

/* Memory, but none that can be run or is a file's; writing, but to the output. */
static int
allow_with_conditions(scmp_filter_ctx filter, int output)
{
	int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));

	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)output));
	if (rc == 0 && JAIL_UNDER_SANITIZER)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0);
	return rc;
}

static int
add_rules(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = seccomp_rule_add(filter, action, calls[i], 0);
	return rc;
}

static int
forbid_system_calls(int output)
{
	static const int allowed[] = { SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
		SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group) };
	static const int find_nothing[] = { SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(newfstatat),
		SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(readlink) };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter != NULL ? 0 : -ENOMEM;

	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = add_rules(
		    filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(allowed[0]));
	if (rc == 0)
		rc = add_rules(filter, SCMP_ACT_ERRNO(EACCES), find_nothing,
		    sizeof(find_nothing) / sizeof(find_nothing[0]));
	if (rc == 0)
		rc = allow_with_conditions(filter, output);
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return rc;
}

int
jail_enter(const struct jail *j)
{
	uint64_t mapped = mapped_bytes();
	int rc = close_all_but(j->output);

	sort_once();
	if (rc == 0)
		rc = leave_system();
	if (rc == 0)
		rc = drop_capabilities();
	if (rc == 0)
		rc = limit(j, mapped);
	if (rc == 0)
		rc = forbid_system_calls(j->output);
	return rc;
}
