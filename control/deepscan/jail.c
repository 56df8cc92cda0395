/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's jail: no network (a namespace of its own), another user, no new privileges, limits
 * on memory, CPU and files, and seccomp: what is not needed to read memory and write one line kills
 * it. Under ASan the memory limit and seccomp are left out: its allocator needs more calls.
 */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <seccomp.h>

#include "control/deepscan/deepscan.h"

#define NOBODY 65534

static int
limit(int resource, rlim_t value)
{
	struct rlimit r = { value, value };

	return setrlimit(resource, &r) == 0 ? 0 : -errno;
}

static int
drop_privileges(void)
{
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0 || setgroups(0, NULL) != 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return -errno;
	return 0;
}

#ifndef __SANITIZE_ADDRESS__
static int
forbid_system_calls(void)
{
	static const int allowed[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(brk),
		SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
		SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(lseek), SCMP_SYS(fstat),
		SCMP_SYS(newfstatat), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid), SCMP_SYS(gettid) };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter != NULL ? 0 : -ENOMEM;

	for (unsigned i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0) /* memory, but none that can be run */
		rc = seccomp_rule_add(
		    filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	if (rc == 0) /* libraries look for files of theirs: they find none */
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0);
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return rc;
}
#endif

int
jail_enter(uint64_t memory_bytes, uint32_t cpu_seconds)
{
	int rc = drop_privileges();

	if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		rc = -errno;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (rc == 0)
		rc = limit(RLIMIT_CPU, cpu_seconds);
	if (rc == 0)
		rc = limit(RLIMIT_FSIZE, 1 << 16);
	if (rc == 0)
		rc = limit(RLIMIT_CORE, 0);
	if (rc == 0)
		rc = limit(RLIMIT_NOFILE, 16);
#ifndef __SANITIZE_ADDRESS__
	if (rc == 0)
		rc = limit(RLIMIT_AS, memory_bytes);
	if (rc == 0)
		rc = forbid_system_calls();
#else
	(void)memory_bytes;
#endif
	return rc;
}
