"""The whole rule of AWS authorisation on a few pages: slow, obvious, written from the documentation.

It takes a request in the format of `python -m graph decide --cloud aws` and knows nothing of the product.
Pages: IAM user guide, *How AWS enforcement code logic evaluates requests* (E), *Cross-account policy evaluation* (X);
Organizations, *SCPs* and *SCP evaluation*, *RCPs*; KMS, *Key policies*, *Grants*; S3, *Block public access*.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.graph.oracle.aws_callers import Caller, caller, own_context, ways
from tests.graph.oracle.aws_conditions import as_list, holds
from tests.graph.oracle.aws_fillings import fillings
from tests.graph.oracle.aws_text import Context, UnsureError, action_matches, resolve, resource_matches

Request = Mapping[str, Any]
TRUST_CALLS = ("assumerole", "assumerolewithwebidentity", "assumerolewithsaml", "tagsession", "setsourceidentity")
# Organizations, *RCPs*, "List of AWS services that support RCPs": those that the cases and tests speak of.
RCP_SERVICES = ("s3", "sts", "kms", "sqs", "secretsmanager", "dynamodb", "ecr", "logs", "aoss", "codebuild", "events")


@dataclass(frozen=True)
class Answer:
    verdict: str  # allowed, denied, conditional; unsure where the documentation does not say
    explicit: bool = False


@dataclass(frozen=True)
class Said:
    """What the policies of one layer say to a request: whether a Deny applies, and how Allows name the caller."""

    denied: bool
    allows: frozenset[str]


def decide(request: Request) -> Answer:
    """Strict: one context. Discovery: every filling of the keys that are not given."""
    outcomes = [_outcomes(request, context) for context in contexts(request)]
    if any(len({verdict for verdict, _ in each}) > 1 for each in outcomes):
        return Answer("unsure")
    verdicts = {verdict for each in outcomes for verdict, _ in each}
    if len(verdicts) > 1:
        return Answer("conditional")
    return Answer(verdicts.pop(), all(explicit for each in outcomes for _, explicit in each))


def _outcomes(request: Request, context: Context) -> set[tuple[str, bool]]:
    """What comes out in one context; where a question is open, with each answer to it."""
    try:
        return {evaluate(request, context)}
    except UnsureError as unsure:
        question = str(unsure)
        answers = [_outcomes(request, {**context, question: [answer]}) for answer in ("true", "false")]
        return answers[0] | answers[1]


def contexts(request: Request) -> Iterable[Context]:
    given = {key.lower(): as_list(value) for key, value in request.get("context", {}).items()}
    who = caller(request["principal"])
    known = {**own_context(who, request, owner(request, who)), **given}
    if request.get("mode", "Strict") == "Strict":
        return [known]
    return fillings(request, known, who)


def evaluate(request: Request, context: Context) -> tuple[str, bool]:
    """(allowed or denied, whether a Deny decides) in a context that is wholly known."""
    who = caller(request["principal"])
    service, _, name = request["action"].lower().partition(":")
    if (service, name) == ("sts", "getcalleridentity"):
        return "allowed", False  # STS, *GetCallerIdentity*: no permission is needed, and no Deny stops it
    if not _may_ask(who, service, name) or _cannot_be_changed(service, name, request["resource"]):
        return "denied", False
    said = {layer: _layer(request, context, layer) for layer in ("identity", "boundary", "session", "resource")}
    ceilings = [*_scps(request, context, who), *_rcps(request, context, who), *_endpoints(request, context)]
    if any(each.denied for each in [*said.values(), *ceilings]):
        return "denied", True
    if not all(each.allows for each in ceilings):
        return "denied", False
    return ("allowed" if _granted(request, context, who, said) else "denied"), False


def _may_ask(who: Caller, service: str, name: str) -> bool:
    """What a kind of caller cannot call at all, whatever the policies say.

    STS, *AssumeRole*: signed, and not by the root user. IAM user guide, *Compare AWS STS credentials*: the session of a
    federated user calls neither IAM nor STS. The token of a provider serves to become a role, and for no other service.
    """
    if who.kind == "federated":
        call = "assumerolewithsaml" if ":saml-provider/" in who.provider else "assumerolewithwebidentity"
        return service == "sts" and name in (call, "tagsession", "setsourceidentity")
    if service == "sts" and name in ("assumerolewithwebidentity", "assumerolewithsaml"):
        return False  # STS, *AssumeRoleWithWebIdentity*: unsigned; its caller is the subject of the token
    if who.kind == "federated-user":
        return service not in ("iam", "sts")
    if who.kind == "root":
        return (service, name) != ("sts", "assumerole")
    return who.kind != "anonymous" or service != "sts"


def _cannot_be_changed(service: str, name: str, resource: str) -> bool:
    """*Using service-linked roles*; Identity Center, *Permission sets*: the trust and policies of AWS's own roles."""
    changes = ("updateassumerolepolicy", "putrolepolicy", "attachrolepolicy")
    of_aws = ":role/aws-service-role/" in resource or ":role/aws-reserved/" in resource
    return service == "iam" and name in changes and of_aws


def _granted(request: Request, context: Context, who: Caller, said: Mapping[str, Said]) -> bool:
    """No Deny applies and no ceiling of the organization or the network is in the way: does anything grant it?"""
    inside = all(said[layer].allows for layer in ("boundary", "session") if _documents(request, layer) is not None)
    own = bool(said["identity"].allows) or who.kind == "root"
    by_identity = own and inside
    named = said["resource"].allows
    blocked = request.get("s3_block_public_access") and _is_public(request.get("resource_policy") or {})
    if blocked and who.kind != "service" and not _same_account(request, who):
        named = frozenset()  # S3: only services and the owner's account remain under a public policy
    if who.kind in ("service", "anonymous", "federated"):
        return "direct" in named
    if not _same_account(request, who):
        granted = bool(named) or (_has_grant(request, context, who) and own)
        return granted and by_identity  # X: both sides
    if _has_grant(request, context, who):
        return True
    # E: naming the user or the session passes the silence of boundary and session policy, naming the role does not.
    by_resource = "direct" in named or ("role" in named and inside)
    if _resource_side_needed(request):
        return by_resource or ("account" in named and by_identity)
    return by_resource or by_identity


def _resource_side_needed(request: Request) -> bool:
    """E: role trust policies and KMS key policies must allow explicitly. A key policy does not cover aliases."""
    service, _, name = request["action"].lower().partition(":")
    if service == "sts":
        return name in TRUST_CALLS
    return service == "kms" and ":key/" in request["resource"]


def owner(request: Request, who: Caller) -> str:
    """The account of the resource: given, or in its ARN, or (no account in it) the caller's own."""
    fields = request["resource"].split(":", 5)
    in_arn = fields[4] if len(fields) == 6 else ""
    return str(request.get("resource_account") or in_arn or who.account)


def _same_account(request: Request, who: Caller) -> bool:
    return who.signed_in and owner(request, who) == who.account


def _documents(request: Request, layer: str) -> list[Mapping[str, Any]] | None:
    """The documents of a layer; None: the request has no such layer."""
    field = {"identity": "identity_policies", "resource": "resource_policy", "session": "session_policy"}
    found = request.get(field.get(layer, layer))
    bound = layer != "boundary" or caller(request["principal"]).kind != "root"  # of users and roles only
    if found is None or not bound:
        return None
    return [_body(each) for each in (found if isinstance(found, list) else [found])]


def _body(document: Mapping[str, Any]) -> Mapping[str, Any]:
    body: Mapping[str, Any] = document.get("policy", document)
    return body


def _layer(request: Request, context: Context, layer: str) -> Said:
    return _said(_documents(request, layer) or [], request, context)


def _said(documents: Iterable[Mapping[str, Any]], request: Request, context: Context) -> Said:
    denied, allows = False, set()
    for document in documents:
        variables = document.get("Version") == "2012-10-17"
        for statement in _statements(document):
            named = _applies(statement, variables, request, context)
            denied = denied or (bool(named) and statement["Effect"] == "Deny")
            allows |= named if statement["Effect"] == "Allow" else set()
    return Said(denied, frozenset(allows))


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _applies(statement: Mapping[str, Any], variables: bool, request: Request, context: Context) -> set[str]:
    """How the statement names the caller, if all its elements fit the request; else nothing."""
    if not _action_fits(statement, request["action"]):
        return set()
    if not _resource_fits(statement, variables, request, context):
        return set()
    if not holds(statement.get("Condition", {}), context, variables):
        return set()
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return {"direct"}
    return ways(statement, caller(request["principal"]), context, request.get("boundary") is not None)


def _action_fits(statement: Mapping[str, Any], action: str) -> bool:
    patterns = as_list(statement["Action"] if "Action" in statement else statement["NotAction"])
    return any(action_matches(each, action) for each in patterns) == ("Action" in statement)


def _resource_fits(statement: Mapping[str, Any], variables: bool, request: Request, context: Context) -> bool:
    """A trust policy or a repository policy has no Resource: it speaks of the thing it hangs on."""
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    patterns = as_list(statement["Resource"] if "Resource" in statement else statement["NotResource"])
    only = bool(request.get("wildcard_only", request["resource"] == "*"))
    fits = [resource_matches(each, request["resource"], context, variables, only) for each in patterns]
    if "Resource" in statement:
        return any(fits)
    unresolved = any(_unresolved(each, context, variables) for each in patterns)
    return not any(fits) and not unresolved


def _unresolved(pattern: str, context: Context, variables: bool) -> bool:
    return resolve(pattern, context, variables) is None


def _levels(request: Request, field: str) -> list[list[Mapping[str, Any]]]:
    levels = request.get(field) or []
    return [[_body(each) for each in (level["policies"] if isinstance(level, Mapping) else level)] for level in levels]


def _scps(request: Request, context: Context, who: Caller) -> list[Said]:
    """SCPs bind the signed-in principals of the account, its root user too; each level must allow."""
    if not who.signed_in or who.service_linked:
        return []
    return [_said(level, request, context) for level in _levels(request, "scps")]


def _rcps(request: Request, context: Context, who: Caller) -> list[Said]:
    """RCPFullAWSAccess hangs on every level, so that only denies matter; and only for the listed services."""
    service, _, name = request["action"].lower().partition(":")
    to_service_linked = service == "sts" and ":role/aws-service-role/" in request["resource"]
    if service not in RCP_SERVICES or who.service_linked or to_service_linked or name == "retiregrant":
        return []
    levels = [_said(level, request, context) for level in _levels(request, "rcps")]
    return [Said(each.denied, frozenset(["direct"])) for each in levels]


def _endpoints(request: Request, context: Context) -> list[Said]:
    """VPC endpoints, *Endpoint policies*: each endpoint on the way must allow."""
    return [_said([_body(each)], request, context) for each in request.get("endpoint_policies") or []]


def _has_grant(request: Request, context: Context, who: Caller) -> bool:
    """KMS, *Grants*: an operation for a grantee, under constraints on the encryption context."""
    operation = request["action"].partition(":")[2].lower()
    for grant in request.get("kms_grants") or []:
        fits = operation in [each.lower() for each in grant["Operations"]] and _is_grantee(grant, context, who)
        if fits and _constraints_hold(grant.get("Constraints") or {}, context):
            return True
    return False


def _is_grantee(grant: Mapping[str, Any], context: Context, who: Caller) -> bool:
    statement = {"Effect": "Allow", "Principal": {"AWS": grant["GranteePrincipal"]}}
    return bool(ways(statement, who, context, False) & {"direct", "role"})


def _constraints_hold(constraints: Mapping[str, Any], context: Context) -> bool:
    prefix = "kms:encryptioncontext:"
    there = {key.removeprefix(prefix): values for key, values in context.items() if key.startswith(prefix)}
    subset = {key.lower(): [value] for key, value in constraints.get("EncryptionContextSubset", {}).items()}
    whole = {key.lower(): [value] for key, value in constraints.get("EncryptionContextEquals", {}).items()}
    return subset.items() <= there.items() and ("EncryptionContextEquals" not in constraints or whole == there)


FIXING = (
    *("aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid"),
    *("aws:principalorgid", "aws:principalarn", "aws:principalaccount", "s3:dataaccesspointaccount"),
    *("s3:dataaccesspointarn", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
)


def _is_public(policy: Mapping[str, Any]) -> bool:
    """S3, *The meaning of "public"*: an Allow to everybody that no fixed value narrows."""
    return any(
        statement["Effect"] == "Allow"
        and _everybody(statement)
        and not any(_fixes(*each) for each in _clauses(statement.get("Condition", {})))
        for statement in _statements(policy)
    )


def _everybody(statement: Mapping[str, Any]) -> bool:
    element = statement.get("Principal")
    named = element if isinstance(element, Mapping) else {"AWS": element}
    return "NotPrincipal" in statement or "*" in as_list(named.get("AWS", []))


def _clauses(condition: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [
        (operator, key.lower(), as_list(values)) for operator, keys in condition.items() for key, values in keys.items()
    ]


def _fixes(operator: str, key: str, values: list[str]) -> bool:
    """A positive operator on one of the keys, whose values have neither wildcard nor variable."""
    if key == "aws:sourceip":
        return operator == "IpAddress" and all(_narrow(each) for each in values)
    return (
        operator in ("StringEquals", "StringLike", "ArnEquals", "ArnLike")
        and key in FIXING
        and not any(sign in value for value in values for sign in ("*", "?", "${"))
    )


def _narrow(cidr: str) -> bool:
    network = ipaddress.ip_network(cidr, strict=False)
    return network.prefixlen >= (8 if network.version == 4 else 32)
