/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PKZIP's method 9, "Deflate64", which Windows' Explorer uses for large files and libarchive does
 * not read: RFC 1951 with a window of 64 KiB, two more distance codes, and matches of up to 65,538
 * bytes. Nothing is allocated; 64 KiB of the stack are used.
 */
#ifndef SLUICE_ARCHIVE_INFLATE64_H
#define SLUICE_ARCHIVE_INFLATE64_H

#include "scanners/archive/window.h"

/* 0: all of it; -EBADMSG: broken or cut, what came before was handed on; -ENOSPC: the sink had
 * enough. */
int inflate64(struct span packed, span_sink sink, void *arg);

#endif
