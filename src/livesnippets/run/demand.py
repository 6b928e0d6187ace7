"""Say what calls wait for that Ray's cluster cannot give them.

A full object store is none of it: Ray goes on on disk, and raises an error when that is full, too.
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from livesnippets.watch import ray_names

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 3
"""So many needs are told, for one message."""
CURE = "ask for less, or raise num_cpus or resources under [tool.livesnippets] in pyproject.toml"


STORE_CURE = (
    "keep less in Ray's object store, or raise object_store_memory under [tool.livesnippets] "
    "in pyproject.toml"
)


def cure_of(error: BaseException | None) -> str:
    """Return what to do about an error by which Ray says that its store is full, or nothing."""
    ray = sys.modules.get("ray")
    full = ("ObjectStoreFullError", "OutOfDiskError")
    kinds = tuple(getattr(ray.exceptions, name) for name in full) if ray is not None else ()
    return STORE_CURE if isinstance(error, kinds) else ""


def unmet_needs() -> str:
    """Return what calls wait for that this process's cluster has not free, or an empty text."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return ""
    try:
        worker = importlib.import_module(ray_names.WORKER_MODULE)
        client = getattr(getattr(worker, ray_names.WORKER), ray_names.GCS_CLIENT)
        states = importlib.import_module(ray_names.STATE_MODULE)
        state = getattr(states, ray_names.STATE)(client)
    except (AttributeError, ImportError, ray.exceptions.RayError):
        return ""
    total, free = Counter[str](), Counter[str]()
    for node in state.node_states:
        total.update(node.total_resources)
        free.update(node.available_resources)
    told = list(_needs(state, total, free))[:MOST]
    return "; ".join([*told, CURE]) if told else ""


def _needs(state: Any, total: Counter[str], free: Counter[str]) -> Iterator[str]:  # noqa: ANN401 - Ray's
    for pending in state.pending_resource_requests:
        wanted = pending.request.resources_bundle
        if any(free[name] < amount for name, amount in wanted.items()):
            has = ", ".join(
                f"{total[name]:g} {name}, {free[name]:g} of them free" for name in sorted(wanted)
            )
            calls = "1 call waits" if pending.count == 1 else f"{pending.count} calls wait"
            yield f"{calls} for {_amounts(wanted)}, and the cluster has {has}"
    for group in state.pending_gang_resource_requests:
        wanted = [each.resources_bundle for each in group.requests]
        bundles = ", ".join(map(_amounts, wanted))
        strategy = group.details.partition(":")[2].partition("|")[0]
        there = _amounts({name: total[name] for bundle in wanted for name in bundle})
        nodes = len(state.node_states)
        yield (
            f"a placement group ({strategy}) waits for {bundles}, and the cluster has {there} "
            f"on {nodes} node{'s' if nodes > 1 else ''}"
        )


def _amounts(resources: Any) -> str:  # noqa: ANN401 - a dict, or Ray's kind of one
    return " and ".join(f"{amount:g} {name}" for name, amount in sorted(resources.items()))
