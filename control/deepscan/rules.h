/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA's rules that only libyara can judge (docs/signatures.md): a generation carries them as
 * libyara saved them. They are loaded when the first layer asks for them, within the jail.
 */
#ifndef SLUICE_DEEPSCAN_RULES_H
#define SLUICE_DEEPSCAN_RULES_H

#include "common/base/span.h"

struct rules;

enum rules_result {
	RULES_NONE,
	RULES_MATCH,
	RULES_FAILED /* not such rules, no memory, or more matches than libyara keeps */
};

/*
 * Once, before the jail: what libyara and the libraries below it prepare. `saved` is lent and stays
 * mapped. NULL: memory is lacking.
 */
struct rules *rules_create(struct span saved);
void rules_destroy(struct rules *r);

/* The first rule that holds of these bytes, by its name in `name`, cut to `room`. */
enum rules_result rules_match(struct rules *r, struct span bytes, char *name, size_t room);

#endif
