"""Who makes a request, what the request says of them by itself, and how a Principal element names them.

Pages: IAM user guide, *Elements: Principal*, *Elements: NotPrincipal*, *How enforcement code logic evaluates requests*,
*Global condition context keys*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.graph.oracle.aws_text import Context, guess


@dataclass(frozen=True)
class Caller:
    """`kind`: user, role, session, federated-user, root, service, federated or anonymous."""

    kind: str
    arn: str = ""
    account: str = ""
    name: str = ""
    role: str = ""
    provider: str = ""
    subject: str = ""

    @property
    def signed_in(self) -> bool:
        return self.kind in ("user", "role", "session", "federated-user", "root")

    @property
    def service_linked(self) -> bool:
        """Known by the path of the role, not by its name (*Using service-linked roles*)."""
        return self.kind == "role" and ":role/aws-service-role/" in self.arn


def caller(principal: Any) -> Caller:
    if isinstance(principal, Mapping):
        if principal["type"] == "Anonymous":
            return Caller("anonymous")
        return Caller("federated", provider=principal["provider"], subject=principal.get("subject", ""))
    if not principal.startswith("arn:"):
        return Caller("service", name=principal)
    account, rest = principal.split(":", 5)[4:]
    if rest == "root":
        return Caller("root", principal, account)
    kind, _, name = rest.partition("/")
    if kind == "assumed-role":
        role, _, session = name.partition("/")
        return Caller("session", principal, account, session, role=role)
    last = name.rpartition("/")[2]
    return Caller(kind, principal, account, last, role=last if kind == "role" else "")


def own_context(who: Caller, request: Mapping[str, Any], owner: str) -> dict[str, list[str]]:
    """The keys that follow from caller and resource (*Global condition context keys*)."""
    known: dict[str, str] = {"aws:principalisawsservice": "true" if who.kind == "service" else "false"}
    if who.signed_in:
        known["aws:principalarn"] = who.arn
        if who.kind == "session":  # the ARN of the role, not of the session
            known["aws:principalarn"] = f"arn:aws:iam::{who.account}:role/{who.role}"
        known["aws:principalaccount"] = known["kms:calleraccount"] = who.account
        kinds = {"user": "User", "root": "Account", "federated-user": "FederatedUser"}
        known["aws:principaltype"] = kinds.get(who.kind, "AssumedRole")
    if who.kind == "user":
        known["aws:username"] = who.name
    if who.kind == "root":
        known["aws:userid"] = who.account
    if who.kind == "service":
        known["aws:principalservicename"] = who.name
    if who.kind == "anonymous":
        known["aws:principaltype"] = "Anonymous"
    if who.kind == "federated":
        host = who.provider.partition(":oidc-provider/")[2] or who.provider
        known["saml:sub" if ":saml-provider/" in who.provider else f"{host.lower()}:sub"] = who.subject
    if owner:
        known["aws:resourceaccount"] = owner
    return {key: [value] for key, value in known.items()}


def ways(statement: Mapping[str, Any], who: Caller, context: Context, boundary: bool) -> set[str]:
    """How a statement of a resource policy names the caller: direct, role, account; empty: not at all."""
    if "NotPrincipal" in statement:
        allow = statement["Effect"] == "Allow"
        spared = _spared(_entries(statement["NotPrincipal"]), who, context, allow, boundary and not allow)
        return set() if spared else {"direct"}
    found = set()
    for kind, value in _entries(statement["Principal"]):
        found |= _named(kind, value, who, context)
    return found


def _entries(element: Any) -> list[tuple[str, str]]:
    if isinstance(element, str):
        return [("AWS", element)]
    return [
        (kind, each) for kind, values in element.items() for each in ([values] if isinstance(values, str) else values)
    ]


def _named(kind: str, value: str, who: Caller, context: Context) -> set[str]:
    if kind == "AWS" and value == "*":
        return {"direct"}  # everybody, anonymous callers and services too
    if kind == "CanonicalUser":
        known = who.signed_in and guess(f"{value} is the account of the caller", context)
        return {"account"} if known else set()
    if kind == "AWS":
        return _named_by_arn(value, who, context) if who.signed_in else set()
    own = {"Service": who.name, "Federated": who.provider}[kind]
    return {"direct"} if who.kind == kind.lower() and value == own else set()


def _named_by_arn(value: str, who: Caller, context: Context) -> set[str]:
    if value in (who.account, f"arn:aws:iam::{who.account}:root"):
        return {"account"}
    if who.role and _is_role(value, who):
        return {"role"}
    if who.kind == "federated-user" and value == f"arn:aws:iam::{who.account}:user/{who.name}":
        return {"role"}  # the user who federated, as far as the name tells: limited like a role
    if who.kind == "role" and value.startswith(f"arn:aws:sts::{who.account}:assumed-role/{who.role}/"):
        return {"direct"} if guess(f"the session is {value}", context) else set()  # a role is all its sessions
    if value == (context.get("aws:userid") or [""])[0].partition(":")[0]:
        return {"direct"} if who.kind == "user" else {"role"}
    return {"direct"} if who.kind != "role" and value == who.arn else set()


def _is_role(value: str, who: Caller) -> bool:
    """The ARN of a session has lost the path of its role; the name of a role is unique in its account."""
    if who.kind == "role":
        return value == who.arn
    return value.startswith(f"arn:aws:iam::{who.account}:role/") and value.rpartition("/")[2] == who.role


def _spared(entries: Iterable[tuple[str, str]], who: Caller, context: Context, allow: bool, boundary: bool) -> bool:
    """*Elements: NotPrincipal*: the account must be listed as well; with a boundary everybody is hit."""
    if boundary:
        return False
    if not who.signed_in:
        return any(_named(kind, value, who, context) for kind, value in entries)
    found = set()
    for kind, value in entries:
        if kind == "AWS":
            found |= {"star"} if value == "*" else _named(kind, value, who, context)
    if "star" in found or (who.kind == "root" and "account" in found):
        return True
    return _excepted(found, who, context) if allow else _fully_listed(found, who, context)


def _excepted(found: set[str], who: Caller, context: Context) -> bool:
    """Allow: all but those that are named; whether naming the account alone excepts its users is not said."""
    return bool(found - {"account"}) or ("account" in found and guess(f"{who.account} excepts its users", context))


def _fully_listed(found: set[str], who: Caller, context: Context) -> bool:
    """Deny: spared for sure if the account and the user, or the account and the role, are listed."""
    if found <= {"account"}:
        return False
    if "account" in found and (who.kind in ("user", "federated-user") or "role" in found):
        return True
    return guess("an incomplete list of NotPrincipal spares", context)  # the page says that it might deny
