/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The product's one configuration (sluice.yaml), read by both processes through libcyaml: schema,
 * defaults, and the checks a schema can't express. It stands in common/ because the dataplane
 * starts from it too. An error names file, line and what was expected. config/sluice.yaml is the
 * annotated default, and a test keeps it equal to the defaults (fields.h; only the interface and
 * the addresses have none, so that an empty file is refused). load.c has the steps, print.c and
 * paths.c the rest.
 *
 * Sizes are bytes, times milliseconds or seconds as their names end. A struct config is immutable
 * after config_load() and owned by its caller.
 */
#ifndef SLUICE_CONFIG_H
#define SLUICE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/channel/words.h"

#define CONFIG_ERROR_TEXT_MAX 512

enum config_port_kind { /* those with an interface first */
	PORT_AF_PACKET,
	PORT_AF_XDP,
	PORT_TAP,
	PORT_VIRTIO,
	PORT_PCI
};
enum config_idle {
	IDLE_ADAPTIVE,
	IDLE_SPIN
};
enum config_hugepages {
	HUGEPAGES_AUTO,
	HUGEPAGES_ON,
	HUGEPAGES_OFF
};
enum config_digests { /* as enum digest_kind of scanners/digest/engine.h */
	DIGESTS_AUTO,
	DIGESTS_OPENSSL,
	DIGESTS_SINGLE,
	DIGESTS_SSE2,
	DIGESTS_AVX2,
	DIGESTS_AVX512
};
enum config_tls_version {
	TLS_VERSION_1_2,
	TLS_VERSION_1_3
};
enum config_action {
	ACTION_ALLOW,
	ACTION_BLOCK
};
enum config_delivery {
	DELIVERY_HOLD,
	DELIVERY_STREAM,
	DELIVERY_TRICKLE
};
enum config_redirect_status {
	REDIRECT_302,
	REDIRECT_307
};
enum config_sandbox_kind {
	SANDBOX_NONE,
	SANDBOX_DEEP
};
enum config_criterion {
	CRITERION_FORMAT,
	CRITERION_USER_AGENT,
	CRITERION_MD5,
	CRITERION_URL,
	CRITERION_SOURCE
};

struct config_port {
	enum config_port_kind kind;
	char *interface;    /* af_packet, af_xdp: a kernel interface; tap: the name it gets */
	char *pci;          /* pci: 0000:03:00.0 */
	char *socket;       /* virtio: the vhost-user socket */
	bool socket_server; /* virtio: we listen on it */
	uint16_t mtu;
	char *mac; /* NULL: the port's own */
};

struct config_exclusion {
	enum config_criterion criterion;
	char *value;
	bool enabled;
};

struct config {
	/* mode: what a fresh installation starts in; later switches are kept in the state directory
	 */
	enum mode mode;

	struct {
		uint16_t cores;     /* poll-mode cores */
		uint16_t first_cpu; /* pinned to CPUs first_cpu, first_cpu + 1, …; wraps at the last
				       one */
		enum config_idle idle;
		enum config_hugepages hugepages;
		enum config_digests digests;
		uint32_t memory_mib; /* 0: as much as the buffers need */
		uint32_t buffers;    /* receive and transmit mbufs, per core */
		struct config_port port;
		char **addresses; /* "10.9.0.2/24", "fd00:9::2/64" */
		unsigned addresses_count;
		char **gateways;
		unsigned gateways_count;
		uint16_t vlan; /* 0: untagged */
		bool router_advertisements;
		bool duplicate_address_detection;
		uint32_t arena_mib; /* per core: what held and sandboxed objects may take */
	} dataplane;

	struct {
		uint16_t port;
		char *reqmod_path, *respmod_path;
		uint32_t preview_bytes;
		uint32_t options_ttl_s;
		uint32_t connections_max;            /* of the whole appliance */
		uint32_t connections_per_source_max; /* of an address, or an IPv6 /64; 0: no cap */
		uint32_t head_timeout_ms, body_timeout_ms, idle_timeout_ms;
		char **allow; /* subnets of clients; none: everybody */
		unsigned allow_count;
	} icap;

	/* of each connection; half_open_max is a core's */
	struct {
		bool ecn; /* a peer that asks for it gets it (RFC 3168) */
		uint32_t rto_min_ms, user_timeout_s;
		uint32_t keepalive_idle_s; /* 0: no probes */
		uint32_t keepalive_interval_s, keepalive_probes;
		uint32_t half_open_max; /* beyond it SYNs are answered by cookies */
		uint32_t receive_window_bytes;
	} tcp;

	struct {
		uint16_t port; /* 0: no ICAPS */
		char *certificate, *key;
		enum config_tls_version version_min;
		char *client_ca;     /* NULL: clients need no certificate */
		char **client_names; /* of their certificates; none: any */
		unsigned client_names_count;
		char **allow;
		unsigned allow_count;
	} icaps;

	/* which client is spoken to how (profile.h) */
	struct {
		char *fallback;                    /* who no rule names */
		char *directory;                   /* NULL: only the shipped ones */
		char **paths, **sources, **agents; /* "/avscan trafficserver", "10.0.0.0/8 squid" */
		unsigned paths_count, sources_count, agents_count;
	} profiles;

	struct {
		uint64_t object_bytes_max;  /* larger: class oversize */
		uint64_t decoded_bytes_max; /* decoded output of one object: class oversize */
		uint32_t decode_ratio_max;
		/* of a multipart body; more: class oversize */
		uint32_t parts_max, part_head_bytes_max, part_depth_max;
		uint32_t object_timeout_ms; /* from first to last byte: class timeout */
	} limits;

	/* what an object of each class gets */
	struct {
		enum config_action oversize, timeout, overload, encrypted, corrupt, unsupported,
		    error;
	} policy;

	/* how an object that must be sent back reaches the client before its verdict stands */
	struct {
		enum config_delivery kind;
		uint64_t after_bytes;        /* smaller ones are held whole */
		uint32_t hold_back_bytes;    /* the last part, which waits for the verdict */
		uint32_t stall_ms;           /* a body that stands still so long is streamed */
		uint32_t trickle_delay_ms;   /* until the first bytes */
		uint32_t trickle_bytes;      /* each second */
		uint32_t redownload_guard_s; /* a URL whose download was cut is blocked so long; 0:
						never */
		uint32_t page_after_ms;      /* of a hold, until a browser gets a page; 0: never */
		uint32_t page_retry_s;       /* until that page asks again */
		uint32_t pages_max;          /* of one URL and client, then it is held */
	} delivery;

	struct {
		uint32_t entries; /* verdict cache, per core */
	} cache;

	struct {
		enum config_sandbox_kind kind;
		uint16_t workers;
		uint32_t hold_timeout_s; /* advanced: the longest hold; then policy.timeout */
		char **formats; /* format words or class words (archive, document, executable) */
		unsigned formats_count;
		uint64_t object_bytes_max; /* larger ones are not submitted */
		uint16_t depth_max;        /* archives within archives */
		uint32_t members_max;
		uint64_t unpacked_bytes_max;
		uint32_t job_timeout_ms;
		uint32_t memory_mib; /* of one worker */
		char *passwords;     /* a file, tried on encrypted archives; NULL: none */
	} sandbox;

	struct {
		char **sources; /* files and directories for sluice-sigc */
		unsigned sources_count;
		bool unsigned_databases;
		uint32_t compile_timeout_s;
		uint32_t compile_memory_mib;
	} signatures;

	struct {
		char **bad, **good; /* list files */
		unsigned bad_count, good_count;
		char *label; /* the word in parentheses: reputation, or KSN where log tools expect
				it */
	} reputation;

	struct config_exclusion *exclusions;
	unsigned exclusions_count;

	struct {
		char *directory; /* templates (common/page/page.h); NULL: the built-in pages */
		char *language;  /* of those without one in their name */
		char *redirect;  /* where a blocked GET is sent instead; NULL: it gets a page */
		enum config_redirect_status redirect_status;
	} pages;

	struct {
		uint64_t bytes_max; /* rotated past this; 0: never */
		uint16_t keep;      /* rotated files kept */
		bool json;          /* sluice.jsonl beside sluice.log */
	} log;

	struct {
		char *listen; /* "127.0.0.1:8344"; empty: no HTTP server */
	} http;
};

/* The directories and names of an instance; "default" has none of its own in its paths. */
struct config_paths {
	char instance[64];
	char config_file[256];      /* /etc/sluice/sluice.yaml, or /etc/sluice/NAME.yaml */
	char run_directory[256];    /* /run/sluice, or /run/sluice/NAME */
	char state_directory[256];  /* /var/lib/sluice… */
	char log_directory[256];    /* /var/log/sluice… */
	char control_socket[300];   /* RUN/control.sock: JSON lines */
	char dataplane_socket[300]; /* RUN/dataplane.sock: attend.h */
	char dataplane_pid[300], control_pid[300];
};

/* -EINVAL when the name is not of [a-z0-9-], 1 to 32. NULL: SLUICE_NAME of the environment, else
 * "default". */
int config_paths_of(const char *instance, struct config_paths *out);

/*
 * Reads a file (or, for config_load_text, a text that `name` stands for in messages), applies the
 * defaults, then each `KEY=VALUE` override ("icap.port=1344", "mode=advanced"), and checks it all.
 * Lists are comma-separated there ("exclusions=url:*.example,md5:…"); an empty value empties.
 * -EINVAL or -errno, with "FILE:LINE: KEY: what, expected what" in `error`; "FILE: KEY: …" where a
 * key is missing, "--set KEY: …" where an override is wrong.
 */
int config_load(const char *file, const char *const *overrides, unsigned override_count,
    struct config **out, char error[CONFIG_ERROR_TEXT_MAX]);
int config_load_text(struct span text, const char *name, const char *const *overrides,
    unsigned override_count, struct config **out, char error[CONFIG_ERROR_TEXT_MAX]);
void config_free(struct config *c);
/*
 * To an error of a later check that begins with "KEY: ", of what a configuration loaded from this
 * file and these overrides names, adds where it stands, as config_load() has it. Any other error
 * stays as it is. Reads the file again.
 */
void config_locate(const char *file, const char *const *overrides, unsigned override_count,
    char error[CONFIG_ERROR_TEXT_MAX]);
/*
 * One rule from words, as `criterion` and `value` of an exclusion; `out` borrows `value`. -EINVAL
 * with what was expected in `error`. Format words are for the caller to check.
 */
int config_exclusion_parse(const char *criterion, const char *value, struct config_exclusion *out,
    char error[CONFIG_ERROR_TEXT_MAX]);
const char *config_criterion_word(enum config_criterion c);
/* A name for a rule by what it says, never 0: its matches are counted under it. */
uint64_t config_exclusion_key(const struct config_exclusion *e);
/* The whole configuration in effect, as YAML that config_load_text() reads back. Caller frees. */
char *config_print(const struct config *c);

#endif
