"""Pages nobody should learn from, made from word lists of our own: search spam, link lists, threads of short posts.

The quality models learn from them beside real pages, because real bad pages come from few sites, and a model that has
seen two sites learns the sites. Everything is drawn from a seeded generator: the same seed gives the same pages.
"""

import html
import random
import re
from collections.abc import Iterator

SPAM = {
    "en": {
        "thing": "car rental|dentist|web hosting|payday loan|weight loss pills|running shoes|kitchen remodel|plumber|"
        "casino bonus|phone repair|essay writing service|vpn|forex broker|wedding dress|replica watches|coupon code|"
        "carpet cleaning|insurance quote|pest control|air purifier",
        "place": "Denver|Leeds|Toronto|Phoenix|Sydney|Dallas|Manchester|Tampa|Austin|Bristol|Perth|Omaha|Calgary|"
        "Glasgow|Memphis",
        "praise": "cheap|best|top|affordable|trusted|discount|luxury|local|leading|amazing|low cost|number one",
        "line": "{praise} {thing} in {place}|"
        "Looking for {praise} {thing} in {place}? You have come to the right place.|"
        "Our {praise} {thing} offers the {praise} price in {place}.|Click here to get {thing} {place} today.|"
        "{thing} near {place}, {thing} {place} prices, {praise} {thing} {place}.|"
        "Find {praise} {thing} deals and save up to {n}% off.|Book now and save on {thing}! Call {n}-555-0{n}.|"
        "We provide {praise} {thing} services for every budget in {place}.|"
        "Read reviews, compare prices and order {thing} online with free delivery.|"
        "{place} {thing} is {praise}, and {praise} {thing} is what {place} customers want.|"
        "If you need {thing}, {praise} {thing} from our team is the {praise} choice.|"
        "Don't miss our {praise} offer on {thing}, limited time only!",
    },
    "zh": {
        "thing": "租车|牙科|网站建设|贷款|减肥药|跑步鞋|装修公司|管道疏通|"
        "娱乐城|手机维修|论文代写|加速器|外汇平台|婚纱摄影|"
        "高仿手表|优惠券|保洁|保险|除虫|净化器|私服|彩票|办证|刻章",
        "place": "武汉|成都|苏州|青岛|长沙|郑州|东莞|厦门|合肥|昆明|沈阳|南宁",
        "praise": "专业|优质|正规|低价|知名|靠谱|品牌|最好的|一流|便宜",
        "line": "{place}{thing}哪家好？{place}{praise}{thing}推荐。|{place}{thing}公司电话：{n}-{n}{n}，欢迎来电咨询！|"
        "我们提供{praise}{thing}服务，价格优惠，质量保证。|{thing},{place}{thing},{place}{praise}{thing},{thing}多少钱|"
        "点击立即咨询{thing}，限时优惠{n}元！|{praise}的{thing}，选择我们没错，全国统一热线{n}{n}。|"
        "本公司是{place}一家{praise}的{thing}企业，竭诚为您服务。|{thing}加微信：vx{n}，诚信经营，非诚勿扰。|"
        "【{place}{thing}】{praise}{thing}_{place}{thing}价格_{place}{thing}公司",
    },
}
LINKS = {
    "en": "Home|About us|Contact|Login|Sign up|Privacy policy|Terms of service|Next page|Previous|Search|Subscribe|"
    "Read more|Comments|Share|Tags|Categories|Archives|Recent posts|Follow us|RSS|"
    "Copyright {n}|Page {n} of {n}|{n} views|"
    "Posted {n} days ago|Add to cart|${n}.99|Reply|Menu|Skip to content|All rights reserved",
    "zh": "首页|关于我们|联系我们|登录|注册|下一页|上一页|搜索|订阅|阅读全文|评论({n})|分享到微博|标签|"
    "分类目录|归档|最新文章|"
    "热门文章|版权所有|第{n}页|阅读({n})|发布于20{n}-0{n}|加入购物车|￥{n}.00|回复|菜单|返回顶部|友情链接|"
    "站内公告|相关推荐|"
    "点击量：{n}",
}
_TWEET = re.compile(r"http\S+|\bRT\b|@\w+:?|^[!\"\s]+")


def spam(language: str, count: int) -> Iterator[str]:
    """Pages about one thing in one place, said again and again."""
    draw = random.Random(7)
    words = {key: value.split("|") for key, value in SPAM[language].items()}
    for _ in range(count):
        subject = {"thing": draw.choice(words["thing"]), "place": draw.choice(words["place"])}
        lines = []
        for _ in range(draw.randint(5, 60)):
            line = draw.choice(words["line"])
            for key, word in subject.items():
                line = line.replace("{" + key + "}", word if draw.random() < 0.8 else draw.choice(words[key]))
            line = _filled(draw, line, "praise", words["praise"])
            line = _filled(draw, line, "n", [str(n) for n in range(10, 1000)])
            lines.append(line if draw.random() < 0.6 else line.lower())
        yield ("\n" if draw.random() < 0.4 else " " if language == "en" else "").join(lines)


def link_lists(language: str, count: int, titles: list[str]) -> Iterator[str]:
    """What is left of a page without an article: navigation and titles."""
    draw, links = random.Random(8), LINKS[language].split("|")
    for _ in range(count):
        items = [draw.choice(links if draw.random() < 0.6 else titles) for _ in range(draw.randint(10, 60))]
        items = [_filled(draw, item, "n", [str(n) for n in range(1, 100)]) for item in items]
        yield ("\n" if draw.random() < 0.7 else " | ").join(items)


def threads(posts: list[str], count: int) -> Iterator[str]:
    """Short posts by many hands, two to eleven a page, without addresses and re-post marks."""
    draw = random.Random(9)
    posts = [_TWEET.sub("", html.unescape(post)).strip() for post in posts]
    posts = [post for post in posts if post]
    draw.shuffle(posts)
    for _ in range(count):
        size = draw.randint(2, 11)
        if len(posts) < size:
            return
        yield "\n".join(posts.pop() for _ in range(size))


def _filled(draw: random.Random, line: str, key: str, words: list[str]) -> str:
    while "{" + key + "}" in line:
        line = line.replace("{" + key + "}", draw.choice(words), 1)
    return line
