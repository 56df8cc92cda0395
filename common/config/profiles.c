/* SPDX-License-Identifier: BSD-3-Clause */
/* All profiles of a configuration, shipped and of its directory, and the rules that choose. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/config/profile.h"

#define PROFILE_BYTES_MAX 65536
#define SUFFIX            ".yaml"

static int
fail(char *error, const char *key, const char *text, const char *expected)
{
	snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: '%.200s', expected %s", key, text, expected);
	return -EINVAL;
}

/* The index of a profile; p->count: none of that name. */
static unsigned
find(const struct config_profiles *p, struct span name)
{
	unsigned i = 0;

	while (i < p->count && !span_is(name, p->list[i].name))
		i++;
	return i;
}

static int
add_shipped(struct config_profiles *p, char *error)
{
	struct config_shipped_profile file;
	int rc = 0;

	while (rc == 0 && (file = config_shipped_profile(p->count)).name != NULL) {
		config_profile_init(&p->list[p->count], file.name);
		rc = config_profile_parse(file.text, file.name, &p->list[p->count], error);
		p->count++;
	}
	return rc;
}

static bool
is_name(struct span name)
{
	for (size_t i = 0; i < name.bytes; i++) {
		uint8_t c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return name.bytes > 0 && name.bytes < CONFIG_PROFILE_NAME_MAX;
}

/* Reads a whole file; -errno, or how many bytes it has. */
static ssize_t
read_file(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, room);
	if (n < 0)
		n = -errno;
	close(fd);
	return n == (ssize_t)room ? -EFBIG : n;
}

static int
add_file(struct config_profiles *p, const char *directory, const char *file, char *error)
{
	static const char expected[] = "NAME.yaml with a name of a-z, 0-9, - and _";
	struct span name = span_of(file, strlen(file) - strlen(SUFFIX));
	char path[512], text[PROFILE_BYTES_MAX], word[CONFIG_PROFILE_NAME_MAX];
	unsigned at = find(p, name);
	ssize_t n;

	if (!is_name(name))
		return fail(error, "profiles.directory", file, expected);
	if (at == CONFIG_PROFILES_MAX)
		return fail(error, "profiles.directory", file, "fewer profiles");
	snprintf(path, sizeof(path), "%s/%s", directory, file);
	snprintf(word, sizeof(word), "%.*s", (int)name.bytes, file);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return fail(error, "profiles.directory", path, strerror((int)-n));
	config_profile_init(&p->list[at], word);
	p->count += at == p->count;
	return config_profile_parse(span_of(text, (size_t)n), path, &p->list[at], error);
}

static int
add_directory(struct config_profiles *p, const char *path, char *error)
{
	DIR *directory = path != NULL && path[0] != 0 ? opendir(path) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (directory == NULL)
		return path == NULL || path[0] == 0
			   ? 0
			   : fail(error, "profiles.directory", path, "a directory");
	while (rc == 0 && (entry = readdir(directory)) != NULL) {
		size_t bytes = strlen(entry->d_name);

		if (bytes > strlen(SUFFIX) &&
		    strcmp(entry->d_name + bytes - strlen(SUFFIX), SUFFIX) == 0)
			rc = add_file(p, path, entry->d_name, error);
	}
	closedir(directory);
	return rc;
}

/* Of a service; a query is no part of it. */
static bool
is_path(struct span s)
{
	for (size_t i = 0; i < s.bytes; i++) {
		if (s.data[i] <= ' ' || s.data[i] >= 0x7f || s.data[i] == '?')
			return false;
	}
	return s.data[0] == '/';
}

/* "10.0.0.0/8 squid": what it goes by, and the profile behind the last blank. */
static int
add_rule(struct config_profiles *p, enum config_rule_kind kind, const char *key, const char *text,
    char *error)
{
	struct config_profile_rule *r = &p->rules[p->rule_count];
	const char *blank = strrchr(text, ' ');
	struct span what = span_trim(span_of(text, blank != NULL ? (size_t)(blank - text) : 0));

	if (what.bytes == 0)
		return fail(error, key, text, "what to go by, a blank, and a profile");
	if (p->rule_count == CONFIG_PROFILE_RULES_MAX)
		return fail(error, key, text, "fewer rules");
	if (kind == RULE_PATH && !is_path(what))
		return fail(error, key, text, "a path, as /avscan");
	if (what.bytes >= sizeof(r->text))
		return fail(error, key, text, "a shorter text");
	if (kind == RULE_PATH) /* "/", the empty path, which some clients ask for, becomes "" */
		what = span_of(what.data + 1, what.bytes - 1);
	r->kind = kind;
	if (kind == RULE_SOURCE && subnet_parse(what, &r->subnet) != 0)
		return fail(error, key, text, "an address or subnet, as 10.0.0.0/8");
	memcpy(r->text, what.data, what.bytes);
	r->profile = find(p, span_text(blank + 1));
	if (r->profile == p->count)
		return fail(error, key, text, "the name of a profile at its end");
	p->rule_count++;
	return 0;
}

static int
add_rules(struct config_profiles *p, enum config_rule_kind kind, const char *key,
    char *const *texts, unsigned count, char *error)
{
	int rc = 0;

	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = add_rule(p, kind, key, texts[i], error);
	return rc;
}

static int
add_all_rules(struct config_profiles *p, const struct config *c, char *error)
{
	int rc = add_rules(
	    p, RULE_PATH, "profiles.paths", c->profiles.paths, c->profiles.paths_count, error);

	rc = rc != 0 ? rc
		     : add_rules(p, RULE_SOURCE, "profiles.sources", c->profiles.sources,
			   c->profiles.sources_count, error);
	rc = rc != 0 ? rc
		     : add_rules(p, RULE_AGENT, "profiles.agents", c->profiles.agents,
			   c->profiles.agents_count, error);
	p->fallback = find(p, span_text(c->profiles.fallback));
	if (rc == 0 && p->fallback == p->count)
		rc =
		    fail(error, "profiles.fallback", c->profiles.fallback, "the name of a profile");
	return rc;
}

int
config_profiles_load(
    const struct config *c, struct config_profiles **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct config_profiles *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "profiles: out of memory");
		return -ENOMEM;
	}
	rc = add_shipped(p, error);
	rc = rc != 0 ? rc : add_directory(p, c->profiles.directory, error);
	rc = rc != 0 ? rc : add_all_rules(p, c, error);
	if (rc != 0)
		config_profiles_free(p);
	else
		*out = p;
	return rc;
}

void
config_profiles_free(struct config_profiles *p)
{
	free(p);
}
