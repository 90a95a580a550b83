"""Repetition, in the dullest possible Python. Tokens are (text, byte start, byte end)."""

from collections import Counter


def duplicates(items):
    seen, count, chars = set(), 0, 0
    for item in items:
        if item in seen:
            count, chars = count + 1, chars + len(item)
        seen.add(item)
    return [count, chars]


def top(tokens, n):
    grams = [tuple(t[0] for t in tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    if not grams or Counter(grams).most_common(1)[0][1] == 1:
        return 0, 0
    gram, count = Counter(grams).most_common(1)[0]
    covered, gaps = set(), set()
    for i, g in enumerate(grams):
        if g == gram:
            covered.update(range(i, i + n))
            gaps.update(j for j in range(i + 1, i + n) if tokens[j][1] > tokens[j - 1][2])
    return sum(len(tokens[j][0]) for j in covered) + len(gaps), count * len(" ".join(gram))


def duplicate(tokens, n):
    seen, chars, i = set(), 0, 0
    while i + n <= len(tokens):
        gram = tuple(t[0] for t in tokens[i : i + n])
        if gram in seen:
            chars, i = chars + len("".join(gram)), i + n
        else:
            seen.add(gram)
            i += 1
    return chars
