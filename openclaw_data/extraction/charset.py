"""Which character encoding a page is in, and its text.

The evidence, strongest first: a byte order mark, the HTTP header, `<meta>` or the XML declaration, the bytes
themselves. Declarations lie (a server's default over another's file, a template's `gb2312` over UTF-8), so none is
believed against the bytes:

* Multi-byte text that is valid UTF-8 is UTF-8: text in a legacy encoding passes that check by chance only when it is
  a handful of characters. A cut or a few bad bytes do not change that: valid sequences must outnumber errors.
* Between legacy encodings, each candidate decodes a sample, and the share of *common* characters decides: real
  Chinese text has about 70 % of its characters in a table of 500, text in the wrong encoding about 10 %.
* A declaration wins when the bytes do not clearly contradict it.

Labels mean what browsers mean by them (WHATWG Encoding Standard, section 4.2): `gb2312` and `gbk` are gb18030, `big5`
is big5-hkscs, `iso-8859-1` and `ascii` are windows-1252.
"""

import codecs
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

PRESCAN_BYTES = 4096
"""How far `<meta>` is looked for. The standard says 1,024; sites put scripts and comments before it."""

SAMPLE_BYTES = 200_000
"""How much of a page the candidates of a legacy encoding decode to be compared."""

PLAUSIBLE = 0.3
"""Common characters among all beyond ASCII, from which a legacy CJK decoding is believed against a declaration."""

CODECS = {
    "gb18030": "gb18030",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "windows-1252": "cp1252",
    "windows-874": "cp874",
    "macintosh": "mac-roman",
}
"""WHATWG name -> Python codec, where the two differ or a superset is meant."""

EXTRA_LABELS = {
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "euc-cn": "gb18030",
    "cp950": "big5-hkscs",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "uhc": "euc-kr",
    "x-user-defined": "windows-1252",
}
"""Labels seen in pages that the standard does not list."""

FROM_PYTHON = {
    "gbk": "gb18030",
    "big5": "big5-hkscs",
    "euc_kr": "euc-kr",
    "euc_jp": "euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "iso8859-11": "windows-874",
    "mac-roman": "macintosh",
}
"""The names that Resiliparse's label table answers with -> WHATWG names."""

CJK = ("gb18030", "big5-hkscs", "euc-jp", "shift_jis", "euc-kr")
MULTI_BYTE = frozenset(CJK)

COMMON = (
    # The 320 most frequent characters of Simplified web text.
    "的是一不在用有个了你以可我这中要人为能和数时到如来件使行上下会就于们器发文对多本好大定程它开果过生也很作自出方面间"
    "或后还据所务者都服将成没分最些其前理统点而性么安新系现得之更命并看动当表但需说法应地式他实目心进常然计示入令置接建"
    "包只子工提装设小版户机通类比正选天同源此经次信关因值样去想意问序情种名内事那加该单标被重字无何代己年指日从息别列存"
    "已功持制量例运查回题里相错主酒项全度型网店高解感做着由图道肝房管与码具容创化知等每力软任支外编快部库结参体给让供家"
    "算明位特录及什变像基端改打病合格您配非输保取请话复起认原太语第完口学且才再活员物期许始电客吃两除备则组符治布集住放"
    "公显处注国必区调模试觉函送择记求真较平操直态手长三引确览路候少便向总步新闻首页京市省报社会经济社会政府企业"
    # Traditional forms that are frequent and differ.
    "這個來時為說國著後會過對學麼還樣當總從無現動經長兒愛給間兩進話與見問爾點幾將實聲車機氣並別書體卻電門聽員許頭開發沒們"
    "應該題業種關於裡資訊網頁請覽選擇變數檔變標設計連結圖買賣賺錢醫師應該務處產價錄語讀寫達係咁嘅喺佢唔啲嗰嚟咗"
    "萬億東廣場馬島灣臺區縣報導記華聯軍戰黨議員總統選舉"
    # Japanese and Korean words are told by kana and by these syllables.
    "다이는의에한을고지대하를정당표도은로선가서전부위민국인리으했수장기라자주어해보적제무만원권계며시사명호나상과것있면"
    "중내일여거진게모들반최통치아남투등우회할유화그후안규든구결조강야방세경신실연친성동와간"
)
"""Characters that make a decoding plausible. A wrong decoding hits them by chance in one case of ten."""

# The word boundary is looked for behind the word, with which the pattern begins: that makes it a quick search.
_META = re.compile(rb"charset(?<=\bcharset)\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{2,40})")
_XML = re.compile(rb"\s{0,99}<\?xml\b[^>]{0,200}?\bencoding\s{0,9}=\s{0,9}[\"']([\w.:-]{2,40})")
_MOSTLY_WITHIN = 1024
"""Where nearly every declaration stands: what is behind it need not be put into lower case."""
_WORD = b"abcdefghijklmnopqrstuvwxyz0123456789_"
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADER = re.compile(r"\bcharset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)


class Decoded(NamedTuple):
    """A page's text and how it was decided.

    `content`: the text, or its bytes where these are good UTF-8, so that nobody decodes what nobody reads as `text`.
    `charset`: WHATWG label. `source`: `bom`, `http`, `meta`, `utf-8` (nothing declared it, the bytes are valid) or
    `sniffed`. `replacements`: U+FFFD put in while decoding; those that the page itself holds are not counted.
    """

    content: str | bytes
    charset: str
    source: str
    replacements: int

    @property
    def text(self) -> str:
        """The page as text."""
        return self.content.decode() if isinstance(self.content, bytes) else self.content


@lru_cache(maxsize=1 << 12)
def canonical(label: str) -> str:
    """The WHATWG name that a declared label means, lower case; "" for an unknown or unsupported label."""
    from resiliparse.parse.encoding import map_encoding_to_html5

    label = label.strip().lower()[:40]
    if label in EXTRA_LABELS:
        return EXTRA_LABELS[label]
    name = map_encoding_to_html5(label, fallback_utf8=False)
    if not name:
        return ""
    name = FROM_PYTHON.get(name, name)
    return "windows-" + name[2:] if re.fullmatch(r"cp125\d", name) else name


def codec(charset: str) -> str:
    """The Python codec of a WHATWG name."""
    return CODECS.get(charset, charset.replace("windows-", "cp"))


@lru_cache(maxsize=1 << 12)
def declared_http(content_type: str) -> str:
    """The WHATWG name in a `Content-Type` header, "" if there is none or none that is known."""
    match = _HEADER.search(content_type)
    return canonical(match.group(1)) if match else ""


def declared_meta(raw: bytes) -> str:
    """The WHATWG name in `<meta>` or the XML declaration at the start of the page, "" if there is none.

    Comments are skipped. A page whose declaration can be read as ASCII is not UTF-16, whatever it says.
    """
    for size in (_MOSTLY_WITHIN, PRESCAN_BYTES):
        head = raw[:size].lower()
        bare = _COMMENT.sub(b"", head) if b"<!--" in head else head
        match = _XML.match(head) or _in_meta(bare)
        if match and (match.end() < len(bare) or size == PRESCAN_BYTES or len(head) < size):
            name = canonical(match.group(1).decode("latin-1"))
            return "utf-8" if name.startswith("utf-16") else name
    return ""


def _in_meta(head: bytes) -> re.Match[bytes] | None:
    """The first `charset=` in a `<meta>` of a lower-case head: searched for by its own name, which is rarer."""
    for match in _META.finditer(head, max(0, head.find(b"charset"))):
        start = head.rfind(b"<meta", 0, match.start())
        between = head[start + 5 : match.start()]
        if start >= 0 and between[:1].strip(_WORD) and len(between) <= 500 and b">" not in between:
            return match
    return None


def good(payloads: "pa.Array") -> list[bool]:
    """Which payloads (binary[n]) are valid UTF-8, told several times as fast as by decoding each."""
    from openclaw_data.documents import text_buffers
    from openclaw_data.kernels import utf8

    found: list[bool] = utf8.valid(*text_buffers(payloads)).tolist()
    return found


def decode(raw: bytes, content_type: str = "", *, is_good: bool | None = None) -> Decoded:
    """Decide the encoding of a page and decode it; bad bytes become U+FFFD and are counted, nothing is refused.

    Args:
        raw: the page as fetched, content codings undone.
        content_type: the `Content-Type` header as sent, "" where there was none.
        is_good: whether `raw` is valid UTF-8, where that is known.
    """
    marked = _byte_order_mark(raw)
    if marked:
        return marked
    http, meta = declared_http(content_type), declared_meta(raw)
    if raw.isascii():
        wide = _wide_or_stateful(raw, http, meta)
        return wide or Decoded(raw, *_ascii_name(http, meta), 0)
    is_good = _is_good(raw) if is_good is None else is_good
    if is_good and not _doubtful(raw, http, meta):
        return Decoded(raw, "utf-8", _source("utf-8", http, meta), 0)
    wide = _wide_or_stateful(raw, http, meta)
    if wide:
        return wide
    if not is_good:
        mended = raw.decode("utf-8", "replace")
        errors = mended.count("\ufffd") - raw.count(b"\xef\xbf\xbd")
        if _mostly_utf8(mended, errors, declared="utf-8" in (http, meta)):
            return Decoded(mended, "utf-8", _source("utf-8", http, meta), errors)
    charset = _legacy(raw, http, meta)
    text, errors = decode_as(raw, charset)
    return Decoded(text, charset, _source(charset, http, meta, otherwise="sniffed"), errors)


def decode_as(raw: bytes, charset: str) -> tuple[str, int]:
    """The text of `raw` in the encoding of that WHATWG name, and the number of U+FFFD put in."""
    try:
        return raw.decode(codec(charset)), 0
    except UnicodeDecodeError:
        text = raw.decode(codec(charset), "replace")
    errors = text.count("\ufffd") - raw.decode(codec(charset), "ignore").count("\ufffd")
    if charset == "big5-hkscs":  # the Hong Kong set lacks what Windows added at F9D6 to F9FE and in rows C6 to C8
        other = raw.decode("cp950", "replace")
        if other.count("\ufffd") < errors:
            return other, other.count("\ufffd")
    return text, errors


def _byte_order_mark(raw: bytes) -> Decoded | None:
    """UTF-8 and UTF-16 by their mark, unless what follows is plainly something else."""
    if raw.startswith(codecs.BOM_UTF8):
        text = raw[3:].decode("utf-8", "replace")
        errors = text.count("\ufffd") - raw.count(b"\xef\xbf\xbd")
        # An editor's mark in front of a template that includes a legacy page is common in old PHP sites.
        if _mostly_utf8(text, errors, declared=True):
            return Decoded(text if errors else raw[3:], "utf-8", "bom", errors)
        rest = decode(raw[3:])
        return rest._replace(source="sniffed") if rest.source == "utf-8" else rest
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be")):
        if raw.startswith(mark):
            text, errors = decode_as(raw[2:], name)
            if errors * 20 <= len(text):
                return Decoded(text, name, "bom", errors)
    return None


def _wide_or_stateful(raw: bytes, http: str, meta: str) -> Decoded | None:
    """UTF-16 without a mark, told by NULs on one side of the pairs; ISO-2022-JP, told by its escapes."""
    head = raw[:2048]
    if len(head) >= 8 and b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        for name, nuls, others in (("utf-16le", odd, even), ("utf-16be", even, odd)):
            if nuls * 6 >= len(head) and others * 10 <= nuls:
                text, errors = decode_as(raw, name)
                return Decoded(text, name, _source(name, http, meta, otherwise="sniffed"), errors)
    if b"\x1b$B" in raw or b"\x1b$@" in raw:
        text, errors = decode_as(raw, "iso-2022-jp")
        if errors * 50 <= len(text):
            return Decoded(text, "iso-2022-jp", _source("iso-2022-jp", http, meta, otherwise="sniffed"), errors)
    return None


def _ascii_name(http: str, meta: str) -> tuple[str, str]:
    """What to call a page of ASCII only: the declared name where ASCII is a part of it."""
    for name, source in ((http, "http"), (meta, "meta")):
        if name and not name.startswith("utf-16") and name != "iso-2022-jp":
            return name, source
    return "utf-8", "utf-8"


def _source(charset: str, http: str, meta: str, otherwise: str = "utf-8") -> str:
    """The strongest evidence that names `charset`."""
    return "http" if charset == http else "meta" if charset == meta else otherwise


def _is_good(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(mended: str, errors: int, *, declared: bool) -> bool:
    """Whether text decoded with replacement is UTF-8 with a few bad bytes.

    Legacy text has a valid sequence by chance for one pair in seven, so errors outnumber valid ones there.
    Where UTF-8 is declared and nothing but a stray byte or two is beyond ASCII, the declaration stands.
    """
    valid = len(mended) - len(mended.encode("ascii", "ignore")) - errors
    return valid >= 2 * errors or (declared and errors <= 3)


def _doubtful(raw: bytes, http: str, meta: str) -> bool:
    """Valid UTF-8 that may be legacy text by chance: a multi-byte encoding is declared and there is next to no text.

    Only two-byte sequences (up to U+07FF) arise that way, and `©`, `·`, `»` and other Latin-1 signs (lead bytes C2
    and C3) are far likelier than the rare Han characters that the same bytes mean.
    """
    if not ({http, meta} & MULTI_BYTE) or "utf-8" in (http, meta):
        return False
    text = raw.decode()
    beyond = [c for c in text if c > "\x7f"][:6] if len(text) - len(text.encode("ascii", "ignore")) < 6 else []
    return bool(beyond) and all("\u0100" <= c <= "\u07ff" for c in beyond)


def _legacy(raw: bytes, http: str, meta: str) -> str:
    """The encoding of a page that is not UTF-8: what is declared, unless the bytes clearly say otherwise."""
    sample = raw[:SAMPLE_BYTES]
    declared = [name for name in dict.fromkeys((http, meta)) if name and not name.startswith("utf-")]
    if declared and declared[0] in MULTI_BYTE:
        first = plausibility(sample, declared[0])
        if first.score >= 2 * PLAUSIBLE and (first.kana < 0.15 or declared[0] in ("shift_jis", "euc-jp")):
            return declared[0]
    sniffed = _sniff(raw)
    scores = {name: plausibility(sample, name) for name in CJK}
    # Japanese in EUC keeps its kana when read as GB: only what GB18030 does better counts for it.
    if scores["gb18030"].kana >= 0.1 and scores["euc-jp"].score >= scores["gb18030"].score:
        scores.pop("gb18030")
    best = max(scores, key=lambda name: scores[name].score + 0.05 * (name in declared) + 0.02 * (name == sniffed))
    strong = scores[best].score >= PLAUSIBLE
    for name in declared:
        if name == best:
            return name
    for name in declared:
        own = scores.get(name) or plausibility(sample, name)
        if own.errors > 0.05 and scores[best].errors == 0:
            continue  # little of it is common either way, but only one of the two reads it at all
        if not strong or scores[best].chars < 6 or own.score + 0.1 >= scores[best].score:
            return name
    if strong or (declared and scores[best].errors == 0):
        return best
    return sniffed or "windows-1252"


class Plausibility(NamedTuple):
    """How a sample reads in one encoding.

    `score`: see `plausibility`. `kana`, `errors`: shares of characters. `chars`: how many are beyond ASCII.
    """

    score: float
    kana: float
    errors: float
    chars: int


def plausibility(sample: bytes, charset: str) -> Plausibility:
    """Decode a sample and weigh its characters beyond ASCII.

    The score is the share of `COMMON` characters, kana and CJK punctuation among them, less the share of errors.
    """
    import numpy as np

    text = sample.decode(codec(charset), "replace")
    units = np.frombuffer(text.encode("utf-16-le", "replace"), np.uint16)
    units = units[units >= 0x80]
    if not len(units):
        return Plausibility(0.0, 0.0, 0.0, 0)
    table = _common_table()
    kana = float(np.mean((units >= 0x3041) & (units <= 0x30FA)))
    errors = float(np.mean(units == 0xFFFD))
    return Plausibility(float(table[units].mean()) - errors, kana, errors, len(units))


@cache
def _common_table() -> Any:
    """bool[65536]: code units that make a decoding plausible."""
    import numpy as np

    table = np.zeros(1 << 16, np.bool_)
    table[[ord(c) for c in COMMON]] = True
    table[0x3000:0x3012] = table[0x3041:0x30FB] = table[0xFF01:0xFF5F] = True
    table[[0x30FC, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026]] = True
    return table


def _sniff(raw: bytes) -> str:
    """What `uchardet` says, "" where it has no opinion or says UTF-8 (which was ruled out before)."""
    from resiliparse.parse.encoding import detect_encoding

    name = detect_encoding(raw, html5_compatible=False)
    # The two share their small letters and differ in capitals; Russian pages are practically never in Mac Cyrillic.
    name = "windows-1251" if name and name.lower() == "mac-cyrillic" else canonical(name) if name else ""
    return "" if name.startswith(("utf-", "iso-2022")) else name
