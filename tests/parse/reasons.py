# SPDX-License-Identifier: BSD-3-Clause
"""Why cases of others are read otherwise than their index says: cases.py fails on a case that
differs without standing here, and on an entry here that no case needs.

A row: why, what we make of it, and the cases by name or by the error that the index gives.
"""

TOLERANT = ("the proxy let this head through, and no part of it frames a body or names a coding: "
            "it is the origin's business, read as it stands (http.h)")
TRAILER = "the fields of a trailer are dropped, whatever they are called"
LIMITS = "a limit of that server's own; ours are 64 KiB a head and 128 fields, the rest as `beyond`"
FRAMING = ("an oddity of Transfer-Encoding is the proxy's to settle: what reaches us is framed by "
           "ICAP's chunks, and the raw bytes are judged")
FOLDED = "read with its value, and flagged as folded"
PADDED = "blanks behind a chunk's size are taken: servers pad it (docs/parsers.md)"
BARE_LF = "no CR LF CR LF ends the head, so Encapsulated would be refused; llhttp's lenient mode reads on"
BARE_CR = "a CR alone ends no line: it stays in the value, where it names nothing that we look for"
CHUNKS = "chunks are strict here in every mode: ICAP's framing depends on them"
CLOSE = "what comes behind the last message of a connection is the proxy's to drop"
UPGRADE = "read like any other head; a tunnel's bytes never come by ICAP as messages"
CONVERSION = "two cases run together when they were converted"
LATIN = "the log counts bytes of UTF-8, the data is Latin-1: another place in the same text"
PROTOCOL = "another protocol's version: read, and flagged as no known start line"
SKIPPED = "the log is of a mode that skips bodies (HEAD), which a stream alone does not tell"
PROXY_LINE = "a PROXY line is taken for the start line, and flagged as none"
URL = "a target is taken apart, not judged: how it is written is the origin's business"
GZIP = "as zlib reads it: no more than zlib gives"
LINES = ("a side with LF line ends, without a head or cut short: no CR LF CR LF ends it, which "
         "Encapsulated asks for")
NAMED = "read, and flagged for what the file is named after"
LENGTH = "a length or a chunk that is none frames no body"
SILENT = "one side only"

ROWS = (
    (TOLERANT, "read", (
        "InvalidRequestMethod", "InvalidHeaderName", "InvalidRequestLine", "InvalidHTTPVersion",
        "InvalidSchemeHeaders", "invalid/041.http", "invalid/042.http",
        "invalid/rfc9110_field_value_ctl_bel_01.http", "invalid/rfc9110_field_value_ctl_del_01.http",
        "Invalid method for HTTP/x.x request", "Invalid header token", "Expected space after method",
        "Invalid header value char", "Invalid char in url path", "Expected HTTP/, RTSP/ or ICE/",
        "Expected dot", "Expected space after version", "Invalid HTTP version")),
    (TRAILER, "read", (
        "invalid/rfc9110_trailer_forbidden_cl_01.http",
        "invalid/rfc9110_trailer_forbidden_host_01.http",
        "invalid/rfc9110_trailer_forbidden_te_01.http")),
    (LIMITS, "read", ("LimitRequestLine", "LimitRequestHeaders")),
    (FRAMING, "read", (
        "invalid/chunked_05.http", "invalid/chunked_06.http", "invalid/chunked_08.http",
        "Request has invalid `Transfer-Encoding`", "Invalid `Transfer-Encoding` header value")),
    (FRAMING, "odd", ("valid/009.http",)),
    (FRAMING, "cut, other fields", (
        "request-lenient-chunked-length: POST with `Transfer-Encoding` and `Content-Length` (lenient)",)),
    (PADDED, "read", ("InvalidChunkSize", "Invalid character in chunk size")),
    ("an empty extension names nothing", "read", ("Invalid character in chunk extensions",)),
    (BARE_CR, "read", ("Missing expected LF after header value", "Expected LF after CR")),
    (BARE_CR, "cut, other fields", (
        "request-lenient-headers: Empty headers separated by CR (lenient)",)),
    (FOLDED, "odd", (
        "valid/compat_obs_fold.http", "valid/compat_obs_fold_huge.http",
        "request-lenient-headers: Spaces before headers (lenient)",
        "request-lenient-headers: Line folding in header value with CRLF",
        "request-lenient-headers: X-SSL-Nonsense",
        "response-lenient-headers: Invalid OBS fold after chunked value")),
    ("a blank before the colon: read, and flagged", "odd", ("valid/028.http",)),
    (PROXY_LINE, "odd", (
        "valid/pp_01.http", "valid/pp_02.http", "valid/pp_04.http", "valid/pp_05.http")),
    ("its Content-Length is larger than the case; its test asks for no body", "cut, other bodies",
     ("valid/099.http",)),
    (PROTOCOL, "odd", (
        "request: SOURCE request with ICE", "request: OPTIONS request with RTSP",
        "request: ANNOUNCE request with RTSP", "request: No HTTP version", "response: RTSP response",
        "response: ICE response")),
    (CLOSE, "read", ("Data after `Connection: close`",)),
    (CLOSE, "cut", (
        "response-lenient-data-after-close: HTTP/1.1 with keep-alive disabled, content-length (lenient)",)),
    (UPGRADE, "read", ("Pause on CONNECT/Upgrade",)),
    (CONVERSION, "cut, other fields, other messages", (
        "request: CRLF between requests, explicit `close`",)),
    (SKIPPED, "cut, other fields, other messages", (
        "request: Content-Length reset when no body is received",
        "response: Content-Length reset when no body is received", "response: Google 301")),
    (BARE_LF, "cut, other messages", (
        "request-lenient-optional-lf-after-cr: Missing CRLF-CRLF before body (lenient)",
        "request-lenient-all: Only LFs present (lenient)",
        "response-lenient-all: Only LFs present and no body (lenient)",
        "response-lenient-all: Only LFs present (lenient)",
        "response-lenient-optional-cr-before-lf: No carriage ret (lenient)")),
    (CHUNKS, "refused, other fields", (
        "request-lenient-optional-lf-after-cr: Chunk header not terminated by CRLF (lenient)",)),
    (CHUNKS, "refused", (
        "request-lenient-optional-crlf-after-chunk: Chunk data not terminated by CRLF (lenient)",)),
    (LATIN, "read, other fields", (
        "request: Extended Characters", "request: 255 ASCII in header value",
        "response: Non ASCII in status line")),
    (URL, "read, other parts", (
        "url: Failing on broken schema", "url: Double `@`", "url: Disallow tab in URL",
        "url: Disallow form-feed in URL")),
    (GZIP, "cut: ", ("gztest-03-fcomment.gz",)),
    (GZIP, "corrupt: ", ("gztest-11-invalid-method.gz",)),
    (GZIP, "corrupt: The five boxing wizards jump quickly.", ("gztest-12-invalid-crc32.gz",)),
    (GZIP, "corrupt: Grumpy Wizards make toxic brew for the Evil Queen and Jack.", (
        "gztest-13-invalid-isize.gz",)),
    ("both members", "whole: The five boxing wizards jump quickly.The quick brown fox jumps over the "
     "lazy dog.", ("gztest-10-multipart.gz",)),
    ("the recording ends in its last body", "aborted", ("connection 194",)),
    ("a body before a head in Encapsulated: RFC 3507 §4.4.1 has it last", "400", ("message 5",)),
    (LINES, "cut, cut", (
        "00-adhoc.t", "05-expect.t", "21-http09.t", "23-http09-multiple.t", "25-small-chunks.t",
        "26-request-headers-raw.t", "86-partial-request-timeout.t", "90-request-uri-too-large.t",
        "99-expect-100.t")),
    (LINES, "cut, read", (
        "15-connect-complete.t", "63-post-chunked-invalid-1.t", "98-responses-cut.t")),
    (LINES, "cut, silent", (
        "100-auth-bearer.t", "97-requests-cut.t")),
    (NAMED, "odd, read", (
        "02-header-test-apache2.t", "37-invalid-request-2-t-e-and-c-l.t",
        "68-invalid-request-header.t", "91-request-unexpected-body.t")),
    (NAMED, "odd, silent", (
        "41-auth-digest.t", "42-unknown-method_only.t", "43-invalid-protocol.t",
        "45-auth-digest-unquoted-username.t", "46-auth-digest-invalid-username.t",
        "92-http_0_9-method_only.t")),
    (LINES, "read, cut", (
        "10-host-in-headers.t", "39-auto-destroy-crash.t", "78-response-no-status-headers.t",
        "84-response-no-status-headers-2.t")),
    (NAMED, "read, odd", (
        "48-invalid-response-headers-1.t", "49-invalid-response-headers-2.t",
        "73-response-te-and-cl.t", "77-response-folded-headers.t",
        "79-connect-invalid-hostport.t", "88-response-multiple-cl-mismatch.t",
        "94-compressed-response-multiple.t")),
    (LENGTH, "read, refused", (
        "70-response-invalid-chunk-length.t", "75-response-invalid-cl.t")),
    (SILENT, "read, silent", (
        "40-auth-basic.t", "44-auth-basic-invalid.t", "47-auth-unrecognized.t",
        "83-auth-digest-invalid-username-2.t", "87-issue-55-incorrect-host-ambiguous-warning.t")),
    (LENGTH, "refused, read", (
        "36-invalid-request-1-invalid-c-l.t", "64-post-chunked-invalid-2.t",
        "65-post-chunked-invalid-3.t")),
    (LINES, "silent, cut", (
        "100-response-body-data.t", "85-zero-byte-request-timeout.t")),
)

DIFFER = {(key, outcome): why for why, outcome, keys in ROWS for key in keys}
