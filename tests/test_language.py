"""Language identification: what the scripts decide, what the model decides, and the figures on real texts."""

import gzip
import hashlib
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data.documents import DataError, from_texts
from openclaw_data.signals import language
from openclaw_data.signals.language_codes import of_label

CODE = 'for (int i = 0; i < n; ++i) { std::printf("%d\\n", values[i]); ptr->next = head; }\n'


def labels(*texts: str) -> list[tuple[str, str]]:
    found = language.identify(from_texts(texts))
    return list(zip(found["language"].to_pylist(), found["language_script"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我们今天去图书馆看书，他们还没有来。", ("zh", "Hans")),
        ("我們今天去圖書館看書，他們還沒有來。", ("zh", "Hant")),
        ("老李与后台的人说：裏面的“滑鼠”是个旧词，这话我们听过。", ("zh", "Hans")),
        ("这个网页的标题是简体，这個網頁的內容是繁體，說明寫在這裡。", ("zh", "mixed")),
        ("上海天文台", ("zh", "Hans")),
        ("「上海天文台」", ("zh", "Hant")),
        ("学而时习之，不亦说乎？有朋自远方来，不亦乐乎？", ("zh", "Hans")),
        ("子曰：學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？", ("zh", "Hant")),
        ("鲜の每日优选果汁，这个夏天我们一起喝。", ("zh", "Hans")),
        ("佢哋琴日冇嚟，我喺屋企等咗好耐。", ("yue", "Hant")),
        ("佢哋今日冇嚟，我喺屋企等咗好耐，唔知点解。", ("yue", "Hans")),
        ("彼は昨日、駅前の図書館で本を読んだ。", ("ja", "Jpan")),
        ("東京都千代田区霞が関", ("ja", "Jpan")),
        ("国立国会図書館東京本館関西館国際子供図書館", ("ja", "Jpan")),
        ("나는 어제 도서관에서 책을 읽었다.", ("ko", "Kore")),
        ("大韓民國의 主權은 國民에게 있고, 모든 權力은 國民으로부터 나온다.", ("ko", "Kore")),
        ("The library was closed when we arrived, so we went home again.", ("en", "Latn")),
        ("THE LIBRARY WAS CLOSED WHEN WE ARRIVED, SO WE WENT HOME AGAIN.", ("en", "Latn")),
        ("Die Bibliothek war geschlossen, also gingen wir wieder nach Hause.", ("de", "Latn")),
        ("Когда мы пришли, библиотека была уже закрыта.", ("ru", "Cyrl")),
        ("ห้องสมุดปิดแล้วตอนที่เรามาถึง", ("th", "Thai")),
        ("وصلنا إلى المكتبة لكنها كانت مغلقة", ("ar", "Arab")),
        ("", ("und", "Zyyy")),
        ("123 456 ... !!! 🙂", ("und", "Zyyy")),
        ("下面的代码说明如何遍历数组：\n" + CODE * 4 + "这里我们用指针把节点接到表头。", ("zh", "Hans")),
        (
            "The word 图书馆 means library, and the word 学校 means school; both are among the first to be learnt.",
            ("en", "Latn"),
        ),
    ],
)
def test_texts_have_the_language_that_a_reader_gives_them(text, expected):
    assert labels(text) == [expected]


@settings(max_examples=100)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=5), st.integers(0, 4))
def test_columns_are_never_null_and_do_not_depend_on_the_neighbours(texts, skip):
    array = pa.array(texts, pa.string())
    found = language.identify_texts(array)
    assert [c.type for c in found.values()] == [pa.string(), pa.string(), pa.float32()]
    assert all(column.null_count == 0 and len(column) == len(texts) for column in found.values())
    assert all(0 <= score <= 1 for score in found["language_score"].to_pylist())
    assert all(found["language"].to_pylist() + found["language_script"].to_pylist())
    rest = language.identify_texts(array.slice(skip))
    assert all(rest[name].equals(found[name].slice(skip)) for name in found)


def test_addresses_do_not_make_a_page_english():
    text = "Besuchen Sie uns bald wieder: " + "https://www.the-weather-and-the-news.com/of/the/day/and/this " * 4
    assert labels(text)[0][0] == "de"


def test_null_bytes_and_line_breaks_do_not_disturb_the_model():
    assert labels("The library was closed\x00 when\r\nwe arrived,\n\nso we went home again.")[0][0] == "en"


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("__label__zh", "zh"), ("__label__cmn_Hani", "zh"), ("__label__zho_Hans", "zh"), ("__label__eng_Latn", "en"),
        ("__label__yue_Hani", "yue"), ("__label__yue", "yue"), ("__label__jpn_Jpan", "ja"), ("__label__arb_Arab", "ar"),
        ("__label__wuu_Hani", "wuu"), ("__label__nds", "nds"), ("__label__zxx_Zzzz", "und"),
    ],
)  # fmt: skip
def test_labels_of_all_models_become_the_same_codes(label, code):
    assert of_label(label) == code


class GlotLike:
    """Stands for a model with GlotLID's labels: a list of (probability, label), best first."""

    def __init__(self, *answers):
        self.answers = answers

    def predict(self, text, k, threshold, on_error):
        assert text.count("\n") == 1
        return list(self.answers[:k])


@pytest.fixture
def glotlid(monkeypatch):
    def use(*answers):
        monkeypatch.setattr(language, "load", lambda model: GlotLike(*answers))

    return use


def test_model_given_by_path_may_name_a_relative_of_chinese(glotlid):
    glotlid((0.9, "__label__lzh_Hani"))
    found = language.identify(from_texts(["學而時習之，不亦說乎？"]), model="glotlid.bin")
    assert (found["language"][0].as_py(), found["language_script"][0].as_py()) == ("lzh", "Hant")


def test_answer_that_the_script_refutes_is_passed_over(glotlid):
    glotlid((0.7, "__label__cmn_Hani"), (0.2, "__label__eng_Latn"))
    found = language.identify(from_texts(["some words", "一些字，我们这里"]), model="glotlid.bin")
    assert found["language"].to_pylist() == ["en", "zh"]
    glotlid((0.9, "__label__eng_Latn"))
    assert language.identify(from_texts(["一些字，我们这里"]), model="glotlid.bin")["language"].to_pylist() == ["zh"]


def test_missing_or_damaged_model_is_named_with_the_remedy(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.bin: there is no such file\. Give the path of one, or 'lid\.176'"):
        language.identify(from_texts(["some words"]), model=str(tmp_path / "nowhere.bin"))
    with pytest.raises(DataError, match="no such file"):
        language.model_digest(str(tmp_path / "nowhere.bin"))
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(b"this is not a model")
    with pytest.raises(DataError, match="cannot be loaded"):
        language.identify(from_texts(["some words"]), model=str(damaged))


def test_model_digest_is_the_sha256_of_the_file():
    data = language.model_path("lid.176").read_bytes()
    assert language.model_digest("lid.176") == hashlib.sha256(data).hexdigest()


def test_real_texts_of_fifty_characters_reach_the_figures(shared_data):
    with gzip.open(shared_data / "langid" / "langid_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if len(row["text"]) >= 50]
    found = labels(*(row["text"] for row in rows))
    wanted = [row["lang"].partition("-")[::2] for row in rows]
    pairs = list(zip(wanted, found, strict=True))
    main = [(want, have) for (want, _), (have, _) in pairs if want in {"zh", "en"}]
    assert len(main) > 300
    assert sum(want == have for want, have in main) >= 0.995 * len(main)
    assert not [have for (want, _), (have, _) in pairs if want in {"ja", "ko"} and have == "zh"]
    scripts = [(want, have) for (_, want), (_, have) in pairs if want]
    assert sum(want == have for want, have in scripts) >= 0.99 * len(scripts)
    others = [have for (want, _), (have, _) in pairs if want not in {"zh", "en", "yue"}]
    assert sum(have in {"zh", "en"} for have in others) <= 0.01 * len(others)
