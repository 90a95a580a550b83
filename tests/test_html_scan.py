# ruff: noqa: E501, ISC004  (markup reads best on one line)
"""The scanner against its plain twin, on generated markup and on what real pages do wrong."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_html import scan as twin_scan

from openclaw_data.extraction.blocks import link_texts
from openclaw_data.kernels import html
from openclaw_data.kernels.html_layout import B_ELEMENT, B_LINK_BYTES, E_DEPTH, E_PARENT, E_SIGNATURE, E_TAG
from openclaw_data.kernels.html_tables import TAGS


def scan(*pages: str) -> html.Scan:
    data = [page.encode("utf-8", "replace") for page in pages]
    return html.scan(np.cumsum([0, *map(len, data)]), np.frombuffer(b"".join(data), np.uint8))


def blocks(page: str) -> list[str]:
    found = scan(page)
    return [bytes(found.out[a:b]).decode() for a, b in found.blocks[:, :2]]


def fast(found: html.Scan, page: int = 0) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]:
    """Blocks (text, element, link bytes) and elements (tag, parent, depth) of one page, elements counted from its root."""
    root = found.page_elements[page]
    rows = found.blocks[found.page_blocks[page] : found.page_blocks[page + 1]]
    text = [bytes(found.out[r[0] : r[1]]).decode() for r in rows]
    elements = found.elements[root : found.page_elements[page + 1]]
    return (
        [(t, int(r[B_ELEMENT] - root), int(r[B_LINK_BYTES])) for t, r in zip(text, rows, strict=True)],
        [(TAGS[e[E_TAG]], max(int(e[E_PARENT] - root), -1), int(e[E_DEPTH])) for e in elements],
    )


def naive(page: str) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]:
    found = twin_scan(page)
    return (
        [(b.text, b.element, b.link_bytes) for b in found.blocks],
        [(e.tag, e.parent, e.depth) for e in found.elements],
    )


TAG_SOUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["html", "head", "body", "p", "div", "span", "a", "a", "b", "ul", "li", "ol", "table", "tr", "td", "th", "tbody", "pre", "br", "hr", "h1", "h3", "dl", "dd", "dt", "section", "sup", "math", "annotation", "ruby", "rt", "script", "style", "title", "textarea", "noscript", "svg", "select", "option", "button", "x-card", "mjx-c", "code"]
        ).flatmap(
            lambda tag: st.sampled_from(
                [f"<{tag}>", f"</{tag}>", f"<{tag} class='a b'>", f'<{tag} href="x>y">', f"<{tag}/>", f"<{tag.upper()}\n>",
                 f"<{tag} hidden>", f'<{tag} style="Display: none">', f"<{tag} class=katex-html>", f"<{tag} encoding=x-tex>"]
            )
        ),
        st.sampled_from(
            ["x", "word ", " 中", "文\n", "\n字", "。", "\u3000", "\xa0", "\xad", "&amp;", "&lt", "&copy2", "&#20013;", "&#x80;",
             "&nbsp;", "&notit;", "& ", "<", "< a", "</", "</ x>", "<!-- c -->", "<!-->", "<!--a--!>", "<!doctype html>", "<?x?>",
             "<![CDATA[y]]>", "2", "\t", "\r\n", "\0", "<!--", "-->", "<p", "é", "</script", "𝒳",
             "<img class=tex alt=x>", "<img alt='x' class='latex'>", "<img alt=x>", "<img src=//a/latex.php?x alt='$ x^2 $'>",
             "<annotation encoding=tex>x</annotation>", "<img class=tex alt=''>", "<img class=tex hidden alt=h>", "<script type=math/tex>x</script>", "&zwsp;", "&#173;", "&emsp;"]
        ),
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(TAG_SOUP)
@settings(max_examples=600)
def test_the_scanner_is_its_plain_twin(page: str) -> None:
    found = scan(page)
    assert fast(found) == naive(page)
    assert link_texts(found) == [twin_scan(page).link_text]


@given(st.lists(TAG_SOUP, max_size=5))
@settings(max_examples=50)
def test_pages_of_a_batch_do_not_touch_each_other(pages: list[str]) -> None:
    found = scan(*pages)
    assert [fast(found, k) for k in range(len(pages))] == [naive(page) for page in pages]
    assert link_texts(found) == [twin_scan(page).link_text for page in pages]


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_can_be_scanned(data: bytes) -> None:
    found = html.scan(np.array([0, len(data)]), np.frombuffer(data, np.uint8))
    ends = found.blocks[:, 1]
    assert (np.diff(ends) > 0).all()
    assert (found.blocks[:, 0] < ends).all()


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>a<p>b", ["a", "b"]),
        ("<b>foo</b>bar <i>baz</i>", ["foobar baz"]),
        ("<td>one<td>two", ["one", "two"]),
        ("中文\n  断行", ["中文断行"]),
        ("English\n  line", ["English line"]),
        ("a<br>b<br><br>c<br> <br>d", ["a\nb", "c", "d"]),
        ("<pre>\n  a\n\tb\n</pre>", ["  a\n\tb"]),
        ("<pre><div>x = 1</div><div>  y</div></pre>z", ["x = 1\n  y", "z"]),
        ("<a title='x>y'>t</a>", ["t"]),
        ("<img alt='Geingob's plan' src=x>text", ["text"]),
        ("<script>if (a</b) '</p>'</script>x", ["x"]),
        ("<script><!-- <script>a</script> --></script>x", ["x"]),
        ("<style>p{}</style><template><p>t</template>y", ["y"]),
        ("a<!-- > -- -->b<!-->c<!--[if IE]>d<![endif]-->e", ["abce"]),
        ("<![if !IE]>a<![endif]>", ["a"]),
        ("x<wbr>y&shy;z&ZeroWidthSpace;", ["xyz"]),
        ("&lt;p&gt; &ampx &notit; &#x4e2d;&#25991 &bogus; &", ["<p> &x ¬it; 中文 &bogus; &"]),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", ["漢字"]),
        ("10<sup>6</sup> x<sup>2</sup> 1<sup>st</sup> word<sup><a href=#f>3</a></sup>", ["10^6 x^2 1st word3"]),
        ("<span hidden>no</span>yes<i style='display : none'>no</i>", ["yes"]),
        ("a <math><mi>x</mi><annotation encoding='application/x-tex'>x &lt; 2</annotation></math>.", ["a $x < 2$."]),
        ("<math><mi>x</mi></math>", ["x"]),
        ("so <script type='math/tex'>\\frac12</script> is", ["so $\\frac12$ is"]),
        ("<script type='math/tex; mode=display'>x</script>", ["$$x$$"]),
        (
            '<span class="katex"><math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation>'
            '</semantics></math><span class="katex-html"><span>x2</span></span></span> y',
            ["$x^2$ y"],
        ),
        (
            "so <img class='mwe-math-fallback-image-inline' alt='{\\displaystyle x^2}'> is",
            ["so ${\\displaystyle x^2}$ is"],
        ),
        ("<img src='https://latex.codecogs.com/svg.image?x' alt='x &lt; y'>,", ["$x < y$,"]),
        ("<img src='https://www.zhihu.com/equation?tex=x' alt=x>和<img class='a tex' alt='$x$'>", ["$x$和$x$"]),
        ("<img src=gloves-latex.jpg alt=Gloves class='product math'><img src='text.png' alt=Text>", []),
        ("<noscript><img class=tex alt=x></noscript><img class=tex style='display:none' alt=x>", []),
        (
            "<span><span style='display: none'class=mwe-math-mathml-inline><math><mi>x</mi><annotation encoding='application/x-tex'>"
            "{x}</annotation></math></span><img class=mwe-math-fallback-image-inline alt='{x}'></span> and <img class=tex alt='{x}'>",
            ["${x}$ and ${x}$"],
        ),
        (
            "<math><annotation encoding=tex>{x}</annotation></math><img class=tex alt=x>, <img class=tex alt=y>",
            ["${x}$, $y$"],
        ),
        ("<frameset><frame src=a></frameset><noframes>no</noframes>", []),
        ("<title>T</title>", []),
        ("a<![CDATA[b > c]]>d", ["a c]]>d"]),
        ("<noscript><p>no</p></noscript>yes<noscript>no", ["yes"]),
        ("<template><div>no<p>no</div></template>yes", ["yes"]),
        ("<dl><dt>term<dd>meaning<dt>other<dd>one</dl>", ["term", "meaning", "other", "one"]),
        ("<table><tr><td colspan=2>a</td><td rowspan=3>b<tr><td>c</table>", ["a", "b", "c"]),
        (
            "<a href=1>首页</a>\n<a href=2>新闻</a> | 这是<a href=3>链接</a>\n后面，<a href=4>前\n面</a>",
            ["首页 新闻 | 这是链接后面，前面"],
        ),
        ("<a href=1>ニュース</a>\n  <a href=2>\nホーム</a><a href=3>続</a>", ["ニュース ホーム続"]),
        ("<ruby>東<rb>京</rb><rtc><rt>とう<rt>きょう</rtc></ruby>は", ["東京は"]),
        ("这是<b>中文</b>\n<i>文字</i>，\nEnglish\n混排", ["这是中文文字， English 混排"]),
        ("H<sub>2</sub>O E=mc<sup>2</sup> e<sup>-x</sup> 10<sup>th</sup>", ["H2O E=mc^2 e^-x 10th"]),
        ("auto&shy;<wbr>matic\u200bally co\xadop<wbr>", ["automatically coop"]),
        ("<pre>a  b\n\n\tc &lt;d&gt;  \n</pre>", ["a  b\n\n\tc <d>"]),
        ("<!--[if lt IE 9]><p>old</p><![endif]--><!--[if !IE]><!--><p>new<!--<![endif]-->", ["new"]),
        ("<script>var a = '</div></scr' + 'ipt>'; if (1 </script\n x>y", ["y"]),
        ("<svg><text>no</text><path/></svg>yes", ["yes"]),
        ("<my-card>a</my-card>b", ["a", "b"]),
        ("a < b, 1 <2 and x<", ["a < b, 1 <2 and x<"]),
        ("<a href=1>x<div>y</a>z</div>", ["x", "yz"]),
        ("<p>a</div>b", ["ab"]),
        ("a\0b", ["ab"]),
        ("", []),
    ],
)
def test_markup_as_it_comes(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


def test_links_are_counted_by_bytes_and_number() -> None:
    found = scan("<p>see <a href=a>here</a> and <a name=b>there</a>")
    assert found.blocks[0, B_LINK_BYTES : B_LINK_BYTES + 2].tolist() == [len(" here"), 1]


def test_text_of_links_is_kept_apart_link_by_link() -> None:
    menu = (
        "<ul><li><a href=1>首页</a><li><a href=2>About <b>us</b></a></ul><a href=3><div>two</div><div>blocks</div></a>"
    )
    hidden = '<div style="display:none"><a href=4>hidden</a></div><a name=5>anchor</a>'
    found = scan(menu + "<p>text" + hidden, "<p>no link", "<a href=1>x &amp; y</a>")
    assert [text.split() for text in link_texts(found)] == [
        ["首页", "About", "us", "two", "blocks", "hidden"], [], ["x", "&", "y"],
    ]  # fmt: skip


def test_signatures_ignore_digits_and_tell_classes_apart() -> None:
    found = scan("<div class='post-1'>a</div><div class='post-22'>b</div><div class=nav>c</div>")
    a, b, c = found.elements[1:, E_SIGNATURE]
    assert a == b != c


def test_words_of_real_pages_are_those_of_a_tree(shared_data: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "full_text", Path(__file__).parents[1] / "benchmarks" / "full_text.py"
    )
    assert spec is not None
    assert spec.loader is not None
    full_text = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(full_text)
    pages = list(full_text.pages([shared_data / "pages-00002.warc.gz"], None, 40))
    assert len(pages) > 5
    for page, mine in zip(pages, full_text.ours(pages), strict=True):
        found, size, more, less = full_text.explain(page, mine)
        assert found["rest"] + found["spacing"] <= 0.005 * (size + mine.total()), (more, less)
