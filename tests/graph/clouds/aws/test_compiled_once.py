"""The policies that AWS manages are compiled once for all accounts that hold a copy."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from graph.clouds.aws.policy.documents import compile_policy
from graph.model import Document

NAME = "arn:aws:iam::aws:policy/ReadThings"
BODY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::things/*"}],
}


def test_copies_of_one_managed_policy_share_their_statements() -> None:
    one, other = (compile_policy(Document(NAME, deepcopy(BODY), scope=scope)) for scope in ("1" * 12, "2" * 12))
    assert one.statements is other.statements


def test_another_edition_of_a_managed_policy_is_another_one() -> None:
    newer = deepcopy(BODY)
    newer["Statement"][0]["Action"] = "s3:*"
    assert compile_policy(Document(NAME, BODY)).statements[0].actions == ("s3:GetObject",)
    assert compile_policy(Document(NAME, newer)).statements[0].actions == ("s3:*",)


def test_a_policy_that_cannot_be_written_down_is_compiled_all_the_same() -> None:
    odd = deepcopy(BODY)
    odd["Statement"][0]["Sid"] = "\ud800"
    assert compile_policy(Document(NAME, odd)).statements[0].sid == "\ud800"
