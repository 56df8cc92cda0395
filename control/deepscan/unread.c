/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What files can be in but nothing here takes out, told by marks, so that it is not called clean:
 * archives, images of disks, and programs that unpack themselves in ways of their own.
 */
#include "control/deepscan/layer.h"

#define EXT_AT        1024u /* the superblock of ext2 to ext4 */
#define EXT_BLOCK_MAX 6     /* 1 KiB shifted by so much */
#define FOOTER_BYTES  512u  /* of a fixed VHD, and of a DMG */
#define NSIS_BLOCK    512

struct mark {
	uint16_t at;
	uint8_t count;
	char bytes[24];
};

/* What it is, where its mark stands, and which. */
#define HEADS(X)                              \
	X("disk with a GPT", 512, "EFI PART") \
	X("VMDK", 0, "KDMV")                  \
	X("QCOW", 0, "QFI\xfb")               \
	X("squashfs", 0, "hsqs")              \
	X("ALZ", 0, "ALZ\1")                  \
	X("EGG", 0, "EGGA\0\1")               \
	X("FreeArc", 0, "ArC\1")              \
	X("zoo", 20, "\xdc\xa7\xc4\xfd")      \
	X("StuffIt", 0, "SIT!")               \
	X("StuffIt 5", 0, "StuffIt (c)1997")  \
	X("StuffIt X", 0, "StuffIt!")         \
	X("lzop", 0, "\x89LZO\0\r\n\x1a\n")   \
	X("lrzip", 0, "LRZI\0")               \
	X("Snappy", 0, "\xff\6\0\0sNaPpY")    \
	X("Pack200", 0, "\xca\xfe\xd0\x0d")   \
	X("Outlook's folders", 0, "!BDN")     \
	X("InstallShield", 0, "ISc(")         \
	X("Symbian, to 8", 8, "\x19\4\0\x10") \
	X("Symbian, from 9", 0, "\x7a\x1a\x20\x10")

/* The same of programs, wherever in them it stands. */
#define PROGRAMS(X)                                                                               \
	X("Inno Setup", 0, "Inno Setup Setup Data (")                                             \
	X("Inno Setup's loader", 0, "rDlPtS\xcd\xe6\xd7\x7b\x0b\x2a")                             \
	X("InstallShield", 0, "ISSetupStream\0")                                                  \
	X("Setup Factory", 0, "\xe0\xe0\xe1\xe1\xe2\xe2\xe3\xe3\xe4\xe4\xe5\xe5\xe6\xe6\xe7\xe7") \
	X("AutoIt", 0, "\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9\x99\x4c\x53\x0a\x86\xd6\x48\x7d")        \
	X("PyInstaller", 0, "MEI\x0c\x0b\x0a\x0b\x0e")

#define X(what, at, bytes) { at, sizeof(bytes) - 1, bytes },
static const struct mark heads[] = { HEADS(X) };
static const struct mark programs[] = { PROGRAMS(X) };
#undef X

static bool
has_head(struct span s)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (span_has(s, heads[i].at, heads[i].bytes, heads[i].count))
			return true;
	}
	return false;
}

/* Linux' ext2 to ext4: its mark, and a size of blocks and a revision that there are. */
static bool
is_ext(struct span s)
{
	static const char zeros[3];

	return span_has(s, EXT_AT + 0x38, "\x53\xef", 2) && span_has(s, EXT_AT + 0x19, zeros, 3) &&
	       s.data[EXT_AT + 0x18] <= EXT_BLOCK_MAX && span_has(s, EXT_AT + 0x4d, zeros, 3) &&
	       s.data[EXT_AT + 0x4c] <= 1;
}

/* A volume's first sector, by what stands where each kind names itself. */
static bool
is_volume(struct span s)
{
	return is_ext(s) || (span_has(s, 510, "\x55\xaa", 2) &&
				(span_has(s, 3, "NTFS    ", 8) || span_has(s, 3, "EXFAT   ", 8) ||
				    span_has(s, 54, "FAT1", 4) || span_has(s, 82, "FAT32", 5)));
}

/* Images of disks that a footer tells. */
static bool
has_footer(struct span s)
{
	size_t last = s.bytes >= FOOTER_BYTES ? s.bytes - FOOTER_BYTES : 0;

	return span_has(s, last, "conectix", 8) || span_has(s, last, "koly\0\0\0\4", 8);
}

/* An installer of NSIS, whose own files hang on its compression and script: told as its program
 * tells itself, by the mark at the start of any block but the first. */
static bool
is_nsis(struct span s)
{
	static const char mark[] = "\xef\xbe\xad\xdeNullsoftInst";

	for (size_t at = NSIS_BLOCK; at < s.bytes; at += NSIS_BLOCK) {
		if (span_has(s, at + 4, mark, sizeof(mark) - 1))
			return true;
	}
	return false;
}

static bool
is_installer(struct span s, enum format format)
{
	if (format == FORMAT_EXE && is_nsis(s))
		return true;
	if (format != FORMAT_EXE && format != FORMAT_ELF && format != FORMAT_MACHO)
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const struct mark *m = &programs[i];

		if (memmem(s.data, s.bytes, m->bytes, m->count) != NULL)
			return true;
	}
	return false;
}

bool
layer_is_unread(struct span s, enum format format)
{
	return has_head(s) || is_volume(s) || has_footer(s) || is_installer(s, format);
}
