"""Write `openclaw_data/kernels/script_tables.npz`: the class of every Unicode code point.

Run by hand when Unicode or OpenCC has a new version; nothing at run time needs it:

    python -m venv /tmp/tables && /tmp/tables/bin/pip install numpy opencc
    /tmp/tables/bin/python scripts/make_script_tables.py

Sources:

* scripts and categories: `unicodedata` of the running Python, whose version goes into the file;
* Simplified and Traditional forms: the character dictionaries of OpenCC, https://github.com/BYVoid/OpenCC,
  copyright Carbo Kuo and contributors, Apache License 2.0. The committed file holds only the sets derived below;
* which script and language uses a form: the national character sets as Python's codecs know them (GB 2312 for
  Simplified, Big5 for Traditional, JIS X 0208 for Japanese). A form that the other side's character set has is
  never taken as proof: `后`, `里`, `干`, `台`, `於` prove nothing.
"""

import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "openclaw_data" / "kernels" / "script_tables.npz"
sys.path.insert(0, str(TARGET.parents[2]))

from openclaw_data.kernels.scripts import CLASSES  # noqa: E402  the script runs from a checkout, not installed

ID = {name: i for i, name in enumerate(CLASSES)}
CANTONESE = "嘅咗喺冇嚟唔佢哋嗰啲咁嘢乜攞揸嘥啱攰瞓諗睇噉嚿啩嗮"
"""Characters of written Cantonese: particles, pronouns and verbs that Mandarin writes otherwise."""

NAME_PREFIXES = {
    "HALFWIDTH KATAKANA": "katakana",
    "HALFWIDTH HANGUL": "hangul",
    "FULLWIDTH LATIN": "latin",
}
"""Name beginnings that differ from the class; for all others the first word of the name is the class."""


def dictionary(name: str) -> dict[str, list[str]]:
    """A character dictionary of OpenCC as {character: conversions, best first}."""
    import opencc

    root = Path(opencc.__file__).parent / "clib"
    tool = root / "bin" / "opencc_dict"
    tool.chmod(0o755)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"{name}.txt"
        source = root / "share" / "opencc" / f"{name}.ocd2"
        subprocess.run([tool, "-i", source, "-o", out, "-f", "ocd2", "-t", "text"], check=True)
        lines = out.read_text("utf-8").splitlines()
    return {key: value.split() for key, _, value in (line.partition("\t") for line in lines)}


def encodable(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def jis_level(character: str) -> int:
    """The JIS X 0208 level of a character: 1 for the 2,965 common ones, 2 for the rest, 0 for none."""
    if not encodable(character, "euc_jp"):
        return 0
    code = character.encode("euc_jp")
    return 0 if len(code) != 2 else 1 if code[0] - 0xA0 < 48 else 2


def one_sided() -> tuple[set[str], set[str]]:
    """The forms that only Simplified text has, and those that only Traditional text has."""
    simple, traditional = dictionary("STCharacters"), dictionary("TSCharacters")
    regional = [dictionary("TWVariants"), dictionary("HKVariants")]
    variants = {form for table in regional for key, values in table.items() for form in (key, *values)}
    hans = {
        form
        for form, values in simple.items()
        if form not in values and form not in traditional and form not in variants and not encodable(form, "big5")
    }
    hant = {
        form
        for form, values in traditional.items()
        if form not in values and form not in simple and not encodable(form, "gb2312")
    }
    return hans, hant


def han_class(character: str, hans: set[str], hant: set[str]) -> str:
    """Which of `scripts.HAN` a Han character is.

    Japanese use is level 1: level 2 has the forms from before the reform of 1946 (國, 會), which are Traditional
    Chinese before they are Japanese.
    """
    japanese, gb, big5 = jis_level(character), encodable(character, "gb2312"), encodable(character, "big5")
    if character in CANTONESE:
        return "han_yue"
    if character in hans:
        return "hans_jis" if japanese == 1 else "hans"
    if character in hant:
        return "hant_jis" if japanese == 1 else "hant"
    if japanese == 1 and not gb and not big5:
        return "han_jpan"
    return "han_chinese" if (gb or big5) and not japanese else "han"


def class_of(code: int, hans: set[str], hant: set[str]) -> str:
    """The class of one code point, from its category and its name."""
    character = chr(code)
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if code == 0xFFFD or category == "Cs":
        return "replacement"
    if category == "Co":
        return "private"
    if character in "々〆〇":
        return "han"
    if name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH")):
        return han_class(character, hans, hant)
    if category[0] in "LM":
        prefix = next((to for start, to in NAME_PREFIXES.items() if name.startswith(start)), "")
        script = prefix or name.split(" ")[0].split("-")[0].lower()
        return script if script in ID else "other_letter" if category[0] == "L" else "mark"
    if character in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85" or category[0] == "Z":
        return "space"
    return {"N": "digit", "P": "punctuation", "S": "symbol"}.get(category[0], "control")


def main() -> None:
    hans, hant = one_sided()
    classes = np.array([ID[class_of(code, hans, hant)] for code in range(0x110000)], np.uint8)
    blocks, pages = np.unique(classes.reshape(-1, 256), axis=0, return_inverse=True)
    np.savez_compressed(
        TARGET,
        pages=pages.reshape(-1).astype(np.uint16),
        blocks=blocks.reshape(-1),
        names=np.array(CLASSES),
        unicode=np.array(unicodedata.unidata_version),
    )
    sizes = {name: int((classes == i).sum()) for name, i in ID.items()}
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {len(blocks)} blocks, Unicode {unicodedata.unidata_version}")
    print(sizes)


if __name__ == "__main__":
    main()
