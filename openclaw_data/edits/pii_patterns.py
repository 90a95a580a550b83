"""The patterns of `pii_find`. Every repetition is bounded or followed by what cannot repeat, so a search is linear.

Texts are folded with `WIDE` first: full-width letters, digits and signs are what they stand for.
"""

import re

from openclaw_data.kernels.pii_words import PROVINCES

WIDE = {c: c - 0xFEE0 for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
WIDE |= {
    ord("＠"): "@",
    ord("＃"): "#",
    ord("－"): "-",
    ord("．"): ".",
    ord("（"): "(",
    ord("）"): ")",
    ord("＋"): "+",
}
WIDE |= {ord("："): ":", ord("＿"): "_", ord("／"): "/", 0x3000: " ", 0xA0: " ", ord("【"): "[", ord("】"): "]"}
WIDE |= dict.fromkeys(range(0x2010, 0x2016), "-")


URL = re.compile(r"(?:(?:https?|ftp)://|www\.)(?:[!-;=?-~\0]|<[A-Z_0-9]{2,14}>){1,2048}", re.IGNORECASE)
LEFT = r"(?<![0-9A-Za-z_$￥¥%\\@])(?<![0-9][.,:])(?<![0-9A-Za-z]-)(?<![ -~]/)"
RIGHT = r"(?![0-9_%])(?!(?!qq|[vw]x|tel|fax|ext)[A-Za-z])(?![.,:][0-9])(?!-[0-9A-Za-z])(?!\.(?:html?|php|aspx?|jpe?g|png|gif))"
UNIT = r"(?!\s?(?:元|块|万|亿|次|人|台|部|个|件|只|名|条|篇|股|吨|米|公里|字节|美元|%|million|billion|thousand|people|users|times|bytes|[kKMG]B|ms|ns|ticks|dollars|USD|RMB))"
EXTENSION = r"(?: ?(?:-|转|#|x|ext\.? ?|分机) ?[0-9]{1,6}(?![0-9]))?"

NOT_A_NUMBER_OF_SOMEBODY = re.compile(
    r"(?:单号|单编号|订单|编号|流水|批号|货号|型号|序列|条码|条形码|时间戳|申请|专利|版本|合同|案号|备案|许可证|批准文号|注册号|登记号|"
    r"证书|学号|工号|书号|邮编|期号|快递|运单|物流|发票|税号|余额|金额|收入|利润|总额|价格|编码|代码|资产|面积|销量|人口|产量|公网安备|ICP备?|ISBN|ISSN|DOI|UPC|EAN|SKU|ASIN|OCLC|PMID|"
    r"\border|invoice|tracking|serial|ticket|transaction|reference|patent|part|model|timestamp|version|build|article|"
    r"(?<![A-Za-z])(?:ref|case|uid|pid|gid|id|bug|issue|rev|no|rs|bytes|size|count|total|offset|length)(?![A-Za-z]))"
    r"(?: ?(?:number|no\.?|id|code|号码|号|码|为|是|：))?[\s:#=.、()\[\]\"'-]{0,4}$",
    re.IGNORECASE,
)
PHONE_WORD = (
    r"(?:(?<![A-Za-z])(?:(?:tele)?phone|tel|mobile|mob|cell(?:phone| phone)?|fax|whatsapp|telegram|dial|hotline|"
    r"(?:reach|call|ring|contact|text|phone)(?:ing)? (?:me|us|him|her|them|you)|call(?:ing)?|ph|"
    r"(?:desk|office|home|work|direct|contact|switchboard|telefax|(?<![0-9])[tmfpo])(?=\.?:))(?![A-Za-z])"
    r"|电话|手机|座机|固话|固定电话|联系方式|联系人|热线|传真|致电|来电|拨打|手机号|联系|咨询|拨号|话机|联络|电联|電話|手機|聯絡)"
)
CONTEXT_PHONE = re.compile(
    PHONE_WORD + r"(?:[ :.\-=/#(\[)\]]|numbers?|no|nr|is|are|at|on|me|us|号码|号|为|是|请|打|及|微信|码|:){0,10}?"
    r"(?<![0-9.])(?P<n>[(+]?[0-9](?:[0-9 ().\-/]{3,22}[0-9]))" + EXTENSION,
    re.IGNORECASE,
)
MOBILE = re.compile(
    LEFT + r"(?<!\+)(?:\(?(?:\+|00)?\(?86\)?[ -]{0,2})?(?P<n>1[ .-]?[3-9](?:[ .-]?[0-9]){9})" + RIGHT + UNIT
)
MOBILE_PREFIX = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])")
MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (5, 6), (4, 4, 3), (3, 2, 2, 2, 2), (1,) * 11}
AREA = (
    r"(?:10|2[0-57-9]|3(?:1[0-9]|35|49|5[0-9]|7[0-9]|9[1-8])|4(?:1[0-9]|2[179]|3[3-9]|5[0-9]|6[4-9]|7[0-9]|8[23])|"
    r"5(?:1[0-9]|2[37]|3[0-9]|43|46|5[0-9]|6[1-6]|7[0-9]|8[0-9]|9[0-9])|6(?:3[1-5]|6[0238]|9[12])|"
    r"7(?:01|1[0-9]|2[248]|3[0-9]|4[3-6]|5[0-9]|6[0236-9]|7[0-9]|9[0-9])|8(?:1[2-9]|2[5-7]|3[0-9]|5[1-9]|7[0-9]|"
    r"8[3678]|9[1-8])|9(?:0[1-3689]|1[1-79]|3[0-9]|4[13]|5[1-5]|7[0-9]|9[0-9]))"
)
LANDLINE = re.compile(
    r"(?<![0-9A-Za-z_$%\\@])(?<![0-9][.,:/-])"
    rf"(?:(?:(?:\+|00)86|\(86\)|86-)[ -]?\(?0?(?P<a>{AREA})\)?[ -]{{0,3}}|\(0(?P<b>{AREA})\)[ -]{{0,2}}|0(?P<c>{AREA})(?: ?- ?|[ .]))"
    r"(?P<n>[2-9][0-9]{6,7}|[2-9][0-9]{2,3}[ -][0-9]{4})" + EXTENSION + RIGHT.replace(r"(?!-[0-9A-Za-z])", "")
)
HOTLINE = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?:(?:\+?86[ -]?)?(?:400|800)[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}|"
    r"(?:\+?1[ .-]?)?(?:\(8(?:00|88|77|66|55|44|33)\)[ .-]?|8(?:00|88|77|66|55|44|33)[ .-])[0-9]{3}[ .-]?[0-9]{4}|"
    r"8(?:00|88|77|66|55|44|33)[0-9]{7})(?!-?[0-9])"
)
NANP = re.compile(
    LEFT
    + r"(?:\+?1[ .-]|001-)?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}(?P<s>[.-]))[2-9][0-9]{2}(?(s)(?P=s)|[ .-])[0-9]{4}"
    r"(?: ?(?:x|ext\.? ?) ?[0-9]{1,6})?" + RIGHT
)
PLUS = re.compile(
    r"(?<![0-9A-Za-z+])\+(?P<n>(?:1|7|2(?:0|7|[1-69][0-9])|3(?:[0-469]|[578][0-9])|4(?:[013-9]|2[0-9])|5(?:[1-8]|[09][0-9])|"
    r"6(?:[0-6]|[7-9][0-9])|8(?:[1246]|[0578][0-9])|9(?:[0-58]|[679][0-9]))(?=[0-9 (.-])[0-9 ().\-]{6,22}[0-9])(?P<x>x[0-9]{1,6})?(?![0-9A-Za-z_])"
)
NUMERAL_PHONE = re.compile(
    r"(?<![〇零一二三四五六七八九幺十百千万])[一幺][〇零一二三四五六七八九幺]{10}(?![〇零一二三四五六七八九幺十百千万])"
)
NUMERALS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
ID = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-8][0-9]{5}(?: ?|-)(?:18|19|20)[0-9]{2}(?: ?|-)[0-9]{4}(?: ?|-)[0-9]{3}[0-9Xx]|[1-8][0-9]{14})(?![0-9A-Za-z])"
)
ID_WORD = re.compile(
    r"身份证|身份證|居民证|证件|身分证|公民身份|ID ?card|identity|(?<![A-Za-z])ID(?![A-Za-z])", re.IGNORECASE
)
USCC = re.compile(r"(?<![0-9A-Za-z])[1-9ANYany][1-9][0-9]{6}[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]{10}(?![0-9A-Za-z])")
USCC_WORD = re.compile(r"信用代码|信用代碼|税号|纳税人|识别号|机构代码|营业执照|USCC|社会信用", re.IGNORECASE)
CARD = re.compile(
    LEFT + r"(?:[0-9]{12,19}|[0-9]{4}(?P<s>[ -])[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{4}(?:(?P=s)[0-9]{1,3})?|"
    r"[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{6} [0-9]{10,13})(?![0-9_])(?!(?!qq|[vw]x)[A-Za-z])(?![.,][0-9])(?!-[0-9])"
    + UNIT
)
CARD_WORD = re.compile(
    r"卡号|卡號|银行卡|储蓄卡|借记卡|信用卡|账号|帐号|账户|帐户|开户|收款|转账|汇款|卡|(?<![A-Za-z])(?:card|credit|debit|visa|mastercard|amex|maestro|account)(?![A-Za-z])",
    re.IGNORECASE,
)
SSN = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][-.])(?!000|666|9)[0-9]{3}(?P<s>[ -]?)(?!00)[0-9]{2}(?P=s)(?!0000)[0-9]{4}(?![0-9A-Za-z])(?![-.][0-9])"
)
SSN_WORD = re.compile(r"(?<![A-Za-z])(?:ssn|social security|social sec|ss#)", re.IGNORECASE)
PASSPORT = re.compile(
    r"(?:护照|護照|通行证|通行證|回乡证|台胞证|passport)(?:[ :.#=()\[\]]|号码|号|no|num(?:ber)?|证件|码|為|为|是|is|was|:){0,8}"
    r"(?P<n>[A-Za-z]{1,2}[0-9]{6,8}|[0-9]{8,9})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
PASSPORT_CN = re.compile(r"(?<![0-9A-Za-z])(?:E[A-HJ-NP-Z]?|G|D|S|P|SE|DE|PE)[0-9]{7,8}(?![0-9A-Za-z])")
PLATE = re.compile(
    rf"[{PROVINCES}](?P<gap> ?)[A-HJ-Z](?P<s>[ ·•・.\-]?)(?P<n>[0-9]{{5}}[A-HJK]|[A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}|"
    r"[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领])(?![0-9A-Za-z])"
)
"""The last character of the five may be Han; six are those of electric cars: their letter is first or last."""
PLATE_ALONE = re.compile(
    r"[0-9]{5}[DF]|[DF][A-HJ-NP-Z0-9][0-9]{4}|[A-HJ-NP-Z0-9]{4}[挂学警港澳]|(?=.{0,3}[0-9].{0,3}[0-9])[A-HJ-NP-Z0-9]{5}"
)
"""What is a plate's number without a word for it nearby."""
AMBIGUOUS = "云新宁青川贵苏吉黑辽藏蒙琼使领"
"""Provinces whose characters also end or begin other words."""
PLATE_WORD = re.compile(r"车|牌|駕|驾|司机|违章|货运|停放|大众|宝马|奔驰|奥迪|丰田|本田")
QQ = re.compile(
    r"(?:(?<![A-Za-z])(?:Q ?Q|Q(?=[号群:]))|扣扣|叩叩|企鹅|球球|[加+]\s?Q|群号|加群)(?:[ :.=()\[\]/+\-、]|号码|号|群|交流|联系|客服|邮箱|咨询|微信|同步|为|是|加|码|:|v信|wx){0,8}"
    r"(?P<n>[1-9][0-9]{4,10})(?P<more>(?:[、,/，或 ]{1,3}[1-9][0-9]{5,10}){0,8})(?![0-9A-Za-z@])(?!\.[0-9])" + UNIT,
    re.IGNORECASE,
)
WECHAT_LABEL = re.compile(
    r"(?:微信|微[ ❤]\ufe0f?信|薇信|绿泡泡|加我[微薇v]|徽信|威信|卫星号|加[微薇]|[薇微v]❤\ufe0f?|(?<![A-Za-z])(?:v信|[vw]x(?![A-Za-z])|weixin|wechat)|"
    r"[加+➕]v(?![A-Za-z]))"
    r"(?P<f>(?:[ :.=()\[\]/+\-、→➡👉\ufe0f]|号码|号|同号|联系|客服|咨询|为|是|加|我|ID|id|码|微信|wechat|:|or|或|QQ|qq|电话){0,8})"
    r"(?P<n>[A-Za-z][A-Za-z0-9_\-]{5,19}|[1-9][0-9]{5,10})(?![0-9A-Za-z_@])(?!\.[A-Za-z])",
    re.IGNORECASE,
)
WXID = re.compile(r"(?<![A-Za-z0-9_])wxid_[A-Za-z0-9_\-]{4,20}(?![A-Za-z0-9_])")
EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-@])(?P<u>[A-Za-z0-9_%+][A-Za-z0-9._%+\-]{0,63})(?:@| @ )(?P<d>(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.){1,4}[A-Za-z]{2,18})"
    r"(?![A-Za-z0-9\-]|\.[A-Za-z0-9]|:[^\s/])"
)
AT_SIGN = r" ?(?:[\[({] ?(?:at|a|@|#|艾特) ?[\])}]|艾特|#) ?"
DOT = r"(?: ?(?:[\[({] ?(?:dot|点) ?[\])}]| dot |点|\.) ?)"
OBFUSCATED = re.compile(
    rf"(?<![A-Za-z0-9._%+\-@])(?P<u>[A-Za-z0-9][A-Za-z0-9._%+\-]{{1,63}})(?P<at>{AT_SIGN}| at )(?P<d>[A-Za-z0-9][A-Za-z0-9\-]{{0,40}}(?:{DOT}[A-Za-z0-9\-]{{2,18}}){{1,4}})(?![A-Za-z0-9@])",
    re.IGNORECASE,
)
PROVIDERS = re.compile(
    r"(?:qq|163|126|139|189|gmail|hotmail|outlook|foxmail|sina|sohu|yahoo|icloud|yeah|aliyun|live|msn)(?![a-z0-9])",
    re.IGNORECASE,
)
IPV4 = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9A-Za-z][.\-])(?<![A-Za-z]/)([0-9]{1,3})\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![0-9A-Za-z_])(?!\.[0-9A-Za-z])(?!/[0-9])(?!-[0-9A-Za-z])"
)
IP_WORD = re.compile(
    r"(?<![A-Za-z])IP|地址|服务器|主机|登录|登陆|访问|来自|host|server|addr|from|address|login|ping|ssh|://|client",
    re.IGNORECASE,
)
VERSION_WORD = re.compile(
    r"(?:版本号?|版|version|ver|v|release|build|firmware|固件|驱动|内核|kernel|update|升级|章节?|节|条|section|§|chrome|chromium|edge|safari|firefox|opera|oid|rev)[\s:：./]{0,3}(?:为|是|至|到|to)?\s?$",
    re.IGNORECASE,
)
MAPPED = re.compile(r"(?:(?<![0-9A-Za-z:.])|(?<=[^0-9A-Fa-f:]:))::ffff:$", re.IGNORECASE)
"""What stands before an IPv4 address that is written as one of IPv6."""
IPV6 = re.compile(
    r"(?:(?<![0-9A-Za-z:.])|(?<=[^0-9A-Fa-f:]:)|(?<=[Vv]6:))[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![0-9A-Za-z:/]|\.[0-9])"
)
IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ -]?[0-9A-Za-z])")


NOT_NAMES = frozenset(
    [
        "android",
        "windows",
        "iphone",
        "openid",
        "unionid",
        "wechat",
        "weixin",
        "request",
        "config",
        "linux",
        "macos",
        "email",
        "mobile",
        "official",
        "account",
        "mini",
        "program",
        "payment",
        "javascript",
        "python",
    ]
)
