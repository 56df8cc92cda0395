/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parsers of documents, one target for all: the first byte chooses. Whatever the bytes, what
 * comes out lies within them or within its bound, and every walk ends.
 */
/* fuzz-links: scanners/document scanners/decode scanners/format common/base */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/document/binhex.h"
#include "scanners/document/carrier.h"
#include "scanners/document/cms.h"
#include "scanners/document/inlay.h"
#include "scanners/document/openpgp.h"
#include "scanners/document/mail.h"
#include "scanners/document/pdf.h"
#include "scanners/document/pdf_crypt.h"
#include "scanners/document/rtf.h"
#include "scanners/document/screnc.h"
#include "scanners/document/spelled.h"
#include "scanners/document/text.h"
#include "scanners/document/utf7.h"
#include "scanners/document/vba.h"
#include "scanners/document/yenc.h"
#include "scanners/format/format.h"

static void
try_ole(struct span s)
{
	struct ole_entry e;
	struct ole o;

	if (ole_open(&o, s) != 0)
		return;
	for (uint32_t i = 0; i < ole_entries(&o) && i < 64; i++) {
		struct ole_walk w;
		struct span piece;
		uint64_t bytes = 0;

		if (!ole_entry(&o, i, &e))
			continue;
		assert(strlen(e.name) < OLE_NAME_MAX);
		ole_walk(&o, &e, &w);
		while (ole_next(&o, &w, &piece))
			bytes += piece.bytes;
		assert(bytes + w.left == e.bytes && bytes <= s.bytes);
	}
	ole_close(&o);
}

static void
try_vba(struct span s)
{
	static uint8_t chunk[VBA_CHUNK_BYTES];
	struct vba_module m;
	struct vba_reader r;
	size_t bytes, at = 0, found = 0;

	for (bool more = vba_begin(&r, s); more && vba_next(&r, chunk, &bytes);)
		assert(bytes <= sizeof(chunk) && r.at <= s.bytes);
	while (vba_next_module(s, &at, &m))
		assert(strlen(m.stream) < OLE_NAME_MAX);
	for (; (found = vba_find(s, found)) != SIZE_MAX; found++)
		assert(found < s.bytes);
}

static void
try_native(struct span s)
{
	struct span file = ole_native_file(s);

	assert(file.bytes == 0 || (file.data >= s.data && file.bytes <= s.bytes));
	ole_says_encrypted("Workbook", s);
	ole_says_encrypted("WordDocument", s);
}

#define SINK_BYTES_MAX (1u << 20)

static bool
count_bytes(void *arg, struct span bytes)
{
	size_t *sum = arg;

	*sum += bytes.bytes;
	return *sum < SINK_BYTES_MAX;
}

static bool
add_bytes(void *arg, struct span bytes)
{
	*(size_t *)arg += bytes.bytes;
	return true;
}

static void
try_lock(struct span s)
{
	struct pdf_locks locks;
	struct pdf_key key;
	uint8_t bytes[64] = { 0 };

	if (!pdf_read_locks(s, &locks) || !pdf_unlock(&locks, span_of(NULL, 0), &key))
		return;
	assert(key.count <= PDF_KEY_BYTES_MAX && (key.ciphers & PDF_CIPHER_UNKNOWN) == 0);
	assert(pdf_decipher(&key, PDF_AES_128, 1, 0, bytes, sizeof(bytes)) <= sizeof(bytes));
}

static void
try_pdf(struct span s)
{
	struct pdf_stream stream;
	size_t at = 0, last = 0;

	struct pdf_coding coding = { .elsewhere = 1 };

	pdf_is_encrypted(s);
	try_lock(s);
	pdf_read_elsewhere(s, &coding);
	for (; pdf_next(s, &at, &stream); last = at) {
		assert(at > last && at <= s.bytes && stream.coding_count <= PDF_FILTERS_MAX);
		assert(stream.bytes.bytes <= s.bytes);
	}
}

static void
try_filters(struct span s)
{
	static const enum pdf_filter filters[] = { PDF_HEX, PDF_85, PDF_LZW, PDF_RUNS };

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const struct pdf_coding coding = { .filter = filters[i],
			.is_late = (s.bytes & 1) != 0 };
		size_t sum = 0;

		pdf_decode(&coding, s, count_bytes, &sum);
		assert(sum < SINK_BYTES_MAX + 65536);
	}
}

/* The first bytes are its parameters. */
static void
try_predictor(struct span s)
{
	struct pdf_coding coding = { 0 };
	struct span rest = span_from(s, 4);
	size_t count = rest.bytes;
	uint8_t *bytes;

	if (count == 0 || (bytes = malloc(count)) == NULL)
		return;
	coding.predictor = s.data[0];
	coding.colors = s.data[1];
	coding.bits = s.data[2];
	coding.columns = s.data[3];
	memcpy(bytes, rest.data, count);
	pdf_unpredict(&coding, bytes, &count);
	assert(count <= rest.bytes);
	free(bytes);
}

static void
try_strings(struct span s)
{
	struct pdf_strings r = { .in = s };
	struct pdf_string string;
	size_t sum = 0, last = 0;

	for (; pdf_next_string(&r, &string); last = r.at) {
		assert(r.at > last && r.at <= s.bytes);
		assert(string.raw.data >= s.data + last && string.raw.bytes < r.at - last);
		pdf_decode_string(&string, add_bytes, &sum);
	}
	assert(sum <= s.bytes);
}

static void
read_parts(struct span s, struct mail_reader *from)
{
	static uint8_t out[512];
	struct mail_reader r = *from;
	struct mail_part p;
	size_t last = 0, sum = 0;

	for (; mail_next(&r, &p); last = r.at) {
		struct transfer t;
		size_t decoded = 0, at = 0;

		assert(r.at > last && r.at <= s.bytes && r.depth <= MAIL_DEPTH_MAX);
		assert(strlen(p.name) < MAIL_NAME_MAX);
		transfer_init(&t, p.coding);
		while (at < p.bytes.bytes)
			decoded += transfer_next(&t, p.bytes, &at, out, sizeof(out));
		decoded += transfer_end(&t, out);
		assert(decoded <= p.bytes.bytes);
		sum += p.bytes.bytes;
	}
	assert(sum <= s.bytes);
}

static void
try_mail(struct span s)
{
	struct mail_reader r;

	format_is_mail(s);
	mail_begin(&r, s);
	read_parts(s, &r);
}

static void
try_form(struct span s)
{
	struct mail_reader r;
	size_t at;

	if (!mail_is_form(s, &at))
		return;
	assert(at < s.bytes);
	mail_begin_form(&r, s, at);
	assert(r.boundaries[0].bytes > 0);
	read_parts(s, &r);
}

static void
try_rtf(struct span s)
{
	enum rtf_kind kind;
	size_t at = 0;

	while (rtf_next(s, &at, &kind)) {
		size_t before = at, sum = 0;

		rtf_decode(s, &at, kind, add_bytes, &sum);
		assert(at >= before && at <= s.bytes && sum <= s.bytes - before);
	}
}

static void
try_text(struct span s)
{
	size_t skip, sum = 0;
	bool is_big;

	text_has_markup(s);
	text_is_page(s);
	text_is_likely(s);
	if (text_is_utf16(s, &is_big, &skip))
		text_from_utf16(span_from(s, skip), is_big, add_bytes, &sum);
	assert(sum <= 2 * s.bytes);
	sum = 0;
	text_from_wide_runs(s, add_bytes, &sum);
	assert(2 * sum <= s.bytes + s.bytes / TEXT_WIDE_RUN_MIN);
	for (enum text_form f = TEXT_PLAIN; f <= TEXT_NO_TAGS; f++) {
		sum = 0;
		text_rewrite(s, f, add_bytes, &sum);
		assert(sum <= 2 * s.bytes);
	}
}

/* Of a run from anywhere on. */
static void
try_letters(const struct inlay *whole)
{
	struct inlay i = *whole;
	size_t sum = 0;

	i.raw = span_from(i.raw, i.raw.data[0] % i.raw.bytes);
	inlay_letters(&i, add_bytes, &sum);
	assert(sum <= i.raw.bytes);
}

static void
try_inlay(struct span s)
{
	struct inlay i;
	struct spelled spelled;
	size_t at = 0, last = 0;

	for (; spelled_next(s, &at, &spelled); last = at) {
		size_t sum = 0;

		assert(at > last && at <= s.bytes && spelled.raw.data >= s.data + last);
		spelled_decode(&spelled, add_bytes, &sum);
		assert(sum >= SPELLED_MIN && sum <= spelled.raw.bytes);
	}
	at = last = 0;
	for (; inlay_next(s, &at, &i); last = at) {
		size_t sum = 0;

		assert(at > last && at <= s.bytes);
		assert(i.raw.data >= s.data + last && i.raw.data + i.raw.bytes <= s.data + at);
		if (i.kind == INLAY_BASE64 || i.kind == INLAY_HEX)
			try_letters(&i);
		inlay_decode(&i, add_bytes, &sum);
		/* the blanks that a uuencoded line lost are bytes, as many as its first letter says
		 */
		assert(sum <= (i.kind == INLAY_UU ? 63 : 1) * i.raw.bytes);
	}
}

static void
try_posted(struct span s)
{
	struct span raw, forks[BINHEX_FORKS];
	size_t at = 0, last = 0;

	for (; yenc_next(s, &at, &raw); last = at) {
		size_t sum = 0;

		assert(
		    at > last && raw.data >= s.data + last && raw.data + raw.bytes <= s.data + at);
		yenc_decode(raw, add_bytes, &sum);
		assert(sum <= raw.bytes);
	}
	assert(at == s.bytes);
	at = last = 0;
	for (; binhex_next(s, &at, &raw); last = at) {
		size_t sum = 0;

		assert(
		    at > last && raw.data >= s.data + last && raw.data + raw.bytes <= s.data + at);
		binhex_decode(raw, add_bytes, &sum);
		assert(sum <= 96 * raw.bytes);
	}
	binhex_forks(s, forks);
	for (unsigned i = 0; i < BINHEX_FORKS; i++)
		assert(forks[i].bytes == 0 || forks[i].data + forks[i].bytes <= s.data + s.bytes);
}

static void
try_screnc(struct span s)
{
	size_t at = 0, last = 0;
	struct span raw;

	for (; screnc_next(s, &at, &raw); last = at) {
		size_t sum = 0;

		assert(
		    at > last && raw.data >= s.data + last && raw.data + raw.bytes <= s.data + at);
		screnc_decode(raw, add_bytes, &sum);
		assert(sum <= raw.bytes);
	}
	assert(at == s.bytes);
}

static void
try_utf7(struct span s)
{
	size_t sum = 0;

	utf7_is(s);
	utf7_decode(s, add_bytes, &sum);
	assert(2 * sum <= 3 * s.bytes);
}

static void
try_carriers(struct span s)
{
	struct tnef_reader r;
	struct tnef_part p;
	struct span file;
	size_t at = 0, last = 0;
	bool is_cut;

	for (; onenote_next(s, &at, &file, &is_cut); last = at)
		assert(at > last && at <= s.bytes && file.bytes < s.bytes);
	for (at = last = 0; onenote_next_exported(s, &at, &file); last = at)
		assert(at > last && file.data + file.bytes <= s.data + s.bytes);
	for (at = last = 0; slides_next(s, &at, &file); last = at)
		assert(at > last && file.data + file.bytes <= s.data + s.bytes);
	tnef_begin(&r, s);
	for (last = 0; tnef_next(&r, &p); last = r.at)
		assert(r.at > last && p.bytes.bytes < s.bytes && strlen(p.name) < TNEF_NAME_MAX);
}

static bool
add_piece(void *arg, struct span piece)
{
	*(size_t *)arg += piece.bytes;
	return piece.bytes > 0;
}

static void
try_envelopes(struct span s)
{
	struct openpgp_packet p;
	size_t at = 0, last = 0, sum = 0;
	struct span name;
	struct cms cms;

	if (cms_read(s, &cms)) {
		assert(cms.end <= s.bytes && cms.content.bytes <= s.bytes);
		cms_content(&cms, add_piece, &sum);
		assert(sum <= cms.content.bytes);
	}
	openpgp_is(s);
	for (; openpgp_next(s, &at, &p); last = at) {
		assert(at > last && at <= s.bytes && p.first.bytes <= p.coded.bytes);
		sum = 0;
		openpgp_body(&p, add_piece, &sum);
		assert(sum >= p.first.bytes && sum <= p.coded.bytes);
		assert(openpgp_literal(p.first, &name).bytes <= p.first.bytes);
		assert(name.bytes <= p.first.bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static void (*const parsers[])(struct span) = { try_ole, try_vba, try_native, try_pdf,
		try_filters, try_mail, try_form, try_rtf, try_text, try_predictor, try_strings,
		try_inlay, try_carriers, try_posted, try_utf7, try_screnc, try_envelopes };
	struct span rest = span_from(span_of(data, bytes), 1);

	if (rest.bytes > 0)
		parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](rest);
	return 0;
}
