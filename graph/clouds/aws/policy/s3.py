"""What S3 adds to policies: which policies count as public, and access control lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graph.clouds.aws.policy.documents import Policy, Statement
from graph.clouds.aws.policy.layers import FALSE, TRUE, UNREAD, Truth, any_of
from graph.clouds.aws.policy.principals import Caller, CanonicalIds
from graph.model import Json
from graph.policy.conditions import Clause
from graph.policy.patterns import Mode

# A fixed value on one of these keys makes an Allow to everybody not public
# (S3 user guide, "Blocking public access to your Amazon S3 storage", The meaning of "public").
_FIXING_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceip",
        "aws:userid",
        "aws:vpcsourceip",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_WIDE_NETWORKS = ("0.0.0.0/0", "::/0")


def is_public(policies: Iterable[Policy]) -> Truth:
    """Whether Block Public Access takes a resource policy for public. Of an unread policy it cannot be said."""
    policies = tuple(policies)
    opened = any_of(_lets_everybody(statement) for policy in policies for statement in policy.statements)
    return opened | any_of(UNREAD for policy in policies if policy.problem)


def _lets_everybody(statement: Statement) -> Truth:
    if not statement.allows or statement.principals is None:
        return FALSE
    everybody = statement.not_principal or any(
        value == "*" and kind in ("AWS", "*") for kind, value in statement.principals
    )
    return ~any_of(map(_fixes, statement.clauses)) if everybody else FALSE


def _fixes(clause: Clause) -> Truth:
    """A positive condition on one of the keys whose values have neither wildcard nor variable.

    The page does not say how it takes conditions that also hold where the key is missing.
    """
    test = clause.test
    if clause.key.lower() not in _FIXING_KEYS or test is None or test.negated or test.presence:
        return FALSE
    if not all("${" not in value and not _wide(value, test.mode) for value in clause.values):
        return FALSE
    return UNREAD if clause.if_exists or clause.quantifier == "all" else TRUE


def _wide(value: str, mode: Mode | None) -> bool:
    return value in _WIDE_NETWORKS or (mode is not None and ("*" in value or "?" in value))


# ----- access control lists

_GROUPS = "http://acs.amazonaws.com/groups/"
_READ = frozenset({"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"})
_WRITE = frozenset({"s3:putobject", "s3:deleteobject", "s3:abortmultipartupload"})
# What each permission of a list allows (S3 user guide, "Access control list overview", mapping of ACL permissions).
_ON_BUCKET: Mapping[str, frozenset[str]] = {
    "READ": _READ,
    "WRITE": _WRITE,
    "READ_ACP": frozenset({"s3:getbucketacl"}),
    "WRITE_ACP": frozenset({"s3:putbucketacl"}),
}


def acl_allows(grants: Sequence[Mapping[str, Json]], action: str, caller: Caller, canonical_ids: CanonicalIds) -> Truth:
    """Whether a bucket's list lets the caller do this, as one named directly."""
    return any_of(
        _grantee(grant, caller, canonical_ids)
        for grant in grants
        if _permits(str(grant.get("Permission", "")), action.lower())
    )


def _permits(permission: str, action: str) -> bool:
    if permission == "FULL_CONTROL":
        return any(action in actions for actions in _ON_BUCKET.values())
    return action in _ON_BUCKET.get(permission, frozenset())


def _grantee(grant: Mapping[str, Json], caller: Caller, canonical_ids: CanonicalIds) -> Truth:
    grantee = grant.get("Grantee")
    if not isinstance(grantee, Mapping):
        return UNREAD
    uri, owner = str(grantee.get("URI", "")), str(grantee.get("ID", ""))
    if uri == f"{_GROUPS}global/AllUsers":
        return TRUE
    if uri == f"{_GROUPS}global/AuthenticatedUsers":
        return TRUE if caller.is_iam else FALSE
    if uri or not caller.is_iam:
        return FALSE
    if owner not in canonical_ids:
        return UNREAD
    return TRUE if canonical_ids[owner] == caller.account else FALSE
