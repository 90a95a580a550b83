"""SPDX licence expressions (annex D of the SPDX specification), against the vocabulary of licences."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from openclaw_data.registry.findings import Pair

_WORD = re.compile(r"\s*(\(|\)|[A-Za-z0-9.+:-]+)")
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_EXCEPTION = re.compile(r"[A-Za-z0-9.-]+-exception(?:-[0-9.]+)?")
_MOST_WORDS = 64


class Expression(NamedTuple):
    """The licences an expression names; `fault` says what is wrong with it, None where nothing is."""

    licences: tuple[str, ...]
    fault: Pair | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """Those that the SPDX list does not have, and whose text must be shown."""
        return tuple(x for x in self.licences if _REFERENCE.fullmatch(x))


def parse(text: str, known: Iterable[str]) -> Expression:
    """Parse an expression; `known` are the SPDX identifiers to accept."""
    words: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        found = _WORD.match(text, at)
        if not found or len(words) == _MOST_WORDS:
            return Expression(
                (), ("is no SPDX expression", "不是 SPDX 表达式") if not found else ("is too long", "过长")
            )
        words.append(found[1])
        at = found.end()
    folded = {name.casefold(): name for name in known}
    licences: list[str] = []
    wants_licence, depth, with_next = True, 0, False
    for word in words:
        if with_next:
            if not _EXCEPTION.fullmatch(word):
                return Expression(
                    (), (f"has WITH and no exception behind it, but {word!r}", f"WITH 之后不是例外条款，而是 {word!r}")
                )
            with_next = False
        elif word == "(":
            if not wants_licence:
                return Expression((), ("has a parenthesis where AND or OR should be", "括号处应为 AND 或 OR"))
            depth += 1
        elif word == ")":
            if wants_licence or not depth:
                return Expression((), ("has a parenthesis too many", "多了一个括号"))
            depth -= 1
        elif word in ("AND", "OR", "WITH"):
            if wants_licence:
                return Expression((), (f"has {word} without a licence before it", f"{word} 之前没有许可证"))
            with_next = word == "WITH"
            wants_licence = not with_next
        elif not wants_licence:
            return Expression((), (f"has {word!r} where AND or OR should be", f"{word!r} 处应为 AND 或 OR"))
        else:
            name = word.removesuffix("+")
            if not _REFERENCE.fullmatch(name) and folded.get(name.casefold()) != name:
                return Expression((), _unknown(name, folded.get(name.casefold(), "")))
            licences.append(name)
            wants_licence = False
    whole = licences and not wants_licence and not depth and not with_next
    return Expression(tuple(licences), None if whole else ("ends too early", "不完整"))


def _unknown(name: str, near: str) -> Pair:
    if near:
        return f"names {name!r}; write {near}", f"写了 {name!r}，应为 {near}"
    return f"names {name!r}, which is unknown", f"{name!r} 未知"
