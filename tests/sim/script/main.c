/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp-script: runs packet scripts, each over IPv4 and over IPv6, and counts; see usage below. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/sim/script/script.h"
#include "tests/sim/sim.h"

#define PATH_BYTES 4096

static const char usage[] =
    "usage: tcp-script [-t] [-4 | -6] FILE|FOLDER...\n"
    "Runs packet scripts (docs/tcp-scripts.md) against the TCP library in virtual time, each over "
    "IPv4\n"
    "and over IPv6; over IPv6 both sides' sequence numbers start just below their wrap.\n"
    "  -t  print every segment\n"
    "  -4  -6  over that only\n"
    "A folder stands for every .pkt below it, less what lies in a folder named pending.\n"
    "Exit: 0 all passed, 1 some failed, 2 wrong arguments.\n";

static struct {
	bool trace, only_4, only_6;
	unsigned passed, failed;
} state;

/* The whole file, NUL-terminated; NULL when it cannot be read. */
static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t bytes = 0, room = 1 << 16;
	char *text = malloc(room);

	while (f != NULL && text != NULL) {
		bytes += fread(text + bytes, 1, room - 1 - bytes, f);
		if (bytes < room - 1)
			break;
		text = realloc(text, room *= 2);
	}
	if (f == NULL || text == NULL) {
		free(text);
		text = NULL;
	} else {
		text[bytes] = '\0';
	}
	if (f != NULL)
		fclose(f);
	return text;
}

static void
report(const char *path, bool passed, const char *why)
{
	state.passed += passed;
	state.failed += !passed;
	if (!passed)
		printf("FAIL %s %s\n", path, why);
}

static void
run_variants(const struct script *s)
{
	static const struct {
		const char *name;
		uint32_t version;
		struct script_variant v;
	} variants[] = {
		{ "over IPv4", 4, { .ipv6 = false, .wraps = false } },
		{ "over IPv6, numbers wrapping", 6, { .ipv6 = true, .wraps = true } },
	};
	char error[SCRIPT_ERROR_MAX], why[SCRIPT_ERROR_MAX + 64];

	for (unsigned i = 0; i < 2; i++) {
		if ((s->ip_version != 0 && s->ip_version != variants[i].version) ||
		    (variants[i].version == 4 ? state.only_6 : state.only_4))
			continue;
		snprintf(why, sizeof(why), "%s", variants[i].name);
		if (script_run(s, variants[i].v, state.trace, error) == 0) {
			report(s->name, true, why);
			continue;
		}
		snprintf(why, sizeof(why), "%s\n  %s", variants[i].name, error);
		report(s->name, false, why);
	}
}

static void
run_file(const char *path)
{
	char error[SCRIPT_ERROR_MAX], *text = read_file(path);
	struct script s;

	if (text == NULL) {
		report(path, false, "cannot be read");
		return;
	}
	if (script_parse(&s, path, text, error) == 0)
		run_variants(&s);
	else
		report(path, false, error);
	script_fini(&s);
	free(text);
}

static bool
is_script(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".pkt") == 0;
}

static void run_path(const char *path);

static void
run_folder(const char *path)
{
	struct dirent **found;
	int n = scandir(path, &found, NULL, alphasort);
	char below[PATH_BYTES];

	for (int i = 0; i < n; i++) {
		const char *name = found[i]->d_name;
		bool folder = strchr(name, '.') == NULL && strcmp(name, "pending") != 0;

		snprintf(below, sizeof(below), "%s/%s", path, name);
		if (folder || is_script(name))
			run_path(below);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void
run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		run_folder(path);
	else
		run_file(path);
}

static int
wrong_use(const char *what)
{
	fprintf(stderr, "tcp-script: %s\n%s", what, usage);
	return 2;
}

int
main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return fputs(usage, stdout) < 0;
		if (strcmp(argv[i], "-t") == 0)
			state.trace = true;
		else if (strcmp(argv[i], "-4") == 0)
			state.only_4 = true;
		else if (strcmp(argv[i], "-6") == 0)
			state.only_6 = true;
		else
			return wrong_use(argv[i]);
	}
	if (i == argc)
		return wrong_use("no script named");
	if (sim_eal_init() != 0)
		return wrong_use("EAL does not start: is there memory for 256 MiB?");
	for (; i < argc; i++)
		run_path(argv[i]);
	printf("%u passed, %u failed\n", state.passed, state.failed);
	return state.failed > 0 || state.passed == 0;
}
