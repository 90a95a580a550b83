"""Registered domains of URLs, by the public suffix list that `tldextract` carries; nothing is downloaded."""

import functools
import ipaddress
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa


def url_host_registered_domain(urls: pa.Array) -> pa.Array:
    """The registered domain of each URL (string[n] -> string[n]), as in the Common Crawl index.

    `https://a.b.example.co.uk/x` gives `example.co.uk`. An IP address stands for itself; "" where there is none: no
    host, a bare public suffix, or a text that is no URL.
    """
    return pa.array([registered_domain(host(url)) for url in urls.to_pylist()], pa.string())


def host(url: str) -> str:
    """The host of a URL in lower case, without user, port and trailing dot; "" for what is no URL."""
    try:
        return (urlsplit(url[:8192]).hostname or "").rstrip(".")
    except ValueError:
        return ""


@functools.lru_cache(maxsize=1 << 16)
def registered_domain(host: str) -> str:
    """The registered domain of a host name; see `url_host_registered_domain`."""
    if not host or len(host) > 253:
        return ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        found = _extract()(host)
        return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else ""


@functools.cache
def _extract() -> Any:
    import tldextract

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)
