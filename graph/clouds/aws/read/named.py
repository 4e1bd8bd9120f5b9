"""Things that only policies name: where a list was never asked for or refused, a path still needs its target."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read import bedrock, sagemaker, secrets
from graph.clouds.aws.read.estate import Place
from graph.clouds.aws.read.patterns import literal, witness
from graph.clouds.aws.read.reading import CLOUD, Reading, Thing, parse, shown
from graph.clouds.aws.read.sorts import Sort
from graph.clouds.aws.read.storage import Bucket
from graph.model import Category, Node

SEEN = "named in a policy"
MODELS = "arn:aws:bedrock:*::foundation-model/*"
_SUFFIX = re.compile(r"-(?:\?{6}|\*)\Z")  # Secrets Manager adds six characters that policies leave open


@dataclass(frozen=True, slots=True)
class Form:
    """How the ARNs of a sort begin after the account."""

    service: str
    beginning: str
    sort: Sort


_PARAMETER = replace(secrets.PARAMETERS, label="Parameter", targets=("secret",))
FORMS = (
    Form("secretsmanager", "secret:", secrets.SECRETS),
    Form("ssm", "parameter/", _PARAMETER),
    Form("kms", "key/", secrets.KEYS),
    *(
        Form("sagemaker", f"{s.kind.partition(':')[2]}/", s)
        for s in (*sagemaker.SORTS, sagemaker.MODELS, sagemaker.NOTEBOOKS, sagemaker.DOMAINS, sagemaker.ENDPOINTS)
        if s.targets
    ),
    *(
        Form("bedrock", f"{s.kind.partition(':')[2]}/", s)
        for s in (*bedrock.SORTS, bedrock.AGENTS, bedrock.BASES, bedrock.PROFILES, bedrock.FLOWS, bedrock.GUARDRAILS)
        if s.targets and s is not bedrock.FOUNDATION
    ),
)


def named_things(
    reading: Reading, patterns: Iterable[str], accounts: Iterable[str], there: set[str]
) -> Iterator[Thing]:
    """The things of `accounts` that policies name one by one and no list was there to show."""
    known, seen = set(accounts), set(there)
    for pattern in patterns:
        arn = _SUFFIX.sub("-??????", pattern) if ":secret:" in pattern else pattern
        form = _form(arn)
        account = arn.split(":")[4] if form else ""
        if form is None or account not in known or arn in seen or reading.answers.complete(account, form.sort.call):
            continue
        seen.add(arn)
        yield from _thing(arn, form.sort, account)
    elsewhere = reading.commons is not None and reading.commons.models
    if not elsewhere and not any(reading.answers.complete(account, bedrock.FOUNDATION.call) for account in known):
        yield from _models(patterns, there)


def named_elsewhere(patterns: Iterable[str], accounts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By account, the patterns that name one thing there."""
    known, found = set(accounts), defaultdict[str, list[str]](list)
    for pattern in patterns:
        account = pattern.split(":", 5)[4] if pattern.count(":") > 4 else ""
        if account in known and _form(_SUFFIX.sub("-??????", pattern) if ":secret:" in pattern else pattern):
            found[account].append(pattern)
    return {account: tuple(some) for account, some in sorted(found.items())}


def sort_kind(pattern: str) -> str:
    """The kind of the thing that such a pattern names."""
    form = _form(_SUFFIX.sub("-??????", pattern) if ":secret:" in pattern else pattern)
    return form.sort.kind if form else ""


def _form(arn: str) -> Form | None:
    parsed = parse(arn)
    if parsed is None or not literal(_SUFFIX.sub("", arn)):
        return None
    fits = (f for f in FORMS if f.service == parsed.service and parsed.rest.startswith(f.beginning))
    return next((f for f in fits if len(parsed.rest) > len(f.beginning)), None)


def _thing(arn: str, sort: Sort, account: str) -> Iterator[Thing]:
    _, _, _, region, _, rest = arn.split(":", 5)
    name = _SUFFIX.sub("", rest.partition("/")[2] if "/" in rest and sort is not secrets.SECRETS else rest[7:])
    about = {"name": name, "seen": SEEN}
    yield Resource(witness(arn), sort.kind, account, arn, region=region, attributes=about)
    yield _node(arn, sort, name, account, region)


def _node(key: str, sort: Sort, name: str, scope: str, region: str = "") -> Node:
    properties = shown(region=region, seen=SEEN)
    return Node(key, sort.word, name, CLOUD, scope, Category.RESOURCE, sort.label, sort.targets, properties)


def _models(patterns: Iterable[str], there: set[str]) -> Iterator[Thing]:
    """Foundation models that nobody listed: those that policies name, and one class for all others.

    What patterns tell apart must stay apart in the resources, but it is one node: a right on any is use of models.
    """
    sort = bedrock.FOUNDATION
    yield _node(MODELS, replace(sort, label="Bedrock foundation models"), "Foundation models", "")
    written = {p for p in patterns if ":bedrock:" in p and "::foundation-model/" in p} | {MODELS}
    for pattern in sorted(written - there):
        region, model = pattern.split(":", 5)[3], pattern.partition("::foundation-model/")[2]
        node = pattern if literal(model) else MODELS
        about = {"name": model, "seen": SEEN}
        yield Resource(witness(pattern), sort.kind, None, node, region=region.strip("*"), attributes=about)
        if node != MODELS:
            yield _node(pattern, sort, model, "", region.strip("*"))


def named_buckets(named: Mapping[str, Iterable[str]], found: Collection[str]) -> dict[str, Bucket]:
    """Buckets by name that the policies of an account name while its list is missing; theirs until somebody lists it.

    `named` are the buckets that the own policies of each such account name.
    """
    seen: dict[str, Bucket] = {}
    for account in sorted(named):
        for name in named[account]:
            if name not in found:
                arn = f"arn:aws:s3:::{name}"
                seen.setdefault(name, Bucket(name, arn, Place(account, "global"), seen=SEEN))
    return seen
