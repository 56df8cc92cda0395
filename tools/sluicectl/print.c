/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/print.h"

#include "tools/sluicectl/alerts.h"
#include "tools/sluicectl/print_tcp.h"
#include "tools/sluicectl/sig.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void print_value(const char *name, const json_t *value, int indent);

/* Words on one line, sentences with commas between them; objects below it. */
static void
print_list(const char *name, const json_t *list, int indent)
{
	bool has_blanks = false;
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && strchr(json_string_value(item), ' ') != NULL)
			has_blanks = true;
	}
	printf("%*s%-22s%s", indent, "", name, json_array_size(list) == 0 ? " none" : "");
	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			printf("%s %s", has_blanks && i > 0 ? "," : "", json_string_value(item));
	}
	putchar('\n');
	json_array_foreach(list, i, item)
	{
		if (json_is_object(item))
			print_value("-", item, indent + 2);
	}
}

static void
print_value(const char *name, const json_t *value, int indent)
{
	const char *key;
	json_t *inner;

	if (json_is_object(value)) {
		printf("%*s%s:\n", indent, "", name);
		json_object_foreach((json_t *)(uintptr_t)value, key, inner)
		    print_value(key, inner, indent + 2);
	} else if (json_is_array(value)) {
		print_list(name, value, indent);
	} else if (json_is_string(value)) {
		printf("%*s%-22s %s\n", indent, "", name,
		    json_string_length(value) != 0 ? json_string_value(value) : "-");
	} else if (json_is_boolean(value)) {
		printf("%*s%-22s %s\n", indent, "", name, json_is_true(value) ? "yes" : "no");
	} else {
		printf("%*s%-22s %" JSON_INTEGER_FORMAT "\n", indent, "", name,
		    json_integer_value(value));
	}
}

static const char *
outcome_word(const json_t *alert)
{
	if (json_is_true(json_object_get(alert, "cut")))
		return "cut off";
	return json_is_true(json_object_get(alert, "blocked")) ? "blocked" : "passed";
}

static void
print_alert(const json_t *a)
{
	char class[ALERTS_CLASS_MAX];

	printf("%s  %-15s  %-9s  %-24s  %s", json_string_value(json_object_get(a, "time")),
	    alerts_who(a), outcome_word(a), alerts_threat(a, class),
	    json_string_value(json_object_get(a, "url")));
}

/* Each ends with what `explain` is asked by. */
static void
print_alerts(json_t *list)
{
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a)
	{
		print_alert(a);
		printf("  %s\n", json_string_value(json_object_get(a, "uuid")));
	}
	if (json_array_size(list) == 0)
		puts("no alerts");
}

/* Below a heading, as one of the things that are known of an object, whose UUID all of them have.
 */
static void
print_alerts_of_object(json_t *list)
{
	size_t i;
	json_t *a;

	if (json_array_size(list) == 0)
		printf("%-22s none\n", "alerts");
	else
		puts("alerts:");
	json_array_foreach(list, i, a)
	{
		printf("  ");
		print_alert(a);
		putchar('\n');
	}
}

static void
print_exclusions(json_t *list)
{
	size_t i;
	json_t *x;

	json_array_foreach(list, i, x)
	{
		json_int_t id = json_integer_value(json_object_get(x, "id"));
		char number[24] = "-"; /* of sluice.yaml: changed there */

		if (id != 0)
			snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, id);
		printf("%4s  %-10s  %-8s  %8" JSON_INTEGER_FORMAT "  %s\n", number,
		    json_string_value(json_object_get(x, "criterion")),
		    json_is_true(json_object_get(x, "enabled")) ? "enabled" : "disabled",
		    json_integer_value(json_object_get(x, "hits")),
		    json_string_value(json_object_get(x, "value")));
	}
	if (json_array_size(list) == 0)
		puts("no exclusions");
}

/* What people read; the answer's own names are the labels. */
void
print_answer(json_t *answer, bool as_json)
{
	const char *key;
	json_t *value;

	if (as_json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	json_object_foreach(answer, key, value)
	{
		if (strcmp(key, "ok") == 0 || strcmp(key, "next") == 0) /* programs' words */
			continue;
		if (strcmp(key, "alerts") == 0 && json_object_get(answer, "object") != NULL)
			print_alerts_of_object(value);
		else if (strcmp(key, "alerts") == 0 && json_is_array(value))
			print_alerts(value);
		else if (strcmp(key, "exclusions") == 0 && json_is_array(value))
			print_exclusions(value);
		else if (strcmp(key, "tcp_connections") == 0)
			print_connections(value);
		else if (strcmp(key, "tcp_counters") == 0)
			print_tcp_counters(value);
		else if (strcmp(key, "summary") == 0)
			print_tcp_summary(value, json_object_get(answer, "tcp_connections"));
		else if (strcmp(key, "tried") == 0)
			print_trial(value);
		else
			print_value(key, value, 0);
	}
}
