/* SPDX-License-Identifier: BSD-3-Clause */
/* The shipped profiles, as they lie in config/profiles, within the program. */
#include "common/config/profile.h"

#define SHIPPED(X)                    \
	X(generic, "generic")         \
	X(apache_ts, "trafficserver") \
	X(avi, "avi")                 \
	X(axway, "axway")             \
	X(c_icap_client, "c-icap")    \
	X(checkpoint, "checkpoint")   \
	X(citrix, "citrix")           \
	X(e2guardian, "e2guardian")   \
	X(f5, "f5")                   \
	X(fortigate, "fortigate")     \
	X(g3proxy, "g3proxy")         \
	X(illumos, "illumos")         \
	X(isilon, "isilon")           \
	X(moveit, "moveit")           \
	X(nextcloud, "nextcloud")     \
	X(ocis, "ocis")               \
	X(owncloud, "owncloud")       \
	X(proxysg, "proxysg")         \
	X(squid, "squid")             \
	X(wsa, "wsa")                 \
	X(zscaler, "zscaler")

#define EMBED(id, word)                                       \
	__asm__(".section .rodata\n"                          \
		"profile_" #id ":\n"                          \
		".incbin \"config/profiles/" word ".yaml\"\n" \
		"profile_" #id "_end:\n"                      \
		".previous\n");                               \
	extern const char profile_##id[], profile_##id##_end[];
SHIPPED(EMBED)

static const struct {
	const char *name, *from, *to;
} files[] = {
#define X(id, word) { word, profile_##id, profile_##id##_end },
	SHIPPED(X)
#undef X
};

struct config_shipped_profile
config_shipped_profile(unsigned n)
{
	if (n >= sizeof(files) / sizeof(files[0]))
		return (struct config_shipped_profile){ NULL, span_of(NULL, 0) };
	return (struct config_shipped_profile){ files[n].name,
		span_of(files[n].from, (size_t)(files[n].to - files[n].from)) };
}
