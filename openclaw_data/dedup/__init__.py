"""Deduplication on fingerprints: exact by text or URL, near by verified MinHash.

`fingerprints` makes them, `stages` finds duplicate edges in partitions, `clusters` joins edges and ranks, `local` does
all of it in one process.
"""

from openclaw_data.dedup.fingerprints import FINGERPRINT, fingerprint

__all__ = ["FINGERPRINT", "fingerprint"]
