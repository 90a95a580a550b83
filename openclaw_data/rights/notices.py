"""Chinese reprint notices and ICP numbers (the registration that a site in mainland China shows).

They are evidence, not reservations: 版权所有 stands below nearly every Chinese page. The pack `rights-notices` drops
what forbids reprinting, for those who want that.
"""

import functools
import re
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
_STEMS = ("转载", "轉載", "未经", "未經", "版权所有", "版權所有")
"""What to look for first: two phrases of three share it."""
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


def in_bytes(page: bytes, charset: str) -> Evidence:
    """The notices in a page that is encoded in `charset`, without decoding more than the places around a hit."""
    name = charset.lower().replace("_", "-")
    if name.startswith("utf-16"):
        name = "utf-8"  # `page.readable` has made it so
    if not name.startswith(("utf-8", "utf8", *_TWO_BYTE)):
        return Evidence()
    signals = []
    stems = [stem for stem in _encoded(_STEMS, name) if stem and stem in page]
    if stems:
        for label, phrases in _PHRASES.items():
            if any(phrase and phrase in page for phrase in _encoded(phrases, name)):
                signals.append(f"notice:{label}")
    return Evidence(tuple(signals), icp=_icp(page, name) if b"ICP" in page else "")


@functools.lru_cache(maxsize=64)
def _encoded(phrases: tuple[str, ...], charset: str) -> tuple[bytes, ...]:
    """The phrases as bytes; empty where the charset has none of its characters."""
    found = []
    for phrase in phrases:
        try:
            found.append(phrase.encode(charset))
        except (UnicodeEncodeError, LookupError):
            found.append(b"")
    return tuple(found)


def _icp(page: bytes, charset: str) -> str:
    at = -1
    for _ in range(_MAX_HITS):
        at = page.find(b"ICP", at + 1)
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
