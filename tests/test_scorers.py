"""Models that users bring: perplexity by KenLM, transformers through ONNX Runtime."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from openclaw_data import documents, recipe, rules, signals
from openclaw_data.errors import DataError
from openclaw_data.models import files, perplexity, transformer
from openclaw_data.signals import classifiers

EN = "The cat sat.\n\n  The Cat sat \n"
ARPA = """\\data\\
ngram 1=6
ngram 2=2

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.5
-1.2\t</s>
-0.5\tthe\t-0.3
-0.75\tcat\t-0.25
-2\t猫

\\2-grams:
-0.25\t<s> the
-0.125\tthe cat

\\end\\
"""


def need(*names):
    for name in names:
        pytest.importorskip(name, reason=f"needs the package {name}")


def choice(path, content, **options):
    path.write_bytes(content)
    return files.Choice(str(path), hashlib.sha256(content).hexdigest(), **options)


def write_recipe(folder, models, **more):
    source = {"id": "a", "format": "jsonl", "paths": ["a.jsonl"], "origin": "user", "record": "mine"}
    path = folder / "mine.yaml"
    path.write_text(json.dumps({"name": "m", "version": "1.0.0", "sources": [source], "models": models, **more}))
    return str(path)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("  Café ÀÉ  ", "cafe ae"),
        ("增长１１％，“好”。", '增长00%,"好".'),
        ("a—b…c．d\x07\x85", "a - b...c. d"),
        ("【注】《书》〈甲〉～", '[注]"书"<甲>~'),
        (" \t ", ""),
    ],
)
def test_lines_are_normalised_as_ccnet_does_but_full_width_digits_stay_digits(line, plain):
    assert perplexity.normalise(line) == plain


def test_a_line_is_cut_into_what_the_model_was_estimated_on():
    asked = files.Choice("a", "b")
    line = "我们在北京,gpt 0."
    assert perplexity.tokenised(asked, [line, ""]) == ["我们 在 北京 , gpt 0 .", ""]
    assert perplexity.tokenised(asked._replace(tokens="characters"), [line, ""]) == ["我 们 在 北 京 , g p t 0 .", ""]
    assert perplexity.tokenised(asked._replace(tokens="spaces"), [line, ""]) == [line, ""]


def test_perplexity_is_that_of_a_calculation_by_hand(tmp_path):
    need("kenlm")
    asked = choice(tmp_path / "m.arpa", ARPA.encode(), tokens="spaces")
    found = perplexity.score(asked, pa.array([EN.replace(".", ""), "the", "", " \n ", "x"], pa.large_string()))
    # the cat sat: <s> the -0.25, the cat -0.125, backoff of cat -0.25 and <unk> -1, </s> -1.2: four tokens a line
    line = 0.25 + 0.125 + 0.25 + 1.0 + 1.2
    expected = [10 ** (line / 4), 10 ** ((0.25 + 0.3 + 1.2) / 2), 0, 0, 10 ** ((0.5 + 1.0 + 1.2) / 2)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float32


def test_a_word_that_the_model_does_not_know_leaves_perplexity_finite(tmp_path):
    need("kenlm")
    asked = choice(tmp_path / "m.arpa", ARPA.replace("-1.0\t<unk>", "-98\t<unk>").encode(), tokens="spaces")
    assert perplexity.score(asked, pa.array(["x " * 50], pa.large_string())).tolist() == [np.float32(perplexity.MOST)]


def test_sentencepiece_cuts_words_where_it_is_asked_to(tmp_path):
    need("kenlm", "sentencepiece")
    import io

    import sentencepiece

    made, corpus = io.BytesIO(), ["the cat sat", "the cat", "a cat sat on the mat"] * 20
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=made, vocab_size=16, minloglevel=2
    )
    pieces = choice(tmp_path / "en.sp.model", made.getvalue())
    asked = choice(tmp_path / "m.arpa", ARPA.encode(), tokens="sentencepiece")
    asked = asked._replace(tokenizer=pieces.path, tokenizer_sha256=pieces.sha256)
    line = perplexity.tokenised(asked, ["the cat"])[0]
    assert line.startswith("▁")
    assert line.replace(" ", "") == "▁the▁cat"
    assert classifiers.digests({"perplexity": {"en": asked}})["perplexity-en-tokenizer"] == pieces.sha256
    broken = choice(tmp_path / "broken", b"no model")
    with pytest.raises(DataError, match="is no SentencePiece model"):
        perplexity.pieces(asked._replace(tokenizer=broken.path, tokenizer_sha256=broken.sha256))


def test_documents_get_perplexity_in_the_languages_that_have_a_model(tmp_path):
    need("kenlm")
    asked = {"perplexity": {"en": choice(tmp_path / "m.arpa", ARPA.encode())}}
    batch = documents.from_texts(["The cat", "猫", "", "The cat"])
    batch = documents.append(batch, {"language": pa.array(["en", "zh", "en", "en"])})
    found = signals.compute(batch, ["words", "perplexity"], classifiers.merged(asked))["perplexity"]
    assert found.type == pa.float32()
    assert found.to_pylist() == [found[3].as_py(), 0, 0, found[0].as_py()]
    assert found[0].as_py() > 1


def test_perplexity_without_a_model_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(DataError, match="models: perplexity:"):
        signals.compute(documents.from_texts(["a"]), ["perplexity"])
    path = write_recipe(tmp_path, {}, filters=["ccnet"])
    with pytest.raises(DataError, match=r"perplexity of documents in 'en', and no model.*leave the pack out"):
        recipe.resolve(recipe.load(path))
    assert "perplexity" not in recipe.portable(recipe.load(path))["models"]


def test_which_languages_ask_for_a_column_follows_keys_and_packs():
    packs = rules.load(["ccnet", "quality"])
    assert rules.languages_asking(packs, "perplexity", ["zh", "ja"]) == {"zh"}
    assert rules.languages_asking(packs, "quality_score", ["zh", "en", "ja"]) == {"zh", "en"}
    assert rules.languages_asking(packs, "words", ["zh"]) == set()


def test_a_recipe_with_perplexity_annotates_and_judges_by_it(tmp_path):
    need("kenlm")
    from openclaw_data.flow import annotate

    digest = choice(tmp_path / "m.arpa", ARPA.encode()).sha256
    model = {"path": "m.arpa", "sha256": digest}
    path = write_recipe(tmp_path, {"perplexity": {"en": model}}, languages=["en"], filters=["ccnet"])
    resolved = recipe.resolve(recipe.load(path))
    assert resolved.models["perplexity-en"] == digest
    assert recipe.portable(resolved.recipe)["models"]["perplexity"]["en"]["path"] == "m.arpa"
    found = annotate.annotate(documents.build(documents.RAW, []), resolved)
    assert found.schema.field("perplexity").type == pa.float32()


@pytest.mark.parametrize("content", [b"", b"no model", ARPA[:60].encode(), b"mmap lm http://kheafield.com/code"])
def test_a_file_that_kenlm_cannot_read_is_an_error_that_names_it(tmp_path, content):
    need("kenlm")
    asked = choice(tmp_path / "broken.arpa", content)
    with pytest.raises(DataError, match=r"broken\.arpa: is no whole KenLM model"):
        perplexity.load(asked)


def test_a_kenlm_model_of_another_digest_is_refused_with_both(tmp_path):
    need("kenlm")
    asked = choice(tmp_path / "m.arpa", ARPA.encode())
    with pytest.raises(DataError, match=f"must be {'0' * 64} and is {asked.sha256}"):
        perplexity.load(asked._replace(sha256="0" * 64))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        perplexity.load(asked._replace(path=str(tmp_path / "none")))


@pytest.mark.parametrize(("module", "extra"), [(perplexity, "kenlm"), (transformer, "onnx")])
def test_a_missing_extra_is_an_error_that_says_how_to_install_it(tmp_path, monkeypatch, module, extra):
    monkeypatch.setitem(sys.modules, "kenlm", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DataError, match=rf"pip install 'openclaw-data\[{extra}\]'"):
        module.load(choice(tmp_path / "unseen", b"x", label=extra))


def test_signals_are_imported_without_the_extras():
    loaded = "{'kenlm', 'onnxruntime', 'tokenizers'} & set(sys.modules)"
    code = f"import sys, openclaw_data.signals.classifiers; print({loaded})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


# ONNX: a model file is a protobuf message; field numbers as in onnx.proto3.


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def message(*fields):
    """Pairs of field number and value: int, str or bytes."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            body = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(body)) + body
    return out


def node(kind, inputs, output, *attributes):
    return message(*((1, i) for i in inputs), (2, output), (4, kind), *((5, message(*a)) for a in attributes))


def tensor(name, element, *shape):
    dimensions = [(1, message((1, d) if isinstance(d, int) else (2, d))) for d in shape]
    return message((1, name), (2, message((1, message((1, element), (2, message(*dimensions)))))))


def onnx_model(inputs=("input_ids", "attention_mask")):
    """For each text, [-s, s] as float: s the sum of the ids that are not padding."""
    nodes = [
        node("Mul", ["input_ids", inputs[1]], "kept"),
        node("Cast", ["kept"], "floats", ((1, "to"), (3, 1), (20, 2))),
        node("ReduceSum", ["floats"], "sum", ((1, "axes"), (8, 1), (20, 7)), ((1, "keepdims"), (3, 1), (20, 2))),
        node("Neg", ["sum"], "negative"),
        node("Concat", ["negative", "sum"], "logits", ((1, "axis"), (3, 1), (20, 2))),
    ]
    graph = message(
        *((1, n) for n in nodes),
        (2, "sum"),
        *((11, tensor(name, 7, "n", "t")) for name in inputs),
        (12, tensor("logits", 1, "n", 2)),
    )
    return message((1, 7), (7, graph), (8, message((1, ""), (2, 11))))


def tokenizer_json():
    import tokenizers

    words = {"[PAD]": 7, "[UNK]": 0, **{f"w{i}": i for i in range(1, 7)}}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.enable_padding(pad_id=7, pad_token="[PAD]")  # as exported tokenizers have it: to be switched off
    return made.to_str().encode()


@pytest.fixture
def asked(tmp_path):
    need("onnxruntime", "tokenizers")
    made = choice(tmp_path / "tokenizer.json", tokenizer_json())
    return choice(tmp_path / "m.onnx", onnx_model(), tokenizer=made.path, tokenizer_sha256=made.sha256)


def test_texts_are_scored_in_their_order_whatever_the_batch(asked):
    texts = pa.array(["w1 w2", "w1", "", "w5 w1 w1 w1 w1", "w3 other", "w1", "w4"], pa.large_string())
    expected = np.array([3, 1, 0, 9, 3, 1, 4]) / 5
    for batch in (1, 2, 32):
        found = transformer.score(asked._replace(batch=batch), texts)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, np.clip(expected, 0, 1))
    cut = transformer.score(asked._replace(max_tokens=2, range=(0.0, 10.0)), texts)
    np.testing.assert_allclose(cut, np.array([3, 1, 0, 6, 3, 1, 4]) / 10)
    assert transformer.score(asked, pa.array([], pa.large_string())).tolist() == []


def test_outputs_become_scores_as_asked():
    made = files.Choice("a", "b")
    outputs = np.array([[-1.0, 1.0], [0.0, 2.5], [1e4, -1e4], [np.nan, np.inf]])
    assert transformer.mapped(made, outputs).tolist() == pytest.approx([0.2, 0.5, 0.0, 0.0])
    assert transformer.mapped(made._replace(range=(-1.0, 1.0), column=0), outputs).tolist() == [0.0, 0.5, 1.0, 0.0]
    chances = transformer.mapped(made._replace(output="sigmoid", column=0), outputs[:3])
    assert chances.tolist() == pytest.approx([0.2689, 0.5, 1.0])
    chances = transformer.mapped(made._replace(output="softmax"), outputs)
    assert chances.tolist() == pytest.approx([0.8808, 0.9241, 0.0, 0.0])


def test_a_provider_is_found_by_its_short_name_and_others_are_listed(asked):
    assert transformer.load(asked._replace(provider="cpu")).session.get_providers() == ["CPUExecutionProvider"]
    with pytest.raises(DataError, match=r"provider 'Abacus'.*has .*CPUExecutionProvider"):
        transformer.load(asked._replace(provider="Abacus"))


def test_a_transformer_takes_the_place_of_the_quality_model_in_a_recipe(asked, tmp_path):
    model = {
        "path": "m.onnx",
        "sha256": asked.sha256,
        "tokenizer": "tokenizer.json",
        "tokenizer_sha256": asked.tokenizer_sha256,
        "provider": "CPU",
        "range": [0, 10],
    }
    resolved = recipe.resolve(recipe.load(write_recipe(tmp_path, {"quality": {"en": model}})))
    assert resolved.models["quality-en"] == asked.sha256
    assert resolved.models["quality-en-tokenizer"] == asked.tokenizer_sha256
    assert recipe.portable(resolved.recipe)["models"]["quality"]["en"]["tokenizer"] == "tokenizer.json"
    batch = documents.append(documents.from_texts(["w5", "", "w2 w2"]), {"language": pa.array(["en"] * 3)})
    found = signals.compute(batch, ["quality_score"], resolved.classifiers)["quality_score"]
    assert found.to_pylist() == pytest.approx([0.5, 0, 0.4])


def test_models_and_tokenizers_that_cannot_be_used_are_one_message(asked, tmp_path):
    def refused(**change):
        with pytest.raises(DataError) as error:
            transformer.load(asked._replace(**change))
        return str(error.value)

    def other(name, content):
        path, sha256 = choice(tmp_path / name, content)[:2]
        return {"path": path, "sha256": sha256}

    assert "m.onnx: the model's sha256 must be 0000" in refused(sha256="0" * 64)
    assert "tokenizer.json: the model's sha256 must be 0000" in refused(tokenizer_sha256="0" * 64)
    assert "ONNX Runtime cannot load it" in refused(**other("cut.onnx", onnx_model()[:-20]))
    assert "the model's inputs are input_ids, pixels" in refused(**other("i.onnx", onnx_model(("input_ids", "pixels"))))
    assert "gives 2 numbers a text. `column` is 2" in refused(column=2)
    broken = other("broken.json", b"{}")
    assert "is no tokenizer" in refused(tokenizer=broken["path"], tokenizer_sha256=broken["sha256"])


@pytest.mark.parametrize(
    ("task", "change", "said"),
    [
        ("quality", {"tokenizer": "t.json"}, "tokenizer and tokenizer_sha256 go together"),
        ("quality", {"range": [1, 1]}, "must rise"),
        ("perplexity", {"tokens": "sentencepiece"}, "go together"),
        ("perplexity", {"provider": "CPU"}, "provider"),
    ],
)
def test_options_that_contradict_each_other_are_refused(tmp_path, task, change, said):
    model = {"path": "a", "sha256": "0" * 64, **change}
    with pytest.raises(DataError, match=said):
        recipe.load(write_recipe(tmp_path, {task: {"en": model}}))
