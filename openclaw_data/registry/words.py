"""The sentences of the findings: code -> fact in English and Chinese, remedy in English and Chinese."""

from openclaw_data.registry import words_data, words_votes
from openclaw_data.registry.words_votes import Texts

LINTS: dict[str, Texts] = {**words_data.LINTS, **words_votes.LINTS}
HINTS: dict[str, Texts] = {
    "no_base": (
        "was not compared with an earlier state, so edits of frozen files were not looked for.",
        "未与先前状态比较，因此未检查已冻结文件是否被改动。",
        "Give --base, a git revision or a folder.",
        "请用 --base 给出 git 版本或目录。",
    ),
    "restricts": (
        "the licence {value} forbids {what}.",
        "许可证 {value} 禁止{what}。",
        "Many users cannot take it; say so in the description.",
        "许多用户无法使用，请在说明中写明。",
    ),
    "no_licence": (
        "the source {id} has no licence.",
        "来源 {id} 没有许可证。",
        "Reviewers will ask under which right it is published.",
        "评审会问其发布依据。",
    ),
    "illegal_unknown": (
        "the rate of illegal content was not measured.",
        "违法不良内容比例未测量。",
        "Draw a sample and have people look at it: openclaw-data review sample.",
        "请抽样人工检查：openclaw-data review sample。",
    ),
    "no_location": (
        "no place is named where the data can be had.",
        "未写明数据的获取地址。",
        "Add one under locations.",
        "请在 locations 中添加。",
    ),
    "signature_unchecked": (
        "the signature was not checked: a package is not installed.",
        "未核对签名：缺少软件包。",
        "Run: pip install 'openclaw-data[sign]'",
        "请运行：pip install 'openclaw-data[sign]'",
    ),
    "optouts_due": (
        "opt-outs up to {newest} are not applied yet; applied as of {said}.",
        "截至 {newest} 的退出条目尚未执行；现执行至 {said}。",
        "Publish a release without them: openclaw-data takedown DATASET --optout opt-outs/domains.txt",
        "请发布不含它们的新版本：openclaw-data takedown DATASET --optout opt-outs/domains.txt",
    ),
    "waiting": (
        "is open as {rule}: {why}.",
        "正在表决（{rule}）：{why}。",
        "openclaw-data registry vote {path} --handle YOU --vote +1",
        "openclaw-data registry vote {path} --handle 账号 --vote +1",
    ),
    "maintainers_changed": (
        "its maintainers were {before} and become {now}.",
        "维护者由 {before} 变为 {now}。",
        "Ask those who are new whether they agree.",
        "请确认新维护者同意。",
    ),
    "ready": (
        "has all the votes and days it needs ({rule}).",
        "票数与天数均已满足（{rule}）。",
        "openclaw-data registry accept {path}",
        "openclaw-data registry accept {path}",
    ),
    "not_binding": (
        "the vote of {handle} is noted and does not count: {why}.",
        "{handle} 的票已记录但不计数：{why}。",
        "MAINTAINERS.yaml lists who may vote; nobody votes on their own dataset.",
        "MAINTAINERS.yaml 列出有表决权者；任何人不得对自己的数据集表决。",
    ),
    "undecided": (
        "the release has no decision yet.",
        "该版本尚无表决。",
        "openclaw-data registry propose {id} --action accept --subject {version} --by YOU",
        "openclaw-data registry propose {id} --action accept --subject {version} --by 账号",
    ),
    "shared_files": (
        "belongs to the whole registry.",
        "属于整个登记处。",
        "It goes by a decision of its own (GOVERNANCE.md).",
        "须另行表决（GOVERNANCE.md）。",
    ),
}
