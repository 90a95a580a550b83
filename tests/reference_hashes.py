"""Twins of `kernels/hashes.py` and `kernels/unionfind.py`: the same results in the dullest possible Python."""

from openclaw_data.kernels.hashes import PERMUTATIONS, SHINGLE, folding_table, permutations

MASK = (1 << 64) - 1
ORDER = 0x9FB21C651E98DF25


def mix(h):
    h = ((h ^ (h >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    h = ((h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    return h ^ (h >> 33)


def unit_strings(text):
    """The folded units of a text, as strings."""
    table, found, word = folding_table(), [], ""
    for char in text:
        entry = int(table[ord(char)])
        kind, folded = entry >> 24, chr(entry & 0xFFFFFF)
        if kind == 1:
            word += folded
        elif kind != 3:
            if word:
                found.append(word)
            word = ""
            if kind == 2:
                found.append((folded,))
    return [*found, word] if word else found


def unit_hash(unit):
    if isinstance(unit, tuple):
        return mix(0xD6E8FEB86659FD93 ^ ord(unit[0]))
    h = 0x9E3779B97F4A7C15
    for char in unit:
        h = ((h ^ ord(char)) * ORDER) & MASK
        h ^= h >> 32
    return mix(h)


def shingle_set(text):
    """The shingles of a text, as tuples of units."""
    found = unit_strings(text)
    if len(found) < SHINGLE:
        return {tuple(found)} if found else set()
    return {tuple(found[i : i + SHINGLE]) for i in range(len(found) - SHINGLE + 1)}


def signed(h):
    return h - (1 << 64) if h >> 63 else h


def hash_text(text):
    """(folded, shingles, signature) of one text."""
    hashed = [unit_hash(unit) for unit in unit_strings(text)]
    if not hashed:
        return 0, 0, [0xFFFFFFFF] * PERMUTATIONS
    whole = len(hashed)
    for h in hashed:
        rotated = ((whole << 5) | (whole >> 59)) & MASK
        whole = ((rotated ^ h) * ORDER) & MASK
    whole = mix(whole)
    values = [whole] if len(hashed) < SHINGLE else []
    for i in range(len(hashed) - SHINGLE + 1):
        shingle = 0
        for h in hashed[i : i + SHINGLE]:
            shingle = (shingle * ORDER + h) & MASK
        values.append(mix(shingle))
    multipliers, addends = ([int(v) for v in values_] for values_ in permutations())
    signature = [
        min((((a * (value >> 32) + b) & MASK) >> 32) for value in values)
        for a, b in zip(multipliers, addends, strict=True)
    ]
    return signed(max(whole, 1)), len(values), signature


def hash_bytes(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return signed(mix(h))


def components(edges):
    """The smallest document of each document's component, by flooding."""
    near = {}
    for a, b in edges:
        near.setdefault(int(a), set()).add(int(b))
        near.setdefault(int(b), set()).add(int(a))
    label = {}
    for start in sorted(near):
        waiting = [start]
        while waiting:
            doc = waiting.pop()
            if doc not in label:
                label[doc] = start
                waiting += near[doc]
    return label


def band_keys(signature, bands, rows):
    """The keys of one signature."""
    keys = []
    for band in range(bands):
        h = ((band + 1) * 0x9E3779B97F4A7C15) & MASK
        for value in signature[band * rows : band * rows + rows]:
            h = ((h ^ value) * ORDER) & MASK
            h ^= h >> 32
        keys.append(signed(mix(h)))
    return keys


def pairs(keys, docs):
    """The pairs of documents to compare, as a set."""
    groups = {}
    for key, doc in sorted(zip(keys, docs, strict=True)):
        groups.setdefault(key, []).append(doc)
    found = set()
    for group in groups.values():
        for i, later in enumerate(group):
            for j, earlier in enumerate(group[:i]):
                if len(group) <= 8 or j < 2 or i - j in (1, 2, 4):
                    found.add((earlier, later))
    return found
