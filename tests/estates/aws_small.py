"""Small AWS estates from a few words: one user Eve (or a role of hers), what she may do, and what is there.

`"lambda:function it"` is the function called `it`; `"iam:PassRole on iam:role it if StringEquals key=value"` a grant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.reference import arn_template
from graph.clouds.aws.rules.furnishing import furnished
from graph.model import Category, Document, Node
from tests.estates.aws_limits import limited

ACCOUNT, REGION, EVE = "111122223333", "us-east-1", "eve"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_FIXED = {"Partition": "aws", "Region": REGION, "Account": ACCOUNT}
_NODES = {
    "s3:object": "s3:bucket",
    "s3:accesspoint": "s3:bucket",
    "bedrock:agent-alias": "bedrock:agent",
    "bedrock-agentcore:runtime-endpoint": "bedrock-agentcore:runtime",
    "logs:log-stream": "logs:log-group",
}
Words = Mapping[str, Any]


def arn(thing: str) -> str:
    """`lambda:function it` as an ARN; `*`, ARNs and other keys stay what they are."""
    kind, _, name = thing.partition(" ")
    if not name:
        return thing
    if kind == "s3:object":
        return f"arn:aws:s3:::{name}/data"
    return re.sub(r"\$\{([^}]*)\}", lambda hole: _FIXED.get(hole.group(1), name), arn_template(kind))


def statement(words: str, effect: str = "Allow") -> dict[str, Any]:
    """`action on thing`, perhaps with `if Operator key=value`, as a policy statement."""
    said, _, condition = words.partition(" if ")
    action, _, thing = said.partition(" on ")
    made: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": arn(thing or "*")}
    if condition:
        operator, _, rest = condition.partition(" ")
        key, _, value = rest.partition("=")
        made["Condition"] = {operator: {key: value}}
    return made


def document(name: str, allow: list[str], deny: list[str] | None = None) -> Document:
    made = [*(statement(words) for words in allow), *(statement(words, "Deny") for words in deny or [])]
    return Document(name, {"Version": "2012-10-17", "Statement": made})


def small(words: Words) -> AwsFacts:
    """The facts that the words describe. Every kind of host was listed, unless they say otherwise."""
    principals = sorted(_principals(words), key=lambda principal: principal.key)
    resources: dict[str, list[Resource]] = {}
    for resource in _resources(words):
        resources.setdefault(resource.kind, []).append(resource)
    everything = {kind: tuple(sorted(some, key=lambda r: r.arn)) for kind, some in sorted(resources.items())}
    kinds = {*everything, *_hosts(), *words.get("listed", ())} - set(words.get("unlisted", ()))
    facts = AwsFacts(
        cloud="aws",
        nodes=tuple(_nodes(words)),
        principals=tuple(principals),
        resources=everything,
        accounts={ACCOUNT: _account(words)},
        listed=frozenset((ACCOUNT, kind) for kind in kinds),
    )
    return furnished(limited(facts, words.get("limits", {}), arn, document))


def source(words: Words) -> str:
    """The key of whoever acts."""
    return str(words.get("as") or arn(f"{'iam:role' if words.get('role') else 'iam:user'} {EVE}"))


def _account(words: Words) -> Account:
    organization = words.get("organization")
    path = f"{organization}/r-1/" if organization else None
    return Account(ACCOUNT, organization=organization, path=path, scps=_scps(words), rcps=_rcps(words))


def _scps(words: Words) -> tuple[tuple[Document, ...], ...]:
    if "scp" not in words:
        return ()
    denying = arn(words.get("scp_named", "scp"))
    return ((document("p-FullAWSAccess", ["* on *"]), document(denying, [], words["scp"])),)


def _rcps(words: Words) -> tuple[tuple[Document, ...], ...]:
    """What the organization denies to everybody, whoever calls."""
    if "rcp" not in words:
        return ()
    denied = [{**statement(one, "Deny"), "Principal": "*"} for one in words["rcp"]]
    return ((Document("rcp", {"Version": "2012-10-17", "Statement": denied}),),)


def _hosts() -> set[str]:
    from graph.clouds.aws.rules.language import Shape
    from graph.clouds.aws.techniques import ENTRIES

    hosts = {entry.rule.kind for entry in ENTRIES if entry.rule.shape is Shape.RUN_AS}
    return hosts | {"iam:instance-profile", "bedrock:agent", "glue:job"}


def _principals(words: Words) -> Iterator[Principal]:
    yield Principal(ROOT, PrincipalKind.ROOT, ACCOUNT, uid=ACCOUNT, tags={})
    groups, attached = words.get("groups", {}), words.get("attached", {})
    documents = _held(words, "own")
    documents += [document(arn(f"iam:group {name}"), allow) for name, allow in groups.items() if allow]
    yield Principal(
        arn(f"{'iam:role' if words.get('role') else 'iam:user'} {EVE}"),
        PrincipalKind.ROLE if words.get("role") else PrincipalKind.USER,
        ACCOUNT,
        tags={},
        documents=tuple(documents),
        boundary=document("boundary", words["boundary"], words.get("boundary_denies")) if "boundary" in words else None,
        groups=tuple(arn(f"iam:group {name}") for name in groups),
        policies=tuple(arn(f"iam:policy {name}") for name in attached),
    )
    for kind in ("user", "role"):
        for name, about in words.get(f"{kind}s", {}).items():
            yield _other(kind, name, about)
    for key, about in words.get("strangers", {}).items():
        told = dict(about.get("facts", {}))
        told["claims"] = tuple((name, tuple(values)) for name, values in told.get("claims", ()))
        yield Principal(key, PrincipalKind(about["kind"]), about.get("account"), **told)


def _other(kind: str, name: str, about: Words) -> Principal:
    policies = about.get("attached", {})
    return Principal(
        arn(f"iam:{kind} {name}"),
        PrincipalKind(kind),
        ACCOUNT,
        tags={},
        documents=tuple(_held(about, f"of {name}")),
        boundary=document(f"boundary of {name}", about["boundary"]) if "boundary" in about else None,
        groups=tuple(arn(f"iam:group {group}") for group in about.get("groups", ())),
        policies=tuple(arn(f"iam:policy {policy}") for policy in policies),
    )


def _held(about: Words, name: str) -> list[Document]:
    """Inline and attached policies; one without statements is none."""
    own = [document(name, about.get("allow", []), about.get("deny"))] if about.keys() & {"allow", "deny"} else []
    attached = about.get("attached", {}).items()
    return own + [document(arn(f"iam:policy {policy}"), allow) for policy, allow in attached if allow]


def _resources(words: Words) -> Iterator[Resource]:
    roles = {**words.get("roles", {}), **({EVE: {}} if words.get("role") else {})}
    for name, about in roles.items():
        yield _resource(f"iam:role {name}", policies=(_trust(name, about),))
    for name, about in {**words.get("users", {}), **({} if words.get("role") else {EVE: {}})}.items():
        mine = words.get("about_eve", {}) if name == EVE else about.get("attributes", {})
        yield _resource(f"iam:user {name}", attributes=mine)
    inside = [about.get("attached", {}) for kind in ("users", "roles") for about in words.get(kind, {}).values()]
    for name in sorted({*words.get("attached", {}), *(name for some in inside for name in some)}):
        yield _resource(f"iam:policy {name}", attributes=_versions(name, words))
    others = words.get("other_groups", {})
    for name in sorted({*words.get("groups", {}), *others}):
        attributes = {"documents": [arn(f"iam:group {name}")]}
        papers = (document(arn(f"iam:group {name}"), others[name]),) if name in others else ()
        yield _resource(f"iam:group {name}", attributes=attributes, policies=papers)
    for thing, about in words.get("things", {}).items():
        yield _blocked(_thing(thing, about), about)


def _versions(name: str, words: Words) -> dict[str, Any]:
    """The versions of a policy that are not in force."""
    others = words.get("versions", {}).get(name, {})
    made = tuple(document(f"{arn(f'iam:policy {name}')} version {v}", allow) for v, allow in others.items())
    return {"versions": made} if made else {}


def _thing(thing: str, about: Words) -> Resource:
    attributes = {name: _named(name, value) for name, value in about.get("attributes", {}).items()}
    roles = (arn(f"iam:role {about['runs_as']}"),) if "runs_as" in about else ()
    papers = [Document(f"{thing} policy", about["policy"])] if "policy" in about else []
    if thing.startswith("kms:key") and not papers:
        papers = [_own_key(thing)]
    made = _resource(thing, attributes=attributes, runs_as=roles, policies=tuple(papers))
    told = {name: about[name] for name in ("arn", "node", "account", "abac") if name in about}
    return replace(made, **told)


def _named(name: str, value: Any) -> Any:
    """Keys, and lists of what a thing consists of or acts as, are named in words."""
    if isinstance(value, list):
        return tuple(arn(one) if isinstance(one, str) else tuple(one) for one in value)
    return arn(value) if name == "key" else value


def _own_key(thing: str) -> Document:
    body = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    return Document(f"{thing} policy", {"Version": "2012-10-17", "Statement": body})


def _trust(name: str, about: Words) -> Document:
    trusted = [{"AWS": arn(who)} for who in about.get("trusts", [])]
    trusted += [{"Service": about["service"]}] if "service" in about else []
    trusted += [{"Federated": about["federated"]}] if "federated" in about else []
    action = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"]
    trusted = trusted or [{"Service": "nobody.amazonaws.com"}]
    body = [{"Effect": "Allow", "Action": action, "Principal": who, **about.get("trust_if", {})} for who in trusted]
    return Document(f"{name} trust", {"Version": "2012-10-17", "Statement": body})


def _blocked(made: Resource, about: Words) -> Resource:
    """With a public-access block or none, where the words say which."""
    return replace(made, public_block=about["public_block"]) if "public_block" in about else made


def _resource(thing: str, **more: Any) -> Resource:
    kind, _, name = thing.partition(" ")
    made = arn(thing)
    node = arn(f"{_NODES[kind]} {name}") if kind in _NODES else made
    owner = None if kind == "bedrock:foundation-model" else ACCOUNT
    return Resource(made, kind, owner, node, region=REGION, tags={}, **more)


def _nodes(words: Words) -> Iterator[Node]:
    account = tuple(words.get("account", ("account",)))
    yield Node(ROOT, "account", ACCOUNT, "aws", ACCOUNT, Category.ACCOUNT, targets=account)
    for thing, about in words.get("things", {}).items():
        if "target" in about:
            key = arn(thing)
            yield Node(key, "thing", thing, "aws", ACCOUNT, Category.RESOURCE, targets=(about["target"],))
