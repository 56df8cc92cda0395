#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Hostile signature files in a running appliance: a reload, a try, a promotion, a rollback each refuse
# them with file and line, in sluicectl, control's log, the page and the metrics; what serves goes on
# serving, which an object that must be convicted shows each time and clean traffic all along; a
# compiler that is killed, one that meets its limit, a full disk; and then a good reload works.
# shellcheck source=tests/scenario/lib.sh disable=SC2119,SC2016
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
state=/var/lib/sluice/$lab_name
mkdir -p "$state" "$here/sources" "$here/tried"
mount -t tmpfs -o size=384m sluice-test "$state"
touch "$state/.lab"
clean() {
	tools/lab down --name "$lab_name"
	umount "$state" || true
	rm -rf "$here"
}
trap clean EXIT
printf 'Test.Marker\tevil-marker-one\n' >"$here/sources/a-good.lit"
cat >"$here/sluice.yaml" <<END
signatures: {sources: [$here/sources], compile_memory_mib: 1024, compile_timeout_s: 20}
END
lab_up --config "$here/sluice.yaml" --set http.listen=127.0.0.1:8344
trap clean EXIT
count=0
# Convicted now: a body nobody has sent, so that no verdict is remembered.
judged() {
	count=$((count + 1))
	[ "$(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" body "$1 $count")" = "$2" ]
}
serves() { judged evil-marker-one 200; }
sig() { "${ctl[@]}" --json sig; }
is_idle() { grep -qF '"compiling":false' <<<"$(sig)"; }
generation() { sig | grep -oE '"generation":"[0-9a-f]{16}"' | head -n 1; }
metric() { in_lab curl -s "http://$HTTP/metrics" | sed -n "s/^$1 //p"; }
page_says() { grep -qF -- "$1" <<<"$(in_lab curl -s "http://$HTTP/")"; }
# made NAME PYTHON: a file of what the expression makes, text or bytes.
made() {
	python3 -c 'import sys
made = eval(sys.argv[2])
open(sys.argv[1], "wb").write(made if isinstance(made, bytes) else made.encode())' "$1" "$2"
}
eventually serves
eventually is_idle
served=$(generation)

# What must hold after whatever was refused.
unharmed() {
	[ "$(generation)" = "$served" ] || fail "$1: another generation serves"
	serves || fail "$1: what serves convicts no more"
}

# refused_reload NAME WORDS: with what is in the sources now.
refused_reload() {
	local before failed
	before=$(metric sluice_compilations_failed_total)
	"${ctl[@]}" reload >/dev/null
	serves || fail "$1: not convicted while it is compiled"
	eventually is_idle
	grep -qF -- "$2" <<<"$("${ctl[@]}" sig)" || fail "$1: sig says $("${ctl[@]}" sig | grep '^error')"
	grep -qF -- "$2" <<<"$(grep -F 'WRN signatures: ' "/var/log/sluice/$lab_name/control.out")" || fail "$1: not logged"
	page_says "$2" || fail "$1: not on the page"
	[ "$(metric 'sluice_problem{what="compile"}')" = 1 ] || fail "$1: no problem in the metrics"
	failed=$(metric sluice_compilations_failed_total)
	[ "$failed" = $((before + 1)) ] || fail "$1: counted $before, then $failed"
	unharmed "$1"
}

# refused_try FILE WORDS
refused_try() {
	local said
	said=$("${ctl[@]}" sig try "$1" 2>&1) && fail "$1 is tried: $said"
	[[ $said == *"$2"* ]] || fail "sig try $1 said: $said"
	unharmed "try of $1"
}

in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" load 20 >"$here/load" 2>&1 &
load=$!

# Each as a source, and tried. FILE|what it is made of|what is said of it
while IFS='|' read -r name text words; do
	made "$here/sources/$name" "$text"
	refused_reload "$name" "$name$words"
	cp "$here/sources/$name" "$here/tried/"
	rm "$here/sources/$name"
	refused_try "$here/tried/$name" "$name$words"
done <<'ROWS'
cut.cvd|"ClamAV-VDB:01 Jan 2024 00-00 +0000:1:1:90:aaaa"|: shorter than
sum.cvd|("ClamAV-VDB:01 Jan 2024 00-00 +0000:1:1:90:" + "a" * 32 + ":" + "b" * 300 + ":x:1").ljust(512) + "c" * 100|: damaged
long.ndb|"A:0:*:61626364\nA:0:*:" + "61" * 5_000_000|:2: longer than 1 MiB
nul.ldb|"A;Target:0;0;61626364\nB;\0"|:2: a NUL byte
utf.hdb|b"# digests\n\xfa\xfe\xff:1:X\n"|:2: expected DIGEST
gap.ndb|"A:0:*:61626364\nB:0:*:61626364{5-3}65666768"|:2: no pattern
loop.yar|"include \"loop.yar\"\n"|:1: includes within includes
cut.yar|"rule a {\n strings: $a = \"never closed\n"|:2: 
ROWS

# Deep and many: nobody's stack, time or memory but the compiler's own. What it can't honour it names
# and leaves out, so nothing is tried, and a reload loses nothing.
while IFS='|' read -r name text; do
	made "$here/tried/$name" "$text"
	refused_try "$here/tried/$name" "nothing in these files can be tried: $here/tried/$name:1: a: "
	cp "$here/tried/$name" "$here/sources/"
	"${ctl[@]}" reload >/dev/null
	eventually is_idle
	[ "$(metric 'sluice_problem{what="compile"}')" = 0 ] || fail "$name: $("${ctl[@]}" sig)"
	rm "$here/sources/$name"
	served=$(generation)
	unharmed "$name"
done <<'ROWS'
deep.ndb|"a:0:*:61626364" + "(61|" * 3000 + "62" + ")" * 3000
many.ndb|"a:0:*:61626364(" + "|".join("61" * (i % 9 + 1) + "%04x" % i for i in range(300)) + ")"
ROWS
# 3^40 ways through one pattern are no more work than one: it is tried, and what goes nearly through
# all of them is judged.
made "$here/tried/power.ndb" '"a:0:*:61626364" + "(61|6261(61|6161)|6161)" * 40 + "7a"'
"${ctl[@]}" sig try "$here/tried/power.ndb" >/dev/null
judged "evil-marker-one abcd$(printf 'a%.0s' {1..90})" 200 || fail "what tries a pattern of many ways"
"${ctl[@]}" sig drop >/dev/null
wait $load || fail "clean traffic: $(cat "$here/load")"

# No file, or none to be read
mkfifo "$here/sources/fifo.ndb"
refused_reload fifo 'fifo.ndb: not a regular file'
rm "$here/sources/fifo.ndb"
ln -s /proc/self/mem "$here/sources/unread.hdb"
refused_reload unread 'unread.hdb:1: Input/output error'
rm "$here/sources/unread.hdb"
mkdir "$here/sources/loop"
ln -s .. "$here/sources/loop/back"
refused_reload loop 'loop/back: a directory that lies in itself'
rm -r "$here/sources/loop"
refused_try "$here/tried/none.ndb" 'No such file or directory'
mkdir "$here/empty" && refused_try "$here/empty" 'not a regular file'

# Limits of time and memory, and a compiler that somebody kills while it works
made "$here/sources/xor.yar" '"".join("rule x%d { strings: $a = \"this is one text of a kind\" xor wide ascii condition: $a }\n" % i for i in range(30000))'
"${ctl[@]}" reload >/dev/null
compiler() { pgrep -f "^[^ ]*sluice-sigc --output $state/"; }
eventually compiler
kill -9 "$(compiler)"
eventually is_idle
grep -qE '^error +the compiler was ended by SIGKILL$' <<<"$("${ctl[@]}" sig)" || fail "killed: $("${ctl[@]}" sig)"
unharmed killed
rm "$here/sources/xor.yar"
made "$here/sources/big.hdb" '"".join("%032x:%d:N%d\n" % (i, i + 1, i) for i in range(2_000_000))'
sed -i 's/compile_memory_mib: 1024/compile_memory_mib: 64/' "/run/sluice/$lab_name/lab/sluice.yaml"
refused_reload memory 'the limit of memory is reached'
rm "$here/sources/big.hdb"
sed -i 's/compile_memory_mib: 64/compile_memory_mib: 1024/' "/run/sluice/$lab_name/lab/sluice.yaml"

# What is tried can't be promoted beside a source that went bad meanwhile, nor on a full disk, and
# stays tried; what would be rolled back to is refused if it is damaged.
printf 'Test.Tried\tevil-marker-two\n' >"$here/tried/new.lit"
"${ctl[@]}" sig try "$here/tried/new.lit" >/dev/null
printf 'no line\n' >"$here/sources/bad.lit"
said=$("${ctl[@]}" sig promote 2>&1) && fail "promoted beside a malformed source"
[[ $said == *"$here/sources/bad.lit:1: expected NAME"* ]] || fail "sig promote said: $said"
rm "$here/sources/bad.lit"
unharmed promote
dd if=/dev/zero of="$state/full" bs=64k 2>/dev/null || true
said=$("${ctl[@]}" sig promote 2>&1) && fail "promoted on a full disk"
[[ $said == *"No space left on device"* ]] || fail "on a full disk sig promote said: $said"
unharmed 'promote, disk full'
refused_reload full "$state/next.gen: No space left on device"
rm "$state/full"
judged evil-marker-two 204 || fail "what is only tried is blocked"
"${ctl[@]}" sig promote >/dev/null
judged evil-marker-two 200 || fail "what is promoted is not blocked"
served=$(generation)
cp "$state/previous.gen" "$here/previous.gen"
truncate -s 3000 "$state/previous.gen"
said=$("${ctl[@]}" sig rollback 2>&1) && fail "back to a damaged generation"
unharmed rollback
judged evil-marker-two 200 || fail "a refused rollback took something back"

# And a good reload works.
printf 'Test.Last\tevil-marker-last\n' >"$here/sources/last.lit"
"${ctl[@]}" reload >/dev/null
eventually judged evil-marker-last 200
serves || fail "the good reload lost what served"
[ "$(metric 'sluice_problem{what="compile"}')" = 0 ] || fail "still a problem"
grep -qE '^error +-$' <<<"$("${ctl[@]}" sig)" || fail "an error is left: $("${ctl[@]}" sig)"
