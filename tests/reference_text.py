"""The dullest possible Python for the counts of text signals."""

import math
import re
from collections import Counter


def raw_lines(text, stops):
    """What `signals.raw_lines` counts, with datatrove's own splitting."""
    lines = re.split("\n+", text)
    paragraphs = re.split("\n{2,}", text.strip("\n"))
    solid = [x for x in text.split("\n") if x.strip()]
    return {
        "lines": len(lines),
        "duplicate_lines": duplicates(lines)[0],
        "duplicate_line_chars": duplicates(lines)[1],
        "paragraphs": len(paragraphs),
        "duplicate_paragraphs": duplicates(paragraphs)[0],
        "solid_lines": len(solid),
        "stop_lines": sum(x[-1] in stops for x in solid),
        "short_lines": sum(len(x) <= 30 for x in solid),
        "duplicate_solid_chars": duplicates(solid)[1],
        "feeds": text.count("\n"),
    }


def duplicates(items):
    """How many items occurred before, and their characters."""
    seen, number, chars = set(), 0, 0
    for item in items:
        number += item in seen
        chars += len(item) if item in seen else 0
        seen.add(item)
    return number, chars


def entropy(words):
    """Entropy of the distribution of words, in nats."""
    counts = Counter(words)
    return -sum(n / len(words) * math.log(n / len(words)) for n in counts.values())


def counts(text):
    """Characters by kind, as Python and Unicode see them."""
    return {
        "chars": len(text),
        "spaces": sum(c.isspace() for c in text),
        "han": sum("一" <= c <= "鿿" for c in text),
        "upper": sum(c.isupper() for c in text),
        "hashes": text.count("#"),
    }


def marked(line, phrases):
    """Kinds of the phrases (in lower case, without ASCII letters) that stand anywhere in the line."""
    return {kind for phrase, kind in phrases if phrase in line}
