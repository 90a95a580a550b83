"""Text that was decoded with the wrong encoding before we saw it: no later step can read it, so a rule may drop it."""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import documents
from openclaw_data.kernels import pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

_HAN, _REST = range(0xE4, 0xEA), range(0x80, 0xC0)
"""Bytes of UTF-8: what Chinese characters begin with, and what goes on after any first byte."""
_FIRST = (0xE2, 0xE3, *_HAN, 0xEF)
_LEADS = ((_HAN, _REST), ((0xE2,), (0x80,)), ((0xE3,), range(0x80, 0x84)), ((0xEF,), (0xBC, 0xBD)))
"""First bytes, and what may follow: general punctuation is E2 80, CJK punctuation and kana E3 80 to E3 83, full-width
forms EF BC and EF BD."""


class Mojibake(NamedTuple):
    """Shares of a text's characters, 0 for an empty text.

    `mojibake_fraction`: characters in runs that only a wrong decoding makes (see `pattern`). `replacement_fraction`:
    U+FFFD, put in by our decoder or by somebody's before.
    """

    mojibake_fraction: pa.Array  # float32, 0 to 1
    replacement_fraction: pa.Array  # float32, 0 to 1


def mojibake(batch: pa.RecordBatch) -> Mojibake:
    """Measure wrong decodings in the texts of a batch."""
    texts = batch.column("text")
    rows = np.flatnonzero(pairs.held(*documents.text_buffers(texts), _sieve()))
    wrong, replaced = _shares(texts.take(pa.array(rows))) if len(rows) else (0.0, 0.0)  # most texts have none
    found = np.zeros((2, len(batch)), np.float32)
    found[0, rows], found[1, rows] = wrong, replaced
    return Mojibake(*map(pa.array, found))


def _shares(texts: pa.Array) -> tuple[Any, Any]:
    """Of each text the share of what `pattern` finds, and of U+FFFD: (float32[n], float32[n])."""
    import polars as pl

    text = pl.col("text")
    chars = text.str.len_chars()
    wrong = chars - text.str.replace_all(pattern(), "").str.len_chars()
    frame = pl.DataFrame({"text": pl.Series(texts)}).select(
        wrong=_share(wrong, chars), replaced=_share(text.str.count_matches("\ufffd", literal=True), chars)
    )
    return frame["wrong"].to_numpy(), frame["replaced"].to_numpy()


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
    first = _gbk_class(((a, b) for a in _FIRST for b in _REST), "")
    rests = "|".join(
        # 0x80 leads no pair: browsers make it a euro sign, other decoders U+FFFD.
        _gbk_class(((a, b) for a in _REST for b in lead), "")
        + _gbk_class(((a, b) for a in follows for b in _REST), "\u20ac\ufffd" if 0x80 in follows else "")
        for lead, follows in _LEADS
    )
    tail = "[" + bytes(_REST).decode("cp1252", "ignore").replace("-", "") + "\u0080-\u00bf]"
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


@cache
def _sieve() -> Any:
    """The characters that may begin what `pattern` finds, those that may come second, and U+FFFD: uint8[65536]."""
    second = _gbk_class(((a, b) for a in _REST for lead, _ in _LEADS for b in lead), "")
    latin = "".join(map(chr, range(0x80, 0xFF)))
    table = np.zeros(0x10000, np.uint8)
    for flag, found in (
        (pairs.BEGINS, "锟斤拷烫屯" + latin + _gbk_class(((a, b) for a in _FIRST for b in _REST), "")),
        (pairs.FOLLOWS, "锟斤拷烫屯" + latin + bytes(_REST).decode("cp1252", "ignore") + second),
        (pairs.ALONE, "\ufffd"),
    ):
        table[[ord(c) for c in found if c > "\x7f"]] |= flag
    return table


def _gbk_class(pairs: "Iterable[tuple[int, int]]", more: str) -> str:
    """A character class of what the byte pairs mean in GBK, and of `more`; pairs that mean nothing are left out."""
    found = {c for pair in pairs for c in bytes(pair).decode("gbk", "ignore") if c > "\x7f"}
    return "[" + "".join(sorted(found | set(more))) + "]"
