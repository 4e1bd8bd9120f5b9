"""What an account that is read by itself tells beside its facts, for the accounts that it speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.clouds.aws.read.agents import CALLS
from graph.clouds.aws.read.commons import Beside, Commons, Rank, Told
from graph.clouds.aws.read.identities import RESERVED
from graph.clouds.aws.read.named import named_elsewhere
from graph.clouds.aws.read.patterns import resource_patterns
from graph.clouds.aws.read.purpose import kept
from graph.clouds.aws.read.reading import Mark, Reading, Thing, parse
from graph.clouds.aws.read.settings import named_secrets
from graph.clouds.aws.read.using import Using
from graph.model import Edge


def beside(
    reading: Reading,
    facts: AwsFacts,
    things: Sequence[Thing],
    use: Using,
    outsiders: Mapping[str, tuple[Principal, str, Rank]],
) -> Beside:
    """Everything that bears on other accounts."""
    there = {node.key for node in facts.nodes}
    edges = dict.fromkeys([*(thing for thing in things if isinstance(thing, Edge)), *use.edges])
    loose = tuple((edge, use.edges.get(edge)) for edge in edges if not {edge.source, edge.target} <= there)
    return Beside(outsiders, loose, _reserved(reading), _told(reading, things, loose, there), kept(reading))


def _reserved(reading: Reading) -> dict[tuple[str, str], str]:
    roles = sorted(reading.roles.items())
    return {key: arn for key, arn in roles if ":role/aws-reserved/" in arn and RESERVED.match(key[1])}


def _told(
    reading: Reading, things: Sequence[Thing], loose: Iterable[tuple[Edge, object]], there: set[str]
) -> dict[str, Told]:
    commons = reading.commons
    if commons is None:
        return {}
    resources = [thing for thing in things if isinstance(thing, Resource)]
    others = commons.read - {reading.alone}
    named = named_elsewhere(resource_patterns(reading.papers.all), others)
    marks, called = defaultdict[str, list[Mark]](list), defaultdict[str, set[str]](set)
    for mark in (*(thing for thing in things if isinstance(thing, Mark)), *named_secrets(resources)):
        if mark.key not in there and (account := owner_of(mark.key, commons)) in others:
            marks[account].append(mark)
    for edge, _proof in loose:
        if edge.rule.startswith(CALLS) and (account := owner_of(edge.target, commons)) in others:
            called[account].add(edge.target)
    told = sorted({*named, *marks, *called})
    return {a: Told(named.get(a, ()), tuple(marks[a]), tuple(sorted(called[a]))) for a in told}


def owner_of(key: str, commons: Commons) -> str:
    """Whose thing it is, as far as its name or a list of buckets says."""
    parsed = parse(key)
    if parsed is None:
        return ""
    return parsed.account or (commons.buckets.get(parsed.rest.partition("/")[0], "") if parsed.service == "s3" else "")
