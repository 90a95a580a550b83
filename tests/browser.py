"""A real headless Chromium for tests, driven over WebDriver with the standard library alone."""

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.timing import PATIENCE_SECONDS

BINARIES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CONTRAST = """
const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => {
  const f = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
  if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
const bad = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) { const node = walker.currentNode, e = node.parentElement;
  if (!node.textContent.trim() || !e.getClientRects().length || e.closest('title, style')) continue;
  const style = getComputedStyle(e), svg = e.namespaceURI.endsWith('svg');
  const ink = light(parse(svg ? style.fill : style.color));
  const paper = light(behind(svg ? e.closest('svg').parentElement : e));
  const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) bad.push([e.tagName, node.textContent.trim().slice(0, 40), ratio.toFixed(2)]); }
return bad;
"""
"""Text of less than WCAG AA contrast: [tag, text, ratio]."""


class Page:
    """One open browser window."""

    def __init__(self, driver: str, session: str) -> None:
        self._base = f"{driver}/session/{session}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return _request(method, f"{self._base}{path}", body)

    def open(self, url: str, width: int = 1280, height: int = 900) -> None:
        """Open a page as a screen of so many CSS pixels shows it."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
        self.call("POST", "/url", {"url": url})

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a function body in the page and return what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def keys(self, *keys: str) -> None:
        """Press keys one after the other, as a person without a mouse would."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def console(self) -> list[dict[str, Any]]:
        """What the console and the page's own errors said since the last call; the browser's first tab is left out."""
        said = self.call("POST", "/se/log", {"type": "browser"})
        return [one for one in said if not one["message"].startswith("chrome://")]

    def requests(self) -> list[str]:
        """The URLs that were asked for since the last call."""
        events = (json.loads(e["message"])["message"] for e in self.call("POST", "/se/log", {"type": "performance"}))
        urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("chrome://")]

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the page."""
        asked = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.devtools("Page.getLayoutMetrics", {})["cssContentSize"]
            asked["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", asked)["data"]))

    def low_contrast(self) -> list[list[str]]:
        """Visible text that WCAG AA finds too pale."""
        return self.run(CONTRAST)

    def overflow(self) -> int:
        """CSS pixels by which the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - window.innerWidth")


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """A headless Chromium; skips the test, with the reason, where there is none."""
    binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no chromium and chromedriver on this machine; see scripts/ci_packages.sh")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [driver, "--port=0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            base = f"http://127.0.0.1:{_port(process)}"
            session = _request("POST", f"{base}/session", {"capabilities": {"alwaysMatch": _wishes(binary, profile)}})
            page = Page(base, session["sessionId"])
            try:
                yield page
            finally:
                page.call("DELETE", "")
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_SECONDS)


def _wishes(binary: str, profile: str) -> dict[str, Any]:
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    arguments += [f"--user-data-dir={profile}", "--disable-background-networking", "--no-first-run"]
    return {
        "browserName": "chrome",
        "goog:chromeOptions": {"binary": binary, "args": arguments},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }


def _port(process: subprocess.Popen[str]) -> int:
    """The port that chromedriver chose, which it says when it listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            return int(found[1])
    raise AssertionError("chromedriver did not start")


def _request(method: str, url: str, body: Any = None) -> Any:
    data = json.dumps(body or {}).encode() if method == "POST" else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()[:500]) from None
