"""``python -m livesnippets.preview.trial``: write what keeps a preview from starting, as JSON.

It imports all that a preview does, and reads the settings of the current folder.
"""

import sys
from pathlib import Path

import msgspec

from livesnippets.preview import server  # noqa: F401 - to import it is a part of the trial
from livesnippets.settings import Settings, SettingsError

if __name__ == "__main__":
    try:
        Settings.read(Path.cwd())
    except SettingsError as error:
        sys.stdout.buffer.write(msgspec.json.encode(error.finding))
