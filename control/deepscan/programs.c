/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A view of a program that UPX packed (scanners/archive/upx.h): what it unpacks itself to, as
 * ClamAV has it, for whose signatures were made of that; and, where calls and jumps had been
 * rewritten before packing, the same with these undone, which is what the packed program was.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/deepscan/streams.h"
#include "scanners/archive/nrv.h"
#include "scanners/archive/upx.h"

/* By one method of NRV, into room of its own. Every attempt counts. */
static bool
unpack_nrv(struct deepscan *d, const struct upx_program *p, enum nrv_method m,
    struct layer_buffer *b, const char *path)
{
	uint64_t left = d->limits.unpacked_bytes_max - d->unpacked_bytes;
	struct nrv_output o = { .room = p->bytes_max < left ? p->bytes_max : (size_t)left };
	int rc;

	if (layer_is_over(d))
		return false;
	o.bytes = malloc(o.room + 1);
	if (o.bytes == NULL) {
		layer_note(d, SOURCE_OVERSIZE, path);
		return false;
	}
	rc = nrv_unpack(p->packed, m, NRV_BITS_OF_32, &o);
	d->unpacked_bytes += o.used;
	if (rc == -ENOSPC && o.room < p->bytes_max)
		layer_spent(d, path);
	if (rc != 0 && !(rc == -ENOSPC && o.room < p->bytes_max)) {
		free(o.bytes);
		return false;
	}
	*b = (struct layer_buffer){ o.bytes, o.used, o.room };
	return true;
}

static bool
unpack_lzma(
    struct deepscan *d, const struct upx_program *p, struct layer_buffer *b, const char *path)
{
	struct layer_target t = { d, b, path };
	uint8_t properties;

	if (p->bytes == 0 || p->bytes > p->bytes_max ||
	    !upx_lzma_properties(p->packed, &properties))
		return false;
	if (stream_unlzma_bare(d, properties, p->bytes, span_from(p->packed, UPX_LZMA_HEAD), &t) ||
	    layer_is_over(d))
		return true;
	free(b->bytes);
	*b = (struct layer_buffer){ 0 };
	return false;
}

/* By the method its head tells, then by each: what wiped out the head may have lied in it. */
static bool
unpack(struct deepscan *d, const struct upx_program *p, struct layer_buffer *b, const char *path)
{
	static const uint8_t told[NRV_METHODS] = { UPX_NRV2B_LE32, UPX_NRV2D_LE32, UPX_NRV2E_LE32 };

	if (p->method == UPX_LZMA && unpack_lzma(d, p, b, path))
		return true;
	for (unsigned m = 0; m < NRV_METHODS; m++) {
		if (p->method == told[m] && unpack_nrv(d, p, m, b, path))
			return true;
	}
	for (unsigned m = 0; m < NRV_METHODS; m++) {
		if (p->method != told[m] && unpack_nrv(d, p, m, b, path))
			return true;
	}
	return p->method != UPX_LZMA && unpack_lzma(d, p, b, path);
}

/* Made a program again; without its headers it is judged as the bytes it is. */
static void
judge_image(struct deepscan *d, const struct layer *l, const struct upx_program *p,
    const struct layer_buffer *image, size_t heads, const char *path)
{
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };
	struct span bytes = span_of(image->bytes, image->used);
	const struct layer inner = layer_inner(l, path, bytes);

	if (heads == UPX_NO_HEADS) {
		layer_judge_inner(d, &inner);
		return;
	}
	upx_rebuild(bytes, p, heads, layer_take, &t); /* a limit is noted */
	layer_judge_buffer(d, l, path, &b);
}

bool
layer_is_packed_program(struct span bytes)
{
	struct upx_program p;

	return upx_read(bytes, &p);
}

void
layer_unpack_program(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct upx_program p;
	size_t heads;

	if (layer_is_over(d) || !upx_read(l->bytes, &p))
		return;
	layer_path(path, l, "upx", NULL);
	if (!unpack(d, &p, &b, path))
		return; /* broken, or of another packer that begins alike: no class, as in ClamAV */
	heads = upx_heads(span_of(b.bytes, b.used), &p);
	judge_image(d, l, &p, &b, heads, path);
	if (heads != UPX_NO_HEADS && !layer_is_over(d) &&
	    upx_unfilter(b.bytes, b.used, &p, heads)) {
		layer_path(path, l, "upx", "unfiltered");
		judge_image(d, l, &p, &b, heads, path);
	}
	free(b.bytes);
}
