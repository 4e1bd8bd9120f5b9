"""Small AWS snapshots written as one thinks of them: calls with their answers, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.clouds.aws.formats import NEVER_ASKED
from graph.clouds.aws.read import read
from graph.model import Entry, Gap, Node
from graph.snapshot import Part, Snapshot

A, B, OUTSIDE = "111122223333", "222233334444", "999988887777"
REGION = "eu-west-1"
DETAILS = "iam-get-account-authorization-details"
_GLOBAL = ("iam-", "s3-", "s3control-get-public", "organizations-", "sts-")

Answers = Mapping[Any, Any]


def arn(service: str, rest: str, account: str = A) -> str:
    return f"arn:aws:{service}:{'' if service == 'iam' else REGION}:{account}:{rest}"


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def role(
    name: str, trusted: Any = None, *statements: Mapping[str, Any], account: str = A, **more: Any
) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else []
    return {
        "Arn": arn("iam", f"role/{name}", account),
        "RoleName": name,
        "RoleId": f"AROA{name.upper():X<16}",
        "AssumeRolePolicyDocument": trusted or trust({"Service": "ec2.amazonaws.com"}),
        "RolePolicyList": inline,
        **more,
    }


def user(name: str, *statements: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else []
    return {"Arn": arn("iam", f"user/{name}"), "UserName": name, "UserId": "AIDA", "UserPolicyList": inline, **more}


def details(
    users: Iterable[Any] = (), roles: Iterable[Any] = (), groups: Iterable[Any] = (), policies: Iterable[Any] = ()
) -> dict[str, Any]:
    return {
        "UserDetailList": list(users),
        "RoleDetailList": list(roles),
        "GroupDetailList": list(groups),
        "Policies": list(policies),
    }


def managed(name: str, *statements: Mapping[str, Any]) -> dict[str, Any]:
    old = {"VersionId": "v1", "IsDefaultVersion": False, "Document": policy(allow("*"))}
    new = {"VersionId": "v2", "IsDefaultVersion": True, "Document": policy(*statements)}
    return {
        "Arn": arn("iam", f"policy/{name}"),
        "PolicyName": name,
        "DefaultVersionId": "v2",
        "PolicyVersionList": [old, new],
    }


def snapshot(
    answers: Answers,
    refused: Iterable[Any] = (),
    never: Iterable[str] = (),
    account: str = A,
    seen: str = "2026-11-21T06:00:00Z",
) -> Snapshot:
    """`answers` by call, or by (call, argument, …); `refused` the questions that were refused, written the same way."""
    parts = (_part(question, response, account) for question, response in answers.items())
    gaps = [_gap(question, account) for question in refused]
    gaps += [Gap("aws", "*", "*", call, (), NEVER_ASKED) for call in never]
    return Snapshot("aws", account, tuple(parts), tuple(gaps), collected_at=seen)


def _split(question: Any) -> tuple[str, tuple[str, ...], str]:
    call, *arguments = (question,) if isinstance(question, str) else question
    return call, tuple(arguments), "global" if call.startswith(_GLOBAL) else REGION


def _part(question: Any, response: Any, account: str) -> Part:
    call, arguments, region = _split(question)
    return Part("aws", account, region, call, arguments, response, f"{call}.json")


def _gap(question: Any, account: str) -> Gap:
    call, arguments, region = _split(question)
    return Gap("aws", account, region, call, arguments, "AccessDenied: no")


def facts(answers: Answers, refused: Iterable[Any] = (), never: Iterable[str] = ()) -> AwsFacts:
    return read([snapshot(answers, refused, never)])


def principal(found: AwsFacts, key: str) -> Principal:
    return next(p for p in found.principals if p.key == key)


def resource(found: AwsFacts, kind: str, key: str) -> Resource:
    return next(r for r in found.resources[kind] if r.arn == key)


def node(found: AwsFacts, key: str) -> Node:
    return next(n for n in found.nodes if n.key == key)


def entries(found: AwsFacts, kind: str) -> dict[str, Entry]:
    return {entry.identity: entry for entry in found.entries if entry.kind.value == kind}
