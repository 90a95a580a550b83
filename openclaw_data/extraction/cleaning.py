"""Text fit for storage, whichever engine it is from."""

import re

_LINE_END = re.compile("[ \t\u00a0\u3000]+\n")
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
        text = _LINE_END.sub("\n", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip("\n").rstrip(" \t\u00a0\u3000\n")
