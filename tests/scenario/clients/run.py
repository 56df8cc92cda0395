#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the small clients against an appliance and compares what each concludes.

    run.py HOST PORT    the table below; exit 0 only if every conclusion is the expected one
"""
import random
import sys

import documented as d
import e2guardian
import g3proxy
import illumos
import nextcloud
import ocis
import trafficserver
from wire import Target

WAIT = 20  # seconds; longer than any answer takes here, and a client that waits in vain is seen
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
FOUND = "infected Eicar-Test-Signature"
SMALL, LARGE = b"a file like any other", random.Random(28).randbytes(3_000_000)

# Paths are those that 28-clients.sh gives each profile.
CLIENTS = ((nextcloud, "nextcloud"), (ocis, "ocis"), (trafficserver, "avscan"), (illumos, "vscan"), (e2guardian, "e2g"),
           (g3proxy, "g3"))
CASES = [(client, path, name, data, expected) for client, path in CLIENTS for name, data, expected in
         (("small", SMALL, "clean"), ("empty", b"", "clean"), ("large", LARGE, "clean"), ("EICAR", EICAR, FOUND),
          ("EICAR at the end of 3 MB", LARGE + EICAR, FOUND)) if not (client in (trafficserver, e2guardian) and not data)]
CASES += [
    # Blocked for its class: a code that Nextcloud knows, not a threat.
    (nextcloud, "nextcloud", "damaged", b"gzip:no gzip", "unscannable decode_error"),
    # The profiles matter: the same clients are not served by another's.
    (trafficserver, "vscan", "by illumos' profile", SMALL, "error ICAP/1.0 204 No modifications"),
    (illumos, "avscan", "by Traffic Server's profile", SMALL, "error denied, as cleaned"),
    (nextcloud, "av/reqmod", "damaged, no profile", b"gzip:no gzip", "infected Policy.Corrupt"),
]

PRODUCTS = ((d.Squid, "av/respmod"), (d.OwnCloud, "owncloud"), (d.ProxySG, "bluecoat"), (d.F5, "f5"), (d.Citrix, "citrix"), (d.FortiGate, "forti"),
            (d.CheckPoint, "cp"), (d.Avi, "avi"), (d.Wsa, "wsa"), (d.Zscaler, "zscaler"), (d.MoveIt, "moveit"),
            (d.Isilon, "isilon"), (d.Axway, "AVSCAN"), (d.CIcapClient, "cicap"), (d.CIcapClientNo204, "cicap"), (d.Rspamd, "av/respmod"))
PIECE = LARGE[:200_000]
CASES += [(product(), path, name, data, expected) for product, path in PRODUCTS for name, data, expected in
          (("small", SMALL, "clean"), ("EICAR", EICAR, "infected" if product is d.CheckPoint else FOUND),
           ("200 kB", PIECE, "clean"), ("EICAR behind 200 kB", PIECE + EICAR, "infected" if product is d.CheckPoint else FOUND))]
CASES += [
    (d.Damaged(), "bluecoat", "damaged", b"no gzip", "unscannable decode_error"),
    # Their rules are broken by another's profile, or by a path that serves both methods.
    (d.Squid(), "cp", "by a path of both methods", SMALL, "error more than one method: REQMOD, RESPMOD"),
    (d.OwnCloud(), "cp", "by Check Point's profile", SMALL, "error a preview is offered"),
    (d.CheckPoint(), "citrix", "by Citrix' profile", EICAR, "error HTTP/1.1 403 Forbidden"),
]


def main():
    bad = 0
    for client, path, name, data, expected in CASES:
        result = client.check(Target(sys.argv[1], int(sys.argv[2]), path, WAIT, "anna"), data)
        if result != expected:
            print("%s, %s: %s, expected %s" % (getattr(client, "__name__", type(client).__name__), name, result, expected))
            bad += 1
    print("%d conclusions, %d wrong" % (len(CASES), bad))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
