"""Twins of `kernels/lines.py` and `dedup/lines.py` in the dullest possible Python."""

import reference_hashes as naive

MASK = (1 << 64) - 1


def line_hash(line):
    """Of the folded line with its digits as 0; 0 where nothing is left."""
    table = naive.folding_table()
    words = [(1 << 24) + ord(digit) for digit in "0123456789"]
    units = naive.unit_strings("".join("0" if int(table[ord(c)]) in words else c for c in line))
    hashed = [naive.unit_hash(unit) for unit in units]
    if not hashed:
        return 0
    whole = 0xA0761D6478BD642F ^ len(hashed)
    for h in hashed:
        whole = ((((whole << 5) | (whole >> 59)) & MASK) ^ h) * naive.ORDER & MASK
    return naive.signed(max(naive.mix(whole), 1))


def lines(text):
    """(hash, line, code points) of each line of a text."""
    return [(line_hash(line), line, len(line)) for line in text.split("\n")] if text else []
