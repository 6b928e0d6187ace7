"""The names of Ray's that Ray does not promise to keep, and what is done without each.

They were seen in Ray 2.60. `tests/livesnippets/watch/test_ray_names.py` looks for all of them in
the Ray that is installed: a newer one that has lost a name is noticed there.

Only the standard library is used here, because Ray workers import this.
"""

from __future__ import annotations

SEEN_IN = "2.60.0"

# Recordings know Ray's functions by file and name. One that is not found leaves no event: its
# waits, submissions or kills are missing, and the tests that ask the recording for them fail.
CALLS_FILE = "_private/worker.py"
CALLS = {"get": "wait", "wait": "wait", "kill": "kill"}
"""The functions of this file, and what they are to a recording."""
SUBMITS = {"ActorHandle._actor_method_call", "RemoteFunction._remote"}
METHOD_NAME = "method_name"
"""An argument of the first of them."""
EXECUTOR_FILE = "_private/function_manager.py"
EXECUTOR = "FunctionActorManager._make_actor_method_executor.<locals>.actor_method_executor"
"""The function of this file that calls an actor's method, whosever code that is. Where it is not
found, no call of an actor is said never to have started."""

# Of the objects that these get. Where an attribute is missing, the target of a call is "?", and
# a killed actor seems to do what it did to the end of the recording.
ACTOR_CLASS = "_ray_actor_creation_function_descriptor"
CLASS_NAME = "class_name"
"""An attribute of that."""
FUNCTION_NAME = "_function_name"
FUNCTION = "_function"
"""Without it, no task is said never to have started."""
TASK_ID = "task_id"
ACTOR_ID = "_actor_id"
ACTOR_ID_DIGITS = 32
"""So many digits at the end of the id of an actor's task are the actor's id, ..."""
NO_ACTOR = "f" * 24
"""... which begins like this if the task is no actor's."""

# The end of a job. Without these, no test that joins the cluster ends well.
ACTOR_TABLE = "ray._private.state"
"""Its function ``actors`` tells of an actor, by the actor's id, ..."""
IS_DETACHED, JOB_ID = "IsDetached", "JobID"
"""... whether the actor outlives its job, and which job that is."""

# The start of a worker. Where one of these is missing, Ray starts its workers its own way, which
# takes six times as long.
PARAMETERS = "ray._private.parameter"
PARAMETERS_CLASS = "RayParams"
SETUP_WORKER_PATH = "setup_worker_path"
"""A parameter: the program that starts a worker."""
SETUP_WORKER = "ray._private.workers.setup_worker"
"""What Ray itself has for that program."""
DEFAULT_WORKER = "ray._private.workers.default_worker"
CONTEXT = "--serialized-runtime-env-context="
LANGUAGE = "--language="
"""The worker's arguments: its runtime environment as JSON, and what it is written in."""

# The cluster. Without the first two, or with a setting that Ray does not know, it does not start,
# and says so.
TEMP_DIR, SYSTEM_CONFIG = "_temp_dir", "_system_config"
SYSTEM = {
    "kill_worker_timeout_milliseconds": 100,  # a test need not wait for workers that end busy
    "num_workers_soft_limit": 32,  # the preview keeps idle workers for its next tests
    "prestart_worker_first_driver": False,  # no job here would use them
}
SERVERS = {"gcs_server", "raylet"}
"""Its two processes. One by another name is taken for dead, and the preview starts Ray again."""
CPU_COUNT = "multiprocessing.cpu_count"
"""By which it bounds how many workers start at once. Otherwise few do, and Ray complains."""

# What calls wait for. Where one of these is missing, a test that has run out of time does not say.
WORKER_MODULE = "ray._private.worker"
WORKER, GCS_CLIENT = "global_worker", "gcs_client"
"""Where the client is that is asked."""
STATE_MODULE, STATE = "ray.autoscaler.v2.sdk", "get_cluster_resource_state"
PENDING = {"pending_resource_requests", "pending_gang_resource_requests", "node_states"}
"""What the answer is looked at for."""

# What workers print. Without the first two, a program is left half a second after its end, as
# Python leaves it, and a line that comes later is missing from its output.
DISPATCHER = "global_worker_stdstream_dispatcher"
"""An attribute of `WORKER_MODULE`: tells of all lines that come to the driver."""
NODE, LOGS = "_global_node", "get_logs_dir_path"
"""Another one; its method returns the folder of the files that the workers print to."""
NO_LINES = ":job_id:", ":actor_name:", ":task_name:"
"""Lines of these files that begin so are Ray's own, and do not come."""
LOGGING_MODULE, DEDUPLICATE = "ray._private.ray_logging", "RAY_DEDUP_LOGS"
"""An attribute of this module, and a variable of the environment: whether equal lines of several
workers become one. Without it, a program cannot say so after Ray has been imported."""
DEDUPLICATED = "log_dedup_warning"
"""What ``ray.util.debug.log_once`` knows the hint by that Ray gives once in a process."""
