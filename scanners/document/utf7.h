/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UTF-7 (RFC 2152), as mail and old browsers read it where a head or a page says so: UTF-16 in
 * base64 between '+' and '-'. What says so may stand elsewhere, so a text is it where one of its
 * sequences writes plain ASCII, as nobody has to and prose does not.
 *
 * Pure functions over spans, nothing allocated, linear.
 */
#ifndef SLUICE_DOCUMENT_UTF7_H
#define SLUICE_DOCUMENT_UTF7_H

#include "common/base/span.h"

bool utf7_is(struct span text);

/* To UTF-8, which is never longer than the text's three halves. */
void utf7_decode(struct span text, span_sink sink, void *arg);

#endif
