"""From a page's bytes to its text: `charset` decides the encoding, `engines` find the main text, `pages` does a batch.

`guard` is the child process that takes the pages which could stop the worker.
"""

from openclaw_data.extraction.cleaning import clean
from openclaw_data.extraction.pages import Page, extract, pages

__all__ = ["Page", "clean", "extract", "pages"]
