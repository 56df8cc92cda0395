# SPDX-License-Identifier: BSD-3-Clause
"""Nextcloud's files_antivirus: REQMOD of a PUT in HTTP/1.0, no OPTIONS, no preview, a connection a file."""
from wire import Wire, chunked, guarded, parts

HEADER = b"X-Infection-Found"
UNSCANNABLE = (b"decode_error", b"max_archive_layers_exceeded", b"password_protected")
BLOCKED = (b"file_type_blocked", b"file_extension_blocked")


@guarded
def check(target, data):
    w = Wire(target)
    put = b"PUT /x.bin HTTP/1.0\r\nHost: nextcloud\r\n"
    if b"gzip:" == data[:5]:  # a file whose coding the storage names
        put, data = put + b"Content-Encoding: gzip\r\n", data[5:]
    put += b"\r\n"
    # Rule: it allows 204, asks for a close, and sends a Transfer-Encoding that means nothing here.
    w.send(b"REQMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\nAllow: 204\r\nX-Client-IP: \r\nConnection: close\r\n"
           b"Transfer-Encoding: chunked\r\nEncapsulated: req-hdr=0, req-body=%d\r\n\r\n" %
           (target.host.encode(), target.path.encode(), target.host.encode(), len(put)))
    # Rule: the whole file is written, in chunks of 1 MiB, before a byte is read.
    w.send(put + chunked(data, 1 << 20) + b"0\r\n\r\n")
    code, _, fields = w.head()
    status = b""
    if code == 200:
        # Rule: the encapsulated head is read where it must begin; a socket can't skip.
        if parts(fields)[0] != (b"res-hdr", 0):
            return "error res-hdr is not first: %r" % fields[b"Encapsulated"]
        status = w.line()
    # Rule: the name of the header is compared with its case; a status line may say it, too.
    if code in (200, 204) and HEADER in fields:
        result = "infected " + fields[HEADER].split(b"Threat=")[1].split(b";")[0].decode()
    elif b"403 Forbidden" in status or b"403 VirusFound" in status:
        result = "infected by status"
    elif code == 204:
        result = "clean"
    elif code == 500 and fields.get(b"X-Error-Code") in UNSCANNABLE:
        result = "unscannable " + fields[b"X-Error-Code"].decode()
    elif code == 500 and fields.get(b"X-Error-Code") in BLOCKED:
        result = "infected by type"
    else:
        return "error %d" % code
    # Rule: with debugging on it reads on to the end; a connection that stays open costs the timeout.
    w.rest()
    return result
