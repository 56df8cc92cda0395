/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/alerts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1000000000LL
#define ALERTS_MAX    1000 /* that control gives at once */
#define AGE_MAX_S     (100LL * 365 * 24 * 3600)

/* Digits only, up to `most`; *end is behind them. */
static bool
parse_number(const char *text, long long most, long long *out, const char **end)
{
	char *stop;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoll(text, &stop, 10);
	*end = stop;
	return errno == 0 && *out <= most;
}

static bool
parse_age(const char *text, long long *seconds)
{
	static const struct {
		char letter;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const char *unit;

	if (!parse_number(text, AGE_MAX_S, seconds, &unit) || strlen(unit) != 1)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter == *unit) {
			*seconds *= units[i].seconds;
			return *seconds <= AGE_MAX_S;
		}
	}
	return false;
}

json_t *
alerts_request(int argc, char *const *argv, int64_t now_ns, const char **error)
{
	json_t *request = json_pack("{s:s}", "command", "alerts");
	long long number;
	const char *end;

	*error = NULL;
	for (int i = 0; i < argc && *error == NULL; i++) {
		if (strcmp(argv[i], "--since") == 0) {
			if (++i == argc || !parse_age(argv[i], &number))
				*error =
				    "alerts --since: expected an age such as 90s, 15m, 2h or 7d";
			else
				json_object_set_new(request, "since_ns",
				    json_integer(number * NS_PER_SECOND < now_ns
						     ? now_ns - number * NS_PER_SECOND
						     : 0));
		} else if (!parse_number(argv[i], ALERTS_MAX, &number, &end) || *end != 0 ||
			   number == 0) {
			*error = "alerts: expected how many, 1 to 1000, or --since AGE";
		} else {
			json_object_set_new(request, "limit", json_integer(number));
		}
	}
	if (*error == NULL)
		return request;
	json_decref(request);
	return NULL;
}

const char *
alerts_who(const json_t *alert)
{
	const char *client = json_string_value(json_object_get(alert, "client"));
	const char *peer = json_string_value(json_object_get(alert, "peer"));

	if (client != NULL && client[0] != 0)
		return client;
	return peer != NULL && peer[0] != 0 ? peer : "-";
}

const char *
alerts_threat(const json_t *alert, char out[ALERTS_CLASS_MAX])
{
	const char *threat = json_string_value(json_object_get(alert, "threat"));
	const char *class = json_string_value(json_object_get(alert, "source"));

	if (threat != NULL && threat[0] != 0)
		return threat;
	snprintf(out, ALERTS_CLASS_MAX, "(%s)", class != NULL ? class : "-");
	return out;
}
