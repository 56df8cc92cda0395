#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Every setting of every shipped profile, seen on the wire: forms of answers, one reply a segment,
# names and users, what one too many is told, and the holds, minutes long, by a clock that is advanced.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)

# The dataplane's core sees the monotonic clock through this: ahead by as many milliseconds as the file
# says, in steps that it makes where it would sleep.
cat >"$here/clock.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#define STEP_MS 50 /* of a turn; one that seems longer than 100 ms is taken for a core that stood */
static volatile long *ahead;
static long reached;
static void
open_offset(void)
{
	if (ahead == NULL)
		ahead = mmap(NULL, 8, PROT_READ, MAP_SHARED, open(OFFSET, O_RDONLY), 0);
}
int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	long ms = __atomic_load_n(&reached, __ATOMIC_RELAXED);
	int rc;

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, t);
	if (id == CLOCK_MONOTONIC) {
		t->tv_sec += ms / 1000;
		t->tv_nsec += ms % 1000 * 1000000;
		t->tv_sec += t->tv_nsec / 1000000000;
		t->tv_nsec %= 1000000000;
	}
	return rc;
}
/* A core that would sleep makes a step instead, until its clock is where it is to be. */
static int
steps(void)
{
	char name[16] = "";
	long left;

	open_offset();
	left = *ahead - reached;
	if (left <= 0 || pthread_getname_np(pthread_self(), name, sizeof(name)) != 0 ||
	    strncmp(name, "rte-worker", 10) != 0)
		return 0;
	__atomic_store_n(&reached, reached + (left < STEP_MS ? left : STEP_MS), __ATOMIC_RELAXED);
	return 1;
}
int
ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "ppoll");
	return real(fds, count, steps() ? &(struct timespec){ 0 } : timeout, mask);
}
int
nanosleep(const struct timespec *t, struct timespec *rest)
{
	static int (*real)(const struct timespec *, struct timespec *);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "nanosleep");
	return steps() ? 0 : real(t, rest);
}
END
printf '\0\0\0\0\0\0\0\0' >"$here/offset"
gcc -shared -fPIC -O1 -DOFFSET="\"$here/offset\"" -o "$here/clock.so" "$here/clock.c"
mkdir "$here/bin"
for program in build/release/sluice*; do
	name=$(basename "$program")
	ln -s "$PWD/$program" "$here/bin/$name"
done
rm "$here/bin/sluice-dataplane"
printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$here/clock.so" "$PWD/build/release/sluice-dataplane" >"$here/bin/sluice-dataplane"
chmod +x "$here/bin/sluice-dataplane"

paths='' sources='' n=100
for file in config/profiles/*.yaml; do
	name=$(basename "$file" .yaml)
	paths+="${paths:+,}/p-$name $name"
done
SLUICE_BIN=$here/bin lab_up --set log.json=true --set policy.corrupt=block --set policy.timeout=block \
	--set icap.connections_max=200 --set sandbox.hold_timeout_s=900 --set "profiles.paths=$paths"
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
settings() { in_lab python3 tests/scenario/clients/settings.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
settings answers "${LOG%.log}.jsonl" || fail "a profile is not what its file says"

# An address of the clients' network for each profile: who is one too many has said nothing yet.
device=$(in_lab ip -o -4 addr show to "${ICAP_HOST%.*}.0/24" | awk '{ print $2 }')
for file in config/profiles/*.yaml; do
	in_lab ip addr add "${ICAP_HOST%.*}.$n/24" dev "$device"
	sources+="${sources:+, }\"${ICAP_HOST%.*}.$n $(basename "$file" .yaml)\""
	n=$((n + 1))
done
printf 'profiles:\n  sources: [%s]\n' "$sources" >>"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload >/dev/null || fail "no reload"
eventually settings busy 200

"${ctl[@]}" mode advanced >/dev/null
kill -STOP "$(cat "$CONTROL_PID")" # no answer will come
settings holds "$here/offset" || fail "a hold is not as long as its profile says"
kill -CONT "$(cat "$CONTROL_PID")"
