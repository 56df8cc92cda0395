#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016
# The compiler beside sources that are made to hurt it: each is refused by file and line, or left out
# by name, within limits, and nothing is written; what is no regular file is never waited for.
set -euo pipefail
cd "$(dirname "$0")/../.."
sigc=$PWD/build/release/sluice-sigc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0

# made NAME PYTHON: a file of what the expression makes, text or bytes.
made() {
	python3 -c 'import sys
made = eval(sys.argv[2])
open(sys.argv[1], "wb").write(made if isinstance(made, bytes) else made.encode())' "$1" "$2"
}

told_wrong() {
	echo "FAIL: $*" >&2
	failed=1
}

# tried CODE WORDS SOURCE [OPTION]...: how the compiler ends, and what it says.
tried() {
	local code=$1 words=$2 source=$3 got=0
	shift 3
	timeout 100 "$sigc" --memory-mib 2048 --timeout-s 60 --sandbox "$@" --output out.gen "$source" >said 2>&1 || got=$?
	if [ "$got" != "$code" ] || ! grep -qF -- "$words" said; then
		echo "FAIL: $source: exit $got for $code, without '$words': $(head -c 300 said)" >&2
		failed=1
	elif [ "$code" != 0 ] && [ -e out.gen ]; then
		echo "FAIL: $source: refused, but something was written" >&2
		failed=1
	fi
	rm -f out.gen
}

printf 'Own.One\tthe first marker\n' >own.lit

# What is no file
mkfifo fifo.ndb fifo.yar fifo.cvd fifo.hdb
mkdir -p loop/a closed
ln -s /dev/zero zero.ldb
ln -s nowhere.ndb none.ndb
ln -s .. loop/a/one
ln -s .. loop/a/two
for kind in ndb yar cvd hdb; do tried 2 "fifo.$kind: not a regular file" fifo.$kind; done
tried 2 'zero.ldb: not a regular file' zero.ldb
tried 2 'none.ndb: No such file' none.ndb
tried 2 'loop/a/one: a directory that lies in itself' loop
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket.ndb")'
tried 2 'socket.ndb: No such device or address' socket.ndb
for name in fifo.yar none.yar . /dev/zero; do
	made in.yar '"\n\ninclude \"'"$name"'\"\n"'
	tried 2 "in.yar:3: $name: " in.yar
done
if [ "$(id -u)" != 0 ]; then
	chmod 0 closed
	tried 2 'closed: Permission denied' closed
	chmod 700 closed
fi

# What can't be read is told, not taken for the end of a file; a line is bounded, not its file
for kind in ndb yar hdb; do
	ln -s /proc/self/mem "unread.$kind"
	tried 2 ": Input/output error" "unread.$kind"
done
tried 2 'unread.hdb:1: Input/output error' own.lit --bad unread.hdb
truncate -s 1T endless.ndb
tried 2 'endless.ndb:1: longer than 1 MiB' endless.ndb --memory-mib 64
made wide.lit '"\ufeffA\tmarker of two bytes".encode("utf-16")'
made wide.yar '"rule a { condition: true }".encode("utf-16")'
for kind in lit yar; do tried 2 "wide.$kind:1: UTF-16; expected UTF-8" "wide.$kind"; done

# Long, deep and many
made long.lit '"A\t" + "a" * 10_000_000'
made long.ndb '"A:0:*:6162\nA:0:*:" + "61" * 5_000_000'
made long.hdb '"a" * 10_000_000'
made long.ign2 'b"\xff" * 2_000_000'
made deep.ldb '"A;Target:0;" + "(" * 3000 + "0" + ")" * 3000 + ";61626364\n"'
made deep.ndb '"A:0:*:61626364" + "(61|" * 3000 + "62" + ")" * 3000 + "\n"'
made many.ndb '"A:0:*:61626364" + "(61(62|63(64|65(66|67))))" * 400 + "\n"'
made wide.ldb '"A;Target:0;" + "&".join(["0"] * 60000) + ";61626364\n"'
made parts.ldb '"A;Target:0;0;" + ";".join("616263%02x" % (i % 256) for i in range(50000))'
made deep.yar '"rule a { condition: " + "(" * 200000 + "true" + ")" * 200000 + " }"'
made not.yar '"rule a { condition: " + "not " * 200000 + "true }"'
made hex.yar '"rule a { strings: $a = { 61 62 63 64 " + "( 61 | " * 5000 + "62" + " )" * 5000 + " } condition: $a }"'
made re.yar '"rule a { strings: $a = /" + "(" * 5000 + "a" + ")" * 5000 + "abcd/ condition: $a }"'
made power.yar '"rule a { strings: $a = /(a{1000}){1000}{1000}abcd/ condition: $a }"'
made self.yar '"include \"self.yar\"\n" * 3'
for kind in lit hdb ign2; do tried 2 "long.$kind:1: longer than 1 MiB" long.$kind; done
tried 2 'long.ndb:2: longer than 1 MiB' long.ndb
tried 2 'deep.ldb:1: expected NAME' deep.ldb
tried 0 'deep.ndb:1: A: ' deep.ndb
tried 0 'many.ndb: loaded 1' many.ndb
for name in wide parts; do tried 0 "$name.ldb:1: A: an expression or as many parts" $name.ldb; done
for name in deep not hex re power; do tried 0 "$name.yar:1: a: " $name.yar; done
tried 2 'self.yar:1: includes within includes' self.yar

# Many of the same bytes: the proof asks for each alone, not for all beside it (the work was their
# number squared, and met this limit)
made same.lit '"".join("N%d\tthe same literal\n" % i for i in range(50000))'
made anchor.ndb '"".join("N%d:0:*:6162636465666768{1-%d}%08x\n" % (i, 2 + i % 100, i) for i in range(50000))'
for name in same.lit anchor.ndb; do tried 0 "$name: loaded 50000, " $name --threads 1 --timeout-s 25; done

# Contradictions, numbers without end, wrong letters
while IFS='|' read -r name text words; do
	made "$name" "$text"
	tried 2 "$name$words" "$name"
done <<'ROWS'
gap.ndb|"A:0:*:61626364{5-3}65666768"|:1: no pattern
huge.ndb|"A:0:*:61626364{99999999999999999999}65666768"|:1: no pattern
odd.ndb|"A:0:*:6162636"|:1: no pattern
nul.ndb|"A:0:*:61\0"|:1: a NUL byte
nul.ldb|"A;\0"|:1: a NUL byte
nul.lit|"A\tabcd\0"|:1: a NUL byte
nul.hdb|"\n\0"|:2: a NUL byte
nul.yar|"rule a { condition: \0 }"|:1: a NUL byte
count.ldb|"A;Target:0;0>99999999999999999999999999;61626364"|:1: expected NAME
wrong.ldb|b"\xff;\xfe;"|:1: expected NAME
wrong.yar|b"\nrule \xff { condition: true }"|:2: a rule without a name
wrong.hdb|b"\xfa\xfe\xff"|:1: expected DIGEST
size.hdb|"d41d8cd98f00b204e9800998ecf8427e:99999999999999999999999:X"|:1: the size
wrong.mdb|"1:zz:a"|:1: expected SIZE
wrong.fp|"nothex:1:a"|:1: expected DIGEST
empty.cvd|""|: shorter than
cut.cvd|"ClamAV-VDB:01 Jan 2024 00-00 +0000:1:1:90:aaaa"|: shorter than
junk.cvd|b"\x80\x01" * 1500|: no ClamAV database
junk.cld|"ClamAV-VDB:" + "\x01" * 2000|: 
sum.cvd|("ClamAV-VDB:01 Jan 2024 00-00 +0000:1:1:90:" + "a" * 32 + ":" + "b" * 300 + ":x:1").ljust(512) + "c" * 100|: damaged
ROWS

# Limits: where it was when it met them.
made xor.yar '"".join("rule x%d { strings: $a = \"this is one text of a kind\" xor wide ascii condition: $a }\n" % i for i in range(3000))'
made big.ndb '"".join("N%d:0:*:61626364%08x*65666768%08x\n" % (i, i, i) for i in range(200000))'
tried 1 'the limit of processor time is reached' xor.yar --timeout-s 1
grep -qE '^sluice-sigc: xor.yar:[0-9]+: ' said || {
	echo "FAIL: no place in '$(cat said)'" >&2
	failed=1
}
tried 1 'the limit of memory is reached' big.ndb --memory-mib 90
grep -qE '^sluice-sigc: big.ndb:[0-9]+: ' said || {
	echo "FAIL: no place in '$(cat said)'" >&2
	failed=1
}

# What a terminal would obey stands nowhere as it is, in names, paths and refusals
made_name=$(printf 'a\n\033[31mb.lit')
made "$made_name" '"\x1b[2J\tabc\n\u009b31mX\tabc\n"'
tried 0 'a\x0a\x1b[31mb.lit:1: \x1b[2J: too few' "$made_name"
tried 0 'b.lit:2: \xc2\x9b31mX: too few' "$made_name"
printf 'nothing\n' >"$made_name"
tried 2 'sluice-sigc: a\x0a\x1b[31mb.lit:1: expected NAME' "$made_name"
[ "$(wc -l <said)" = 1 ] || told_wrong "$(cat said)"

# Options that would be no limit
for words in '--memory-mib abc' '--memory-mib 0' '--timeout-s -3' '--timeout-s 99999999999' '--timeout-s 5s'; do
	# shellcheck disable=SC2086
	tried 2 "${words%% *} '${words#* }': expected 1 to " own.lit $words
done

# The output: what was there stays whole, nothing is left beside it, and the reason is the right one
# written CODE WORDS OUTPUT [PREFIX…]
written() {
	local code=$1 words=$2 output=$3 got=0
	shift 3
	"$@" "$sigc" --output "$output" own.lit >said 2>&1 || got=$?
	if [ "$got" != "$code" ] || ! grep -qF -- "$words" said; then
		told_wrong "$output: exit $got, $(cat said)"
	fi
	[ ! -e "$output.new" ] || told_wrong "$output.new is left"
}
mkdir folder
written 2 'folder: Is a directory' folder
written 2 'nowhere/x.gen: No such file' nowhere/x.gen
mknod device c 1 3
written 2 'device: not a regular file' device
[ -c device ] || told_wrong 'a file took the place of a device'
written 2 'fifo.ndb: not a regular file' fifo.ndb
written 2 ': File name too long' "$(printf '%0300d' 0)"
echo earlier >full.gen
written 2 'full.gen: File too large' full.gen bash -c 'trap "" XFSZ; ulimit -f 1; exec "$@"' -
[ "$(cat full.gen)" = earlier ] || told_wrong 'the earlier generation is gone'
mkdir small
written 2 'small/x.gen: No space left on device' small/x.gen \
	unshare -m sh -c 'mount -t tmpfs -o size=4k none small && "$@"; r=$?; [ ! -e small/x.gen.new ] || exit 9; exit $r' -
got=0
"$sigc" --output lost.gen own.lit >/dev/full 2>said || got=$?
if [ "$got" != 2 ] || ! grep -qF 'lost.gen is written, but not the report: No space' said; then
	told_wrong "a report on a full disk: exit $got, $(cat said)"
fi

# One that is killed leaves a file beside the output, which the next writes over
"$sigc" --output good.gen own.lit >/dev/null
head -c 100000 /dev/zero >killed.gen.new
written 0 'loaded: 2' killed.gen
cmp -s good.gen killed.gen || told_wrong 'what a killed compiler left is in the next file'

# Two at once: each ends well, and what stands there is one of the two, whole
made other.lit '"".join("N%d\tmarker number %d\n" % (i, i) for i in range(3000))'
"$sigc" --output other.gen other.lit >/dev/null
for _ in 1 2 3 4 5 6 7 8; do
	"$sigc" --output both.gen own.lit >/dev/null 2>said1 &
	first=$!
	"$sigc" --output both.gen other.lit >/dev/null 2>said2 &
	second=$!
	wait "$first" || told_wrong "the first of two: $(cat said1)"
	wait "$second" || told_wrong "the second of two: $(cat said2)"
	if ! cmp -s both.gen good.gen && ! cmp -s both.gen other.gen; then
		told_wrong 'two at once made neither'
	fi
done
[ ! -e both.gen.new ] || told_wrong 'both.gen.new is left'
exit $failed
