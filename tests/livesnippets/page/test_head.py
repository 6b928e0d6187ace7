from __future__ import annotations

import json

from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.head import head


def test_a_head_leads_to_the_twin_and_says_what_the_page_is() -> None:
    """With the description that the page has already; nothing in it ends the element."""
    tree = LexborHTMLParser(
        head("</script> & more", "a b.md", '<meta name="description" content="&quot;So&quot;" />')
    )
    link, data = tree.css_first("link"), tree.css_first("script")
    assert link is not None
    assert data is not None
    assert link.attributes["href"] == "a%20b.md"
    said = json.loads(data.text())
    assert said["headline"] == "</script> & more"
    assert said["description"] == '"So"'
    assert said["encoding"]["contentUrl"] == "a%20b.md"


def test_a_page_without_a_description_gets_none() -> None:
    """What nobody has said is left out."""
    assert '"description"' not in head("A", "a.md", "")
