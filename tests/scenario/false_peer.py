#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stands in for c-icap (bench/run --c-icap), and does what FAULT says once it has answered GOOD requests, SIGUSR1: 20 more:

    none, 500 (an ICAP 500), body (200 and other bytes), die (ends)
"""
import os
import re
import signal
import socketserver
import sys
import threading

FAULT, GOOD = os.environ.get("FAULT", "none"), int(os.environ.get("GOOD", "0"))
OTHER = b"HTTP/1.1 200 OK\r\n\r\n"
ANSWERS = {"none": b"ICAP/1.0 204 No Content\r\n\r\n", "500": b"ICAP/1.0 500 Server Error\r\n\r\n",
           "body": b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n%s4\r\nelse\r\n0\r\n\r\n" % (len(OTHER), OTHER)}
LEFT, LOCK = [GOOD], threading.Lock()


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        received = b""
        while True:
            data = self.request.recv(1 << 16)
            if not data:
                return
            received += data
            while True:
                end = re.search(rb"null-body=\d+\r\n\r\n.*?\r\n\r\n|\r\n0\r\n\r\n", received, re.S)
                if end is None:
                    break
                received = received[end.end():]
                with LOCK:
                    LEFT[0] -= 1
                    good = LEFT[0] >= 0
                if not good and FAULT == "die":
                    os._exit(3)
                self.request.sendall(ANSWERS["none" if good else FAULT])


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 128


def go_on(*_):
    LEFT[0] = 20


signal.signal(signal.SIGUSR1, go_on)
with open(sys.argv[sys.argv.index("-f") + 1]) as f:
    PORT = int(re.search(r"^Port\s+\S+:(\d+)", f.read(), re.M)[1])
with Server(("127.0.0.1", PORT), Session) as server:
    server.serve_forever()
