/* SPDX-License-Identifier: BSD-3-Clause */
/* Where an instance has its files. */
#include <errno.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "tests/unit/harness.h"

TEST(paths_of_default)
{
	struct config_paths p;

	unsetenv("SLUICE_NAME");
	CHECK(config_paths_of(NULL, &p) == 0);
	CHECK(strcmp(p.instance, "default") == 0);
	CHECK(strcmp(p.config_file, "/etc/sluice/sluice.yaml") == 0);
	CHECK(strcmp(p.run_directory, "/run/sluice") == 0);
	CHECK(strcmp(p.state_directory, "/var/lib/sluice") == 0);
	CHECK(strcmp(p.log_directory, "/var/log/sluice") == 0);
	CHECK(strcmp(p.control_socket, "/run/sluice/control.sock") == 0);
	CHECK(strcmp(p.dataplane_socket, "/run/sluice/dataplane.sock") == 0);
	CHECK(strcmp(p.dataplane_pid, "/run/sluice/dataplane.pid") == 0);
	CHECK(strcmp(p.control_pid, "/run/sluice/control.pid") == 0);
}

TEST(paths_of_a_name)
{
	struct config_paths p;

	CHECK(config_paths_of("lab-2", &p) == 0);
	CHECK(strcmp(p.config_file, "/etc/sluice/lab-2.yaml") == 0);
	CHECK(strcmp(p.run_directory, "/run/sluice/lab-2") == 0);
	CHECK(strcmp(p.state_directory, "/var/lib/sluice/lab-2") == 0);
	CHECK(strcmp(p.control_pid, "/run/sluice/lab-2/control.pid") == 0);
	setenv("SLUICE_NAME", "from-env", 1);
	CHECK(config_paths_of(NULL, &p) == 0 && strcmp(p.instance, "from-env") == 0);
	CHECK(config_paths_of("given", &p) == 0 && strcmp(p.instance, "given") == 0);
	unsetenv("SLUICE_NAME");
}

TEST(paths_refuse_names)
{
	static const char *const names[] = { "", "A", "a/b", "..", "a_b", "a b",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	struct config_paths p;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK_ROW(names[i], config_paths_of(names[i], &p) == -EINVAL);
	CHECK(config_paths_of("abcdefghijklmnopqrstuvwxyz012345", &p) == 0);
}
