"""What the head of a page says to programs: where its Markdown twin is, and what it is."""

from __future__ import annotations

import json
from html import escape
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser


def head(title: str, twin: str, metatags: str) -> str:
    """Return the lines of a page's head; `metatags` are those that it has already.

    The second is data, which no browser runs, in the words of schema.org.
    """
    address = quote(twin)
    description = LexborHTMLParser(metatags).css_first("meta[name=description]")
    article = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": title,
        **({"description": description.attributes["content"]} if description else {}),
        "encoding": {
            "@type": "MediaObject",
            "encodingFormat": "text/markdown",
            "contentUrl": address,
        },
    }
    data = json.dumps(article, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
    return (
        f'<link rel="alternate" type="text/markdown" href="{escape(address)}"/>\n'
        f'<script type="application/ld+json">{data}</script>\n'
    )
