/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the tests that registered themselves; one program per folder of tests/unit. */
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <unistd.h>

#include <CUnit/Basic.h>

#define TESTS_MAX 1024

static struct {
	const char *name;
	void (*run)(void);
} tests[TESTS_MAX];
static unsigned test_count, skipped;

void
harness_register(const char *name, void (*run)(void))
{
	if (test_count == TESTS_MAX)
		abort();
	tests[test_count].name = name;
	tests[test_count++].run = run;
}

__attribute__((weak)) int
harness_setup(void)
{
	return 0;
}

const char *
harness_shared(const char *path)
{
	static char found[4096];
	const char *root = getenv("SLUICE_SHARED");

	snprintf(found, sizeof(found), "%s/%s", root != NULL ? root : "../shared", path);
	return access(found, R_OK) == 0 ? found : NULL;
}

void
harness_skip(const char *reason)
{
	skipped++;
	fprintf(stderr, "  skipped: %s\n", reason);
}

/* Whether it is among the names of the command line; all are where there are none. */
static bool
is_asked_for(const char *name, char *const *names)
{
	if (names[0] == NULL)
		return true;
	while (names[0] != NULL && strcmp(names[0], name) != 0)
		names++;
	return names[0] != NULL;
}

static void
add_tests(CU_pSuite suite, char *const *names)
{
	for (unsigned i = 0; i < test_count; i++) {
		if (is_asked_for(tests[i].name, names))
			CU_add_test(suite, tests[i].name, tests[i].run);
	}
}

int
main(int argc, char **argv)
{
	unsigned run, failed;

	if (CU_initialize_registry() != CUE_SUCCESS || harness_setup() != 0) {
		fprintf(stderr, "%s: set-up failed\n", argv[0]);
		return 1;
	}
	add_tests(CU_add_suite("unit", NULL, NULL), argv + (argc > 0));
	CU_basic_set_mode(getenv("VERBOSE") != NULL ? CU_BRM_VERBOSE : CU_BRM_SILENT);
	CU_basic_run_tests();
	if (CU_get_number_of_failures() != 0)
		CU_basic_show_failures(CU_get_failure_list());
	run = CU_get_number_of_tests_run();
	failed = CU_get_number_of_tests_failed();
	printf("%s%u passed, %u failed, %u skipped\n", failed != 0 ? "\n" : "",
	    run - failed - (skipped < run - failed ? skipped : run - failed), failed, skipped);
	CU_cleanup_registry();
	return failed == 0 && run > 0 ? 0 : 1;
}
