"""The model that tells main text from the rest: two stages of small trees over the blocks of a page, and the choice.

The first stage knows a block, what is around it and its page (`kernels.html_features`); the second also knows what the
first says of its neighbours, of the elements around it and of the blocks that look like it. Then the page keeps the set
of blocks with the best expected F1: with probabilities p and token counts n, the kept set maximises
2 Σ_kept p n / (Σ_kept n + Σ p n), and its members are those of the highest p.

The trees were trained by `scripts/train_extraction.py`; see docs/extraction.md.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from openclaw_data.kernels import html, html_features, html_judge, html_trees
from openclaw_data.kernels.html_layout import B_FLAGS
from openclaw_data.kernels.html_tables import IN_COMMENT, IN_HIDDEN
from openclaw_data.kernels.html_trees import SECOND_NAMES

PATH = Path(__file__).with_name("model.npz")
"""The model that comes with the package."""
BESIDE_HIDDEN, BESIDE_COMMENTS, BESIDE_FOOT = 0.3, 0.05, 0.3
"""Share of a page's text that is outside of hidden elements, of comments and of the page's foot, where those are left
out: a page that hides nearly all of its text shows it by a script, and a page of comments alone is a forum."""
COMMENT_TOKENS = 4
"""A comment has at least so many words or Han characters; less is a button or a date."""
_SEEN = np.array([html_features.NAMES.index(name) for name in ("tokens", "link_density", "foot")])


class Trees(NamedTuple):
    """Trees in arrays: node k goes to `left` where x[feature] <= threshold, else to `right`; below 0: leaf ~k."""

    feature: Any  # int16[nodes]
    threshold: Any  # float32[nodes]
    left: Any  # int16[nodes]
    right: Any  # int16[nodes]
    leaf: Any  # float32[leaves]: log odds
    roots: Any  # int32[trees]: first node; children count from it
    leaves: Any  # int32[trees]: first leaf


@dataclass(frozen=True, eq=False)
class Model:
    """Scores of class and id words and of beginnings of texts, and both stages."""

    words: Any  # float32[WORDS]
    beginnings: Any  # float32[TEXTS]
    first: Trees
    second: Trees

    @cached_property
    def struck(self) -> tuple[html_trees.Struck, html_trees.Struck]:
        """Both stages in the form they are evaluated in."""
        return html_trees.struck(*self.first), html_trees.struck(*self.second)


def flatten(booster: Any) -> Trees:
    """The trees of a LightGBM booster."""
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    leaf: list[float] = []
    roots, leaves = [], []
    for info in booster.dump_model()["tree_info"]:
        root, first_leaf = len(feature), len(leaf)
        roots.append(root)
        leaves.append(first_leaf)

        def walk(node: dict[str, Any], root: int = root, first_leaf: int = first_leaf) -> int:
            if "leaf_value" in node:
                leaf.append(node["leaf_value"])
                return ~(len(leaf) - 1 - first_leaf)
            k = len(feature)
            feature.append(node["split_feature"])
            threshold.append(node["threshold"])
            left.append(0)
            right.append(0)
            left[k] = walk(node["left_child"])
            right[k] = walk(node["right_child"])
            return k - root

        structure = info["tree_structure"]
        if "leaf_value" in structure:  # a tree of one leaf: both sides of a node lead to it
            structure = {"split_feature": 0, "threshold": 0.0, "left_child": structure, "right_child": structure}
        walk(structure)
    thresholds = np.array(threshold, np.float64)
    small = thresholds.astype(np.float32)
    small = np.where(small > thresholds, np.nextafter(small, np.float32(-np.inf)), small)
    return Trees(
        np.array(feature, np.int16), small.astype(np.float32), np.array(left, np.int16), np.array(right, np.int16),
        np.array(leaf, np.float32), np.array(roots, np.int32), np.array(leaves, np.int32),
    )  # fmt: skip


def predict(trees: Trees, x: Any) -> Any:
    """Probability of main text, float32[rows], for a matrix float32[rows, features]."""
    return html_trees.predict(html_trees.struck(*trees), x)


def around(scan: html.Scan, x: Any, p: Any) -> Any:
    """What the first stage says around a block: columns `SECOND_NAMES`, float32[blocks, ...].

    x float32[blocks, features]: the first stage's; p float32[blocks]: its probabilities.
    """
    out = np.empty((len(x), len(SECOND_NAMES)), np.float32)
    html_trees.second(scan.page_blocks, scan.page_elements, scan.blocks, scan.elements, x[:, 0], p, out)
    return out


def second_features(scan: html.Scan, x: Any, p: Any) -> Any:
    """Matrix float32[blocks, len(SECOND_NAMES) + features] of the second stage, to train on (see `around`)."""
    return np.hstack([around(scan, x, p), x])


def choose(trained: Model, scan: html.Scan, *, comments: bool = False) -> Any:
    """Which blocks are main text: bool[blocks]. `comments` adds what stands in an element named for comments."""
    p, seen = html_judge.judge(scan, trained.words, trained.beginnings, *trained.struck, _SEEN)
    tokens, link_density, foot = seen
    keep = np.zeros(len(p), np.bool_)
    html_trees.choose(scan.page_blocks, p, tokens, keep)
    hidden, commented = ((scan.blocks[:, B_FLAGS] & mark) != 0 for mark in (IN_HIDDEN, IN_COMMENT))
    html_trees.drop(scan.page_blocks, hidden, tokens, BESIDE_HIDDEN, keep)
    html_trees.drop(scan.page_blocks, commented, tokens, BESIDE_COMMENTS, keep)
    html_trees.drop(scan.page_blocks, foot > 0, tokens, BESIDE_FOOT, keep)
    if comments:
        keep |= commented & (tokens >= COMMENT_TOKENS) & (link_density < 0.3)
    return keep


def save(trained: Model, path: Path) -> None:
    """Write a model: sparse tables in half precision, trees in arrays."""
    arrays: dict[str, Any] = {}
    for name, table in (("words", trained.words), ("beginnings", trained.beginnings)):
        at = np.flatnonzero(table)
        arrays[f"{name}_at"], arrays[name] = at.astype(np.int32), table[at].astype(np.float16)
        arrays[f"{name}_size"] = np.array(len(table))
    for name, trees in (("first", trained.first), ("second", trained.second)):
        arrays |= {f"{name}_{field}": value for field, value in trees._asdict().items()}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


@cache
def load(path: Path | None = None) -> Model:
    """Read a model that `save` wrote; the package's own where no path is given."""
    path = path or PATH
    with np.load(path) as found:
        tables = []
        for name in ("words", "beginnings"):
            table = np.zeros(int(found[f"{name}_size"]), np.float32)
            table[found[f"{name}_at"]] = found[name]
            tables.append(table)
        first, second = (Trees(*(found[f"{name}_{field}"] for field in Trees._fields)) for name in ("first", "second"))
        return Model(tables[0], tables[1], first, second)
