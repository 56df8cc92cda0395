/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/seven.h"

#include "common/base/bytes.h"

#define MARK_BYTES  6
#define START_BYTES 32 /* mark, version, and where the list stands */

/* Properties' kinds. */
enum {
	K_END = 0x00,
	K_HEADER = 0x01,
	K_PROPERTIES = 0x02,
	K_STREAMS = 0x04,
	K_FILES = 0x05,
	K_PACK = 0x06,
	K_UNPACK = 0x07,
	K_SUBSTREAMS = 0x08,
	K_SIZE = 0x09,
	K_CRC = 0x0a,
	K_FOLDER = 0x0b,
	K_UNPACK_SIZE = 0x0c,
	K_COUNT = 0x0d,
	K_EMPTY_STREAM = 0x0e,
	K_NAMES = 0x11,
	K_PACKED_HEADER = 0x17
};

/* Of a coder's first byte. */
#define ID_BYTES       0x0f
#define IS_COMPLEX     0x10
#define HAS_PROPERTIES 0x20
#define ID_BYTES_MAX   8

/* As it goes through the list: what is left, and whether more was asked for than there is. */
struct walk {
	struct span rest;
	bool is_bad;
};

static struct span
take_bytes(struct walk *w, uint64_t bytes)
{
	struct span taken;

	if (bytes > w->rest.bytes) {
		w->is_bad = true;
		w->rest = span_of(NULL, 0);
		return w->rest;
	}
	taken = span_first(w->rest, (size_t)bytes);
	w->rest = span_from(w->rest, (size_t)bytes);
	return taken;
}

static uint8_t
take_byte(struct walk *w)
{
	struct span byte = take_bytes(w, 1);

	return byte.bytes > 0 ? byte.data[0] : 0;
}

/* As many bytes follow the first as it has leading ones; its other bits are the highest. */
static uint64_t
take_number(struct walk *w)
{
	unsigned first = take_byte(w), more = 0;
	struct span low;

	while (more < 8 && (first & 0x80u >> more) != 0)
		more++;
	low = take_bytes(w, more);
	if (more >= 7)
		return bytes_le(low, 0, more);
	return bytes_le(low, 0, more) | (uint64_t)(first & (0x7fu >> more)) << 8 * more;
}

/* The next byte must be that kind. */
static void
expect(struct walk *w, uint8_t kind)
{
	if (take_byte(w) != kind)
		w->is_bad = true;
}

/* The same of what may be left out. */
static bool
is_next(struct walk *w, uint8_t kind)
{
	if (w->rest.bytes == 0 || w->rest.data[0] != kind)
		return false;
	take_byte(w);
	return true;
}

static void
skip_numbers(struct walk *w, uint64_t count)
{
	while (count-- > 0 && !w->is_bad)
		take_number(w);
}

/* Of so many, the first has the highest bit. */
static bool
bit_of(struct span bits, uint64_t at)
{
	return at / 8 < bits.bytes && (bits.data[at / 8] & 0x80u >> at % 8) != 0;
}

static struct span
take_bits(struct walk *w, uint64_t count)
{
	return take_bytes(w, count / 8 + (count % 8 != 0));
}

static struct seven_crcs
take_crcs(struct walk *w, uint64_t count)
{
	struct seven_crcs c = { .count = count };
	uint64_t values = count;

	if (count > w->rest.bytes * 8) { /* each takes a bit at least */
		w->is_bad = true;
		return c;
	}
	if (take_byte(w) == 0) {
		c.defined = take_bits(w, count);
		values = 0;
		for (uint64_t i = 0; i < count; i++)
			values += bit_of(c.defined, i);
	}
	c.values = take_bytes(w, values * 4);
	return c;
}

static bool
next_crc(struct seven_crcs *c, uint32_t *crc)
{
	uint64_t at = c->at++;

	if (at >= c->count || (c->defined.bytes > 0 && !bit_of(c->defined, at)))
		return false;
	*crc = (uint32_t)bytes_le(c->values, 0, 4);
	c->values = span_from(c->values, 4);
	return true;
}

/* The coders of one folder as they are listed. */
struct coders {
	uint64_t count, in, out, packed; /* streams into and out of them, and packed ones */
	struct seven_coder list[SEVEN_CODERS_MAX];
	uint64_t bound_in[SEVEN_CODERS_MAX], bound_out[SEVEN_CODERS_MAX];
};

static void
read_coder(struct walk *w, struct coders *c, uint64_t at)
{
	uint8_t flags = take_byte(w);
	struct span id = take_bytes(w, flags & ID_BYTES), properties = { NULL, 0 };
	uint64_t in = 1, out = 1;

	if (id.bytes > ID_BYTES_MAX)
		w->is_bad = true;
	if ((flags & IS_COMPLEX) != 0) {
		in = take_number(w);
		out = take_number(w);
	}
	if ((flags & HAS_PROPERTIES) != 0)
		properties = take_bytes(w, take_number(w));
	if (in > w->rest.bytes || out > w->rest.bytes) /* each is named again */
		w->is_bad = true;
	c->in += in;
	c->out += out;
	if (at < SEVEN_CODERS_MAX)
		c->list[at] = (struct seven_coder){ .method = bytes_be(id, 0, (unsigned)id.bytes),
			.properties = properties };
}

static void
read_coders(struct walk *w, struct coders *c)
{
	uint64_t bound;

	*c = (struct coders){ .count = take_number(w) };
	for (uint64_t i = 0; i < c->count && !w->is_bad; i++)
		read_coder(w, c, i);
	if (w->is_bad || c->out == 0 || c->in < c->out - 1) {
		w->is_bad = true;
		return;
	}
	bound = c->out - 1;
	for (uint64_t i = 0; i < bound && !w->is_bad; i++) {
		uint64_t in = take_number(w), out = take_number(w);

		if (i < SEVEN_CODERS_MAX) {
			c->bound_in[i] = in;
			c->bound_out[i] = out;
		}
	}
	c->packed = c->in - bound;
	if (c->packed > 1)
		skip_numbers(w, c->packed);
}

/* Which coder takes what comes out of this one; none: `count`. */
static uint64_t
taker_of(const struct coders *c, uint64_t out)
{
	for (uint64_t i = 0; i + 1 < c->count; i++) {
		if (c->bound_out[i] == out)
			return c->bound_in[i];
	}
	return c->count;
}

static bool
is_bound(const struct coders *c, uint64_t in)
{
	for (uint64_t i = 0; i + 1 < c->count; i++) {
		if (c->bound_in[i] == in)
			return true;
	}
	return false;
}

/* In the order in which they unpack. False: they are no chain. */
static bool
put_in_order(const struct coders *c, struct seven_folder *out)
{
	uint64_t at = 0;

	out->count = 0;
	if (c->count > SEVEN_CODERS_MAX || c->in != c->count || c->out != c->count)
		return false;
	while (at < c->count && is_bound(c, at))
		at++;
	while (at < c->count && out->count < c->count) {
		out->coders[out->count++] = c->list[at];
		at = taker_of(c, at);
	}
	return out->count == c->count && at == c->count;
}

static void
read_pack(struct seven *s, struct walk *w)
{
	uint64_t count;

	s->packed_at = START_BYTES + take_number(w);
	count = take_number(w);
	if (is_next(w, K_SIZE)) {
		s->packed_size = w->rest;
		skip_numbers(w, count);
	}
	if (is_next(w, K_CRC))
		take_crcs(w, count);
	expect(w, K_END);
}

static void
read_unpack(struct seven *s, struct walk *w)
{
	uint64_t outs = 0;
	struct coders c;

	expect(w, K_FOLDER);
	s->folders = take_number(w);
	expect(w, 0); /* not in a stream of its own */
	s->folder = w->rest;
	for (uint64_t i = 0; i < s->folders && !w->is_bad; i++) {
		read_coders(w, &c);
		outs += c.out;
	}
	expect(w, K_UNPACK_SIZE);
	s->size = w->rest;
	skip_numbers(w, outs);
	if (is_next(w, K_CRC))
		s->folder_crc = take_crcs(w, s->folders);
	expect(w, K_END);
}

/* How many CRC stand with the files: of folders of one file that have a CRC there is none. */
static uint64_t
skip_file_sizes(const struct seven *s, struct walk *w)
{
	struct walk counts = { .rest = s->files };
	struct seven_crcs crcs = s->folder_crc;
	bool has_sizes = is_next(w, K_SIZE);
	uint64_t unknown = 0;
	uint32_t crc;

	for (uint64_t i = 0; i < s->folders && !w->is_bad; i++) {
		uint64_t files = s->has_files ? take_number(&counts) : 1;
		bool has_crc = next_crc(&crcs, &crc);

		if (has_sizes && files > 1)
			skip_numbers(w, files - 1);
		if (files != 1 || !has_crc)
			unknown += files;
		if (unknown > s->list.bytes * 8) /* no list says so much */
			w->is_bad = true;
	}
	return unknown;
}

static void
read_substreams(struct seven *s, struct walk *w)
{
	uint64_t unknown;

	s->has_files = is_next(w, K_COUNT);
	if (s->has_files) {
		s->files = w->rest;
		skip_numbers(w, s->folders);
	}
	s->file_size = w->rest.bytes > 0 && w->rest.data[0] == K_SIZE ? span_from(w->rest, 1)
								      : span_of(NULL, 0);
	unknown = skip_file_sizes(s, w);
	if (is_next(w, K_CRC))
		s->file_crc = take_crcs(w, unknown);
	expect(w, K_END);
}

static void
read_streams(struct seven *s, struct walk *w)
{
	if (is_next(w, K_PACK))
		read_pack(s, w);
	if (is_next(w, K_UNPACK))
		read_unpack(s, w);
	if (is_next(w, K_SUBSTREAMS))
		read_substreams(s, w);
	expect(w, K_END);
}

/* Of the archive, which no writer sets. */
static void
skip_properties(struct walk *w)
{
	while (take_byte(w) != K_END && !w->is_bad)
		take_bytes(w, take_number(w));
}

static void
read_files(struct seven *s, struct walk *w)
{
	uint64_t count = take_number(w);
	uint8_t kind;

	if (count > w->rest.bytes) /* each has a name */
		w->is_bad = true;
	while ((kind = take_byte(w)) != K_END && !w->is_bad) {
		struct walk body = { .rest = take_bytes(w, take_number(w)) };

		if (kind == K_EMPTY_STREAM)
			s->empty = take_bits(&body, count);
		else if (kind == K_NAMES && take_byte(&body) == 0)
			s->name = body.rest;
		w->is_bad |= body.is_bad;
	}
}

bool
seven_open(struct seven *s, struct span list)
{
	struct walk w = { .rest = list };
	uint8_t kind = take_byte(&w);

	*s = (struct seven){
		.archive = s->archive, .list = list, .is_packed = kind == K_PACKED_HEADER
	};
	if (kind == K_PACKED_HEADER) {
		read_streams(s, &w);
	} else if (kind == K_HEADER) {
		if (is_next(&w, K_PROPERTIES))
			skip_properties(&w);
		if (is_next(&w, K_STREAMS))
			read_streams(s, &w);
		if (is_next(&w, K_FILES))
			read_files(s, &w);
		expect(&w, K_END);
	} else {
		w.is_bad = true;
	}
	s->is_bad = w.is_bad;
	if (s->is_bad)
		s->folders = 0;
	return !s->is_bad;
}

bool
seven_begin(struct seven *s, struct span bytes)
{
	const uint8_t *mark = bytes.bytes < START_BYTES
				  ? NULL
				  : memmem(bytes.data, bytes.bytes, SEVEN_MARK, MARK_BYTES);
	uint64_t at, count;

	*s = (struct seven){ .is_bad = true };
	if (mark == NULL)
		return false;
	s->archive = span_from(bytes, (size_t)(mark - bytes.data));
	at = bytes_le(s->archive, 12, 8);
	count = bytes_le(s->archive, 20, 8);
	if (s->archive.bytes < START_BYTES || at > s->archive.bytes - START_BYTES ||
	    count > s->archive.bytes - START_BYTES - at)
		return false;
	return seven_open(
	    s, span_first(span_from(s->archive, START_BYTES + (size_t)at), (size_t)count));
}

/* Its packed streams, of which one that is alone is handed out. */
static void
take_packed(struct seven *s, uint64_t streams, struct seven_folder *out)
{
	struct walk w = { .rest = s->packed_size };

	for (uint64_t i = 0; i < streams && !w.is_bad; i++) {
		uint64_t bytes = take_number(&w), room;

		if (s->packed_at > s->archive.bytes)
			s->packed_at = s->archive.bytes;
		room = s->archive.bytes - s->packed_at;
		out->packed = span_first(span_from(s->archive, (size_t)s->packed_at),
		    (size_t)(bytes < room ? bytes : room));
		s->packed_at += out->packed.bytes;
	}
	s->packed_size = w.rest;
	s->is_bad |= w.is_bad;
}

/* What comes out of each coder, in the order in which they are listed. */
static void
take_sizes(struct seven *s, struct coders *c)
{
	struct walk w = { .rest = s->size };

	for (uint64_t i = 0; i < c->out && !w.is_bad; i++) {
		uint64_t bytes = take_number(&w);

		if (i < SEVEN_CODERS_MAX)
			c->list[i].bytes = bytes;
	}
	s->size = w.rest;
}

static uint64_t
take_count(struct seven *s)
{
	struct walk w = { .rest = s->files };
	uint64_t count = take_number(&w);

	s->files = w.rest;
	return count;
}

bool
seven_next_folder(struct seven *s, struct seven_folder *out)
{
	struct seven_file passed;
	struct walk w = { .rest = s->folder };
	struct coders c;

	while (s->folders > 0 && seven_next_file(s, &passed)) /* those that were not asked for */
		;
	if (s->folders == 0 || s->is_bad)
		return false;
	s->folders--;
	*out = (struct seven_folder){ .count = 0 };
	read_coders(&w, &c);
	s->folder = w.rest;
	take_sizes(s, &c);
	take_packed(s, c.packed, out);
	if (!put_in_order(&c, out))
		out->count = 0;
	out->files = s->has_files ? take_count(s) : 1;
	out->has_crc = next_crc(&s->folder_crc, &out->crc);
	s->now = *out;
	s->file = s->file_bytes = 0;
	return !s->is_bad;
}

/* Of the next file that has bytes; others stand in no folder. */
static struct span
take_name(struct seven *s)
{
	struct span name = { NULL, 0 };
	bool is_empty = true;

	while (is_empty && s->name.bytes >= 2) {
		size_t end = 0;

		while (end + 2 <= s->name.bytes && bytes_le(s->name, end, 2) != 0)
			end += 2;
		name = span_first(s->name, end);
		s->name = span_from(s->name, end + 2);
		is_empty = bit_of(s->empty, s->names_at++);
	}
	return is_empty ? span_of(NULL, 0) : name;
}

/* Of all but the last one a size is told. */
static uint64_t
take_file_size(struct seven *s, uint64_t left)
{
	struct walk w = { .rest = s->file_size };
	uint64_t bytes = s->file < s->now.files ? take_number(&w) : left;

	s->file_size = w.rest;
	if (w.is_bad || bytes > left) {
		s->is_bad = true;
		bytes = left;
	}
	return bytes;
}

bool
seven_next_file(struct seven *s, struct seven_file *out)
{
	uint64_t all = s->now.count > 0 ? s->now.coders[s->now.count - 1].bytes : UINT64_MAX;

	if (s->file >= s->now.files || s->is_bad)
		return false;
	s->file++;
	*out = (struct seven_file){ .name = take_name(s) };
	out->bytes = take_file_size(s, all - s->file_bytes);
	s->file_bytes += out->bytes;
	if (s->now.files == 1 && s->now.has_crc) {
		out->has_crc = true;
		out->crc = s->now.crc;
	} else {
		out->has_crc = next_crc(&s->file_crc, &out->crc);
	}
	return true;
}
