"""Perplexity by KenLM models of your own, as CCNet measures it (extra `kenlm`).

Of each line, normalised and cut into tokens, the model gives log10 of its probability with the marks of beginning and
end; a document's perplexity is 10 ** (-sum / (tokens + lines)). Source: CCNet (Wenzek et al. 2020, arXiv:1911.00359),
`cc_net/perplexity.py`. Two things differ. Its map of punctuation turns the full-width digit １ into a quotation mark;
here it is the digit it is. And it takes line breaks out before SentencePiece sees the text, joining the last word of a
line with the first of the next; here a line is a sentence, and lines without tokens do not count.

What a token is, is decided by the corpus the model was estimated on: `Choice.tokens` must name the same.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from openclaw_data import documents
from openclaw_data.errors import DataError
from openclaw_data.kernels import tokens as kernel
from openclaw_data.models.files import Choice, tokenizer_of, verified, verify

MOST = 1e9
"""The highest perplexity that is told apart; a model without `<unk>` gives 10**100 for an unknown word."""
_MARKS = str.maketrans(
    {
        **dict(zip("，。、：∶？！（）；～〈〉【】％’´━–►", ",.,::?!();~<>[]%''---", strict=True)),
        **dict.fromkeys("„”“«»」「《》", '"'),
        "—": " - ",
        "．": ". ",
        "…": "...",
        **dict.fromkeys([*range(32), *range(127, 160)]),  # control characters go
    }
)
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=4)
def load(choice: Choice) -> Any:
    """Load a KenLM model (ARPA, or binary, which is mapped into memory), once a process.

    Raises:
        DataError: the extra is not installed; as `files.verified`; a file that KenLM cannot read.
    """
    try:
        import kenlm
    except ImportError:
        remedy = "Install it: pip install 'openclaw-data[kenlm]'."
        raise DataError(choice.path, "perplexity needs the package kenlm.", remedy) from None
    verify(choice)
    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    config.load_method = kenlm.LoadMethod.LAZY
    try:
        return kenlm.Model(choice.path, config)
    except (OSError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(
            choice.path,
            f"is no whole KenLM model: {said} (sha256 {choice.sha256}, as expected).",
            "Name an ARPA file or a binary of KenLM's build_binary, unpacked.",
        ) from None


@lru_cache(maxsize=4)
def pieces(choice: Choice) -> Any:
    """Load the SentencePiece model that stands beside a KenLM model, once a process.

    Raises:
        DataError: the package is not installed; as `files.verified`; a file that it cannot read.
    """
    try:
        import sentencepiece
    except ImportError:
        remedy = "Install it: pip install 'openclaw-data[kenlm]'."
        raise DataError(choice.path, "`tokens: sentencepiece` needs the package sentencepiece.", remedy) from None
    content = verified(tokenizer_of(choice))
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=content)
    except (OSError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(choice.tokenizer, f"is no SentencePiece model: {said}.", "Name its .model file.") from None


def score(choice: Choice, texts: pa.Array) -> Any:
    """The perplexity of each text, float32[n], finite; 0 for a text without tokens."""
    model = load(choice)
    lines = [[x for x in map(normalise, text.as_py().split("\n")) if x] for text in texts]
    flat = tokenised(choice, [line for document in lines for line in document])
    out, at = np.zeros(len(lines), np.float32), 0
    for i, document in enumerate(lines):
        found = [line for line in flat[at : at + len(document)] if line]
        at += len(document)
        if found:
            count = sum(line.count(" ") + 2 for line in found)  # tokens, and the end of each line
            total = sum(model.score(line, bos=True, eos=True) for line in found)
            out[i] = min(10.0 ** min(-total / count, 300), MOST)
    return out


def normalise(line: str) -> str:
    """A line as CCNet normalises it: lower case, no accents, digits 0, ASCII punctuation, no control characters."""
    bare = unicodedata.normalize("NFD", line.strip().lower())
    plain = "".join(c for c in bare if unicodedata.category(c) != "Mn")
    return _DIGIT.sub("0", plain).translate(_MARKS)


def tokenised(choice: Choice, lines: list[str]) -> list[str]:
    """Each line as its tokens with one space between them; empty for a line without tokens."""
    if choice.tokens == "characters":
        return [" ".join("".join(line.split())) for line in lines]
    if choice.tokens == "spaces":
        return [" ".join(line.split()) for line in lines]
    if choice.tokens == "sentencepiece":
        return [" ".join(pieces(choice).encode(line, out_type=str)) for line in lines]
    offsets, data = documents.text_buffers(pa.array(lines, pa.large_string()))
    _, first, start, end, _ = kernel.scan(offsets, data)
    view = memoryview(data)
    words = [bytes(view[a:b]).decode("utf-8", "replace") for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    return [" ".join(words[a:b]) for a, b in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)]
