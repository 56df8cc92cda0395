/* SPDX-License-Identifier: BSD-3-Clause */
/* Flags, and the sysctls that the plug can honour. */
#include "tests/sim/packetdrill/plug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_DEFAULT       1500
#define RECEIVE_BYTES     (15u << 20) /* a window scale of 8, as Linux has with its usual tcp_rmem */
#define RECEIVE_BYTES_MAX (1u << 30)  /* RFC 7323 §2.3 */
#define SEND_BYTES        (4u << 20)
#define SYN_RETRIES_LINUX 6

static int
parse_word(struct plug_settings *s, const char *word)
{
	if (strncmp(word, "local=", 6) == 0)
		return address_parse(span_text(word + 6), &s->local);
	if (strncmp(word, "mtu=", 4) == 0) {
		s->mtu = (uint32_t)strtoul(word + 4, NULL, 10);
		return s->mtu > 40 && s->mtu <= 65535 ? 0 : -1;
	}
	if (strncmp(word, "merged=", 7) == 0) {
		s->merged_mss = (uint32_t)strtoul(word + 7, NULL, 10);
		return s->merged_mss > 0 && s->merged_mss <= 65535 ? 0 : -1;
	}
	if (strcmp(word, "nopush") == 0) {
		s->no_push = true;
		return 0;
	}
	if (strcmp(word, "bsd") == 0) {
		s->linux_ways = false;
		return 0;
	}
	return -1;
}

int
settings_parse_flags(struct plug_settings *s, const char *flags)
{
	char words[256], *rest = words, *word;

	*s = (struct plug_settings){ .linux_ways = true,
		.sack = true,
		.timestamps = true,
		.scale = true,
		.ecn = 2,
		.mtu = MTU_DEFAULT,
		.receive_bytes = RECEIVE_BYTES,
		.send_bytes = SEND_BYTES,
		.syn_retries = SYN_RETRIES_LINUX };
	if (flags == NULL)
		return 0;
	if (snprintf(words, sizeof(words), "%s", flags) >= (int)sizeof(words))
		return -1;
	while ((word = strsep(&rest, " ,")) != NULL) {
		if (*word != '\0' && parse_word(s, word) != 0)
			return -1;
	}
	return 0;
}

/* Number `at`, from 0, in DIRECTORY/NAME; the script wrote it there in the place of /proc/sys. */
static bool
read_number_at(const char *name, unsigned at, unsigned long *out)
{
	const char *directory = getenv("SLUICE_SYSCTL");
	char path[512], text[128] = "", *begin = text, *end;
	FILE *f;

	if (directory == NULL ||
	    snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return false;
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	fclose(f);
	for (;; begin = end) {
		*out = strtoul(begin, &end, 0);
		if (end == begin || at-- == 0)
			return end != begin;
	}
}

static bool
read_number(const char *name, unsigned long *out)
{
	return read_number_at(name, 0, out);
}

void
settings_read_sysctls(struct plug_settings *s)
{
	unsigned long n;

	if (read_number("net/ipv4/tcp_ecn", &n))
		s->ecn = (unsigned)n;
	if (read_number("net/ipv4/tcp_sack", &n) || read_number("net/inet/tcp/sack/enable", &n))
		s->sack = n != 0;
	if (read_number("net/ipv4/tcp_timestamps", &n))
		s->timestamps = n != 0;
	if (read_number("net/ipv4/tcp_slow_start_after_idle", &n))
		s->keeps_window = n == 0;
	if (read_number("net/ipv4/tcp_window_scaling", &n))
		s->scale = n != 0;
	if (read_number("net/inet/tcp/rfc1323", &n))
		s->scale = s->timestamps = n != 0;
	/* What a socket's window may become, where it does not say itself: its scale follows. */
	if (!s->receive_is_set && read_number_at("net/ipv4/tcp_rmem", 2, &n) && n > 0)
		s->receive_bytes = n < RECEIVE_BYTES_MAX ? (uint32_t)n : RECEIVE_BYTES_MAX;
	if (read_number("net/ipv4/tcp_syn_retries", &n))
		s->syn_retries = (uint32_t)n;
	if (read_number("net/inet/tcp/drop_synfin", &n))
		s->drop_syn_fin = n != 0;
}
