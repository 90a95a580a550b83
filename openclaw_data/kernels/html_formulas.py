"""Formulas in the HTML scanner: LaTeX between dollar signs, from a script, from an annotation or from a picture."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import html_tags as tags
from openclaw_data.kernels.html_layout import FORMULA_END, GAP, MATH_GAP, MATH_OUT, OUT, STACK, START, TOP
from openclaw_data.kernels.html_tables import BYTE_DROP, BYTE_KIND, IN_MATH, IN_SKIP, TEX, X
from openclaw_data.kernels.html_tags import contains, find, is_space, read_entity
from openclaw_data.kernels.html_text import begin

_DOLLAR = np.uint8(36)
FALLBACK_IMAGE, QUICKLATEX, LATEX, FROM_CODECOGS, FROM_PHP, FROM_EQUATION, FROM_MATHTEX, FROM_MIMETEX = (
    np.frombuffer(n.encode(), np.uint8)
    for n in (
        "mwe-math-fallback-image quicklatex latex latex.codecogs latex.php? equation?tex= mathtex. mimetex."
    ).split()
)
"""What classes of pictures of formulas begin with or are (as is `tex`), and what is in the addresses they come from."""


@numba.njit(cache=True, nogil=True, _nrt=False)
def write(
    data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any, display: bool, entities: bool
) -> None:
    """Write data[i:end], a formula in LaTeX, between dollar signs."""
    while i < end and is_space(data[i]):
        i += 1
    while end > i and is_space(data[end - 1]):
        end -= 1
    if i == end:
        return
    o = begin(data, i, _DOLLAR, out, s, records, pool)
    dollars = 2 if display else 1
    for _ in range(dollars):
        out[o] = 36
        o += 1
    while i < end:
        width = 0
        if entities and data[i] == 38:
            stop, width = read_entity(data, i, end, out, o)
            o += width
            if width:
                i = stop
        if width == 0:
            c = data[i]
            out[o] = 32 if is_space(c) else c
            o += BYTE_KIND[c] != BYTE_DROP
            i += 1
    for _ in range(dollars):
        out[o] = 36
        o += 1
    s[OUT] = s[FORMULA_END] = o


@numba.njit(cache=True, nogil=True, _nrt=False)
def annotation(data: Any, i: int, j: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """The LaTeX source of the open `<math>`: it takes the place of what the formula has written."""
    stop = tags.raw_end(data, j, end, i + 1, i + 11, False)
    if s[MATH_OUT] >= s[START]:
        s[OUT], s[GAP] = s[MATH_OUT], s[MATH_GAP]
    write(data, j, stop, out, s, records, pool, False, True)
    k = s[TOP]
    while k > 0 and pool[s[STACK] + 3 * k + 2] & IN_MATH:
        pool[s[STACK] + 3 * k + 2] |= IN_SKIP
        k -= 1
    s[MATH_OUT] = -1
    return tags.past(data, stop, end)


@numba.njit(cache=True, nogil=True, _nrt=False)
def picture(data: Any, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Write the `alt` of an `<img>` that is a formula, unless its source stands right before it."""
    start, end = s[tags.ALT], s[tags.ALT + 1]
    given = s[OUT] == s[FORMULA_END] and s[OUT] > s[START]
    if start == end or given or not _is_formula(data, s):
        return
    while end - start > 1 and data[start] == 36 and data[end - 1] == 36:  # dollar signs of its own
        start, end = start + 1, end - 1
    write(data, start, end, out, s, records, pool, False, True)
    s[FORMULA_END] = -1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _is_formula(data: Any, s: Any) -> bool:
    """Whether the class or the address of an `<img>` says that it shows a formula."""
    i, end = s[tags.CLASS], s[tags.CLASS + 1]
    while 0 <= i < end:
        stop = i
        while stop < end and not is_space(data[stop]):
            stop += 1
        if (
            _begins(data, i, stop, FALLBACK_IMAGE)
            or _begins(data, i, stop, QUICKLATEX)
            or (stop - i == len(TEX) and _begins(data, i, stop, TEX))
            or (stop - i == len(LATEX) and _begins(data, i, stop, LATEX))
        ):
            return True
        i = stop + 1
    start, end = s[tags.SRC], s[tags.SRC + 1]
    i = find(data, start, end, X) if start >= 0 else end
    while i < end:  # all have an x, which is rare, behind te
        if i - start >= 2 and data[i - 1] == 101 and data[i - 2] == 116:
            return (
                contains(data, start, end, FROM_CODECOGS)
                or contains(data, start, end, FROM_PHP)
                or contains(data, start, end, FROM_EQUATION)
                or contains(data, start, end, FROM_MATHTEX)
                or contains(data, start, end, FROM_MIMETEX)
            )
        i = find(data, i + 1, end, X)
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _begins(data: Any, start: int, end: int, word: Any) -> bool:
    """Whether data[start:end] begins with `word` uint8[n]."""
    if end - start < len(word):
        return False
    for k in range(len(word)):
        if data[start + k] != word[k]:
            return False
    return True
