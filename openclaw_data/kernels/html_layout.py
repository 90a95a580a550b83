"""What the parts of the HTML scanner share: its registers, the columns of its records, its limits."""

(
    OUT,  # where the next byte of text goes
    START,  # where the open block's text starts
    GAP,  # what separates the next character from the last: a value below
    TOP,  # index of the innermost open tag
    ELEMENTS,  # records written so far, of each kind
    BLOCKS,
    WORDS_USED,
    MARKS,
    LINK_BYTES,  # of the open block: text bytes in links, links, line breaks, images since the last block
    LINKS,
    BREAKS,
    IMAGES,
    BLOCK_ELEMENT,  # where the open block's first character stands: element, flags, position in the page
    BLOCK_FLAGS,
    BLOCK_SOURCE,
    MATH_OUT,  # where the open formula began and what preceded it; -1 outside of one
    MATH_GAP,
    FORMULA_END,  # where the last formula ends in the text
    SUPERSCRIPT,  # a <sup> was opened and nothing written since
    TITLE_START,  # source range of <title>; -1 where there is none
    TITLE_END,
    ROOT,  # the page's first element and first block
    FIRST_BLOCK,
    FIRST_MARK,
    STACK,  # where the stack and the marks begin in `pool`
    MARK_POOL,
    LINKED,  # where the next byte of link text goes, in the second part of `out`
    LINK_END,  # where the text of the last link ends
) = range(28)
"""Registers of the scanner: indices of an int64 array."""

NO_GAP, SPACE, WRAP, APART, LINE = range(5)
"""Gaps. WRAP: white space with a line break of the source in it; APART: the same, between two links; LINE: `<br>`."""

B_START, B_END, B_ELEMENT, B_FLAGS, B_LINK_BYTES, B_LINKS, B_BREAKS, B_IMAGES, B_SOURCE = range(9)
"""Columns of `Scan.blocks`: range in `out`, innermost element, flags, counts, position in the page."""
E_PARENT, E_TAG, E_SIGNATURE, E_FLAGS, E_WORDS, E_WORDS_END, E_DEPTH, E_BLOCKS, E_BLOCKS_END = range(9)
"""Columns of `Scan.elements`: element around, tag, hash of tag and class, flags inside, range in `Scan.words`, depth,
first block and the one behind the last."""
COLUMNS = 9
"""Columns of both."""
META, LINK, HTML, BASE, JSON_LD, LICENCE, TIME = range(1, 8)
"""Kinds of marks: source ranges of tags (of the content for JSON_LD; LICENCE is an `<a>` whose `rel` says so)."""

OPEN_TAGS = 192
"""`pool` begins with counts of open tags by number, then `STACK`: tag, element and flags of each open tag."""
MOST_BLOCKS = MOST_ELEMENTS = 1 << 17
"""A page's further blocks run into one, its further elements are not recorded."""
REACH = 256
"""How far up the stack an end tag or an implied end looks past what is not its own."""
MOST_MARKS = 512
ELEMENT_WORDS = 12
"""Marks of a page, class and id words of an element."""
