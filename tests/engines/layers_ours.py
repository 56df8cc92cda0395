# SPDX-License-Identifier: BSD-3-Clause
"""What only ours takes apart, or clamscan in another way: what is in it must be found as it is alone."""

import base64
import binascii
import gzip
import hashlib
import io
import struct
import zipfile
import zlib

import layers

NAME = b"member.bin"
BY_LIBARCHIVE = {name: "raw:" + name for name in ("zstd", "lz4", "lzma", "lzip", "compress", "uuencode")}
BY_LIBARCHIVE.update({"ar": "arbsd", "ar of GNU": "argnu", "xar": "xar", "warc": "warc", "pax": "pax",
                      "cpio of old": "odc"})


def with_crc16(data):
    """RAR's header: the low half of its CRC in front."""
    return struct.pack("<H", binascii.crc32(data) & 0xffff) + data


def rar4(data):
    main = with_crc16(struct.pack("<BHHHI", 0x73, 0, 13, 0, 0))
    head = struct.pack("<BHHIIBIIBBHI", 0x74, 0x8000, 32 + len(NAME), len(data), len(data), 2,
                       binascii.crc32(data), 0x50000000, 20, 0x30, len(NAME), 0x20)
    end = with_crc16(struct.pack("<BHH", 0x7b, 0x4000, 7))
    return b"Rar!\x1a\x07\0" + main + with_crc16(head + NAME) + data + end


def vint(value):
    out = b""
    while value > 0x7f:
        out += bytes((value & 0x7f | 0x80,))
        value >>= 7
    return out + bytes((value,))


def rar5_block(body):
    sized = vint(len(body)) + body
    return struct.pack("<I", binascii.crc32(sized)) + sized


def rar5(data):
    file = (vint(2) + vint(2) + vint(len(data)) + vint(4) + vint(len(data)) + vint(0o644)
            + struct.pack("<I", binascii.crc32(data)) + vint(0) + vint(1) + vint(len(NAME)) + NAME)
    return (b"Rar!\x1a\x07\1\0" + rar5_block(vint(1) + vint(0) + vint(0)) + rar5_block(file) + data
            + rar5_block(vint(5) + vint(0) + vint(0)))


def cab(data):
    """Stored, in blocks of 32 KiB without sums."""
    blocks = [data[i:i + 32768] for i in range(0, len(data), 32768)]
    first = 36 + 8 + 16 + len(NAME) + 1
    body = b"".join(struct.pack("<IHH", 0, len(b), len(b)) + b for b in blocks)
    return (struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, first + len(body), 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
            + struct.pack("<IHH", first, len(blocks), 0)
            + struct.pack("<IIHHHH", len(data), 0, 0, 0x5000, 0, 0x20) + NAME + b"\0" + body)


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xa001 if crc & 1 else 0)
    return crc


def lha(data):
    """Stored, with a header of level 0."""
    head = (b"-lh0-" + struct.pack("<IIIBB", len(data), len(data), 0x50000000, 0x20, 0)
            + bytes((len(NAME),)) + NAME + struct.pack("<H", crc16(data)))
    return bytes((len(head), sum(head) & 0xff)) + head + data + b"\0"


def rpm(data):
    lead = b"\xed\xab\xee\xdb\3\0" + bytes(90)
    header = b"\x8e\xad\xe8\1" + bytes(4) + struct.pack(">II", 1, 4) + struct.pack(">IIII", 1000, 6, 0, 1) + b"abc\0"
    return lead + header + bytes(-len(header) % 8) + header + gzip.compress(layers.tarred(data))


def sectors(data, size=512):
    return data + bytes(-len(data) % size)


def chain(first, count):
    """Sectors one behind the other, and the mark that ends them."""
    return list(range(first + 1, first + count)) + [0xfffffffe] if count else []


def ole(data):
    """A compound file of one stream: of less than 4096 bytes it lies in the small sectors."""
    small = len(data) < 4096
    stream = sectors(sectors(data, 64) if small else data)
    count, minis = len(stream) // 512, -(-len(data) // 64) if small else 0
    mini_fat = sectors(struct.pack("<%dI" % minis, *chain(0, minis))) if small else b""
    mini_count = len(mini_fat) // 512
    fats = 1
    while (fats + 1 + mini_count + count) * 4 > fats * 512:
        fats += 1
    at_mini, at_data = fats + 1, fats + 1 + mini_count
    fat = ([0xfffffffd] * fats + [0xfffffffe] + chain(at_mini, mini_count) + chain(at_data, count))
    fat += [0xffffffff] * (fats * 128 - len(fat))

    def entry(name, kind, child, first, size):
        text = (name + "\0").encode("utf-16-le")
        return (text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, 0xffffffff, 0xffffffff, child)
                + bytes(36) + struct.pack("<IQ", first, size))

    root = entry("Root Entry", 5, 1, at_data if small else 0xfffffffe, len(stream) if small else 0)
    directory = root + entry("Data", 2, 0xffffffff, 0 if small else at_data, len(data)) + bytes(256)
    difat = list(range(fats)) + [0xffffffff] * (109 - fats)
    head = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
            + struct.pack("<HHHHHHIIIIIIIIII", 0x3e, 3, 0xfffe, 9, 6, 0, 0, 0, fats, fats, 0, 4096,
                          at_mini if small else 0xfffffffe, mini_count, 0xfffffffe, 0)
            + struct.pack("<109I", *difat))
    return head + struct.pack("<%dI" % len(fat), *fat) + directory + mini_fat + stream


def onenote(data):
    return (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3" + bytes(64)
            + b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"
            + struct.pack("<Q", len(data)) + bytes(12) + data + bytes(16))


def tnef(data):
    def attribute(number, body):
        return b"\2" + struct.pack("<II", number, len(body)) + body + struct.pack("<H", sum(body) & 0xffff)

    return (b"\x78\x9f\x3e\x22\1\0" + attribute(0x00069002, bytes(14)) + attribute(0x00018010, NAME + b"\0")
            + attribute(0x0006800f, data))


def rtf(data):
    return b"{\\rtf1 hello {\\object\\objemb{\\*\\objdata " + binascii.hexlify(data) + b"}}}"


def uploaded(data):
    return (b'--limit\r\nContent-Disposition: form-data; name="f"; filename="member.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n--limit--\r\n")


def forwarded(data):
    return (b"From: a@example.test\r\nTo: b@example.test\r\nSubject: c\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: message/rfc822\r\n\r\n" + layers.mailed(data, "base64"))


def stream_of(coded, filters):
    return (b"%PDF-1.4\n1 0 obj\n<</Filter" + filters + b"/Length " + str(len(coded)).encode() + b">>\nstream\n"
            + coded + b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")


def runs(data):
    parts = [data[i:i + 128] for i in range(0, len(data), 128)]
    return b"".join(bytes((len(p) - 1,)) + p for p in parts) + b"\x80"


def rc4(key, data):
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def locked_pdf(data):
    """ISO 32000-1 7.6.3, revision 2, for the empty password."""
    padding = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    key = hashlib.md5(padding + bytes(32) + struct.pack("<i", -4)).digest()[:5]
    coded = rc4(hashlib.md5(key + struct.pack("<I", 1)[:3] + bytes(2)).digest()[:10], zlib.compress(data))
    lock = (b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"00" * 32 + b">/U<"
            + binascii.hexlify(rc4(key, padding)) + b">>>")
    return stream_of(coded, b"/FlateDecode").replace(b"trailer\n<<", b"trailer\n<</Encrypt " + lock)


def unlisted(data):
    """A ZIP whose directory is lost."""
    whole = layers.zipped(data)
    return whole[:whole.index(b"PK\1\2")]


class Pipe(io.BytesIO):
    """Nothing is mended in what was written: sizes follow the data."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation


def piped_zip(data):
    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("member.bin", data)
    return out.getvalue()


def page(data):
    return (b"<html><body><a href=\"data:application/octet-stream;base64," + base64.b64encode(data)
            + b"\">a</a></body></html>\n")


def script(data):
    """Long enough for what is looked for: a harmless archive's worth of letters behind it."""
    return b"var a = '" + base64.b64encode(gzip.compress(data) + bytes(96)) + b"';\nwrite(atob(a));\n"


def hex_script(data):
    return b"$a = \"" + binascii.hexlify(gzip.compress(data) + bytes(64)) + b"\"\n"


MADE = {
    "rar 4": rar4, "rar 5": rar5, "cab": cab, "lha": lha, "rpm": rpm, "ole": ole, "onenote": onenote,
    "tnef": tnef, "rtf": rtf, "form": uploaded, "mail in mail": forwarded,
    "pdf hex": lambda d: stream_of(binascii.hexlify(d) + b">", b"/ASCIIHexDecode"),
    "pdf base 85": lambda d: stream_of(base64.a85encode(d) + b"~>", b"/ASCII85Decode"),
    "pdf runs": lambda d: stream_of(runs(d), b"/RunLengthDecode"),
    "pdf, two filters": lambda d: stream_of(base64.a85encode(zlib.compress(d)) + b"~>", b"[/A85/Fl]"),
    "pdf encrypted": locked_pdf, "gz of two": lambda d: gzip.compress(d[:5]) + gzip.compress(d[5:]),
    "zip behind text": lambda d: b"hello\n" * 200 + layers.zipped(d), "zip from a pipe": piped_zip,
    "zip without its directory": unlisted, "data uri": page, "base64 in a script": script,
    "hex in a script": hex_script,
}
# Where what is packed stands as it is, with lz4 and zstd what does not repeat: it is compressed first, so that the
# file itself holds no hit.
STORES = {"rtf", "rar 4", "rar 5", "cab", "lha", "ole", "onenote", "tnef", "form", "ar", "ar of GNU", "warc", "pax",
          "cpio of old", "lz4", "zstd"}
ALL = tuple(MADE) + tuple(BY_LIBARCHIVE)
