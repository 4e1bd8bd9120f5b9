"""What no policy decides: calls that always or never succeed, and which layers have a say at all."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from graph.clouds.aws.policy.principals import Caller, CallerKind

# Calls whose resource side must speak: an identity's own policy alone is void (IAM, "How AWS enforcement code logic
# evaluates requests"; KMS developer guide, "Key policies in AWS KMS").
_TRUST = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
)
_WITH_TOKEN = frozenset({"sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity"})
_WITH_SAML = frozenset({"sts:assumerolewithsaml", "sts:tagsession", "sts:setsourceidentity"})
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: it needs no credentials of AWS
_WITHOUT_SIGNATURE = frozenset({"sts:assumerolewithwebidentity", "sts:assumerolewithsaml"})
_IDENTITY_OF_ONESELF = "sts:getcalleridentity"
_READING = re.compile(r"iam:(get|list|generate|simulate)|iam:passrole$")
_AWS_POLICY = re.compile(r"arn:[^:]+:iam::aws:policy/")
_RESERVED_ROLE = re.compile(r"arn:[^:]+:iam::\d*:role/aws-reserved/")
_SERVICE_ROLE = re.compile(r"arn:[^:]+:iam::\d*:role/aws-service-role/")
_ON_SERVICE_ROLE = frozenset(
    {"iam:createservicelinkedrole", "iam:deleteservicelinkedrole", "iam:updateroledescription"}
)
_AWS_ALIAS = re.compile(r"arn:[^:]+:kms:[^:]*:\d*:alias/aws/")
_ON_ALIAS = frozenset({"kms:createalias", "kms:updatealias", "kms:deletealias"})


def needs_resource_side(action: str, resource: str) -> bool:
    """Role trust and KMS keys. A key policy covers the key, not its aliases."""
    action = action.lower()
    return action in _TRUST or (action.startswith("kms:") and ":key/" in resource)


def always_allowed(action: str, caller: Caller) -> str:
    """Why the call succeeds whatever policies say; "" if they decide."""
    if action.lower() == _IDENTITY_OF_ONESELF and caller.is_iam:
        return "sts:GetCallerIdentity needs no permission and cannot be denied"
    return ""


def frozen(action: str, resource: str) -> str:
    """Why nobody can do this to the resource; "" if policies decide. AWS's own things cannot be changed."""
    action = action.lower()
    if action.startswith("iam:") and not _READING.match(action):
        if _AWS_POLICY.match(resource):
            return "a policy that AWS manages cannot be changed"
        if _RESERVED_ROLE.match(resource):
            return "a role that AWS reserves cannot be changed"
        if _SERVICE_ROLE.match(resource) and action not in _ON_SERVICE_ROLE:
            return "a service-linked role can be changed by its service only"
    if action in _ON_ALIAS and _AWS_ALIAS.match(resource):
        return "the alias of a key that AWS manages cannot be changed"
    return ""


def unable(action: str, caller: Caller) -> str:
    """Why this kind of caller cannot make the call at all; "" if policies decide."""
    action = action.lower()
    if action in _WITHOUT_SIGNATURE and caller.kind not in (CallerKind.FEDERATED, CallerKind.ANONYMOUS):
        return "the call is not signed: who makes it is the subject of the token in it, whoever sends it"
    if caller.kind is CallerKind.ROOT and action == "sts:assumerole":
        return "a root user cannot assume roles"
    if caller.kind is CallerKind.FEDERATED_USER and action.startswith(("iam:", "sts:")):
        return "the session of a federated user can call neither IAM nor STS"
    if caller.kind is CallerKind.FEDERATED and action not in (_WITH_SAML if caller.saml else _WITH_TOKEN):
        return "the subject of an identity provider has no credentials yet, and can only assume a role with its token"
    if caller.kind is CallerKind.ANONYMOUS and action.startswith("sts:"):
        return "STS takes neither unsigned calls nor tokens of nobody"
    return ""


@cache
def rcp_services() -> frozenset[str]:
    """The services on whose resources resource control policies act."""
    text = (Path(__file__).parent.parent / "data" / "rcp_services.json").read_text("utf-8")
    return frozenset(json.loads(text)["services"])


def rcps_apply(action: str, caller: Caller, resource: str) -> bool:
    """RCPs act on whoever calls but service-linked roles, on services of a list, and never on kms:RetireGrant.

    Nor do they keep a service from assuming its service-linked role (Organizations user guide, "RCPs").
    """
    service = action.lower().partition(":")[0]
    exempt = caller.service_linked or service_linked(resource) or action.lower() == "kms:retiregrant"
    return service in rcp_services() and not exempt


def service_linked(role: str) -> bool:
    """Known by its path, not its name."""
    return _SERVICE_ROLE.match(role) is not None


def scps_apply(caller: Caller) -> bool:
    """SCPs act on identities of the account, its root user too, but not on service-linked roles."""
    return caller.is_iam and not caller.service_linked
