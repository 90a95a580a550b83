"""The twin of `kernels/contamination.py`: the same results in the dullest possible Python."""

from openclaw_data.kernels.hashes import folding_table


def stream(text):
    """[(folded character, is wide, begins a unit, first byte)] of a text."""
    found, in_word, byte = [], False, 0
    for char in text:
        entry = int(folding_table()[ord(char)])
        kind, folded = entry >> 24, chr(entry & 0xFFFFFF)
        if kind in (1, 2):
            found.append((folded, kind == 2, kind == 2 or not in_word, byte))
            in_word = kind == 1
        elif kind == 0:
            in_word = False
        byte += len(char.encode())
    return found


def find(texts, grams):
    """{(document, gram, position, first byte, last character's first byte)}; grams are streams as strings."""
    found, start = set(), 0
    for row, text in enumerate(texts):
        chars = stream(text)
        letters = "".join(c[0] for c in chars)
        for g, gram in enumerate(grams):
            for i in range(len(letters) - len(gram) + 1):
                if chars[i][2] and letters[i : i + len(gram)] == gram:
                    found.add((row, g, i, start + chars[i][3], start + chars[i + len(gram) - 1][3]))
        start += len(text.encode())
    return found
