#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# sluicectl scan: the verdict on a file, with and without a dataplane, and what cannot be judged.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
lab_up --set sandbox.passwords="$here/words"
trap 'rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT
# shellcheck disable=SC2016 # EICAR has a dollar sign
printf 'X5O!P%%@AP[4\\PZX54(P^)7CC)7}$EICAR-%s-FILE!$H+H*' STANDARD-ANTIVIRUS-TEST >"$here/eicar.com"
printf 'harmless\n' >"$here/clean.txt"
(cat "$here/eicar.com" && head -c 1000 /dev/zero) >"$here/padded.com" # worth deflating
(cd "$here" && zip -q in.zip padded.com && tar czf packed.tgz in.zip)

# Runs a scan; its exit code in `code`, what it said in `said`.
scan() {
	code=0
	said=$("${ctl[@]}" --json scan "$@" 2>&1) || code=$?
}
judged() {
	scan "$1"
	if [ "$code" != "$2" ] || ! grep -q "$3" <<<"$said"; then
		fail "$1: exit $code, '$said'; expected $2, '$3'"
	fi
}

judged "$here/clean.txt" 0 '"verdict":"clean"'
judged "$here/clean.txt" 0 "\"sha256\":\"$(sha256sum <"$here/clean.txt" | cut -d' ' -f1)\""
judged "$here/clean.txt" 0 "\"md5\":\"$(md5sum <"$here/clean.txt" | cut -d' ' -f1)\""
judged "$here/eicar.com" 4 '"threat":"Eicar-Test-Signature"'
judged "$here/packed.tgz" 4 '"format":"Gz"'
judged "$here/packed.tgz" 4 '"layer":"gz -> tar:in.zip -> zip:padded.com","offset":68'
(cd "$here" && zip -q -P infected locked.zip eicar.com)
judged "$here/locked.zip" 0 '"source":"encrypted".*"layer":"zip:eicar.com"'
scan - <"$here/packed.tgz"
[ "$code" = 4 ] || fail "standard input: exit $code, '$said'"
("${ctl[@]}" scan "$here/eicar.com" || true) | grep -q 'verdict *bad' || fail "no plain output"

# Passwords are read for each object; that their file is not there is told at the reload.
("${ctl[@]}" reload 2>&1 || true) | grep -q "sandbox.passwords: $here/words: No such file" ||
	fail "a file of passwords that is not there was accepted"
printf 'wrong\ninfected\n' >"$here/words"
judged "$here/locked.zip" 4 '"layer":"zip:eicar.com","offset":68'
"${ctl[@]}" reload >/dev/null

# Names in lists need not be UTF-8, as JSON must be: what is not printable is told as "_".
mkdir "$here/lists"
printf 'known by its digest\n' >"$here/listed.txt"
printf '%s:20:Bad\xff\xe9name\n' "$(md5sum <"$here/listed.txt" | cut -d' ' -f1)" >"$here/lists/a.hdb"
printf 'signatures: {sources: [%s]}\n' "$here/lists" >"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload >/dev/null
(cd "$here" && tar cf listed.tar listed.txt)
listed() {
	scan "$1"
	[ "$code" = 4 ] && grep -qF '"threat":"Bad__name"' <<<"$said"
}
eventually listed "$here/listed.txt"
eventually listed "$here/listed.tar"
judged "$here/none" 1 'No such file'
judged "$here" 1 'Is a directory'
judged /dev/null 1 'not a regular file'
: >"$here/empty"
judged "$here/empty" 1 'the file is empty'
truncate -s 10G "$here/huge"
judged "$here/huge" 1 'more than sandbox.object_bytes_max'

# The verdict does not need the dataplane.
kill -STOP "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
kill -9 "$(cat "$DATAPLANE_PID")"
judged "$here/eicar.com" 4 '"verdict":"bad"'
kill -CONT "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
