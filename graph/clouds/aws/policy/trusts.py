"""Which roles a service may assume: the trust side of passing a role, asked of services as if they were callers."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.clouds.aws.policy.context import Known
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.library import Text
from graph.clouds.aws.policy.universe import Universe
from graph.policy.patterns import State
from graph.policy.relation import Row

_UNNAMED = "any-service.amazonaws.com"  # only a policy open to everybody lets it in


class ServiceTrusts:
    """A small engine whose callers are the services that trust policies name, over the same roles and documents."""

    def __init__(self, engine: Engine, roles: Universe) -> None:
        groups = chain.from_iterable(roles.spoken.values())
        entries = (entry for group in groups for entry in group.statement.principals or ())
        self._services = sorted({value for kind, value in entries if kind == "Service"} | {_UNNAMED})
        principals = tuple(Principal(name, PrincipalKind.SERVICE, None) for name in self._services)
        facts = replace(engine.known.facts, principals=principals)
        self._engine = Engine(Known(facts, engine.known.compiled), engine.library)
        self._roles = roles
        rcps = (text for account in roles.accounts for text in engine.organization.rcps(account))
        self._by_account = any(map(_asks_for_whom, (*roles.carriers, *rcps)))

    def row(self, service: str, account: str, source: str = "") -> Row:
        """For work in this account: a service says for whom it works, so `aws:SourceAccount` is known.

        Where the resource that it works for is named as well, `aws:SourceArn` is.
        """
        for_whom = account if self._by_account else ""  # where nobody asks, one answer does for all accounts
        fixed: dict[str, State] = {"aws:sourceaccount": for_whom}
        fixed |= {"aws:sourcearn": source} if source else {}
        answer = self._engine.answer("sts:AssumeRole", self._roles, fixed)
        at = self._services.index(service if service in self._services else _UNNAMED)
        return Row(*answer.rows[int(answer.classes[at])])


def _asks_for_whom(text: Text) -> bool:
    """Whether some condition of a document looks at the account that a service works for."""
    return any("aws:sourceaccount" in clause.keys for _, statement in text.statements for clause in statement.clauses)
