"""Text fit for storage, whichever engine it is from."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_BLANKS = " \t\u00a0\u3000"
_TABS = re.compile("\t\t+")
_BLANK_LINES = re.compile("\n{3,}")
_OTHER_ENDS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_NEWLINES = str.maketrans(dict.fromkeys(_OTHER_ENDS, "\n"))
_BLANKS_AT_END = (" \n", "\t\n", "\u00a0\n", "\u3000\n")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff]")


def clean(text: str) -> str:
    """Text fit for storage: one kind of line end, no trailing blanks, at most one blank line, no controls.

    Removed: C0 and C1 controls but tab, lone surrogates, zero-width no-break space (a byte order mark in the middle
    of a file). What else to normalise (width, spaces, punctuation) is for edits.
    """
    # Substring tests run at memory speed, so that clean text costs next to nothing.
    if any(end in text for end in _OTHER_ENDS):
        text = text.replace("\r\n", "\n").translate(_NEWLINES)
    text = CONTROL.sub("", text)
    if "\t\t" in text:
        text = _TABS.sub("\t", text)
    if any(blank in text for blank in _BLANKS_AT_END):
        text = "\n".join([line.rstrip(_BLANKS) for line in text.split("\n")])  # a third of an expression's time
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip("\n").rstrip(_BLANKS + "\n")


def fit(texts: "pa.Array") -> Any:
    """Which texts (string[n]) are not empty and such that `clean` leaves them as they are: bool[n]."""
    import numpy as np

    from openclaw_data.documents import text_buffers
    from openclaw_data.kernels import html_join

    offsets, data = text_buffers(texts)
    unfit = np.empty(len(texts), np.bool_)
    html_join.unclean(data, offsets, unfit)
    return ~unfit & (offsets[1:] > offsets[:-1])
