/* SPDX-License-Identifier: BSD-3-Clause */
/* The directories and files of an instance, from its name alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config/config.h"

#define INSTANCE_BYTES_MAX 32

static bool
is_instance_name(const char *name)
{
	size_t bytes = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return bytes > 0 && bytes <= INSTANCE_BYTES_MAX && name[bytes] == 0;
}

int
config_paths_of(const char *instance, struct config_paths *out)
{
	bool is_default;

	if (instance == NULL)
		instance = getenv("SLUICE_NAME");
	if (instance == NULL)
		instance = "default";
	if (!is_instance_name(instance))
		return -EINVAL;
	is_default = strcmp(instance, "default") == 0;
	*out = (struct config_paths){ 0 };
	snprintf(out->instance, sizeof(out->instance), "%s", instance);
	snprintf(out->config_file, sizeof(out->config_file), "/etc/sluice/%s.yaml",
	    is_default ? "sluice" : instance);
	snprintf(out->run_directory, sizeof(out->run_directory), "/run/sluice%s%s",
	    is_default ? "" : "/", is_default ? "" : instance);
	snprintf(out->state_directory, sizeof(out->state_directory), "/var/lib/sluice%s%s",
	    is_default ? "" : "/", is_default ? "" : instance);
	snprintf(out->log_directory, sizeof(out->log_directory), "/var/log/sluice%s%s",
	    is_default ? "" : "/", is_default ? "" : instance);
	snprintf(out->control_socket, sizeof(out->control_socket), "%s/control.sock",
	    out->run_directory);
	snprintf(out->dataplane_socket, sizeof(out->dataplane_socket), "%s/dataplane.sock",
	    out->run_directory);
	snprintf(
	    out->dataplane_pid, sizeof(out->dataplane_pid), "%s/dataplane.pid", out->run_directory);
	snprintf(out->control_pid, sizeof(out->control_pid), "%s/control.pid", out->run_directory);
	return 0;
}
