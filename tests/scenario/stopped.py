#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients of an appliance that is stopped in the middle of their requests.

    stopped.py HOST PORT PID SECONDS HALVES LOADS

HALVES clients have sent half of a body when PID is stopped for that long, and send the rest at once; LOADS more
send bodies and take them back all the time. Every answer must come, byte for byte. Afterwards one who sends no
more than half a head must be told 408.
"""
import os
import random
import signal
import sys
import threading
import time

from icap import Client, request

BYTES = 40000


def halves(host, port, count):
    """Clients that have sent half of it, and the rest of each."""
    found = []
    for n in range(count):
        message = request(random.Random(n).randbytes(800), allow=False)
        client = Client(host, port)
        client.s.sendall(message[:-400])
        found.append((client, message[-400:], random.Random(n).randbytes(800)))
    return found


def load(host, port, seed, end, wrong, done):
    try:
        client = Client(host, port)
        while not end.is_set():
            body = random.Random(seed).randbytes(BYTES)
            client.s.sendall(request(body, allow=False))
            if client.reply() != (200, body):
                wrong.append("a load: another answer")
            done.append(seed)
            seed += 1
    except (OSError, EOFError) as why:
        wrong.append("a load: %r" % why)


def stop(pid):
    """Stopped when it returns: a busy machine lets it run for a while after the signal."""
    os.kill(pid, signal.SIGSTOP)
    while True:
        with open("/proc/%d/stat" % pid) as f:
            if f.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.001)


def main():
    host, port, pid, seconds, count, loads = sys.argv[1], *(int(word) for word in sys.argv[2:])
    end, wrong, done = threading.Event(), [], []
    clients = halves(host, port, count)
    threads = [threading.Thread(target=load, args=(host, port, 1000000 * n, end, wrong, done)) for n in range(loads)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        stop(pid)
        before = len(done)
        for client, rest, _ in clients:
            client.s.sendall(rest)
        time.sleep(seconds)
        if len(done) > before + loads:
            wrong.append("it was not stopped: %d answers meanwhile" % (len(done) - before))
    finally:
        os.kill(pid, signal.SIGCONT)
    for n, (client, _, body) in enumerate(clients):
        try:
            code, back = client.reply()
            if (code, back) != (200, body):
                wrong.append("half %d: %d, %d bytes" % (n, code, len(back)))
        except (OSError, EOFError) as why:
            wrong.append("half %d: %r" % (n, why))
    after = len(done)
    time.sleep(1)
    end.set()
    for thread in threads:
        thread.join()
    if len(done) <= after + loads:
        wrong.append("the loads do not go on: %d answers" % (len(done) - after))
    silent = Client(host, port)
    silent.s.sendall(b"OPTIONS icap://s/av/respmod ICAP/1.0\r\nHo")
    if silent.reply()[0] != 408:
        wrong.append("who sends half of a head and no more is not told 408")
    print("%d of %d halves, %d answers to %d loads" % (
        count - sum(why.startswith("half") for why in wrong), count, len(done), loads))
    for why in wrong[:8]:
        print("  " + why)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
