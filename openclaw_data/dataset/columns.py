"""What each column of `data/` means, for Croissant and the card; and how Arrow types are called there."""

from typing import NamedTuple

DESCRIPTIONS = {
    "id": "WARC-Record-ID without brackets, else sha256 of source, file and offset",
    "text": "the document's text",
    "title": "the page's title",
    "url": "address the page was fetched from",
    "url_host_registered_domain": "registered domain of the address, by the public suffix list",
    "source_id": "source in the manifest",
    "crawl": "name of the crawl",
    "fetch_time": "when the page was fetched (UTC); 1970-01-01: unknown",
    "fetch_status": "HTTP status of the response",
    "content_mime_detected": "media type of the payload",
    "content_charset": "character encoding the page was decoded with",
    "content_digest": "WARC-Payload-Digest as stored",
    "warc_filename": "raw file the record is in",
    "warc_record_offset": "byte of the record in it (line offset in JSON lines, row number in Parquet)",
    "warc_record_length": "bytes of the record in the file; 0: unknown",
    "text_sha256": "sha256 of the text in UTF-8",
    "language": "BCP 47 language: zh, en",
    "language_script": "ISO 15924 script: Hans, Hant, Latn",
    "language_score": "confidence in the language, 0 to 1",
    "char_count": "Unicode code points of the text",
    "token_count": "words of the text (tokenizer in the manifest)",
    "dup_cluster_id": "documents with the same number are duplicates of each other; -1: not compared",
    "dup_cluster_size": "documents in the cluster, the dropped ones included",
    "licence": "SPDX expression that the page names, else that of its source; empty: unknown",
    "licence_source": "where the licence is from: cc-rel, cc-jsonld, cc-meta, link-header, source, none",
    "rights_status": "clear, reserved or unknown",
    "rights_signals": "machine-readable rights statements and reprint notices found on the page",
    "icp": "ICP number of the site (registration in mainland China)",
    "edits": "characters removed by edits",
    "run_id": "the run that made the row; provenance.dsse.json describes it",
}
"""Columns without an entry are described by their name."""


class Kind(NamedTuple):
    """An Arrow type in Croissant's words."""

    data_type: str
    is_list: bool


def kind(arrow: str) -> Kind:
    """The Croissant data type of an Arrow type's name, such as `int32` or `list<item: string>`."""
    if arrow.startswith(("list<", "large_list<")):
        return Kind(kind(arrow.partition(": ")[2].split(" ")[0].rstrip(">")).data_type, is_list=True)
    for prefix, name in (
        *(("int", "sc:Integer"), ("uint", "sc:Integer"), ("float", "sc:Float"), ("double", "sc:Float")),
        *(("halffloat", "sc:Float"), ("bool", "sc:Boolean"), ("timestamp", "sc:DateTime")),
    ):
        if arrow.startswith(prefix):
            return Kind(name, is_list=False)
    return Kind("sc:Text", is_list=False)
