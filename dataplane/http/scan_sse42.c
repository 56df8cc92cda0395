/* SPDX-License-Identifier: BSD-3-Clause */
/* 16 bytes at a time. */
#include <immintrin.h>

#include "dataplane/http/scan_kinds.h"

typedef __m128i vector;

#define TARGET   __attribute__((target("sse4.2")))
#define KIND     http_scan_sse42
#define WIDTH    16
#define LOAD(p)  _mm_loadu_si128((const __m128i *)(const void *)(p))
#define IS(v, c) _mm_cmpeq_epi8(v, _mm_set1_epi8(c))
#define BITS(v)  ((uint64_t)(uint32_t)_mm_movemask_epi8(v))
#define TABLE(t) _mm_loadu_si128((const __m128i *)(const void *)(t))
#define LOOK     _mm_shuffle_epi8
#define AND      _mm_and_si128
#define UPPER(v) _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(15))
#include "dataplane/http/scan.inc"
