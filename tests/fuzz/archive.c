/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods and containers of scanners/archive, one target for all: the first byte chooses.
 * Whatever the bytes, what comes out is bounded, is the same cut or not as far as it goes, and
 * every walk ends.
 */
/* fuzz-links: scanners/archive common/base */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "scanners/archive/explode.h"
#include "scanners/archive/inflate64.h"
#include "scanners/archive/nrv.h"
#include "scanners/archive/rar4.h"
#include "scanners/archive/rar5.h"
#include "scanners/archive/seven.h"
#include "scanners/archive/upx.h"

#define OUTPUT_MAX (1u << 20)

/* How many came out, and a sum of them. */
struct output {
	uint64_t bytes, sum;
};

static bool
take(void *arg, struct span bytes)
{
	struct output *o = arg;

	assert(bytes.bytes > 0 && bytes.bytes <= WINDOW_BYTES);
	for (size_t i = 0; i < bytes.bytes; i++)
		o->sum = o->sum * 31 + bytes.data[i];
	o->bytes += bytes.bytes;
	return o->bytes < OUTPUT_MAX;
}

static void
check(int rc, const struct output *o)
{
	assert(rc == 0 || rc == -EBADMSG || rc == -ENOSPC);
	assert((rc == -ENOSPC) == (o->bytes >= OUTPUT_MAX));
}

static void
try_explode(struct span s)
{
	unsigned flags = s.bytes > 0 ? s.data[0] : 0;
	struct output whole = { 0 }, again = { 0 };
	int rc = explode(span_from(s, 1), flags, UINT64_MAX, take, &whole);

	check(rc, &whole);
	assert(rc != 0); /* so many never come */
	if (rc == -EBADMSG && whole.bytes > 0) {
		rc = explode(span_from(s, 1), flags, whole.bytes, take, &again);
		assert(again.bytes == whole.bytes && again.sum == whole.sum);
	}
}

static void
try_inflate64(struct span s)
{
	struct output o = { 0 };

	check(inflate64(s, take, &o), &o);
}

static void
try_rar5(struct span s)
{
	struct rar_member m;
	struct rar5 r;
	size_t before;

	rar5_begin(&r, s); /* one or not: the headers are read alike */
	do {
		before = r.at;
		m.name = span_of(NULL, 0);
		if (!rar5_next(&r, &m))
			break;
		assert(r.at > before && r.at <= s.bytes && m.name.bytes <= s.bytes);
	} while (true);
}

static void
try_rar4(struct span s)
{
	struct rar_member m;
	struct rar4 r;
	size_t before;

	rar4_begin(&r, s);
	do {
		before = r.at;
		if (!rar4_next(&r, &m))
			break;
		assert(r.at > before && r.at <= s.bytes && m.name.bytes <= s.bytes);
	} while (true);
}

static void
try_nrv(struct span s)
{
	static uint8_t room[1u << 16];
	unsigned way = s.bytes > 0 ? s.data[0] : 0;
	struct nrv_output o = { .bytes = room, .room = sizeof(room) };
	int rc = nrv_unpack(
	    span_from(s, 1), way % NRV_METHODS, way < 128 ? NRV_BITS_OF_8 : NRV_BITS_OF_32, &o);

	assert(rc == 0 || rc == -EBADMSG || rc == -ENOSPC);
	assert(o.used <= o.room && (rc != -ENOSPC || o.used == o.room));
	assert(o.taken <= span_from(s, 1).bytes);
}

/* What is unpacked of it is taken as it stands: only its headers matter to the rest. */
static void
try_upx(struct span s)
{
	static uint8_t image[1u << 16];
	struct output o = { 0 };
	struct upx_program p;
	size_t heads, bytes;

	if (!upx_read(s, &p))
		return;
	assert(p.packed.bytes > 0 && p.packed.data >= s.data);
	assert(p.packed.bytes <= s.bytes - (size_t)(p.packed.data - s.data));
	bytes = p.packed.bytes < sizeof(image) ? p.packed.bytes : sizeof(image);
	memcpy(image, p.packed.data, bytes);
	heads = upx_heads(span_of(image, bytes), &p);
	if (heads == UPX_NO_HEADS)
		return;
	upx_unfilter(image, bytes, &p, heads);
	upx_rebuild(span_of(image, bytes), &p, heads, take, &o);
}

/* As a list, or as a whole archive. */
static void
try_seven(struct span s)
{
	struct seven_folder f;
	struct seven_file file;
	struct seven seven = { .archive = s };
	uint64_t all, folders = 0;

	if (s.bytes > 0 && s.data[0] == '7')
		seven_begin(&seven, s);
	else
		seven_open(&seven, s);
	while (seven_next_folder(&seven, &f)) {
		assert(++folders <= s.bytes && f.count <= SEVEN_CODERS_MAX);
		assert(f.packed.bytes <= s.bytes);
		all = 0;
		while (seven_next_file(&seven, &file)) {
			assert(file.name.bytes <= s.bytes);
			all += file.bytes;
			assert(f.count == 0 || all <= f.coders[f.count - 1].bytes);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static void (*const tries[])(struct span s) = { try_inflate64, try_explode, try_rar5,
		try_rar4, try_nrv, try_upx, try_seven };

	if (bytes > 0)
		tries[data[0] % (sizeof(tries) / sizeof(tries[0]))](span_of(data + 1, bytes - 1));
	return 0;
}
