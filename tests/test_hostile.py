"""Input made to stop a worker costs its bytes and gives a reason; `benchmarks/hostile.py` has it at full size."""

import re
import string
from collections import Counter

import pytest

from benchmarks import hostile
from openclaw_data import documents, edits
from openclaw_data.edits import pii_patterns
from tests.timing import within

SCALE = {"gzip bomb, 4 GB": 0.08, "zstd bomb, 4 GB": 0.08, "Content-Encoding bomb, 1 GB": 0.02}
"""Just over what a member (256 MB) or a page (10 MB) may give."""
SMALL = 0.01
LIMIT_SECONDS = 10.0
"""Ten times what the slowest takes on an idle core."""
WANTED: dict[str, Counter[str]] = {
    "gzip bomb, 4 GB": Counter(decompression=1),
    "zstd bomb, 4 GB": Counter(decompression=1),
    "Content-Encoding bomb, 1 GB": Counter(oversize=1),
    "a WARC header of 100 MB": Counter(warc_record=1, dropped=1),
    "10 million HTTP headers": Counter(warc_record=1),
    "deep JSON": Counter(json=2, dropped=1),
}


@pytest.mark.usefixtures("curated")  # which compiles what has to be
@pytest.mark.parametrize("name", hostile.CASES)
def test_a_hostile_file_takes_bounded_time_and_every_record_has_a_reason(tmp_path, name):
    form, write = hostile.CASES[name]
    scale = SCALE.get(name, SMALL)
    write(tmp_path / "given", scale)
    with within(LIMIT_SECONDS):
        found = hostile.outcomes(form, tmp_path / "given")
    assert sum(found.values()) > 0
    if name in WANTED:
        assert found == WANTED[name]


UNITS = sorted(
    {
        *string.printable,
        *"。，（）：－０ａ　\u00a0\u200b文",
        "1-",
        "a@",
        "1 ",
        "a.",
        "+86 ",
        "[1]",
        "(1)",
        "a-",
        "::",
        "1.",
        "\n ",
        "qq:",
    }
)


@pytest.mark.parametrize("name", edits.EDITS)
def test_no_repeated_text_makes_an_edit_slow(name):
    """20 kB of one piece, and of the piece with something after it that the pattern cannot end with."""
    texts = [(unit * (20_000 // len(unit))) + end for unit in UNITS for end in ("", "\x7f", "x@")]
    batch = documents.from_texts(texts)
    edits.apply(batch.slice(0, 4), (name,))
    with within(LIMIT_SECONDS):
        edits.apply(batch, (name,))


def test_no_pattern_of_personal_data_takes_more_than_linear_time_on_what_it_is_made_of():
    """Each pattern alone, over runs of the characters that stand in it."""
    patterns = [v for v in vars(pii_patterns).values() if isinstance(v, re.Pattern)]
    assert patterns
    for pattern in patterns:
        units = sorted(
            {c for c in re.sub(r"\\[a-zA-Z]", "", pattern.pattern) if c not in "^$|?*+{}()[]\\"} | {"1", "a", " "}
        )
        for unit in units[:40]:
            text = unit * 40_000 + "\x7f"
            with within(4, (pattern.pattern[:80], unit)):
                sum(1 for _ in pattern.finditer(text))
