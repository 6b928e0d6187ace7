"""The live preview: it rebuilds pages and runs tests while their author writes.

Whatever happens is an event. `decide` says what each asks for, `session` and `runs` carry it out:
`sphinx_worker` builds the pages, `pytest_worker` runs tests. `server` serves the pages and tells
the browser what `status` makes of the state.
"""
