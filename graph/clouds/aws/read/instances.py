"""Instances and what leads to them: state, shell, launch templates, sessions, deployment groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, Record, spread, text, texts, values
from graph.clouds.aws.read.reading import Reading, Thing, partition, tags
from graph.clouds.aws.read.sorts import Item, Sort, items, thing
from graph.clouds.aws.read.standing import known, role_in, untold
from graph.model import Json

_MANAGED, _SESSIONS = "ssm-describe-instance-information", "ssm-describe-sessions"
_GROUPS, _CONSOLE = "autoscaling-describe-auto-scaling-groups", "ec2-get-serial-console-access-status"
_VERSIONS = "ec2-describe-launch-template-versions"
_STATE = {"managed_by_ssm": _MANAGED, "ssh": "ec2-describe-security-groups", "serial_console": _CONSOLE}
_SSH = 22
INSTANCES = Sort(
    "ec2:instance",
    "instance",
    "EC2 instance",
    "ec2-describe-instances",
    "Reservations.Instances",
    "arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
    "InstanceId",
    roles=("IamInstanceProfile.Role",),
    tags="Tags",
    shown=(
        ("state", "State.Name"),
        ("public_address", "PublicIpAddress"),
        ("metadata_tokens", "MetadataOptions.HttpTokens"),
        ("platform", "Platform"),
    ),
    gone=("State.Name", "terminated"),
)
TEMPLATES = Sort(
    "ec2:launch-template",
    "launch-template",
    "EC2 launch template",
    "ec2-describe-launch-templates",
    "LaunchTemplates",
    "arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}",
    "LaunchTemplateName",
    tags="Tags",
)
CONFIGURATIONS = Sort(
    "autoscaling:launchconfiguration",
    "launch-configuration",
    "Launch configuration",
    "autoscaling-describe-launch-configurations",
    "LaunchConfigurations",
    "LaunchConfigurationARN",
    "LaunchConfigurationName",
)
NODES = Sort(
    "ssm:managed-instance",
    "hybrid-node",
    "Systems Manager hybrid node",
    _MANAGED,
    "InstanceInformationList",
    "arn:{partition}:ssm:{region}:{account}:managed-instance/{InstanceId}",
    "InstanceId",
    roles=("IamRole",),
    shown=(("state", "PingStatus"),),
)
SESSIONS = Sort(
    "ssm:session",
    "shell-session",
    "Systems Manager session",
    _SESSIONS,
    "Sessions",
    "arn:{partition}:ssm:{region}:{account}:session/{SessionId}",
    "SessionId",
    shown=(("owner", "Owner"), ("instance", "Target")),
    gone=("Status", "Terminated"),
)
DEPLOYMENTS = Sort(
    "codedeploy:deploymentgroup",
    "deployment-group",
    "CodeDeploy deployment group",
    "codedeploy-get-deployment-group",
    "deploymentGroupInfo",
    "arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:{applicationName}/{deploymentGroupName}",
    "deploymentGroupName",
    roles=("serviceRoleArn",),
    shown=(("application", "applicationName"), ("platform", "computePlatform")),
)
SORTS = (INSTANCES, TEMPLATES, CONFIGURATIONS, NODES, SESSIONS, DEPLOYMENTS)


@dataclass(frozen=True, slots=True)
class Instance:
    """What others ask of an instance."""

    account: str
    region: str
    id: str
    role: str
    tags: Mapping[str, str]


def read_instances(reading: Reading) -> Iterator[Thing]:
    """Instances, and everything by which code comes to run on them."""
    yield from _instances(reading)
    yield from _templates(reading)
    there = _there(reading)
    for item in items(reading, CONFIGURATIONS):
        role = role_in(reading, item.account, text(item.record, "IamInstanceProfile"))
        yield from thing(reading, item, (role,) if role else ())
    for item in items(reading, NODES):
        if text(item.record, "ResourceType") != "EC2Instance" and text(item.record, "InstanceId").startswith("mi-"):
            yield from thing(reading, item, managed_by_ssm=_connected(item.record))
    for item in items(reading, SESSIONS):
        here = (item.account, item.place.region, text(item.record, "Target"))
        roles = (one.role for one in there if (one.account, one.region, one.id) == here and one.role)
        yield from thing(reading, item, instance_roles=tuple(roles))
    for item in items(reading, DEPLOYMENTS):
        yield from _deployments(reading, item, there)


# ----- instances


def _there(reading: Reading) -> list[Instance]:
    found = []
    for item in items(reading, INSTANCES):
        role = role_in(reading, item.account, text(item.record, "IamInstanceProfile.Arn"))
        named = text(item.record, "InstanceId")
        found.append(Instance(item.account, item.place.region, named, role, tags(item.record)))
    return found


def _instances(reading: Reading) -> Iterator[Thing]:
    """An instance runs as the role in its instance profile."""
    managed = {
        (place.account, place.region, text(item, "InstanceId")): _connected(item)
        for place, item in reading.answers.items(_MANAGED, "InstanceInformationList")
    }
    open_groups = _open_to_ssh(reading)
    for item in items(reading, INSTANCES):
        profile = text(item.record, "IamInstanceProfile.Arn")
        role = reading.profiles.get(profile, "")
        named = replace(item, name=tags(item.record).get("Name", item.name))
        here = (item.account, item.place.region, text(item.record, "InstanceId"))
        yield from thing(
            reading,
            named,
            (role,) if role else (),
            instance_profile=profile,
            public_address=text(item.record, "PublicIpAddress"),
            managed_by_ssm=managed.get(here, False) if known(reading, item.place, _MANAGED) is not None else None,
            running=_running(text(item.record, "State.Name")),
            ssh=_ssh(item, open_groups),
            serial_console=_serial_console(reading, item.place),
            unread=untold(reading, item.place, _STATE),
            key_pair=text(item.record, "KeyName"),
        )


def _connected(information: Record) -> bool:
    """Only an agent that answers takes commands.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceInformation.html
    """
    return text(information, "PingStatus") in ("", "Online")


def _running(state: str) -> bool | None:
    return state in ("running", "pending") if state else None


def _open_to_ssh(reading: Reading) -> Mapping[tuple[str, str], set[str]]:
    """By account and region where they were listed, the security groups that let SSH in from somewhere."""
    found: dict[tuple[str, str], set[str]] = {}
    for part in reading.answers.parts("ec2-describe-security-groups"):
        groups = [g for g in values(part.response, "SecurityGroups") if isinstance(g, Mapping)]
        found[part.scope, part.region] = {text(g, "GroupId") for g in groups if _lets_ssh_in(g)}
    return found


def _lets_ssh_in(group: Record) -> bool:
    rules = (rule for rule in values(group, "IpPermissions") if isinstance(rule, Mapping))
    return any(_covers_ssh(rule) for rule in rules)


def _covers_ssh(rule: Record) -> bool:
    """Protocol -1 is every protocol and port."""
    if text(rule, "IpProtocol") == "-1":
        return True
    first, last = rule.get("FromPort"), rule.get("ToPort")
    tcp = text(rule, "IpProtocol") in ("tcp", "6")
    return tcp and isinstance(first, int) and isinstance(last, int) and first <= _SSH <= last


def _ssh(item: Item, open_groups: Mapping[tuple[str, str], set[str]]) -> bool | None:
    if text(item.record, "Platform").lower() == "windows":
        return False
    groups = open_groups.get((item.account, item.place.region))
    return None if groups is None else bool(groups & set(texts(item.record, "SecurityGroups.GroupId")))


def _serial_console(reading: Reading, place: Place) -> bool | None:
    answer = known(reading, place, _CONSOLE)
    return None if answer is None else answer.get("SerialConsoleAccessEnabled") is True


# ----- what launches them


def _templates(reading: Reading) -> Iterator[Thing]:
    """A launch template matters by the version that a group launches: a fixed one, the default or the latest."""
    used = _launched(reading)
    for item in items(reading, TEMPLATES):
        here = (item.account, item.place.region)
        template = text(item.record, "LaunchTemplateId")
        answer = reading.answers.one(*here, _VERSIONS, template)
        versions = [v for v in values(answer, "LaunchTemplateVersions") if isinstance(v, Mapping)]
        names = {template, text(item.record, "LaunchTemplateName")}
        launched = {version for name in names for version in used.get((*here, name), ())}
        asked = known(reading, item.place, _GROUPS) is not None
        default = [v for v in versions if v.get("DefaultVersion") is True]
        latest = sorted(versions, key=_number)[-1:]
        yield from thing(
            reading,
            item,
            default_roles=tuple(_profile_roles(reading, item.account, default)),
            latest_roles=tuple(_profile_roles(reading, item.account, latest)),
            launched_as_default="$Default" in launched if asked else None,
            launched_as_latest="$Latest" in launched if asked else None,
            unread=untold(reading, item.place, dict.fromkeys(("launched_as_default", "launched_as_latest"), _GROUPS)),
        )


def _number(version: Record) -> int:
    number = version.get("VersionNumber")
    return number if isinstance(number, int) else 0


def _profile_roles(reading: Reading, account: str, versions: Iterable[Record]) -> Iterator[str]:
    for version in versions:
        profile = "LaunchTemplateData.IamInstanceProfile"
        role = role_in(reading, account, text(version, f"{profile}.Arn") or text(version, f"{profile}.Name"))
        if role:
            yield role


def _launched(reading: Reading) -> Mapping[tuple[str, str, str], set[str]]:
    """By account, region and template (id or name), the versions that groups launch; none named is the default."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    mixed = "MixedInstancesPolicy.LaunchTemplate"
    paths = ("LaunchTemplate", f"{mixed}.LaunchTemplateSpecification", f"{mixed}.Overrides.LaunchTemplateSpecification")
    for place, group in reading.answers.items(_GROUPS, "AutoScalingGroups"):
        for one in (one for path in paths for one in values(group, path) if isinstance(one, Mapping)):
            version = text(one, "Version") or "$Default"
            for name in (text(one, "LaunchTemplateId"), text(one, "LaunchTemplateName")):
                found[place.account, place.region, name].add(version)
    return found


# ----- what deploys to them


def _deployments(reading: Reading, item: Item, there: Iterable[Instance]) -> Iterator[Thing]:
    """A deployment runs scripts on the instances that its group's tags or Auto Scaling groups choose.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-tagging.html
    """
    record, region = item.record, item.place.region
    chosen = [one for one in there if (one.account, one.region) == (item.account, region) and _chosen(record, one.tags)]
    begin = f"arn:{partition(region)}:codedeploy:{region}:{item.account}"
    application = f"{begin}:application:{text(record, 'applicationName')}"
    parts = [(application, "codedeploy:application")]
    if config := text(record, "deploymentConfigName"):
        parts.append((f"{begin}:deploymentconfig:{config}", "codedeploy:deploymentconfig"))
    yield from (Resource(arn, kind, item.account, arn, region=region) for arn, kind in parts)
    roles = tuple(dict.fromkeys(one.role for one in chosen if one.role))
    yield from thing(reading, item, parts=tuple(arn for arn, _ in parts), instance_roles=roles)


def _chosen(group: Record, tagged: Mapping[str, str]) -> bool:
    """One filter of a set is enough, and every set must be met."""
    if tagged.get("aws:autoscaling:groupName") in texts(group, "autoScalingGroups.name"):
        return True
    loose = values(group, "ec2TagFilters")
    sets = [spread(one) for one in _lists(group)] or ([loose] if loose else [])
    return bool(sets) and all(any(_meets(one, tagged) for one in some) for some in sets)


def _lists(group: Record) -> tuple[Json, ...]:
    """The sets of filters, each a list."""
    tag_set = group.get("ec2TagSet")
    lists = tag_set.get("ec2TagSetList") if isinstance(tag_set, Mapping) else None
    return tuple(lists) if isinstance(lists, list | tuple) else ()


def _meets(wanted: Json, tagged: Mapping[str, str]) -> bool:
    if not isinstance(wanted, Mapping):
        return False
    key, value = text(wanted, "Key"), text(wanted, "Value")
    match text(wanted, "Type"):
        case "KEY_ONLY":
            return key in tagged
        case "VALUE_ONLY":
            return value in tagged.values()
        case _:
            return tagged.get(key) == value


def profiles_unread(reading: Reading) -> Iterator[tuple[str, str]]:
    """Accounts with instances, or what leads to them, whose role could not be told: what holds it was not read."""
    for item in items(reading, INSTANCES):
        profile = text(item.record, "IamInstanceProfile.Arn")
        if profile and not reading.profiles.get(profile):
            yield from ((item.account, sort.kind) for sort in (INSTANCES, SESSIONS, DEPLOYMENTS))
    for item in items(reading, CONFIGURATIONS):
        profile = text(item.record, "IamInstanceProfile")
        if profile and not role_in(reading, item.account, profile):
            yield item.account, CONFIGURATIONS.kind
    for item in items(reading, TEMPLATES):
        if known(reading, item.place, _VERSIONS, text(item.record, "LaunchTemplateId")) is None:
            yield item.account, TEMPLATES.kind
    for sort in (SESSIONS, DEPLOYMENTS):
        accounts = {item.account for item in items(reading, sort)}
        yield from ((a, sort.kind) for a in sorted(accounts) if not reading.answers.complete(a, INSTANCES.call))
