# SPDX-License-Identifier: BSD-3-Clause
"""Numbers on the command lines of the bench's scripts."""
import argparse


def number(least, most, kind=int):
    """For add_argument(type=): one from `least` to `most`, or a sentence about it."""
    def read(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError("'%s': expected a number from %s to %s" % (text, least, most))
        return value
    return read
