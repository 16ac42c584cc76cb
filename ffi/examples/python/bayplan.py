"""bayplan for Python: kube-scheduler's decisions over every node, by ctypes.

The library is looked for as the system looks for `libbayplan`; the variable BAYPLAN_LIBRARY names
another file. Objects free what they hold when they are closed, left (`with`) or collected.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

NO_NODE = 0xFFFFFFFF
_ABI_MAJOR_MINOR = (0, 1)


class _Str(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("length", ctypes.c_size_t)]

    def __str__(self) -> str:
        if not self.length:
            return ""
        pointer = ctypes.cast(ctypes.byref(self), ctypes.POINTER(ctypes.c_void_p))[0]
        return ctypes.string_at(pointer, self.length).decode()


def _text(text: str | bytes) -> _Str:
    encoded = text.encode() if isinstance(text, str) else text
    return _Str(encoded, len(encoded))


def _load() -> ctypes.CDLL:
    name = os.environ.get("BAYPLAN_LIBRARY") or ctypes.util.find_library("bayplan")
    library = ctypes.CDLL(name or "libbayplan.so")
    handle, out, size = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t
    status = ctypes.c_int32
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "abi_version": (ctypes.c_uint32, []),
        "open_handles": (size, []),
        "status_text": (_Str, [status]),
        "error_status": (status, [handle]),
        "error_message": (_Str, [handle]),
        "error_object": (_Str, [handle]),
        "error_field": (_Str, [handle]),
        "error_free": (status, [handle]),
        "cluster_new": (handle, []),
        "cluster_free": (status, [handle]),
        "cluster_load": (status, [handle, _Str, out]),
        "cluster_apply": (status, [handle, _Str, out]),
        "cluster_delete": (status, [handle, _Str, _Str, _Str, out]),
        "cluster_intern_pod": (ctypes.c_uint64, [handle, _Str, out]),
        "cluster_node_name": (_Str, [handle, ctypes.c_uint32]),
        "cluster_begin": (status, [handle, out, out]),
        "transaction_commit": (status, [handle, out]),
        "transaction_rollback": (status, [handle, out]),
        "transaction_free": (status, [handle]),
        "scheduler_new": (handle, []),
        "scheduler_free": (status, [handle]),
        "scheduler_schedule": (status, [handle, handle, _Str, _Str, out, out]),
        "scheduler_explain": (status, [handle, handle, _Str, _Str, out, out]),
        "scheduler_schedule_batch": (
            status,
            [handle, handle, ctypes.c_uint64, size, ctypes.POINTER(ctypes.c_uint32),
             ctypes.POINTER(ctypes.c_uint8), ctypes.POINTER(size), out],
        ),
        "scheduler_capacity": (
            status,
            [handle, handle, ctypes.c_uint64, size, ctypes.POINTER(size), ctypes.POINTER(size),
             size, out, out],
        ),
        "decision_outcome": (ctypes.c_uint8, [handle]),
        "decision_node": (_Str, [handle]),
        "decision_score": (ctypes.c_int64, [handle]),
        "decision_message": (_Str, [handle]),
        "decision_victims": (size, [handle]),
        "decision_victim_namespace": (_Str, [handle, size]),
        "decision_victim_name": (_Str, [handle, size]),
        "decision_free": (status, [handle]),
        "diagnosis_text": (_Str, [handle]),
        "diagnosis_json": (_Str, [handle]),
        "diagnosis_message": (_Str, [handle]),
        "diagnosis_free": (status, [handle]),
    }
    for function, (result, arguments) in signatures.items():
        found = getattr(library, f"bayplan_{function}")
        found.restype, found.argtypes = result, arguments
    version = library.bayplan_abi_version()
    if (version // 1_000_000, version // 1_000 % 1_000) != _ABI_MAJOR_MINOR:
        raise ImportError(f"libbayplan has interface version {version}, which this module does not know")
    return library


_library = _load()


class Error(Exception):
    """What went wrong: `status` for programs, the text for people."""

    def __init__(self, handle: int | None) -> None:
        super().__init__(str(_library.bayplan_error_message(handle)))
        self.status: int = _library.bayplan_error_status(handle)
        self.object: str = str(_library.bayplan_error_object(handle))
        self.field: str = str(_library.bayplan_error_field(handle))
        _library.bayplan_error_free(handle)


def _call(function: str, *arguments: Any) -> None:
    error = ctypes.c_void_p()
    if getattr(_library, f"bayplan_{function}")(*arguments, ctypes.byref(error)) != 0:
        raise Error(error.value)


def open_handles() -> int:
    """How many handles of the process are not freed."""
    return int(_library.bayplan_open_handles())


class Outcome(IntEnum):
    """What became of a pod."""

    NONE = 0
    BOUND = 1
    NOMINATED = 2
    UNSCHEDULABLE = 3
    GATED = 4
    SKIPPED = 5


@dataclass(frozen=True)
class Decision:
    """What became of one attempt to place a pod."""

    outcome: Outcome
    node: str
    score: int | None
    message: str
    victims: tuple[tuple[str, str], ...]

    @classmethod
    def _take(cls, handle: ctypes.c_void_p) -> Decision:
        score = _library.bayplan_decision_score(handle)
        victims = tuple(
            (
                str(_library.bayplan_decision_victim_namespace(handle, at)),
                str(_library.bayplan_decision_victim_name(handle, at)),
            )
            for at in range(_library.bayplan_decision_victims(handle))
        )
        decision = cls(
            outcome=Outcome(_library.bayplan_decision_outcome(handle)),
            node=str(_library.bayplan_decision_node(handle)),
            score=None if score == -(2**63) else score,
            message=str(_library.bayplan_decision_message(handle)),
            victims=victims,
        )
        _library.bayplan_decision_free(handle)
        return decision


@dataclass(frozen=True)
class Diagnosis:
    """What would become of a pod, and why."""

    text: str
    json: str
    message: str

    @classmethod
    def _take(cls, handle: ctypes.c_void_p) -> Diagnosis:
        diagnosis = cls(
            text=str(_library.bayplan_diagnosis_text(handle)),
            json=str(_library.bayplan_diagnosis_json(handle)),
            message=str(_library.bayplan_diagnosis_message(handle)),
        )
        _library.bayplan_diagnosis_free(handle)
        return diagnosis


class _Owner:
    """Frees a handle once."""

    _kind = ""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle
        if not handle:
            raise MemoryError("there are as many handles as there can be")

    def close(self) -> None:
        """Frees the handle; nothing else may be called afterwards."""
        handle, self._handle = self._handle, None
        getattr(_library, f"bayplan_{self._kind}_free")(handle)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()


class Transaction(_Owner):
    """Undoes what was changed since it was opened when it is closed, unless it was committed."""

    _kind = "transaction"

    def commit(self) -> None:
        """Keeps what was changed."""
        _call("transaction_commit", self._handle)

    def rollback(self) -> None:
        """Undoes what was changed."""
        _call("transaction_rollback", self._handle)


class Cluster(_Owner):
    """Nodes, pods and what else decides placements."""

    _kind = "cluster"

    def __init__(self) -> None:
        super().__init__(_library.bayplan_cluster_new())

    def load(self, manifests: str | bytes) -> None:
        """Adds manifests as people write them, YAML or JSON; workloads become pods."""
        _call("cluster_load", self._handle, _text(manifests))

    def apply(self, objects: str | bytes) -> None:
        """Adds or replaces objects as an API server has them."""
        _call("cluster_apply", self._handle, _text(objects))

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Takes an object out."""
        _call("cluster_delete", self._handle, _text(kind), _text(namespace), _text(name))

    def intern_pod(self, pod: str | bytes) -> int:
        """Reads one pod as the template of others."""
        error = ctypes.c_void_p()
        made = _library.bayplan_cluster_intern_pod(self._handle, _text(pod), ctypes.byref(error))
        if not made:
            raise Error(error.value)
        return int(made)

    def node_name(self, number: int) -> str:
        """The name of a node number."""
        return str(_library.bayplan_cluster_node_name(self._handle, number))

    def begin(self) -> Transaction:
        """Opens a transaction."""
        transaction = ctypes.c_void_p()
        _call("cluster_begin", self._handle, ctypes.byref(transaction))
        return Transaction(transaction.value)


class Scheduler(_Owner):
    """Decides, one pod at a time or many, and answers questions."""

    _kind = "scheduler"

    def __init__(self) -> None:
        super().__init__(_library.bayplan_scheduler_new())

    def schedule(self, cluster: Cluster, namespace: str, name: str) -> Decision:
        """Attempts a pending pod."""
        decision = ctypes.c_void_p()
        arguments = (cluster._handle, _text(namespace), _text(name), ctypes.byref(decision))
        _call("scheduler_schedule", self._handle, *arguments)
        return Decision._take(decision)

    def explain(self, cluster: Cluster, namespace: str, name: str) -> Diagnosis:
        """What would become of a pod now, and why."""
        diagnosis = ctypes.c_void_p()
        arguments = (cluster._handle, _text(namespace), _text(name), ctypes.byref(diagnosis))
        _call("scheduler_explain", self._handle, *arguments)
        return Diagnosis._take(diagnosis)

    def schedule_batch(self, cluster: Cluster, template: int, count: int) -> list[int]:
        """Places so many instances of a template; the number of the node of each, or NO_NODE."""
        nodes = (ctypes.c_uint32 * count)()
        _call("scheduler_schedule_batch", self._handle, cluster._handle, template, count, nodes, None,
              None)
        return list(nodes)

    def capacity(self, cluster: Cluster, template: int, limit: int) -> int:
        """How many more instances of a template there is room for."""
        capacity = ctypes.c_size_t()
        _call("scheduler_capacity", self._handle, cluster._handle, template, limit,
              ctypes.byref(capacity), None, 0, None)
        return capacity.value
