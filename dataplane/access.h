/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may speak to a listener: subnets, or everybody where none is given. Read by all cores. */
#ifndef SLUICE_ACCESS_H
#define SLUICE_ACCESS_H

#include <stdbool.h>

#include "common/base/address.h"

struct access_list {
	struct ip_subnet *subnets;
	unsigned count;
};

/* `texts` are subnets that the configuration's check took. -ENOMEM; -EINVAL. */
int access_list_init(struct access_list *list, char *const *texts, unsigned count);
void access_list_fini(struct access_list *list);

bool access_allows(const struct access_list *list, const struct ip_address *a);

#endif
