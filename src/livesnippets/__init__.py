"""Documentation whose code is proven: literalinclude, tests and evidence.

Every Ray worker of a test run imports this package, so this module imports
nothing: Sphinx and pytest are loaded by the modules that need them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    from livesnippets.page.extension import setup as register  # noqa: PLC0415 - see above

    return register(app)
