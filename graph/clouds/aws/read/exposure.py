"""Workloads that the internet reaches without signing in: function addresses, instances, apps.

What asks for a signature is no such door: notebooks are opened by a link that only IAM hands out, endpoints of clusters
ask for a token of IAM (https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-interface-endpoint.html). Gateways and
load balancers are no part of a snapshot, so that what stands behind them is not told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.containers import APPS
from graph.clouds.aws.read.estate import NOTHING, Record, spread, text, texts, values
from graph.clouds.aws.read.instances import INSTANCES
from graph.clouds.aws.read.reading import Reading, Thing, shown
from graph.clouds.aws.read.sorts import Item, items
from graph.clouds.aws.read.trust import statements
from graph.model import Document, Entry, EntryKind, Json

_URLS, _GROUPS = "lambda-list-function-url-configs", "ec2-describe-security-groups"
# From then on a new address needs a second permission; older ones were let off until the other day.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, and the notice to their owners of October 2025
_BOTH_SINCE, _LET_OFF_UNTIL = "2025-10", "2026-11-01"
_OF_URLS = {"lambda:functionurlauthtype": "NONE", "lambda:invokedviafunctionurl": "true"}
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def exposed(reading: Reading, things: Iterable[Thing], seen: str) -> Iterator[Entry]:
    """Every workload with a role that anybody on the internet can reach, each with the door that it is reached by.

    `seen` is when the newest of it was collected, "" where nothing says so.
    """
    known = {thing.arn: thing for thing in things if isinstance(thing, Resource) and thing.runs_as}
    yield from _functions(reading, known, seen)
    yield from _instances(reading, known)
    yield from _apps(reading, known)


def _entry(arn: str, why: str, **facts: Json) -> Entry:
    return Entry(EntryKind.EXPOSED, arn, why, facts=shown(open_to="anybody", **facts))


# ----- functions


def _functions(reading: Reading, known: Mapping[str, Resource], seen: str) -> Iterator[Entry]:
    """An address without sign-in answers whomever the function's policy lets in.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none
    """
    for part in reading.answers.parts(_URLS):
        for url in values(part.response, "FunctionUrlConfigs"):
            arn = text(url, "FunctionArn")
            function = known.get(":".join(arn.split(":")[:7]))
            if function and text(url, "AuthType") == "NONE":
                words = _open_at(function.policies, text(url, "CreationTime"), seen)
                if words:
                    yield _entry(function.arn, words, door="function url", address=text(url, "FunctionUrl"))


def _open_at(policies: tuple[Document, ...], made: str, seen: str) -> str:
    """How sure it is that an address answers anybody; "" if it does not. When it was made need not be told."""
    both, unread = _lets_anybody_in(policies, ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"))
    one, _ = _lets_anybody_in(policies, ("lambda:InvokeFunctionUrl",))
    let_off = one and made < _BOTH_SINCE
    words = "answers anybody at its own address"
    if both or (let_off and seen < _LET_OFF_UNTIL):
        return words
    if unread:
        return f"{words}, unless its policy, which was not read, forbids it"
    return f"{words}, if it is still let off the second permission that addresses need" if let_off else ""


def _lets_anybody_in(policies: Iterable[Document], actions: Iterable[str]) -> tuple[bool, bool]:
    """Whether policies let anybody do all of these, and whether one of them was not read."""
    papers = list(policies)
    said = [statement for paper in papers for statement in statements(paper)]
    allowed = all(any(_speaks(one, "Allow", action) for one in said) for action in actions)
    denied = any(_speaks(one, "Deny", action) for one in said for action in actions)
    return allowed and not denied, any(paper.body is None for paper in papers)


def _speaks(statement: Mapping[str, Json], effect: str, action: str) -> bool:
    """Of anybody, of this action, and under no condition but those that calls by an address meet."""
    principal = statement.get("Principal")
    anybody = principal == "*" or (isinstance(principal, Mapping) and "*" in spread(principal.get("AWS")))
    named = [str(one).lower() for one in spread(statement.get("Action"))]
    if statement.get("Effect") != effect or not anybody or not any(fnmatchcase(action.lower(), one) for one in named):
        return False
    conditions = statement.get("Condition")
    blocks = conditions.values() if isinstance(conditions, Mapping) else ()
    return all(_met(key, wanted) for block in blocks if isinstance(block, Mapping) for key, wanted in block.items())


def _met(key: str, wanted: Json) -> bool:
    value = _OF_URLS.get(str(key).lower())
    return value is not None and value.lower() in {str(one).lower() for one in spread(wanted)}


# ----- instances


def _instances(reading: Reading, known: Mapping[str, Resource]) -> Iterator[Entry]:
    """A public address, a security group that lets everybody in, and a role to be had there.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
    """
    groups = _open_ports(reading)
    for item in items(reading, INSTANCES):
        instance = known.get(item.arn)
        address = next(iter(_addresses(item.record)), "")
        if not instance or not address or instance.attributes.get("running") is False:
            continue
        ports, unread = _ports(item, groups)
        if ports or unread:
            words = f"answers anybody at {address}" + (f", on {', '.join(ports)}" if ports else "")
            words += "" if ports else ", unless its security groups, which were not read, keep them out"
            yield _entry(item.arn, words, door="security group", address=address, ports=ports)


def _addresses(instance: Record) -> Iterator[str]:
    yield from texts(instance, "PublicIpAddress")
    yield from texts(instance, "Ipv6Address")
    yield from texts(instance, "NetworkInterfaces.Ipv6Addresses.Ipv6Address")


def _open_ports(reading: Reading) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """By account, region and security group, the ports that are open to everywhere."""
    found = {}
    for part in reading.answers.parts(_GROUPS):
        for group in values(part.response, "SecurityGroups"):
            rules = [rule for rule in values(group, "IpPermissions") if _from_everywhere(rule)]
            ports = tuple(dict.fromkeys(_port(rule) for rule in rules if isinstance(rule, Mapping)))
            found[part.scope, part.region, text(group, "GroupId")] = ports
    return found


def _from_everywhere(rule: Json) -> bool:
    ranges = (*texts(rule, "IpRanges.CidrIp"), *texts(rule, "Ipv6Ranges.CidrIpv6"))
    return bool(_EVERYWHERE & set(ranges))


def _port(rule: Mapping[str, Json]) -> str:
    protocol, first, last = text(rule, "IpProtocol"), rule.get("FromPort"), rule.get("ToPort")
    if protocol == "-1":
        return "every port"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _ports(item: Item, groups: Mapping[tuple[str, str, str], tuple[str, ...]]) -> tuple[tuple[str, ...], bool]:
    """What is open, and whether some group was not read."""
    named = (*texts(item.record, "SecurityGroups.GroupId"), *texts(item.record, "NetworkInterfaces.Groups.GroupId"))
    mine = [(item.account, item.place.region, group) for group in dict.fromkeys(named)]
    ports = dict.fromkeys(port for group in mine for port in groups.get(group, ()))
    return tuple(ports), any(group not in groups for group in mine)


# ----- apps


def _apps(reading: Reading, known: Mapping[str, Resource]) -> Iterator[Entry]:
    """Public unless it is told otherwise.

    https://docs.aws.amazon.com/apprunner/latest/api/API_IngressConfiguration.html
    """
    for item in items(reading, APPS):
        ingress = next(iter(values(item.record, "NetworkConfiguration.IngressConfiguration")), NOTHING)
        public = isinstance(ingress, Mapping) and ingress.get("IsPubliclyAccessible") is not False
        if item.arn in known and public and text(item.record, "Status") in ("", "RUNNING"):
            address = text(item.record, "ServiceUrl")
            yield _entry(item.arn, "answers anybody on the internet", door="public address", address=address)
