"""Which roles a service may assume: the trust side of passing a role, asked of services as if they were callers."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.universe import Universe
from graph.policy.relation import Row

_UNNAMED = "any-service.amazonaws.com"  # only a policy open to everybody lets it in


class ServiceTrusts:
    """A small engine whose callers are the services that trust policies name, over the same roles and documents."""

    def __init__(self, engine: Engine, roles: Universe) -> None:
        entries = (entry for group in roles.groups for entry in group.statement.principals or ())
        self._services = sorted({value for kind, value in entries if kind == "Service"} | {_UNNAMED})
        principals = tuple(Principal(name, PrincipalKind.SERVICE, None) for name in self._services)
        self._engine = Engine(replace(engine.known.facts, principals=principals), engine)
        self._roles = roles

    def row(self, service: str, account: str) -> Row:
        """For work in this account: a service says for whom it works, so `aws:SourceAccount` is known."""
        answer = self._engine.answer("sts:AssumeRole", self._roles, {"aws:sourceaccount": account})
        at = self._services.index(service if service in self._services else _UNNAMED)
        return Row(*answer.rows[int(answer.classes[at])])
