"""Histograms on fixed bins, so that the counts of parts add up and no part is read twice."""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

from openclaw_data.audit import report

FRACTION, LOG, COUNT = "fraction", "log", "count"
_BINS = {FRACTION: 101, LOG: 121, COUNT: 121}
_PER_DECADE = 12
_LOWEST = {LOG: 0.01, COUNT: 1.0}


def scale_of(unit: str, name: str, *, whole: bool) -> str:
    """Which scale a signal has: shares of one are linear, all else logarithmic, whole numbers from 1 on."""
    shares = ("_fraction", "_score", "_max", "_share")
    if unit == "0–1" or (not unit and name.endswith(shares)):
        return FRACTION
    return COUNT if whole else LOG


def bin_of(values: npt.NDArray[Any], scale: str) -> npt.NDArray[np.int64]:
    """The bins of values: int64[n]. Values below the scale count in its first bin, those above in its last."""
    values = values.astype(np.float64)
    # float32 puts 0.29 a hair below itself: the tolerance keeps a value that is a bin's edge in that bin
    if scale == FRACTION:
        bins = np.floor(values * 100 + 1e-5)
    else:
        bins = np.floor(np.log10(np.maximum(values / _LOWEST[scale], 0.5)) * _PER_DECADE + 1e-9) + 1
    return np.clip(bins, 0, _BINS[scale] - 1).astype(np.int64)


def counts(values: npt.NDArray[Any], scale: str, groups: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """How many values of each of `n` groups each bin holds: int64[n, bins]."""
    bins = _BINS[scale]
    return np.bincount(bin_of(values, scale) + bins * groups, minlength=n * bins).reshape(n, bins)


def position(value: float, scale: str) -> float:
    """Where a value lies on the axis, in bins: what `bin_of` rounds down."""
    if scale == FRACTION:
        return min(max(value * 100, 0.0), float(_BINS[scale]))
    if value < _LOWEST[scale]:
        return 0.5
    return min(float(np.log10(value / _LOWEST[scale])) * _PER_DECADE + 1, float(_BINS[scale]))


def value_at(position_: float, scale: str) -> float:
    """The value at a place on the axis; the inverse of `position`."""
    return position_ / 100 if scale == FRACTION else _LOWEST[scale] * 10 ** ((position_ - 1) / _PER_DECADE)


class Counter:
    """Counts of one signal by language, added up part by part."""

    def __init__(self, scale: str) -> None:
        self.scale = scale
        self._counts: dict[str, npt.NDArray[np.int64]] = defaultdict(lambda: np.zeros(_BINS[scale], np.int64))

    def add(self, language: str, counts: npt.NDArray[np.int64]) -> None:
        """Add the counts of one language's documents, bin by bin."""
        self._counts[language] += counts

    def bins(self) -> dict[str, report.Bins]:
        """Language -> counts from the first bin that is not empty to the last."""
        found = {}
        for language, counts in sorted(self._counts.items()):
            used = np.flatnonzero(counts)
            if len(used):
                found[language] = report.Bins(first=used[0], counts=tuple(counts[used[0] : used[-1] + 1].tolist()))
        return found
