/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sluicectl/include.h"

static char sentence[512];

/* A file of this name and a descriptor of it, appended. False: said why. */
static bool
add_file(json_t *files, const char *name)
{
	char *path = realpath(name, NULL);
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;
	json_t *item;

	if (fd < 0) {
		snprintf(sentence, sizeof(sentence), "%.400s: %s", name, strerror(errno));
		free(path);
		return false;
	}
	item = json_pack("{s:s, s:i}", "name", path, "fd", fd);
	free(path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && item != NULL)
		return json_array_append_new(files, item) == 0;
	snprintf(sentence, sizeof(sentence), "%.400s: %s", name,
	    item == NULL ? "its name is not UTF-8" : "not a regular file");
	json_decref(item);
	close(fd);
	return false;
}

static json_t *
request_try(int argc, char **argv)
{
	json_t *files = json_array();

	for (int i = 0; i < argc; i++) {
		if (!add_file(files, argv[i])) {
			json_decref(files);
			return NULL;
		}
	}
	for (int i = 0; i < argc; i++) {
		const json_t *file = json_array_get(files, (size_t)i);

		if (!include_add_all(files, (size_t)i,
			json_string_value(json_object_get(file, "name")), sentence,
			sizeof(sentence))) {
			json_decref(files);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "command", "sig", "try", files);
}

json_t *
sig_request(int argc, char **argv, const char **error, bool *is_usage)
{
	static const char *const plain[] = { "reload", "promote", "rollback", "drop" };

	*error = sentence;
	*is_usage = true;
	if (argc == 0 || (argc == 1 && strcmp(argv[0], "status") == 0))
		return json_pack("{s:s}", "command", "sig");
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (argc == 1 && strcmp(argv[0], plain[i]) == 0)
			return json_pack("{s:s, s:b}", "command", "sig", plain[i], 1);
	}
	if (argc == 2 && strcmp(argv[0], "drop") == 0 && strcmp(argv[1], "promoted") == 0)
		return json_pack("{s:s, s:s}", "command", "sig", "drop", "promoted");
	*is_usage = argc < 2 || strcmp(argv[0], "try") != 0;
	if (!*is_usage)
		return request_try(argc - 1, argv + 1);
	snprintf(sentence, sizeof(sentence),
	    "sig: expected status, reload, try FILE..., promote, rollback or drop [promoted]");
	return NULL;
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL && text[0] != 0 ? text : "-";
}

static json_int_t
number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void
print_rules(const json_t *rules)
{
	size_t i;
	json_t *r;

	if (json_array_size(rules) > 0)
		printf("%10s %10s  %-24s  %s\n", "objects", "new", "last", "found");
	json_array_foreach(rules, i, r) printf("%10" JSON_INTEGER_FORMAT " %10" JSON_INTEGER_FORMAT
					       "  %-24s  %s\n",
	    number_of(r, "objects"), number_of(r, "new"), text_of(r, "last"), text_of(r, "threat"));
}

static void
print_found(const json_t *found)
{
	size_t i;
	json_t *h;

	json_array_foreach(found, i, h)
	    printf("%s  %-15s  %-7s  %-24s  %s  %s\n", text_of(h, "time"), text_of(h, "client"),
		json_is_true(json_object_get(h, "new")) ? "passes" : "bad", text_of(h, "threat"),
		text_of(h, "uuid"), text_of(h, "url"));
}

void
print_trial(const json_t *trial)
{
	static const char *const counts[] = { "loaded", "rules_for_sandbox", "left_out", "objects",
		"clean", "bad", "trusted", "sandbox", "error" };
	size_t i;
	json_t *name;

	if (!json_is_object(trial)) {
		printf("%-22s %s\n", "tried", "-");
		return;
	}
	printf("%-22s", "tried");
	json_array_foreach(json_object_get(trial, "files"), i, name)
	    printf(" %s", json_string_value(name));
	printf("\n  %-20s %s\n  %-20s %s\n  %-20s %s\n  %-20s %s\n", "since",
	    text_of(trial, "since"), "running",
	    json_is_true(json_object_get(trial, "running")) ? "yes" : "no", "trouble",
	    text_of(trial, "trouble"), "generation", text_of(trial, "generation"));
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		printf(
		    "  %-20s %" JSON_INTEGER_FORMAT "\n", counts[i], number_of(trial, counts[i]));
	print_rules(json_object_get(trial, "rules"));
	print_found(json_object_get(trial, "found"));
}
