r"""Find personal data in a piece of text, exactly: patterns whose every repetition is bounded, then checks.

There is no `\b` here: between a Han character and a Latin letter or digit it is no boundary. What stands before and
after is tested with look-arounds for ASCII. Full-width letters, digits and signs are folded one to one first, so
offsets stay.

A found value hides the digits it covers from later patterns, in the order of `_FINDERS`; around it is searched again
with the value blotted out until nothing is found, so that masking twice changes nothing.
"""

import bisect
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from openclaw_data import suffixes
from openclaw_data.edits import pii_checks as checks
from openclaw_data.edits import pii_patterns as p
from openclaw_data.kernels import pii_numbers as numbers
from openclaw_data.kernels import pii_words as words

KINDS = ("EMAIL", "PHONE", "ID_CARD", "SSN", "PASSPORT", "USCC", "IP", "BANK_CARD", "CREDIT_CARD", "IBAN", "QQ",
         "WECHAT", "PLATE")  # fmt: skip
"""What can be found."""
_MACHINES = {"openssh.com", "lysator.liu.se", "libssh.org"}  # who names ciphers like addresses
HOTLINE = "HOTLINE"
"""A phone number of the public: 400 and 800 numbers, and toll-free ones of North America."""
_BLOT = "\0"
_ROUNDS = 32
"""Searches around what was found: as many values may be glued to each other; a bound for hostile texts."""
_REACH, _EDGE = 240, 100
"""Characters around a value that are searched again; what lies so near to the edge of those may be cut off by it."""

Hit = tuple[int, int, str]


class _Text(NamedTuple):
    """A folded piece of text, where it begins in the whole, and the spans of the URLs in the whole."""

    text: str
    offset: int
    url_starts: list[int]
    url_ends: list[int]

    def in_url(self, start: int, end: int) -> bool:
        i = bisect.bisect_right(self.url_starts, start + self.offset) - 1
        return i >= 0 and end + self.offset <= self.url_ends[i]


def _before(text: str, start: int, size: int) -> str:
    """Up to `size` characters before `start`, of the same line."""
    return text[max(0, start - size) : start].rpartition("\n")[2]


def _emails(t: _Text) -> Iterator[Hit]:
    for match in p.EMAIL.finditer(t.text):
        domain = match["d"].lower()
        if domain.rpartition(".")[2] not in suffixes.top_level_domains() or match["u"].endswith("."):
            continue
        if (
            match["u"] == "git"
            or (domain in _MACHINES and "-" in match["u"])
            or (t.in_url(*match.span()) and "://" in _before(t.text, match.start(), 12))
        ):
            continue  # git@host, and user@host of a URL: accounts of machines
        yield match.start(), match.end(), "EMAIL"
    for match in p.OBFUSCATED.finditer(t.text):
        plain = re.sub(p.DOT, ".", match["d"].lower())
        if plain.rpartition(".")[2] not in suffixes.top_level_domains():
            continue
        weak = "#" in match["at"] or match["at"] == " at " or re.search(r"\(a\)|\[a\]", match["at"], re.IGNORECASE)
        spelled = match["at"] == " at " and plain != match["d"].lower()
        if not weak or spelled or p.PROVIDERS.match(plain):
            yield match.start(), match.end(), "EMAIL"


def _ipv4(t: _Text) -> Iterator[Hit]:
    for match in p.IPV4.finditer(t.text):
        before = _before(t.text, match.start(), 24)
        named = p.IP_WORD.search(before) or p.IP_WORD.match(t.text[match.end() : match.end() + 12].lstrip())
        if not checks.public_ipv4(match[0]) or (int(match[1]) >= 224 and not named):
            continue
        if p.VERSION_WORD.search(before):
            continue
        parts = [int(part) for part in match[0].split(".")]
        if named or max(parts) >= 64 or parts[0] >= 32:  # else it looks like a version
            mapped = p.MAPPED.search(t.text[: match.start()], max(0, match.start() - 12))
            yield mapped.start() if mapped else match.start(), match.end(), "IP"


def _ipv6(t: _Text) -> Iterator[Hit]:
    for match in p.IPV6.finditer(t.text):
        if checks.public_ipv6(match[0]):
            yield match.start(), match.end(), "IP"


def _ibans(t: _Text) -> Iterator[Hit]:
    for match in p.IBAN.finditer(t.text):
        length, code, i = checks.iban_length(match[0][:2]), "", match.start()
        while (
            len(code) < length
            and i < len(t.text)
            and (t.text[i] in " -" or (t.text[i].isascii() and t.text[i].isalnum()))
        ):
            code += "" if t.text[i] in " -" else t.text[i]
            i += 1
        ends = i >= len(t.text) or not (t.text[i].isascii() and t.text[i].isalnum())
        if length and ends and checks.iban(code):
            yield match.start(), i, "IBAN"


def _ids(t: _Text) -> Iterator[Hit]:
    for match in p.ID.finditer(t.text):
        number = match[0].replace(" ", "").replace("-", "")
        if checks.resident_id(number) and (len(number) == 18 or p.ID_WORD.search(_before(t.text, match.start(), 20))):
            yield match.start(), match.end(), "ID_CARD"


def _credit_codes(t: _Text) -> Iterator[Hit]:
    for match in p.USCC.finditer(t.text):
        strict = match[0].isdigit() and not p.USCC_WORD.search(_before(t.text, match.start(), 24))
        if checks.credit_code(match[0], strict=strict):
            yield match.start(), match.end(), "USCC"


def _cards(t: _Text) -> Iterator[Hit]:
    for match in p.CARD.finditer(t.text):
        digits = re.sub("[ -]", "", match[0])
        if not checks.luhn(digits) or t.in_url(*match.span()) or len(set(digits)) < 3:
            continue
        brand, before = checks.card_brand(digits), _before(t.text, match.start(), 40)
        if p.CARD_WORD.search(before):
            if brand or len(digits) >= 16:
                yield match.start(), match.end(), "CREDIT_CARD" if brand in ("card", "maestro") else "BANK_CARD"
        elif brand == "union" and not p.NOT_A_NUMBER_OF_SOMEBODY.search(before):
            yield match.start(), match.end(), "BANK_CARD"
        elif brand == "card" and len(digits) in (15, 16) and not p.NOT_A_NUMBER_OF_SOMEBODY.search(before):
            yield match.start(), match.end(), "CREDIT_CARD"


def _social_security(t: _Text) -> Iterator[Hit]:
    for match in p.SSN.finditer(t.text):
        before = _before(t.text, match.start(), 32)
        if p.SSN_WORD.search(before) or (
            match["s"] == "-" and not p.NOT_A_NUMBER_OF_SOMEBODY.search(before) and not t.in_url(*match.span())
        ):
            yield match.start(), match.end(), "SSN"


def _passports(t: _Text) -> Iterator[Hit]:
    for match in p.PASSPORT.finditer(t.text):
        yield match.start("n"), match.end("n"), "PASSPORT"
    for match in p.PASSPORT_CN.finditer(t.text):
        if re.search("护照|護照|passport", _before(t.text, match.start(), 40), re.IGNORECASE):
            yield match.start(), match.end(), "PASSPORT"


def _plates(t: _Text) -> Iterator[Hit]:
    for match in p.PLATE.finditer(t.text):
        digits, mark, province = sum(c.isdigit() for c in match["n"]), match["s"], match[0][0]
        near = _before(t.text, match.start(), 24) + t.text[match.end() : match.end() + 8]
        named = p.PLATE_WORD.search(near)
        if re.fullmatch(r"(?:19|20)[0-9]{2}[0-9A-Z领]?", match["n"]) or (
            (province in "使领" or match["gap"]) and not named
        ):
            continue
        if not digits and not re.search("车牌|牌照|牌号|车号", _before(t.text, match.start(), 12)):
            continue
        dotted = mark in ("·", "•", "・") and mark
        attached = "\u4e00" <= t.text[match.start() - 1 : match.start()] <= "\u9fff" and province in p.AMBIGUOUS
        plain = match["n"].isdigit() and (mark or attached)
        if dotted or named or (p.PLATE_ALONE.fullmatch(match["n"]) and not plain and not (mark and attached)):
            yield match.start(), match.end(), "PLATE"


def _qq(t: _Text) -> Iterator[Hit]:
    for match in p.QQ.finditer(t.text):
        if not re.fullmatch("[48]00[0-9]{7}", match["n"]):  # Tencent lets those to firms
            yield match.start("n"), match.end("n"), "QQ"
        for more in re.finditer("[0-9]+", match["more"]):
            yield match.start("more") + more.start(), match.start("more") + more.end(), "QQ"


def _wechat(t: _Text) -> Iterator[Hit]:
    for match in p.WECHAT_LABEL.finditer(t.text):
        name, filler = match["n"], match["f"]
        labelled = ":" in filler or "号" in filler or "加" in t.text[max(0, match.start() - 2) : match.start() + 1]
        marked = any(c.isdigit() for c in name) or "_" in name
        if (
            p.MOBILE_PREFIX.match(name)
            and len(name) == 11
            and re.search("(?:手机|电话)号?码?[ /、&和]{0,3}$", _before(t.text, match.start(), 12))
        ):
            continue  # the number of a phone is a phone's, whatever else it is for
        if name.isdigit():
            good = labelled or "加" in filler
        else:
            good = (
                marked and not re.fullmatch(r"(?:v|ver|version|android|ios|windows|api)[0-9._-]*", name, re.IGNORECASE)
            ) or (labelled and name.lower() not in p.NOT_NAMES)
        if good:
            yield match.start("n"), match.end("n"), "WECHAT"
    for match in p.WXID.finditer(t.text):
        yield match.start(), match.end(), "WECHAT"


def _in_row(text: str, start: int, end: int) -> bool:
    """Are there more numbers before or after start:end, as in a table?"""
    return bool(re.search("[0-9] $", text[max(0, start - 2) : start]) or re.match(" [0-9]", text[end : end + 2]))


def _hotlines(t: _Text) -> Iterator[Hit]:
    for match in p.HOTLINE.finditer(t.text):
        if 10 <= sum(c.isdigit() for c in match[0]) <= 13:
            yield match.start(), match.end(), HOTLINE


def _mobiles(t: _Text) -> Iterator[Hit]:
    for match in p.MOBILE.finditer(t.text):
        digits = re.sub("[^0-9]", "", match["n"])
        groups = re.split("[ .-]", match["n"])
        separators = set(re.findall("[ .-]", match["n"]))
        if tuple(map(len, groups)) not in p.MOBILE_SHAPES or len(separators) > 1 or t.in_url(*match.span()):
            continue
        before = _before(t.text, match.start(), 24)
        phone = re.search(p.PHONE_WORD + r"[^0-9]{0,12}$", before, re.IGNORECASE)
        if not phone and (
            p.NOT_A_NUMBER_OF_SOMEBODY.search(before) or not p.MOBILE_PREFIX.match(digits) or len(set(digits)) < 3
        ):
            continue
        if "." in separators and not phone and len(groups) != 3:
            continue
        if separators and not phone and _in_row(t.text, match.start(), match.end()):
            continue
        yield match.start(), match.end(), "PHONE"


def _landlines(t: _Text) -> Iterator[Hit]:
    for match in p.LANDLINE.finditer(t.text):
        area = match["a"] or match["b"] or match["c"]
        size = sum(c.isdigit() for c in match["n"])
        if size == 7 and len(area) == 2:
            continue
        if match["c"] and " " in match[0] and _in_row(t.text, match.start(), match.end()):
            continue
        if not t.in_url(*match.span()) and not p.NOT_A_NUMBER_OF_SOMEBODY.search(_before(t.text, match.start(), 16)):
            yield match.start(), match.end(), "PHONE"


def _north_american(t: _Text) -> Iterator[Hit]:
    for match in p.NANP.finditer(t.text):
        if not t.in_url(*match.span()) and not p.NOT_A_NUMBER_OF_SOMEBODY.search(_before(t.text, match.start(), 16)):
            yield match.start(), match.end(), "PHONE"


def _international(t: _Text) -> Iterator[Hit]:
    for match in p.PLUS.finditer(t.text):
        number = match["n"]
        limit = 11 if number[0] == "1" else 13 if number.startswith("86") else 15
        end = len(number)
        while sum(c.isdigit() for c in number[:end]) > limit and (
            cut := re.search(r"[ .\-]+[(]?[0-9]+\)?$", number[:end])
        ):
            end = cut.start()
        digits = sum(c.isdigit() for c in number[:end])
        if not 9 <= digits <= limit or re.search(r"[ .()\-]{4}|\d{13}", number[:end]) or t.in_url(*match.span()):
            continue
        if number[:end] in ("2147483647", "2147483648", "4294967295"):
            continue
        whole = end == len(number)
        yield match.start(), match.end() if whole else match.start("n") + end, "PHONE"


def _contextual(t: _Text) -> Iterator[Hit]:
    position = 0
    while match := p.CONTEXT_PHONE.search(t.text, position):
        position = match.end()
        number = match["n"]
        digits = re.sub("[^0-9]", "", number)
        groups = re.findall("[0-9]+", number)
        if re.fullmatch(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}", number) or set(digits) <= {"0", "1"}:
            continue
        dated = re.match(
            r"(?:19|20)\d{2}[-/. ](?:0?[1-9]|1[0-2])(?:[-/. ]\d|$)|(?:19|20)\d{2} ?- ?(?:19|20)\d{2}$", number
        )
        good = 6 <= len(digits) <= 15 and (len(digits) >= 7 or len(groups) > 1) and len(set(digits)) > 1
        good = good and not dated and not re.search(r"[ .()\-/]{4}", number) and max(map(len, groups)) > 1
        good = good and not re.match(p.UNIT.replace("(?!", "(?:", 1), t.text[match.end() : match.end() + 12])
        good = (
            good
            and not re.match(r"[0-9A-Za-z_%]|[.,:][0-9]", t.text[match.end() : match.end() + 2])
            and not t.in_url(match.start("n"), match.end())
        )
        good = good and not (len(groups) == 2 and "." in number and len(groups[0]) < 3)
        if good:
            yield match.start("n"), match.end(), "PHONE"


def _spelled(t: _Text) -> Iterator[Hit]:
    for match in p.NUMERAL_PHONE.finditer(t.text):
        if p.MOBILE_PREFIX.match(match[0].translate(p.NUMERALS)):
            yield match.start(), match.end(), "PHONE"


_FINDERS: tuple[tuple[int, Callable[[_Text], Iterator[Hit]]], ...] = (
    (words.EMAIL, _emails),
    (numbers.IPV4, _ipv4),
    (words.IPV6, _ipv6),
    (numbers.IBAN, _ibans),
    (numbers.ID, _ids),
    (numbers.USCC, _credit_codes),
    (numbers.CARD, _cards),
    (words.PASSPORT, _passports),
    (words.QQ, _qq),
    (numbers.HOTLINE, _hotlines),
    (words.WECHAT, _wechat),
    (words.PLATE, _plates),
    (numbers.MOBILE, _mobiles),
    (numbers.LANDLINE, _landlines),
    (numbers.SSN | words.SSN_WORD, _social_security),
    (numbers.PLUS, _international),
    (numbers.NANP, _north_american),
    (words.CONTEXT, _contextual),
    (words.NUMERALS, _spelled),
)
"""Kind of candidate -> what looks for values there; the earlier wins where two overlap."""


def find(text: str, kinds: int = words.ALL) -> list[Hit]:
    """All personal data in `text` as (start, end, kind) in characters, sorted, none overlapping.

    Around each value found is searched again, with the value blotted out: it may have stood in the way of another, as
    in 138…/139….

    Args:
        text: any text; the time is linear in its length.
        kinds: what `kernels.pii.windows` says may be there.
    """
    text = text.translate(p.WIDE)
    urls = [m.span() for m in p.URL.finditer(text)]
    starts, ends = [a for a, _ in urls], [b for _, b in urls]
    found = _once(_Text(text, 0, starts, ends), kinds)
    if not found:
        return found
    characters, fresh = list(text), found
    for _ in range(_ROUNDS):
        for start, end, _kind in fresh:
            characters[start:end] = _BLOT * (end - start)
        regions, fresh = _around(fresh, len(text)), []
        for a, b in regions:
            piece = _Text("".join(characters[a:b]), a, starts, ends)
            fresh += [(a + s, a + e, kind) for s, e, kind in _once(piece, kinds) if not _cut(s, e, a, b, len(text))]
        if not fresh:
            break
        found += fresh
    return sorted(found)


def _around(found: list[Hit], size: int) -> list[tuple[int, int]]:
    """The regions around values, those that overlap joined."""
    regions: list[tuple[int, int]] = []
    for start, end, _kind in sorted(found):
        a, b = max(0, start - _REACH), min(size, end + _REACH)
        if regions and a <= regions[-1][1]:
            regions[-1] = regions[-1][0], b
        else:
            regions.append((a, b))
    return regions


def _cut(start: int, end: int, a: int, b: int, size: int) -> bool:
    """May a value at start:end of the region a:b go on beyond its edge?"""
    return (a > 0 and start < _EDGE) or (b < size and b - a - end < _EDGE)


def _once(t: _Text, kinds: int) -> list[Hit]:
    """What the finders find in one search, the earlier finder first; none overlapping."""
    taken = bytearray(len(t.text))
    found: list[Hit] = []
    for bit, finder in _FINDERS:
        if not kinds & bit:
            continue
        for start, end, kind in finder(t):
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append((start, end, kind))
    return found
