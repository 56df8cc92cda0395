/* SPDX-License-Identifier: BSD-3-Clause */
/* 32 bytes at a time. */
#include <immintrin.h>

#include "dataplane/http/scan_kinds.h"

typedef __m256i vector;

#define TARGET   __attribute__((target("avx2,bmi")))
#define KIND     http_scan_avx2
#define WIDTH    32
#define LOAD(p)  _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define IS(v, c) _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c))
#define BITS(v)  ((uint64_t)(uint32_t)_mm256_movemask_epi8(v))
#define TABLE(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(t)))
#define LOOK     _mm256_shuffle_epi8
#define AND      _mm256_and_si256
#define UPPER(v) _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15))
#include "dataplane/http/scan.inc"
