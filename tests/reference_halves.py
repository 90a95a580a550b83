"""`kernels.halves.count` for one text, in the dullest possible Python."""


def kind(character: str) -> str:
    lead = character.encode()[0]
    if 0xE4 <= lead <= 0xE9:
        return "han"
    if lead >= 0xC0 or (character.isascii() and character.isalpha()):
        return "letter"
    if character.isascii() and character.isdigit():
        return "digit"
    return "space" if lead <= 32 else "sign"


def count(text: str, least: int) -> list[int]:
    found = [0, 0, 0]
    if sum(kind(character) == "han" for character in text) < least:
        return found
    for line in text.split("\n"):
        kinds = [kind(c) for c in line]
        words = signs = 0
        before = ""
        for now in kinds:
            if now == "letter":
                words += before != "word"
                before = "word"
            elif now == "digit":
                signs += before == ""
                before = before or "number"
            else:
                signs += now == "sign"
                before = ""
        han, letters = kinds.count("han"), kinds.count("letter")
        if han and 3 * han >= letters:
            found[0] += han
        elif words > signs:
            found[1] += words
            found[2] += signs
    return found
