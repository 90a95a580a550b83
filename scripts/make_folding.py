"""Write `openclaw_data/kernels/folding.tsv`: how a character is folded before it is hashed for deduplication.

    pip install opencc-python-reimplemented
    python scripts/make_folding.py

The table is committed, so that hashes depend neither on the Unicode version of the Python that runs nor on a package.
Sources: `TSCharacters.txt` of OpenCC (Apache-2.0, https://github.com/BYVoid/OpenCC) as carried by the package
opencc-python-reimplemented, and Python's `unicodedata`.
"""

import sys
import unicodedata
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "openclaw_data" / "kernels" / "folding.tsv"
PACKAGE = "opencc"
SCRIPT_WITHOUT_SPACES = [
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # CJK and Kangxi radicals
    (0x3005, 0x3007),  # 々 〆 〇
    (0x3021, 0x3029),  # Hangzhou numerals
    (0x3040, 0x312F),  # kana, bopomofo
    (0x31A0, 0x31FF),  # bopomofo and kana extensions
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA4CF),  # Yi
    (0xF900, 0xFAFF),  # compatibility Han
    (0xFF66, 0xFF9F),  # half-width kana
    (0x1AFF0, 0x1B16F),  # kana supplements
    (0x20000, 0x3FFFF),  # Han, extensions B and later
]
IGNORED_MARKS = [(0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE2F)]
STRIPPED = ("LATIN ", "GREEK ", "CYRILLIC ")  # diacritics go, so that composed and decomposed forms meet
IGNORED_MARKS.append((0xE0100, 0xE01EF))


def traditional_to_simplified(path: Path) -> dict[str, str]:
    """The first simplified form of each character that has one."""
    pairs = (line.split() for line in path.read_text("utf-8").splitlines() if line.strip())
    return {fields[0]: fields[1] for fields in pairs if len(fields) > 1 and len(fields[0]) == len(fields[1]) == 1}


def fold(char: str, simplified: dict[str, str]) -> str:
    """One folding step: compatibility form, bare letter, lower case, simplified form."""
    compatible = unicodedata.normalize("NFKC", char)
    char = compatible if len(compatible) == 1 else char
    if unicodedata.name(char, "").startswith(STRIPPED):
        char = unicodedata.normalize("NFD", char)[0]
    folded = char.casefold() if len(char.casefold()) == 1 else char.lower()
    char = folded if len(folded) == 1 else char
    return simplified.get(char, char)


def kind(point: int) -> str:
    """`-` separates words, `.` vanishes within a word, `c` is a unit of its own, `w` is part of a word."""
    category = unicodedata.category(chr(point))
    if category == "Cf" or any(a <= point <= b for a, b in IGNORED_MARKS):
        return "."
    if category[0] not in "LMN":
        return "-"
    return "c" if any(a <= point <= b for a, b in SCRIPT_WITHOUT_SPACES) else "w"


def folds(simplified: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Every character that changes, with its fixed point."""
    for point in range(sys.maxunicode + 1):
        if kind(point) in "-.":
            continue
        char, steps = fold(chr(point), simplified), 0
        while (following := fold(char, simplified)) != char:
            char, steps = following, steps + 1
            if steps > 8:
                raise ValueError(f"U+{point:04X} has no fixed point")
        if ord(char) != point and kind(ord(char)) in "cw":
            yield point, ord(char)


def ranges() -> Iterator[tuple[int, int, str]]:
    """Runs of the same kind; `-` is the default and left out."""
    start, current = 0, kind(0)
    for point in range(1, sys.maxunicode + 2):
        found = kind(point) if point <= sys.maxunicode else ""
        if found != current:
            if current != "-":
                yield start, point - 1, current
            start, current = point, found


def main() -> None:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit("pip install opencc-python-reimplemented, then run this again.")
    simplified = traditional_to_simplified(Path(spec.origin).parent / "dictionary" / "TSCharacters.txt")
    lines = [
        "# Character folding for deduplication, written by scripts/make_folding.py; do not edit.",
        f"# Unicode {unicodedata.unidata_version}; Traditional to Simplified: TSCharacters of OpenCC",
        "# (https://github.com/BYVoid/OpenCC, Copyright BYVoid and contributors, Apache-2.0).",
        "# k FIRST LAST KIND: w part of a word, c a unit of its own, . vanishes; anything else separates.",
        "# f FROM TO: the folded character. Code points in hexadecimal.",
    ]
    lines += [f"k\t{a:X}\t{b:X}\t{k}" for a, b, k in ranges()]
    lines += [f"f\t{a:X}\t{b:X}" for a, b in folds(simplified)]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{TARGET}: {len(lines)} lines, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
