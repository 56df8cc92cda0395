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
wrong.hdb|b"\xff\xfe\xfa"|:1: expected DIGEST
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
exit $failed
