"""The slow twin of the count of terms: at every character, the longest term that stands there."""


def word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def count(texts: list[str], terms: list[str], categories: list[int], width: int) -> list[list[tuple[int, int, int]]]:
    """Characters in terms, different terms, different terms in the head, by text and category."""
    lowered = {
        "".join(c.lower() if c.isascii() else c for c in term): i for i, term in reversed(list(enumerate(terms)))
    }
    return [_count(text, lowered, categories, width) for text in texts]


def _count(text: str, terms: dict[str, int], categories: list[int], width: int) -> list[tuple[int, int, int]]:
    text = "".join(c.lower() if c.isascii() else c for c in text)
    chars, seen, headed = [0] * width, [set() for _ in range(width)], [set() for _ in range(width)]
    i = 0
    while i < len(text):
        here = [t for t in terms if text.startswith(t, i) and _bounded(text, i, i + len(t))]
        if not here:
            i += 1
            continue
        term = max(here, key=len)
        category = categories[terms[term]]
        chars[category] += len(term)
        seen[category].add(term)
        if text[:i].count("\n") < 3 and len(text[:i].encode()) < 600:
            headed[category].add(term)
        i += len(term)
    return [(chars[c], len(seen[c]), len(headed[c])) for c in range(width)]


def _bounded(text: str, start: int, end: int) -> bool:
    left = start > 0 and word(text[start]) and word(text[start - 1])
    right = end < len(text) and word(text[end - 1]) and word(text[end])
    return not left and not right
