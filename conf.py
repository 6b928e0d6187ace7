"""Sphinx configuration; ``make html`` says how it is used."""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.util import logging

with redirect_stdout(None):  # it prints that it draws no cards; ours is drawn already
    import sphinxext.opengraph  # noqa: F401 - only now


def address(name: str) -> str:
    """Return a web address that the host has given, without a slash at its end; or none."""
    url = os.environ.get(name, "").rstrip("/")
    if url and not url.startswith(("https://", "http://")):
        told = f"{name}={url}: give an address that begins with https://, or none"
        logging.getLogger(__name__).warning(told)
        return ""
    return url


# Where the site will be, where the commit that it is made of can be read, and where a branch can
# be edited, are known to its host alone. What would name an unknown one is left out.
SITE, SOURCE, EDIT = map(address, ("SITE_URL", "SITE_SOURCE", "SITE_EDIT"))

project = "Ray patterns, proven"
author = "The livesnippets maintainers"
copyright = "2026, the livesnippets maintainers"

extensions = ["myst_parser", "sphinx_copybutton", "livesnippets"]
extensions += ["notfound.extension", "sphinx_last_updated_by_git", "sphinxext.opengraph"]
extensions += ["sphinx_sitemap"] if SITE else []
sys.path.append(str(Path(__file__).parent))
extensions += ["hosting.crawlers", "hosting.sections"]
highlight_language = "text"  # a block without a language is no Python
myst_enable_extensions = ["colon_fence", "deflist"]
nitpicky = True

html_theme = "furo"
html_title = project
pygments_dark_style = "github-dark"  # it underlines no names
html_static_path = ["docs/_static"]
html_css_files = ["site.css"]
templates_path = ["docs/_templates"]
html_favicon = "docs/_static/favicon.svg"
copybutton_exclude = ".linenos, .gp, .go"

html_use_index = False  # the pages name nothing for it
html_baseurl = ogp_site_url = f"{SITE}/" if SITE else ""
livesnippets_source_url = SOURCE
html_theme_options = {
    "source_view_link": SOURCE and f"{SOURCE}/docs/{{filename}}",
    "source_edit_link": EDIT and f"{EDIT}/docs/{{filename}}",
}
if SITE:
    ogp_image = "_static/card.png"
    ogp_image_alt = "Ray patterns, proven: each line of Python has run in a passing test"
    ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image">']
sitemap_url_scheme = "{link}"
sitemap_excludes = ["404.html", "search.html"]
sitemap_show_lastmod = True
notfound_template = "404.html"
notfound_urls_prefix = urlsplit(html_baseurl).path or "/"
html_last_updated_fmt = "%-d %B %Y"
git_last_updated_timezone = "UTC"
git_untracked_show_sourcelink = True
suppress_warnings = ["git"]  # where it does not know when a page changed, the page does not say
livesnippets_policy = (  # the search fetches pages, and the theme's icons are in its styles
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; "
    "style-src 'self'; base-uri 'none'; form-action 'self'"
)
