"""Pages that were labelled by hand for the extraction model."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
pages = pytest.importorskip("extraction_pages")
LABELS = ROOT / "scripts" / "labels" / "extraction.jsonl"


def rows():
    return [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]


def test_labels_are_positions_and_hold_no_text_and_no_address():
    for row in rows():
        assert row.keys() == {"file", "offset", "sha256", "language", "kind", "keep"}
        assert row["keep"]
        assert all(a < b for a, b in row["keep"])
        assert row["keep"] == sorted(row["keep"])
        assert len(row["sha256"]) == 64
        assert len(row["kind"]) < 12


def test_a_block_is_kept_where_its_first_character_is_inside_of_a_range():
    page = b"<nav>Menu</nav><p>First one.</p><div>Share</div><p>&lt;Second&gt; one.</p>"
    starts = [page.index(word) for word in (b"First", b"Share", b"&lt;")]
    label = pages.inside(pages.scanned([page]), [[starts[0], starts[1]], [starts[2], len(page)]])
    assert label.tolist() == [False, True, False, True]


def test_labels_belong_to_the_pages_they_were_made_of(shared_data):
    for row in rows()[::12]:
        _, raw = pages.record_at(shared_data / row["file"], row["offset"])
        assert hashlib.sha256(raw).hexdigest() == row["sha256"]
        label = pages.inside(pages.scanned([pages.decoded(raw)]), row["keep"])
        assert label.any()
        assert not label.all()
