"""The templates of what is put onto pages, with all values escaped."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from livesnippets.evidence.verdict import spans

environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "html"),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
environment.filters["spans"] = spans


def code(text: str) -> Markup:
    """Return a text as HTML, what is in backquotes as code."""
    parts = [escape(part) for part in text.split("`")]
    inside = (Markup("<code>{}</code>").format(part) for part in parts[1::2])
    parts[1::2] = inside
    return Markup("").join(parts)


environment.filters["code"] = code


def breakable(text: str) -> Markup:
    """Return a name as HTML that may be broken where a word of it ends."""
    return Markup(re.sub(r"(_|::|/)(?=\w)", r"\1<wbr/>", escape(text)))  # noqa: S704 - escaped


environment.filters["breakable"] = breakable


def grouped(digest: str) -> Markup:
    """Return a digest as HTML that may be broken after each eighth digit."""
    return Markup("<wbr/>").join(digest[at : at + 8] for at in range(0, len(digest), 8))


environment.filters["grouped"] = grouped


def slug(text: str) -> str:
    """Return a text as a part of an id, to which ``url(#...)`` can point."""
    return re.sub(r"\W+", "-", text)


environment.filters["slug"] = slug


def render(template: str, **values: object) -> str:
    """Return a template with its values filled in."""
    return environment.get_template(template).render(values)
