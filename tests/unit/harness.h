/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unit tests register themselves: TEST(name) { … } in any file of tests/unit/FOLDER. harness.c runs
 * them under CUnit and closes with "N passed, N failed". In a table of cases, CHECK_ROW names the
 * row that failed.
 */
#ifndef SLUICE_TESTS_HARNESS_H
#define SLUICE_TESTS_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

void harness_register(const char *name, void (*run)(void));

/* Called before the first test, by folders that need EAL or the like: define it in one file. */
int harness_setup(void);

#define TEST(name)                                                     \
	static void test_##name(void);                                 \
	__attribute__((constructor)) static void register_##name(void) \
	{                                                              \
		harness_register(#name, test_##name);                  \
	}                                                              \
	static void test_##name(void)

#define CHECK(condition) CU_ASSERT(condition)

/* As CHECK, and prints which row of a table, or which seed, it was. */
#define CHECK_ROW(row, condition)                                               \
	do {                                                                    \
		bool held_ = (condition);                                       \
		if (!held_)                                                     \
			fprintf(stderr, "  row '%s': %s\n", (row), #condition); \
		CU_ASSERT(held_);                                               \
	} while (0)

#define CHECK_SEED(seed, condition)                                                               \
	do {                                                                                      \
		bool held_ = (condition);                                                         \
		if (!held_)                                                                       \
			fprintf(                                                                  \
			    stderr, "  seed %llu: %s\n", (unsigned long long)(seed), #condition); \
		CU_ASSERT(held_);                                                                 \
	} while (0)

/* For arrays: how many elements. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A file below SLUICE_SHARED (default ../shared); NULL where it is absent: the test skips itself.
 */
const char *harness_shared(const char *path);
/* Counts the running test as skipped, with the reason. */
void harness_skip(const char *reason);

#endif
