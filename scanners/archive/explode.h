/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PKZIP's method 6, "implode", of old archives, which Windows' Explorer and unzip still read and
 * libarchive does not (APPNOTE.TXT 5.3). Nothing is allocated; 64 KiB of the stack are used.
 */
#ifndef SLUICE_ARCHIVE_EXPLODE_H
#define SLUICE_ARCHIVE_EXPLODE_H

#include "scanners/archive/window.h"

/* Bits of a member's general purpose flags (4.4.4). */
#define EXPLODE_WINDOW_8K 2u
#define EXPLODE_LITERALS  4u

/*
 * `bytes`: how many come out, since the stream does not say where it ends. 0: all of them;
 * -EBADMSG: broken or cut, what came before was handed on; -ENOSPC: the sink had enough.
 */
int explode(struct span packed, unsigned flags, uint64_t bytes, span_sink sink, void *arg);

#endif
