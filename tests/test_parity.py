"""Our packs decide as datatrove's filters do. benchmarks/parity.py measures it on all of quality_dev."""

import importlib.util
import itertools
import sys
from pathlib import Path

import pytest

from openclaw_data import rules

ROOT = Path(__file__).parents[1]
pytest.importorskip("datatrove", reason="needs the extra datatrove")
pytest.importorskip("spacy", reason="needs the extra datatrove")
spec = importlib.util.spec_from_file_location("parity", ROOT / "benchmarks" / "parity.py")
parity = importlib.util.module_from_spec(spec)
sys.modules["parity"] = parity
spec.loader.exec_module(parity)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def bundled(language):
    """Texts of the project: the gold folder, its sample's prose in pieces, and the longer examples of all packs.

    Not the short ones: datatrove counts an n-gram that occurs once as repeated, which drops every text of a sentence.
    """
    texts = [p.read_text("utf-8") for p in sorted((ROOT / "tests" / "gold").glob("*/*.txt"))]
    for path in sorted((ROOT / "scripts" / "sample_prose").glob("*.txt")):
        prose = path.read_text("utf-8")
        texts += [prose[i : i + 1200] for i in range(0, len(prose), 1200)]
    texts += [e.text for _, _, e, _ in rules.examples(rules.load(rules.available()))]
    texts = [t for t in dict.fromkeys(texts) if len(t) >= 250]
    chinese = [sum("一" <= c <= "鿿" for c in t) * 3 > len(t) for t in texts]
    return list(itertools.compress(texts, [c == (language == "zh") for c in chinese]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_decisions_on_bundled_texts_are_datatroves(language):
    texts = bundled(language)
    assert len(texts) > 10
    for name, (share, differ) in parity.compare(texts, language).items():
        assert share >= 0.96, (name, [(r, v, texts[i][:80]) for i, r, v in differ])


@pytest.mark.parametrize(("language", "least"), [("en", 0.99), ("zh", 0.98)])
def test_decisions_on_a_sample_of_real_documents_are_datatroves(shared_data, language, least):
    texts = parity.documents_of(str(shared_data / "quality" / "quality_dev.parquet"), language, 200)
    for name, (share, differ) in parity.compare(texts, language).items():
        assert share >= least, (name, differ)
