# ruff: noqa: FBT001, FBT002, SIM102, PLW2901  (the dullest Python)
"""The plain twin of the HTML scanner: the same rules over a `str`, a character at a time, with lists and objects.

It says in the shortest Python what `kernels.html` says in registers. Only page order, text and elements: marks and
positions are tested on examples.
"""

import html.entities
import re
from dataclasses import dataclass, field

from openclaw_data.kernels import html_tables as t

P = set(t._P.split())
BLOCK, VOID, RAW = set(t._BLOCK.split()), set(t._VOID.split()), set(t._RAW.split())
DROP, BARRIER = set(t._DROP.split()), set(t._BARRIER.split())
HEADINGS = {f"h{k}" for k in range(1, 7)}
PARTS = {"table", "tr", "td", "th", "tbody", "thead", "tfoot", "caption"}
IN_HEAD = {"meta", "link", "base", "script", "style", "title", "template", "noscript", "head", "html"}
SPACE = " \t\n\r\f"
NOTHING, BLANK = "\xad\u200b\u2060\ufeff", "\xa0\u202f" + "".join(chr(c) for c in range(0x2000, 0x200B))
COMMENTS = set(t._COMMENT_WORDS.split())


@dataclass
class Element:
    tag: str
    parent: int
    depth: int


@dataclass
class Open:
    tag: str
    element: int
    flags: frozenset[str]


@dataclass
class Block:
    text: str
    element: int
    link_bytes: int


@dataclass
class Twin:
    """The state of a scan; `blocks` and `elements` are the result."""

    blocks: list[Block] = field(default_factory=list)
    elements: list[Element] = field(default_factory=lambda: [Element("", -1, 0)])
    stack: list[Open] = field(default_factory=lambda: [Open("", 0, frozenset())])
    text: str = ""
    gap: str = ""
    links: int = 0
    link_text: str = ""
    element: int = 0
    power: bool = False
    formula: tuple[int, str, str] | None = None  # blocks before it, text before it, gap before it
    link_end: tuple[int, str] | None = None  # the same for the text of the last link
    last_formula: tuple[int, str] | None = None  # blocks before the last that was written, text up to its end

    # --- text ---

    def flush(self) -> None:
        text = self.text.rstrip(" \n\t\u3000")
        if text:
            self.blocks.append(Block(text, self.element, self.links))
        self.text, self.gap, self.links = "", "", 0

    def begin(self, char: str) -> None:
        if not self.text:
            self.element = self.stack[-1].element
        elif self.gap:
            wide = bool(char) and wide_char(char) and wide_char(self.text[-1])
            self.text += "\n" if self.gap == "line" else "" if self.gap == "wrap" and wide else " "
        elif self.power and char and (char in "0123456789+-" or char.encode()[0] == 0xE2):
            if self.text[-1].isascii() and (self.text[-1].isalnum() or self.text[-1] == ")"):
                self.text += "^"
        self.gap, self.power = "", False

    def write(self, text: str, entity: bool = False) -> None:
        """Text without markup; `entity` where it is what a character reference stands for."""
        flags = self.stack[-1].flags
        if "skip" in flags:
            return
        before = len(self.text.encode())
        if "pre" in flags:
            for c in text:
                c = " " if c in BLANK else c
                if (
                    c in NOTHING
                    or c == "\r"
                    or (c < " " and c not in SPACE)
                    or c == "\x7f"
                    or (c == "\n" and not self.text)
                ):
                    continue
                if not self.text:
                    self.gap = ""
                self.begin("")
                self.text += c
        else:
            for k, c in enumerate(text):
                if c in SPACE or c in BLANK or (c == "\u3000" and (not self.text or self.gap)):
                    kind = "wrap" if c in "\n\r" and not entity else "space"
                    self.gap = max(self.gap, kind, key=["", "space", "wrap", "apart", "line"].index)
                elif c not in NOTHING and c >= " " and c != "\x7f":
                    if entity and k:  # the second character of an entity needs no gap
                        self.text += c
                        continue
                    self.begin(c)
                    self.text += c
        if "link" in flags:
            written = self.text.encode()[before:]
            self.links += len(written)
            if written:
                self.link_end = (len(self.blocks), self.text)
                self.link_text += ("" if before else "\n") + written.decode()

    def newline(self) -> None:
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"

    def line_break(self) -> None:
        flags = self.stack[-1].flags
        if "skip" in flags:
            return
        if "pre" in flags:
            self.text += "\n" if self.text else ""
        elif self.gap == "line":
            self.flush()
        else:
            self.gap = "line" if self.text else ""

    def latex(self, text: str, dollars: str) -> None:
        text = re.sub(f"[{SPACE}]", " ", text).strip(" ")
        text = re.sub("[\x00-\x1f\x7f]", "", text)
        if text:
            self.begin("$")
            self.text += dollars + text + dollars
            self.last_formula = (len(self.blocks), self.text)

    def picture(self, alt: str) -> None:
        while len(alt) > 1 and alt[0] == alt[-1] == "$":
            alt = alt[1:-1]
        if not self.text or self.last_formula != (len(self.blocks), self.text):
            self.latex(html_text(alt), "$")
            self.last_formula = None

    # --- the stack ---

    def open_tags(self, *tags: str) -> bool:
        return any(o.tag in tags for o in self.stack[1:])

    def pop(self, k: int) -> None:
        del self.stack[max(k, 0) :]

    def leave_head(self) -> None:
        while len(self.stack) > 1 and "head" in self.stack[-1].flags:
            self.stack.pop()

    def close(self, tags: set[str], stops: set[str]) -> None:
        for k in range(len(self.stack) - 1, 0, -1):
            if self.stack[k].tag in tags:
                if "skip" not in self.stack[-1].flags:
                    self.flush()
                self.pop(k)
                return
            if self.stack[k].tag in stops:
                return

    def end_link(self) -> None:
        for k in range(len(self.stack) - 1, 0, -1):
            if self.stack[k].tag == "a":
                if k == len(self.stack) - 1:
                    self.stack.pop()
                else:
                    self.stack[k].tag = ""
                    for o in self.stack[k:]:
                        o.flags -= {"link"}
                return

    # --- tags ---

    def imply_ends(self, tag: str) -> None:
        if tag in P and self.open_tags("p"):
            self.close({"p"}, BARRIER)
        items = {"li": {"li"}, "dd": {"dd", "dt"}, "dt": {"dd", "dt"}}
        top = self.stack[-1].tag
        if tag in items:
            self.close(items[tag], BLOCK - {"div", "p", "address"} - items[tag])
        elif tag in ("td", "th"):
            self.close({"td", "th"}, {"tr", "table"})
        elif tag == "tr":
            self.close({"tr", "caption"}, {"table"})
        elif tag in ("tbody", "thead", "tfoot"):
            self.close({"tbody", "caption"}, {"table"})
            self.close({"thead", "tfoot"}, {"table"})
        elif (tag in ("option", "optgroup") and top == "option") or (tag in HEADINGS and top in HEADINGS):
            self.flush()
            self.stack.pop()
        elif tag == "button":
            self.close({"button"}, set())

    def start(self, tag: str, attributes: dict[str, str], closing: bool) -> None:
        flags = self.stack[-1].flags
        if "head" in flags and "skip" not in flags and tag not in IN_HEAD:
            self.leave_head()
            flags = self.stack[-1].flags
        if tag in ("html", "head", "body") and self.open_tags(tag, "body"):
            return
        if closing and (flags & {"skip", "math"} or tag in ("svg", "math")):
            return
        if tag == "br":
            self.line_break()
        elif tag == "img" and "skip" not in flags and not hidden(tag, attributes) and shows_formula(attributes):
            self.picture(attributes.get("alt", ""))
        if tag in BLOCK and "skip" not in flags:
            self.imply_ends(tag)
            if "pre" in self.stack[-1].flags and tag in ("div", "p", "li", "ol", "ul", "custom-element"):
                self.newline()
            else:
                self.flush()
        if tag not in VOID and tag not in RAW:
            self.push(tag, attributes)

    def push(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "a":
            self.end_link()
        outer = self.stack[-1]
        flags = outer.flags | {f for f, bit in FLAG_BITS.items() if t.FLAGS[t.TAG[tag]] & bit}
        if tag in DROP:
            flags |= {"skip"}
        if "skip" not in flags:
            if hidden(tag, attributes) and tag not in BLOCK:
                flags |= {"skip"}
            if tag in ("annotation", "annotation-xml"):
                flags |= {"skip"}
            elif tag == "math":
                self.formula = (len(self.blocks), self.text, self.gap)
            elif tag == "sup":
                self.power = True
            elif tag == "a":
                self.power = False
                if "href" not in attributes and "link" not in outer.flags:
                    flags -= {"link"}
                if "href" in attributes:
                    if self.gap == "wrap" and self.text and self.link_end == (len(self.blocks), self.text):
                        self.gap = "apart"
                    self.link_text += "\n"
        element = outer.element
        if tag in BLOCK and "skip" not in flags and "pre" not in outer.flags:
            self.elements.append(Element(tag, element, len(self.stack) - 1))
            element = len(self.elements) - 1
        self.stack.append(Open(tag, element, frozenset(flags)))

    def end(self, tag: str) -> None:
        flags = self.stack[-1].flags
        if tag == "br":
            self.line_break()
        elif tag == "a":
            self.end_link()
        elif tag == "p" and not self.open_tags("p") and not flags & {"skip", "pre"}:
            self.flush()
        elif not tag or tag in VOID or not self.open_tags(tag) or tag in ("body", "html"):
            if tag in HEADINGS:
                self.close(HEADINGS, BARRIER)
        elif tag in BLOCK:
            top = self.stack[-1]
            if "pre" in top.flags and top.tag == tag and "pre" in self.stack[-2].flags:
                self.newline()
                self.stack.pop()
            elif tag in PARTS:
                self.close_part(tag)
            elif tag in HEADINGS:
                self.close(HEADINGS, BARRIER)
            else:
                self.close({tag}, set() if tag in BARRIER else BARRIER)
        else:
            for k in range(len(self.stack) - 1, 0, -1):
                if self.stack[k].tag == tag:
                    self.pop(k)
                    if tag == "math":
                        self.formula = None
                    return
                if self.stack[k].tag in BLOCK:
                    return

    def close_part(self, tag: str) -> None:
        for k in range(len(self.stack) - 1, 0, -1):
            if self.stack[k].tag == tag:
                self.flush()
                self.pop(k)
                return
            if self.stack[k].tag in ("table", "template"):
                return

    def annotation(self, text: str) -> None:
        assert self.formula is not None
        if self.formula[0] == len(self.blocks):
            self.text, self.gap = self.formula[1:]
        self.latex(html_text(text), "$")
        for o in self.stack:
            if "math" in o.flags:
                o.flags |= {"skip"}
        self.formula = None


FLAG_BITS = {"link": t.IN_LINK, "pre": t.IN_PRE, "head": t.IN_HEAD, "math": t.IN_MATH}
ENTITY = re.compile("&(?:#[xX]([0-9a-fA-F]+);?|#([0-9]+);?|([A-Za-z0-9]{1,38});?)")


def wide_char(c: str) -> bool:
    lead = c.encode()[0]
    return 0xE3 <= lead <= 0xE9 or lead == 0xEF


def entity(text: str, i: int) -> tuple[str, int]:
    """What the `&` at `i` stands for, and the position behind it."""
    match = ENTITY.match(text, i)
    if not match:
        return "&", i + 1
    sixteen, ten, name = match.groups()
    if name is None:
        code = int(sixteen, 16) if sixteen else int(ten)
        if 128 <= code < 160:
            code = int(t.WINDOWS[code - 128])
        bad = code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000
        return "\ufffd" if bad else chr(code), match.end()
    known = html.entities.html5
    if text[match.end() - 1] == ";" and f"{name};" in known:
        return known[f"{name};"], match.end()
    for k in range(min(len(name), 6), 0, -1):
        if name[:k] in known:
            return known[name[:k]], i + 1 + k
    return "&", i + 1


def html_text(text: str) -> str:
    found, i = "", 0
    while i < len(text):
        piece, i = entity(text, i) if text[i] == "&" else (text[i], i + 1)
        found += piece
    return found


def hidden(tag: str, attributes: dict[str, str]) -> bool:
    none = "hidden" in attributes or "display:none" in attributes.get("style", "").replace(" ", "").lower()
    words = attributes.get("class", "").replace(" ", "").lower()
    if "class" in attributes and tag not in BLOCK:
        if none:
            return "mathml" not in words
        raw = attributes["class"]
        if len(raw) >= 7 and raw[0] in "Mk":
            return "katex-html" in words or raw[:7].lower().startswith("mathjax")
    return none


def shows_formula(attributes: dict[str, str]) -> bool:
    words = re.split(f"[{SPACE}]", attributes.get("class", ""))
    if any(w in ("tex", "latex") or w.startswith(("mwe-math-fallback-image", "quicklatex")) for w in words):
        return True
    source = attributes.get("src", "")
    known = ("latex.codecogs", "latex.php?", "equation?tex=", "mathtex.", "mimetex.")
    return "tex" in source and any(part in source.replace(" ", "").lower() for part in known)


def read_tag(page: str, i: int) -> tuple[dict[str, str], bool, int]:
    """Attributes from behind a tag's name: (values, whether it closes itself, position behind `>`; -1 at the end)."""
    found: dict[str, str] = {}
    closing = False
    while i < len(page):
        if page[i] == ">":
            return found, closing, i + 1
        if page[i] in SPACE:
            i += 1
        elif page[i] == "/":
            i += 1
            closing = closing or page[i : i + 1] == ">"
        else:
            match = re.compile(f"[^{SPACE}/>][^{SPACE}/>=]*").match(page, i)
            assert match
            name, i = match[0].lower(), match.end()
            value = re.compile(f"[{SPACE}]*=[{SPACE}]*").match(page, i)
            text = ""
            if i >= len(page):
                break
            if value:
                i = value.end()
                if page[i : i + 1] and page[i] in "\"'":
                    end = page.find(page[i], i + 1)
                    if end < 0:
                        return found, closing, -1
                    text, i = page[i + 1 : end], end + 1
                else:
                    end = i
                    while end < len(page) and page[end] not in SPACE + ">":
                        end += 1
                    text, i = page[i:end], end
            found.setdefault(name, text)
    return found, closing, -1


def raw_end(page: str, i: int, tag: str) -> int:
    """Where the raw text of `tag` ends."""
    if tag == "plaintext":
        return len(page)
    commented = doubled = False
    for match in re.compile(rf"</{tag}(?=[{SPACE}/>])|<!--|<{tag}(?=[{SPACE}/>])|-->", re.IGNORECASE).finditer(page, i):
        found = match[0].lower()
        if found.startswith("</"):
            if not doubled:
                return match.start()
            doubled = False
        elif tag == "script" and found == "<!--":
            commented = True
            if page.startswith(("<!-->", "<!--->"), match.start()):
                commented = doubled = False
        elif found == "-->":
            commented = doubled = False
        elif tag == "script" and commented:
            doubled = True
    return len(page)


def scan(page: str) -> Twin:
    twin, i = Twin(), 0
    while i < len(page):
        match = re.compile("</?([A-Za-z][^ \t\n\r\f/>\0]*)").match(page, i)
        if match:
            name = re.sub("[A-Z]", lambda m: m[0].lower(), match[1])
            tag = name if name in t.TAG else "custom-element" if "-" in name and not name.startswith("mjx") else ""
            attributes, closing, end = read_tag(page, match.end())
            if end < 0:
                break
            if page[i + 1] == "/":
                twin.end(tag)
            elif tag == "annotation" and "tex" in attributes.get("encoding", "").lower() and takes_latex(twin):
                stop = raw_end(page, end, "annotation")
                twin.annotation(page[end:stop])
                end = behind(page, stop)
            elif tag:
                twin.start(tag, attributes, closing)
                if tag in RAW and end_of_raw(twin, tag, closing):
                    stop = raw_end(page, end, tag)
                    raw(twin, tag, attributes, page[end:stop])
                    end = behind(page, stop)
            i = end
        elif page.startswith("<!--", i):
            short = re.compile("<!--(-?)>").match(page, i)
            stop = short or re.compile("--!?>").search(page, i + 4)
            i = stop.end() if stop else len(page)
        elif re.compile("<[/!?]").match(page, i):
            i = behind(page, i + 2)
        elif page[i] == "&" and "skip" not in twin.stack[-1].flags:
            before_text(twin)
            text, i = entity(page, i)
            twin.write(text, entity=True)
        else:
            if page[i] not in SPACE:
                before_text(twin)
            twin.write(page[i])
            i += 1
    twin.flush()
    return twin


def behind(page: str, i: int) -> int:
    end = page.find(">", i)
    return end + 1 if end >= 0 else len(page)


def before_text(twin: Twin) -> None:
    if "head" in twin.stack[-1].flags:
        twin.leave_head()


def takes_latex(twin: Twin) -> bool:
    return twin.formula is not None and "skip" not in twin.stack[-1].flags


def end_of_raw(twin: Twin, tag: str, closing: bool) -> bool:
    """Whether the content of a raw element follows: not where the tag closes itself in foreign content."""
    return not (closing and twin.stack[-1].flags & {"skip", "math"})


def raw(twin: Twin, tag: str, attributes: dict[str, str], content: str) -> None:
    kind = attributes.get("type", "").replace(" ", "").lower()
    if "skip" in twin.stack[-1].flags:
        return
    if tag == "script" and "math/tex" in kind and "ld+json" not in kind:
        twin.latex(content, "$$" if "mode=display" in kind else "$")
    elif tag in ("xmp", "plaintext") and content:
        twin.begin("")
        twin.text += re.sub("[\x00-\x08\x0b-\x1f]", "", content)
        twin.flush()
