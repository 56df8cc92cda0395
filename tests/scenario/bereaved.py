#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that wait for a dataplane that will die: some within a request, some between two.

    bereaved.py PORT WAITING IDLE HOST...

So many of each kind to each host. Says "ready" once all stand, then sends nothing, and prints how many ended how.
Exit 0 only if each connection did within LIMIT_S, which no client of this kind would wait by itself.
"""
import collections
import select
import sys
import time

from icap import Client, request

LIMIT_S = 30


def stand(host, port, idle):
    """a client that has nothing to send: all but the end of a body is sent, or a request was answered"""
    client = Client(host, port)
    if idle:
        client.s.sendall(request(b"harmless"))
        if client.reply()[0] != 204:
            sys.exit("no 204")
    else:
        client.s.sendall(request(b"x" * 5000)[:-7])
    return client.s


def end_of(sock):
    try:
        return "answered" if sock.recv(65536) else "closed"
    except ConnectionResetError:
        return "reset"


def main():
    port, waiting, idle = (int(a) for a in sys.argv[1:4])
    socks = [stand(host, port, i >= waiting) for host in sys.argv[4:] for i in range(waiting + idle)]
    print("ready", flush=True)
    ends = collections.Counter()
    poll = select.poll()
    by_fd = {s.fileno(): s for s in socks}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    began = time.monotonic()
    first = last = 0
    while by_fd and time.monotonic() < began + LIMIT_S:
        for fd, _ in poll.poll(1000):
            poll.unregister(fd)
            ends[end_of(by_fd.pop(fd))] += 1
            last = time.monotonic() - began
            first = first or last
    told = ", ".join("%d %s" % (n, how) for how, n in sorted(ends.items()))
    print("%s; %d wait on; from %.1f to %.1f s" % (told, len(by_fd), first, last))
    return len(by_fd) != 0


if __name__ == "__main__":
    sys.exit(main())
