"""Text that was decoded with the wrong encoding before we saw it: no later step can read it, so a rule may drop it."""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl


class Mojibake(NamedTuple):
    """Shares of a text's characters, 0 for an empty text.

    `mojibake_fraction`: characters in runs that only a wrong decoding makes (see `pattern`). `replacement_fraction`:
    U+FFFD, put in by our decoder or by somebody's before.
    """

    mojibake_fraction: pa.Array  # float32, 0 to 1
    replacement_fraction: pa.Array  # float32, 0 to 1


def mojibake(batch: pa.RecordBatch) -> Mojibake:
    """Measure wrong decodings in the texts of a batch."""
    import polars as pl

    text = pl.col("text")
    chars = text.str.len_chars()
    wrong = chars - text.str.replace_all(pattern(), "").str.len_chars()
    frame = pl.DataFrame({"text": pl.Series(batch.column("text"))}).select(
        mojibake_fraction=_share(wrong, chars),
        replacement_fraction=_share(text.str.count_matches("\ufffd", literal=True), chars),
    )
    return Mojibake(*(frame[name].to_arrow().cast(pa.float32()) for name in Mojibake._fields))


def _share(part: "pl.Expr", whole: "pl.Expr") -> "pl.Expr":
    """`part / whole` as float32, 0 where `whole` is 0."""
    import polars as pl

    return pl.when(whole > 0).then(part.cast(pl.Float64) / whole).otherwise(0.0).cast(pl.Float32)


@cache
def pattern() -> str:
    """One regular expression (Rust syntax) for the runs that are counted.

    * `锟斤拷`: U+FFFD in UTF-8, read as GBK; `烫烫烫` and `屯屯屯`: uninitialised memory read as GBK.
    * UTF-8 read as GBK (`浣犲ソ` for 你好): two Chinese characters are six bytes are three pairs. The first pair has
      the lead byte of a UTF-8 character first, the second has one last, the third has none; the first is a rare
      character nearly always, so that the three in a row do not occur in real text.
    * UTF-8 read as windows-1252 (`ä½ å¥½`, `Ã©`, `â€œ`, `Ð¿Ñ€`): a lead byte as a letter, then continuation bytes as
      signs. One `é»` occurs in French, so runs of two are asked for where a letter is common.
    * GBK read as windows-1252 (`ÖÐ¹ú` for 中国): four pairs of high letters in a row.
    """
    han, rest = range(0xE4, 0xEA), range(0x80, 0xC0)
    first = _gbk_class(((a, b) for a in (0xE2, 0xE3, *han, 0xEF) for b in rest), "")
    # General punctuation is E2 80, CJK punctuation and kana E3 80 to E3 83, full-width forms EF BC and EF BD.
    leads = ((han, rest), ((0xE2,), (0x80,)), ((0xE3,), range(0x80, 0x84)), ((0xEF,), (0xBC, 0xBD)))
    rests = "|".join(
        # 0x80 leads no pair: browsers make it a euro sign, other decoders U+FFFD.
        _gbk_class(((a, b) for a in rest for b in lead), "")
        + _gbk_class(((a, b) for a in follows for b in rest), "\u20ac\ufffd" if 0x80 in follows else "")
        for lead, follows in leads
    )
    tail = "[" + bytes(rest).decode("cp1252", "ignore").replace("-", "") + "\u0080-\u00bf]"
    return "|".join(
        (
            "[锟斤拷]{3,}",
            "烫{3,}",
            "屯{3,}",
            f"(?:{first}(?:{rests}))+(?:{first}[?\ufffd])?",
            f"(?:[\u00e2-\u00ef]{tail}{{1,2}}){{2,}}",
            f"Ã{tail}",
            "Â[\u00a0-\u00bf]",
            f"â€{tail}",
            f"(?:[ÐÑ]{tail}){{3,}}",
            "[À-ÖØ-ö][\u00a1-\u00fe](?:[\u00b0-\u00f7][\u00a1-\u00fe]){3,}",
        )
    )


def _gbk_class(pairs: "Iterable[tuple[int, int]]", more: str) -> str:
    """A character class of what the byte pairs mean in GBK, and of `more`; pairs that mean nothing are left out."""
    found = {c for pair in pairs for c in bytes(pair).decode("gbk", "ignore") if c > "\x7f"}
    return "[" + "".join(sorted(found | set(more))) + "]"
