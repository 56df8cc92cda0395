/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA's rules that only libyara can judge (docs/signatures.md): a generation carries them as
 * libyara saved them. They are loaded when the first layer asks for them, within the jail.
 */
#ifndef SLUICE_DEEPSCAN_RULES_H
#define SLUICE_DEEPSCAN_RULES_H

#include "common/base/span.h"
#include "scanners/signature/name.h"

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

/* Of these bytes, called so: the first rule that holds, of those first that hang on no name. */
struct rules_found {
	char name[128]; /* cut to its room */
	bool by_name;   /* under another name it might not hold */
};
enum rules_result rules_match(struct rules *r, struct span bytes,
    const struct signature_variables *called, struct rules_found *out);

#endif
