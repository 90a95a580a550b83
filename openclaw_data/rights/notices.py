"""Chinese reprint notices and ICP numbers (the registration that a site in mainland China shows).

They are evidence, not reservations: 版权所有 stands below nearly every Chinese page. The pack `rights-notices` drops
what forbids reprinting, for those who want that.
"""

import contextlib
import functools
import re
from collections.abc import Collection
from html import unescape

from openclaw_data.rights.evidence import Evidence

_PHRASES = {
    "禁止转载": (
        *("禁止转载", "严禁转载", "谢绝转载", "不得转载", "请勿转载"),
        *("禁止轉載", "嚴禁轉載", "謝絕轉載", "不得轉載", "請勿轉載"),
    ),
    "未经授权": ("未经授权", "未经许可", "未经允许", "未经同意", "未經授權", "未經許可", "未經允許", "未經同意"),
    "版权所有": ("版权所有", "版權所有"),
}
_ICP_MARK = b"ICP"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ICP = re.compile(
    rf"([{_PROVINCES}])\s{{0,3}}ICP\s{{0,3}}([备证備證])(?:案|案号|字)?\s{{0,3}}[:：]?\s{{0,3}}(?:第)?(\d{{5,10}})\s{{0,3}}号?"
    r"(?:\s{0,2}[-－—–]\s{0,2}(\d{1,3}))?"
)
_BREAKS = b"<>\"' \t\r\n"
_BEFORE, _AFTER = 48, 64
_MAX_HITS = 16
_TWO_BYTE = ("gb", "big5", "euc-tw", "cp936", "hz")


def in_text(text: str) -> Evidence:
    """The notices in a text."""
    signals = [f"notice:{name}" for name, phrases in _PHRASES.items() if any(p in text for p in phrases)]
    return Evidence(tuple(signals), icp=_number(text) if "ICP" in text else "")


def in_bytes(page: bytes, charset: str, named: Collection[bytes] | None = None) -> Evidence:
    """The notices in a page that is encoded in `charset`, without decoding more than the places around a hit.

    `named`: which of `needles(charset)` are in the page, where that is known.
    """
    wanted = needles(charset)
    if named is None:
        named = [needle for needle in wanted if needle in page]
    if not any(needle in named for needle in wanted):
        return Evidence()
    name = _name(charset)
    labels = [label for label, phrases in _PHRASES.items() if any(p in named for p in _encoded(phrases, name))]
    icp = _icp(page, name) if _ICP_MARK in named else ""
    return Evidence(tuple(f"notice:{label}" for label in labels), icp=icp)


@functools.lru_cache(maxsize=64)
def needles(charset: str) -> tuple[bytes, ...]:
    """The bytes of which a page in `charset` with a notice or a number has one; none for a charset without Chinese."""
    name = _name(charset)
    if not name.startswith(("utf-8", "utf8", *_TWO_BYTE)):
        return ()
    return _ICP_MARK, *dict.fromkeys(phrase for phrases in _PHRASES.values() for phrase in _encoded(phrases, name))


def _name(charset: str) -> str:
    """The charset of `page.readable`, which makes UTF-8 of UTF-16."""
    name = charset.lower().replace("_", "-")
    return "utf-8" if name.startswith("utf-16") else name


@functools.lru_cache(maxsize=256)
def _encoded(phrases: tuple[str, ...], charset: str) -> tuple[bytes, ...]:
    """The phrases as bytes, those that the charset can write."""
    found = []
    for phrase in phrases:
        with contextlib.suppress(UnicodeEncodeError, LookupError):
            found.append(phrase.encode(charset))
    return tuple(found)


def _icp(page: bytes, charset: str) -> str:
    at = -1
    for _ in range(_MAX_HITS):
        at = page.find(_ICP_MARK, at + 1)
        if at < 0:
            break
        # None of the break bytes is ever the second byte of a Chinese character, so decoding starts in step there.
        start = max(page.rfind(bytes([b]), max(0, at - _BEFORE), at) for b in _BREAKS)
        begin = start + 1 if start >= 0 else max(0, at - _width(charset))
        try:
            text = unescape(page[begin : at + _AFTER].decode(charset, "replace"))
        except LookupError:
            return ""
        if number := _number(text):
            return number
    return ""


def _width(charset: str) -> int:
    """Bytes of the province's character, which stands before `ICP` where no break does."""
    return 3 if charset.startswith("utf") else 2


def _number(text: str) -> str:
    """`京ICP备12345678号-1`, in one spelling."""
    found = _ICP.search(text)
    if not found:
        return ""
    kind = "备" if found[2] in "备備" else "证"
    return f"{found[1]}ICP{kind}{found[3]}号" + (f"-{found[4]}" if found[4] else "")
