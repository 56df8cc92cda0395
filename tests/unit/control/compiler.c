/* SPDX-License-Identifier: BSD-3-Clause */
/* A compiler that can't be started: told, and its handle is not used again before it left the loop.
 */
#include "control/compiler.h"

#include <errno.h>

#include "tests/unit/control/rig.h"

static void
on_done(struct compiler *p, bool good)
{
	(void)p;
	(void)good;
	CHECK(false); /* nothing began */
}

TEST(a_compiler_that_cannot_be_started_is_told_each_time)
{
	struct compiler compiler;
	char output[128];
	struct compiler_work work = { .output = output };
	struct rig r;

	rig_make(&r);
	snprintf(output, sizeof(output), "%s/out.gen", r.directory);
	r.control.compiler = "/none/sluice-sigc";
	compiler_init(&compiler, &r.control, "test.err", on_done);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(compiler_start(&compiler, &work) == -ENOENT);
		CHECK(strcmp(compiler.error, "/none/sluice-sigc: no such file or directory") == 0);
		CHECK(compiler_start(&compiler, &work) == -EBUSY); /* the loop has not turned */
		CHECK(strstr(compiler.error, "at work") != NULL);
		rig_turn(&r);
	}
	rig_remove(&r);
}
