/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents that are no archives, as views of a layer (layer.h). */
#ifndef SLUICE_DEEPSCAN_DOCUMENTS_H
#define SLUICE_DEEPSCAN_DOCUMENTS_H

#include "control/deepscan/layer.h"

bool document_is_one(struct span bytes, enum format format);
/* Judges what is in it. False: it is no document, or nothing could be read of it, as is noted. */
bool document_unpack(struct deepscan *d, const struct layer *l, enum format format);
/* pdf.c: judges its streams and strings. */
void document_unpack_pdf(struct deepscan *d, const struct layer *l);
/* carriers.c: judges the files that are in OneNote's and Outlook's; false: it is neither. */
bool document_unpack_carrier(struct deepscan *d, const struct layer *l);
bool document_is_carrier(struct span bytes);
/* envelopes.c: judges what CMS and OpenPGP carry in clear; what is encrypted is noted. False: it is
 * none of these. */
bool document_unpack_envelope(struct deepscan *d, const struct layer *l);
bool document_is_envelope(struct span bytes);
/* Judges what is embedded in a presentation, of which this is the stream. */
void document_judge_slides(struct deepscan *d, const struct layer *stream);
/* Judges the parts of a form's body, an upload's, where it is one. */
void document_unpack_form(struct deepscan *d, const struct layer *l);

#endif
