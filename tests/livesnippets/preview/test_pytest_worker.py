from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.project import Project


def test_a_warm_process_runs_its_tests_itself(project: Project) -> None:
    """Also when the project's own settings share its tests out among processes."""
    pyproject = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", pyproject.replace('"-ra"', '"-ra", "-n", "auto"'))
    project.write("snippets/counting.py", "def count():\n    return 1\n")
    project.write(
        "tests/test_counting.py",
        """
        import os
        from snippets.counting import count

        def test_count():
            assert count() == 1
            assert os.getpid() == int(os.environ["WARM"])
        """,
    )
    project.write(
        "warm.py",
        """
        import os
        from pathlib import Path

        import pytest
        from livesnippets.preview.pytest_worker import Guest
        from livesnippets.settings import Settings

        os.environ["WARM"] = str(os.getpid())
        guest = Guest(Settings.read(Path.cwd()), "nowhere", Path.cwd() / "traces/1")
        raise SystemExit(pytest.main(plugins=[guest]))
        """,
    )
    result = project.pytester.run(sys.executable, "warm.py")
    result.assert_outcomes(passed=1)
    assert project.outcomes == {"test_count": "passed"}
