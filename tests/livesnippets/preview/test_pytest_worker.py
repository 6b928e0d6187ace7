from __future__ import annotations

import importlib.util
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import events
from livesnippets.preview.plan import Order
from livesnippets.preview.pytest_worker import unreadable
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project, RayProject

TEST = "tests/test_a.py"


def unknown(*files: str) -> Order:
    """Return the order to run all that these files hold."""
    return Order(list(files), frozenset(), frozenset(files), frozenset())


def ordered(project: Project, order: Order) -> list[events.Event]:
    """Return what a process has to say of an order, which it runs without Ray."""
    project.write("order", msgspec.json.encode(order).decode())
    project.write(
        "ordered.py",
        """
        from pathlib import Path
        from types import SimpleNamespace

        import msgspec
        from livesnippets.preview import pytest_worker
        from livesnippets.preview.plan import Order
        from livesnippets.settings import Settings

        said = []
        order = msgspec.json.decode(Path("order").read_bytes(), type=Order)
        settings = Settings.read(Path.cwd())
        guest = pytest_worker.Guest(settings, "nowhere", Path.cwd() / "traces/1")
        connection = SimpleNamespace(send=said.append)
        pytest_worker.test(connection, guest, 1, order)
        tagged = [(type(event).__name__, event) for event in said]
        Path("heard").write_bytes(msgspec.json.encode(tagged))
        """,
    )
    project.pytester.run(sys.executable, "ordered.py")
    heard = msgspec.json.decode((project.root / "heard").read_bytes())
    return [msgspec.convert(event, getattr(events, name)) for name, event in heard]


def error_of(path: Path) -> Exception:
    """Return the error that a file raises when it is imported."""
    spec = importlib.util.spec_from_file_location("unreadable", path)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(Exception) as caught:  # noqa: PT011 - that it raises is all that counts
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("import os\nimprt re\n", 2, "SyntaxError: invalid syntax"),
        ("\n\nimport nowhere\n", 3, "ModuleNotFoundError: No module named 'nowhere'"),
        ("raise ValueError('a\\nb')\n", 1, "ValueError: a b"),
    ],
    ids=["syntax", "import", "other"],
)
def test_a_file_that_cannot_be_read_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, message: str
) -> None:
    """With the place that is wrong, whether pytest hands on the error or a text that it made."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "tests").mkdir()
    (tmp_path / TEST).write_text(text)
    error = error_of(tmp_path / TEST)
    wanted = Finding(Place(TEST, line), Kind.TESTS, message, "mend the file", TEST)
    assert unreadable(error, TEST, Settings(tmp_path)) == wanted
    told = pytest.Collector.CollectError("a text")
    told.__cause__ = error
    assert unreadable(told, TEST, Settings(tmp_path)) == wanted


def test_the_place_is_the_repositorys(tmp_path: Path) -> None:
    """Of what fails in a library, the line that asked for it; or else the file alone."""
    (tmp_path / "a.py").write_text("import json\njson.loads('{')\n")
    finding = unreadable(error_of(tmp_path / "a.py"), TEST, Settings(tmp_path))
    assert finding.place == Place("a.py", 2)
    assert unreadable(ValueError("nothing"), TEST, Settings(tmp_path)).place == Place(TEST)


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


def test_temporary_folders_of_tests_lie_among_the_traces(project: Project) -> None:
    """Which the process removes at its end, as it would not pytest's usual place."""
    (project.root / "traces/1").mkdir(parents=True)
    project.write("tests/test_writing.py", "def test_writing(tmp_path):\n    print(tmp_path)\n")
    events_heard = ordered(project, unknown("tests/test_writing.py"))
    assert events.Ended in map(type, events_heard)
    written = project.root / "traces/1/tmp_path/test_writing0"
    assert written.is_dir()


def test_what_cannot_be_read_keeps_no_other_test_from_running(project: Project) -> None:
    """Neither a file nor a folder, whose ``conftest.py`` is named, once."""
    project.write("tests/conftest.py", "")
    project.write("tests/a/conftest.py", "import os\nimport nowhere\n")
    for name in ("a/test_one", "a/test_two", "b/test_three", "b/test_four", "b/test_other"):
        project.write(f"tests/{name}.py", "def test():\n    pass\n")
    project.write("tests/b/test_four.py", "def test(:\n")
    names = "a/test_one", "a/test_two", "b/test_three", "b/test_four"
    files = [f"tests/{name}.py" for name in names]
    heard = ordered(project, unknown(*files))
    broken = Place("tests/a/conftest.py", 2)
    message = "ModuleNotFoundError: No module named 'nowhere'"
    early = Finding(broken, Kind.TESTS, message, "mend the file", "tests/a")
    file = "tests/b/test_four.py"
    syntax = Finding(Place(file), Kind.TESTS, "SyntaxError: invalid syntax", "mend the file", file)
    [when] = (event.when for event in heard if isinstance(event, events.Begun))
    assert 0 <= time.time() - when < 600
    assert heard == [
        events.Unreadable(1, file, syntax),
        events.Chosen(1, ("tests/b/test_three.py::test",)),
        events.Begun(1, "tests/b/test_three.py::test", when),
        events.Ended(1, "tests/b/test_three.py::test", passed=True),
        events.Finished(1, early),
    ]
    assert ordered(project, unknown(*files[:2])) == [events.Finished(1, early)]


WARM = """
import os
from pathlib import Path

import pytest
from livesnippets import isolation

os.environ.update(isolation.VARIABLES)  # as the preview does, before Ray is imported
from livesnippets.preview.pytest_worker import Guest
from livesnippets.run.cluster import Cluster
from livesnippets.settings import Settings

cluster = Cluster()
try:
    guest = Guest(Settings.read(Path.cwd()), cluster.address, cluster.directory / "traces/1")
    guest.prepare()
    Path("ready").write_text(" ".join(map(str, guest._prepared.workers())))
    code = pytest.main(plugins=[guest])
finally:
    cluster.stop()
raise SystemExit(code)
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_the_first_test_gets_the_workers_that_wait(ray_project: RayProject) -> None:
    """What they run and read counts for it; the next test gets others."""
    ray_project.write("snippets/data.txt", "data")
    ray_project.write(
        "snippets/reading.py",
        """
        import os
        from pathlib import Path

        import ray


        @ray.remote
        def read():
            Path(__file__).with_name("data.txt").read_text()
            return os.getpid()
        """,
    )
    ray_project.write(
        "tests/test_reading.py",
        """
        from pathlib import Path

        import pytest
        import ray
        from snippets.reading import read


        @pytest.mark.parametrize("waited", [True, False])
        def test_read(ray_job, waited):
            ready = map(int, Path("ready").read_text().split())
            assert (ray.get(read.remote()) in ready) == waited
        """,
    )
    ray_project.write("warm.py", WARM)
    ray_project.pytester.run(sys.executable, "warm.py").assert_outcomes(passed=2)
    for run in ray_project.evidence.values():
        assert {9, 10} <= {*run.hits["snippets/reading.py"]}
        assert run.files["snippets/data.txt"].startswith("sha256:")
