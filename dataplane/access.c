/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"

#include <errno.h>
#include <stdlib.h>

int
access_list_init(struct access_list *list, char *const *texts, unsigned count)
{
	*list = (struct access_list){ .subnets = calloc(count + 1, sizeof(*list->subnets)) };
	if (list->subnets == NULL)
		return -ENOMEM;
	for (; list->count < count; list->count++) {
		if (subnet_parse(span_text(texts[list->count]), &list->subnets[list->count]) != 0) {
			access_list_fini(list);
			return -EINVAL;
		}
	}
	return 0;
}

void
access_list_fini(struct access_list *list)
{
	free(list->subnets);
	*list = (struct access_list){ 0 };
}

bool
access_allows(const struct access_list *list, const struct ip_address *a)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (subnet_holds(&list->subnets[i], a))
			return true;
	}
	return list->count == 0;
}
