"""What KMS adds to policies: grants, which stand beside all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graph.clouds.aws.policy.layers import FALSE, TRUE, UNREAD, Truth, all_of, any_of, clause_truth
from graph.clouds.aws.policy.operators import make_clause
from graph.clouds.aws.policy.principals import Caller, CallerKind, named
from graph.model import Condition, Json
from graph.policy.conditions import Clause
from graph.policy.patterns import MAYBE, Context

_GRANTABLE = frozenset(
    {
        "kms:creategrant",
        "kms:decrypt",
        "kms:derivesharedsecret",
        "kms:describekey",
        "kms:encrypt",
        "kms:generatedatakey",
        "kms:generatedatakeypair",
        "kms:generatedatakeypairwithoutplaintext",
        "kms:generatedatakeywithoutplaintext",
        "kms:generatemac",
        "kms:getpublickey",
        "kms:reencryptfrom",
        "kms:reencryptto",
        "kms:retiregrant",
        "kms:sign",
        "kms:verify",
        "kms:verifymac",
    }
)


def grantable(action: str) -> bool:
    """Whether a grant can give this (KMS developer guide, "Grant operations")."""
    return action.lower() in _GRANTABLE


def grants_allow(
    grants: Sequence[Mapping[str, Json]], action: str, caller: Caller, context: Context
) -> tuple[Truth, tuple[Condition, ...]]:
    """Whether a grant lets the caller use the key, and which constraints are left open.

    A grant adds permissions that no policy need give (KMS developer guide, "Grants in AWS KMS"); denies still win.
    """
    found: list[Truth] = []
    left: list[Condition] = []
    for grant in grants:
        truth = _grantee(grant, caller)
        if not truth.possible or not _operates(grant, action):
            continue
        clauses = tuple(_constraints(grant))
        truth &= all_of(clause_truth(clause, context) for clause in clauses)
        found.append(truth)
        if truth.tri is MAYBE:
            left += [_condition(clause) for clause in clauses if clause_truth(clause, context).tri is MAYBE]
    return any_of(found), tuple(left)


def _condition(clause: Clause) -> Condition:
    return Condition(clause.key, clause.name, clause.values, "true", "caller")


def _operates(grant: Mapping[str, Json], action: str) -> bool:
    operations = grant.get("Operations")
    name = action.partition(":")[2].lower()
    return isinstance(operations, list) and any(str(each).lower() == name for each in operations)


def _grantee(grant: Mapping[str, Json], caller: Caller) -> Truth:
    """A grantee is a principal ARN or a service; what is neither is not read."""
    value = grant.get("GranteePrincipal")
    if not isinstance(value, str):
        return UNREAD
    if caller.kind is CallerKind.SERVICE:
        return TRUE if value == caller.arn else FALSE
    how = named([("AWS", value)], caller)
    return Truth(how.own) | (Truth(how.account) if caller.kind is CallerKind.ROOT else FALSE)


def _constraints(grant: Mapping[str, Json]) -> Iterator[Clause]:
    """Constraints are conditions on the encryption context; Equals also allows no further pair."""
    constraints = grant.get("Constraints")
    if not isinstance(constraints, Mapping):
        return
    for name, pairs in sorted(constraints.items()):
        if not isinstance(pairs, Mapping) or name not in ("EncryptionContextEquals", "EncryptionContextSubset"):
            yield make_clause(name, name, (), variables=False)  # an operator nobody knows: open
            continue
        for key, value in sorted(pairs.items()):
            yield make_clause("StringEquals", f"kms:EncryptionContext:{key}", (str(value),), variables=False)
        if name == "EncryptionContextEquals":
            keys = tuple(sorted(map(str, pairs)))
            yield make_clause("ForAllValues:StringEquals", "kms:EncryptionContextKeys", keys, variables=False)
