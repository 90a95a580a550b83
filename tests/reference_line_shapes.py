"""The dullest possible Python for what lines look like: shapes, C4's verdict, phrases and particles."""

import re
import unicodedata

SIGNS = "{}()[]<>=;_/\\|$#*&^~+@`%"
PHRASES = (
    "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
)  # fmt: skip


def is_han(c):
    return "一" <= c <= "鿿"


def shapes(line, stops):
    """The shapes of a line without addresses and markup, made of ASCII, 一 to 鿿 and full-width marks."""
    han = sum(map(is_han, line))
    latin = sum(c.isascii() and c.isalpha() for c in line)
    upper = sum("A" <= c <= "Z" for c in line)
    digits = sum("0" <= c <= "9" for c in line)
    signs = sum(c in SIGNS for c in line)
    solid = sum(c > " " for c in line)
    letters = han + latin
    pairs = sum(line[i : i + 2] in ("==", "++", "&&", "||", "::", "->", "=>", "()") for i in range(len(line)))
    braces = line.count("{") + line.count("}")
    found = set()
    if han == 0 and line.count("|") < 2:
        begins = line.startswith(("$ ", ">>", "//", "/*")) or line == "$" or re.match("#[a-z]", line)
        if latin and (line[-1] in ";{}" or pairs or begins or 6 * signs >= solid):
            found.add("code")
        if not latin and braces:
            found.add("code")
    if line.count("|") >= 2 or line.count("\t") >= 2:
        found.add("table")
    number = re.match(r"[①-⑳]|[(（][0-9]{1,3}[)）]|[0-9]{1,3}([)）、．：。，]|[.,](?![0-9]))", line)
    if number:
        found.add("numbered" if letters else "enumerator")
    elif letters and re.match(r"([^0-9] )?[0-9¼½¾⅐-⅞]", line):
        found.add("quantity")
    if digits and not letters:
        found.add("digits")
    if latin >= 2 and 2 * upper > latin:
        found.add("upper")
    if braces:
        found.add("brace")
    if letters:
        found.add("chinese" if 3 * han >= latin else "latin")
    if line[-1] in "。！？…”：" and 5 <= len(line) <= 500 and not re.search("[\ue000-\uf8ff\ufffd■□]", line):
        found.add("sentence")
    if line[-1] in stops:
        found.add("stop")
    return found


def c4(line):
    """What C4 does with a line: dropped, kept, lorem or brace."""
    bare = line
    while cited := re.search(r"(\[[0-9]*\]|\[edit\]|\[citation needed\])$", bare):
        bare = bare[: cited.start()]
    low = line.lower()
    words = line.split()
    if len(words) < 3 or not bare.endswith((".", "?", "!", '"', "'")) or bare.endswith("..."):
        return "dropped"
    if max(map(len, words)) > 1000:
        return "dropped"
    if "lorem ipsum" in low:
        return "lorem"
    if "javascript" in low:
        return "dropped"
    if "{" in line:
        return "brace"
    return "dropped" if any(phrase in low for phrase in PHRASES) else "kept"


def chapter(line):
    """Does a line begin as a chapter does?"""
    number = "[一二三四五六七八九十百千零〇两兩0-9０-９]"
    return bool(re.match(f"第{number}{{1,7}}[章节節回卷集]", line) or re.match("(?i)chapter ([0-9]|[IVX])", line))


def particles(text, modern, classical, voice, official):
    """Han characters, those of three tables, and those in rows of bare nouns."""
    han = [c for c in text if is_han(c)]
    spoken = [
        c
        for c, after in zip(text, (text + " ")[1:], strict=True)
        if c in voice and (c != "我" or after not in official)
    ]
    return [
        len(han),
        sum(c in modern for c in han),
        sum(c in classical for c in han),
        bare_nouns(text, modern),
        len(spoken),
    ]


def bare_nouns(text, modern):
    """Characters in runs of six and more pieces of 2 to 8 Han characters without a modern particle."""
    total, run = 0, []
    piece = ""
    for c in text + "。":
        if is_han(c):
            piece += c
        elif c.isspace() or unicodedata.category(c)[0] == "P" or c == "|":
            if piece and 2 <= len(piece) <= 8 and not set(piece) & set(modern) and c not in "。！？":
                run.append(len(piece))
            elif piece:
                total += sum(run) if len(run) >= 6 else 0
                run = []
            piece = ""
    return total + (sum(run) if len(run) >= 6 else 0)
