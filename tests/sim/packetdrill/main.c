/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the shared object exports: packetdrill's way in, and what of the C library it stands in for
 * when it is in LD_PRELOAD besides. packetdrill fetches struct tcp_info with the real getsockopt(),
 * waits a tenth of a second for scheduler ticks before each script, locks its memory and takes a
 * real-time priority, none of which virtual time needs.
 */
#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <unistd.h>

#include "tests/sim/packetdrill/interface.h"
#include "tests/sim/packetdrill/socket.h"

#define EXPORTED __attribute__((visibility("default")))

/* The one that getsockopt(), which has no userdata, asks. */
static struct plug *plug;

static void
forget(void *arg)
{
	plug = NULL;
	plug_free(arg);
}

EXPORTED void packetdrill_interface_init(const char *flags, struct plug_table *out);

void
packetdrill_interface_init(const char *flags, struct plug_table *out)
{
	plug = plug_create(flags, out);
	out->free = forget;
	unsetenv("LD_PRELOAD"); /* not for the shells that a script starts */
}

EXPORTED int
getsockopt(int fd, int level, int name, void *value, socklen_t *bytes)
{
	if (plug != NULL) {
		struct socket *s;

		plug_lock(plug);
		s = socket_find(plug, fd);
		plug_unlock(plug);
		if (s != NULL)
			return sockopt_get(plug, fd, level, name, value, bytes);
	}
	return (int)syscall(SYS_getsockopt, fd, level, name, value, bytes);
}

EXPORTED int
mlockall(int flags)
{
	(void)flags;
	return 0;
}

EXPORTED int
sched_setscheduler(pid_t pid, int policy, const struct sched_param *parameters)
{
	(void)pid;
	(void)policy;
	(void)parameters;
	return 0;
}

/* Each call is another tick. */
EXPORTED clock_t
times(struct tms *out)
{
	static clock_t ticks;

	if (out != NULL)
		*out = (struct tms){ 0 };
	return ticks++;
}

/* A sanitizer's runtime refuses RTLD_DEEPBIND. */
EXPORTED void *
dlopen(const char *file, int mode)
{
	static void *(*real)(const char *, int);

	if (real == NULL)
		real = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	return real(file, mode & ~RTLD_DEEPBIND);
}
