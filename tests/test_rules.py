"""Reading packs and judging batches."""

import polars as pl
import pyarrow as pa
import pytest

from openclaw_data import documents, rules

PACK = """name: mine
version: 1.0.0
source: this test
rules:
  - name: size
    keep: {keep}
    source: this test
    keeps: [long enough]
    drops: [short]
"""


def pack(tmp_path, keep="words >= 2", text=PACK):
    path = tmp_path / "mine.yaml"
    path.write_text(text.format(keep=keep), "utf-8")
    return rules.load([str(path)])


def message(tmp_path, **given):
    with pytest.raises(documents.DataError) as caught:
        pack(tmp_path, **given)
    return str(caught.value)


def test_a_verdict_lists_every_failing_rule_and_is_empty_for_what_is_kept(tmp_path):
    text = PACK + "  - name: more\n    keep: words >= 5\n    source: s\n    keeps: [a]\n    drops: [b]\n"
    verdict = rules.judge(pl.DataFrame({"words": [9, 3, 1]}), pack(tmp_path, text=text))
    assert verdict.type == pa.list_(pa.string())
    assert verdict.to_pylist() == [[], ["mine.more"], ["mine.size", "mine.more"]]


def test_an_empty_batch_and_no_packs_are_judged_too(tmp_path):
    assert rules.judge(documents.from_texts([]), []).to_pylist() == []
    assert rules.judge(documents.from_texts(["a"]), []).to_pylist() == [[]]
    assert rules.judge(pl.DataFrame({"words": pl.Series([], dtype=pl.Int32)}), pack(tmp_path)).to_pylist() == []


def test_the_most_exact_language_key_decides(tmp_path):
    packs = pack(
        tmp_path, keep="{{zh: words >= 10, zh-Hant: words >= 2, en: words >= 5}}".replace("{{", "{").replace("}}", "}")
    )
    frame = pl.DataFrame(
        {
            "words": [3, 3, 3, 3],
            "language": ["zh", "zh", "en", "ja"],
            "language_script": ["Hant", "Hans", "Latn", "Jpan"],
        }
    )
    assert rules.judge(frame, packs).to_pylist() == [[], ["mine.size"], ["mine.size"], []]
    assert rules.needed(packs) == {"words", "language", "language_script"}


def test_the_languages_of_a_pack_limit_its_rules(tmp_path):
    packs = pack(tmp_path, text=PACK.replace("rules:", "languages: [zh]\nrules:"))
    frame = pl.DataFrame({"words": [1, 1], "language": ["zh", "en"], "language_script": ["Hans", "Latn"]})
    assert rules.judge(frame, packs).to_pylist() == [["mine.size"], []]


@pytest.mark.parametrize(("value", "what"), [(None, "null"), (float("nan"), "NaN")])
def test_null_and_nan_are_refused_with_column_and_row(tmp_path, value, what):
    frame = pl.DataFrame({"mean_word_chars": [1.0, 2.0, value]})
    with pytest.raises(documents.DataError, match=rf"column 'mean_word_chars', row 2: the value is {what}\."):
        rules.judge(frame, pack(tmp_path, keep="mean_word_chars >= 1"))


def test_unknown_signal_names_file_line_rule_and_remedy(tmp_path):
    text = message(tmp_path, keep="word >= 2")
    assert "mine.yaml, line 6: rule 'size' names the signal 'word', which does not exist. Did you mean 'words'?" in text


@pytest.mark.parametrize(
    ("keep", "fact"),
    [
        ("words >=", "it is not SQL"),
        ("words + 1", "is not true or false"),
        ("words > AVG(words)", "AVG is not among the functions"),
        ("words > (SELECT 1)", "SELECT is not allowed"),
        ("1 = 1", "looks at no column"),
        ("true", "Write a SQL predicate"),
    ],
)
def test_a_predicate_that_is_no_predicate_is_refused(tmp_path, keep, fact):
    assert fact in message(tmp_path, keep=keep)


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("    keep:", "    kep:", "line 6: unknown key 'kep'. Did you mean 'keep'?"),
        ("    source: this test\n    keeps", "    keeps", "line 5: the key 'source' is missing."),
        ("version: 1.0.0", "version: 1.0.0\nversion: 1.0.1", "line 3: the key 'version' is there already, in line 2."),
        ("version: 1.0.0", "version: 1.0", "line 2: version must be a text"),
        ("keeps: [long enough]", "keeps: &a [x]", "line 8: anchors and aliases are not allowed."),
        ("keeps: [long enough]", "keeps: []", "line 8: keeps must be a list that is not empty."),
        ("keeps: [long enough]", "keeps: [{{repeat: a, time: 3}}]", "unknown key 'time'. Did you mean 'times'?"),
        ("name: mine", "name: other", "Name the file other.yaml."),
        ("source: this test\nrules", "source: this test\nlanguages: [Chinese]\nrules", "'Chinese' is not a language."),
    ],
)
def test_a_slip_in_a_pack_names_file_line_and_remedy(tmp_path, old, new, fact):
    assert fact in message(tmp_path, text=PACK.replace(old, new))


def test_an_unknown_pack_and_a_pack_named_twice_are_refused(tmp_path):
    with pytest.raises(documents.DataError, match="Did you mean 'gopher-quality'"):
        rules.load(["gopher_quality"])
    with pytest.raises(documents.DataError, match="is loaded already"):
        rules.load(["page", "page"])


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(documents.DataError, match="column 'words': a rule needs it"):
        rules.judge(documents.from_texts(["a"]), pack(tmp_path))
