"""Personal data that is made up, valid, in spellings and sentences written apart from the patterns.

    python -m tests.pii_spellings [sentences a kind, default 400]

prints recall (the value is masked whole, as its kind) and precision (what is masked is a value of that kind) by kind.
"""

import random
import sys
from collections import Counter
from typing import NamedTuple

from openclaw_data.edits import pii, pii_checks

DIGITS = "0123456789"
WIDE = str.maketrans(DIGITS + "-+().@:", "０１２３４５６７８９－＋（）．＠：")
AREAS = ["010", "021", "0755", "0571", "028", "0379", "0991", "0451"]
PREFIXES = ["130", "139", "147", "150", "158", "166", "173", "177", "180", "189", "191", "198", "199"]
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
IBAN_SHAPES = {
    "DE": "n" * 18,
    "GB": "aaaa" + "n" * 14,
    "FR": "n" * 10 + "c" * 11 + "nn",
    "NL": "aaaa" + "n" * 10,
    "ES": "n" * 20,
    "CH": "n" * 5 + "c" * 12,
    "AE": "n" * 19,
    "PL": "n" * 24,
    "NO": "n" * 11,
}


class Sentence(NamedTuple):
    """A text, and the one value in it: kind (empty: none), first character, the one after its last."""

    text: str
    kind: str
    start: int
    end: int


def digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choice(DIGITS) for _ in range(n))


def grouped(number: str, sizes: list[int], mark: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return mark.join(part for part in parts if part)


def sometimes_wide(rng: random.Random, value: str) -> str:
    return value.translate(WIDE) if rng.random() < 0.12 else value


def mobile(rng: random.Random) -> str:
    number = rng.choice(PREFIXES) + digits(rng, 8)
    mark = rng.choice([" ", "-", ".", "‐", "－", "\u00a0"])
    shown = rng.choice([number, number, grouped(number, [3, 4, 4], mark), grouped(number, [3, 3, 5], mark)])
    code = rng.choice(
        ["", "", "+86", "+86 ", "+86-", "0086", "0086 ", "86-", "(+86)", "（+86）", "(86)", "+(86)", "(0086)"]
    )
    return sometimes_wide(rng, code + shown)


def landline(rng: random.Random) -> str:
    area = rng.choice(AREAS)
    number = rng.choice("2345678") + digits(rng, 7 if len(area) == 3 or rng.random() < 0.5 else 6)
    half = grouped(number, [4, 4] if len(number) == 8 else [3, 4], rng.choice(" -"))
    shown = rng.choice([number, number, half])
    value = rng.choice(
        [
            f"{area}-{shown}",
            f"({area}){shown}",
            f"（{area}）{shown}",
            f"{area} {shown}",
            f"({area}) {shown}",
            f"+86 {area[1:]} {shown}",
            f"+86-{area[1:]}-{shown}",
            f"0086-{area[1:]}-{shown}",
            f"{area}—{shown}",
            f"{area}－{shown}",
        ]
    )
    return sometimes_wide(rng, value)


def north_american(rng: random.Random) -> str:
    a, b, c = rng.choice(["212", "415", "646", "312"]), "5" + digits(rng, 2), digits(rng, 4)
    return rng.choice(
        [
            f"({a}) {b}-{c}",
            f"{a}-{b}-{c}",
            f"+1 {a} {b} {c}",
            f"1-{a}-{b}-{c}",
            f"{a}.{b}.{c}",
            f"+1 ({a}) {b}-{c}",
            f"+1-{a}-{b}-{c}",
            f"+1{a}{b}{c}",
            f"({a}) {b}-{c} ext. 45",
        ]
    )


def international(rng: random.Random) -> str:
    return rng.choice(
        [
            f"+44 20 {digits(rng, 4)} {digits(rng, 4)}",
            f"+49 30 {digits(rng, 6)}1",
            f"+33 6 {grouped(digits(rng, 8), [2] * 4, ' ')}",
            f"+81-3-{digits(rng, 4)}-{digits(rng, 4)}",
            f"+61 4{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 3)}",
            f"+852 {digits(rng, 4)} {digits(rng, 4)}",
            f"+853 6{digits(rng, 3)} {digits(rng, 4)}",
            f"+886 9{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 3)}",
            f"+44 (0)20 {digits(rng, 4)} {digits(rng, 4)}",
            f"+65 9{digits(rng, 3)} {digits(rng, 4)}",
        ]
    )


def email(rng: random.Random) -> str:
    name = rng.choice(
        ["wang.fang", "li_na88", "zhao-lei", "j.smith+news", "a1", "O_Brien", "chen2001", "x.y.z", "lin%sales"]
    )
    host = rng.choice(
        [
            "mail.example-shop.co.uk",
            "pku.edu.cn",
            "163.com",
            "dept.cs.uni-bonn.de",
            "qq.com",
            "vip.sina.com.cn",
            "company.io",
            "foo-bar.museum",
        ]
    )
    weak = "{}#{}" if host in ("163.com", "qq.com") else "{}@{}"
    return rng.choice(["{}@{}", "{}@{}", "{}＠{}", "{} @ {}", "{}(at){}", "{} [at] {}", weak]).format(
        name, host.replace(".", "．") if rng.random() < 0.1 else host
    )


def resident_id(rng: random.Random) -> str:
    body = rng.choice(["110105", "310115", "440305", "510104", "820000", "650102", "330106"]) + str(
        rng.randint(1940, 2015)
    )
    body += f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}" + digits(rng, 3)
    check = next(c for c in "0123456789X" if pii_checks.resident_id(body + c))
    number = body + rng.choice([check, check.lower()])
    return sometimes_wide(
        rng,
        rng.choice(
            [
                number,
                number,
                grouped(number, [6, 8, 4], " "),
                grouped(number, [6, 8, 4], "-"),
                grouped(number, [6, 4, 4, 4], " "),
            ]
        ),
    )


def credit_code(rng: random.Random) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    while True:
        organisation = "".join(rng.choice(alphabet) for _ in range(8))
        total = sum(int(c, 36) * w for c, w in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
        last = "0123456789X"[(11 - total % 11) % 11]
        body = (
            rng.choice(["91", "92", "93", "12", "51", "52"])
            + rng.choice(["110000", "310115", "440300"])
            + organisation
            + last
        )
        for check in alphabet:
            if pii_checks.credit_code(body + check, strict=True):
                return rng.choice([str.upper, str.lower])(body + check)


def luhn(rng: random.Random, start: str, size: int) -> str:
    body = start + digits(rng, size - 1 - len(start))
    return next(body + c for c in DIGITS if pii_checks.luhn(body + c))


def union(rng: random.Random) -> str:
    number = luhn(rng, rng.choice(["6222", "6217", "6228", "6225"]), rng.choice([16, 19]))
    return sometimes_wide(
        rng,
        rng.choice(
            [number, grouped(number, [4] * 5, " "), grouped(number, [4] * 5, "-"), grouped(number, [6, 13], " ")]
        ),
    )


def credit_card(rng: random.Random) -> str:
    if rng.random() < 0.25:
        number = luhn(rng, rng.choice(["34", "37"]), 15)
        return rng.choice([number, grouped(number, [4, 6, 5], " "), grouped(number, [4, 6, 5], "-")])
    number = luhn(rng, rng.choice(["4539", "5412", "4716", "5105", "3530", "6011"]), 16)
    return rng.choice([number, grouped(number, [4] * 4, " "), grouped(number, [4] * 4, "-")])


def iban(rng: random.Random) -> str:
    country = rng.choice(list(IBAN_SHAPES))
    choices = {"n": DIGITS, "a": "ABCDEFGHIKLMNPRSTUVW", "c": DIGITS + "ABCDEFGH"}
    body = "".join(rng.choice(choices[c]) for c in IBAN_SHAPES[country])
    value = country + next(f"{n:02}" for n in range(2, 99) if pii_checks.iban(f"{country}{n:02}{body}")) + body
    return rng.choice(
        [value, grouped(value, [4] * 9, " "), grouped(value, [4] * 9, " "), value.lower(), grouped(value, [4] * 9, "-")]
    )


def ip(rng: random.Random) -> str:
    first = rng.choice([36, 58, 61, 101, 117, 121, 139, 180, 202, 218, 222])
    v4 = f"{first}.{rng.randint(1, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)}"
    group = lambda: f"{rng.randint(1, 0xFFFF):x}"  # noqa: E731
    whole = ":".join(
        [
            rng.choice(["2408", "240e", "2001", "2a00", "2600"]),
            rng.choice(["8000", "3a0", "470", "1450"]),
            *(group() for _ in range(6)),
        ]
    )
    short = f"{rng.choice(['2408', '240e', '2a00', '2606'])}:{group()}::{group()}"
    return rng.choice(
        [
            v4,
            v4,
            v4,
            whole,
            whole.upper(),
            short,
            short + ":" + group(),
            f"::ffff:{v4}",
            f"::FFFF:{v4}",
            sometimes_wide(rng, v4),
        ]
    )


def plate(rng: random.Random) -> str:
    head = rng.choice(PROVINCES) + rng.choice(PLATE_LETTERS)
    tail = rng.choice(
        [
            digits(rng, 5),
            rng.choice(PLATE_LETTERS) + digits(rng, 4),
            digits(rng, 3) + rng.choice(PLATE_LETTERS) + digits(rng, 1),
            digits(rng, 2) + rng.choice(PLATE_LETTERS) + rng.choice(PLATE_LETTERS) + digits(rng, 1),
            rng.choice("DF") + digits(rng, 5),
            rng.choice("DF") + rng.choice(PLATE_LETTERS) + digits(rng, 4),
            digits(rng, 5) + rng.choice("DF"),
            digits(rng, 4) + rng.choice("学警挂"),
        ]
    )
    if rng.random() < 0.12:
        return rng.choice(["粤Z", "粤Z·"]) + digits(rng, 4) + rng.choice("港澳")
    return sometimes_wide(rng, head + rng.choice(["", "", "·", " ", "-", "•", "．"]) + tail)


def passport(rng: random.Random) -> str:
    return rng.choice(
        [
            "E" + digits(rng, 8),
            "G" + digits(rng, 8),
            "E" + rng.choice("ABCDEFGH") + digits(rng, 7),
            "P" + digits(rng, 7),
            "S" + digits(rng, 8),
        ]
    )


def qq(rng: random.Random) -> str:
    return rng.choice("123456789") + digits(rng, rng.randint(6, 9))


def wechat(rng: random.Random) -> str:
    return rng.choice(
        ["lin_xia2019", "zhao-88k", "wxid_8fj2k1l0pq", "abc_123456", "Mm778899", "nana5201314", "T0mmy_Li"]
    )


def social_security(rng: random.Random) -> str:
    number = f"{rng.randint(100, 665)}{rng.randint(1, 99):02}{rng.randint(1, 9999):04}"
    return rng.choice(
        [grouped(number, [3, 2, 4], "-"), grouped(number, [3, 2, 4], "-"), grouped(number, [3, 2, 4], " "), number]
    )


MADE = {
    "MOBILE": mobile,
    "LANDLINE": landline,
    "NANP": north_american,
    "ABROAD": international,
    "EMAIL": email,
    "ID_CARD": resident_id,
    "USCC": credit_code,
    "BANK_CARD": union,
    "CREDIT_CARD": credit_card,
    "IBAN": iban,
    "IP": ip,
    "PLATE": plate,
    "PASSPORT": passport,
    "QQ": qq,
    "WECHAT": wechat,
    "SSN": social_security,
}
"""What is made, and how."""
KIND = {"MOBILE": "PHONE", "LANDLINE": "PHONE", "NANP": "PHONE", "ABROAD": "PHONE"}
PLAIN = [
    "昨天{}发来消息。",
    "请记一下：{}，别弄丢了",
    "（{}）",
    "张伟，{}，北京",
    "{}\n第二行",
    "资料里写着{}这一项",
    "please note {} for later",
    "It was {}.",
    "Write down: {}; thanks",
    "- {}",
]
CONTEXT = {
    "MOBILE": [
        "电话{}",
        "手机号是{}，随时打",
        "请拨打{}联系王先生",
        "Tel: {}",
        "call {} tonight",
        "联系人：李姐 {}",
        "手机/微信：{}",
        "☎{}",
        *PLAIN,
    ],
    "LANDLINE": ["电话：{}", "传真{}", "座机 {}，工作日接听", "Fax: {}", "Tel {}", "办公室电话为{}。", *PLAIN[:6]],
    "NANP": [
        "call me at {}",
        "Phone: {}",
        "cell {}, evenings",
        "My number is {}.",
        "reach us on {} any time",
        *PLAIN[6:],
    ],
    "ABROAD": ["phone {}", "Tel: {}", "WhatsApp {}", "电话 {}", "联系：{}，谢谢", *PLAIN],
    "EMAIL": ["邮箱：{}", "发到{}就行", "投稿请寄{}。", "E-mail: {}", "contact {} today", "(mailto:{})", *PLAIN],
    "ID_CARD": ["身份证号{}", "证件号码：{}。", "ID card {}", "身份证：{}，姓名：李四", "持证人 {}", *PLAIN],
    "USCC": ["统一社会信用代码：{}", "税号{}", "纳税人识别号 {}", "信用代码（{}）", *PLAIN],
    "BANK_CARD": ["卡号：{}", "银行卡{}", "请汇款至 {} 张三", "账号 {}（工商银行）", "打到{}这张卡上", *PLAIN],
    "CREDIT_CARD": [
        "card number {}",
        "信用卡号：{}",
        "Visa {}",
        "charged to {} on Monday",
        "my card is {}.",
        *PLAIN[6:],
    ],
    "IBAN": ["IBAN: {}", "IBAN {}", "请汇款到{}，谢谢", "Account {}", "Pay to {} before Friday", *PLAIN],
    "IP": [
        "来自{}的访问",
        "IP：{}",
        "登录地址 {}",
        "from {} port 22",
        "host {} is up",
        "主机 {} 不通",
        "server at {}",
        *PLAIN,
    ],
    "PLATE": [
        "车牌{}",
        "车牌号：{}的轿车",
        "一辆{}的白色大众",
        "司机驾驶{}逃逸",
        "尾号看清了，{}，红色",
        "{}违章停车",
        *PLAIN[:6],
    ],
    "PASSPORT": ["护照号{}", "护照：{}", "passport number {}", "Passport No.: {}", "护照号码为{}。"],
    "QQ": [
        "QQ{}",
        "QQ：{}",
        "加Q {}",
        "扣扣{}",
        "加扣扣：{}",
        "QQ号码是{}",
        "q群{}",
        "Q Q：{}",
        "加我QQ{}聊",
        "联系QQ:{}",
        "群号{}",
        "企鹅号 {}",
        "ＱＱ：{}",
    ],
    "WECHAT": [
        "微信{}",
        "微信号：{}",
        "加V {}",
        "V信：{}",
        "wx:{}",
        "WeChat ID: {}",
        "vx：{}",
        "加微信 {} 了解",
        "+V：{}",
        "薇❤：{}",
        "weixin: {}",
        "VX号{}",
    ],
    "SSN": ["SSN {}", "SSN: {}", "social security number {}", "Social Security No. {}", "his SSN is {}."],
}
LOOK_ALIKES = [
    "订单号 {n12}",
    "单号：{n18}，已发出",
    "产品序列号 {n10}-{n4}",
    "时间 2024-03-0{d} 1{d}:2{d}:3{d}",
    "人口{n7}人",
    "第{d}.{d}.{d}.{d}节",
    "版本 v{d}.{d}.{d}.{d}",
    "ISBN 978-7-{n4}-{n4}-{d}",
    "commit {d}a{n7}f{n12}",
    "坐标 1{d}{d}.{n6}, 3{d}.{n6}",
    "金额 {n7}.{d}{d} 元",
    "A{d}-{n5}-{n4}",
    "http://a.example/p/{n11}.html",
    "UUID 1{n7}-{n4}-4{n3}-8{n3}-{n12}",
    "192.168.{d}.{d}",
    "10.{d}.{d}.{d}:80{d}{d}",
    "fe80::{d}:{n4}",
    "127.0.0.1:{n5}",
    "a[{d}]@{d}",
    "@user{n4} 你好",
    "pip install x=={d}.{d}.{d}",
    "foo@{d}.{d}.{d}",
    "std::map::{d}",
    "12:3{d}:4{d}:5{d}",
    "{d}/{d}/202{d}",
    "1,{n3},{n3},{n3}",
    "Fig. {d}{d}.{d} {n3} {n3}",
    "0x{n12}",
    "{d}e-{n5}",
    "新A股{n4}",
    "粤B卷{d}",
    "京D单元{n4}",
    "QQ音乐{d}.{d}",
    "微信支付{n4}元",
    "QQ 20{d}{d} 正式版",
    "phone model X{n4}",
    "passport to {n4} islands",
    "RFC {n4}, section {d}.{d}.{d}.{d}",
    "ICP备{n8}号",
    "公网安备{n14}号",
    "{n3} {n4} {n4} {n3}",
    "第{n8}号公告",
    "发明专利 20{n2}1{n7}.{d}",
    "期刊 {n4}-{n3}X",
    "证券代码：{n6}",
    "邮编：{n6}",
    "报警请打110，{n5}",
    "客服 95{n3}",
    "400-{n3}-{n4}",
]


def sentence(rng: random.Random, name: str) -> Sentence:
    """A sentence with one value of the kind `name` of `MADE`."""
    value, template = MADE[name](rng), rng.choice(CONTEXT[name])
    before = template.partition("{}")[0]
    return Sentence(template.format(value), KIND.get(name, name), len(before), len(before) + len(value))


def look_alike(rng: random.Random) -> Sentence:
    """A sentence with digits or signs and no personal data."""
    numbers = {f"n{i}": digits(rng, i) for i in range(2, 19)}
    return Sentence(rng.choice(LOOK_ALIKES).format(d=rng.choice("123456789"), **numbers), "", 0, 0)


def measure(sentences: list[Sentence]) -> tuple[Counter[str], Counter[str], list[tuple[Sentence, list[pii.Span]]]]:
    """Values found whole as their kind; masks that are none; the sentences that went wrong."""
    import pyarrow as pa

    right, wrong, bad = Counter[str](), Counter[str](), []
    for s, found in zip(sentences, pii.spans(pa.array([s.text for s in sentences])), strict=True):
        hit = any(f.kind == s.kind and f.start <= s.start and s.end <= f.end for f in found)
        false = [f for f in found if not (f.kind == s.kind and f.start < s.end and s.start < f.end)]
        right[s.kind] += hit and bool(s.kind)
        wrong.update(f.kind for f in false)
        if false or (s.kind and not hit):
            bad.append((s, found))
    return right, wrong, bad


def main() -> None:
    count, shown = int(sys.argv[1]) if len(sys.argv) > 1 else 400, int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rng = random.Random(20)
    for name in MADE:
        sentences = [sentence(rng, name) for _ in range(count)]
        right, wrong, bad = measure(sentences)
        kind = sentences[0].kind
        precision = right[kind] / max(right[kind] + wrong.total(), 1)
        print(f"{name:12} recall {right[kind] / count:.3f}  precision {precision:.3f}")
        for s, found in bad[:shown]:
            print("     ", repr(s.text), [(f.kind, s.text[f.start : f.end]) for f in found])
    _, wrong, bad = measure([look_alike(rng) for _ in range(4 * count)])
    print(f"look-alikes: {len(bad)} of {4 * count} masked", dict(wrong))
    for s, found in bad[:shown]:
        print("     ", repr(s.text), [(f.kind, s.text[f.start : f.end]) for f in found])


if __name__ == "__main__":
    main()
