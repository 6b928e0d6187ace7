"""A module as text: its definitions, its regions, its statements."""
