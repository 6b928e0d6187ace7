"""Read a module's bytes as Python reads them and as a page shows them, or not at all."""

from __future__ import annotations

import codecs
import io
import tokenize

from livesnippets.finding import SourceError


def decode(path: str, data: bytes) -> str:
    """Return the text of a module.

    Raises `SourceError` if it is not UTF-8, if Python would read it as something else, or if it
    has Windows' line ends.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise SourceError.at(path, 1, f"cannot be read ({error})", "mend the file") from error
    before, carriage_return, _ = text.partition("\r")
    if carriage_return:
        line = before.count("\n") + 1
        raise SourceError.at(path, line, "has a carriage return, which no page keeps", "remove it")
    try:
        encoding, read = tokenize.detect_encoding(io.BytesIO(data).readline)
        name = codecs.lookup(encoding).name
    except SyntaxError as error:
        raise SourceError.at(path, 1, str(error), "remove the comment that names it") from error
    if name != "utf-8":
        cure = "save it as UTF-8, without a comment or a mark that says otherwise"
        raise SourceError.at(path, max(1, len(read)), f"is read by Python as {name!r}", cure)
    return text
