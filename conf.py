"""Sphinx configuration; ``make html`` says how it is used."""

project = "Ray patterns, proven"
author = "The livesnippets maintainers"
copyright = "2026, the livesnippets maintainers"

extensions = ["myst_parser", "sphinx_copybutton", "livesnippets"]
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
