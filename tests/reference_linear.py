"""The plain twin of `kernels.linear`: what the kernels compute, in the dullest Python."""

import itertools

from openclaw_data.kernels import linear

MASK = (1 << 64) - 1
BASE, SPREAD, WORD_SEED = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F


def folded(text):
    """(folded code point, belongs to a word) of each character that counts, one space at either end."""
    table = linear.folding()
    entries = [int(table[ord(c)]) if ord(c) < linear.FOLDED else ord(c) for c in f" {text} "]
    chars = []
    for entry in entries:
        char = (entry & linear.CODE, bool(entry & linear.WORD_BIT))
        run = 0
        while run < len(chars) and chars[-1 - run][0] == char[0]:
            run += 1
        if run < (1 if char[0] == 32 else linear.RUN):
            chars.append(char)
    return chars


def slot(h, bits):
    return ((h * SPREAD) & MASK) >> (64 - bits)


def polynomial(codes):
    h = 0
    for c in codes:
        h = (h * BASE + c + 1) & MASK
    return h


def grams(text, bits, first, last, words):
    """The slots of all grams, sorted."""
    chars = folded(text)
    codes = [c for c, _ in chars]
    out = []
    for n in range(first, last + 1):
        for i in range(len(codes) - n + 1):
            h = polynomial(codes[i : i + n])
            out.append(slot(h if n == 1 else h ^ (h >> 32), bits))
    found, word = [], 0
    for c, inside in chars:
        if inside:
            word = ((word ^ (c + 1)) * BASE) & MASK
            word ^= word >> 32
        elif word:
            found.append(word)
            word = 0
    if words >= 1:
        out += [slot(w ^ WORD_SEED, bits) for w in found]
    if words >= 2:
        out += [slot(((a * BASE + b) & MASK) ^ WORD_SEED, bits) for a, b in itertools.pairwise(found)]
    return sorted(out)


def windows(text, size, most):
    """The texts of the windows."""
    if not text:
        return []
    count = max((len(text) + size // 2) // size, 1)
    taken = min(count, most)
    cuts = [(k * count // taken) for k in range(taken)]
    return [text[w * len(text) // count : (w + 1) * len(text) // count] for w in cuts]


def logit(text, shape, weights, scale, bias):
    slots = grams(text, *shape)
    return bias + scale * sum(int(weights[s]) for s in slots) / max(len(slots), 1) ** 0.5
