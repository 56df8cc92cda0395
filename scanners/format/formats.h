/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The format words: id, word in the log, class, where word and magic come from. GeneralTxt and
 * GeneralBin are the reference product's own words; the others follow its style over the usual file
 * extension. Magic numbers stand in format.c beside the id.
 */
#ifndef SLUICE_FORMATS_H
#define SLUICE_FORMATS_H

#define FORMATS(X)                                                                              \
	X(GENERAL_BIN, "GeneralBin", OTHER,                                                     \
	    "reference log; whatever no row matches and is no text")                            \
	X(GENERAL_TXT, "GeneralTxt", TEXT,                                                      \
	    "reference log; UTF-8, UTF-16 with a mark, or Latin text")                          \
	X(HTML, "GeneralHtml", MARKUP, "WHATWG MIME sniffing 7.1")                              \
	X(XML, "Xml", MARKUP, "XML 1.0 2.8")                                                    \
	X(SVG, "Svg", IMAGE, "SVG 2")                                                           \
	X(JSON, "Json", TEXT, "RFC 8259: starts with { or [ and a quote")                       \
	X(PDF, "Pdf", DOCUMENT, "ISO 32000-1 7.5.2: %PDF- within the first 1024 bytes")         \
	X(RTF, "Rtf", DOCUMENT, "RTF 1.9.1")                                                    \
	X(OLE, "OleDoc", DOCUMENT, "MS-CFB 2.2")                                                \
	X(OOXML, "OoXml", DOCUMENT,                                                             \
	    "ECMA-376: ZIP whose first members are [Content_Types].xml, _rels/")                \
	X(ODF, "Odf", DOCUMENT, "OpenDocument 1.2 part 3: mimetype stored first")               \
	X(EPUB, "Epub", DOCUMENT, "OCF 3.0: mimetype stored first")                             \
	X(EXE, "Exe", EXECUTABLE, "Microsoft PE/COFF: MZ")                                      \
	X(ELF, "Elf", EXECUTABLE, "System V gABI")                                              \
	X(MACHO, "MachO", EXECUTABLE, "mach-o/loader.h")                                        \
	X(JAVA_CLASS, "JavaClass", EXECUTABLE, "JVMS 4.1, told from fat Mach-O by the version") \
	X(WASM, "Wasm", EXECUTABLE, "WebAssembly 1.0 5.5.16")                                   \
	X(DEX, "Dex", EXECUTABLE, "Android DEX format")                                         \
	X(LNK, "Lnk", EXECUTABLE, "MS-SHLLINK 2.1")                                             \
	X(SCRIPT, "Script", SCRIPT, "#! interpreter line")                                      \
	X(PHP, "Php", SCRIPT, "PHP opening tag")                                                \
	X(ZIP, "Zip", ARCHIVE, "APPNOTE.TXT 4.3.7")                                             \
	X(JAR, "Jar", ARCHIVE, "JAR specification: META-INF/ first")                            \
	X(GZ, "Gz", ARCHIVE, "RFC 1952")                                                        \
	X(BZ2, "Bz2", ARCHIVE, "bzip2 manual")                                                  \
	X(XZ, "Xz", ARCHIVE, "xz file format 2.1.1")                                            \
	X(ZST, "Zst", ARCHIVE, "RFC 8878 3.1.1")                                                \
	X(LZ4, "Lz4", ARCHIVE, "LZ4 frame format")                                              \
	X(SEVEN_ZIP, "7z", ARCHIVE, "7zFormat.txt")                                             \
	X(RAR, "Rar", ARCHIVE, "RAR 5.0 technote, and 4")                                       \
	X(TAR, "Tar", ARCHIVE, "POSIX ustar, or a right header checksum")                       \
	X(CAB, "Cab", ARCHIVE, "MS-CAB 2.1")                                                    \
	X(AR, "Ar", ARCHIVE, "ar(5)")                                                           \
	X(CPIO, "Cpio", ARCHIVE, "cpio(5)")                                                     \
	X(LZH, "Lzh", ARCHIVE, "LHA header level 0 to 2")                                       \
	X(ARJ, "Arj", ARCHIVE, "ARJ technote")                                                  \
	X(RPM, "Rpm", ARCHIVE, "rpm file format")                                               \
	X(ISO, "Iso", ARCHIVE, "ECMA-119 6.2.1: a system area, which few use, is zeros")        \
	X(CHM, "Chm", ARCHIVE, "ITSF header")                                                   \
	X(PNG, "Png", IMAGE, "PNG 5.2")                                                         \
	X(JPEG, "Jpeg", IMAGE, "ITU T.81 B.1")                                                  \
	X(GIF, "Gif", IMAGE, "GIF89a 17")                                                       \
	X(BMP, "Bmp", IMAGE, "BITMAPFILEHEADER with its reserved words zero")                   \
	X(ICO, "Ico", IMAGE, "ICONDIR")                                                         \
	X(WEBP, "Webp", IMAGE, "RIFF WEBP")                                                     \
	X(TIFF, "Tiff", IMAGE, "TIFF 6.0 2")                                                    \
	X(PSD, "Psd", IMAGE, "Adobe Photoshop file format")                                     \
	X(MP3, "Mp3", MEDIA, "ID3v2, or an MPEG audio frame")                                   \
	X(MP4, "Mp4", MEDIA, "ISO/IEC 14496-12 4.3: ftyp")                                      \
	X(OGG, "Ogg", MEDIA, "RFC 3533 6")                                                      \
	X(FLAC, "Flac", MEDIA, "RFC 9639 6")                                                    \
	X(WAV, "Wav", MEDIA, "RIFF WAVE")                                                       \
	X(AVI, "Avi", MEDIA, "RIFF AVI")                                                        \
	X(MKV, "Mkv", MEDIA, "RFC 8794 EBML header")                                            \
	X(FLV, "Flv", MEDIA, "Adobe FLV 10.1 E.2")                                              \
	X(SWF, "Swf", MEDIA, "Adobe SWF 19")                                                    \
	X(TTF, "Ttf", FONT, "OpenType: version 1.0, or true")                                   \
	X(OTF, "Otf", FONT, "OpenType: OTTO")                                                   \
	X(WOFF, "Woff", FONT, "W3C WOFF 1.0")                                                   \
	X(WOFF2, "Woff2", FONT, "W3C WOFF 2.0")                                                 \
	X(SQLITE, "Sqlite", OTHER, "SQLite database file format 1.3")                           \
	X(PCAP, "Pcap", OTHER, "libpcap and pcapng")                                            \
	X(ONENOTE, "OneNote", DOCUMENT, "MS-ONESTORE 2.3.1")                                    \
	X(TNEF, "Tnef", DOCUMENT, "MS-OXTNEF 2.1.3.1: winmail.dat")                             \
	X(ACE, "Ace", ARCHIVE, "ACE main header")                                               \
	X(WIM, "Wim", ARCHIVE, "Windows Imaging file format")                                   \
	X(VHD, "Vhd", ARCHIVE, "VHD 1.0: a dynamic disk begins with its footer's copy")         \
	X(VHDX, "Vhdx", ARCHIVE, "MS-VHDX 2.2.1")

#endif
