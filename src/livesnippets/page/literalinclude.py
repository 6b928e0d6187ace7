"""A ``literalinclude`` that cannot lie, and the node that carries a block's origin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.directives.code import LiteralInclude, container_wrapper, dedent_lines
from sphinx.util.docutils import SphinxDirective

from livesnippets.finding import Finding, Kind, SourceError
from livesnippets.page.changes import changed
from livesnippets.page.languages import NOT_PYTHON, is_python_file
from livesnippets.page.nodes import Origin, place_of, refused, snippet
from livesnippets.source.module import Excerpt, Source, read_source, split_lines

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.util.typing import OptionSpec

    from livesnippets.finding import Place

FIRST_WINS = "the first line that happens to contain the text wins"
DRIFTS = "line numbers drift"
NUMBERED = "each page shows its line numbers in the evidence"
REFUSED = {
    "start-after": (FIRST_WINS, "use :region: NAME"),
    "start-at": (FIRST_WINS, "use :region: NAME"),
    "end-before": (FIRST_WINS, "use :region: NAME"),
    "end-at": (FIRST_WINS, "use :region: NAME"),
    "lines": (DRIFTS, "use :region: or :pyobject:"),
    "emphasize-lines": (DRIFTS, "use :emphasize-text:"),
    "append": ("it shows a line that no test ran", "put the line into the module"),
    "diff": ("it shows code that no test ran", "show both modules"),
    "linenos": (NUMBERED, "remove it"),
    "lineno-start": (NUMBERED, "remove it"),
    "lineno-match": (NUMBERED, "remove it"),
}
REFUSED |= dict.fromkeys(("prepend", "tab-width", "encoding", "force"), REFUSED["append"])
"""Options of Sphinx's own directive, each with the reason against it and what to use."""

OF_MODULES = {"region", "pyobject", "emphasize-text", "changed-from", "open-proof"}


class StrictLiteralInclude(SphinxDirective):
    """Include a Python module, one definition of it, or one region; or another text file."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        **(LiteralInclude.option_spec or {}),
        "region": directives.unchanged_required,
        "emphasize-text": directives.unchanged_required,
        "open-proof": directives.flag,
        "fold": directives.unchanged_required,
        "changed-from": directives.unchanged_required,
    }

    def run(self) -> list[Node]:
        """Return one `snippet`, or, for a file that is not Python, one plain block."""
        root, path = Path(self.config.livesnippets_root), self._path(self.arguments[0])
        here = place_of(self)
        try:
            self._refuse_options(here)
            if not path.endswith(".py"):
                return [self._plain(root / path, path, here)]
            source = read_source(root, path)
            excerpt = self._excerpt(source)
            block = self._block(source, excerpt)
            old, numbers = self._changes(root, excerpt, here)
        except SourceError as error:
            found = error.finding
            return [refused(here, found if found.place == here else found.seen_from(here))]
        node = snippet("", block, place=here, origin=Origin.MODULE, path=path, excerpt=excerpt)
        node["digest"], node["fold"] = source.digest, self.options.get("fold", "")
        node["old"], node["changed"] = old, numbers
        node["open"] = "open-proof" in self.options
        return [node]

    def _path(self, argument: str) -> str:
        """Return the path of a file from the repository's root; the page depends on it."""
        relative, absolute = self.env.relfn2path(argument)
        self.env.note_dependency(relative)
        return Path(os.path.relpath(absolute, self.config.livesnippets_root)).as_posix()

    def _changes(self, root: Path, excerpt: Excerpt, here: Place) -> tuple[str, tuple[int, ...]]:
        """Return what the block is compared with, by its short name, and the lines that differ."""
        if "changed-from" not in self.options:
            return "", ()
        argument, _, name = self.options["changed-from"].partition(" ")
        source = read_source(root, self._path(argument))
        if not name:
            old = source.whole()
        elif name in source.regions:
            old = source.region(name)
        else:
            old = source.pyobject(name)
        numbers = changed(old, excerpt)
        if not numbers:
            message = f"no line is changed from {self.options['changed-from']!r}"
            raise _refusal(here, f":changed-from: {message}", "remove it")
        return name or Path(source.path).name, numbers

    def _refuse_options(self, here: Place) -> None:
        for option in self.options:
            if option in REFUSED:
                reason, cure = REFUSED[option]
                raise _refusal(here, f":{option}: is refused: {reason}", cure)
        if "region" in self.options and "pyobject" in self.options:
            raise _refusal(here, ":region: and :pyobject: exclude each other", "keep one")

    def _excerpt(self, source: Source) -> Excerpt:
        if "region" in self.options:
            return source.region(self.options["region"])
        if "pyobject" in self.options:
            return source.pyobject(self.options["pyobject"])
        return source.whole()

    def _block(self, source: Source, excerpt: Excerpt) -> nodes.Element:
        lines = split_lines(excerpt.text)
        if "dedent" in self.options:
            lines = dedent_lines(lines, self.options["dedent"], location=None)
        text = "".join(lines)
        block = nodes.literal_block(text, text, source=source.path)
        block["language"] = self.options.get("language", "python")
        block["classes"] += self.options.get("class", [])
        # Pygments wraps each line in <span id="line-N">; `stamp` gives the spans their meaning.
        block["highlight_args"] = {"linespans": "line"}
        if wanted := self.options.get("emphasize-text"):
            found = source.lines_with(wanted, excerpt)
            emphasized = [n for n, line in enumerate(excerpt.numbers, 1) if line in found]
            if not emphasized:
                raise SourceError.at(source.path, excerpt.numbers[0], f"shows no {wanted!r}")
            block["highlight_args"]["hl_lines"] = emphasized
        return self._captioned(block)

    def _plain(self, file: Path, path: str, here: Place) -> nodes.Element:
        if extra := OF_MODULES.intersection(self.options):
            message = f":{extra.pop()}: works for Python modules only"
            raise _refusal(here, message, "remove it")
        if is_python_file(path) and NOT_PYTHON not in self.options.get("class", []):
            raise _refusal(here, f"{path} is Python, but no module", "let its name end in .py")
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read ({error})"
            raise SourceError.at(path, 1, message, "check the path") from error
        block = nodes.literal_block(text, text, source=str(file))
        block["language"] = self.options.get("language", "text")
        block["classes"] += self.options.get("class", [])
        return self._captioned(block)

    def _captioned(self, block: nodes.literal_block) -> nodes.Element:
        self.set_source_info(block)
        element: nodes.Element = block
        if "caption" in self.options:
            caption = self.options["caption"] or self.arguments[0]
            # The wrapper asks for Sphinx's own class, but uses only what all directives have.
            directive = cast("LiteralInclude", cast("Any", self))
            element = container_wrapper(directive, block, caption)
        self.add_name(element)
        return element


def _refusal(here: Place, message: str, cure: str) -> SourceError:
    return SourceError(Finding(here, Kind.OPTION, message, cure))
