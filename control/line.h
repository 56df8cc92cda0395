/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of one object's line in sluice.log: pure, over a checked record. Text from the wire is
 * escaped (line_escape), so that no object can end its field or forge a line.
 */
#ifndef SLUICE_CONTROL_LINE_H
#define SLUICE_CONTROL_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"
#include "common/channel/record.h"

#define LINE_UUID_TEXT   33 /* without dashes */
#define LINE_MD5_TEXT    33
#define LINE_SHA256_TEXT 65
#define LINE_ESCAPED_MAX (4 * RECORD_TEXT_ROOM + 1)
#define LINE_BYTES_MAX   (4 * RECORD_TEXT_ROOM + 1024) /* every byte escaped, and the fixed part */

/* What a line shows that its record doesn't hold. */
struct line_setting {
	int32_t dataplane_pid;
	const char *reputation_label; /* the word in parentheses for SOURCE_REPUTATION */
};

/* Writes the line with its newline and returns its length, at most LINE_BYTES_MAX. */
size_t line_of_record(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX]);

/* A line of our own beside a record's: signatures that are only tried found something in it. */
size_t line_of_shadow(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX]);

/* The line of a record with an ICAP status: a request that was refused; level WRN. */
size_t line_of_refusal(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX]);

/* A line of our own about what the log lacks; the same columns, level WRN. */
size_t line_of_loss(uint64_t lost, uint32_t core, int64_t wall_ns,
    const struct line_setting *setting, char out[LINE_BYTES_MAX]);

/*
 * Printable ASCII as it is; quotes, the backslash and everything else as \xNN. NUL-terminated, cut
 * before an escape that would not fit. Returns `out`.
 */
char *line_escape(struct span text, char *out, size_t room);

/* The same for a message of ours, which may quote a file: quotes and backslashes stay. */
char *line_escape_message(struct span text, char *out, size_t room);

/* Lower-case hexadecimal, NUL-terminated: `out` has room for 2 * count + 1. Returns `out`. */
char *line_hex(const uint8_t *bytes, size_t count, char *out);

/* "good" and "bad" for URLs, "clean" and "bad" for files, "error" for an object that was cut. */
const char *line_verdict_word(const struct record *r);
const char *line_source_word(const struct record *r, const struct line_setting *setting);

#endif
