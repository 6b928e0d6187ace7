"""``python -m livesnippets verify FOLDER-or-URL``: check a published site against this checkout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from livesnippets.page.sites import SiteError, site_at
from livesnippets.page.verify import verify
from livesnippets.settings import Settings, SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong; return 0 if nothing is, 1 if something is, 2 if it cannot be told."""
    parser = argparse.ArgumentParser(prog="python -m livesnippets")
    command = parser.add_subparsers(required=True).add_parser(
        "verify", help="check a published site against the checkout in this folder"
    )
    command.add_argument("site", metavar="FOLDER-or-URL")
    site = parser.parse_args(arguments).site
    try:
        statement, findings = verify(site_at(site), Settings.read(Path.cwd()))
    except (SiteError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    for finding in findings:
        print(finding)
    if not findings:
        told = f"{len(statement.blocks)} blocks on {len(statement.pages)} pages"
        print(f"{site}: {told} are as commit {statement.commit} has them")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
