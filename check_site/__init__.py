"""``make check-site``; its tools come from npm, into this folder."""
