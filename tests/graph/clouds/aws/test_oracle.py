"""The product decides random nasty requests as the naive evaluator does, and keeps the laws that hold for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graph.clouds.aws.requests import decide_request
from tests.graph.clouds.aws.nasty import requests, statements
from tests.graph.oracle.aws import decide
from tests.graph.oracle.aws_fillings import TooManyError

Json = dict[str, Any]
RANK = {"denied": 0, "unknown": 1, "conditional": 1, "allowed": 2}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=250, suppress_health_check=SLOW)
@given(requests())
def test_a_strict_request_is_decided_as_the_documentation_says(request: Json) -> None:
    answer, truth = decide_request(request), decide(request)
    if truth.verdict == "unsure":
        assert answer["verdict"] in ("conditional", "unknown")
    else:
        assert (answer["verdict"], answer["explicit"]) == (truth.verdict, truth.explicit)


@settings(max_examples=100, suppress_health_check=SLOW)
@given(requests())
def test_discovery_is_certain_only_where_every_filling_of_the_unknown_keys_agrees(request: Json) -> None:
    request = {**request, "mode": "Discovery"}
    answer = decide_request(request)["verdict"]
    assume(answer in ("allowed", "denied"))
    try:
        assert decide(request).verdict == answer
    except TooManyError:
        assume(False)


@settings(max_examples=60, suppress_health_check=SLOW)
@given(requests(), st.sampled_from(("Strict", "Discovery")), st.randoms(use_true_random=False))
def test_the_order_of_statements_and_documents_never_matters(request: Json, mode: str, chance: Any) -> None:
    request = {**request, "mode": mode}
    mixed = json.loads(json.dumps(request))
    for found in _statement_lists(mixed):
        chance.shuffle(found)
    chance.shuffle(mixed.get("identity_policies", []))
    for key in ("verdict", "explicit", "layers", "blocked_by"):
        assert decide_request(mixed)[key] == decide_request(request)[key]


@settings(max_examples=80, suppress_health_check=SLOW)
@given(requests(), st.sampled_from(("Strict", "Discovery")), statements("identity", "Deny"))
def test_a_further_deny_never_widens(request: Json, mode: str, statement: Json) -> None:
    request = {**request, "mode": mode}
    before = decide_request(request)["verdict"]
    for field in ("identity_policies", "boundary", "session_policy"):
        for document in _documents(request.get(field)):
            after = decide_request(_with(request, field, document, statement))["verdict"]
            assert RANK[after] <= RANK[before]


@settings(max_examples=80, suppress_health_check=SLOW)
@given(requests(), st.sampled_from(("Strict", "Discovery")), statements("identity", "Allow"))
def test_a_further_allow_never_narrows(request: Json, mode: str, statement: Json) -> None:
    request = {**request, "mode": mode}
    before = decide_request(request)["verdict"]
    for field in ("identity_policies", "boundary", "session_policy"):
        for document in _documents(request.get(field)):
            after = decide_request(_with(request, field, document, statement))["verdict"]
            assert RANK[after] >= RANK[before]


def _statement_lists(value: Any) -> Iterator[list[Json]]:
    if isinstance(value, dict):
        if isinstance(value.get("Statement"), list):
            yield value["Statement"]
        for inner in value.values():
            yield from _statement_lists(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _statement_lists(inner)


def _documents(value: Any) -> list[Json]:
    return value if isinstance(value, list) else [value] if value else []


def _with(request: Json, field: str, document: Json, statement: Json) -> Json:
    """The request with one more statement in one document of a layer."""
    longer = {**document, "Statement": [*document["Statement"], statement]}
    held = request[field]
    changed = [longer if each is document else each for each in held] if isinstance(held, list) else longer
    return {**request, field: changed}
