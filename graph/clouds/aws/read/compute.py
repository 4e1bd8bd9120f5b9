"""Where code runs and as whom: functions, state machines and schedules here, everything else in rooms of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graph.clouds.aws.read.builds import SORTS as BUILDS
from graph.clouds.aws.read.builds import read_builds
from graph.clouds.aws.read.containers import SORTS as CONTAINERS
from graph.clouds.aws.read.containers import read_containers, roles_unread
from graph.clouds.aws.read.estate import State, text, texts
from graph.clouds.aws.read.instances import SORTS as MACHINES
from graph.clouds.aws.read.instances import profiles_unread, read_instances
from graph.clouds.aws.read.processing import SORTS as PROCESSING
from graph.clouds.aws.read.processing import profiles_unknown, read_processing
from graph.clouds.aws.read.reading import Reading, Thing
from graph.clouds.aws.read.sorts import Sort, items, thing, things

FUNCTIONS = Sort(
    "lambda:function",
    "function",
    "Lambda function",
    "lambda-list-functions",
    "Functions",
    "FunctionArn",
    "FunctionName",
    roles=("Role",),
    policy="lambda-get-policy",
    policy_for="FunctionName",
    shown=(("runtime", "Runtime"), ("package", "PackageType"), ("last_modified", "LastModified")),
)
_LAYERS = Sort(
    "lambda:layer",
    "layer",
    "Lambda layer",
    "lambda-list-layers",
    "Layers",
    "LayerArn",
    "LayerName",
)
_PLAIN = (
    _LAYERS,
    Sort(
        "states:statemachine",
        "state-machine",
        "Step Functions state machine",
        "stepfunctions-list-state-machines",
        "stateMachines",
        "stateMachineArn",
        "name",
        detail="stepfunctions-describe-state-machine",
        arguments=("stateMachineArn",),
        roles=("roleArn",),
    ),
    Sort(
        "scheduler:schedule",
        "schedule",
        "EventBridge schedule",
        "scheduler-list-schedules",
        "Schedules",
        "Arn",
        "Name",
        detail="scheduler-get-schedule",
        arguments=("GroupName", "Name"),
        under="Target",
        roles=("RoleArn",),
    ),
)
_SETTING, _POLICY = "lambda-get-function-code-signing-config", "lambda-get-code-signing-config"
SORTS = (FUNCTIONS, *_PLAIN, *MACHINES, *CONTAINERS, *BUILDS, *PROCESSING)


def read_compute(reading: Reading) -> Iterator[Thing]:
    """Everything that runs outside the AI services."""
    yield from _functions(reading)
    yield from things(reading, _PLAIN)
    for read in (read_instances, read_containers, read_builds, read_processing):
        yield from read(reading)


def _functions(reading: Reading) -> Iterator[Thing]:
    """Functions with their layers, the address they answer at, what feeds them, and whether code must be signed."""
    fed: dict[str, list[str]] = defaultdict(list)
    for _, mapping in reading.answers.items("lambda-list-event-source-mappings", "EventSourceMappings"):
        if text(mapping, "State") not in ("Disabled", "Deleting"):
            fed[text(mapping, "FunctionArn")] += texts(mapping, "EventSourceArn")
    for item in items(reading, FUNCTIONS):
        here = (item.account, item.place.region)
        address = reading.answers.one(*here, "lambda-list-function-url-configs", item.name)
        signed = _signed_only(reading, here, item.name)
        yield from thing(
            reading,
            item,
            layers=texts(item.record, "Layers.Arn"),
            url=text(address, "FunctionUrlConfigs.FunctionUrl"),
            url_sign_in=text(address, "FunctionUrlConfigs.AuthType"),
            fed_by=tuple(dict.fromkeys(fed.get(item.arn, ()))),
            signed_only=signed,
            unread=() if signed is not None else ("signed_only",),
        )


def _signed_only(reading: Reading, here: tuple[str, str], name: str) -> bool | None:
    """Whether code that no known publisher signed is refused; without a setting everything is taken.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
    """
    config = text(reading.answers.one(*here, _SETTING, name), "CodeSigningConfigArn")
    asked = ((_SETTING, name), *([(_POLICY, config)] if config else []))
    if any(reading.answers.state(*here, *question) is State.GAP for question in asked):
        return None
    policies = "CodeSigningConfig.CodeSigningPolicies.UntrustedArtifactOnDeployment"
    return bool(config) and text(reading.answers.one(*here, _POLICY, config), policies) == "Enforce"


def unplaced(reading: Reading) -> frozenset[tuple[str, str]]:
    """Accounts with hosts whose role could not be told, because what leads to it was not read."""
    return frozenset((*profiles_unread(reading), *roles_unread(reading), *profiles_unknown(reading)))
