"""What it costs to read what pages state of themselves (canonical URL, language, author, date, site), and to scan them.

    python benchmarks/statements.py pages-00000.warc.gz

One core, processor time, the best of three; kernels are compiled before. Prints how many pages state each, too.
"""

import argparse
import time

from openclaw_data import ingest
from openclaw_data.extraction import blocks, charset
from openclaw_data.extraction.describe import Description, stated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warc", nargs="+")
    pages, urls = read(parser.parse_args().warc)
    for scan in blocks.scans(pages[:10]):
        stated(scan, urls[: len(scan.offsets) - 1])
    began = time.process_time()
    scans = list(blocks.scans(pages))
    scanned = time.process_time() - began
    seconds, found = min((describe(scans, urls) for _ in range(3)), key=lambda run: run[0])
    print(f"{len(pages):,} pages, {sum(map(len, pages)):,} bytes: scan {scanned:.2f} s, statements {seconds:.3f} s")
    for k, name in enumerate(Description._fields):
        print(f"{name:14} {sum(bool(one[k]) for one in found):6,}")


def read(paths: list[str]) -> tuple[list[bytes], list[str]]:
    """The payloads of HTML pages in UTF-8, and where they are from."""
    pages, urls = [], []
    for split in ingest.plan([ingest.Source("pages", "warc", tuple(paths), {}, "")]):
        for batch in ingest.read(split, max_page_bytes=10_000_000):
            wanted = ("payload", "content_type", "url", "skipped", "error")
            for payload, kind, url, skipped, error in zip(*(batch.column(n).to_pylist() for n in wanted), strict=True):
                if payload and not skipped and not error:
                    pages.append(charset.decode(payload, kind).text.encode("utf-8", "replace"))
                    urls.append(url)
    return pages, urls


def describe(scans: list, urls: list[str]) -> tuple[float, list[Description]]:
    """Processor time and the descriptions of all pages."""
    began = time.process_time()
    found: list[Description] = []
    for scan in scans:
        found += stated(scan, urls[len(found) : len(found) + len(scan.offsets) - 1])
    return time.process_time() - began, found


if __name__ == "__main__":
    main()
