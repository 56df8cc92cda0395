/* SPDX-License-Identifier: BSD-3-Clause */
/* What a schema can't say: values that must fit one another, and the forms of texts. */
#include "common/config/check.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/siphash.h"
#include "common/channel/channel.h"
#include "common/config/fields.h"

#define IPV6_MTU_MIN 1280 /* RFC 8200 §5 */
#define MIB          (1024u * 1024u)

/* What the text says of a path: the value, the list, or the n-th item of it. NULL: it does not. */
static const struct scan_node *
said_of(const struct scan *s, const char *path, unsigned item)
{
	const struct scan_node *n = scan_next_item(s, path, NULL);

	while (n != NULL && item-- > 0)
		n = scan_next_item(s, path, n);
	if (n == NULL)
		n = scan_find(s, path, SCAN_VALUE);
	return n != NULL ? n : scan_find(s, path, SCAN_LIST);
}

static int
check_addresses(const struct scan *s, const struct config *c)
{
	static const char path[] = "dataplane.addresses";

	if (c->dataplane.addresses_count == 0)
		return scan_fail(s, said_of(s, path, 0), path,
		    "expected at least one address with its prefix, as 192.0.2.10/24");
	for (unsigned i = 0; i < c->dataplane.addresses_count; i++) {
		const char *text = c->dataplane.addresses[i];
		struct ip_subnet subnet;

		if (strchr(text, '/') == NULL || subnet_parse(span_text(text), &subnet) != 0)
			return scan_fail(s, said_of(s, path, i), path,
			    "'%s' is not an address with its prefix, as 192.0.2.10/24 or "
			    "fd00:9::2/64",
			    text);
		if (!address_is_v4(&subnet.base) && c->dataplane.port.mtu < IPV6_MTU_MIN)
			return scan_fail(s, said_of(s, "dataplane.port.mtu", 0),
			    "dataplane.port.mtu",
			    "%u is less than %u, the least that the IPv6 address %s needs",
			    c->dataplane.port.mtu, IPV6_MTU_MIN, text);
	}
	return 0;
}

static int
check_gateways(const struct scan *s, const struct config *c)
{
	static const char path[] = "dataplane.gateways";

	for (unsigned i = 0; i < c->dataplane.gateways_count; i++) {
		const char *text = c->dataplane.gateways[i];
		struct ip_address address;

		if (address_parse(span_text(text), &address) != 0)
			return scan_fail(s, said_of(s, path, i), path,
			    "'%s' is not an address, as 192.0.2.1 or fd00:9::1", text);
	}
	return 0;
}

/* Whether a text has the form of a pattern, in which x stands for a hexadecimal digit. */
static bool
has_form(const char *text, const char *pattern)
{
	for (; *pattern != 0; pattern++, text++) {
		if (*pattern == 'x' ? !isxdigit((unsigned char)*text) : *text != *pattern)
			return false;
	}
	return *text == 0;
}

static bool
is_interface(const char *name)
{
	return name[0] != 0 && strlen(name) < IFNAMSIZ && strpbrk(name, "/ \t,=") == NULL;
}

static int
check_port(const struct scan *s, const struct config *c)
{
	const struct config_port *p = &c->dataplane.port;
	const char *interface = "dataplane.port.interface", *pci = "dataplane.port.pci";
	const char *socket = "dataplane.port.socket", *mac = "dataplane.port.mac";

	if (p->kind <= PORT_TAP && p->interface == NULL)
		return scan_fail(s, said_of(s, interface, 0), interface,
		    "expected the name of the kernel interface to use, as eth1");
	if (p->interface != NULL && !is_interface(p->interface))
		return scan_fail(s, said_of(s, interface, 0), interface,
		    "'%s' is not an interface name of 1 to %d bytes", p->interface, IFNAMSIZ - 1);
	if (p->kind == PORT_PCI && (p->pci == NULL || !has_form(p->pci, "xxxx:xx:xx.x")))
		return scan_fail(s, said_of(s, pci, 0), pci,
		    "expected the PCI address of the device, as 0000:03:00.0");
	if (p->kind == PORT_VIRTIO && (p->socket == NULL || p->socket[0] != '/'))
		return scan_fail(s, said_of(s, socket, 0), socket,
		    "expected the path of the vhost-user socket, as /run/sluice/port.sock");
	if (p->mac != NULL &&
	    (!has_form(p->mac, "xx:xx:xx:xx:xx:xx") || strtol(p->mac, NULL, 16) % 2 != 0))
		return scan_fail(s, said_of(s, mac, 0), mac,
		    "'%s' is not a unicast MAC address, as 02:00:00:00:00:01", p->mac);
	return 0;
}

static bool
is_service_path(const char *path)
{
	for (const char *p = path; *p != 0; p++) {
		if (*p <= ' ' || *p >= 0x7f || *p == '?')
			return false;
	}
	return path[0] == '/' && path[1] != 0 && strlen(path) < 256;
}

static int
check_icap(const struct scan *s, const struct config *c)
{
	static const char *const paths[] = { "icap.reqmod_path", "icap.respmod_path" };
	const char *const values[] = { c->icap.reqmod_path, c->icap.respmod_path };

	for (unsigned i = 0; i < 2; i++) {
		if (!is_service_path(values[i]))
			return scan_fail(s, said_of(s, paths[i], 0), paths[i],
			    "'%s' is not a path, as /av/reqmod", values[i]);
	}
	if (strcmp(values[0], values[1]) == 0)
		return scan_fail(s, said_of(s, paths[1], 0), paths[1],
		    "'%s' is the path of icap.reqmod_path; expected another", values[1]);
	return 0;
}

static int
check_access(const struct scan *s, const char *path, char *const *subnets, unsigned count)
{
	struct ip_subnet subnet;

	for (unsigned i = 0; i < count; i++) {
		if (subnet_parse(span_text(subnets[i]), &subnet) != 0)
			return scan_fail(s, said_of(s, path, i), path,
			    "'%s' is not an address or subnet, as 10.0.0.0/8", subnets[i]);
	}
	return 0;
}

static int
check_icaps(const struct scan *s, const struct config *c)
{
	static const char port[] = "icaps.port", names[] = "icaps.client_names";

	if (c->icaps.port == 0)
		return 0;
	if (c->icaps.port == c->icap.port)
		return scan_fail(s, said_of(s, port, 0), port,
		    "%u is icap.port; expected another, as 11344", c->icaps.port);
	if (c->icaps.certificate == NULL)
		return scan_fail(s, said_of(s, port, 0), "icaps.certificate",
		    "expected the PEM file of the certificate, because icaps.port is set");
	if (c->icaps.key == NULL)
		return scan_fail(s, said_of(s, port, 0), "icaps.key",
		    "expected the PEM file of the key, because icaps.port is set");
	if (c->icaps.client_names_count > 0 && c->icaps.client_ca == NULL)
		return scan_fail(s, said_of(s, names, 0), names,
		    "names are asked for, but no icaps.client_ca says whose certificates count");
	return 0;
}

/* The limits that must fit one another. */
static int
check_sandbox(const struct scan *s, const struct config *c)
{
	static const char path[] = "sandbox.object_bytes_max";
	uint64_t blocks = (uint64_t)c->dataplane.arena_mib * MIB / ARENA_BLOCK_BYTES;
	uint64_t room = blocks * ARENA_PAYLOAD_BYTES;

	if (c->sandbox.kind != SANDBOX_NONE && c->sandbox.object_bytes_max > room)
		return scan_fail(s, said_of(s, path, 0), path,
		    "%llu is more than dataplane.arena_mib: %u can hold; expected at most %llu",
		    (unsigned long long)c->sandbox.object_bytes_max, c->dataplane.arena_mib,
		    (unsigned long long)room);
	return 0;
}

static bool
is_label(const char *text)
{
	size_t bytes =
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return bytes > 0 && bytes <= 32 && text[bytes] == 0;
}

static int
check_texts(const struct scan *s, const struct config *c)
{
	struct span listen = span_text(c->http.listen);
	struct ip_address address;
	uint16_t port;

	if (!is_label(c->reputation.label))
		return scan_fail(s, said_of(s, "reputation.label", 0), "reputation.label",
		    "'%s' is not a word of letters, digits, _ and -, at most 32",
		    c->reputation.label);
	if (listen.bytes > 0 && address_parse_port(listen, &address, &port) != 0)
		return scan_fail(s, said_of(s, "http.listen", 0), "http.listen",
		    "'%s' is not ADDRESS:PORT, as 127.0.0.1:8344; empty for no server",
		    c->http.listen);
	return 0;
}

/* What a value should have been; NULL: it is that. */
static const char *
exclusion_expects(enum config_criterion criterion, const char *value)
{
	struct ip_subnet subnet;

	if (criterion == CRITERION_SOURCE && subnet_parse(span_text(value), &subnet) != 0)
		return "an address or subnet, as 10.0.0.0/8";
	if (criterion == CRITERION_MD5 && !has_form(value, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
		return "an MD5, 32 hexadecimal digits";
	return NULL;
}

static int
check_exclusion_text(const struct scan *s, const struct config_exclusion *e, unsigned index)
{
	char path[SCAN_PATH_MAX];
	const char *expected = exclusion_expects(e->criterion, e->value);

	snprintf(path, sizeof(path), "exclusions[%u].value", index);
	return expected == NULL ? 0
				: scan_fail(s, scan_find(s, path, SCAN_VALUE), path,
				      "'%s' is not %s", e->value, expected);
}

int
config_exclusion_parse(const char *criterion, const char *value, struct config_exclusion *out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	char words[CONFIG_ERROR_TEXT_MAX / 2];
	const char *expected;
	unsigned i = 0;

	while (i < config_criterion_words_count &&
	       strcmp(config_criterion_words[i].str, criterion) != 0)
		i++;
	if (i == config_criterion_words_count) {
		config_words_text(
		    config_criterion_words, config_criterion_words_count, words, sizeof(words));
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "'%s' is not one of %s", criterion, words);
		return -EINVAL;
	}
	out->criterion = (enum config_criterion)config_criterion_words[i].val;
	out->value = (char *)(uintptr_t)value;
	out->enabled = true;
	expected = value[0] != 0 ? exclusion_expects(out->criterion, value) : "a text";
	if (expected != NULL)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "'%s' is not %s", value, expected);
	return expected == NULL ? 0 : -EINVAL;
}

const char *
config_criterion_word(enum config_criterion c)
{
	for (unsigned i = 0; i < config_criterion_words_count; i++) {
		if ((enum config_criterion)config_criterion_words[i].val == c)
			return config_criterion_words[i].str;
	}
	return "";
}

uint64_t
config_exclusion_key(const struct config_exclusion *e)
{
	static const struct siphash_key key = { 0x736c756963652d65, 0x78636c7573696f6e };
	uint64_t h = siphash(&key, e->value, strlen(e->value)) + (uint64_t)e->criterion;

	return h != 0 ? h : 1;
}

int
check_config(const struct scan *s, const struct config *c)
{
	int rc = check_addresses(s, c);

	rc = rc != 0 ? rc : check_gateways(s, c);
	rc = rc != 0 ? rc : check_port(s, c);
	rc = rc != 0 ? rc : check_icap(s, c);
	rc = rc != 0 ? rc : check_icaps(s, c);
	rc = rc != 0 ? rc : check_access(s, "icap.allow", c->icap.allow, c->icap.allow_count);
	rc = rc != 0 ? rc : check_access(s, "icaps.allow", c->icaps.allow, c->icaps.allow_count);
	rc = rc != 0 ? rc : check_sandbox(s, c);
	rc = rc != 0 ? rc : check_texts(s, c);
	for (unsigned i = 0; i < c->exclusions_count && rc == 0; i++)
		rc = check_exclusion_text(s, &c->exclusions[i], i);
	return rc;
}
