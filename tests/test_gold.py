"""Clean Chinese texts, written for the project, one folder a genre: no rule of the web recipe drops one of them."""

from pathlib import Path

import pyarrow as pa
import pytest

from openclaw_data import documents, recipe, rules, signals
from openclaw_data.signals import language, mixed

TEXTS = sorted((Path(__file__).parent / "gold").glob("*/*.txt"))
RECIPE = recipe.load("web")
PACKS = [pack for pack in recipe.resolve(RECIPE).packs if pack.name not in ("rights", "url")]


def judged(texts):
    batch = documents.from_texts(texts)
    batch = documents.append(batch, language.identify(batch))
    measured = signals.compute(batch, sorted(rules.needed(PACKS) - set(batch.schema.names)))
    batch = documents.append(batch, {**measured, mixed.COLUMN: mixed.language_parts(batch, measured)})
    return batch, rules.judge(batch, PACKS)


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_rule_drops_a_clean_chinese_text_of_this_genre(path):
    batch, verdict = judged([path.read_text("utf-8")])
    assert batch.column("language")[0].as_py() == "zh"
    script = {"hant": "Hant"}.get(path.stem, "Hans")
    assert batch.column("language_script")[0].as_py() == script
    assert verdict.to_pylist() == [[]]


def test_every_genre_of_the_promise_is_there():
    genres = {p.parent.name for p in TEXTS}
    asked = "news poem recipe notice classical lyrics tutorial table forum encyclopaedia"
    assert genres >= set(asked.split())
    assert sum(p.stem == "hant" for p in TEXTS) >= 3


def test_texts_that_are_no_documents_are_dropped():
    menu = "首页\n关于我们\n新闻中心\n联系我们\n友情链接\n网站地图\n版权所有 某某公司\n" * 3
    quotes = "\n".join(f"{i}、人生就像一杯茶，不会苦一辈子，但总会苦一阵子，第{i}句。" for i in range(1, 16))
    words = "数控机床 精密零件 五金配件 厂家直销 现货供应 " * 12
    _, verdict = judged([menu, quotes, words])
    assert all(v.as_py() for v in verdict)
    assert isinstance(verdict, pa.ListArray)


@pytest.mark.parametrize("genre", ["news", "notice", "recipe", "encyclopaedia", "classical", "tutorial"])
def test_a_text_that_lost_its_paragraphs_is_no_remark(genre):
    texts = ["".join(p.read_text("utf-8").split("\n"))[:1000] for p in TEXTS if p.parent.name == genre]
    _, verdict = judged(texts)
    assert texts
    assert [v for v in verdict.to_pylist() if "scraps.remarks" in v] == []
