"""Signals of Chinese: its scripts mixed, classical Chinese, pages stuffed with search words, and damaged characters."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.kernels import characters as scanner
from openclaw_data.kernels import marks as kernel
from openclaw_data.kernels import scripts
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import tokens


class Particles(NamedTuple):
    """Shares of the Han characters, 0 without any."""

    modern_particle_fraction: pa.Array  # float32: 的 了 是 在 and their like
    classical_particle_fraction: pa.Array  # float32: 之 乎 者 也 曰 and their like
    noun_run_fraction: pa.Array  # float32: in runs of six and more bare nouns parted by marks, without 的 了 是
    own_voice_fraction: pa.Array  # float32: 我, not of 我国 and its like, and particles of speech: 吧 呢 啊


class Scripts(NamedTuple):
    """Evidence of scripts and of damage."""

    hans_fraction: pa.Array  # float32: of the Han characters, those of Simplified text alone
    hant_fraction: pa.Array  # float32: those of Traditional text alone
    script_mix_fraction: pa.Array  # float32: the rarer of the two, of both: 0 to 0.5
    control_fraction: pa.Array  # float32: control characters and unassigned code points


class PrivateUse(NamedTuple):
    """Characters that mean nothing without their site's font."""

    private_use_fraction: pa.Array  # float32: of all characters, those of private use


def private_use(batch: pa.RecordBatch) -> PrivateUse:
    """Share of private use in `text`."""
    counts = tokens(batch).counts
    return PrivateUse(ratio(counts["private"], counts["chars"]))


def particles(batch: pa.RecordBatch) -> Particles:
    """Particle signals of `text`."""
    found = tokens(batch)
    table = kernel.particles(found.offsets, found.data, scanner.character_classes(), kernel.particle_kinds())
    han = table[:, 0]
    return Particles(ratio(table[:, 1], han), ratio(table[:, 2], han), ratio(table[:, 3], han), ratio(table[:, 4], han))


def mixture(batch: pa.RecordBatch) -> Scripts:
    """Script signals of `text`."""
    found = tokens(batch)
    table = scripts.count_classes(found.offsets, found.data)
    at = scripts.COLUMN
    han = sum(table[:, at[name]] for name in scripts.HAN)
    hans, hant = (table[:, at[s]] + table[:, at[f"{s}_jis"]] for s in ("hans", "hant"))
    return Scripts(
        ratio(hans, han),
        ratio(hant, han),
        ratio(np.minimum(hans, hant), hans + hant),
        ratio(table[:, at["control"]], found.counts["chars"]),
    )
