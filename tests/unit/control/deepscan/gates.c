/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sends an object to the sandbox for a rule that is judged there: the gate holds where the
 * rule may, and not of all else. Of modules libyara itself is asked whether it says nothing of
 * other objects, as the gate has it.
 */
#include "tests/unit/control/deepscan/judge.h"

#define ELF    \
	"\x7f" \
	"ELF"

#define TEN(x)                                                                                \
	"text" x "0 text" x "1 text" x "2 text" x "3 text" x "4 text" x "5 text" x "6 text" x \
	"7 text" x "8 text" x "9 "

#define TWO "$a = \"aaaa\" nocase wide ascii $b = \"bbbb\" nocase wide ascii"

/* A rule for the sandbox, an object that it must be asked of, and one that it need not. */
static const struct {
	const char *strings, *condition, *asked, *not_asked;
} gates[] = {
	{ "$r = /word[0-9]+x/", "$r", "a word1x", "a wor" },
	{ "$r = /word[0-9]+x/", "$r and filesize < 9", "a word1x", "a word1x and more" },
	{ "$r = /word[0-9]+x/", "not $r", "a word1x", NULL },
	{ "$r = /word[0-9]+x/ $a = \"aaaa\"", "$a and not $r", "aaaa word1x", "word1x" },
	{ "$r = /word[0-9]+x/ $a = \"aaaa\"", "$a or $r", "word1x", "aaa wor" },
	{ "$r = /word[0-9]+x/ $s = /more[0-9]/", "all of them", "word1x more1", "word1x" },
	{ "$r = /word[0-9]+x/ $s = /more[0-9]/", "1 of them", "more1", "wor mor" },
	{ "$r = /word[0-9]+x/ $s = /more[0-9]/", "none of them", "word1x", NULL },
	{ "$a = \"aaaa\"", "for any of ($a) : ($ at 3 or filesize < 99)", "x", NULL },
	{ "$a = \"aaaa\"", "for any of ($a) : ($ at 3)", "xxxaaaa", "xxxaaa" },
	{ "$a = \"aaaa\"", "for any i in (1..#a) : (@a[i] == 3)", "xxxaaaa", "xxxaaa" },
	{ "$a = \"aaaa\"", "@a[2] == 8", "aaaa", "aaa" },
	{ "$a = \"aaaa\"", "!a[1] == 4", "aaaa", "aaa" },
	{ "$a = \"aaaa\" nocase wide ascii", "#a == 2", "AAAA", "aaa" },
	{ "$a = \"aaaa\" nocase wide ascii", "#a < 2", "x", NULL },
	{ "$a = \"secret\" base64", "$a", "c2VjcmV0", "secret" },
	{ "$a = \"secret\" xor(1-2)", "$a", "rdbsdu", "secret" },
	{ "$a = \"ab\" xor", "$a at 0", "`c", NULL },
	{ "$a = \"ab\" base64", "$a at 0", "YWI", NULL },
	{ "$a = \"ab\" base64wide", "$a at 0", "Y\001W", NULL },
	{ "", "pe.number_of_sections == 3", "MZ", "ZM" },
	{ "", "pe.exports(\"a\") and filesize < 9", "MZ", "MZ and more" },
	{ "", "not pe.exports(\"a\")", "x", NULL },
	{ "", "pe.is_pe == 0", "x", NULL },
	{ "", "pe.MACHINE_I386 == 0x14c", "x", NULL },
	{ "", "for any s in (0..pe.number_of_sections) : (pe.sections[s].name == \"x\")", "MZ",
	    "x" },
	{ "", "for all s in (0..pe.number_of_sections) : (pe.sections[s].name == \"x\")", "x",
	    NULL },
	{ "", "elf.type == elf.ET_EXEC", ELF, "MZ" },
	{ "$a = \"aaaa\"", "$a or elf.machine == 3", "aaaa", "x" },
	{ "$a = \"aaaa\"", "$a or elf.machine == 3", ELF, "MZ" },
	{ "", "dotnet.typelib == \"x\"", "MZ", "x" },
	{ "", "math.entropy(0, filesize) > 1.0", "x", NULL },
	/* Numbers that are computed. */
	{ TWO, "(@a - @b) < 700", "AAAA bbbb", "AAAA" },
	{ TWO, "(@a[1] + 1 - @b) < 700", "AAAA bbbb", "bbbb" },
	{ TWO, "@a < 700 or #b > #a", "bbbb", "x" },
	{ TWO, "#a > #b", "aaaa", "bbbb" },
	{ TWO, "(#a + #b) > 1", "bbbb", "x" },
	{ TWO, "#a + #b >= 1", "bbbb", "x" },
	{ TWO, "#a > #b + uint8(0) + filesize + 3", "aaaa", "bbbb" },
	{ TWO, "#a + #b >= 0", "x", NULL },
	{ TWO, "#a >= #b", "x", NULL },
	{ TWO, "#a + 1 > #b", "x", NULL },
	{ TWO, "#a > #b - 1", "x", NULL },
	{ TWO, "#a > int8(0) + #b", "\x80", NULL },
	{ TWO, "#a < #b + 1", "x", NULL },
	{ TWO, "#a != #b + 1", "x", NULL },
	{ TWO, "not #a > #b", "x", NULL },
	/* Loops over values. */
	{ "$a = \"aaaa\"", "for any i in (0..pe.number_of_sections) : (pe.machine == i and $a)",
	    "MZ aaaa", "MZ" },
	{ "$a = \"aaaa\"", "for any i in (0..pe.number_of_sections) : (pe.machine == i and $a)",
	    "MZ aaaa", "aaaa" },
	{ "$a = \"aaaa\"", "for any i in (1, 2) : (i == 1 and (elf.machine == i or $a))", ELF,
	    "MZ" },
	{ "$a = \"aaaa\"", "for 2 i in (1..9) : ($a and math.entropy(i, 4) > 1.0)", "aaaa", "x" },
	{ "$a = \"aaaa\"", "for all i in (2..1) : ($a and math.entropy(i, 4) > 1.0)", "x", NULL },
	{ "$a = \"aaaa\"", "for any i in (1..9) : (not $a)", "x", NULL },
	{ "$a = \"aaaa\"", "for any i in (1..#a) : (@a[i] == 3 and pe.machine == i)", "MZ aaaa",
	    "MZ" },
	/* What costs much is looked for where nothing else is known. */
	{ "$x = \"aaaabbbb\" xor", "$x", "````cccc", "````ccc" },
	{ "$x = \"aaaabbbb\" xor", "$x", "aaaabbbb", "x" },
	{ "$r = /ab1./", "$r", "ab12", "ab" },
	{ "$r = /w[\\^]?o[\\^]?r\\^d/ nocase", "$r", "WOR^D", "word" },
};

/* A signature_name_of. */
static size_t
name_of(void *name, char *out, size_t room)
{
	size_t bytes = strnlen(name, room);

	memcpy(out, name, bytes);
	return bytes;
}

static bool
is_asked(struct judge *j, const char *object, char *name)
{
	struct signature_scan *scan = signature_open(j->deep.core, j->generation);
	bool asked;

	if (name != NULL)
		signature_name(scan, name_of, name);
	signature_feed(scan, span_text(object), true);
	signature_finish(scan);
	asked = signature_wants_deep(scan);
	signature_close(scan);
	return asked;
}

static bool
begin(struct judge *j, const char *strings, const char *condition)
{
	char source[4500];

	snprintf(source, sizeof(source),
	    "import \"pe\" import \"elf\" import \"dotnet\" import \"math\" "
	    "rule r { %s %s condition: %s }",
	    strings[0] != 0 ? "strings:" : "", strings, condition);
	return judge_begin(j, span_text(source)) && judge_taken(j) == 1;
}

TEST(a_gate_is_open_where_the_rule_may_hold)
{
	for (size_t i = 0; i < COUNT_OF(gates); i++) {
		struct judge j;

		CHECK_ROW(gates[i].condition, begin(&j, gates[i].strings, gates[i].condition));
		CHECK_ROW(gates[i].condition, is_asked(&j, gates[i].asked, NULL));
		CHECK_ROW(gates[i].condition,
		    gates[i].not_asked == NULL || !is_asked(&j, gates[i].not_asked, NULL));
		judge_end(&j);
	}
}

static const struct {
	const char *condition;
	char *asked, *not_asked; /* names */
} names[] = {
	{ "filename matches /[Tt]humbs\\.db/ and math.entropy(0, 4) > 1.0", "xthumbs.db",
	    "thumbsdb" },
	{ "filename matches /(ab{4}\\.){2}crmlog$/i and pe.machine == 1", "xABBBB.abbbb.crmLog",
	    "abbbb.crmlog" },
	{ "filename matches /[a-z]/", "A", NULL },
	{ "not filename matches /[Tt]humbs\\.db/", "thumbs.db", NULL },
	{ "filename matches /x[0-9]yes|no[a-z]/ or filename matches /other./", "other", "someone" },
};

TEST(a_gate_asks_for_a_part_of_a_name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct judge j;

		CHECK_ROW(names[i].condition, begin(&j, "", names[i].condition));
		CHECK_ROW(names[i].condition, is_asked(&j, "MZ", names[i].asked));
		CHECK_ROW(names[i].condition,
		    names[i].not_asked == NULL || !is_asked(&j, "MZ", names[i].not_asked));
		judge_end(&j);
	}
}

/* 70 texts, "text00" on. */
static void
make_texts(char *out, size_t room)
{
	for (unsigned i = 0; i < 70; i++) {
		size_t used = strlen(out);

		snprintf(out + used, room - used, "$s%u = \"text%02u\" ", i, i);
	}
}

static const struct {
	const char *condition, *asked, *not_asked;
} sets[] = {
	{ "any of them and math.entropy(0, 4) > 1.0", "text69", "text70" },
	{ "36 of them and math.entropy(0, 4) > 1.0", TEN("0") TEN("1") TEN("2") TEN("3"),
	    TEN("0") },
	{ "all of them and pe.machine == 1",
	    "MZ" TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6"),
	    "MZ" TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") },
	{ "none of them and math.entropy(0, 4) > 1.0", "x", NULL },
	{ "not any of them and math.entropy(0, 4) > 1.0", "x", NULL },
};

TEST(a_gate_has_room_for_a_large_set)
{
	static char strings[4000];

	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct judge j;

		strings[0] = 0;
		make_texts(strings, sizeof(strings));
		CHECK_ROW(sets[i].condition, begin(&j, strings, sets[i].condition));
		CHECK_ROW(sets[i].condition, is_asked(&j, sets[i].asked, NULL));
		CHECK_ROW(sets[i].condition,
		    sets[i].not_asked == NULL || !is_asked(&j, sets[i].not_asked, NULL));
		judge_end(&j);
	}
}

/* Whatever these are, one of the two comparisons holds of what is told. */
static const char *const numbers[] = { "pe.machine", "pe.number_of_sections", "pe.timestamp",
	"pe.characteristics", "pe.entry_point", "pe.image_base", "pe.subsystem", "pe.checksum",
	"pe.sections[0].raw_data_size", "pe.data_directories[0].size", "pe.linker_version.major",
	"pe.number_of_resources", "pe.resources[0].length", "pe.number_of_signatures",
	"pe.number_of_imports", "pe.number_of_exports", "pe.overlay.size", "pe.overlay.offset",
	"pe.rich_signature.length", "pe.rich_signature.toolid(1)", "pe.rich_signature.version(1)",
	"pe.rich_signature.toolid(1, 2)", "pe.rich_signature.version(1, 2)",
	"pe.calculate_checksum()", "pe.section_index(\"x\")", "pe.section_index(1)",
	"pe.exports_index(\"x\")", "pe.exports(\"x\")", "pe.exports(1)", "pe.imports(\"x\")",
	"pe.imports(\"x\", \"y\")", "pe.imports(\"x\", 1)", "pe.imports(/x/, /y/)", "pe.locale(1)",
	"pe.language(1)", "pe.is_dll()", "pe.is_32bit()", "pe.is_64bit()", "pe.rva_to_offset(1)",
	"pe.opthdr_magic", "pe.dll_characteristics", "elf.type", "elf.machine", "elf.entry_point",
	"elf.number_of_sections", "elf.number_of_segments", "elf.sections[0].size",
	"elf.segments[0].type", "elf.dynamic_section_entries", "elf.symtab_entries",
	"dotnet.number_of_streams", "dotnet.number_of_guids", "dotnet.number_of_resources",
	"dotnet.number_of_classes", "dotnet.streams[0].size", "dotnet.number_of_user_strings",
	"dotnet.number_of_assembly_refs", "dotnet.assembly.version.major" };
static const char *const words[] = { "pe.imphash()", "pe.sections[0].name", "pe.dll_name",
	"pe.pdb_path", "pe.version_info[\"x\"]", "pe.rich_signature.clear_data",
	"pe.signatures[0].issuer", "pe.export_details[0].name", "dotnet.version",
	"dotnet.module_name", "dotnet.typelib", "dotnet.guids[0]", "dotnet.assembly.name",
	"dotnet.streams[0].name", "dotnet.user_strings[0]" };

TEST(of_other_objects_a_module_says_nothing)
{
	char condition[200];
	unsigned taken = 0;

	for (size_t i = 0; i < COUNT_OF(numbers) + COUNT_OF(words); i++) {
		bool is_word = i >= COUNT_OF(numbers);
		const char *what = is_word ? words[i - COUNT_OF(numbers)] : numbers[i];
		struct judge j;

		snprintf(condition, sizeof(condition),
		    is_word ? "not %s == \"\" or not %s != \"\" or filesize == 0"
			    : "not %s == 7 or not %s != 7 or filesize == 0",
		    what, what); /* within "not" the gate is open */
		if (begin(&j, "", condition)) {
			taken++;
			CHECK_ROW(what, judge_object(&j, span_text("just a text")) == 0);
			CHECK_ROW(what, judge_object(&j, span_text("MZ that is no program")) == 0);
		}
		judge_end(&j);
	}
	CHECK(taken + 8 >= COUNT_OF(numbers) + COUNT_OF(words)); /* libyara 4.2 has not all */
}
