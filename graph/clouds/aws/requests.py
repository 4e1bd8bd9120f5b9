"""Deciding requests in bulk: one JSON object in, one JSON object out, each whole in itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.clouds.aws.policy import reference
from graph.clouds.aws.policy.context import given_states, of_caller, region_of
from graph.clouds.aws.policy.decide import Request, decide
from graph.clouds.aws.policy.documents import Policy, Use, compile_policy, refusals
from graph.clouds.aws.policy.principals import Caller, CallerKind, caller_from_arn
from graph.model import Because, Condition, Decision, Document, Json
from graph.policy.patterns import ABSENT, UNKNOWN, Context, Missing, State


class RefusedError(Exception):
    """A request that cannot be decided as it is: what is wrong, and where in it (a JSON pointer)."""

    def __init__(self, code: str, message: str, at: str) -> None:
        super().__init__(message)
        self.code, self.message, self.at = code, message, at


Raw = Mapping[str, Any]

_FIELDS = frozenset(
    {
        "id",
        "principal",
        "action",
        "resource",
        "resource_account",
        "wildcard_only",
        "context",
        "mode",
        "identity_policies",
        "boundary",
        "session_policy",
        "resource_policy",
        "scps",
        "rcps",
        "endpoint_policies",
        "s3_block_public_access",
        "s3_abac",
        "kms_grants",
    }
)
_RCP_FULL_ACCESS: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def decide_request(obj: Json) -> dict[str, Any]:
    """The decision on one request, or what is wrong with it."""
    name = obj.get("id") if isinstance(obj, Mapping) else None
    try:
        if not isinstance(obj, Mapping):
            raise RefusedError("bad_request", "a request is a JSON object", "")
        request = read_request(obj)
    except RefusedError as refused:
        return {"id": name, "error": {"code": refused.code, "message": refused.message, "at": refused.at}}
    return {"id": name, **written(decide(request), request.same_account)}


def written(decision: Decision, same_account: bool) -> dict[str, Any]:
    """A decision as JSON."""
    return {
        "verdict": decision.verdict.value,
        "explicit": decision.explicit,
        "same_account": same_account,
        "blocked_by": list(decision.blocked_by),
        "layers": dict(decision.layers),
        "because": [_because(each) for each in decision.because],
        "conditions": [_condition(each) for each in decision.conditions],
    }


def _because(because: Because) -> dict[str, str]:
    """`words` is there where no statement says it all: an empty layer, something that cannot be decided."""
    evidence = because.evidence
    found = {"layer": because.layer, "document": "", "place": "", "effect": "", "label": ""}
    if evidence:
        found |= {"document": evidence.document, "place": evidence.place}
        found |= {"effect": evidence.effect, "label": evidence.label}
    return found | ({"words": because.words} if because.words else {})


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "key": condition.key,
        "operator": condition.operator,
        "values": list(condition.values),
        "needed": condition.needed,
        "chosen_by": "none" if condition.chosen_by == "known" else condition.chosen_by,  # the format has five words
    }


# ----- reading a request


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parts of a request that others depend on."""

    caller: Caller
    action: str
    resource: str
    account: str | None


def read_request(raw: Raw) -> Request:
    """The request, checked. Raises RefusedError with the first thing that is wrong."""
    _check_fields(raw)
    context = _given(raw)
    asked = _asked(raw, context)
    return Request(
        caller=asked.caller,
        action=asked.action,
        resource=asked.resource,
        resource_account=asked.account,
        context=_context(raw, asked, context),
        identity=tuple(_documents(raw, "identity_policies", Use.IDENTITY)),
        boundary=tuple(_documents(raw, "boundary", Use.IDENTITY)),
        session=tuple(_documents(raw, "session_policy", Use.IDENTITY)),
        resource_policies=tuple(_documents(raw, "resource_policy", Use.RESOURCE)),
        scps=_levels(raw, "scps", Use.SCP),
        rcps=tuple((*level, _full_access()) for level in _levels(raw, "rcps", Use.RCP)),
        endpoints=tuple(_documents(raw, "endpoint_policies", Use.ENDPOINT)),
        public_block=_flag(raw, "s3_block_public_access") or False,
        grants=tuple(_grants(raw)),
    )


def _full_access() -> Policy:
    return compile_policy(Document("RCPFullAWSAccess", _RCP_FULL_ACCESS))  # type: ignore[arg-type]


def _check_fields(raw: Raw) -> None:
    for name in ("principal", "action", "resource"):
        if name not in raw:
            raise RefusedError("missing_field", f"a request has a {name}", f"/{name}")
    unknown = sorted(set(raw) - _FIELDS)
    if unknown:
        raise RefusedError("unknown_field", f"a request has no field {unknown[0]}", f"/{_escaped(unknown[0])}")
    if raw.get("mode", "Strict") not in ("Strict", "Discovery"):
        raise RefusedError("bad_field", "mode is Strict or Discovery", "/mode")


def _escaped(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def _text(raw: Raw, name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError("bad_field", f"{name} is a text", f"/{name}")
    return value


def _flag(raw: Raw, name: str) -> bool | None:
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise RefusedError("bad_field", f"{name} is true or false", f"/{name}")
    return value


def _asked(raw: Raw, given: Mapping[str, State]) -> _Asked:
    uid = given.get("aws:userid")
    caller = _caller(raw["principal"], uid.partition(":")[0] if isinstance(uid, str) else "")
    action = _text(raw, "action")
    if not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9-]+", action):
        raise RefusedError("bad_field", f"“{action}” is no action: service:Name", "/action")
    resource = _text(raw, "resource")
    if resource != "*" and not (resource.startswith("arn:") and resource.count(":") >= 5):
        raise RefusedError("bad_field", f"“{resource}” is neither an ARN nor *", "/resource")
    wildcard = _flag(raw, "wildcard_only")
    account = _account(raw, resource, caller)
    if wildcard or (wildcard is None and reference.takes_no_resource(action)):
        resource = "*"
    return _Asked(caller, action, resource, account)


def _account(raw: Raw, resource: str, caller: Caller) -> str | None:
    """The owner as given, else as the ARN says, else the caller's own account."""
    if raw.get("resource_account") is not None:
        return _text(raw, "resource_account")
    named = resource.split(":", 5)[4] if resource != "*" else ""
    return named if named.isdigit() else caller.account


def _caller(value: Json, uid: str) -> Caller:
    if isinstance(value, Mapping):
        return _typed_caller(value)
    found = caller_from_arn(value, uid) if isinstance(value, str) else None
    if found is None:
        raise RefusedError("bad_principal", "a principal is the ARN of a user, role, root or session, a service name, "
                           "or an object with the type Federated or Anonymous", "/principal")  # fmt: skip
    return found


def _typed_caller(value: Mapping[str, Json]) -> Caller:
    if value.get("type") == "Anonymous":
        return Caller(CallerKind.ANONYMOUS)
    if value.get("type") != "Federated":
        raise RefusedError("bad_principal", "the type of a principal is Federated or Anonymous", "/principal/type")
    provider, subject = value.get("provider"), value.get("subject", "")
    if not isinstance(provider, str) or not provider:
        raise RefusedError("bad_principal", "a federated principal names its provider", "/principal/provider")
    if not isinstance(subject, str):
        raise RefusedError("bad_principal", "the subject of a federated principal is a text", "/principal/subject")
    account = provider.split(":")[4] if provider.startswith("arn:") and provider.count(":") >= 5 else None
    return Caller(CallerKind.FEDERATED, account=account, provider=provider, subject=subject)


# ----- context


def _given(raw: Raw) -> dict[str, State]:
    context = raw.get("context")
    if context is None:
        return {}
    if not isinstance(context, Mapping):
        raise RefusedError("bad_field", "context is an object of condition keys", "/context")
    return {str(key).lower(): _state(value, f"/context/{_escaped(key)}") for key, value in context.items()}


def _state(value: Json, at: str) -> State:
    """A list is a multivalued key, even with one value in it."""
    if isinstance(value, list):
        return tuple(str(_single(each, at)) for each in value)
    return _single(value, at)


def _single(value: Json, at: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise RefusedError("bad_field", "the value of a condition key is a text or a list of texts", at)


def _context(raw: Raw, asked: _Asked, given: Mapping[str, State]) -> Context:
    """Given keys, then those that follow from principal and resource; all others absent, or unknown in Discovery."""
    strict = raw.get("mode", "Strict") == "Strict"
    follows = _follows_from(asked)
    tags_count = _flag(raw, "s3_abac") or asked.resource.split(":")[2:3] != ["s3"]

    def state(key: str) -> State:
        if not tags_count and key.partition("/")[0] in ("aws:resourcetag", "s3:buckettag"):
            return ABSENT
        if key in given:
            return given[key]
        if key in follows:
            return follows[key]
        of_who = of_caller(key, asked.caller)
        if strict:  # also what is surely there is absent if its value is not given
            return ABSENT if of_who is None or isinstance(of_who, Missing) else of_who
        return UNKNOWN if of_who is None else of_who

    return state


def _follows_from(asked: _Asked) -> dict[str, State]:
    found: dict[str, tuple[str, ...]] = {}
    if asked.account:
        found |= dict.fromkeys(("aws:resourceaccount", "s3:resourceaccount"), (asked.account,))
    if region := region_of(asked.resource):
        found["aws:requestedregion"] = (region,)
    return given_states(found)


# ----- policies


def _listed(value: Json) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _documents(raw: Raw, field: str, use: Use) -> Iterator[Policy]:
    """One document, or a list of them."""
    value = raw.get(field)
    for number, document in enumerate(_listed(value)):
        yield _document(document, f"/{field}/{number}" if isinstance(value, list) else f"/{field}", str(number), use)


def _document(value: Json, at: str, name: str, use: Use) -> Policy:
    """A document alone, or `{"name", "policy"}`. One without a name is called by its number."""
    if isinstance(value, Mapping) and "policy" in value and "Statement" not in value:
        name, value, at = str(value.get("name", name)), value["policy"], f"{at}/policy"
    for refusal in refusals(value, use):
        raise RefusedError("refused_policy", f"AWS would refuse the policy: {refusal.message}", at + refusal.at)
    return compile_policy(Document(name, value))  # type: ignore[arg-type]


def _levels(raw: Raw, field: str, use: Use) -> tuple[tuple[Policy, ...], ...]:
    """Levels, root first, each a list of documents or `{"orgIdentifier", "policies"}`."""
    value = raw.get(field)
    if value is not None and not isinstance(value, list):
        raise RefusedError("bad_field", f"{field} is a list of levels", f"/{field}")
    return tuple(_level(level, f"/{field}/{number}", use) for number, level in enumerate(value or ()))


def _level(level: Json, at: str, use: Use) -> tuple[Policy, ...]:
    where = ""
    if isinstance(level, Mapping):
        where, level, at = str(level.get("orgIdentifier", "")), level.get("policies"), f"{at}/policies"
    if not isinstance(level, Sequence) or isinstance(level, str):
        raise RefusedError("bad_field", "a level is a list of policies", at)
    prefix = f"{where}/" if where else f"{at.split('/')[2]}/"
    return tuple(_document(each, f"{at}/{i}", f"{prefix}{i}", use) for i, each in enumerate(level))


def _grants(raw: Raw) -> Iterator[Mapping[str, Json]]:
    value = raw.get("kms_grants")
    if value is not None and not isinstance(value, list):
        raise RefusedError("bad_field", "kms_grants is a list of grants", "/kms_grants")
    for number, grant in enumerate(value or ()):
        if not isinstance(grant, Mapping) or "GranteePrincipal" not in grant:
            raise RefusedError("bad_field", "a grant names its GranteePrincipal", f"/kms_grants/{number}")
        yield grant
