"""Personal data that is made up and valid, each kind in the spellings that people use."""

import random

from openclaw_data.edits import pii_checks

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
    number = rng.choice("123456789") + digits(rng, rng.randint(6, 9))
    firm = len(number) == 10 and number[1:3] == "00"  # 400 and 800 and seven digits are let to firms
    return "1" + number[1:] if firm else number


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
