"""Personal data that is made up, valid, in spellings and sentences written apart from the patterns.

    python benchmarks/pii_spellings.py [sentences a kind, default 400]

prints recall (the value is masked whole, as its kind) and precision (what is masked is a value of that kind) by kind.
"""

import random
import sys
from collections import Counter
from typing import NamedTuple

from pii_values import MADE, digits

from openclaw_data.edits import pii


class Sentence(NamedTuple):
    """A text, and the one value in it: kind (empty: none), first character, the one after its last."""

    text: str
    kind: str
    start: int
    end: int


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
