# ruff: noqa: E501  (markup reads best on one line)
"""What the engine makes of chosen blocks: lines, Markdown, comments, and the model's own file."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data.extraction import assemble, blocks, model
from openclaw_data.extraction.cleaning import clean
from openclaw_data.kernels import html, html_features, html_join, html_judge, html_trees, html_vectors
from openclaw_data.kernels.html_blocks import TEXTS
from openclaw_data.kernels.html_tables import WORDS, word_bucket

PARAGRAPH = "A paragraph of words, long enough to be the text of a page, comes here and says what it says. "


def all_of(page: str, *, markdown: bool = False) -> str:
    scan = next(blocks.scans([page]))
    make = assemble.markdown if markdown else assemble.texts
    return make(scan, np.ones(len(scan.blocks), np.bool_))[0]


def test_paragraphs_items_and_cells_keep_their_lines() -> None:
    page = "<h1>T</h1><p>a<p>b<br>c<ul><li>x<li>y</ul><table><tr><td>1<td>2<tr><td>3<td>4</table><p>z"
    assert all_of(page) == "T\n\na\n\nb\nc\n\nx\ny\n\n1\t2\n3\t4\n\nz"


def test_markdown_marks_headings_lists_quotations_code_and_tables() -> None:
    page = (
        "<h2>T</h2><p>a<ul><li>x<ol><li>deep</ol><li>y</ul><blockquote><p>q</blockquote><pre>if x:\n  y</pre>"
        "<table><tr><th>A<th>B<tr><td>1<td>2|3</table><p>z"
    )
    assert all_of(page, markdown=True) == (
        "## T\n\na\n\n- x\n  1. deep\n- y\n\n> q\n\n```\nif x:\n  y\n```\n\n| A | B |\n| --- | --- |\n| 1 | 2\\|3 |\n\nz"
    )


def test_markdown_keeps_lists_in_lists_and_what_follows_them() -> None:
    page = "<ol><li>a<ul><li>b<ul><li>c</ul></ul>after<li>d<p>more</ol><dl><dt>term<dd>meaning</dl>"
    assert all_of(page, markdown=True) == "1. a\n  - b\n    - c\n  after\n1. d\n  more\n\nterm\n\nmeaning"
    assert all_of(page) == "a\nb\nc\nafter\nd\nmore\nterm\nmeaning"


def test_markdown_keeps_code_as_it_stands() -> None:
    page = "<pre><code>def f(x):\n\n    <b>return</b> x &lt; 2\t# no</code></pre><pre>a<br>  b</pre><pre>```\nx</pre>"
    expected = "```\ndef f(x):\n\n    return x < 2\t# no\n```\n\n```\na\n  b\n```\n\n````\n```\nx\n````"
    assert all_of(page, markdown=True) == expected


def test_markdown_keeps_tables_whose_rows_differ_in_length() -> None:
    table = (
        "<table><caption>Sums</caption><tr><th colspan=2>A<tr><th>x<th>y<tr><td>1<td>2<tr><td colspan=2>3<br>4</table>"
    )
    assert all_of(table, markdown=True) == "Sums\n\nA\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n| 3 4 |  |"
    inner = "<table><tr><td>a<td><table><tr><td>1<td>2<tr><td>3<td>4</table><td>b</table>"
    assert all_of(inner, markdown=True) == "a\n\n| 1 | 2 |\n| --- | --- |\n| 3 | 4 |\n\nb"


def test_a_long_table_of_one_column_is_read_once() -> None:
    assert all_of("<table>" + "<tr><td>x" * 20_000 + "</table>", markdown=True).count("x") == 20_000


def test_markdown_marks_headings_by_their_level() -> None:
    page = "<h1>One</h1><h3>A <em>b</em><br>c</h3><p>x<h6>six</h6>"
    assert all_of(page, markdown=True) == "# One\n\n### A b c\n\nx\n\n###### six"


def test_menus_go_and_the_article_stays() -> None:
    menu = "".join(f"<li><a href=/{k}>Section {k}</a>" for k in range(20))
    page = f"<body><nav><ul>{menu}</ul></nav><article><h1>News</h1>{f'<p>{PARAGRAPH}' * 6}</article><footer>© 2020 Co</footer>"
    text, _ = blocks.extract(page)
    assert PARAGRAPH.strip() in text
    assert "Section" not in text
    assert "©" not in text


def test_comments_are_kept_by_choice() -> None:
    comment = "<p>I do not agree with this at all, because it is wrong."
    page = f"<article>{f'<p>{PARAGRAPH}' * 6}</article><div id=comments><div class=comment>{comment}</div></div>"
    assert "agree" not in blocks.extract_batch([page])[0][0]
    assert "agree" in blocks.extract_batch([page], comments=True)[0][0]


def test_hidden_text_is_kept_where_a_page_has_no_other() -> None:
    copy = "".join(f"<p>Hidden {k}: {PARAGRAPH}" for k in range(4))
    shown = f"<article>{f'<p>{PARAGRAPH}' * 6}</article>"
    assert "Hidden" not in blocks.extract(f"{shown}<div style='display: none'>{copy}</div>")[0]
    assert "Hidden" in blocks.extract(f"<body><article hidden>{copy * 3}</article>")[0]


def test_line_numbers_of_code_are_left_out() -> None:
    code = "<table><tr><td><pre>1\n2\n3</pre><td><pre>a = 1\nb = 2\nprint(a + b)</pre></table>"
    text, _ = blocks.extract(f"<article>{f'<p>{PARAGRAPH}' * 4}{code}{f'<p>{PARAGRAPH}' * 4}</article>")
    assert "1\n2\n3" not in text


def test_a_batch_gives_what_its_pages_give_alone() -> None:
    pages = ["", "<p>x", f"<article>{f'<p>{PARAGRAPH}' * 3}</article>", "<title>only</title>", "\ud800<p>中文。" * 30]
    assert blocks.extract_batch(pages) == [blocks.extract(page) for page in pages]


def test_features_are_finite_whatever_the_page() -> None:
    tables = np.zeros(WORDS, np.float32), np.zeros(TEXTS, np.float32)
    for page in ("", "x", "<p>", "<p>!", "<title>" + "t " * 5000 + "</title><p>t", "<a href=x>", "𝒳" * 100):
        matrix, _ = html_features.features(next(blocks.scans([page])), *tables)
        assert matrix.shape[1] == len(html_features.NAMES)
        assert np.isfinite(matrix).all()


def test_trees_are_walked_as_plain_python_would() -> None:
    trees, rng = model.load().first, np.random.default_rng(1)
    x = rng.normal(0, 20, (2 * html_vectors.ROWS + 7, html_features.WIDTH)).astype(np.float32)
    expected = []
    for row in x:
        total = 0.0
        for root, leaf in zip(trees.roots, trees.leaves, strict=True):
            k = 0
            while k >= 0:
                side = trees.left if row[trees.feature[root + k]] <= trees.threshold[root + k] else trees.right
                k = int(side[root + k])
            total += float(trees.leaf[leaf + ~k])
        expected.append(1 / (1 + np.exp(-total)))
    assert np.allclose(model.predict(trees, x), expected, atol=1e-6)


@given(
    st.lists(
        st.text(
            st.sampled_from("ab \t\n\r\x0b\x7f\x81\x85\xa0\xe9\u2028\u2029\u3000\u3001\ufeff\uffee中é"), max_size=12
        )
    ),
    st.integers(0, 3 * html_join.PART),
)
def test_what_cleaning_changes_is_found_in_the_bytes(texts: list[str], ahead: int) -> None:
    texts = [*texts, *("a" * ahead + text + "b" * 2 * html_join.PART for text in texts)]
    data = [text.encode() for text in texts]
    found = np.zeros(len(texts), np.bool_)
    html_join.unclean(np.frombuffer(b"".join(data), np.uint8), np.cumsum([0, *map(len, data)]), found)
    assert all(found[k] or clean(text) == text for k, text in enumerate(texts))
    assert not any(found[k] for k, text in enumerate(texts) if text.isalpha())


def test_pages_are_judged_together_as_each_step_over_all_of_them_says() -> None:
    article = (
        f"<title>A page</title><h1>A page</h1>{f'<p>{PARAGRAPH}' * 7}<pre>1\n2</pre><ul><li><a href=x>more</a></ul>"
    )
    pages = [
        "",
        article,
        "<p>x",
        article + "<p>中文，段落。" * 90,
        *["<div class=nav><p>y<p>z</div>"] * 150,
        "",
        article * 40,
        "",
    ]
    scan, trained = next(blocks.scans(pages)), model.load()
    x, stats = html_features.features(scan, trained.words, trained.beginnings)
    says = model.predict(trained.second, model.second_features(scan, x, model.predict(trained.first, x)))
    p, seen = html_judge.judge(scan, trained.words, trained.beginnings, *trained.struck, np.array([0, 5]))
    numbers = np.array([bytes(scan.out[a:b]) == b"1\n2" for a, b in scan.blocks[:, :2]])
    assert numbers.any()
    assert np.array_equal(p, np.where(numbers, 0, says))
    assert np.array_equal(seen, x[:, [0, 5]].T)
    assert stats[:, 0].tolist() == x[:, 0].tolist()


def test_a_model_is_the_same_after_writing_and_reading(tmp_path) -> None:
    known = model.load()
    model.save(known, tmp_path / "m.npz")
    again = model.load(tmp_path / "m.npz")
    for a, b in zip(
        (*known.first, *known.second, known.words), (*again.first, *again.second, again.words), strict=True
    ):
        assert np.array_equal(a, b)
    assert (tmp_path / "m.npz").stat().st_size < 400_000


def test_the_chosen_blocks_have_the_best_expected_f() -> None:
    scan: html.Scan = next(blocks.scans([f"<p>{PARAGRAPH}" * 3]))
    p, tokens = np.array([0.9, 0.2, 0.6], np.float32), np.array([10, 10, 10], np.float32)
    keep = np.zeros(3, np.bool_)
    html_trees.choose(scan.page_blocks, p, tokens, keep)
    assert keep.tolist() == [True, False, True]


def columns(page: str, *names: str) -> list[list[float]]:
    """Columns of the features of a page's blocks, a row a block; words have no scores."""
    tables = np.zeros(WORDS, np.float32), np.zeros(TEXTS, np.float32)
    matrix, _ = html_features.features(next(blocks.scans([page])), *tables)
    return matrix[:, [html_features.NAMES.index(name) for name in names]].tolist()


def test_the_best_container_is_no_foot_sidebar_or_comment_however_much_they_say() -> None:
    for apart in ("<footer>", "<div class=footer>", "<aside>", "<ul class='list comments'>", "<div id=cookie-consent>"):
        page = f"<div class=wrap><div><p>{PARAGRAPH}</div>{apart}<section><p>{PARAGRAPH * 3}</section>"
        assert columns(page, "a_level", "apart") == [[0, 0], [1, 1]], apart


def test_a_page_of_nothing_but_comments_has_its_best_container_among_them() -> None:
    page = f"<div>Hello</div><div class=comments><p>{PARAGRAPH}<p>{PARAGRAPH}</div>"
    assert columns(page, "a_distance", "apart") == [[-1, 0], [0, 0], [0, 0]]


def test_the_foot_of_a_page_is_what_is_named_so_outside_of_the_main_text() -> None:
    body = f"<article class=footer-links><p>{PARAGRAPH}<p>{PARAGRAPH}<footer><p>By {PARAGRAPH}</footer></article>"
    page = f"<body class=footer><div>{body}</div><div class='site footer'><div><p>{PARAGRAPH}</div></div>"
    assert columns(page, "foot") == [[0], [0], [0], [1]]


def test_sentences_in_the_foot_are_no_main_text() -> None:
    facts = "".join(f"<p>State of part {k}: this is being counted, or something is in its way!" for k in range(6))
    page = f"<div class=box><div class=text>{f'<p>{PARAGRAPH}' * 4}</div><div class=footer>{facts}</div></div>"
    text, _ = blocks.extract(page)
    assert "says what it says" in text
    assert "being counted" not in text


def test_what_stands_below_an_element_has_the_least_and_the_most_that_words_say() -> None:
    words = np.zeros(WORDS, np.float32)
    words[[word_bucket(b"good"), word_bucket(b"bad")]] = 2, -3
    page = f"<body class=good><div class=bad><p>{PARAGRAPH * 3}</div><div class=bad><p class=good>Aside</div>"
    matrix, _ = html_features.features(next(blocks.scans([page])), words, np.zeros(TEXTS, np.float32))
    first = html_features.NAMES.index("below_min")
    assert matrix[1, first : first + 3].tolist() == [-3, 2, -1]
