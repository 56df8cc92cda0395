#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a sandbox found bad within an object is blocked at once when it comes alone or in a form, in a mode
# that would else let the first one pass; `explain` tells where it was found. What was clean beside it, or
# bad for its name, is not blocked.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
mkdir "$here/rules"
# A regular expression that only libyara judges, and one that hangs on a name; and one of ClamAV's.
# shellcheck disable=SC2016 # $a is YARA's
printf '%s\n' 'rule Deep { strings: $a = /deep-[0-9]{3}-marker/ condition: $a and filesize < 1KB }' \
	'rule Named { strings: $a = /name-[0-9]{3}-marker/ condition: $a and filename == "named.txt" }' \
	>"$here/rules/deep.yar"
printf '%s\n' 'Clam.Regex;Engine:81-255,Target:0;0&1;7265676578;0/clam-[0-9]{3}-marker/' >"$here/rules/deep.ldb"
lab_up --set signatures.sources="$here/rules"
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
python3 -B - "$here" <<'EOF'
import io, os, sys, tarfile, zipfile
here = sys.argv[1]


def put(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)
    return data


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(zipfile.ZipInfo(name + ".txt"), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


bad, clean, named = put("bad", b"xx deep-123-marker xx"), put("clean", b"nothing"), put("n", b"name-123-marker")
put("clam.zip", zipped(a=clean, c=b"regex clam-123-marker"))
put("near.zip", zipped(a=clean, c=b"regex clam-12-marker"))
inner = put("inner.zip", zipped(a=clean, b=bad))
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w:gz") as t:
    info = tarfile.TarInfo("inner.zip")
    info.size = len(inner)
    t.addfile(info, io.BytesIO(inner))
put("outer.tar.gz", out.getvalue())
put("named.zip", zipped(named=named))
EOF
sent() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" "$1" "${@:2}" | tr '\n' ' '; }
gone() {
	local code
	code=$(sent "$1" "$here/$2")
	[ "$code" = "$3 " ] || {
		echo "FAIL: $1 of $2: $code, not $3" >&2
		return 1
	}
}
"${ctl[@]}" mode advanced
eventually gone file outer.tar.gz 200 # once the rules serve
eventually grep -q 'in blocking_advanced mode .*verdict: bad (sandbox)' "$LOG"
first=$(sed -n 's/.*uuid: \([0-9a-f]*\),.*bad (sandbox).*/\1/p' "$LOG" | head -1)
gone file named.zip 200
gone file near.zip 204
gone file clam.zip 200
three() { [ "$(grep -c 'in blocking_advanced mode .*verdict: bad (sandbox)' "$LOG")" = 3 ]; }
eventually three
told=$("${ctl[@]}" --json explain "$(sed -n 's/.*uuid: \([0-9a-f]*\),.*bad (sandbox).*/\1/p' "$LOG" | tail -1)")
grep -qF '"rule_at":["deep.ldb:1"],"layer":["zip:c.txt"],"offset":21' <<<"$told" || fail "explain: $told"
"${ctl[@]}" mode standard
gone file bad 200
gone file inner.zip 200
gone upload bad 200
gone upload inner.zip 200
gone file clean 204
gone file n 204
blocked() { [ "$(grep -c 'in blocking_simple mode .*verdict: bad (cached)' "$LOG")" = 4 ]; }
eventually blocked
sed -n 's/.*uuid: \([0-9a-f]*\),.*bad (cached).*/\1/p' "$LOG" >"$here/uuids"
while read -r uuid; do
	told=$("${ctl[@]}" --json explain "$uuid")
	grep -q "found in $first as gz -> tar:inner.zip -> zip:b.txt" <<<"$told" || fail "explain $uuid: $told"
	grep -q "\"sandbox_object\": *\"$first\"" <<<"$told" || fail "explain $uuid: $told"
done <"$here/uuids"
