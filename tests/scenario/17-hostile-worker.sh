#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The sandbox's worker is replaced by one that misbehaves in every way. Each object that is held for
# it is answered by its class's policy within the job's time, control lives on and keeps neither
# descriptor nor zombie, and a good worker afterwards is believed again.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

bin=$(mktemp -d)
left=$bin/left # processes that a worker leaves behind
for program in build/release/*; do
	[ -x "$program" ] && [ -f "$program" ] && ln -s "$(realpath "$program")" "$bin"
done
mv "$bin/sluice-deepscan" "$bin/good"
cat >"$bin/sluice-deepscan" <<EOF
#!/usr/bin/env bash
leave() { sleep 60 & echo \$! >>"$left"; }
. "$bin/behaviour"
EOF
chmod +x "$bin/sluice-deepscan"
echo : >"$bin/behaviour"

clean_up() {
	local pid
	while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$left"
	tools/lab down --name "$lab_name"
	rm -rf "$bin"
}

touch "$left"
SLUICE_BIN=$bin lab_up --set sandbox.job_timeout_ms=800 --set sandbox.workers=2 \
	--set policy.timeout=allow --set policy.error=block --set policy.encrypted=block
trap clean_up EXIT
"${ctl[@]}" mode advanced
control=$(cat "$CONTROL_PID")
packed() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" packed "$@"; }
descriptors() { find "/proc/$control/fd" -mindepth 1 | wc -l; }
children() { pgrep -P "$control" | wc -l; }

# NAME CODE VERDICT WORKER: what the client must get, what the log must say, what the worker does
round=0
try() {
	local code name=$1-$round
	echo "$4" >"$bin/behaviour"
	code=$(timeout 20 tools/lab exec --name "$lab_name" -- python3 tests/scenario/icap.py \
		"$ICAP_HOST" "$ICAP_PORT" packed "$name" clean) || fail "$1: no answer"
	[ "$code" = "$2" ] || fail "$1: $code, not $2"
	eventually in_log "$3"
}

# `explain` of the last object says how its worker ended, where none gave an answer.
ended() {
	local uuid
	uuid=$(grep 'blocking_advanced mode' "$LOG" | tail -n 1 | grep -o 'uuid: [0-9a-f]*' | cut -d' ' -f2)
	"${ctl[@]}" explain "$uuid" | tr -s ' ' | grep -qF "sandbox_layer $1" || fail "explain: not '$1'"
}

# The log has one more line with this verdict than at its last asking.
declare -A told=()
in_log() {
	local n
	n=$(grep -c "blocking_advanced mode .*verdict: $1" "$LOG" || true)
	[ "$n" -gt "${told[$1]:-0}" ] || return 1
	told[$1]=$n
}

# shellcheck disable=SC2016
all() {
	try crash 200 'bad (error)' 'kill -SEGV $$'
	ended 'worker ended by SIGSEGV'
	try killed 200 'bad (error)' 'kill -KILL $$'
	ended 'worker ended by SIGKILL'
	try stopped 204 'clean (timeout)' 'kill -STOP $$'
	ended 'worker killed when its time was over'
	try silent 200 'bad (error)' 'exit 0'
	try failing 200 'bad (error)' 'echo "clean sandbox - - -" >&2; exit 1'
	ended 'worker ended with code 1'
	try garbage 200 'bad (error)' 'head -c 900 /dev/urandom'
	ended 'worker gave no sound line'
	try unfinished 200 'bad (error)' 'printf "clean sandbox - - -"'
	try unknown 200 'bad (error)' 'echo "clean fine - - -"'
	try flood 200 'bad (error)' 'tr "\0" x </dev/zero'
	try twice 200 'bad (error)' 'while echo "clean sandbox - - -"; do :; done'
	try hang 204 'clean (timeout)' 'exec sleep 60'
	ended 'worker killed when its time was over'
	try deaf 204 'clean (timeout)' 'exec 1>&-; trap "" TERM INT HUP; exec sleep 60'
	try stays 204 'clean (timeout)' 'echo "clean sandbox - - -"; exec sleep 60'
	try half 204 'clean (timeout)' 'printf clean; exec sleep 60'
	try orphan 204 'clean (timeout)' 'leave; exit 0'
	try starved 200 'bad (error)' 'ulimit -v 20000; exec '"$bin"'/good "$@"'
	try class 200 'bad (encrypted)' 'echo "clean encrypted - a -"'
	try told 204 'clean (sandbox)' '[ "$6" = encrypted,error ] && echo "clean sandbox - - -"'
	try good 204 'clean (sandbox)' "exec $bin/good \"\$@\""
}

all
before=$(descriptors)
round=1
all
[ "$(descriptors)" -le "$before" ] || fail "descriptors: $(descriptors), were $before"
idle() { [ "$(children)" = 0 ]; }
eventually idle
[ "$(cat "$CONTROL_PID")" = "$control" ] || fail "control was restarted"

# As many at once as hang, and a good one behind them: nobody waits for ever.
echo 'exec sleep 60' >"$bin/behaviour"
for i in 1 2 3 4; do (packed "crowd-$i" clean >"$bin/crowd-$i") & done
wait
for i in 1 2 3 4; do [ "$(cat "$bin/crowd-$i")" = 204 ] || fail "one of a crowd: $(cat "$bin/crowd-$i")"; done
[ "$(packed late.zip)" = 204 ] || fail "behind a crowd"
echo "exec $bin/good \"\$@\"" >"$bin/behaviour"
[ "$(packed last.zip)" = 200 ] || fail "the good worker's word does not count"
