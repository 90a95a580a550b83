"""HTML around the prose of the bundled sample: sites with navigation, side bars, share bars and footers.

Nothing here is random: which site a page belongs to, its number and its date follow from a hash of its title.
"""

import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

PROSE = Path(__file__).with_name("sample_prose")


@dataclass(frozen=True)
class Prose:
    """One written page: `kind` is its genre or what it shows, `paragraphs` are lines of its prose file."""

    language: str
    kind: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """All paragraphs, one a line."""
        return "\n".join(self.paragraphs)


def read_prose(name: str, language: str = "") -> list[Prose]:
    """The pages of `sample_prose/NAME.txt`: `=== kind [language] | title`, then a paragraph a line.

    In files of several languages the header names the language after the kind; in other.txt the kind is the language.
    """
    pages = []
    for block in ("\n" + (PROSE / f"{name}.txt").read_text("utf-8")).split("\n=== ")[1:]:
        head, *lines = block.strip().split("\n")
        kind, title = head.split(" | ", 1)
        kind, _, own = kind.partition(" ")
        pages.append(Prose(own or language or kind, kind, title, tuple(lines)))
    return pages


def number(*parts: str) -> int:
    """A fixed number for these strings."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:6], "big")


@dataclass(frozen=True)
class Furniture:
    """The parts of a site that are not the article."""

    hosts: tuple[str, ...]
    site: str
    home: str
    nav: tuple[str, ...]
    related: str
    share: str
    cookie: str
    footer: str


EN = Furniture(
    (
        "www.harbourpost.example.com",
        "blog.slowlane.example.org",
        "kettleandpen.example.net",
        "www.ashcombe.example.com",
    ),
    "The Harbour Post",
    "Home",
    ("News", "Food", "Travel", "Letters", "Archive", "About us", "Contact"),
    "You may also like",
    "Share: Facebook | Twitter | WhatsApp | Print",
    "We use cookies to make this site work. Accept | Reject | Settings",
    "© 2024 The Harbour Post. All rights reserved. Terms of use | Privacy policy | Sitemap",
)
HANS = Furniture(
    (
        "www.jiangbianbao.example.cn",
        "blog.manmanzou.example.com",
        "bbs.guihuayuan.example.cn",
        "www.qingshigou.example.cn",
    ),
    "江边晚报网",
    "首页",
    ("新闻", "美食", "旅游", "读书", "健康", "论坛", "专题"),
    "相关阅读",
    "分享到： 微信 微博 QQ空间 收藏 打印",
    "手机看新闻，扫一扫下载客户端",
    "版权所有 © 2024 江边晚报网 京ICP备00000000号-1 京公网安备00000000000000号 增值电信业务经营许可证",
)
HANT = Furniture(
    ("www.hekouxi.example.tw", "blog.slowstreet.example.com.tw", "www.shequ.example.org.tw"),
    "河口生活誌",
    "首頁",
    ("新聞", "美食", "旅遊", "藝文", "健康", "論壇", "專題"),
    "延伸閱讀",
    "分享： 臉書 LINE 列印 收藏",
    "本網站使用 Cookie 改善您的瀏覽經驗",
    "版權所有 © 2024 河口生活誌 隱私權政策 聯絡我們 網站地圖",
)
FURNITURE = {"en": EN, "zh-Hans": HANS, "zh-Hant": HANT}
RELATED = {
    "en": (
        "Ten walks for a short day",
        "What to plant in October",
        "The shop that sells only string",
        "Letters, week 41",
    ),
    "zh-Hans": ("周末去哪儿玩", "十月花事", "本周天气早知道", "读者来信选登", "老照片里的县城", "一碗面的距离"),
    "zh-Hant": ("週末散步地圖", "本月新書", "讀者投書", "老屋新生", "一日小旅行"),
}


def furniture(language: str) -> Furniture:
    return FURNITURE.get(language, EN)


def url(page: Prose, salt: str = "") -> str:
    """Where the page is said to have been found; reserved example domains only."""
    hosts = furniture(page.language).hosts
    n = number(page.title, page.language, salt)
    return f"https://{hosts[n % len(hosts)]}/{page.kind}/{n % 1_000_000:06d}.html"


def article(page: Prose) -> str:
    """The body of the page: paragraphs, forum posts (`@name: text`), code (`| line`)."""
    out, code = [], []
    for line in page.paragraphs:
        if line.startswith("| "):
            code.append(html.escape(line[2:]))
            continue
        if code:
            out.append("<pre><code>" + "\n".join(code) + "</code></pre>")
            code = []
        if line.startswith("@"):
            name, text = line[1:].replace("：", ": ", 1).split(": ", 1)
            out.append(f'<div class="post"><b class="author">{html.escape(name)}</b><p>{html.escape(text)}</p></div>')
        else:
            out.append(f"<p>{html.escape(line)}</p>")
    return "\n".join(out)


def links(titles: tuple[str, ...] | list[str], css: str) -> str:
    items = "".join(f'<li><a href="/a/{number(t) % 99_999}.html">{html.escape(t)}</a></li>' for t in titles)
    return f'<ul class="{css}">{items}</ul>'


def document(page: Prose, body: str = "", *, charset: str = "utf-8", head: str = "", notice: str = "") -> str:
    """The whole HTML page. `charset=""` declares none; `head` and `notice` are markup for head and foot."""
    f, n = furniture(page.language), number(page.title)
    meta = f'<meta charset="{charset}">' if charset else ""
    if charset.startswith(("gb", "big5")):
        meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    related = RELATED.get(page.language, RELATED["en"])
    related = related[n % len(related) :] + related[: n % len(related)]
    crumbs = f'<div class="crumbs"><a href="/">{f.home}</a> &gt; <a href="/c/">{f.nav[n % len(f.nav)]}</a></div>'
    date = f"2024-{n % 9 + 1:02d}-{n % 27 + 1:02d}"
    title = html.escape(page.title)
    heading = f"<h1>{title}</h1>\n<p class='meta'><time datetime='{date}'>{date}</time></p>"
    main = f"<article class='content'>\n{heading}\n{body or article(page)}\n{notice}</article>"
    if n % 3 == 0:
        main = f"<div id='main' class='post-content'>\n{heading}\n{body or article(page)}\n{notice}</div>"
    lang = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}.get(page.language, page.language)
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head>{meta}<title>{title} - {f.site}</title>{head}
<style>.nav li{{display:inline}} .content{{max-width:40em}}</style>
<script>window.page={{"id":{n % 999_999}}};</script></head>
<body>
<header><div class="logo"><a href="/">{f.site}</a></div><nav>{links(f.nav, "nav")}</nav></header>
{crumbs}
{main}
<div class="share">{f.share}</div>
<aside class="sidebar"><h3>{f.related}</h3>{links(related, "related")}</aside>
<div id="cookie-banner" class="cookie">{f.cookie}</div>
<footer>{f.footer}</footer>
</body></html>
"""
