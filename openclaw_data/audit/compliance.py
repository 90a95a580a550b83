"""Disclosure templates, filled in from the audit report where it has data; "not provided" where only people know.

* `eu-ai-act`: the data half of the public summary of training content (article 53(1)(d); template of July 2025).
* `gb-t-45654`: the evidence page of GB/T 45654-2025 for corpora: what is required, what was measured, the evidence.
* `ab-2013`: the twelve items of California AB 2013.

Numbers that were read in secondary sources only are marked so in docs/audit.md. Nothing here is legal advice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from openclaw_data.audit import report
from openclaw_data.audit.annex import DETECTED_ZH, RISKS_ZH
from openclaw_data.audit.escapes import cell, percent
from openclaw_data.audit.words import CODES
from openclaw_data.dataset.manifest import Check
from openclaw_data.signals import risks

MISSING = ("not provided", "未提供")
Pair = tuple[str, str]


class Row(NamedTuple):
    """An item of a template. `verdict`: pass, fail, not measured, or empty where nothing is required."""

    number: str
    title: Pair
    answer: Pair
    evidence: str = ""
    verdict: str = ""


class Filled(NamedTuple):
    """A template with its answers."""

    key: str
    title: Pair
    rows: tuple[Row, ...]


def fill(key: str, found: report.Report) -> Filled:
    """Fill in the template `key` (one of `TEMPLATES`)."""
    title, make = TEMPLATES[key]
    return Filled(key, title, tuple(make(found)))


def markdown(filled: Filled, found: report.Report, language: str) -> str:
    """The filled template as Markdown in `en` or `zh`; what comes from outside cannot become markup."""
    at = 0 if language == "en" else 1
    heads = (("item", "answer", "evidence", "verdict"), ("条目", "内容", "证据", "结论"))[at]
    lines = [f"# {filled.title[at]}", "", f"{cell(found.identity.name)} {found.identity.version}", ""]
    lines += [f"| | {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for row in filled.rows:
        cells = (row.number, row.title[at], row.answer[at], row.evidence, VERDICTS[row.verdict][at])
        lines.append("| " + " | ".join(cell(c) for c in cells) + " |")
    return "\n".join([*lines, "", NOTE[at], ""])


VERDICTS: dict[str, Pair] = {
    "": ("", ""),
    "pass": ("pass", "合格"),
    "fail": ("fail", "不合格"),
    "not measured": ("not measured", "未测量"),
}
NOTE: Pair = (
    "Filled in from audit/report.json; `not provided` is for the person who answers for the dataset. Not legal advice.",
    "由 audit/report.json 自动填写；“未提供”的条目由数据集负责人补充。本页不构成法律意见。",
)


def _same(text: str) -> Pair:
    return text, text


def _documents(a: report.Amount) -> Pair:
    return (
        f"{a.documents:,} documents, {a.characters:,} characters, {a.tokens:,} tokens",
        f"{a.documents:,} 篇文档，{a.characters:,} 字符，{a.tokens:,} 词元",
    )


def _of_origin(found: report.Report, *origins: str) -> Pair:
    """The sources of an origin with what was kept of them; that there are none is an answer, too."""
    rows = [s for s in found.sources if s.origin in origins]
    if not rows:
        return "none", "无"
    parts = [(s, _documents(s.kept)) for s in rows]
    licence = [s.licence or "licence unknown" for s in rows]
    english = "; ".join(f"{s.id} ({x}): {d[0]}; {s.record}" for (s, d), x in zip(parts, licence, strict=True))
    chinese = "；".join(f"{s.id}（{s.licence or '许可证未知'}）：{d[1]}；{s.record}" for s, d in parts)
    return english, chinese


def _period(found: report.Report) -> Pair:
    if not found.times.first:
        return "unknown: no document carries a fetch time", "未知：文档没有抓取时间"
    text = f"{found.times.first[:10]} – {found.times.last[:10]}"
    return f"{text} ({found.times.unknown:,} documents unknown)", f"{text}（{found.times.unknown:,} 篇未知）"


def _languages(found: report.Report) -> Pair:
    kept = [(f"{x.language}-{x.script}", f"{x.kept.tokens:,}") for x in found.languages if x.kept.documents]
    english, chinese = (f"{name}: {n} tokens" for name, n in kept), (f"{name} {n} 词元" for name, n in kept)
    return "; ".join(english) or "–", "；".join(chinese) or "–"


def _size_class(found: report.Report) -> Pair:
    tokens = found.totals.kept_amount.tokens
    classes = (
        ("less than 1 billion", "少于 10 亿"),
        ("1 billion to 10 trillion", "10 亿至 10 万亿"),
        ("more than 10 trillion", "多于 10 万亿"),
    )
    english, chinese = classes[(tokens >= 10**9) + (tokens > 10**13)]
    return f"text, {english} tokens ({tokens:,})", f"文本，{chinese}词元（{tokens:,}）"


def _domains(found: report.Report) -> Pair:
    d = found.domains
    top = ", ".join(x.domain for x in d.top[:10])
    share = percent(d.top_tenth_share, 1)
    return (
        (
            f"{d.domains:,} registered domains; the largest 10 % ({d.top_tenth_domains:,}) hold {share} of characters. "
            f"Largest: {top}. The whole list: audit/domains.csv"
        ),
        (
            f"{d.domains:,} 个注册域名；最大的 10 %（{d.top_tenth_domains:,} 个）占字符的 {share}。"
            f"最大者：{top.replace(', ', '、')}。完整列表见 audit/domains.csv"
        ),
    )


def _rights(found: report.Report) -> Pair:
    if found.rights is None:
        return "not measured", "未测量"
    status = _read_kept(found.rights.status)
    lists = len(found.rights.optouts)
    names = list(found.rights.signals)[:8] or ["–"]
    return (
        (
            f"read per page: TDM-Rep, AIPREF, noai, RSL, Creative Commons, reprint notices. {status[0]}. "
            f"Seen: {', '.join(names)}. Opt-out lists and indexes of robots.txt applied: {lists}"
        ),
        (
            f"逐页读取 TDM-Rep、AIPREF、noai、RSL、知识共享、转载声明。{status[1]}。出现：{'、'.join(names)}。"
            f"退出名单与 robots.txt 索引：{lists} 份"
        ),
    )


def _cleaning(found: report.Report) -> Pair:
    steps = [f"{s.name} {s.dropped:,}" for s in found.funnel if s.dropped]
    edits = [str(e) for e in found.reproducibility.recipe.get("edits", ())] or ["–"]
    n = f"{len(found.rules):,}"
    return (
        f"edits: {', '.join(edits)}. Documents dropped, by stage: {'; '.join(steps)}. {n} rules, each with its source",
        f"修改：{'、'.join(edits)}。各阶段剔除的文档：{'；'.join(steps)}。规则共 {n} 条，均注明出处",
    )


def _pii(found: report.Report) -> Pair:
    if found.pii is None:
        return "personal data was not masked or not measured", "未遮盖或未测量个人信息"
    masked = [(k, f"{items:,}", f"{documents:,}") for k, (documents, items) in found.pii.masked.items()]
    english = "; ".join(f"{kind} {items} in {documents}" for kind, items, documents in masked)
    chinese = "；".join(f"{kind} {items} / {documents}" for kind, items, documents in masked)
    left = sum(documents for documents, _ in found.pii.residual.values())
    n = f"{found.pii.searched:,}"
    return (
        f"masked, items in documents: {english}. Searched again in {n} published documents: {left:,} hits",
        f"已遮盖（处数 / 文档数）：{chinese}。对 {n} 篇已发布文档再次检索：命中 {left:,} 篇次",
    )


def _illegal(found: report.Report) -> Pair:
    if found.risks is None:
        return "not measured", "未测量"
    english, chinese = _read_kept(found.risks.codes)
    return (
        f"risk codes: {english or 'none found'}; toxicity distribution in the report",
        f"风险编号：{chinese or '未发现'}；有害性分布见报告",
    )


def _read_kept(counts: Mapping[str, tuple[int, int]]) -> Pair:
    """Codes with documents read and kept."""
    english = "; ".join(f"{k}: {a:,} read, {b:,} kept" for k, (a, b) in counts.items())
    return english, "；".join(f"{CODES.get(k, k)}：读入 {a:,}，保留 {b:,}" for k, (a, b) in counts.items())


def eu_ai_act(found: report.Report) -> Iterable[Row]:
    """The public summary of training content; headings as in the template."""
    yield Row(
        "0",
        ("Version of the summary, last update", "摘要版本与更新时间"),
        _same(found.identity.version),
        "manifest.json",
    )
    yield Row("1.1", ("Provider identification", "提供者"), _publication(found, "creator"))
    yield Row("1.2", ("Model identification", "模型"), MISSING)
    yield Row("1.3", ("Modalities, size of the training data", "模态与规模"), _size_class(found), "report.json totals")
    yield Row("1.3", ("Latest date of data acquisition", "最近取得日期"), _period(found), "report.json times")
    yield Row("1.3", ("Linguistic characteristics", "语言特征"), _languages(found), "report.json languages")
    yield Row(
        "2.1", ("Publicly available datasets", "公开数据集"), _of_origin(found, "open-dataset"), "report.json sources"
    )
    yield Row(
        "2.2",
        ("Private datasets obtained from third parties", "第三方非公开数据集"),
        _of_origin(found, "commercial"),
        "report.json sources",
    )
    yield Row(
        "2.3",
        ("Data crawled and scraped from online sources", "网络抓取数据"),
        _of_origin(found, "self-collected"),
        "report.json sources",
    )
    yield Row("2.3", ("Crawlers: names, purposes, behaviour", "爬虫名称、用途与行为"), MISSING)
    yield Row("2.3", ("Period of collection", "采集时段"), _period(found), "report.json times")
    yield Row(
        "2.3", ("Most relevant domains (top 10 %)", "主要域名（最大的 10 %）"), _domains(found), "audit/domains.csv"
    )
    yield Row("2.4", ("User data", "用户数据"), _of_origin(found, "user"), "report.json sources")
    yield Row("2.5", ("Synthetic data", "合成数据"), _of_origin(found, "synthetic"), "report.json sources")
    yield Row("2.6", ("Other sources", "其他来源"), ("none", "无"), "report.json sources")
    yield Row(
        "3.1",
        ("Respect of reservation of rights from the text and data mining exception", "文本与数据挖掘权利保留"),
        _rights(found),
        "report.json rights",
    )
    yield Row("3.1", ("Signatory of the Code of Practice", "是否签署行为准则"), MISSING)
    yield Row("3.2", ("Removal of illegal content", "非法内容的移除"), _illegal(found), "report.json risks")
    yield Row("3.3", ("Other information: processing", "其他：处理过程"), _cleaning(found), "report.json funnel, rules")
    yield Row("3.3", ("Other information: personal data", "其他：个人信息"), _pii(found), "report.json pii")


_TRACES = (
    ("open-dataset", ("Traceable: open: licence", "可追溯：开源语料具有许可"), "report.json sources"),
    (
        "self-collected",
        ("Traceable: self-collected: collection record", "可追溯：自采语料具有采集记录"),
        "report.json sources; decisions/",
    ),
    ("commercial", ("Traceable: commercial: contract", "可追溯：商业语料具有合同"), "report.json sources"),
    ("user", ("Traceable: user input: authorisation", "可追溯：使用者输入具有授权"), "report.json sources"),
)
"""GB/T 45654 5.1 c: origin of a source, what is asked of it, where the evidence is."""


def gb_t_45654(found: report.Report) -> Iterable[Row]:
    """The evidence page for corpora: what is required, what was measured, where the evidence is."""
    checks = found.review.checks if found.review else ()
    yield Row(
        "5.1 a",
        ("Illegal or unhealthy content of each source at most 5 %", "各来源违法不良信息不超过 5 %"),
        *_check(checks, "source"),
    )
    yield Row(
        "5.1 b", ("Several sources for each language", "来源多样"), _diversity(found), "report.json sources, domains"
    )
    for origin, title, evidence in _TRACES:
        yield Row("5.1 c", title, _of_origin(found, origin), evidence)
    yield Row(
        "5.2 a", ("Filtering of illegal content", "违法不良信息过滤"), _illegal(found), "report.json risks, funnel"
    )
    yield Row(
        "5.2 b",
        ("Intellectual property: risks identified before use", "知识产权：使用前识别侵权风险"),
        _rights(found),
        "report.json rights, licences",
    )
    yield Row(
        "5.2 b", ("Intellectual property: responsible person, complaint channel", "知识产权：负责人与投诉渠道"), MISSING
    )
    yield Row("5.2 c", ("Personal information", "个人信息"), _pii(found), "report.json pii")
    yield Row("5.2 c", ("Consent or other lawful basis", "个人同意或其他合法性基础"), MISSING)
    yield from _looked_at(found, checks)
    for code, english in risks.RISKS.items():
        yield _risk(found, code, (english, RISKS_ZH[code]))


def _looked_at(found: report.Report, checks: Sequence[Check]) -> Iterable[Row]:
    """Keywords and reviews: 8.1, 9.2."""
    keywords = (
        "Keyword library: 10,000 words, 200 a risk of A.1, 100 a risk of A.2",
        "关键词库：不少于 10 000 个，A.1 每类 200 个，A.2 每类 100 个",
    )
    yield Row("8.1", keywords, *_keywords(found))
    people = ("People review at least 4,000 random items: 96 % pass", "人工抽检不少于 4 000 条，合格率不低于 96 %")
    yield Row("9.2 a", people, *_check(checks, "manual"))
    technical = ("Technical review of at least 10 %: 98 % pass", "技术抽检不少于 10 %，合格率不低于 98 %")
    yield Row("9.2 b", technical, *_check(checks, "technical"))


def _risk(found: report.Report, code: str, title: Pair) -> Row:
    """A risk of annex A: how often it was found, or that nothing looks for it."""
    covers = found.risks.covers.get(code, "") if found.risks else ""
    if found.risks is None or not covers:
        return Row(f"A {code}", title, VERDICTS["not measured"])
    read, kept = found.risks.codes.get(code, (0, 0))
    own = [f"{w.name} 中的 {w.risks[code]:,} 个词" for w in found.risks.lexicons if code in w.risks]
    chinese = "；".join([*filter(None, [DETECTED_ZH.get(code)]), *own]) or covers
    seen = f"{read:,} read, {kept:,} kept. Seen: {covers}", f"读入 {read:,}，保留 {kept:,}。检测范围：{chinese}"
    return Row(f"A {code}", title, seen, "report.json risks")


def ab_2013(found: report.Report) -> Iterable[Row]:
    """The twelve items of California AB 2013."""
    everything = _of_origin(found, "open-dataset", "self-collected", "commercial", "user", "synthetic")
    licences = [(k, f"{a.documents:,}") for k, a in found.licences.items()]
    yield Row("1", ("Sources or owners of the datasets", "数据来源或所有者"), everything, "report.json sources")
    yield Row("2", ("How the datasets further the intended purpose", "数据如何服务于用途"), MISSING)
    yield Row("3", ("Number of data points", "数据点数量"), _documents(found.totals.kept_amount), "report.json totals")
    yield Row(
        "4",
        ("Types of data points", "数据点类型"),
        ("web pages as plain text, without labels", "网页纯文本，无标注"),
        "README.md",
    )
    yield Row(
        "5",
        ("Copyright, trademark, patent, or public domain", "版权、商标、专利或公有领域"),
        (
            "; ".join(f"{k or 'unknown'}: {n}" for k, n in licences),
            "；".join(f"{k or '未知'}：{n}" for k, n in licences),
        ),
        "report.json licences",
    )
    yield Row("6", ("Purchased or licensed", "购买或许可"), _of_origin(found, "commercial"), "report.json sources")
    yield Row("7", ("Personal information", "个人信息"), _pii(found), "report.json pii")
    yield Row("8", ("Aggregate consumer information", "汇总消费者信息"), MISSING)
    yield Row(
        "9", ("Cleaning, processing, modification", "清洗、处理与修改"), _cleaning(found), "report.json funnel, rules"
    )
    yield Row(
        "10",
        ("Time period of collection, and whether it goes on", "采集时段与是否持续"),
        _period(found),
        "report.json times",
    )
    yield Row("11", ("Dates of first use", "首次使用日期"), MISSING)
    yield Row(
        "12", ("Use of synthetic data", "是否使用合成数据"), _of_origin(found, "synthetic"), "report.json sources"
    )


def _publication(found: report.Report, key: str) -> Pair:
    value = found.identity.publication.get(key)
    return _same(str(value)) if value else MISSING


def _diversity(found: report.Report) -> Pair:
    kept = [s.id for s in found.sources if s.kept.documents]
    n = found.domains.domains
    return f"{len(kept)} sources, {n:,} registered domains", f"{len(kept)} 个来源，{n:,} 个注册域名"


def _check(checks: Iterable[Check], key: str) -> tuple[Pair, str, str]:
    """Answer, evidence and verdict of a spot check; of the sources, of the one that stands worst."""
    order = ("not met", "too few", "met")
    mine = sorted((c for c in checks if c.key == key), key=lambda c: (order.index(c.verdict), c.rate, c.source))
    if not mine:
        return VERDICTS["not measured"], "", "not measured"
    found = mine[0]
    rate, low, high = (percent(x, 1) for x in (found.rate, found.low, found.high))
    n = f"{found.reviewed:,}"
    text = f"{n} reviewed, {rate} pass ({low} – {high})", f"抽检 {n} 条，合格率 {rate}（{low} – {high}）"
    if found.source:
        text = (
            f"worst of {len(mine)}, {found.source}: {text[0]}",
            f"{len(mine)} 个来源中最差者 {found.source}：{text[1]}",
        )
    if found.verdict == "too few":
        text = f"{text[0]}; {found.least:,} are asked for", f"{text[1]}；要求 {found.least:,} 条"
    return text, "report.json review", {"met": "pass", "not met": "fail"}.get(found.verdict, "not measured")


def _keywords(found: report.Report) -> tuple[Pair, str, str]:
    """Answer, evidence and verdict of the keyword library."""
    checked = found.review.lexicons if found.review else ()
    lists = checked or (found.risks.lexicons if found.risks else ())
    if not lists:
        return MISSING, "", "not measured"
    enough = any(x.complete for x in lists)
    english = "; ".join(f"{x.name}: {x.terms:,} terms" for x in lists)
    chinese = "；".join(f"{x.name}：{x.terms:,} 个词" for x in lists)
    evidence = "report.json review" if checked else "report.json risks"
    return (english, chinese), evidence, "pass" if enough else "fail"


TEMPLATES: dict[str, tuple[Pair, Callable[[report.Report], Iterable[Row]]]] = {
    "eu-ai-act": (("Public summary of training content (EU AI Act)", "训练内容公开摘要（欧盟人工智能法）"), eu_ai_act),
    "gb-t-45654": (("Corpus evidence (GB/T 45654-2025)", "语料安全证据（GB/T 45654-2025）"), gb_t_45654),
    "ab-2013": (("Training data documentation (California AB 2013)", "训练数据说明（加州 AB 2013）"), ab_2013),
}
