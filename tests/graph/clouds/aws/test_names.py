"""Names that stand for all others: what is possible for some name is possible for a name that stands for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy import witnesses
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.read import objects as objects_of
from graph.model import Document, Verdict
from graph.policy.askers import enough_for

HOME = "111111111111"
ANN = f"arn:aws:iam::{HOME}:user/ann"
FUNCTION, BUCKET = f"arn:aws:lambda:us-east-1:{HOME}:function:", "arn:aws:s3:::b"
ELSEWHERE = f"arn:aws:lambda:eu-west-1:{HOME}:function:"
NAMES = ["".join(chars) for length in range(1, 7) for chars in product("abc", repeat=length)]
GLOBS = st.text("ab*?", min_size=1, max_size=3)
FEW = settings(max_examples=max(30, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 0)), deadline=None)
SHY = partial(enough_for, enough=6)  # gives up at once


@st.composite
def layers(draw: st.DrawFn, beginning: str) -> tuple[Any, ...]:
    """An Allow, a boundary, a Deny and an SCP, each on globs of names or on all but them."""

    def said(effect: str) -> dict[str, Any]:
        element = draw(st.sampled_from(("Resource", "Resource", "NotResource")))
        where = [draw(st.sampled_from((beginning, beginning, beginning[:-4] + "*"))) + draw(GLOBS)]
        return {"Effect": effect, "Action": "*", element: where}

    return said("Allow"), said("Allow"), said("Deny"), said("Allow")


def paper(*statements: dict[str, Any]) -> Document:
    return Document("paper", {"Version": "2012-10-17", "Statement": list(statements)})


def estate(said: tuple[Any, ...], kind: str, arns: Iterable[str]) -> AwsFacts:
    allow, boundary, deny, scp = said
    ann = Principal(ANN, PrincipalKind.USER, HOME, tags={}, documents=(paper(allow, deny),), boundary=paper(boundary))
    things = tuple(Resource(arn, kind, HOME, arn, region="us-east-1") for arn in sorted(arns))
    return AwsFacts(
        cloud="aws",
        principals=(ann,),
        resources={kind: things},
        accounts={HOME: Account(HOME, scps=((paper(scp),),), rcps=())},
    )


def on_some(facts: AwsFacts, action: str, kind: str) -> Verdict:
    return AwsAccess(facts).relation(action, kind).some().verdict(ANN, "*")


def functions(said: tuple[Any, ...]) -> tuple[Verdict, Verdict]:
    """On one of many names written out, and on one of those that stand for all."""
    facts = estate(said, "lambda:function", [head + name for head in (FUNCTION, ELSEWHERE) for name in NAMES])
    return tuple(on_some(facts, "lambda:CreateFunction", f"{new}lambda:function") for new in ("", "new "))  # type: ignore[return-value]


def objects(said: tuple[Any, ...]) -> tuple[Verdict, Verdict]:
    allow, boundary, deny, scp = map(paper, said)
    holder = objects_of.Holder((allow, boundary, deny), {})
    classes = objects_of.Objects([holder], [scp], {}).classes(["b"])["b"]
    found = (estate(said, "s3:object", [f"{BUCKET}/{name}" for name in names]) for names in (NAMES, classes))
    return tuple(on_some(facts, "s3:GetObject", "s3:object") for facts in found)  # type: ignore[return-value]


@FEW
@given(layers(FUNCTION))
def test_a_new_thing_may_be_made_just_where_some_name_may(said: tuple[Any, ...]) -> None:
    written_out, stood_for = functions(said)
    assert stood_for is written_out


@FEW
@given(layers(f"{BUCKET}/"))
def test_a_bucket_has_an_object_for_one_just_where_some_key_is(said: tuple[Any, ...]) -> None:
    written_out, stood_for = objects(said)
    assert stood_for is written_out


@pytest.mark.parametrize(("ask", "beginning"), [(functions, FUNCTION), (objects, f"{BUCKET}/")])
def test_where_names_cannot_all_be_told_apart_nothing_possible_is_denied(
    ask: Any, beginning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "enough_for", SHY)
    monkeypatch.setattr(objects_of, "_ENOUGH", 6)

    @FEW
    @given(layers(beginning))
    def holds(said: tuple[Any, ...]) -> None:
        written_out, stood_for = ask(said)
        assert stood_for is not Verdict.DENIED or written_out is Verdict.DENIED
        assert stood_for is not Verdict.ALLOWED or written_out is Verdict.ALLOWED

    holds()


def allow(*resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "*", "Resource": list(resources)}


DENY_NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:sqs:*:*:none"}


def test_a_name_may_have_to_please_three_patterns_at_once() -> None:
    said = (allow(f"{FUNCTION}a-*"), allow("arn:aws:lambda:*:*:*-b"), DENY_NOTHING, allow(f"{FUNCTION}*x*"))
    facts = estate(said, "lambda:function", [])
    assert on_some(facts, "lambda:CreateFunction", "new lambda:function") is Verdict.ALLOWED


def test_a_name_that_is_spared_by_a_deny_of_all_others_can_be_given() -> None:
    spared = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:lambda:*:*:function:*-b"}
    facts = estate((allow(f"{FUNCTION}a-*"), allow("*"), spared, allow("*")), "lambda:function", [])
    assert on_some(facts, "lambda:CreateFunction", "new lambda:function") is Verdict.ALLOWED


@pytest.mark.parametrize(("asked", "verdict"), [("eu-*", Verdict.ALLOWED), ("us-gov-*", Verdict.DENIED)])
def test_a_new_thing_may_be_in_any_region_of_the_partition(asked: str, verdict: Verdict) -> None:
    there = {**allow("*"), "Condition": {"StringLike": {"aws:RequestedRegion": asked}}}
    facts = estate((allow("*"), there, DENY_NOTHING, allow("*")), "lambda:function", [])
    assert on_some(facts, "lambda:CreateFunction", "new lambda:function") is verdict


def test_a_region_in_a_name_is_the_region_it_is_in() -> None:
    named = allow(f"arn:aws:lambda:*:{HOME}:function:${{aws:RequestedRegion}}-x")
    facts = estate((named, allow("*"), DENY_NOTHING, allow("*")), "lambda:function", [])
    assert on_some(facts, "lambda:CreateFunction", "new lambda:function") is Verdict.ALLOWED


def test_a_global_service_is_called_in_one_region_whatever_is_made() -> None:
    named = allow(f"arn:aws:iam::{HOME}:role/${{aws:RequestedRegion}}-x")
    facts = estate((named, allow("*"), DENY_NOTHING, allow("*")), "iam:role", [])
    assert on_some(facts, "iam:CreateRole", "new iam:role") is Verdict.ALLOWED
