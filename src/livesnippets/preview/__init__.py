"""The live preview: it rebuilds pages and runs tests while their author writes.

`session` decides what to do about a save, `children` are the warm processes that do it: `builder`
builds the pages once, `runner` runs some tests. `server` serves the pages and tells the browser.
"""
