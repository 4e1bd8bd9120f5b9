"""One small change at the size of one large account, from changed facts to the graph, held against building it anew."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.aws_company import Company
from bench.aws_estate import LARGE
from bench.aws_folder import write
from bench.machine import middle, timed
from graph.build import Estate, build_facts
from graph.cloud import ImportOptions
from graph.clouds import clouds
from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.formats import load
from graph.model import Document
from graph.policy.collector import uncollected
from graph.snapshot import Snapshot


def changed(seed: int, runs: int) -> None:
    """Every kind of change, one at a time."""
    with tempfile.TemporaryDirectory() as aside:
        write(Company(LARGE, seed), Path(aside) / "estate")
        snapshot = load(Path(aside) / "estate", ImportOptions())
    with uncollected():
        facts = clouds()["aws"].read([snapshot])
        before = build_facts([snapshot], {"aws": facts})
        print(f"\n  one change among {len(facts.principals):,} principals")
        for words, change in _CHANGES.items():
            _compare(words, change(facts), snapshot, before, runs)


def _compare(words: str, facts: AwsFacts, snapshot: Snapshot, before: Estate, runs: int) -> None:
    again, anew = [], []
    same = False
    for _ in range(runs):
        seconds, quick = timed(lambda: build_facts([snapshot], {"aws": facts}, before))
        again.append(seconds)
        seconds, slow = timed(lambda: build_facts([snapshot], {"aws": facts}))
        anew.append(seconds)
        same = quick.graph == slow.graph
    print(
        f"    {words:36}{middle(again):8.2f} s, anew {middle(anew):.2f} s,"
        f" {'the same graph' if same else 'ANOTHER GRAPH'}"
    )


# ----- the changes


def _someone(facts: AwsFacts) -> Principal:
    """The hundredth identity with policies."""
    return [principal for principal in facts.principals if principal.documents][99]


def _is_now(facts: AwsFacts, person: Principal) -> AwsFacts:
    return replace(facts, principals=tuple(person if p.key == person.key else p for p in facts.principals))


def _policy(actions: list[str], facts: AwsFacts) -> AwsFacts:
    """Another policy in the place of somebody's last."""
    whose = _someone(facts)
    body = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    papers = (*whose.documents[:-1], Document(whose.documents[-1].name, body, scope=whose.account or ""))
    return _is_now(facts, replace(whose, documents=papers))


def _trust(facts: AwsFacts) -> AwsFacts:
    """A role that whoever is in its account may assume."""
    role = facts.resources["iam:role"][99]
    lets_in = {"Effect": "Allow", "Principal": {"AWS": role.account}, "Action": "sts:AssumeRole"}
    trust = Document(f"{role.arn} trust", {"Version": "2012-10-17", "Statement": [lets_in]})
    return _lies_now(facts, replace(role, policies=(trust,)))


def _lies_now(facts: AwsFacts, *some: Resource) -> AwsFacts:
    known = {item.arn: item for item in some}
    items = tuple(known.get(item.arn, item) for item in facts.resources[some[0].kind])
    return replace(facts, resources={**facts.resources, some[0].kind: items})


def _bucket_policy(facts: AwsFacts) -> AwsFacts:
    """A bucket, and what lies in it, that somebody is let into."""
    bucket = facts.resources["s3:bucket"][0]
    said = {"Effect": "Allow", "Principal": {"AWS": _someone(facts).key}, "Action": "s3:*", "Resource": "*"}
    policy = Document(f"{bucket.arn} policy", {"Version": "2012-10-17", "Statement": [said]})
    inside = (item for item in facts.resources["s3:object"] if item.node == bucket.node)
    opened = _lies_now(facts, replace(bucket, policies=(policy,)))
    return _lies_now(opened, *(replace(item, policies=(policy,)) for item in inside))


def _membership(facts: AwsFacts) -> AwsFacts:
    member = next(p for p in facts.principals if p.groups)
    return _is_now(facts, replace(member, groups=(), documents=member.documents[:1]))


def _host(facts: AwsFacts) -> AwsFacts:
    """A function less."""
    return replace(facts, resources={**facts.resources, "lambda:function": facts.resources["lambda:function"][1:]})


def _person(facts: AwsFacts) -> AwsFacts:
    """An identity less."""
    gone = _someone(facts).key
    kinds = {kind: tuple(item for item in items if item.arn != gone) for kind, items in facts.resources.items()}
    principals = tuple(principal for principal in facts.principals if principal.key != gone)
    nodes = tuple(node for node in facts.nodes if node.key != gone)
    return replace(facts, principals=principals, resources=kinds, nodes=nodes)


_CHANGES: Mapping[str, Callable[[AwsFacts], AwsFacts]] = {
    "a policy: reading a bucket": partial(_policy, ["s3:GetObject"]),
    "a policy: using functions": partial(_policy, ["lambda:UpdateFunctionCode", "lambda:InvokeFunction"]),
    "a policy: assuming any role": partial(_policy, ["sts:AssumeRole"]),
    "a policy: everything": partial(_policy, ["*"]),
    "a trust": _trust,
    "a bucket policy": _bucket_policy,
    "a membership": _membership,
    "a function less": _host,
    "an identity less": _person,
}
