"""The words of the pages, in English and Chinese: one table, so that neither language lags behind."""

import re

from markupsafe import Markup, escape

CODES = {
    "clear": "开放许可",  # rights_status
    "reserved": "声明保留",
    "unknown": "未见声明",
    "open-dataset": "开源数据集",  # origin
    "self-collected": "自行采集",
    "commercial": "商业采购",
    "user": "用户数据",
    "synthetic": "合成数据",
    "licence": "许可证",  # publication
    "creator": "发布者",
    "url": "网址",
}
"""What readers of Chinese see for a code of the data; readers of English see the code."""
_CODE = re.compile(r"`([^`]+)`")
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Audit report", "审计报告"),
    "explain": ("What the rules of this run do", "本次运行中各条规则的作用"),
    "contents": ("Contents", "目录"),
    "identity": ("Identity", "身份"),
    "totals": ("Balance", "总账"),
    "funnel": ("Funnel", "漏斗"),
    "rules": ("Rules", "规则"),
    "sources": ("Sources", "来源"),
    "domains": ("Domains", "域名"),
    "languages": ("Languages and scripts", "语言和文字"),
    "times": ("Fetch times", "抓取时间"),
    "rights": ("Rights signals", "权利声明"),
    "licences": ("Licences", "许可证"),
    "pii": ("Personal data", "个人信息"),
    "risks": ("Toxicity and risks", "有害内容与风险"),
    "duplicates": ("Duplicates", "重复"),
    "contamination": ("Benchmark contamination", "评测集污染"),
    "signals": ("Signals and thresholds", "指标与阈值"),
    "samples": ("Samples", "样例"),
    "review": ("Spot check", "人工抽检"),
    "estimate": ("Estimate and actual", "预估与实际"),
    "estimated": ("estimated", "预估"),
    "actual": ("actual", "实际"),
    "cpu_seconds": ("CPU seconds", "CPU 秒"),
    "wall_seconds": ("seconds", "秒"),
    "peak_worker_bytes": ("peak memory of a worker, MB", "单个进程内存峰值，MB"),
    "output_bytes": ("output, MB", "输出，MB"),
    "reproducibility": ("Reproducibility", "可复现性"),
    "not_measured": ("Not measured", "未测量"),
    "not_measured_here": ("Not measured.", "未测量。"),
    "not_provided": ("not provided", "未提供"),
    "unknown": ("unknown", "未知"),
    "documents": ("documents", "文档"),
    "characters": ("characters", "字符"),
    "tokens": ("tokens", "词元"),
    "share": ("share", "占比"),
    "read": ("read", "读入"),
    "kept": ("kept", "保留"),
    "dropped": ("dropped", "剔除"),
    "errors": ("errors", "出错"),
    "judged": ("judged", "已判定"),
    "balance_closes": (
        "Every record that was read is kept, dropped by a named rule, or an error: read = kept + dropped + errors.",
        "读入的每一条记录，要么保留，要么被具名规则剔除，要么出错：读入 = 保留 + 剔除 + 出错。",
    ),
    "text_size": ("text kept", "保留的文本"),
    "raw_size": ("raw files", "原始文件"),
    "name": ("name", "名称"),
    "version": ("version", "版本"),
    "description": ("description", "说明"),
    "run_id": ("run", "运行编号"),
    "recipe_digest": ("recipe digest (sha256)", "配方摘要 (sha256)"),
    "stage": ("stage", "阶段"),
    "entered": ("entered", "进入"),
    "left": ("left", "剩余"),
    "first_drop": (
        "A document counts at the first stage that drops it.",
        "一篇文档只计入最先剔除它的阶段。",
    ),
    "rule": ("rule", "规则"),
    "keeps": ("keeps", "保留条件"),
    "only": ("by it only", "仅因它"),
    "fail": ("fail", "未通过"),
    "several": (
        "A document may break several rules; what falls by one rule only would come in if that rule were removed.",
        "一篇文档可能违反多条规则；“仅因它”指去掉这条规则就会保留的文档。",
    ),
    "source": ("source", "来源"),
    "origin": ("origin", "取得方式"),
    "licence": ("licence", "许可证"),
    "record": ("record", "凭据"),
    "period": ("fetched", "抓取时段"),
    "domain": ("domain", "域名"),
    "domains_many": ("registered domains", "个注册域名"),
    "top_tenth": ("share of the largest 10 %", "最大的 10 % 所占字符"),
    "top_1000": ("share of the largest 1,000", "最大的 1,000 个所占字符"),
    "curve": ("Share of domains (largest first) → share of characters", "域名占比（从大到小）→ 字符占比"),
    "domains_file": ("The whole top, as a table: domains.csv", "完整列表见 domains.csv"),
    "language": ("language", "语言"),
    "script": ("script", "文字"),
    "by_month": ("Kept documents by month", "按月统计的保留文档"),
    "first": ("first", "最早"),
    "last": ("last", "最晚"),
    "status": ("status", "状态"),
    "signal": ("signal", "声明"),
    "optouts": ("Opt-out lists and robots.txt applied", "已应用的退出名单与 robots.txt"),
    "kind": ("kind", "类别"),
    "items": ("items masked", "已遮盖处数"),
    "residual": ("Left after masking", "遮盖后残留"),
    "searched": ("published documents searched again, chosen by digest", "再次检索的已发布文档（按摘要抽取）"),
    "found_again": ("documents · values found", "命中文档 · 处数"),
    "risk": ("risk (GB/T 45654, annex A)", "风险（GB/T 45654 附录 A）"),
    "per_million": ("documents a million", "每百万文档"),
    "toxicity": ("Toxicity score", "有害性分数"),
    "code": ("code", "编号"),
    "compared": ("documents compared", "参与比较的文档"),
    "clusters": ("clusters of duplicates", "重复簇"),
    "largest": ("largest cluster", "最大的簇"),
    "reason": ("reason", "原因"),
    "benchmark": ("benchmark", "评测集"),
    "unit": ("unit", "单位"),
    "chart_key": (
        "Light: all judged; dark: kept; red lines: what rules compare with. Heights are square roots of counts.",
        "浅色：全部已判定文档；深色：保留文档；红线：规则的阈值。高度为计数的平方根。",
    ),
    "no_text": (
        "Texts are left out; `openclaw-data audit DATASET --work WORK` shows how they begin.",
        "未包含正文；用 `openclaw-data audit DATASET --work WORK` 可显示正文开头。",
    ),
    "values": ("values", "数值"),
    "text": ("text", "正文"),
    "kept_samples": ("Kept", "保留"),
    "versions": ("Code and environment", "代码与环境"),
    "packs": ("Rule packs (sha256)", "规则包 (sha256)"),
    "models": ("Models (sha256)", "模型 (sha256)"),
    "recipe": ("Recipe", "配方"),
    "block": ("block", "项目"),
    "thresholds": ("Thresholds", "阈值"),
    "nothing": ("none", "无"),
    "settings": ("settings", "设置"),
    "rendered": ("This page renders report.json beside it.", "本页呈现同目录下的 report.json。"),
    "on_both_sides": ("Samples on both sides", "阈值两侧的样例"),
    "kept_side": ("kept side", "保留一侧"),
    "dropped_side": ("dropped side", "剔除一侧"),
    "pass_rate": ("pass rate", "合格率"),
    "interval": ("95 % interval", "95 % 区间"),
    "required": ("required", "要求"),
    "verdict": ("verdict", "结论"),
    "met": ("met", "达到"),
    "not_met": ("not met", "未达到"),
    "too_few": ("too few", "数量不足"),
    "check_manual": ("reviewed by people", "人工抽检"),
    "check_source": ("of each source", "各来源抽检"),
    "check_technical": ("word lists and classifiers", "关键词与分类模型抽检"),
    "review_how": (
        "A document passes when everyone who decided on it passed it. A flagged one fails until people pass it.",
        "所有作出判断的抽检人都判为合格，文档才算合格；技术抽检命中的文档，未经人工判为合格前按不合格计。",
    ),
    "seed": ("seed", "随机种子"),
    "reviewers": ("reviewers", "抽检人数"),
    "agreement": ("alike, of those that two decided on", "两人均已判断且一致"),
    "unsure": ("undecided", "存疑未决"),
    "no_reason": ("no reason given", "未注明原因"),
    "flagged": ("flagged by", "命中"),
    "all": ("all", "全部"),
    "item": ("item", "条目"),
    "evidence": ("evidence", "证据"),
    "answer": ("answer", "内容"),
}


def both(key: str) -> Markup:
    """A word in both languages; the page's switch shows one of them."""
    english, chinese = WORDS[key]
    return pair(coded(english), coded(chinese))


def pair(english: str, chinese: str) -> Markup:
    """Two texts that say the same; both are escaped."""
    made = Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh">{}</span>')
    return made.format(english, chinese)


def coded(text: str) -> Markup:
    """A text, escaped, with what stands in backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped


def named(code: str) -> Markup:
    """A code, in Chinese by its name where it has one."""
    return pair(code, CODES.get(code, code))
