#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Archives that are held for a sandbox, each on a connection of its own.

    stopped_holds.py HOST PORT COUNT

Says "sent" once all are, and then takes the answers. Exit 0 only if each was let through.
"""
import collections
import io
import sys
import zipfile

from icap import Client, request


def archive(number):
    """a zip that no other is like"""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as z:
        z.writestr(zipfile.ZipInfo("a.txt"), b"harmless %d" % number)
    return whole.getvalue()


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    clients = [Client(host, port) for _ in range(count)]
    for number, client in enumerate(clients):
        client.s.settimeout(120)
        client.s.sendall(request(archive(number)))
    print("sent", flush=True)
    codes = collections.Counter(client.reply()[0] for client in clients)
    print(" ".join("%d: %d" % pair for pair in sorted(codes.items())))
    return codes != {204: count}


if __name__ == "__main__":
    sys.exit(main())
