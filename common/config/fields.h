/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every key of sluice.yaml, once: where it lies in struct config, what it may be, what it is when
 * nobody says. The lists make the libcyaml schema and the table that checks, defaults, overrides,
 * printing and messages work from. Shared by the files of this folder.
 *
 *     U section, member, least, most, default     a number
 *     W section, member, words, default           one of a list of words
 *     B section, member, default                  true or false
 *     T section, member, default                  a text
 *     N section, member                           a text or nothing
 *     L section, member, default                  a list of texts, the default comma-separated
 */
#ifndef SLUICE_CONFIG_FIELDS_H
#define SLUICE_CONFIG_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "common/base/span.h"
#include "common/config/config.h"

#define DATAPLANE_FIELDS(U, W, B, T, N, L)                \
	U(dataplane, cores, 1, CHANNEL_CORES_MAX, "1")    \
	U(dataplane, first_cpu, 0, 4095, "0")             \
	W(dataplane, idle, idle_words, "adaptive")        \
	W(dataplane, hugepages, hugepages_words, "auto")  \
	W(dataplane, digests, digests_words, "auto")      \
	U(dataplane, memory_mib, 0, 1048576, "0")         \
	U(dataplane, buffers, 2048, 4194304, "32768")     \
	L(dataplane, addresses, "")                       \
	L(dataplane, gateways, "")                        \
	U(dataplane, vlan, 0, 4094, "0")                  \
	B(dataplane, router_advertisements, "true")       \
	B(dataplane, duplicate_address_detection, "true") \
	U(dataplane, arena_mib, 1, 65536, "128")

#define PORT_FIELDS(U, W, B, T, N, L)                    \
	W(dataplane.port, kind, port_words, "af_packet") \
	N(dataplane.port, interface)                     \
	N(dataplane.port, pci)                           \
	N(dataplane.port, socket)                        \
	B(dataplane.port, socket_server, "false")        \
	U(dataplane.port, mtu, 576, 9216, "1500")        \
	N(dataplane.port, mac)

#define ICAP_FIELDS(U, W, B, T, N, L)                        \
	U(icap, port, 1, 65535, "1344")                      \
	T(icap, reqmod_path, "/av/reqmod")                   \
	T(icap, respmod_path, "/av/respmod")                 \
	U(icap, preview_bytes, 0, 65536, "4096")             \
	U(icap, options_ttl_s, 1, 604800, "3600")            \
	U(icap, connections_max, 1, 4000000, "10000")        \
	U(icap, connections_per_source_max, 0, 4000000, "0") \
	U(icap, head_timeout_ms, 100, 3600000, "30000")      \
	U(icap, body_timeout_ms, 100, 3600000, "60000")      \
	U(icap, idle_timeout_ms, 100, 86400000, "600000")    \
	L(icap, allow, "")

#define ICAPS_FIELDS(U, W, B, T, N, L)                  \
	U(icaps, port, 0, 65535, "0")                   \
	N(icaps, certificate)                           \
	N(icaps, key)                                   \
	W(icaps, version_min, tls_version_words, "1.2") \
	N(icaps, client_ca)                             \
	L(icaps, client_names, "")                      \
	L(icaps, allow, "")

#define TCP_FIELDS(U, W, B, T, N, L)                \
	B(tcp, ecn, "true")                         \
	U(tcp, rto_min_ms, 10, 1000, "200")         \
	U(tcp, user_timeout_s, 1, 3600, "120")      \
	U(tcp, keepalive_idle_s, 0, 86400, "0")     \
	U(tcp, keepalive_interval_s, 1, 3600, "75") \
	U(tcp, keepalive_probes, 1, 100, "9")       \
	U(tcp, half_open_max, 1, 1u << 20, "1024")  \
	U(tcp, receive_window_bytes, 16384, 1u << 24, "2097152")

#define PROFILES_FIELDS(U, W, B, T, N, L) \
	T(profiles, fallback, "generic")  \
	N(profiles, directory)            \
	L(profiles, paths, "")            \
	L(profiles, sources, "")          \
	L(profiles, agents, "")

#define LIMITS_FIELDS(U, W, B, T, N, L)                             \
	U(limits, object_bytes_max, 1024, 1ull << 40, "268435456")  \
	U(limits, decoded_bytes_max, 1024, 1ull << 40, "268435456") \
	U(limits, decode_ratio_max, 1, 1000000, "1000")             \
	U(limits, parts_max, 1, 65535, "1000")                      \
	U(limits, part_head_bytes_max, 256, 8192, "8192")           \
	U(limits, part_depth_max, 1, 8, "4")                        \
	U(limits, object_timeout_ms, 1000, 86400000, "600000")

#define POLICY_FIELDS(U, W, B, T, N, L)               \
	W(policy, oversize, action_words, "allow")    \
	W(policy, timeout, action_words, "allow")     \
	W(policy, overload, action_words, "block")    \
	W(policy, encrypted, action_words, "allow")   \
	W(policy, corrupt, action_words, "allow")     \
	W(policy, unsupported, action_words, "allow") \
	W(policy, error, action_words, "block")

#define DELIVERY_FIELDS(U, W, B, T, N, L)                  \
	W(delivery, kind, delivery_words, "hold")          \
	U(delivery, after_bytes, 0, 1ull << 40, "32768")   \
	U(delivery, hold_back_bytes, 1, 1u << 24, "16384") \
	U(delivery, stall_ms, 50, 3600000, "300")          \
	U(delivery, trickle_delay_ms, 0, 3600000, "10000") \
	U(delivery, trickle_bytes, 1, 1u << 20, "4096")    \
	U(delivery, redownload_guard_s, 0, 86400, "1800")  \
	U(delivery, page_after_ms, 0, 3600000, "0")        \
	U(delivery, page_retry_s, 1, 60, "5")              \
	U(delivery, pages_max, 1, 10000, "100")

#define CACHE_FIELDS(U, W, B, T, N, L) U(cache, entries, 64, 67108864, "65536")

#define SANDBOX_FIELDS(U, W, B, T, N, L)                              \
	W(sandbox, kind, sandbox_words, "deep")                       \
	U(sandbox, workers, 1, 256, "2")                              \
	U(sandbox, hold_timeout_s, 1, 900, "240")                     \
	L(sandbox, formats, "archive,document,executable")            \
	U(sandbox, object_bytes_max, 1024, 1ull << 40, "67108864")    \
	U(sandbox, depth_max, 1, 64, "5")                             \
	U(sandbox, members_max, 1, 1000000, "1000")                   \
	U(sandbox, unpacked_bytes_max, 1024, 1ull << 40, "268435456") \
	U(sandbox, job_timeout_ms, 100, 3600000, "30000")             \
	U(sandbox, memory_mib, 64, 65536, "512")                      \
	N(sandbox, passwords)

#define SIGNATURES_FIELDS(U, W, B, T, N, L)               \
	L(signatures, sources, "")                        \
	B(signatures, unsigned_databases, "false")        \
	U(signatures, compile_timeout_s, 1, 86400, "600") \
	U(signatures, compile_memory_mib, 64, 1048576, "4096")

#define REPUTATION_FIELDS(U, W, B, T, N, L) \
	L(reputation, bad, "")              \
	L(reputation, good, "")             \
	T(reputation, label, "reputation")

#define PAGES_FIELDS(U, W, B, T, N, L) \
	N(pages, directory)            \
	T(pages, language, "en")       \
	N(pages, redirect)             \
	W(pages, redirect_status, redirect_words, "302")

#define LOG_FIELDS(U, W, B, T, N, L)                  \
	U(log, bytes_max, 0, 1ull << 40, "104857600") \
	U(log, keep, 0, 1000, "5")                    \
	B(log, json, "false")

#define HTTP_FIELDS(U, W, B, T, N, L) T(http, listen, "127.0.0.1:8344")

/* In the order they are printed; port comes within dataplane. */
#define ALL_SECTIONS(U, W, B, T, N, L)      \
	DATAPLANE_FIELDS(U, W, B, T, N, L)  \
	PORT_FIELDS(U, W, B, T, N, L)       \
	ICAP_FIELDS(U, W, B, T, N, L)       \
	ICAPS_FIELDS(U, W, B, T, N, L)      \
	TCP_FIELDS(U, W, B, T, N, L)        \
	PROFILES_FIELDS(U, W, B, T, N, L)   \
	LIMITS_FIELDS(U, W, B, T, N, L)     \
	POLICY_FIELDS(U, W, B, T, N, L)     \
	DELIVERY_FIELDS(U, W, B, T, N, L)   \
	CACHE_FIELDS(U, W, B, T, N, L)      \
	SANDBOX_FIELDS(U, W, B, T, N, L)    \
	SIGNATURES_FIELDS(U, W, B, T, N, L) \
	REPUTATION_FIELDS(U, W, B, T, N, L) \
	PAGES_FIELDS(U, W, B, T, N, L)      \
	LOG_FIELDS(U, W, B, T, N, L)        \
	HTTP_FIELDS(U, W, B, T, N, L)

enum field_kind {
	FIELD_NUMBER,
	FIELD_WORD,
	FIELD_BOOL,
	FIELD_TEXT,
	FIELD_TEXT_OR_NONE,
	FIELD_LIST
};

struct config_field {
	const char *path; /* "dataplane.port.mtu" */
	enum field_kind kind;
	uint64_t least, most; /* numbers */
	const cyaml_strval_t *words;
	unsigned words_count;
	const char *fallback; /* what it is when nobody says; NULL: nothing */
	uint32_t offset, bytes, count_offset;
};

extern const struct config_field config_fields[];
extern const unsigned config_fields_count;
extern const cyaml_schema_value_t config_schema;
extern const cyaml_strval_t config_criterion_words[];
extern const unsigned config_criterion_words_count;

/* NULL: no such key. */
const struct config_field *config_field_find(struct span path);
/* Whether some key's path starts with "SECTION.". */
bool config_section_exists(struct span section);
/* Whether a text is a value for this key; else what was expected, as a part of a sentence. */
bool config_field_accepts(
    const struct config_field *f, struct span value, char *expected, size_t room);
/* true, yes, on; false, no, off. */
bool config_bool_parse(struct span text, bool *out);
/* A decimal number without sign or leading zeros. */
bool config_number_parse(struct span text, uint64_t *out);
/* "a, b, c" of a list of words. */
void config_words_text(const cyaml_strval_t *words, unsigned count, char *out, size_t room);

#endif
