"""The slow twin of the search for needles: one test a needle and document."""


def occurring(documents: list[bytes], folded: list[bytes], exact: list[bytes]) -> list[int]:
    """Of each document the needles in it, as bits: `folded` without regard to the case of ASCII letters, `exact`."""
    masks = []
    for document in documents:
        there = [needle.lower() in document.lower() for needle in folded]
        there += [needle in document for needle in exact]
        masks.append(sum(1 << number for number, is_there in enumerate(there) if is_there))
    return masks
