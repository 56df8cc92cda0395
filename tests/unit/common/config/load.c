/* SPDX-License-Identifier: BSD-3-Clause */
/* Loading: what is accepted and what comes of it, and the exact words of each refusal. */
#include <errno.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "tests/unit/harness.h"

/* What a text must say at the least. */
#define BASE "dataplane:\n  port:\n    interface: eth1\n  addresses: [10.9.0.2/24]\n"

static int
load(const char *text, struct config **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	*out = NULL;
	return config_load_text(span_text(text), "t.yaml", NULL, 0, out, error);
}

static int
load_set(const char *text, const char *set, struct config **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	*out = NULL;
	return config_load_text(span_text(text), "t.yaml", &set, 1, out, error);
}

TEST(config_defaults)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c;

	CHECK_ROW(error, load(BASE, &c, error) == 0);
	if (c == NULL)
		return;
	CHECK(c->mode == MODE_STANDARD);
	CHECK(c->dataplane.cores == 1 && c->dataplane.first_cpu == 0);
	CHECK(c->dataplane.idle == IDLE_ADAPTIVE && c->dataplane.hugepages == HUGEPAGES_AUTO);
	CHECK(c->dataplane.digests == DIGESTS_AUTO);
	CHECK(c->dataplane.memory_mib == 0 && c->dataplane.buffers == 32768);
	CHECK(c->dataplane.port.kind == PORT_AF_PACKET && c->dataplane.port.mtu == 1500);
	CHECK(strcmp(c->dataplane.port.interface, "eth1") == 0);
	CHECK(c->dataplane.port.pci == NULL && c->dataplane.port.socket == NULL);
	CHECK(c->dataplane.port.mac == NULL && !c->dataplane.port.socket_server);
	CHECK(c->dataplane.addresses_count == 1 && c->dataplane.gateways_count == 0);
	CHECK(c->dataplane.router_advertisements && c->dataplane.duplicate_address_detection);
	CHECK(c->dataplane.arena_mib == 128 && c->dataplane.vlan == 0);
	CHECK(c->icap.port == 1344 && c->icap.preview_bytes == 4096);
	CHECK(strcmp(c->icap.reqmod_path, "/av/reqmod") == 0);
	CHECK(strcmp(c->icap.respmod_path, "/av/respmod") == 0);
	CHECK(c->icap.options_ttl_s == 3600 && c->icap.connections_max == 10000);
	CHECK(c->icap.head_timeout_ms == 30000 && c->icap.body_timeout_ms == 60000);
	CHECK(c->icap.idle_timeout_ms == 600000);
	CHECK(c->tcp.ecn && c->tcp.rto_min_ms == 200 && c->tcp.user_timeout_s == 120);
	CHECK(c->tcp.keepalive_idle_s == 0 && c->tcp.keepalive_interval_s == 75);
	CHECK(c->tcp.keepalive_probes == 9 && c->tcp.half_open_max == 1024);
	CHECK(c->tcp.receive_window_bytes == 2 << 20);
	CHECK(
	    c->limits.object_bytes_max == 256u << 20 && c->limits.decoded_bytes_max == 256u << 20);
	CHECK(c->limits.decode_ratio_max == 1000 && c->limits.object_timeout_ms == 600000);
	CHECK(c->limits.parts_max == 1000 && c->limits.part_head_bytes_max == 8192);
	CHECK(c->limits.part_depth_max == 4);
	CHECK(c->policy.oversize == ACTION_ALLOW && c->policy.timeout == ACTION_ALLOW);
	CHECK(c->policy.overload == ACTION_BLOCK && c->policy.error == ACTION_BLOCK);
	CHECK(c->policy.encrypted == ACTION_ALLOW && c->policy.corrupt == ACTION_ALLOW);
	CHECK(c->policy.unsupported == ACTION_ALLOW);
	CHECK(c->delivery.kind == DELIVERY_HOLD && c->delivery.after_bytes == 32768);
	CHECK(c->delivery.hold_back_bytes == 16384 && c->delivery.stall_ms == 300);
	CHECK(c->delivery.trickle_delay_ms == 10000 && c->delivery.trickle_bytes == 4096);
	CHECK(c->delivery.redownload_guard_s == 1800);
	CHECK(c->cache.entries == 65536);
	CHECK(c->sandbox.kind == SANDBOX_DEEP && c->sandbox.workers == 2);
	CHECK(c->sandbox.hold_timeout_s == 240 && c->sandbox.object_bytes_max == 64u << 20);
	CHECK(c->sandbox.formats_count == 3 && strcmp(c->sandbox.formats[1], "document") == 0);
	CHECK(c->sandbox.depth_max == 5 && c->sandbox.members_max == 1000);
	CHECK(c->sandbox.unpacked_bytes_max == 256u << 20 && c->sandbox.memory_mib == 512);
	CHECK(c->sandbox.job_timeout_ms == 30000 && c->sandbox.passwords == NULL);
	CHECK(c->signatures.sources_count == 0 && c->reputation.bad_count == 0);
	CHECK(strcmp(c->reputation.label, "reputation") == 0);
	CHECK(c->exclusions_count == 0 && c->pages.directory == NULL);
	CHECK(c->log.bytes_max == 100u << 20 && c->log.keep == 5 && !c->log.json);
	CHECK(strcmp(c->http.listen, "127.0.0.1:8344") == 0);
	config_free(c);
}

TEST(config_values)
{
	static const char text[] = "mode: advanced\n"
				   "icap: { port: 2344, respmod_path: /scan }\n"
				   "sandbox:\n"
				   "  formats: []\n"
				   "  passwords: /etc/words\n"
				   "reputation:\n"
				   "  bad: [/etc/a.txt, '/etc/b \"c\".txt']\n"
				   "  label: KSN\n"
				   "limits:\n"
				   "exclusions:\n"
				   "  - criterion: url\n"
				   "    value: '*.example.test/*'\n"
				   "  - { criterion: source, value: 10.0.0.0/8, enabled: no }\n"
				   "log: {json: on, bytes_max: 0}\n"
				   "http: { listen: }\n" BASE "  gateways:\n  - 10.9.0.1\n";
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c;

	CHECK_ROW(error, load(text, &c, error) == 0);
	if (c == NULL)
		return;
	CHECK(c->mode == MODE_ADVANCED && c->icap.port == 2344);
	CHECK(strcmp(c->icap.respmod_path, "/scan") == 0);
	CHECK(c->sandbox.formats_count == 0 && strcmp(c->sandbox.passwords, "/etc/words") == 0);
	CHECK(
	    c->reputation.bad_count == 2 && strcmp(c->reputation.bad[1], "/etc/b \"c\".txt") == 0);
	CHECK(strcmp(c->reputation.label, "KSN") == 0);
	CHECK(c->limits.decode_ratio_max == 1000);
	CHECK(c->exclusions_count == 2);
	CHECK(c->exclusions[0].criterion == CRITERION_URL && c->exclusions[0].enabled);
	CHECK(strcmp(c->exclusions[0].value, "*.example.test/*") == 0);
	CHECK(c->exclusions[1].criterion == CRITERION_SOURCE && !c->exclusions[1].enabled);
	CHECK(c->log.json && c->log.bytes_max == 0);
	CHECK(c->http.listen != NULL && c->http.listen[0] == 0);
	CHECK(c->dataplane.gateways_count == 1);
	config_free(c);
}

TEST(config_refusals)
{
	static const struct {
		const char *name, *text, *error;
	} cases[] = {
		{ "mode misspelt", BASE "mode: standrad\n",
		    "t.yaml:5: mode: 'standrad' is not one of disabled, monitor, standard, "
		    "advanced" },
		{ "unknown key", BASE "cache:\n  entires: 5\n",
		    "t.yaml:6: cache.entires: no such key; expected one of entries" },
		{ "unknown section", BASE "icpa:\n  port: 5\n",
		    "t.yaml:6: icpa: no such key; expected one of mode, dataplane, icap, icaps, "
		    "tcp, "
		    "profiles, "
		    "limits, policy, delivery, cache, sandbox, signatures, reputation, pages, "
		    "log, "
		    "http, "
		    "exclusions" },
		{ "not a number", BASE "icap:\n  port: abc\n",
		    "t.yaml:6: icap.port: 'abc' is not a number from 1 to 65535" },
		{ "number too large", BASE "icap:\n  port: 65536\n",
		    "t.yaml:6: icap.port: '65536' is not a number from 1 to 65535" },
		{ "zero port", BASE "icap: {port: 0}\n",
		    "t.yaml:5: icap.port: '0' is not a number from 1 to 65535" },
		{ "octal", BASE "icap: {port: 0123}\n",
		    "t.yaml:5: icap.port: '0123' is not a number from 1 to 65535" },
		{ "negative", BASE "icap: {port: -1}\n",
		    "t.yaml:5: icap.port: '-1' is not a number from 1 to 65535" },
		{ "beyond 64 bits", BASE "limits: {object_bytes_max: 99999999999999999999}\n",
		    "t.yaml:5: limits.object_bytes_max: '99999999999999999999' is not a number "
		    "from 1024 to 1099511627776" },
		{ "number left out", BASE "icap:\n  port:\n",
		    "t.yaml:6: icap.port: '' is not a number from 1 to 65535" },
		{ "minimum RTO below a tick", BASE "tcp: {rto_min_ms: 5}\n",
		    "t.yaml:5: tcp.rto_min_ms: '5' is not a number from 10 to 1000" },
		{ "no time for data", BASE "tcp: {user_timeout_s: 0}\n",
		    "t.yaml:5: tcp.user_timeout_s: '0' is not a number from 1 to 3600" },
		{ "more probes than are counted", BASE "tcp: {keepalive_probes: 256}\n",
		    "t.yaml:5: tcp.keepalive_probes: '256' is not a number from 1 to 100" },
		{ "ECN is a switch", BASE "tcp:\n  ecn: ask\n",
		    "t.yaml:6: tcp.ecn: 'ask' is not true or false" },
		{ "no congestion control to choose", BASE "tcp:\n  congestion: reno\n",
		    "t.yaml:6: tcp.congestion: no such key; expected one of ecn, rto_min_ms, "
		    "user_timeout_s, keepalive_idle_s, keepalive_interval_s, keepalive_probes, "
		    "half_open_max, receive_window_bytes" },
		{ "not a bool", BASE "log:\n  json: maybe\n",
		    "t.yaml:6: log.json: 'maybe' is not true or false" },
		{ "list for a value", BASE "icap:\n  port: [1, 2]\n",
		    "t.yaml:6: icap.port: is a list; expected one value" },
		{ "value for a list", BASE "signatures:\n  sources: /a\n",
		    "t.yaml:6: signatures.sources: '/a' is not a list; expected [a, b] or lines of "
		    "- a" },
		{ "value for a section", BASE "icap: 5\n",
		    "t.yaml:5: icap: '5' is a value; expected keys below it" },
		{ "section for a value", BASE "mode:\n  a: b\n",
		    "t.yaml:6: mode: has keys below it; expected a value" },
		{ "list for a section", BASE "icap:\n- 1\n",
		    "t.yaml:6: icap: is a list; expected keys" },
		{ "given twice", BASE "mode: monitor\nmode: standard\n",
		    "t.yaml:6: mode: is given a second time (first in line 5)" },
		{ "not YAML", BASE "icap: {port: 1\n",
		    "t.yaml:6: not YAML: did not find expected ',' or '}'" },
		{ "tab", BASE "icap:\n\tport: 1\n",
		    "t.yaml:6: not YAML: found character that cannot start any token" },
		{ "a control byte", BASE "mode: \x01\n",
		    "t.yaml:5: not YAML: control characters are not allowed" },
		{ "half a character", BASE "\n\nmode: \xc3(\n",
		    "t.yaml:7: not YAML: invalid trailing UTF-8 octet" },
		{ "alias", BASE "log:\n  json: *a\n",
		    "t.yaml:6: log.json: expected a value, no alias; a text that begins with * or "
		    "& stands in quotes" },
		{ "a mask without quotes",
		    BASE "exclusions:\n- {criterion: url, value: *.test/*}\n",
		    "t.yaml:6: not YAML: did not find expected alphabetic or numeric character; a "
		    "text that begins with * or & stands in quotes" },
		{ "anchor", BASE "exclusions:\n- {criterion: url, value: &a b}\n",
		    "t.yaml:6: exclusions[0].value: expected a value, no anchor; a text that "
		    "begins "
		    "with * or & stands in quotes" },
		{ "an anchored section", BASE "icap: &a\n  port: 1\n",
		    "t.yaml:5: icap: expected a value, no anchor; a text that begins with * or & "
		    "stands in quotes" },
		{ "an anchored item", BASE "signatures:\n  sources:\n  - &a /b\n",
		    "t.yaml:7: signatures.sources[0]: expected a value, no anchor; a text that "
		    "begins with * or & stands in quotes" },
		{ "a key of two lines", BASE "\"a\\nb\": 1\n",
		    "t.yaml:5: a\\x0ab: no such key; expected one of mode, dataplane, icap, icaps, "
		    "tcp, profiles, limits, policy, delivery, cache, sandbox, signatures, "
		    "reputation, pages, log, http, exclusions" },
		{ "a value that a terminal would obey", BASE "mode: \"\\e[2J\\x7f\"\n",
		    "t.yaml:5: mode: '\\x1b[2J\\x7f' is not one of disabled, monitor, standard, "
		    "advanced" },
		{ "two documents", BASE "---\nmode: monitor\n",
		    "t.yaml:5: a second document; one is expected" },
		{ "a list", "- a\n", "t.yaml:1: expected keys and values" },
		{ "a word", "hello\n", "t.yaml:1: expected keys and values" },
		{ "empty", "",
		    "t.yaml: dataplane.addresses: expected at least one address with its prefix, "
		    "as "
		    "192.0.2.10/24" },
		{ "address without prefix",
		    "dataplane:\n  port: {interface: e}\n  addresses:\n  - 10.0.0.1/8\n  - "
		    "10.0.0.2\n",
		    "t.yaml:5: dataplane.addresses: '10.0.0.2' is not an address with its prefix, "
		    "as "
		    "192.0.2.10/24 or fd00:9::2/64" },
		{ "small MTU with IPv6",
		    "dataplane:\n  port: {interface: e, mtu: 1000}\n  addresses: ['fd00::1/64']\n",
		    "t.yaml:2: dataplane.port.mtu: 1000 is less than 1280, the least that the IPv6 "
		    "address fd00::1/64 needs" },
		{ "MTU too large", "dataplane:\n  port:\n    mtu: 9217\n",
		    "t.yaml:3: dataplane.port.mtu: '9217' is not a number from 576 to 9216" },
		{ "gateway", BASE "  gateways: [10.0.0.1/8]\n",
		    "t.yaml:5: dataplane.gateways: '10.0.0.1/8' is not an address, as 192.0.2.1 or "
		    "fd00:9::1" },
		{ "no interface", "dataplane:\n  addresses: [10.9.0.2/24]\n",
		    "t.yaml: dataplane.port.interface: expected the name of the kernel interface "
		    "to "
		    "use, as eth1" },
		{ "interface too long",
		    "dataplane:\n  port: {interface: abcdefghijklmnop}\n  addresses: "
		    "[10.9.0.2/24]\n",
		    "t.yaml:2: dataplane.port.interface: 'abcdefghijklmnop' is not an interface "
		    "name "
		    "of 1 to 15 bytes" },
		{ "PCI form",
		    "dataplane:\n  port:\n    kind: pci\n    pci: 03:00.0\n  addresses: "
		    "[10.9.0.2/24]\n",
		    "t.yaml:4: dataplane.port.pci: expected the PCI address of the device, as "
		    "0000:03:00.0" },
		{ "virtio without socket",
		    "dataplane:\n  port: {kind: virtio}\n  addresses: [10.9.0.2/24]\n",
		    "t.yaml: dataplane.port.socket: expected the path of the vhost-user socket, as "
		    "/run/sluice/port.sock" },
		{ "multicast MAC",
		    "dataplane:\n  port: {interface: e, mac: '01:00:5e:00:00:01'}\n"
		    "  addresses: [10.9.0.2/24]\n",
		    "t.yaml:2: dataplane.port.mac: '01:00:5e:00:00:01' is not a unicast MAC "
		    "address, "
		    "as 02:00:00:00:00:01" },
		{ "who may come", BASE "icap: {allow: [10.0.0.0/8, 10.0.0]}\n",
		    "t.yaml:5: icap.allow: '10.0.0' is not an address or subnet, as 10.0.0.0/8" },
		{ "one port for both", BASE "icaps: {port: 1344}\n",
		    "t.yaml:5: icaps.port: 1344 is icap.port; expected another, as 11344" },
		{ "no certificate", BASE "icaps: {port: 11344, key: /k}\n",
		    "t.yaml:5: icaps.certificate: expected the PEM file of the certificate, "
		    "because icaps.port is set" },
		{ "no key", BASE "icaps: {port: 11344, certificate: /c}\n",
		    "t.yaml:5: icaps.key: expected the PEM file of the key, because icaps.port is "
		    "set" },
		{ "names of nobody",
		    BASE "icaps: {port: 11344, certificate: /c, key: /k, client_names: [a]}\n",
		    "t.yaml:5: icaps.client_names: names are asked for, but no icaps.client_ca "
		    "says whose certificates count" },
		{ "an old version", BASE "icaps: {version_min: 1.1}\n",
		    "t.yaml:5: icaps.version_min: '1.1' is not one of 1.2, 1.3" },
		{ "path", BASE "icap: {reqmod_path: av}\n",
		    "t.yaml:5: icap.reqmod_path: 'av' is not a path, as /av/reqmod" },
		{ "same path", BASE "icap:\n  respmod_path: /av/reqmod\n",
		    "t.yaml:6: icap.respmod_path: '/av/reqmod' is the path of icap.reqmod_path; "
		    "expected another" },
		{ "sandbox object beyond the arena",
		    BASE "sandbox:\n  object_bytes_max: 200000000\n",
		    "t.yaml:6: sandbox.object_bytes_max: 200000000 is more than "
		    "dataplane.arena_mib: 128 can hold; expected at most 133693440" },
		{ "hold too long", BASE "sandbox: {hold_timeout_s: 901}\n",
		    "t.yaml:5: sandbox.hold_timeout_s: '901' is not a number from 1 to 900" },
		{ "label", BASE "reputation: {label: 'a b'}\n",
		    "t.yaml:5: reputation.label: 'a b' is not a word of letters, digits, _ and -, "
		    "at "
		    "most 32" },
		{ "listen", BASE "http: {listen: 8344}\n",
		    "t.yaml:5: http.listen: '8344' is not ADDRESS:PORT, as 127.0.0.1:8344; empty "
		    "for "
		    "no server" },
		{ "criterion", BASE "exclusions:\n- criterion: uri\n  value: a\n",
		    "t.yaml:6: exclusions[0].criterion: 'uri' is not one of format, user_agent, "
		    "md5, "
		    "url, source" },
		{ "exclusion without value", BASE "exclusions:\n- criterion: url\n",
		    "t.yaml:6: exclusions[0]: expected a key 'value'" },
		{ "exclusion with an unknown key",
		    BASE "exclusions:\n- {criterion: url, value: a, on: 1}\n",
		    "t.yaml:6: exclusions[0].on: no such key; expected one of criterion, value, "
		    "enabled" },
		{ "exclusion that is a word", BASE "exclusions: [a]\n",
		    "t.yaml:5: exclusions: 'a' is a value; expected criterion and value" },
		{ "MD5",
		    BASE
		    "exclusions:\n- criterion: url\n  value: a\n- criterion: md5\n  value: 12\n",
		    "t.yaml:9: exclusions[1].value: '12' is not an MD5, 32 hexadecimal digits" },
		{ "subnet", BASE "exclusions:\n- {criterion: source, value: 10.0.0.0/33}\n",
		    "t.yaml:6: exclusions[0].value: '10.0.0.0/33' is not an address or subnet, as "
		    "10.0.0.0/8" },
		{ "empty item", BASE "signatures:\n  sources:\n  - /a\n  -\n",
		    "t.yaml:8: signatures.sources: an item is empty; expected a text" },
		{ "key too deep", BASE "log:\n  json:\n    a:\n      b: 1\n",
		    "t.yaml:7: log.json: has keys below it; expected a value" },
	};
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CHECK_ROW(cases[i].name, load(cases[i].text, &c, error) == -EINVAL);
		CHECK_ROW(cases[i].name, c == NULL);
		CHECK_ROW(cases[i].name, strcmp(error, cases[i].error) == 0);
		if (strcmp(error, cases[i].error) != 0)
			fprintf(stderr, "    said: %s\n", error);
		config_free(c);
	}
}

TEST(config_overrides)
{
	static const struct {
		const char *name, *set, *error;
	} cases[] = {
		{ "number", "icap.port=2000", NULL },
		{ "word", "dataplane.port.kind=af_xdp", NULL },
		{ "list", "dataplane.addresses=10.1.0.1/24,fd00::1/64", NULL },
		{ "emptied list", "sandbox.formats=", NULL },
		{ "exclusions", "exclusions=url:*.a/*,source:10.0.0.0/8", NULL },
		{ "emptied text", "http.listen=", NULL },
		{ "no equals", "icap.port", "--set icap.port: expected KEY=VALUE" },
		{ "no key", "=1", "--set =1: expected KEY=VALUE" },
		{ "unknown key", "icap.prot=1",
		    "--set icap.prot: no such key; expected one of port, reqmod_path, "
		    "respmod_path, "
		    "preview_bytes, options_ttl_s, connections_max, "
		    "connections_per_source_max, head_timeout_ms, "
		    "body_timeout_ms, idle_timeout_ms, allow" },
		{ "bad value", "mode=fast",
		    "--set mode: 'fast' is not one of disabled, monitor, standard, advanced" },
		{ "a section", "icap=1", "--set icap: '1' is a value; expected keys below it" },
		{ "bad item", "dataplane.addresses=10.1.0.1/24,here",
		    "--set dataplane.addresses: 'here' is not an address with its prefix, as "
		    "192.0.2.10/24 or fd00:9::2/64" },
		{ "bad exclusion", "exclusions=url",
		    "--set exclusions: expected CRITERION:VALUE,CRITERION:VALUE" },
		{ "missing now", "dataplane.port.interface=",
		    "--set dataplane.port.interface: expected the name of the kernel interface to "
		    "use, as eth1" },
	};
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int rc = load_set(BASE "icap: {port: 7}\n", cases[i].set, &c, error);

		CHECK_ROW(cases[i].name, rc == (cases[i].error == NULL ? 0 : -EINVAL));
		CHECK_ROW(
		    cases[i].name, cases[i].error == NULL || strcmp(error, cases[i].error) == 0);
		if (cases[i].error == NULL ? rc != 0 : strcmp(error, cases[i].error) != 0)
			fprintf(stderr, "    said: %s\n", error);
		config_free(c);
	}
}

TEST(config_overrides_take_effect)
{
	static const char *const sets[] = { "icap.port=1", "icap.port=2000", "mode=monitor",
		"dataplane.addresses=10.1.0.1/24, fd00::1/64",
		"exclusions=url:*.a/*,source:10.0.0.0/8", "dataplane.port.mac=02:00:00:00:00:01" };
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c = NULL;

	CHECK(config_load_text(span_text(BASE "exclusions:\n- {criterion: md5, value: "
					      "00000000000000000000000000000000}\n"),
		  "t.yaml", sets, COUNT_OF(sets), &c, error) == 0);
	if (c == NULL)
		return;
	CHECK(c->icap.port == 2000 && c->mode == MODE_MONITOR);
	CHECK(c->dataplane.addresses_count == 2);
	CHECK(strcmp(c->dataplane.addresses[1], "fd00::1/64") == 0);
	CHECK(c->exclusions_count == 2 && c->exclusions[1].criterion == CRITERION_SOURCE);
	CHECK(strcmp(c->exclusions[0].value, "*.a/*") == 0 && c->exclusions[0].enabled);
	CHECK(strcmp(c->dataplane.port.mac, "02:00:00:00:00:01") == 0);
	config_free(c);
}

TEST(config_print_round_trips)
{
	static const char *const texts[] = { BASE,
		BASE "mode: disabled\nsandbox: {formats: [], kind: none}\nhttp: {listen: ''}\n",
		BASE "pages: {directory: \"/a \\\"b\\\" \\\\ \\t\xc3\xa9: #\"}\n"
		     "signatures: {sources: ['- x', '[', 'null', '']}\n",
		BASE
		"exclusions:\n- {criterion: user_agent, value: \"*\\\\?'x\", enabled: false}\n" };
	char error[CONFIG_ERROR_TEXT_MAX];

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct config *c, *again = NULL;
		char *first = NULL, *second = NULL;
		int rc = load(texts[i], &c, error);

		if (i == 2) { /* the empty item is refused; without it the rest is printed */
			CHECK(rc == -EINVAL);
			rc = load(BASE "pages: {directory: \"/a \\\"b\\\" \\\\ \\t\xc3\xa9: #\"}\n"
				       "signatures: {sources: ['- x', '[', 'null']}\n",
			    &c, error);
		}
		CHECK_ROW(texts[i], rc == 0);
		if (rc != 0)
			continue;
		first = config_print(c);
		CHECK_ROW(error, load(first, &again, error) == 0);
		if (again != NULL)
			second = config_print(again);
		CHECK_ROW(texts[i], second != NULL && strcmp(first, second) == 0);
		config_free(c);
		config_free(again);
		free(first);
		free(second);
	}
}

/* As many exclusions as the dataplane takes, and list items that are many. */
TEST(config_many_exclusions)
{
	char error[CONFIG_ERROR_TEXT_MAX], *text;
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);
	struct config *c = NULL;

	fputs(BASE "exclusions:\n", f);
	for (unsigned i = 0; i < 4096; i++)
		fprintf(f, "  - {value: 'v%u', enabled: %s, criterion: url}\n", i,
		    i % 2 != 0 ? "yes" : "no");
	fputs("signatures:\n  sources:\n", f);
	for (unsigned i = 0; i < 1000; i++)
		fprintf(f, "    - /s/%u\n", i);
	fclose(f);
	CHECK_ROW(error, load(text, &c, error) == 0);
	free(text);
	if (c == NULL)
		return;
	CHECK(c->exclusions_count == 4096 && c->signatures.sources_count == 1000);
	CHECK(strcmp(c->exclusions[4095].value, "v4095") == 0 && c->exclusions[4095].enabled);
	CHECK(strcmp(c->exclusions[10].value, "v10") == 0 && !c->exclusions[10].enabled);
	CHECK(strcmp(c->signatures.sources[999], "/s/999") == 0);
	config_free(c);
}

TEST(config_file_errors)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *c = NULL;

	CHECK(config_load("/nonexistent/sluice.yaml", NULL, 0, &c, error) == -ENOENT);
	CHECK(strcmp(error,
		  "/nonexistent/sluice.yaml: cannot be read: No such file or directory") == 0);
	CHECK(config_load("/", NULL, 0, &c, error) == -EISDIR);
	CHECK(c == NULL);
}
