"""Make openclaw_data/kernels/segmenter.npz from jieba's dictionary and hidden Markov model (MIT licence).

    pip install jieba && python scripts/make_segmenter_tables.py

Words of one character are listed like all others; frequencies are jieba's. The tables are committed so that no
result changes with the jieba that happens to be installed; a test compares them with it where it is.
"""

import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "openclaw_data" / "kernels" / "segmenter.npz"
STATES = "BMES"


def main() -> int:
    import jieba
    from jieba import finalseg

    words: dict[str, int] = {}
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines():
        word, frequency = line.split(" ")[:2]
        words[word] = int(frequency)
    kept = {w: f for w, f in words.items() if all(0x4E00 <= ord(c) <= 0x9FD5 for c in w)}
    text = "".join(sorted(kept))
    lengths = np.array([len(w) for w in sorted(kept)], np.uint8)
    emit = {s: finalseg.emit_P[s] for s in STATES}
    codes = sorted({ord(c) for table in emit.values() for c in table})
    np.savez_compressed(
        TARGET,
        text=np.array([ord(c) for c in text], np.uint16),
        lengths=lengths,
        frequency=np.array([kept[w] for w in sorted(kept)], np.int32),
        total=np.int64(sum(words.values())),
        start=np.array([finalseg.start_P[s] for s in STATES]),
        step=np.array([[finalseg.trans_P[a].get(b, finalseg.MIN_FLOAT) for b in STATES] for a in STATES]),
        emit_codes=np.array(codes, np.uint16),
        emit=np.array([[emit[s].get(chr(c), finalseg.MIN_FLOAT) for c in codes] for s in STATES]),
    )
    print(f"{len(kept):,} of {len(words):,} words, {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
