"""Sessions that may do less than the role they are of, because whoever makes them passes a policy along."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Principal
from graph.clouds.aws.read.reading import identity
from graph.model import Document, Node


@dataclass(frozen=True, slots=True)
class Limit:
    """A session policy: `session` names it in the session's key, `label` and `name` are for people."""

    session: str
    name: str
    label: str
    document: Document


def limited(role: Principal, limit: Limit) -> tuple[Principal, Node]:
    """A session of the role that may do only what the limit lets through, with its node.

    The limit stands where a boundary would: both only cut down. A role with a boundary keeps the limit alone here.
    """
    account = role.account or ""
    part = role.key.split(":", 2)[1]
    key = f"arn:{part}:sts::{account}:assumed-role/{role.key.rpartition('/')[2]}/{limit.session}"
    node = identity(key, "session", limit.name, account, limit.label, role=role.key)
    return replace(role, key=key, uid="", boundary=limit.document), node
