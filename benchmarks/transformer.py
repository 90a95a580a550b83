"""What a transformer costs: documents a second through `models.transformer`, on the device named.

    python benchmarks/transformer.py texts.parquet --provider CPU --documents 200

The network has the size of MiniLM-L6 (6 layers, 384 wide, 22.7 million weights) and random weights, so the scores mean
nothing and the time does. Needs the extra `onnx` and, to write the network down, the package onnx.
"""

import argparse
import hashlib
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import tokenizers
from onnx import TensorProto, helper, numpy_helper

from openclaw_data.models import files, transformer

VOCABULARY, WIDTH, LAYERS, HEADS = 30522, 384, 6, 12


def network() -> bytes:
    """Token embedding, six layers of attention and feed-forward, the first token's number."""
    made, weights, count = [], [], iter(range(10_000))
    random = np.random.default_rng(0)

    def add(kind: str, *inputs: str, **attributes: object) -> str:
        name = f"x{next(count)}"
        made.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(*shape: int) -> str:
        name = f"w{next(count)}"
        weights.append(numpy_helper.from_array((random.standard_normal(shape) * 0.02).astype(np.float32), name))
        return name

    def constant(values: object, kind: type = np.int64) -> str:
        name = f"c{next(count)}"
        weights.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    split = constant([0, 0, HEADS, WIDTH // HEADS])
    joined = constant([0, 0, WIDTH])
    ones, zeros = constant(np.ones(WIDTH), np.float32), constant(np.zeros(WIDTH), np.float32)

    def heads(x: str) -> str:
        return add("Transpose", add("Reshape", add("MatMul", x, weight(WIDTH, WIDTH)), split), perm=[0, 2, 1, 3])

    masked = add("Cast", add("Unsqueeze", "attention_mask", constant([1, 2])), to=TensorProto.FLOAT)
    bias = add("Mul", add("Sub", masked, constant(1, np.float32)), constant(1e9, np.float32))
    x = add("Gather", weight(VOCABULARY, WIDTH), "input_ids")
    for _ in range(LAYERS):
        query, key, value = heads(x), heads(x), heads(x)
        scores = add("MatMul", query, add("Transpose", key, perm=[0, 1, 3, 2]))
        scaled = add("Mul", scores, constant((WIDTH / HEADS) ** -0.5, np.float32))
        seen = add("MatMul", add("Softmax", add("Add", scaled, bias), axis=-1), value)
        seen = add("Reshape", add("Transpose", seen, perm=[0, 2, 1, 3]), joined)
        x = add("LayerNormalization", add("Add", x, add("MatMul", seen, weight(WIDTH, WIDTH))), ones, zeros)
        wide = add("Relu", add("MatMul", x, weight(WIDTH, 4 * WIDTH)))
        x = add("LayerNormalization", add("Add", x, add("MatMul", wide, weight(4 * WIDTH, WIDTH))), ones, zeros)
    first = add("Gather", x, constant(0), axis=1)
    made.append(helper.make_node("MatMul", [first, weight(WIDTH, 1)], ["logits"]))
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "t"]) for n in transformer.INPUTS[:2]]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(made, "random", inputs, [output], weights)
    opsets = [helper.make_opsetid("", 17)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def tokenizer(texts: list[str]) -> bytes:
    """A tokenizer with a vocabulary of pieces of these texts, so that lengths are those of a real one."""
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=["[PAD]", "[UNK]"], show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    return made.to_str().encode()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("parquet")
    asked.add_argument("--provider", default="CPU")
    asked.add_argument("--documents", type=int, default=200)
    asked.add_argument("--max-tokens", type=int, default=512)
    options = asked.parse_args()
    texts = pl.read_parquet(options.parquet, columns=["text"])["text"].head(options.documents)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "model.onnx", Path(folder) / "tokenizer.json"]
        for path, content in zip(paths, (network(), tokenizer(texts.to_list())), strict=True):
            path.write_bytes(content)
        digests = [hashlib.sha256(p.read_bytes()).hexdigest() for p in paths]
        choice = files.Choice(
            str(paths[0]),
            digests[0],
            tokenizer=str(paths[1]),
            tokenizer_sha256=digests[1],
            provider=options.provider,
            max_tokens=options.max_tokens,
        )
        tokens = [len(transformer.load(choice).tokenizer.encode(t)) for t in texts]
        began = time.perf_counter()
        transformer.score(choice, texts.to_arrow())
        seconds = time.perf_counter() - began
        device = transformer.load(choice).session.get_providers()[0]
    print(f"{device}: {len(texts) / seconds:.1f} documents/s, {sum(tokens) / seconds:,.0f} tokens/s (one thread)")
    print(f"{len(texts)} documents, {np.mean(tokens):.0f} tokens on average, {seconds:.1f} s")


if __name__ == "__main__":
    main()
