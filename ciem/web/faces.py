"""How a node looks: its name made safe, its words, its icon and the address of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse

from ciem.web.names import visible
from ciem.web.words import target_kind

_BY_TARGET = {
    "account": "account",
    "model_endpoint": "endpoint",
    "model_artifact": "model",
    "training_data": "data",
    "rag_store": "book",
    "agent": "agent",
    "agent_tool": "plug",
    "prompt_log": "log",
    "guardrail": "role",
    "secret": "key",
    "key": "key",
    "ml_compute": "notebook",
}
_BY_KIND = {
    "user": "user",
    "person": "user",
    "group": "group",
    "team": "group",
    "role": "role",
    "service": "service",
    "federated": "ci",
    "anonymous": "globe",
    "notebook": "notebook",
    "endpoint": "endpoint",
    "agent": "agent",
}
_BY_CATEGORY = {"identity": "role", "workload": "job", "account": "account", "resource": "data"}


@dataclass(frozen=True, slots=True)
class Face:
    """A node as every page shows it. `cloud` and `scope` are the graph's words for where it lives."""

    key: str
    name: str
    words: str
    icon: str
    href: str
    category: str = ""
    cloud: str = ""
    scope: str = ""


class NodeLike(Protocol):
    """A node of the graph, or one kept with a finding."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def cloud(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def targets(self) -> tuple[str, ...]: ...


def icon_of(kind: str, category: str, targets: tuple[str, ...] = ()) -> str:
    """The kind of thing first, then what it is worth, then the part it plays."""
    if category == "identity" or kind in _BY_KIND:
        return _BY_KIND.get(kind, "role")
    return next((_BY_TARGET[t] for t in targets if t in _BY_TARGET), _BY_CATEGORY.get(category, "service"))


def href_of(key: str, category: str, targets: tuple[str, ...] = ()) -> str:
    """Identities and workloads have one page, what is worth attacking the other."""
    return reverse("identity" if category in {"identity", "workload"} or not targets else "target", args=[key])


def face(node: NodeLike) -> Face:
    category, targets = str(node.category), tuple(node.targets)
    kinds = ", ".join(map(target_kind, targets))
    return Face(
        key=node.key,
        name=visible(node.name or node.key),
        words=visible(node.label or kinds or node.kind),
        icon=icon_of(node.kind, category, targets),
        href=href_of(node.key, category, targets),
        category=category,
        cloud=visible(node.cloud),
        scope=visible(node.scope),
    )


def target_face(key: str, name: str, kind: str, label: str) -> Face:
    """A target that a list names by its columns."""
    return Face(
        key,
        visible(name),
        visible(label or target_kind(kind)),
        _BY_TARGET.get(kind, "data"),
        reverse("target", args=[key]),
    )


def identity_face(key: str, name: str, label: str, kind: str = "") -> Face:
    """An identity that a list names by its columns."""
    return Face(
        key, visible(name), visible(label), icon_of(kind, "identity"), reverse("identity", args=[key]), "identity"
    )
