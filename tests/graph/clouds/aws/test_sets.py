"""The set engine says of every pair what the point decision says, and its bounds hold whatever the unknown is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.asking import Estate, estate_of, request_for
from graph.clouds.aws.policy.decide import decide
from graph.model import Document, Verdict
from graph.policy.patterns import ABSENT, PRESENT, UNKNOWN, Context, Other, Some, State
from graph.policy.relation import Relation
from tests.estates.aws_random import ACTIONS, EVERYTHING, SERVICE, A, make_estate

ROUNDS = int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 0)
FEW = settings(max_examples=max(2, ROUNDS // 50))
SEEDS = st.integers(0, 2**32)
FILLINGS = (
    *("true", "false", "10.1.1.1", "8.8.8.8", "us-east-1", "vpce-1", "o-1", "red", "AROA1:s1", SERVICE, "30", "u1", A),
)
INSIDERS = (PrincipalKind.USER, PrincipalKind.ROLE)


def pairs(facts: AwsFacts, kind: str) -> Iterator[tuple[Principal, Resource]]:
    return ((principal, resource) for principal in facts.principals for resource in facts.resources[kind])


# ----- equality


@FEW
@given(SEEDS)
def test_every_pair_is_decided_as_by_itself(seed: int) -> None:
    facts = make_estate(seed)
    access = AwsAccess(facts)
    for action, kind in ACTIONS.items():
        relation = access.relation(action, kind)
        for principal, resource in pairs(facts, kind):
            alone = access.decide(principal.key, action, resource.arn).verdict
            assert relation.verdict(principal.key, resource.arn) is alone, (action, principal.key, resource.arn)


@FEW
@given(SEEDS, st.sampled_from([(SERVICE,), ("ec2.amazonaws.com",), ()]))
def test_a_context_that_a_technique_fixes_counts_for_all(seed: int, service: tuple[str, ...]) -> None:
    facts = make_estate(seed)
    access = AwsAccess(facts)
    fixed = {"iam:PassedToService": service}
    relation = access.relation("iam:PassRole", "iam:role", fixed)
    for principal, resource in pairs(facts, "iam:role"):
        alone = access.decide(principal.key, "iam:PassRole", resource.arn, fixed).verdict
        assert relation.verdict(principal.key, resource.arn) is alone


@FEW
@given(SEEDS)
def test_a_new_thing_is_decided_as_by_itself(seed: int) -> None:
    facts = make_estate(seed)
    access = AwsAccess(facts)
    relation = access.relation("lambda:CreateFunction", "new lambda:function")
    assert relation.resources == tuple(each.arn for each in access.witnesses("lambda:function"))
    for principal in facts.principals:
        for arn in relation.resources:
            alone = access.decide(principal.key, "lambda:CreateFunction", arn).verdict
            assert relation.verdict(principal.key, arn) is alone


def with_vague_names(facts: AwsFacts) -> AwsFacts:
    """The same estate with objects and functions whose names are not known in full."""
    objects, functions = facts.resources["s3:object"], facts.resources["lambda:function"]
    shy = [replace(each, arn=f"{each.arn.partition('/')[0]}/{name}") for each in objects for name in ("…", "d…/x")]
    shy += [replace(each, arn=f"{each.arn.rpartition(':')[0]}:{name}") for each in functions for name in ("…", "r…")]
    made = {each.arn: each for each in (*objects, *functions, *shy)}
    sorted_ = [made[arn] for arn in sorted(made)]
    kinds = {kind: tuple(each for each in sorted_ if each.kind == kind) for kind in ("s3:object", "lambda:function")}
    return replace(facts, resources={**facts.resources, **kinds})


@FEW
@given(SEEDS)
def test_a_name_not_known_in_full_is_decided_as_by_itself(seed: int) -> None:
    facts = with_vague_names(make_estate(seed))
    access = AwsAccess(facts)
    for action in ("s3:GetObject", "s3:PutObject", "lambda:InvokeFunction"):
        relation = access.relation(action, ACTIONS[action])
        for principal, resource in pairs(facts, ACTIONS[action]):
            alone = access.decide(principal.key, action, resource.arn).verdict
            assert relation.verdict(principal.key, resource.arn) is alone, (action, principal.key, resource.arn)


@FEW
@given(SEEDS)
def test_a_service_may_assume_what_trusts_it_for_work_in_an_account(seed: int) -> None:
    facts = make_estate(seed)
    access = AwsAccess(facts)
    row = access.service_trust(SERVICE, A)
    for i, role in enumerate(facts.resources["iam:role"]):
        alone = access.decide(SERVICE, "sts:AssumeRole", role.arn, {"aws:SourceAccount": (A,)}).verdict
        assert row.verdict(i) is alone


# ----- bounds


def filled(context: Context, dice: Random) -> Context:
    """The same context with every unknown made up, once for each key."""
    made: dict[str, State] = {}

    def make(state: State) -> State:
        if isinstance(state, Some):
            return state.pattern.replace("*", dice.choice(("", "s1", "x/y")))
        if isinstance(state, Other) or state is UNKNOWN:
            return ABSENT if isinstance(state, Other) or dice.random() < 0.3 else dice.choice(FILLINGS)
        return dice.choice(FILLINGS) if state is PRESENT else state

    def known(key: str) -> State:
        if key not in made:
            made[key] = make(context(key))
        return made[key]

    return known


def assert_between(
    relation: Relation, estate: Estate, action: str, pair: tuple[Principal, Resource], dice: Random
) -> None:
    principal, resource = pair
    request = request_for(estate, principal.key, action, resource)
    truth = decide(replace(request, context=filled(request.context, dice))).verdict
    said = relation.verdict(principal.key, resource.arn)
    if said in (Verdict.ALLOWED, Verdict.DENIED):
        assert truth is said, (action, principal.key, resource.arn)


@FEW
@given(SEEDS)
def test_the_truth_lies_between_the_bounds_whatever_the_unknown_keys_hold(seed: int) -> None:
    facts, dice = make_estate(seed), Random(seed)
    access, estate = AwsAccess(facts), estate_of(facts)
    for action, kind in ACTIONS.items():
        relation = access.relation(action, kind)
        for pair in pairs(facts, kind):
            if not pair[1].members and dice.random() < 0.3:
                assert_between(relation, estate, action, pair, dice)


def read_after_all(facts: AwsFacts, dice: Random) -> AwsFacts:
    """The same estate, where each document that could not be read turns out to be some document that could."""
    readable = [d for p in facts.principals for d in p.documents if d.body is not None]

    def read(document: Document) -> Document:
        return dice.choice(readable) if document.body is None else document

    principals = tuple(
        replace(p, documents=tuple(map(read, p.documents)), boundary=read(p.boundary) if p.boundary else None)
        for p in facts.principals
    )
    return replace(facts, principals=principals)


@FEW
@given(SEEDS)
def test_a_document_that_could_not_be_read_may_say_anything(seed: int) -> None:
    facts = make_estate(seed)
    before, after = AwsAccess(facts), AwsAccess(read_after_all(facts, Random(seed)))
    for action, kind in ACTIONS.items():
        shy, bold = before.relation(action, kind), after.relation(action, kind)
        for key in shy.identities:
            assert shy.row_of(key).lower & ~bold.row_of(key).lower == 0
            assert bold.row_of(key).upper & ~shy.row_of(key).upper == 0


# ----- what must not matter, and what can only go one way


def with_documents(facts: AwsFacts, change: Any) -> AwsFacts:
    """The same estate with the documents of users and roles changed."""
    principals = tuple(replace(p, documents=change(p.documents)) if p.kind in INSIDERS else p for p in facts.principals)
    return replace(facts, principals=principals)


def shuffled(document: Document, dice: Random) -> Document:
    statements = (document.body or {}).get("Statement")
    if not isinstance(statements, list):
        return document
    return replace(document, body={**(document.body or {}), "Statement": dice.sample(statements, len(statements))})


def rows(relation: Relation) -> list[tuple[int, int, int]]:
    found = [relation.row_of(key) for key in relation.identities]
    return [(row.lower, row.upper, row.unread) for row in found]


@FEW
@given(SEEDS)
def test_the_order_of_statements_never_matters(seed: int) -> None:
    facts, dice = make_estate(seed), Random(seed)
    other = with_documents(facts, lambda documents: tuple(shuffled(d, dice) for d in reversed(documents)))
    one, two = AwsAccess(facts), AwsAccess(other)
    for action, kind in ACTIONS.items():
        assert rows(one.relation(action, kind)) == rows(two.relation(action, kind))


def one_more(effect: str, seed: int) -> Document:
    """A statement that no resource policy's publicity hangs on."""
    action = sorted(ACTIONS)[seed % len(ACTIONS)]
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}} if seed % 3 else {"Bool": {"aws:Secure": "true"}}
    statement: Mapping[str, Any] = {"Effect": effect, "Action": action, "Resource": "*", "Condition": condition}
    return Document("one more", {"Version": "2012-10-17", "Statement": [statement]})


@FEW
@given(SEEDS)
def test_a_deny_never_widens_and_an_allow_never_narrows(seed: int) -> None:
    facts = make_estate(seed)
    plain = AwsAccess(facts)
    denied = AwsAccess(with_documents(facts, lambda documents: (*documents, one_more("Deny", seed))))
    allowed = AwsAccess(with_documents(facts, lambda documents: (*documents, one_more("Allow", seed))))
    for action, kind in ACTIONS.items():
        less, middle, more = (access.relation(action, kind) for access in (denied, plain, allowed))
        for key in middle.identities:
            low, same, high = less.row_of(key), middle.row_of(key), more.row_of(key)
            assert (low.lower & ~same.lower, low.upper & ~same.upper) == (0, 0)
            assert (same.lower & ~high.lower, same.upper & ~high.upper) == (0, 0)


@FEW
@given(SEEDS)
def test_the_ceiling_is_what_an_allow_of_everything_would_leave(seed: int) -> None:
    facts = make_estate(seed)
    wide = with_documents(facts, lambda documents: (*documents, Document("everything", EVERYTHING)))
    ceilings, granted = AwsAccess(facts), AwsAccess(wide)
    for action, kind in ACTIONS.items():
        assert rows(ceilings.ceiling(action, kind)) == rows(granted.relation(action, kind))


@FEW
@given(SEEDS)
def test_the_same_facts_give_the_same_classes(seed: int) -> None:
    one, two = AwsAccess(make_estate(seed)), AwsAccess(make_estate(seed))
    for action, kind in ACTIONS.items():
        first, second = one.relation(action, kind), two.relation(action, kind)
        assert (first.rows, first.classes.tolist()) == (second.rows, second.classes.tolist())
