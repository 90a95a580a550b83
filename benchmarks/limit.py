"""The floor to compare with: bare FastWARC and Resiliparse over one WARC, nothing else.

Reads every response, detects its encoding, parses it and takes the main content as plain text: the least that any
curation of raw pages has to do. No provenance, no language, no rules, no output.

    python benchmarks/limit.py crawl/pages.warc.gz
"""

import argparse
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding
from resiliparse.parse.html import HTMLTree


@dataclass(frozen=True)
class Measured:
    """One pass over one file. `seconds` is wall-clock time, `payload_bytes` what came out of the records' bodies."""

    documents: int
    payload_bytes: int
    text_chars: int
    seconds: float
    peak_rss_bytes: int


def extract_all(path: Path) -> tuple[int, int, int]:
    """Extract every response of the WARC at `path`; returns documents, payload bytes and characters of text."""
    documents = payload_bytes = text_chars = 0
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            payload = record.reader.read()
            tree = HTMLTree.parse_from_bytes(payload, detect_encoding(payload, html5_compatible=True))
            text_chars += len(extract_plain_text(tree, main_content=True))
            documents += 1
            payload_bytes += len(payload)
    return documents, payload_bytes, text_chars


def measure(path: Path) -> Measured:
    """Time `extract_all` in this process. Peak memory is the process's own, so call it in a fresh one."""
    started = time.perf_counter()
    documents, payload_bytes, text_chars = extract_all(path)
    seconds = time.perf_counter() - started
    return Measured(documents, payload_bytes, text_chars, seconds, peak_rss_bytes())


def peak_rss_bytes() -> int:
    """The largest resident size this process ever had (`ru_maxrss` is in kB on Linux, in bytes on macOS)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a sentence")
    options = parser.parse_args()
    result = measure(options.warc)
    if options.json:
        print(json.dumps(asdict(result)))
        return
    megabytes = result.payload_bytes / 1e6
    print(
        f"{result.documents:,} documents, {megabytes:.1f} MB of payload in {result.seconds:.2f} s: "
        f"{result.documents / result.seconds:,.0f} documents/s, {megabytes / result.seconds:.1f} MB/s, "
        f"peak RSS {result.peak_rss_bytes / 2**20:.0f} MiB"
    )


if __name__ == "__main__":
    main()
