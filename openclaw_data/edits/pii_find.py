r"""Find personal data in a piece of text, exactly: patterns whose every repetition is bounded, then checks.

There is no `\b` here: between a Han character and a Latin letter or digit it is no boundary. What stands before and
after is tested with look-arounds for ASCII. Full-width letters, digits and signs are folded one to one first, so
offsets stay.

A found value hides the digits it covers from later patterns, in the order of `_FINDERS`; a search is repeated with what
was found blotted out until nothing is found, so that masking twice changes nothing.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from openclaw_data.edits import pii_checks as checks
from openclaw_data.kernels.pii import ALL, AT, COLONS, DIGITS, NUMERALS, PLATE, PROVINCES, QQ, WECHAT

KINDS = ("EMAIL", "PHONE", "ID_CARD", "SSN", "PASSPORT", "USCC", "IP", "BANK_CARD", "CREDIT_CARD", "IBAN", "QQ",
         "WECHAT", "PLATE")  # fmt: skip
"""What can be found."""
HOTLINE = "HOTLINE"
"""A phone number of the public: 400 and 800 numbers, and toll-free ones of North America."""
_BLOT = "\0"
_ROUNDS = 4

_WIDE = {c: c - 0xFEE0 for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_WIDE |= {
    ord("＠"): "@",
    ord("＃"): "#",
    ord("－"): "-",
    ord("．"): ".",
    ord("（"): "(",
    ord("）"): ")",
    ord("＋"): "+",
}
_WIDE |= {ord("："): ":", ord("＿"): "_", ord("／"): "/", 0x3000: " ", 0xA0: " ", ord("【"): "[", ord("】"): "]"}
_WIDE |= dict.fromkeys(range(0x2010, 0x2016), "-")

Hit = tuple[int, int, str]


class _Text(NamedTuple):
    """A folded piece of text with the spans of its URLs."""

    text: str
    urls: list[tuple[int, int]]

    def in_url(self, start: int, end: int) -> bool:
        return any(a <= start and end <= b for a, b in self.urls)


_URL = re.compile(r"(?:https?|ftp)://[!-;=?-~]{1,2048}|www\.[!-;=?-~]{1,2048}", re.I)
_LEFT = r"(?<![0-9A-Za-z_$￥¥%\\@])(?<![0-9][.,:])(?<![0-9A-Za-z]-)(?<![ -~]/)"
_RIGHT = r"(?![0-9_%])(?!(?!qq|[vw]x|tel|fax|ext)[A-Za-z])(?![.,:][0-9])(?!-[0-9A-Za-z])(?!\.(?:html?|php|aspx?|jpe?g|png|gif))"
_UNIT = r"(?!\s?(?:元|块|万|亿|次|人|台|部|个|件|只|名|条|篇|股|吨|米|公里|字节|美元|%|million|billion|thousand|people|users|times|bytes|dollars|USD|RMB))"
_EXTENSION = r"(?: ?(?:-|转|#|x|ext\.? ?|分机) ?[0-9]{1,6}(?![0-9]))?"

_NOT_A_NUMBER_OF_SOMEBODY = re.compile(
    r"(?:单号|单编号|订单|编号|流水|批号|货号|型号|序列|条码|条形码|时间戳|申请|专利|版本|合同|案号|备案|许可证|批准文号|注册号|登记号|"
    r"证书|学号|工号|书号|邮编|期号|快递|运单|物流|发票|税号|余额|金额|收入|利润|总额|价格|编码|代码|资产|面积|销量|人口|产量|公网安备|ICP备?|ISBN|ISSN|DOI|UPC|EAN|SKU|ASIN|OCLC|PMID|"
    r"\border|invoice|tracking|serial|ticket|transaction|reference|patent|part|model|timestamp|version|build|article|"
    r"(?<![A-Za-z])(?:ref|case|uid|pid|gid|id|bug|issue|rev|no|rs))"
    r"(?: ?(?:number|no\.?|id|code|号码|号|码|为|是|：))?[\s:#=.、()\[\]\"'-]{0,4}$",
    re.I,
)
_PHONE_WORD = (
    r"(?:(?<![A-Za-z])(?:(?:tele)?phone|tel|mobile|mob|cell(?:phone| phone)?|fax|whatsapp|telegram|dial|hotline|"
    r"(?:reach|call|ring|contact|text|phone)(?:ing)? (?:me|us|him|her|them|you)|call(?:ing)?|ph|"
    r"(?:desk|office|home|work|direct|contact|switchboard|telefax|[tmfpo])(?=\.?:))(?![A-Za-z])"
    r"|电话|手机|座机|固话|固定电话|联系方式|联系人|热线|传真|致电|来电|拨打|手机号|联系|咨询|拨号|话机|联络|电联|電話|手機|聯絡)"
)
_CONTEXT_PHONE = re.compile(
    _PHONE_WORD + r"(?:[ :.\-=/#(\[)\]]|numbers?|no|nr|is|are|at|on|me|us|号码|号|为|是|请|打|及|微信|码|:){0,10}?"
    r"(?<![0-9.])(?P<n>[(+]?[0-9](?:[0-9 ().\-/]{3,22}[0-9]))" + _EXTENSION,
    re.I,
)
_MOBILE = re.compile(_LEFT + r"(?:(?:\+|00)?\(?86\)?[ -]{0,2})?(?P<n>1[3-9][0-9](?:[ .-]?[0-9]){8})" + _RIGHT + _UNIT)
_MOBILE_PREFIX = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])")
_MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (5, 6), (4, 4, 3), (3, 2, 2, 2, 2), (1,) * 11}
_AREA = (
    r"(?:10|2[0-57-9]|3(?:1[0-9]|35|49|5[0-9]|7[0-9]|9[1-8])|4(?:1[0-9]|2[179]|3[3-9]|5[0-9]|6[4-9]|7[0-9]|8[23])|"
    r"5(?:1[0-9]|2[37]|3[0-9]|43|46|5[0-9]|6[1-6]|7[0-9]|8[0-9]|9[0-9])|6(?:3[1-5]|6[0238]|9[12])|"
    r"7(?:01|1[0-9]|2[248]|3[0-9]|4[3-6]|5[0-9]|6[0236-9]|7[0-9]|9[0-9])|8(?:1[2-9]|2[5-7]|3[0-9]|5[1-9]|7[0-9]|"
    r"8[3678]|9[1-8])|9(?:0[1-3689]|1[1-79]|3[0-9]|4[13]|5[1-5]|7[0-9]|9[0-9]))"
)
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z_$%\\@])(?<![0-9][.,:/-])"
    rf"(?:(?:(?:\+|00)86|\(86\)|86-)[ -]?\(?0?(?P<a>{_AREA})\)?[ -]{{0,3}}|\(0(?P<b>{_AREA})\)[ -]{{0,2}}|0(?P<c>{_AREA})(?: ?- ?|[ .]))"
    r"(?P<n>[2-9][0-9]{6,7}|[2-9][0-9]{2,3}[ -][0-9]{4})" + _EXTENSION + _RIGHT.replace(r"(?!-[0-9A-Za-z])", "")
)
_HOTLINE = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?:(?:\+?86[ -]?)?(?:400|800)[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}|"
    r"(?:\+?1[ .-]?)?(?:\(8(?:00|88|77|66|55|44|33)\)[ .-]?|8(?:00|88|77|66|55|44|33)[ .-])[0-9]{3}[ .-]?[0-9]{4}|"
    r"8(?:00|88|77|66|55|44|33)[0-9]{7})(?!-?[0-9])"
)
_NANP = re.compile(
    _LEFT
    + r"(?:\+?1[ .-]|001-)?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}(?P<s>[.-]))[2-9][0-9]{2}(?(s)(?P=s)|[ .-])[0-9]{4}"
    r"(?: ?(?:x|ext\.? ?) ?[0-9]{1,6})?" + _RIGHT
)
_PLUS = re.compile(
    r"(?<![0-9A-Za-z+])(?:\+|(?<=[^!-~])00(?=[1-9]))(?P<n>(?:1|7|2(?:0|7|[1-69][0-9])|3(?:[0-469]|[578][0-9])|4(?:[013-9]|2[0-9])|5(?:[1-8]|[09][0-9])|"
    r"6(?:[0-6]|[7-9][0-9])|8(?:[1246]|[0578][0-9])|9(?:[0-58]|[679][0-9]))(?=[0-9 (.-])[0-9 ().\-]{6,22}[0-9])(?P<x>x[0-9]{1,6})?(?![0-9A-Za-z_])"
)
_NUMERAL_PHONE = re.compile(
    r"(?<![〇零一二三四五六七八九幺十百千万])[一幺][〇零一二三四五六七八九幺]{10}(?![〇零一二三四五六七八九幺十百千万])"
)
_NUMERALS = str.maketrans("〇零一二三四五六七八九幺", "0012345678911"[:12])
_ID = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-8][0-9]{5}(?: ?|-)(?:18|19|20)[0-9]{6}(?: ?|-)[0-9]{3}[0-9Xx]|[1-8][0-9]{14})(?![0-9A-Za-z])"
)
_ID_WORD = re.compile(r"身份证|身份證|居民证|证件|身分证|公民身份|ID ?card|identity|(?<![A-Za-z])ID(?![A-Za-z])", re.I)
_USCC = re.compile(r"(?<![0-9A-Za-z])[1-9ANYany][1-9][0-9]{6}[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]{10}(?![0-9A-Za-z])")
_USCC_WORD = re.compile(r"信用代码|信用代碼|税号|纳税人|识别号|机构代码|营业执照|USCC|社会信用", re.I)
_CARD = re.compile(
    _LEFT + r"(?:[0-9]{12,19}|[0-9]{4}(?P<s>[ -])[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{4}(?:(?P=s)[0-9]{1,3})?|"
    r"[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{6} [0-9]{13})(?![0-9_])(?!(?!qq|[vw]x)[A-Za-z])(?![.,][0-9])(?!-[0-9])"
    + _UNIT
)
_CARD_WORD = re.compile(
    r"卡号|卡號|银行卡|储蓄卡|借记卡|信用卡|账号|帐号|账户|帐户|开户|收款|转账|汇款|卡|(?<![A-Za-z])(?:card|credit|debit|visa|mastercard|amex|maestro|account)(?![A-Za-z])",
    re.I,
)
_SSN = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][-.])(?!000|666|9)[0-9]{3}(?P<s>[ -]?)(?!00)[0-9]{2}(?P=s)(?!0000)[0-9]{4}(?![0-9A-Za-z])(?![-.][0-9])"
)
_SSN_WORD = re.compile(r"(?<![A-Za-z])(?:ssn|social security|social sec|ss#)", re.I)
_PASSPORT = re.compile(
    r"(?:护照|護照|通行证|通行證|回乡证|台胞证|passport)(?:[ :.#=()\[\]]|号码|号|no|num(?:ber)?|证件|码|為|为|是|is|was|:){0,8}"
    r"(?P<n>[A-Za-z]{1,2}[0-9]{6,8}|[0-9]{8,9})(?![0-9A-Za-z])",
    re.I,
)
_PASSPORT_CN = re.compile(r"(?<![0-9A-Za-z])(?:E[A-HJ-NP-Z]?|G|D|S|P|SE|DE|PE)[0-9]{7,8}(?![0-9A-Za-z])")
_PLATE = re.compile(
    rf"[{PROVINCES}][A-HJ-Z](?P<s>[ ·•・.\-]?)(?P<n>[0-9]{{5}}[DF]|[DF][A-HJ-NP-Z0-9][0-9]{{4}}|[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳领])"
    r"(?![0-9A-Za-z])"
)
_PLATE_WORD = re.compile(r"车|牌|駕|驾|司机|违章|货运|停放|大众|宝马|奔驰|奥迪|丰田|本田")
_QQ = re.compile(
    r"(?:(?<![A-Za-z])(?:QQ|Q(?=[号群:]))|扣扣|叩叩|企鹅|球球|[加+]\s?Q)(?:[ :.=()\[\]/+\-、]|号码|号|群|交流|联系|客服|邮箱|咨询|微信|同步|为|是|加|码|:|v信|wx){0,8}"
    r"(?P<n>[1-9][0-9]{4,10})(?P<more>(?:[、,/，或 ]{1,3}[1-9][0-9]{5,10}){0,8})(?![0-9A-Za-z@])(?!\.[0-9])" + _UNIT,
    re.I,
)
_WECHAT_LABEL = re.compile(
    r"(?:微信|微 信|薇信|徽信|威信|卫星号|加微|(?<![A-Za-z])(?:v信|[vw]x(?![A-Za-z])|weixin|wechat)|[加+]v(?![A-Za-z]))"
    r"(?P<f>(?:[ :.=()\[\]/+\-、]|号码|号|同号|联系|客服|咨询|为|是|加|我|ID|id|码|微信|wechat|:|or|或|QQ|qq|电话){0,8})"
    r"(?P<n>[A-Za-z][A-Za-z0-9_\-]{5,19}|[1-9][0-9]{5,10})(?![0-9A-Za-z_@])(?!\.[A-Za-z])",
    re.I,
)
_WXID = re.compile(r"(?<![A-Za-z0-9_])wxid_[A-Za-z0-9_\-]{4,20}(?![A-Za-z0-9_])")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-@])(?P<u>[A-Za-z0-9_%+][A-Za-z0-9._%+\-]{0,63})[ ]?@[ ]?(?P<d>(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.){1,4}[A-Za-z]{2,18})"
    r"(?![A-Za-z0-9\-]|\.[A-Za-z0-9]|:[^\s/])"
)
_AT_SIGN = r" ?(?:[\[({] ?(?:at|a|@|#|艾特) ?[\])}]|艾特|#) ?"
_DOT = r"(?: ?(?:[\[({] ?(?:dot|点) ?[\])}]| dot |点|\.) ?)"
_OBFUSCATED = re.compile(
    rf"(?<![A-Za-z0-9._%+\-@])(?P<u>[A-Za-z0-9][A-Za-z0-9._\-]{{1,63}})(?P<at>{_AT_SIGN}| at )(?P<d>[A-Za-z0-9][A-Za-z0-9\-]{{0,40}}(?:{_DOT}[A-Za-z0-9\-]{{2,18}}){{1,4}})(?![A-Za-z0-9@])",
    re.I,
)
_PROVIDERS = re.compile(
    r"(?:qq|163|126|139|189|gmail|hotmail|outlook|foxmail|sina|sohu|yahoo|icloud|yeah|aliyun|live|msn)(?![a-z0-9])",
    re.I,
)
_IPV4 = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9A-Za-z][.\-])(?<![A-Za-z]/)([0-9]{1,3})\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![0-9A-Za-z_])(?!\.[0-9A-Za-z])(?!/[0-9])(?!-[0-9A-Za-z])"
)
_IP_WORD = re.compile(
    r"(?<![A-Za-z])IP|地址|服务器|主机|登录|登陆|访问|来自|host|server|addr|from|address|login|ping|ssh|://|client",
    re.I,
)
_VERSION_WORD = re.compile(
    r"(?:版本号?|版|version|ver|v|release|build|firmware|固件|驱动|内核|kernel|update|升级|章节?|节|条|section|§|chrome|chromium|edge|safari|firefox|opera|oid|rev)[\s:：./]{0,3}(?:为|是|至|到|to)?\s?$",
    re.I,
)
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![0-9A-Za-z:/]|\.[0-9])")
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ -]?[0-9A-Za-z])")


def _before(text: str, start: int, size: int) -> str:
    """Up to `size` characters before `start`, of the same line."""
    return text[max(0, start - size) : start].rpartition("\n")[2]


def _emails(t: _Text) -> Iterator[Hit]:
    for match in _EMAIL.finditer(t.text):
        domain = match["d"].lower()
        if domain.rpartition(".")[2] not in checks.top_level_domains() or match["u"].endswith("."):
            continue
        if match["u"] == "git" or (t.in_url(*match.span()) and "://" in _before(t.text, match.start(), 12)):
            continue  # git@host, and user@host of a URL: accounts of machines
        yield match.start(), match.end(), "EMAIL"
    for match in _OBFUSCATED.finditer(t.text):
        plain = re.sub(_DOT, ".", match["d"].lower())
        if plain.rpartition(".")[2] not in checks.top_level_domains():
            continue
        weak = "#" in match["at"] or match["at"] == " at " or re.search(r"\(a\)|\[a\]", match["at"], re.I)
        spelled = match["at"] == " at " and plain != match["d"].lower()
        if not weak or spelled or _PROVIDERS.match(plain):
            yield match.start(), match.end(), "EMAIL"


def _ipv4(t: _Text) -> Iterator[Hit]:
    for match in _IPV4.finditer(t.text):
        before = _before(t.text, match.start(), 24)
        named = _IP_WORD.search(before) or _IP_WORD.match(t.text[match.end() :][:12].lstrip())
        if not checks.public_ipv4(match[0]) or (int(match[1]) >= 224 and not named):
            continue
        if _VERSION_WORD.search(before):
            continue
        small = all(int(part) < 32 for part in match[0].split("."))
        if not small or named:
            yield match.start(), match.end(), "IP"


def _ipv6(t: _Text) -> Iterator[Hit]:
    for match in _IPV6.finditer(t.text):
        if checks.public_ipv6(match[0]):
            yield match.start(), match.end(), "IP"


def _ibans(t: _Text) -> Iterator[Hit]:
    for match in _IBAN.finditer(t.text):
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
    for match in _ID.finditer(t.text):
        number = match[0].replace(" ", "").replace("-", "")
        if checks.resident_id(number) and (len(number) == 18 or _ID_WORD.search(_before(t.text, match.start(), 20))):
            yield match.start(), match.end(), "ID_CARD"


def _credit_codes(t: _Text) -> Iterator[Hit]:
    for match in _USCC.finditer(t.text):
        strict = match[0].isdigit() and not _USCC_WORD.search(_before(t.text, match.start(), 24))
        if checks.credit_code(match[0], strict=strict):
            yield match.start(), match.end(), "USCC"


def _cards(t: _Text) -> Iterator[Hit]:
    for match in _CARD.finditer(t.text):
        digits = re.sub("[ -]", "", match[0])
        if not checks.luhn(digits) or t.in_url(*match.span()) or len(set(digits)) < 3:
            continue
        brand, before = checks.card_brand(digits), _before(t.text, match.start(), 40)
        if _CARD_WORD.search(before):
            if brand or len(digits) >= 16:
                yield match.start(), match.end(), "CREDIT_CARD" if brand in ("card", "maestro") else "BANK_CARD"
        elif brand == "union" and not _NOT_A_NUMBER_OF_SOMEBODY.search(before):
            yield match.start(), match.end(), "BANK_CARD"
        elif brand == "card" and len(digits) in (15, 16) and not _NOT_A_NUMBER_OF_SOMEBODY.search(before):
            yield match.start(), match.end(), "CREDIT_CARD"


def _social_security(t: _Text) -> Iterator[Hit]:
    for match in _SSN.finditer(t.text):
        before = _before(t.text, match.start(), 32)
        if _SSN_WORD.search(before) or (
            match["s"] == "-" and not _NOT_A_NUMBER_OF_SOMEBODY.search(before) and not t.in_url(*match.span())
        ):
            yield match.start(), match.end(), "SSN"


def _passports(t: _Text) -> Iterator[Hit]:
    for match in _PASSPORT.finditer(t.text):
        yield match.start("n"), match.end("n"), "PASSPORT"
    for match in _PASSPORT_CN.finditer(t.text):
        if re.search("护照|護照|passport", _before(t.text, match.start(), 40), re.I):
            yield match.start(), match.end(), "PASSPORT"


def _plates(t: _Text) -> Iterator[Hit]:
    for match in _PLATE.finditer(t.text):
        digits = sum(c.isdigit() for c in match["n"])
        if re.fullmatch(r"(?:19|20)[0-9]{2}.?", match["n"]):
            continue
        if not digits and not re.search("车牌|牌照|牌号|车号", _before(t.text, match.start(), 12)):
            continue
        near = _before(t.text, match.start(), 24) + t.text[match.end() : match.end() + 8]
        if match["s"] in ("·", "•", "・") or _PLATE_WORD.search(near) or (not match["s"] and 2 <= digits < 5):
            yield match.start(), match.end(), "PLATE"


def _qq(t: _Text) -> Iterator[Hit]:
    for match in _QQ.finditer(t.text):
        yield match.start("n"), match.end("n"), "QQ"
        for more in re.finditer("[0-9]+", match["more"]):
            yield match.start("more") + more.start(), match.start("more") + more.end(), "QQ"


def _wechat(t: _Text) -> Iterator[Hit]:
    for match in _WECHAT_LABEL.finditer(t.text):
        name, filler = match["n"], match["f"]
        labelled = ":" in filler or "号" in filler or "加" in t.text[max(0, match.start() - 2) : match.start() + 1]
        marked = any(c.isdigit() for c in name) or "_" in name
        if name.isdigit():
            good = labelled or "加" in filler
        else:
            good = (marked and not re.fullmatch(r"(?:v|ver|version|android|ios|windows|api)[0-9._-]*", name, re.I)) or (
                labelled and name.lower() not in _NOT_NAMES
            )
        if good:
            yield match.start("n"), match.end("n"), "WECHAT"
    for match in _WXID.finditer(t.text):
        yield match.start(), match.end(), "WECHAT"


_NOT_NAMES = frozenset(
    "android windows iphone openid unionid wechat weixin request config linux macos email mobile official account mini program payment javascript python".split()
)


def _hotlines(t: _Text) -> Iterator[Hit]:
    for match in _HOTLINE.finditer(t.text):
        if 10 <= sum(c.isdigit() for c in match[0]) <= 13:
            yield match.start(), match.end(), HOTLINE


def _mobiles(t: _Text) -> Iterator[Hit]:
    for match in _MOBILE.finditer(t.text):
        digits = re.sub("[^0-9]", "", match["n"])
        groups = re.split("[ .-]", match["n"])
        separators = set(re.findall("[ .-]", match["n"]))
        if tuple(map(len, groups)) not in _MOBILE_SHAPES or len(separators) > 1 or t.in_url(*match.span()):
            continue
        before = _before(t.text, match.start(), 24)
        phone = re.search(_PHONE_WORD + r"[^0-9]{0,12}$", before, re.I)
        if not phone and (
            _NOT_A_NUMBER_OF_SOMEBODY.search(before) or not _MOBILE_PREFIX.match(digits) or len(set(digits)) < 3
        ):
            continue
        if "." in separators and not phone and len(groups) != 3:
            continue
        yield match.start(), match.end(), "PHONE"


def _landlines(t: _Text) -> Iterator[Hit]:
    for match in _LANDLINE.finditer(t.text):
        area = match["a"] or match["b"] or match["c"]
        size = sum(c.isdigit() for c in match["n"])
        if size == 7 and len(area) == 2:
            continue
        if not t.in_url(*match.span()) and not _NOT_A_NUMBER_OF_SOMEBODY.search(_before(t.text, match.start(), 16)):
            yield match.start(), match.end(), "PHONE"


def _north_american(t: _Text) -> Iterator[Hit]:
    for match in _NANP.finditer(t.text):
        if not t.in_url(*match.span()) and not _NOT_A_NUMBER_OF_SOMEBODY.search(_before(t.text, match.start(), 16)):
            yield match.start(), match.end(), "PHONE"


def _international(t: _Text) -> Iterator[Hit]:
    for match in _PLUS.finditer(t.text):
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
        whole = end == len(number)
        yield match.start(), match.end() if whole else match.start("n") + end, "PHONE"


def _contextual(t: _Text) -> Iterator[Hit]:
    position = 0
    while match := _CONTEXT_PHONE.search(t.text, position):
        position = match.end()
        number = match["n"]
        digits = re.sub("[^0-9]", "", number)
        groups = re.findall("[0-9]+", number)
        dated = re.match(
            r"(?:19|20)\d{2}[-/. ](?:0?[1-9]|1[0-2])(?:[-/. ]\d|$)|(?:19|20)\d{2} ?- ?(?:19|20)\d{2}$", number
        )
        good = 6 <= len(digits) <= 15 and (len(digits) >= 7 or len(groups) > 1) and len(set(digits)) > 1
        good = good and not dated and not re.search(r"[ .()\-/]{4}", number) and max(map(len, groups)) > 1
        good = good and not re.match(_UNIT.replace("(?!", "(?:", 1), t.text[match.end() :][:12])
        good = (
            good
            and not re.match(r"[0-9A-Za-z_%]|[.,:][0-9]", t.text[match.end() :][:2])
            and not t.in_url(match.start("n"), match.end())
        )
        good = good and not (len(groups) == 2 and "." in number and len(groups[0]) < 3)
        if good:
            yield match.start("n"), match.end(), "PHONE"


def _spelled(t: _Text) -> Iterator[Hit]:
    for match in _NUMERAL_PHONE.finditer(t.text):
        if _MOBILE_PREFIX.match(match[0].translate(_NUMERALS)):
            yield match.start(), match.end(), "PHONE"


_FINDERS: tuple[tuple[int, Callable[[_Text], Iterator[Hit]]], ...] = (
    (AT, _emails),
    (DIGITS, _ipv4),
    (COLONS, _ipv6),
    (DIGITS, _ibans),
    (DIGITS, _ids),
    (DIGITS, _credit_codes),
    (DIGITS, _hotlines),
    (DIGITS, _cards),
    (DIGITS, _passports),
    (QQ, _qq),
    (WECHAT, _wechat),
    (PLATE, _plates),
    (DIGITS, _mobiles),
    (DIGITS, _landlines),
    (DIGITS, _social_security),
    (DIGITS, _international),
    (DIGITS, _north_american),
    (DIGITS, _contextual),
    (NUMERALS, _spelled),
)
"""Kind of candidate -> what looks for values there; the earlier wins where two overlap."""


def find(text: str, kinds: int = ALL) -> list[Hit]:
    """All personal data in `text` as (start, end, kind) in characters, sorted, none overlapping.

    Args:
        text: any text; the time is linear in its length.
        kinds: what `kernels.pii.windows` says may be there.
    """
    text = text.translate(_WIDE)
    found: list[Hit] = []
    for _ in range(_ROUNDS):
        fresh = _once(text, kinds)
        if not fresh:
            break
        found += fresh
        pieces, at = [], 0
        for start, end, _kind in sorted(fresh):
            pieces += [text[at:start], _BLOT * (end - start)]
            at = end
        text = "".join([*pieces, text[at:]])
    return sorted(found)


def _once(text: str, kinds: int) -> list[Hit]:
    taken = bytearray(len(text))
    t = _Text(text, [m.span() for m in _URL.finditer(text)])
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
