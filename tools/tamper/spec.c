/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/tamper/spec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1%", "0.05%": in millionths; false where it is not a share between 0 and 100 %. */
static bool
parse_share(const char *text, uint32_t *ppm)
{
	char *end;
	double percent;

	if (*text < '0' || *text > '9')
		return false;
	percent = strtod(text, &end);
	if (strcmp(end, "%") != 0 || !(percent >= 0 && percent <= 100))
		return false;
	*ppm = (uint32_t)(percent * 10000 + 0.5);
	return true;
}

static bool
parse_delay(const char *text, uint32_t *us)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoul(text, &end, 10);
	if (n > TAMPER_DELAY_US_MAX)
		return false;
	if (strcmp(end, "ms") == 0)
		n *= 1000;
	else if (strcmp(end, "us") != 0)
		return false;
	*us = (uint32_t)n;
	return n <= TAMPER_DELAY_US_MAX;
}

static bool
parse_vlan(const char *text, uint16_t *vlan)
{
	char *end;
	unsigned long n;

	if (*text < '1' || *text > '9')
		return false;
	n = strtoul(text, &end, 10);
	*vlan = (uint16_t)n;
	return *end == 0 && n <= TAMPER_VLAN_MAX;
}

static int
parse_pair(char *pair, struct tamper_spec *out, char *error, size_t room)
{
	struct {
		const char *key;
		uint32_t *ppm;
	} shares[] = { { "loss", &out->loss_ppm }, { "reorder", &out->reorder_ppm },
		{ "dup", &out->dup_ppm }, { "corrupt", &out->corrupt_ppm },
		{ "ce", &out->ce_ppm } };
	char *value = strchr(pair, '=');

	if (value == NULL) {
		snprintf(error, room, "'%s': expected KEY=VALUE", pair);
		return -EINVAL;
	}
	*value++ = 0;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (strcmp(pair, shares[i].key) != 0)
			continue;
		if (parse_share(value, shares[i].ppm))
			return 0;
		snprintf(error, room, "%s='%s': expected a share from 0%% to 100%%", pair, value);
		return -EINVAL;
	}
	if (strcmp(pair, "vlan") == 0) {
		if (parse_vlan(value, &out->vlan))
			return 0;
		snprintf(error, room, "vlan='%s': expected a number from 1 to %u", value,
		    TAMPER_VLAN_MAX);
		return -EINVAL;
	}
	if (strcmp(pair, "delay") != 0)
		snprintf(error, room,
		    "'%s': expected loss, reorder, dup, corrupt, ce, delay or vlan", pair);
	else if (parse_delay(value, &out->delay_us))
		return 0;
	else
		snprintf(
		    error, room, "delay='%s': expected a time up to 10 s, as 500us or 5ms", value);
	return -EINVAL;
}

int
tamper_spec_parse(const char *text, struct tamper_spec *out, char *error, size_t room)
{
	char copy[256], *rest = copy, *pair;
	size_t bytes = strlen(text);
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (bytes == 0 || bytes >= sizeof(copy)) {
		snprintf(
		    error, room, "expected 1 to %zu bytes of KEY=VALUE pairs", sizeof(copy) - 1);
		return -EINVAL;
	}
	memcpy(copy, text, bytes + 1);
	while (rc == 0 && (pair = strsep(&rest, ",")) != NULL)
		rc = parse_pair(pair, out, error, room);
	return rc;
}
