/* SPDX-License-Identifier: BSD-3-Clause */
/* The mode that is kept on disk: written whole, and whatever the file has come to hold. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/control/rig.h"

static void
path_of(const struct rig *r, char path[160])
{
	snprintf(path, 160, "%s/mode", r->directory);
}

TEST(a_mode_that_is_set_is_read_again)
{
	struct rig r;

	rig_make(&r);
	CHECK(control_stored_mode(&r.control) == r.control.config->mode); /* no file yet */
	for (unsigned m = 0; m < MODE_COUNT; m++) {
		CHECK_ROW(mode_word(m), control_set_mode(&r.control, m) == 0);
		CHECK_ROW(mode_word(m), r.control.mode == m);
		CHECK_ROW(mode_word(m), control_stored_mode(&r.control) == m);
	}
	rig_remove(&r);
}

/* The configuration's mode stands in for a file that says none. */
TEST(a_mode_file_that_is_damaged)
{
	static const struct {
		const char *name, *bytes;
		size_t count;
		enum mode mode; /* MODE_COUNT: the configuration's */
	} rows[] = {
		{ "whole", "monitor\n", 8, MODE_MONITOR },
		{ "without its newline", "monitor", 7, MODE_MONITOR },
		{ "with a CR", "monitor\r\n", 9, MODE_MONITOR },
		{ "with a second line", "monitor\nadvanced\n", 17, MODE_MONITOR },
		{ "empty", "", 0, MODE_COUNT },
		{ "a newline", "\n", 1, MODE_COUNT },
		{ "cut", "monito", 6, MODE_COUNT },
		{ "with more behind it", "monitor!\n", 9, MODE_COUNT },
		{ "with a blank before it", " monitor\n", 9, MODE_COUNT },
		{ "in capitals", "MONITOR\n", 8, MODE_COUNT },
		{ "zeros", "\0\0\0\0\0\0\0\0", 8, MODE_COUNT },
		{ "no text", "\xff\xfe\x80\n", 4, MODE_COUNT },
		{ "longer than any word", "monitormonitormonitormonitormonitormonitor\n", 43,
		    MODE_COUNT },
	};
	struct rig r;
	char path[160];

	rig_make(&r);
	path_of(&r, path);
	r.control.config->mode = MODE_ADVANCED;
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		enum mode want = rows[i].mode != MODE_COUNT ? rows[i].mode : MODE_ADVANCED;
		FILE *f = fopen(path, "we");

		CHECK(f != NULL && fwrite(rows[i].bytes, 1, rows[i].count, f) == rows[i].count);
		fclose(f);
		CHECK_ROW(rows[i].name, control_stored_mode(&r.control) == want);
	}
	rig_remove(&r);
}

TEST(a_directory_in_the_file_s_place_is_no_mode)
{
	struct rig r;
	char path[160];

	rig_make(&r);
	path_of(&r, path);
	r.control.config->mode = MODE_MONITOR;
	CHECK(mkdir(path, 0700) == 0);
	CHECK(control_stored_mode(&r.control) == MODE_MONITOR);
	CHECK(control_set_mode(&r.control, MODE_ADVANCED) < 0);
	CHECK(r.control.mode == MODE_STANDARD);
	rmdir(path);
	rig_remove(&r);
}

/* What cannot be kept is not switched to: after a restart it would be another. */
TEST(a_mode_that_cannot_be_kept_is_not_set)
{
	struct rig r;
	char *state = r.control.paths.state_directory;

	rig_make(&r);
	CHECK(control_set_mode(&r.control, MODE_MONITOR) == 0);
	strcat(state, "/none");
	CHECK(control_set_mode(&r.control, MODE_ADVANCED) == -ENOENT);
	CHECK(r.control.mode == MODE_MONITOR);
	state[strlen(state) - strlen("/none")] = 0;
	CHECK(control_stored_mode(&r.control) == MODE_MONITOR);
	rig_remove(&r);
}
