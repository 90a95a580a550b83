"""Lints about decisions, votes and changes."""

Texts = tuple[str, str, str, str]
LINTS: dict[str, Texts] = {
    "decision_name": (
        "should be named {wanted}.",
        "文件名应为 {wanted}。",
        "Rename it.",
        "请改名。",
    ),
    "decision_subject": (
        "{subject} is nothing that can be voted on here.",
        "{subject} 不是此处可以表决的对象。",
        "Name a release of this dataset, a notice, or an item of the roadmap.",
        "请写本数据集的版本、通知编号或路线图事项。",
    ),
    "decision_digest": (
        "voted on a release.yaml with sha256 {said}; the one here has {found}.",
        "表决所指 release.yaml 的 sha256 为 {said}，此处却是 {found}。",
        "Votes hold for the bytes they were cast on. Open a new decision.",
        "票只对当时的内容有效，请另开表决。",
    ),
    "vote_date": (
        "the vote of {handle} on {date} lies outside {opened} to {closed}, or before the vote above it.",
        "{handle} 于 {date} 的投票不在 {opened} 至 {closed} 之间，或早于前一票。",
        "Votes are added at the end, with the day they are cast.",
        "投票须按日期追加在末尾。",
    ),
    "vote_reason": (
        "{handle} votes -1 without a reason.",
        "{handle} 投反对票但未说明理由。",
        "Give the reason.",
        "请说明理由。",
    ),
    "closed_half": (
        "has a result without a closing day, or a day without a result.",
        "有结果而无结束日期，或有日期而无结果。",
        "Use openclaw-data registry accept or reject.",
        "请使用 openclaw-data registry accept 或 reject。",
    ),
    "quorum": (
        "was closed as accepted, but {why}.",
        "已按通过结束，但{why}。",
        "GOVERNANCE.md says what a decision of the kind {rule} needs.",
        "GOVERNANCE.md 写明了“{rule}”类决定的条件。",
    ),
    "transition": (
        "{action} is not possible while the dataset is {state}.",
        "数据集处于“{state}”状态时不能{action}。",
        "The order is proposed, accepted, deprecated, retired; taken down from any.",
        "顺序为：提议、接受、弃用、退役；任何状态均可撤下。",
    ),
    "unknown_action": (
        "{action} is decided elsewhere: datasets in their folders, roadmap and governance in decisions/.",
        "{action} 不在此处表决：数据集在其目录中，路线图与治理在 decisions/ 中。",
        "Move the file.",
        "请移动该文件。",
    ),
    "frozen": (
        "was changed; what was released, decided or announced is never edited.",
        "已被修改；已发布、已决定或已公告的内容不得改动。",
        "Restore it and add a new release, decision or notice.",
        "请恢复原文件，另加新版本、决定或通知。",
    ),
    "removed": (
        "was removed; the registry only grows.",
        "已被删除；登记处只增不减。",
        "Restore it. A dataset is retired or taken down by a decision.",
        "请恢复。数据集须经表决退役或撤下。",
    ),
    "votes_edited": (
        "votes that were there have been changed, or a closed decision was reopened.",
        "已有投票被改动，或已结束的表决被重新打开。",
        "Only add votes at the end.",
        "只能在末尾追加投票。",
    ),
    "own_folder": (
        "lies outside {folder}, the one dataset that this change is about.",
        "不在本次变更所属数据集 {folder} 之内。",
        "One change, one dataset, and nothing else; send the rest by itself.",
        "一次变更只涉及一个数据集；其余请另行提交。",
    ),
    "not_yours": (
        "{author} is no maintainer of {id}.",
        "{author} 不是 {id} 的维护者。",
        "Let one of its maintainers send the change: {handles}.",
        "请由其维护者提交：{handles}。",
    ),
    "vote_for_another": (
        "{author} adds a vote of {handle}.",
        "{author} 添加了 {handle} 的票。",
        "Everybody sends their own vote.",
        "每人只能提交自己的票。",
    ),
    "key_for_another": (
        "{author} adds a key of {handle}.",
        "{author} 添加了 {handle} 的公钥。",
        "Everybody sends their own key.",
        "每人只能提交自己的公钥。",
    ),
    "not_today": (
        "something new in it is dated {date}, and it is {today}.",
        "其中新增内容的日期为 {date}，而今天是 {today}。",
        "Votes and decisions carry the day they are sent, so that the days of a vote are days in public.",
        "投票与决定须写提交当日，以保证表决期确实公开。",
    ),
}
