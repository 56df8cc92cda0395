#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# What `make install` and `make deb` lay down: whole, configuration kept, and the packaged programs serve.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

make --no-print-directory install DESTDIR="$here/tree" >/dev/null
sed -i 's/^mode: standard/mode: monitor/' "$here/tree/etc/sluice/sluice.yaml"
cp "$here/tree/etc/sluice/sluice.yaml" "$here/mine"
make --no-print-directory install DESTDIR="$here/tree" | grep -F "kept $here/tree/etc/sluice/sluice.yaml" || fail "not told what was kept"
cmp "$here/mine" "$here/tree/etc/sluice/sluice.yaml" || fail "a changed configuration was replaced"
cmp config/sluice.yaml "$here/tree/etc/sluice/sluice.yaml.new" || fail "this version's configuration is not beside it"
[ ! -e "$here/tree/etc/sluice/pages/blocked.html.new" ] || fail "an unchanged page is not told apart"

make --no-print-directory deb DEB="$here/sluice.deb" STAGE="$here/stage" >/dev/null
dpkg-deb -x "$here/sluice.deb" "$here/root"
dpkg-deb -e "$here/sluice.deb" "$here/about"
grep -qE '^Depends: .*libhyperscan5.*librte-eal' "$here/about/control" || fail "the libraries are not among what it depends on"
grep -qx /etc/sluice/sluice.yaml "$here/about/conffiles" || fail "sluice.yaml is not a conffile"
mapfile -t packages < <(sed -n '/^Depends:/,/^Recommends:/{s/^Depends://;/^Recommends/d;s/([^)]*)//g;s/[ ,]\+/\n/g;p}' "$here/about/control" | grep .)
[ ${#packages[@]} -gt 20 ] || fail "depends on ${packages[*]} alone"
dpkg-query -W "${packages[@]}" >/dev/null || fail "depends on what the build does not have"
while IFS= read -r program; do
	[ -x "$here/root$program" ] || fail "a unit starts $program, which is not in the package"
done < <(sed -n 's/^Exec[A-Za-z]*=\([^ ]*\).*/\1/p' "$here"/root/usr/lib/systemd/system/*.service)

# The packaged programs, not those of the build.
mkdir "$here/bin"
ln -s "$here"/root/usr/sbin/* "$here"/root/usr/bin/* "$here/bin"
SLUICE_BIN=$here/bin lab_up
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
"$here/bin/sluicectl" --name "$lab_name" status | grep -q standard || fail "no status"
# shellcheck disable=SC2016
code=$(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" body 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*')
[ "$code" = 200 ] || fail "EICAR: $code"
