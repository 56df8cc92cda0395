#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients behind a proxy while a process of the appliance is killed under them:

    squid_killed.py PROXY_PORT ORIGIN_PORT CLIENTS PID_FILE KILLS may-fail|must-not [CONTROL_PID_FILE]

Each client fetches and uploads archives on and on, as large as squid_crowd.py's objects, a piece at a time,
so that many are in the middle of a body. The process whose id PID_FILE holds is killed KILLS times, each time once
every client had an object since the last. With CONTROL_PID_FILE every second time that one stands still before, so that
in advanced mode every client has sent all it has, and waits. An answer is right (each byte as it was, or a page for a
threat), or says that it is none: an error's status, fewer bytes than its length, no last chunk, a connection reset.
Anything else is wrong, and so is one that no answer came to within LIMIT: Squid waits 60 s for a connection, 15
minutes for an answer. With `must-not` an error is wrong, too. Prints how many of each there were; exit 0 only if none
was wrong and all are served in the end.

Time is counted in ticks of a thread of our own: a machine that stands still for a minute makes nobody late.
"""
import collections
import hashlib
import http.client
import io
import os
import signal
import socket
import sys
import threading
import time
import zipfile

import squid_crowd

TICK_S = 0.1
LIMIT = 300 # ticks
AFTER_ERROR_S = 0.05
STANDS_S = 2
PIECE_BYTES, PIECE_GAP_S = 7000, 0.005
SAY_NO = (500, 502, 503, 504)


def content(number):
    """an archive that no other is like"""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as z:
        z.writestr(zipfile.ZipInfo("%d.bin" % number), squid_crowd.content(number))
    return whole.getvalue()


def slowly(body):
    for at in range(0, len(body), PIECE_BYTES):
        time.sleep(PIECE_GAP_S)
        yield body[at:at + PIECE_BYTES]


class Origin(squid_crowd.Origin):
    """One that is slow; what it took for a whole upload it keeps the digest of."""

    content = staticmethod(content)
    taken = {}

    def pause(self):
        time.sleep(PIECE_GAP_S)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self.taken.setdefault(int(self.path[1:]), set()).add(hashlib.sha256(body).hexdigest())
        self.send(b"taken", False)


class Client(threading.Thread):
    def __init__(self, proxy, origin, numbers):
        super().__init__(daemon=True)
        self.proxy, self.origin, self.numbers = proxy, origin, numbers
        self.right, self.errors, self.wrong, self.ends = 0, collections.Counter(), [], False
        self.connection, self.waited = None, 0

    def run(self):
        while not self.ends:
            failed = sum(self.errors.values())
            number = next(self.numbers)
            self.waited = 0
            try:
                why = self.ask(number)
            except (OSError, http.client.HTTPException) as error:
                if self.waited <= LIMIT:
                    self.errors[type(error).__name__] += 1
                self.connection, why = None, None
            if self.waited > LIMIT:
                why = "no answer within %d ticks" % LIMIT
            if why is not None:
                self.wrong.append("object %d: %s" % (number, why))
            if failed != sum(self.errors.values()):
                time.sleep(AFTER_ERROR_S)

    def tick(self):
        """called by another thread: one who waits too long has his connection closed"""
        self.waited += 1
        connection = self.connection
        if self.waited > LIMIT and connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def ask(self, number):
        """what is wrong with the answer, or None"""
        upload = squid_crowd.is_upload(number)
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.proxy)
        url = "http://127.0.0.1:%d/%d" % (self.origin, number)
        if upload:
            length = {"Content-Length": str(len(content(number)))}
            self.connection.request("POST", url, body=slowly(content(number)), headers=length)
        else:
            self.connection.request("GET", url)
        answer = self.connection.getresponse()
        body = answer.read()
        if squid_crowd.EICAR in body:
            return "a threat came through"
        if answer.status in SAY_NO:
            self.errors[answer.status] += 1
            return None
        expected = b"taken" if upload else content(number)
        if squid_crowd.is_threat(number) and answer.status != 403:
            return "a threat got %d" % answer.status
        if not squid_crowd.is_threat(number) and (answer.status, body) != (200, expected):
            return "%d, %d bytes of %d" % (answer.status, len(body), len(expected))
        self.right += 1
        return None


class Numbers:
    """Each number once, to many threads."""

    def __init__(self):
        self.lock, self.last = threading.Lock(), 0

    def __next__(self):
        with self.lock:
            self.last += 1
            return self.last


def all_served(clients):
    """waits until each of them has had an object more than now"""
    before = [c.right for c in clients]
    for _ in range(2 * LIMIT):
        if all(c.right > b for c, b in zip(clients, before)):
            return True
        time.sleep(TICK_S)
    return False


def tick(clients):
    while True:
        time.sleep(TICK_S)
        for c in clients:
            c.tick()


def other_than(old, pid_file):
    """waits for the process that comes after another: its id"""
    while True:
        with open(pid_file) as f:
            told = f.read().strip()
        if told.isdigit() and int(told) != old and os.path.exists("/proc/" + told):
            return int(told)
        time.sleep(0.01)


def stop(pid_file):
    """stops a process for as long as clients need to come to a stand: its id"""
    with open(pid_file) as f:
        pid = int(f.read())
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STANDS_S)
    return pid


def main():
    proxy, origin, count = (int(a) for a in sys.argv[1:4])
    pid_file, kills, may_fail = sys.argv[4], int(sys.argv[5]), sys.argv[6] == "may-fail"
    server = squid_crowd.Server(("127.0.0.1", origin), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shared = Numbers()
    clients = [Client(proxy, origin, shared) for _ in range(count)]
    for c in clients:
        c.start()
    threading.Thread(target=tick, args=(clients,), daemon=True).start()
    wrong = []
    old = 0
    for kill in range(kills):
        old = other_than(old, pid_file)
        if not all_served(clients):
            wrong.append("not all were served before a kill")
            break
        standing = stop(sys.argv[7]) if len(sys.argv) > 7 and kill % 2 == 1 else None
        os.kill(old, signal.SIGKILL)
        other_than(old, pid_file)
        if standing:
            os.kill(standing, signal.SIGCONT)
    if not all_served(clients):
        wrong.append("not all were served in the end")
    for c in clients:
        c.ends = True
    for c in clients:
        c.join()
        wrong += c.wrong
    for number, digests in Origin.taken.items():
        if digests != {hashlib.sha256(content(number)).hexdigest()}:
            wrong.append("upload %d was taken for whole, and was not" % number)
    errors = sum((c.errors for c in clients), collections.Counter())
    if errors and not may_fail:
        wrong.append("errors, where there must be none")
    for line in wrong[:20]:
        print(line)
    told = ", ".join("%d %s" % (n, how) for how, n in sorted(errors.items(), key=str))
    print("%d right, %d wrong, %d say that they failed%s" % (
        sum(c.right for c in clients), len(wrong), sum(errors.values()), told and " (%s)" % told))
    return len(wrong) != 0


if __name__ == "__main__":
    sys.exit(main())
