# SPDX-License-Identifier: BSD-3-Clause
"""From what objects cost to what a site needs. Pure functions over what results.json holds; docs/capacity.md has the arithmetic."""
import statistics

from harness import report

UNITS = {"K": 1 << 10, "M": 1 << 20}
SEGMENT_BYTES = 1448          # of a body in a frame, with timestamps, at an MTU of 1500
FRAME_BYTES = 1448 + 66 + 24  # with its heads, preamble, checksum and gap
HEAD_BYTES = 600              # ICAP and HTTP heads of a request; a guess that only matters for small objects


def size_bytes(text):
    """'16K' in bytes; ValueError."""
    scale = UNITS.get(text[-1:].upper(), 1)
    value = int(text[:-1] if scale > 1 else text) * scale
    if value <= 0:
        raise ValueError("a size of %d" % value)
    return value


def cost_us(samples, size, form):
    """The median of all rounds and kinds of bodies; None where there is none without errors."""
    found = [c for kind in report.KINDS for c in report.costs(samples, "object", kind, size, form).values()]
    return statistics.median(found) if found else None


def costs_by_size(samples):
    """[(bytes, microseconds)], smallest first: what was measured. ValueError where it is not enough to draw a line."""
    sizes = {size for size, form in report.OBJECTS.values() if form == "204"}
    points = sorted((size_bytes(s), cost_us(samples, s, "204")) for s in sizes if cost_us(samples, s, "204") is not None)
    if len(points) < 2:
        raise ValueError("fewer than two sizes were measured without errors")
    return points


def cost_of(points, size):
    """Straight between what was measured; beyond the last, at the last two's slope; below the first, as the first."""
    if size <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if size <= x1:
            break
    return y0 + (y1 - y0) * (size - x0) / (x1 - x0)


def back_us_a_byte(samples):
    """What sending a body back costs beside, a byte; None where it was not measured."""
    plain, whole = cost_us(samples, "1M", "204"), cost_us(samples, "1M", "whole")
    return None if plain is None or whole is None else max(whole - plain, 0) / (1 << 20)


def wire_gbits(rate, size):
    bytes_sent = size + HEAD_BYTES
    frames = -(-bytes_sent // SEGMENT_BYTES)
    return rate * (bytes_sent + frames * (FRAME_BYTES - SEGMENT_BYTES)) * 8 / 1e9


def need(samples, rate, mix, back, load):
    """
    `mix`: [(bytes, share)], shares adding up to 1; `back`: the share of bodies that are sent back; `load`: how busy a core
    may be. {rows: [(bytes, objects/s, us an object, cores)], cores, gbits_in, gbits_out}. ValueError with a sentence.
    """
    points, extra = costs_by_size(samples), back_us_a_byte(samples)
    if back > 0 and extra is None:
        raise ValueError("what a body that is sent back costs was not measured without errors")
    rows, into, out = [], 0.0, 0.0
    for size, share in mix:
        cost = cost_of(points, size) + (back * extra * size if back > 0 else 0)
        objects = rate * share
        rows.append((size, objects, cost, objects * cost / 1e6 / load))
        into += wire_gbits(objects, size)
        out += wire_gbits(objects * back, size)
    return {"rows": rows, "cores": sum(r[3] for r in rows), "gbits_in": into, "gbits_out": out}
