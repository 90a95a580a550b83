"""The registry as a site, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from openclaw_data.registry import (
    contribute,
    overview,
    pages,
)
from tests.browser import Page, chromium
from tests.registry_files import REGISTRY, TODAY, empty, examples
from tests.timing import wait_until


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return examples.recorded(REGISTRY, tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def site(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a registry in which one example is in use and the other one just proposed, with hostile words."""
    root = empty(tmp_path_factory.mktemp("midway"))
    for example, until in zip(examples.EXAMPLES, ("deprecate", "accept"), strict=True):
        for step in examples.live(example, releases, root):
            if step.poll.action == until and step.done != "closed":
                break
    path = root / "ex" / "example-lantern-en" / "manifest.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["description"]["en"] = "</p><script>document.title = 'taken'</script><img src=https://evil.example/x.png>"
    content["organisation"] = '"><a href="javascript:alert(1)">'
    content["homepage"] = "javascript:alert(1)"
    path.write_text(contribute.dump(content), encoding="utf-8")
    out = tmp_path_factory.mktemp("site")
    assert pages.write(overview.read(root), out, "en", TODAY) == 3
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        opened.open("about:blank")
        opened.requests()
        yield opened


@pytest.mark.parametrize("width", [1280, 390])
def test_the_site_works_from_its_folder_in_a_browser(width: int, site: Path, browser: Page) -> None:
    names = ("index.html", "datasets/example-harbour-zh.html", "datasets/example-lantern-en.html")
    for name in names:
        for language in ("en", "zh"):
            browser.open("about:blank")
            browser.open(f"file://{site}/{name}#{language}", width)
            assert browser.low_contrast() == []
            assert browser.overflow() <= 0
            assert browser.run("return document.documentElement.lang") == language
            shown = browser.run("return document.body.innerText")
            assert ("登记处" in shown or "所有版本" in shown) is (language == "zh")
            assert browser.run("return document.title") != "taken"
            assert browser.run("return document.images.length") == 0
    assert browser.console() == []
    assert [r for r in browser.requests() if not r.startswith(("file:", "data:", "about:"))] == []


def test_the_site_is_searched_and_read_with_the_keyboard_alone(site: Path, browser: Page) -> None:
    tab, right, enter = "\ue004", "\ue014", "\ue007"
    browser.open("about:blank")
    browser.open(f"file://{site}/index.html")
    rows = "return [...document.querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.dataset.state)"
    assert browser.run(rows) == ["accepted", "proposed"]
    browser.keys(tab, tab, *"chinese harbour")
    assert browser.run(rows) == ["accepted"]
    assert browser.run("return document.querySelector('.count').textContent") == "1 / 2"
    browser.keys(*" zzz")
    assert browser.run(rows) == []
    assert browser.run("return document.getElementById('none').hidden") is False
    browser.open("about:blank")
    browser.open(f"file://{site}/index.html")
    browser.keys(tab, right)
    assert browser.run("return document.documentElement.lang") == "zh"
    browser.keys(tab, *"提议", tab, tab)
    browser.run("document.querySelector('tbody tr:not([hidden]) a').focus()")
    browser.keys(enter)
    opened = "return location.pathname.endsWith('example-lantern-en.html') && document.readyState === 'complete'"
    wait_until(lambda: browser.run(opened), "the page of the dataset did not open")
    assert browser.run("return location.hash") == "#zh"
    assert "表决中" in browser.run("return document.body.innerText")
