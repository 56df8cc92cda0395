#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Many clients at once behind a proxy, each object checked: squid_crowd.py PROXY_PORT ORIGIN_PORT OBJECTS CLIENTS

An origin of its own answers each URL with bytes made of it, with a length or chunked, and a POST with the SHA-256 of
what came. Sizes lie around those that Squid treats otherwise: its preview, a pipe of 64 KiB, and beyond. Every 40th is
EICAR, which must be answered by a page. Prints what went wrong, and how many came through; exits with 1 where any did.
"""
import hashlib
import http.client
import http.server
import random
import socketserver
import sys
import threading

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
SIZES = (0, 1, 1000, 4095, 4096, 4097, 30000, 65535, 65536, 65537, 70000, 200000)


def content(number):
    return random.Random(number).randbytes(SIZES[number % len(SIZES)])


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    content = staticmethod(content)

    def log_message(self, *_):
        pass

    def pause(self):
        """before each piece of a body"""

    def send(self, body, chunked):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Transfer-Encoding" if chunked else "Content-Length", "chunked" if chunked else str(len(body)))
        self.end_headers()
        for at in range(0, len(body), 7001):
            piece = body[at:at + 7001]
            self.pause()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        number = int(self.path[1:])
        self.send(EICAR if is_threat(number) else self.content(number), number % 5 == 0)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send(hashlib.sha256(body).hexdigest().encode(), False)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


def is_threat(number):
    return number % 40 == 39


def is_upload(number):
    return number % 7 == 3 and not is_threat(number)


def wrong(connection, origin, number):
    """What was wrong with the answer, or None."""
    url = "http://127.0.0.1:%d/%d" % (origin, number)
    upload = is_upload(number)
    connection.request("POST" if upload else "GET", url, body=content(number) if upload else None)
    answer = connection.getresponse()
    body = answer.read()
    if is_threat(number):
        return None if answer.status == 403 and EICAR not in body else "a threat came through: %d" % answer.status
    expected = hashlib.sha256(content(number)).hexdigest().encode() if upload else content(number)
    return None if answer.status == 200 and body == expected else "%d, %d bytes" % (answer.status, len(body))


def main():
    proxy, origin, objects, count = (int(a) for a in sys.argv[1:5])
    server = Server(("127.0.0.1", origin), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    numbers, lock, failures = iter(range(objects)), threading.Lock(), []

    def client():
        connection = None
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            connection = connection or http.client.HTTPConnection("127.0.0.1", proxy, timeout=60)
            try:
                why = wrong(connection, origin, number)
            except (OSError, http.client.HTTPException) as error:
                why, connection = repr(error), None
            if why is not None:
                with lock:
                    failures.append("object %d of %d bytes: %s" % (number, len(content(number)), why))

    clients = [threading.Thread(target=client) for _ in range(count)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    for line in failures[:20]:
        print(line)
    print("%d of %d came through" % (objects - len(failures), objects))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
