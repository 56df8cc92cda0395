/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers as people read them: alerts in their list, and among what is known of an object. */
#include "tools/sluicectl/print.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define PRINTED_MAX 1024
#define UUID_A      "07070707070707070707070707070707"
#define UUID_B      "08080808080808080808080808080808"
#define ROW_A \
	"2026-11-25T09:35:14.691Z  192.0.2.7        blocked    A.Threat                  a.test/x"
#define ROW_B \
	"2026-11-25T09:35:13.691Z  10.0.0.9         passed     (encrypted)               b.test/y"

/* What print_answer() writes to stdout. */
static void
printed(json_t *answer, char out[PRINTED_MAX])
{
	int file = memfd_create("printed", 0), before;
	ssize_t n;

	fflush(stdout);
	before = dup(STDOUT_FILENO);
	CHECK(file >= 0 && before >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
	print_answer(answer, false);
	fflush(stdout);
	CHECK(dup2(before, STDOUT_FILENO) == STDOUT_FILENO);
	n = pread(file, out, PRINTED_MAX - 1, 0);
	out[n > 0 ? n : 0] = 0;
	close(before);
	close(file);
}

static bool
prints(json_t *answer, const char *expected)
{
	char got[PRINTED_MAX];

	printed(answer, got);
	if (strcmp(got, expected) != 0)
		fprintf(stderr, "\"%s\", not \"%s\"\n", got, expected);
	return strcmp(got, expected) == 0;
}

static json_t *
two_alerts(void)
{
	return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b},"
			 " {s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}]",
	    "time", "2026-11-25T09:35:14.691Z", "uuid", UUID_A, "client", "192.0.2.7", "peer",
	    "10.0.0.9", "url", "a.test/x", "threat", "A.Threat", "source", "scanned", "blocked", 1,
	    "time", "2026-11-25T09:35:13.691Z", "uuid", UUID_B, "client", "", "peer", "10.0.0.9",
	    "url", "b.test/y", "threat", "", "source", "encrypted", "blocked", 0);
}

/* Each with what `explain` is asked by, and the class where a policy decided. */
TEST(alerts_are_a_table_with_uuids)
{
	json_t *answer =
	    json_pack("{s:b, s:o, s:s}", "ok", 1, "alerts", two_alerts(), "next", "1.2");
	json_t *none = json_pack("{s:b, s:[]}", "ok", 1, "alerts");

	CHECK(prints(answer, ROW_A "  " UUID_A "\n" ROW_B "  " UUID_B "\n"));
	CHECK(prints(none, "no alerts\n"));
	json_decref(answer);
	json_decref(none);
}

TEST(alerts_of_an_object_have_a_heading)
{
	json_t *answer = json_pack("{s:b, s:{s:s}, s:o, s:i}", "ok", 1, "object", "source",
	    "scanned", "alerts", two_alerts(), "others", 0);
	json_t *none =
	    json_pack("{s:b, s:{s:s}, s:[]}", "ok", 1, "object", "source", "scanned", "alerts");

	CHECK(prints(answer, "object:\n  source                 scanned\nalerts:\n  " ROW_A
			     "\n  " ROW_B "\nothers                 0\n"));
	CHECK(prints(
	    none, "object:\n  source                 scanned\nalerts                 none\n"));
	json_decref(answer);
	json_decref(none);
}
