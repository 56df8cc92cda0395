/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a layer lies in, by ClamAV's words, for signatures that ask for it. The last view of its
 * path tells: layer_path() never cuts that one's kind. What has no word there (a form, a file
 * found within another) is nothing that a signature can ask for.
 */
#include <string.h>

#include "control/deepscan/layer.h"
#include "scanners/signature/generation_file.h"

#define BIT(container) (1u << CONTAINER_##container)

static const struct {
	const char *kind;
	uint32_t containers;
} views[] = { { "mail", BIT(MAIL) }, { "zip", BIT(ZIP) }, { "pdf", BIT(PDF) }, { "rtf", BIT(RTF) },
	{ "ole", BIT(OLE) }, { "vba", BIT(OLE) }, { "chm", BIT(CHM) }, { "cab", BIT(CAB) },
	{ "rar", BIT(RAR) }, { "7z", BIT(SEVEN_ZIP) }, { "tar", BIT(TAR) }, { "iso", BIT(ISO) },
	{ "gz", BIT(GZIP) }, { "bz2", BIT(BZIP2) }, { "xz", BIT(XZ) }, { "tnef", BIT(TNEF) } };

/* A folder of the first members tells, as it tells ClamAV. */
static const struct {
	const char *folder;
	uint32_t container;
} offices[] = { { "word/", BIT(WORD) }, { "xl/", BIT(EXCEL) }, { "ppt/", BIT(POWERPOINT) } };

#define COUNT_OF(array)  (sizeof(array) / sizeof((array)[0]))
#define ZIP_HEADER_BYTES 30
#define ZIP_HEADER_MAGIC "PK\x03\x04"

uint32_t
containers_of(const char *path, uint32_t around)
{
	const char *kind = path, *next;
	size_t bytes;

	if (*path == 0)
		return BIT(NONE);
	while ((next = strstr(kind, "->")) != NULL) /* no name has a '>' */
		kind = next + 2;
	bytes = strcspn(kind, ":");
	for (size_t i = 0; i < COUNT_OF(views); i++) {
		if (span_is(span_of(kind, bytes), views[i].kind))
			return views[i].containers == BIT(ZIP) ? BIT(ZIP) | around
							       : views[i].containers;
	}
	return 0;
}

uint32_t
containers_of_office(struct span zip)
{
	const uint8_t *header;

	while (zip.bytes > ZIP_HEADER_BYTES &&
	       (header = memmem(zip.data, zip.bytes, ZIP_HEADER_MAGIC, 4)) != NULL) {
		zip = span_from(zip, (size_t)(header - zip.data));
		for (size_t i = 0; i < COUNT_OF(offices); i++) {
			if (span_starts(span_from(zip, ZIP_HEADER_BYTES), offices[i].folder))
				return offices[i].container;
		}
		zip = span_from(zip, 4);
	}
	return 0;
}
