"""The private names of Ray's are in the Ray that is installed."""

from __future__ import annotations

import importlib.util
import inspect
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import ray
from ray import _raylet, actor, remote_function
from ray._private import function_manager, ray_logging, services, worker
from ray._private.node import Node

from livesnippets.evidence.environment import locked_ray
from livesnippets.watch import ray_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

HERE = Path(ray.__file__).parent


def code_of(function: Callable[..., object]) -> CodeType:
    """Return the code of a function, whatever decorates it."""
    code: CodeType = inspect.unwrap(function).__code__
    return code


def test_they_were_seen_in_the_ray_of_the_lock() -> None:
    """Whoever raises Ray looks whether each name still does what is said of it here."""
    assert locked_ray(Path("requirements.txt")) == ray_names.SEEN_IN
    assert metadata.version("ray") == ray_names.SEEN_IN


@pytest.mark.parametrize("name", ray_names.CALLS)
def test_calls_have_their_file_and_name(name: str) -> None:
    """By which a recording knows them; their arguments are public."""
    code = code_of(getattr(worker, name))
    assert code is code_of(getattr(ray, name))
    assert (code.co_filename, code.co_qualname) == (str(HERE / ray_names.CALLS_FILE), name)


def test_submissions_have_their_names() -> None:
    """Of a method, and of a function."""
    method = code_of(actor.ActorHandle._actor_method_call)  # noqa: SLF001 - what is tested
    function = code_of(remote_function.RemoteFunction._remote)  # noqa: SLF001 - what is tested
    assert {method.co_qualname, function.co_qualname} == ray_names.SUBMITS
    assert ray_names.METHOD_NAME in method.co_varnames
    assert ray_names.METHOD_NAME not in function.co_varnames


def test_an_actor_s_methods_are_called_by_their_executor() -> None:
    """By which it is known that one has begun, whosever code it is."""
    manager = object.__new__(function_manager.FunctionActorManager)
    code = code_of(manager._make_actor_method_executor("method", print))
    assert code.co_filename == str(HERE / ray_names.EXECUTOR_FILE)
    assert code.co_qualname == ray_names.EXECUTOR


def test_objects_have_their_attributes() -> None:
    """Remote functions, references, actors and their classes."""

    @ray.remote
    def task() -> None:
        pass

    assert getattr(task, ray_names.FUNCTION_NAME).endswith(".task")
    assert getattr(task, ray_names.FUNCTION).__code__.co_qualname.endswith(".task")
    assert callable(getattr(ray.ObjectRef, ray_names.TASK_ID))
    assert isinstance(getattr(actor.ActorHandle, ray_names.ACTOR_ID), property)
    assert f"self.{ray_names.ACTOR_CLASS} = " in inspect.getsource(actor.ActorHandle)
    descriptor = getattr(_raylet, "PythonFunctionDescriptor")  # noqa: B009 - it has no types
    assert hasattr(descriptor, ray_names.CLASS_NAME)


def test_an_actor_s_id_ends_the_ids_of_its_tasks() -> None:
    """Which tells the tasks of a killed actor."""
    job = ray.JobID.from_int(1)
    of_actor = ray.ActorID.of(job, ray.TaskID.for_driver_task(job), 1)
    of_task = ray.TaskID.for_actor_creation_task(of_actor)
    assert of_task.hex()[-ray_names.ACTOR_ID_DIGITS :] == of_actor.hex()
    no_actors = ray.ActorID.nil().hex()
    assert no_actors.startswith(ray_names.NO_ACTOR)


def test_the_table_of_actors_tells_which_are_detached() -> None:
    """They are ended with their job."""
    table = importlib.import_module(ray_names.ACTOR_TABLE)
    assert next(iter(inspect.signature(table.actors).parameters)) == "actor_id"
    state = inspect.getsource(table.GlobalState)
    for name in (ray_names.IS_DETACHED, ray_names.JOB_ID):
        assert f'"{name}": ' in state


def test_a_worker_starts_as_ray_is_told() -> None:
    """By a program with these arguments, which goes on as Ray's own."""
    parameters = getattr(importlib.import_module(ray_names.PARAMETERS), ray_names.PARAMETERS_CLASS)
    assert ray_names.SETUP_WORKER_PATH in inspect.signature(parameters).parameters
    assert f"{ray_names.PARAMETERS_CLASS}(" in inspect.getsource(worker.init)
    for module in (ray_names.SETUP_WORKER, ray_names.DEFAULT_WORKER):
        assert importlib.util.find_spec(module) is not None
    arguments = inspect.getsource(importlib.import_module(ray_names.SETUP_WORKER))
    assert f'"{ray_names.CONTEXT.removesuffix("=")}"' in arguments
    assert f'"{ray_names.LANGUAGE.removesuffix("=")}"' in arguments


def test_what_workers_print_comes_to_the_driver() -> None:
    """Each line but Ray's own; where the program says so, once for several workers."""
    assert worker.__name__ == ray_names.WORKER_MODULE
    assert callable(getattr(worker, ray_names.DISPATCHER).add_handler)
    assert hasattr(worker, ray_names.NODE)
    assert hasattr(Node, ray_names.LOGS)
    constants = importlib.import_module("ray._private.ray_constants")
    own = {
        name: getattr(constants, f"LOG_PREFIX_{name}")
        for name in ("JOB_ID", "ACTOR_NAME", "TASK_NAME")
    }
    assert {*own.values()} == {*ray_names.NO_LINES}
    assert ray_logging.__name__ == ray_names.LOGGING_MODULE
    deduplicate = ray_logging.LogDeduplicator.deduplicate
    assert f"if not {ray_names.DEDUPLICATE}:" in inspect.getsource(deduplicate)
    assert f'"{ray_names.DEDUPLICATED}"' in inspect.getsource(ray_logging)


def test_the_cluster_tells_what_calls_wait_for() -> None:
    """Resources, placement groups, and what the nodes have."""
    assert f".{ray_names.GCS_CLIENT} = " in inspect.getsource(worker)
    assert hasattr(worker, ray_names.WORKER)
    states = importlib.import_module(ray_names.STATE_MODULE)
    assert callable(getattr(states, ray_names.STATE))
    assert {*states.ClusterResourceState.DESCRIPTOR.fields_by_name} >= ray_names.PENDING


def test_the_cluster_has_its_settings_and_servers() -> None:
    """Those that ``ray.init`` takes, and those of Ray's own programs."""
    taken = inspect.getsource(worker.init)
    for name in (ray_names.TEMP_DIR, ray_names.SYSTEM_CONFIG):
        assert f'kwargs.pop("{name}"' in taken
    programs = {path.name: path for path in (HERE / "core/src/ray").glob("*/*") if path.is_file()}
    assert programs.keys() >= ray_names.SERVERS
    raylet = programs["raylet"].read_bytes()
    for name in ray_names.SYSTEM:
        assert name.encode() in raylet
    assert ray_names.CPU_COUNT in inspect.getsource(services.start_raylet)
