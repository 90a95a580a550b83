"""The public suffix list that `tldextract` carries, without tldextract: to import it and build its tree takes 0.3 s.

Its private section (`github.io`) is not looked at: who registered a domain is the question, as in the Common Crawl
index.
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_END = "// ===END ICANN DOMAINS==="
_DOTS = re.compile("[\u3002\uff0e\uff61]")


@cache
def rules() -> frozenset[str]:
    """The rules of the list, in lower case, labels not in ASCII in punycode: `co.uk`, `*.ck`, `!www.ck`."""
    return frozenset(map(_ascii, _listed()))


@cache
def top_level_domains() -> frozenset[str]:
    """The last labels of the rules, in lower case; those not in ASCII also in punycode."""
    lasts = {rule.rpartition(".")[2].lower() for rule in _listed()}
    return frozenset(lasts | {*map(_ascii, lasts)})


def _listed() -> list[str]:
    package = find_spec("tldextract")
    assert package is not None
    assert package.origin is not None
    listed = Path(package.origin).with_name(".tld_set_snapshot").read_text("utf-8").partition(_END)[0]
    lines = (line.strip() for line in listed.splitlines())
    return [line for line in lines if line and not line.startswith("//")]


def registered(host: str) -> str:
    """The public suffix of a host name and one label more; "" for a suffix alone, and where no rule is for the host."""
    labels = _DOTS.sub(".", host.strip()).rstrip(".").split(".")
    known = _ascii(".".join(labels)).split(".")
    at = _suffix(known)
    return ".".join(labels[at - 1 :]) if 0 < at < len(labels) and labels[at - 1] else ""


def _suffix(labels: list[str]) -> int:
    """Where the public suffix begins: behind the last label where no rule is for the host."""
    found = len(labels)
    for at in range(len(labels) - 1, -1, -1):
        rest = ".".join(labels[at + 1 :])
        if f"!{labels[at]}.{rest}" in rules():
            return at + 1
        if f"*.{rest}" in rules() or (f"{labels[at]}.{rest}" if rest else labels[at]) in rules():
            found = at
    return found


def _ascii(name: str) -> str:
    """In lower case, each label that is not in ASCII in punycode."""
    name = name.lower()
    if name.isascii():
        return name
    labels = (x if x.isascii() else "xn--" + x.encode("punycode").decode() for x in name.split("."))
    return ".".join(labels)
