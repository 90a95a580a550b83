"""Benchmark items in documents: an exact index of hashes, built from files the user has, and what is found by it.

`items` reads benchmark files, `index` builds, writes and loads an index, `match` finds items in texts. No benchmark
text is shipped with the project or stored in an index.
"""
