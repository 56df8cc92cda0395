#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Further cases that need hands: matches beyond 2 GiB, blocks lent to a control that is killed, a wall
# clock that jumps by an hour while objects are held, frames larger than the port takes.
# SLUICE_CASES=full: a hundred kills instead of five, some minutes, started by hand.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_name=$lab_name-later # beside 29-by-hand.sh
ctl=(build/release/sluicectl --name "$lab_name")
here=$(mktemp -d)
kills=5
[ "${SLUICE_CASES:-}" != full ] || kills=100
printf 'Far.Marker\ta-marker-that-is-far\n' >"$here/far.lit"

# Both processes see the wall clock through this: off by as many seconds as the file says.
cat >"$here/clock.c" <<'EOF'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	static volatile long *offset;
	int rc;

	if (real == NULL) {
		offset = mmap(NULL, 8, PROT_READ, MAP_SHARED, open(OFFSET, O_RDONLY), 0);
		real = dlsym(RTLD_NEXT, "clock_gettime");
	}
	rc = real(id, t);
	if (id == CLOCK_REALTIME)
		t->tv_sec += *offset;
	return rc;
}
EOF
jump() { python3 -c 'import struct,sys; open(sys.argv[1], "r+b").write(struct.pack("q", int(sys.argv[2])))' "$here/offset" "$1"; }
printf '\0\0\0\0\0\0\0\0' >"$here/offset"
gcc -shared -fPIC -O1 -DOFFSET="\"$here/offset\"" -o "$here/clock.so" "$here/clock.c"
mkdir "$here/bin"
for program in build/release/sluice*; do
	[ -x "$program" ] || continue
	name=$(basename "$program")
	case $name in
	sluice-dataplane | sluice-control)
		printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$here/clock.so" "$PWD/$program" >"$here/bin/$name"
		chmod +x "$here/bin/$name"
		;;
	*) ln -s "$PWD/$program" "$here/bin/$name" ;;
	esac
done

SLUICE_BIN=$here/bin lab_up --set "signatures.sources=$here/far.lit" --set sandbox.workers=1 --set sandbox.hold_timeout_s=8 \
	--set policy.timeout=block --set limits.decoded_bytes_max=4294967296 --set limits.decode_ratio_max=1000000 \
	--set log.json=true
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
hand() { in_lab python3 tests/scenario/hand.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
packed() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" packed "$@"; }
gauge() { in_lab curl -sS "http://$HTTP/metrics" | awk -v p="sluice_$1{" 'index($0, p) == 1 { n += $NF } END { printf "%d\n", n }'; }
literals() { "${ctl[@]}" --json status | grep -qE '"literals": ?2[,}]'; }
eventually literals

# P40: an offset that 31 bits can't hold, in 2 GiB of zeros; and at the start of as many.
[ "$(hand far $(((1 << 31) + 12345)) $(((1 << 31) + 65536)))" = 200 ] || fail "nothing was found beyond 2 GiB"
eventually grep -qE '"match_offset": ?21474[0-9]{5}' "${LOG%.log}.jsonl"
[ "$(hand far 0 $(((1 << 31) + 65536)))" = 200 ] || fail "what stood at the start of 2 GiB was lost"

"${ctl[@]}" mode advanced >/dev/null
free=$(gauge arena_free_now)

idle() { ! pgrep -P "$(cat "$CONTROL_PID")" sluice-deepscan; }
# Holds an object behind a worker that stands still; $worker. Where a busy machine shows a worker too
# late, it is another object's turn.
hold() {
	worker=
	for again in '' .2 .3 .4 .5; do
		eventually idle
		packed "$1$again" large >"$here/$1" 2>&1 &
		held=$!
		for _ in $(seq 300); do
			worker=$(pgrep -P "$(cat "$CONTROL_PID")" sluice-deepscan | head -1 || true)
			[ -z "$worker" ] || break
		done
		if [ -n "$worker" ] && kill -STOP "$worker" 2>/dev/null; then return 0; fi
		wait $held || fail "an object that no worker was seen for: $(cat "$here/$1")"
	done
	fail "no worker was seen"
}
seconds() { awk 'NR == 1 { printf "%d\n", $1 * 10 }' /proc/uptime; }

# P47: held for hold_timeout_s, however the wall clock jumps: neither let go at once nor for an hour.
for offset in -3600 3600 0; do
	begun=$(seconds)
	hold "jump$offset.zip"
	sleep 1
	jump $offset
	wait $held || fail "held over a jump to $offset s: $(cat "$here/jump$offset.zip")"
	took=$(($(seconds) - begun))
	kill -CONT "$worker" 2>/dev/null || true
	[ "$(cat "$here/jump$offset.zip")" = 200 ] || fail "a hold that timed out was answered $(cat "$here/jump$offset.zip")"
	((took >= 75 && took < 6000)) || fail "a jump to $offset s: held for $took tenths of a second"
done
# An answer that comes after a jump is no late one. One that a busy machine makes late is, and says nothing.
for try in 1 2 3 4 5; do
	begun=$(seconds)
	hold "late$try.zip"
	jump $((3600 * (try % 2)))
	kill -CONT "$worker"
	wait $held || fail "held over a jump: $(cat "$here/late$try.zip")"
	answer=$(cat "$here/late$try.zip") took=$(($(seconds) - begun))
	[ "$answer" != 204 ] || break
	((took >= 75)) || fail "the sandbox's answer after a jump: $answer, after $took tenths of a second"
done
[ "$answer" = 204 ] || fail "no answer of the sandbox came in time"

# P43: control is killed while objects are held, again and again: each is settled, no block is lost.
for i in $(seq $kills); do
	old=$(cat "$CONTROL_PID")
	hold "killed$i.zip"
	kill -9 "$old"
	kill -9 "$worker" 2>/dev/null || true
	wait $held || fail "held when control died: $(cat "$here/killed$i.zip")"
	[[ $(cat "$here/killed$i.zip") == 20[04] ]] || fail "held when control died: $(cat "$here/killed$i.zip")"
	back() { [ "$(cat "$CONTROL_PID")" != "$old" ] && "${ctl[@]}" --json status | grep -q '"dataplane":true'; }
	eventually back
done
all_free() { [ "$(gauge arena_free_now)" = "$free" ] && [ "$(gauge held_now)" = 0 ]; }
eventually all_free
tools/lab down --name "$lab_name"

# P44: a frame that the port has no room for is counted as that, and never cut.
lab_up
counter() { "${ctl[@]}" --json stats | python3 -c "import json,sys; print(json.load(sys.stdin)['counters']['$1'])"; }
for space in client dp; do
	for device in $(ip -n "sluice-$lab_name-$space" -o link show type veth | sed 's/^[0-9]*: \([^@]*\)@.*/\1/'); do
		ip -n "sluice-$lab_name-$space" link set "$device" mtu 9000
	done
done
if in_lab ping -q -c 2 -i 0.2 -W 1 -M "do" -s 8972 "$ICAP_HOST" >/dev/null; then fail "a frame of 9,000 bytes was taken"; fi
too_long() { [ "$(counter rx_too_long)" -ge 2 ]; }
eventually too_long
in_lab ping -q -c 2 -i 0.2 "$ICAP_HOST" >/dev/null || fail "it answers no more"
