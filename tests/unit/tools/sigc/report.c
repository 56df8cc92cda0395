/* SPDX-License-Identifier: BSD-3-Clause */
/* The report: counts by file and reason, duplicates, names with their places, as JSON and as text.
 */
#include <stdlib.h>

#include <jansson.h>

#include "tests/unit/tools/sigc/made.h"

static void
make(struct made *m)
{
	static const char literals[] =
	    "One\tfirst-marker\nTwo\tfirst-marker\n\nOut\tsecond-marker\n"
	    "Shrt\xe9\tabc\n";
	static const char digests[] = "44d88612fea8a8f36de82e1278abb02f:68:One\n"
				      "44D88612FEA8A8F36DE82E1278ABB02F:68:Again\n"
				      "44d88612fea8a8f36de82e1278abb02f:69:Other\n"
				      "44d88612fea8a8f36de82e1278abb02f:*:Out\n";
	static const char rules[] = "A;Target:0;0&1;61616161;62626262\n"
				    "B;Target:0;0&1;61616161;62626262\n"
				    "C;Target:1;0&1;61616161;62626262\n"
				    "Out;Target:0;0&1;61616161;63636363\n";

	made_begin(m);
	CHECK(made_source(m, "a.lit", literals, sizeof(literals) - 1) == 0);
	CHECK(made_source(m, "b.hdb", digests, sizeof(digests) - 1) == 0);
	CHECK(made_source(m, "c.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(made_source(m, "d.ign2", "Out\n", 4) == 0);
	CHECK(made_list(m, "e.txt", "a.example\nA.example.\nb.example\n", REPUTATION_BAD) == 0);
	CHECK(made_build(m) == 0);
}

/* The caller's. */
static char *
report(struct made *m, bool as_json)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	sigc_report(&m->sigc, out, as_json);
	fclose(out);
	return text;
}

static long
number(json_t *object, const char *key)
{
	return (long)json_integer_value(json_object_get(object, key));
}

TEST(each_file_has_its_counts)
{
	static const struct {
		const char *file;
		long loaded, duplicates, ignored, literals;
	} rows[] = {
		{ "a.lit", 2, 1, 1, 2 },
		{ "b.hdb", 3, 1, 1, 0 },
		{ "c.ldb", 3, 1, 1, 2 },
		{ "d.ign2", 0, 0, 0, 0 },
		{ "e.txt", 3, 1, 0, 0 },
	};
	struct made m;
	char *text;
	json_t *all, *files;

	make(&m);
	text = report(&m, true);
	all = json_loads(text, 0, NULL);
	files = json_object_get(all, "files");
	CHECK(json_array_size(files) == COUNT_OF(rows) + 1);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		json_t *f = json_array_get(files, i + 1);
		const char *path = json_string_value(json_object_get(f, "path"));

		CHECK_ROW(rows[i].file, path != NULL && strstr(path, rows[i].file) != NULL);
		CHECK_ROW(rows[i].file, number(f, "loaded") == rows[i].loaded);
		CHECK_ROW(rows[i].file, number(f, "duplicates") == rows[i].duplicates);
		CHECK_ROW(rows[i].file, number(f, "literals") == rows[i].literals);
		CHECK_ROW(rows[i].file, number(json_object_get(f, "left_out"),
					    "named in an .ign2 file") == rows[i].ignored);
	}
	CHECK(number(all, "loaded") == 12);
	CHECK(number(json_object_get(all, "generation"), "bytes") == (long)m.byte_count);
	CHECK(number(json_object_get(all, "generation"), "builds") == 1);
	json_decref(all);
	free(text);
	made_end(&m);
}

TEST(each_name_has_its_place)
{
	static const struct {
		const char *name, *file;
		long line;
	} rows[] = {
		{ "Shrt\u00e9", "a.lit", 5 }, /* Latin-1 in the file */
		{ "Out", "a.lit", 4 },
		{ "Out", "c.ldb", 4 },
		{ "Out", "b.hdb", 4 },
	};
	struct made m;
	char *text;
	json_t *all, *names;

	make(&m);
	text = report(&m, true);
	all = json_loads(text, 0, NULL);
	names = json_object_get(all, "names");
	CHECK(json_array_size(names) == COUNT_OF(rows));
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		json_t *n = json_array_get(names, i);
		const char *name = json_string_value(json_object_get(n, "name")),
			   *file = json_string_value(json_object_get(n, "file"));

		CHECK_ROW(rows[i].name, name != NULL && strcmp(name, rows[i].name) == 0);
		CHECK_ROW(rows[i].name, file != NULL && strstr(file, rows[i].file) != NULL);
		CHECK_ROW(rows[i].name, number(n, "line") == rows[i].line);
	}
	json_decref(all);
	free(text);
	text = report(&m, false);
	CHECK(strstr(text, "c.ldb:4: Out: named in an .ign2 file\n") != NULL);
	CHECK(strstr(text, "b.hdb: loaded 3, duplicates 1, literals 0 of 0 bytes\n") != NULL);
	CHECK(strstr(text, "\nloaded: 12\nleft out, ") != NULL);
	free(text);
	made_end(&m);
}

/* By its name, and not as the first one of its line. */
TEST(what_is_ignored_is_not_in_the_sandbox_either)
{
	static const char rules[] = "rule First { strings: $a = /ab[0-9]+cd/ condition: $a } "
				    "rule Second { strings: $a = /ef[0-9]+gh/ condition: $a } "
				    "rule Third { strings: $a = /ij[0-9]+kl/ condition: $a }\n";
	struct made m;
	char *text;

	made_begin(&m);
	m.sigc.has_sandbox = true;
	CHECK(made_source(&m, "a.yar", rules, sizeof(rules) - 1) == 0);
	CHECK(made_source(&m, "b.ign2", "Second\nNone\n", 12) == 0);
	CHECK(made_build(&m) == 0);
	text = report(&m, false);
	CHECK(strstr(text, "loaded 2, in the sandbox 2, ") != NULL);
	CHECK(strstr(text, "First: in the sandbox") != NULL);
	CHECK(strstr(text, "Second: in the sandbox") == NULL);
	CHECK(strstr(text, "Third: in the sandbox") != NULL);
	free(text);
	made_end(&m);
}

/* Or how its compiler ended, which fails over a constant's overflow. */
TEST(what_libyara_refuses_says_why)
{
	static const char rules[] =
	    "rule Fine { strings: $a = /ab[0-9]+cd/ condition: $a }\n"
	    "rule Spare { strings: $a = /ab[0-9]+cd/ $b = \"ef\" condition: $a }\n"
	    "rule Name { strings: $a = /ab[0-9]+cd/ condition: $a and \xe4x\x1bx == 1 }\n"
	    "rule Crash { condition: (-9223372036854775807 - 1) \\ -1 == 0 and filesize % 2 == 1 "
	    "}\n";
	struct made m;
	char *text;
	json_t *all;

	made_begin(&m);
	m.sigc.has_sandbox = true;
	CHECK(made_source(&m, "a.yar", rules, sizeof(rules) - 1) == 0);
	text = report(&m, false);
	CHECK(strstr(text, "a.yar:2: Spare: refused by libyara: unreferenced string \"$b\"\n") !=
	      NULL);
	CHECK(strstr(text, "a.yar:3: Name: refused by libyara: ") != NULL);
	CHECK(strchr(text, 0x1b) == NULL);
	CHECK(strstr(text, "left out, refused by libyara: ") != NULL);
	CHECK(strstr(text, "Crash: refused by libyara: its compiler ended by SIGFPE\n") != NULL);
	free(text);
	text = report(&m, true);
	all = json_loads(text, 0, NULL);
	CHECK(all != NULL && strstr(text, "libyara: unreferenced string \\\"$b\\\"\"") != NULL);
	json_decref(all);
	free(text);
	made_end(&m);
}
