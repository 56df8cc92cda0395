# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by the demonstration and by scenarios: Squid with the reference configuration, and
# tools/origin.py on 127.0.0.1:8080, where a lab's clients are.
squid_work= # what squid_fetch got is $squid_work/body
squid_lab=
squid_pids=()
squid_program=squid

# Debian's squid can't speak ICAPS (it is built with GnuTLS, and 5.7 ends with an assertion there);
# squid-openssl can, but the two exclude one another: unpacked below build/, not installed. False where
# the package can't be had.
squid_with_openssl() {
	local into=$PWD/build/squid-openssl
	squid_program=squid
	squid -v | grep -q with-openssl && return
	squid_program=$into/usr/sbin/squid
	[ -x "$squid_program" ] && return
	mkdir -p "$into" && (cd "$into" && apt-get download -qq squid-openssl && dpkg -x squid-openssl_*.deb .) >/dev/null 2>&1
}

# squid_up NAME ICAP_HOST [SED]: starts both in lab NAME, and waits until a page comes through. SED changes
# the operator's lines.
squid_up() {
	squid_lab=$1
	squid_work=$(mktemp -d)
	chmod 777 "$squid_work"
	# Squid's own settings for a lab, then the operator's lines verbatim.
	cat >"$squid_work/squid.conf" <<-EOF
		http_port 127.0.0.1:3128
		http_access allow all
		cache deny all
		pid_filename $squid_work/squid.pid
		access_log none
		cache_log $squid_work/cache.log
		coredump_dir $squid_work
		shutdown_lifetime 0 seconds
	EOF
	grep -v '^#' config/squid.conf | sed -e "s/ADDRESS/$2/" -e "${3-}" >>"$squid_work/squid.conf"
	# Both become the process itself (exec), so that its id is the one to end.
	(exec tools/lab exec --name "$squid_lab" -- python3 tools/origin.py 127.0.0.1 8080) \
		>/dev/null 2>&1 &
	squid_pids+=($!)
	(exec tools/lab exec --name "$squid_lab" -- "$squid_program" -N -f "$squid_work/squid.conf") \
		>/dev/null 2>&1 &
	squid_pids+=($!)
	for _ in $(seq 50); do
		[ "$(squid_fetch http://127.0.0.1:8080/ || true)" = 200 ] && break
		sleep 0.2
	done
}

# Ends both by their ids; may be called twice.
squid_down() {
	for pid in "${squid_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	squid_pids=()
	rm -rf "$squid_work"
}

# squid_fetch ARGUMENTS of curl: prints the HTTP status, exits as curl does.
squid_fetch() {
	tools/lab exec --name "$squid_lab" -- curl -s -o "$squid_work/body" -w '%{http_code}' \
		--max-time 20 -x http://127.0.0.1:3128 "$@"
}
