"""From a page's bytes to its text: `charset` decides the encoding, `engines` find the main text, `pages` does a batch.

`guard` is the child process that takes the pages which could stop the worker. The package itself can be called:
`openclaw_data.extract(html)` is the public function, and importing this package binds the same name to the module.
"""

import sys
from types import ModuleType

from openclaw_data.extract.pages import Page, clean, extract, pages

__all__ = ["Page", "clean", "extract", "pages"]


class _Package(ModuleType):
    """A module that is called as its function of the same name."""

    __call__ = staticmethod(extract)


sys.modules[__name__].__class__ = _Package
