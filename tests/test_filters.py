"""Every pack is sound: its examples get their verdicts through the real path, and the documentation names it all."""

import polars as pl
import pyarrow as pa
import pytest

from openclaw_data import documents, rights, rules, share, signals
from openclaw_data.ingest import blocklists
from openclaw_data.signals import language

PACKS = rules.load(rules.available())


def judge_examples(pack):
    """The verdicts of all examples of one pack, measured and judged in one batch."""
    rows = list(rules.examples([pack]))
    batch = documents.from_texts([example.text for _, _, example, _ in rows])
    batch = documents.append(batch, {**language.identify(batch), **rights.unknown(len(batch))})
    batch = documents.append(batch, {"url_category": blocklists.url_category(batch.column("url"), ())})
    for column in sorted({c for _, _, example, _ in rows for c in example.columns}):
        if column in signals.OPTIONAL:
            values = [e.columns.get(column, 0.0) for _, _, e, _ in rows]
            batch = documents.append(batch, {column: pa.array(values, pa.float32())})
            continue
        values = batch.column(column).to_pylist()
        values = [e.columns.get(column, v) for (_, _, e, _), v in zip(rows, values, strict=True)]
        batch = documents.append(batch, {column: pa.array(values, batch.column(column).type)})
    wanted = sorted(rules.needed([pack]) - set(batch.schema.names))
    batch = documents.append(batch, signals.compute(batch, wanted))
    return rows, rules.judge(batch, [pack]).to_pylist(), batch


@pytest.mark.parametrize("pack", PACKS, ids=lambda p: p.name)
def test_every_example_gets_the_verdict_its_rule_promises(pack):
    rows, verdicts, batch = judge_examples(pack)
    wrong = []
    for i, ((_, rule, example, kept), failed) in enumerate(zip(rows, verdicts, strict=True)):
        if (f"{pack.name}.{rule.name}" not in failed) != kept:
            values = pl.DataFrame(batch.slice(i, 1)).select(sorted(rules.needed([pack])))
            wrong.append(
                (rule.name, example.text[:40], "must be kept" if kept else "must be dropped", values.row(0, named=True))
            )
    assert not wrong


@pytest.mark.parametrize("excuse", [x for p in PACKS for x in p.excuses], ids=lambda x: x.name)
def test_every_excuse_holds_for_its_examples_and_not_for_the_others(excuse):
    texts = [e.text for e in (*excuse.excuses, *excuse.judges)]
    batch = documents.from_texts(texts)
    names = rules.expression(excuse.when).meta.root_names()
    frame = pl.DataFrame({n: pl.Series(a) for n, a in signals.compute(batch, names).items()})
    held = frame.select(rules.expression(excuse.when).alias("when"))["when"].to_list()
    assert held == [True] * len(excuse.excuses) + [False] * len(excuse.judges)


def test_an_excuse_spares_a_document_the_rules_it_names_and_no_others():
    packs = rules.load(["gopher-quality", "code-and-tables"])
    text = "Run it:\n" + "$ a -b --c=1 | d > e\n" * 20 + "The end of the table is that."
    batch = documents.from_texts([text])
    batch = documents.append(batch, language.identify(batch))
    batch = documents.append(batch, {"language": pa.array(["en"])})
    wanted = sorted(rules.needed(packs) - set(batch.schema.names))
    batch = documents.append(batch, signals.compute(batch, wanted))
    assert "gopher-quality.alphabetic" in rules.judge(batch, packs[:1]).to_pylist()[0]
    assert "gopher-quality.alphabetic" not in rules.judge(batch, packs).to_pylist()[0]


@pytest.mark.parametrize("pack", PACKS, ids=lambda p: p.name)
def test_every_language_variant_has_an_example_it_keeps(pack):
    rows, _, batch = judge_examples(pack)
    for rule in pack.rules:
        spoken = {
            rules.matches(rule.keep, lang, script)
            for (_, r, _, kept), lang, script in zip(
                rows, batch.column("language").to_pylist(), batch.column("language_script").to_pylist(), strict=True
            )
            if r is rule and kept
        }
        assert spoken >= set(rule.keep), f"{pack.name}.{rule.name}"


def test_the_readme_has_a_row_for_every_signal_and_every_pack():
    text = (share.folder("filters") / "README.md").read_text("utf-8")
    names = [*signals.SIGNALS, *signals.OPTIONAL, *rules.available(), *rules.COLUMNS]
    assert [n for n in names if f"\n| `{n}` |" not in text] == []


def test_the_table_of_signals_is_what_the_functions_return():
    for name, columns in signals.FUNCTIONS.items():
        assert signals.function(name).__annotations__["return"]._fields == columns, name
