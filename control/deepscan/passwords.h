/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What encrypted members are tried with: one password a line, as it stands, in the order of the
 * file. Text past PASSWORDS_MAX lines is not used; PASSWORDS_BYTES_MAX bounds the text.
 */
#ifndef SLUICE_DEEPSCAN_PASSWORDS_H
#define SLUICE_DEEPSCAN_PASSWORDS_H

#include "common/base/span.h"

#define PASSWORDS_MAX       64
#define PASSWORD_BYTES_MAX  127
#define PASSWORDS_BYTES_MAX (PASSWORDS_MAX * (PASSWORD_BYTES_MAX + 2))

struct passwords {
	unsigned count;
	char texts[PASSWORDS_MAX][PASSWORD_BYTES_MAX + 1];
};

/*
 * Lines end in LF or CRLF; empty ones are passed over, and so are those that are too long or hold a
 * zero byte: no archive could be opened with them.
 */
void passwords_parse(struct span text, struct passwords *out);

#endif
