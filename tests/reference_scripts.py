"""The dullest possible twin of `openclaw_data.kernels.scripts`: one dictionary look-up a character."""

from openclaw_data.kernels.scripts import CLASSES, tables


def class_of(character: str) -> str:
    pages, blocks = tables()
    code = ord(character)
    return CLASSES[blocks[int(pages[code // 256]) * 256 + code % 256]]


def count_classes(texts: list[str]) -> list[list[int]]:
    rows = []
    for text in texts:
        found = [class_of(character) for character in text]
        rows.append([found.count(name) for name in CLASSES])
    return rows
