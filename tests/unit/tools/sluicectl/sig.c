/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl sig: its words, and which files it hands over. */
#include "tools/sluicectl/sig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const struct {
	const char *name;
	char *words[4];
	const char *request; /* empty: refused */
	const char *error;
	bool is_usage;
} rows[] = {
	{ "alone", { NULL }, "{\"command\":\"sig\"}", "", false },
	{ "status", { "status" }, "{\"command\":\"sig\"}", "", false },
	{ "reload", { "reload" }, "{\"command\":\"sig\",\"reload\":true}", "", false },
	{ "promote", { "promote" }, "{\"command\":\"sig\",\"promote\":true}", "", false },
	{ "rollback", { "rollback" }, "{\"command\":\"sig\",\"rollback\":true}", "", false },
	{ "drop", { "drop" }, "{\"command\":\"sig\",\"drop\":true}", "", false },
	{ "drop promoted", { "drop", "promoted" }, "{\"command\":\"sig\",\"drop\":\"promoted\"}",
	    NULL, false },
	{ "drop what", { "drop", "all" }, "", "sig: expected status", true },
	{ "an unknown word", { "undo" }, "", "sig: expected status", true },
	{ "a word too many", { "promote", "x" }, "", "sig: expected status", true },
	{ "no file", { "try" }, "", "sig: expected status", true },
	{ "a file that is not there", { "try", "/none/x.lit" }, "",
	    "/none/x.lit: No such file or directory", false },
	{ "a directory", { "try", "/" }, "", "/: not a regular file", false },
	{ "a device", { "try", "/dev/null" }, "", "/dev/null: not a regular file", false },
};

TEST(sig_words)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *error = "";
		bool is_usage = false;
		int count = 0;
		json_t *request;
		char *text;

		while (count < 4 && rows[i].words[count] != NULL)
			count++;
		request = sig_request(count, (char **)(uintptr_t)rows[i].words, &error, &is_usage);
		text = request != NULL ? json_dumps(request, JSON_COMPACT) : strdup("");
		CHECK_ROW(rows[i].name, strcmp(text, rows[i].request) == 0);
		CHECK_ROW(rows[i].name,
		    request != NULL || strncmp(error, rows[i].error, strlen(rows[i].error)) == 0);
		CHECK_ROW(rows[i].name, request != NULL || is_usage == rows[i].is_usage);
		free(text);
		json_decref(request);
	}
}

/* The name that control shows is the file's own, however it was reached. */
TEST(sig_try_hands_over_files)
{
	char path[] = "/tmp/sluice-sig-XXXXXX", link[64], bytes[4] = "";
	const char *error = "";
	bool is_usage;
	int fd = mkstemp(path);
	char *words[] = { "try", link, path };
	json_t *request, *file;
	const json_t *files;

	CHECK(fd >= 0 && write(fd, "abc", 3) == 3);
	snprintf(link, sizeof(link), "%s.link", path);
	CHECK(symlink(path, link) == 0);
	request = sig_request(3, words, &error, &is_usage);
	files = json_object_get(request, "try");
	CHECK(json_array_size(files) == 2);
	for (size_t i = 0; i < json_array_size(files); i++) {
		int handed;

		file = json_array_get(files, i);
		handed = (int)json_integer_value(json_object_get(file, "fd"));
		CHECK(strcmp(json_string_value(json_object_get(file, "name")), path) == 0);
		CHECK(pread(handed, bytes, 3, 0) == 3 && memcmp(bytes, "abc", 3) == 0);
		close(handed);
	}
	json_decref(request);
	close(fd);
	unlink(link);
	unlink(path);
}

/* What main.yar says, the files besides it, and what is handed over or said. */
static const struct {
	const char *name, *main;
	const char *files[3][2];
	const char *as; /* with a blank between */
	const char *error;
} includes[] = {
	{ "none", "rule r { condition: true }\n", { { NULL } }, "", NULL },
	{ "beside, and below", "include \"a.yar\"\n  include \"./sub//b.yar\" // twice\n",
	    { { "a.yar", "" }, { "sub/b.yar", "include \"c.yar\"" }, { "sub/c.yar", "" } },
	    "a.yar sub/b.yar sub/c.yar", NULL },
	{ "several on a line", "import \"pe\" include \"a.yar\" include \"b.yar\"",
	    { { "a.yar", "" }, { "b.yar", "include \"a.yar\"\ninclude \"main.yar\"" } },
	    "a.yar b.yar", NULL },
	{ "what is not there", "include \"none.yar\"\n", { { NULL } }, "", NULL },
	{ "in a comment", "// include \"../a.yar\"\n", { { NULL } }, "", NULL },
	{ "above", "\ninclude \"../a.yar\"\n", { { NULL } }, NULL,
	    "main.yar:2: includes \"../a.yar\"; only files below the folder of the rules" },
	{ "from the root", "include \"/a.yar\"\n", { { NULL } }, NULL,
	    "main.yar:1: includes \"/a.yar\"; only files" },
	{ "above, from below", "include \"sub/b.yar\"", { { "sub/b.yar", "include \"../a.yar\"" } },
	    NULL, "sub/b.yar:1: includes \"../a.yar\"; only files" },
	{ "a directory", "include \"sub\"", { { "sub/b.yar", "" } }, NULL,
	    "sub: not a regular file" },
	{ "a link out", "include \"out.yar\"", { { NULL } }, NULL,
	    "out.yar: a link out of the folder of the rules" },
};

static void
write_at(const char *folder, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sub", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	CHECK(f != NULL && fputs(text, f) >= 0);
	fclose(f);
}

/* The paths of what a file includes, with a blank between; the descriptors are closed. */
static void
list_includes(const json_t *request, char *out, size_t room)
{
	size_t i;
	json_t *file;

	out[0] = 0;
	json_array_foreach(json_object_get(request, "try"), i, file)
	{
		const char *as = json_string_value(json_object_get(file, "as"));
		size_t used = strlen(out);

		close((int)json_integer_value(json_object_get(file, "fd")));
		CHECK((as == NULL) == (i == 0));
		if (as != NULL)
			snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", as);
	}
}

TEST(sig_try_hands_over_what_rules_include)
{
	for (size_t i = 0; i < COUNT_OF(includes); i++) {
		char folder[] = "/tmp/sluice-sig-XXXXXX", path[64], link[64], as[200], command[100];
		char *words[] = { "try", path };
		const char *error = "";
		bool is_usage;
		json_t *request;

		CHECK(mkdtemp(folder) != NULL);
		snprintf(path, sizeof(path), "%s/main.yar", folder);
		snprintf(link, sizeof(link), "%s/out.yar", folder);
		CHECK(symlink("/etc/passwd", link) == 0);
		write_at(folder, "main.yar", includes[i].main);
		for (size_t k = 0; k < 3 && includes[i].files[k][0] != NULL; k++)
			write_at(folder, includes[i].files[k][0], includes[i].files[k][1]);
		request = sig_request(2, words, &error, &is_usage);
		CHECK_ROW(includes[i].name, (request != NULL) == (includes[i].error == NULL));
		if (request != NULL) {
			list_includes(request, as, sizeof(as));
			CHECK_ROW(includes[i].name, strcmp(as, includes[i].as) == 0);
		} else {
			CHECK_ROW(includes[i].name, strstr(error, includes[i].error) != NULL);
		}
		json_decref(request);
		snprintf(command, sizeof(command), "rm -r %s", folder);
		CHECK(system(command) == 0);
	}
}
