"""Which tags, with which values, policies ask for: of resources, or of whoever calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from graph.clouds.aws.facts import AwsFacts, Principal
from graph.clouds.aws.rules.language import TAG, VALUE, Conjunction, Given
from graph.model import Document, Json

Tag = tuple[str, str]  # key and value
Asked = tuple[str, str, Json]  # operator, key and values of a condition
KeysOf = Callable[[Document], Iterable[str]]
SETTING: Given = ((f"aws:RequestTag/{TAG}", (VALUE,)), ("aws:TagKeys", (TAG,)))  # of a call that sets that tag
OTHER = "another-value"  # what only a condition that asks for something else lets in
_TAG = "tag/"  # in the name of every key that is a tag
_OF_RESOURCES = re.compile(r"(?:aws|iam):resourcetag/(.+)", re.IGNORECASE)
_OF_TARGETS = re.compile(r"[a-z0-9-]+:(?:resource|bucket)tag/(.+)", re.IGNORECASE)
_OF_CALLERS = re.compile(r"aws:principaltag/(.+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{aws:(principal|resource)tag/([^},]+)[^}]*\}", re.IGNORECASE)


def speaks_of_tags(needs: Conjunction) -> bool:
    return any(TAG in key or TAG in values for need in needs for key, values in need.given)


def with_tag(needs: Conjunction, tag: str, value: str) -> Conjunction:
    """The same needs with that tag in their contexts."""

    def filled(given: Given) -> Given:
        return tuple((k.replace(TAG, tag), tuple(_filled(v, tag, value) for v in values)) for k, values in given)

    return tuple(replace(need, given=filled(need.given)) for need in needs)


def set_by(needs: Conjunction) -> Tag:
    """The tag that a call among these needs sets, as it says itself."""
    given = {key: values for need in needs for key, values in need.given}
    tag = given["aws:TagKeys"][0]
    return tag, given[f"aws:RequestTag/{tag}"][0]


def unsaid(needs: Conjunction) -> Conjunction:
    """The same needs without a word of tags: what they allow at most, whatever the tag."""
    return tuple(replace(need, given=tuple(pair for pair in need.given if pair not in SETTING)) for need in needs)


def _filled(text: str, tag: str, value: str) -> str:
    return text.replace(TAG, tag).replace(VALUE, value)


def asked_of_resources(facts: AwsFacts) -> tuple[Tag, ...]:
    """What identities' policies ask of the tags of what they act on."""
    papers = chain.from_iterable(_binding(who) for who in facts.principals)
    return tuple(sorted({tag for found in _asked(_conditions(papers), _OF_RESOURCES) for tag in _literal(*found)}))


@dataclass(frozen=True, slots=True)
class AskedOfTargets:
    """Tags with their values that some policy asks of what is acted on; those that must be a tag of the caller.

    `bound` are the identities whom such a policy of their own binds; with `others` something asks everybody.
    """

    values: tuple[Tag, ...]
    matched: tuple[tuple[str, str], ...]  # the target's and the caller's
    bound: frozenset[str]
    others: bool


def asked_of_targets(facts: AwsFacts, keys_of: KeysOf = lambda _paper: (_TAG,)) -> AskedOfTargets:
    """What any policy asks of the tags of what is acted on, whichever service names them.

    `keys_of` are the condition keys of a document where somebody knows them.
    """
    asking: dict[int, tuple[Asked, ...]] = {}

    def asked(paper: Document) -> tuple[Asked, ...]:
        if id(paper.body) not in asking:
            speaks = any(_TAG in key for key in keys_of(paper))
            found = tuple(_conditions((paper,))) if speaks else ()
            asking[id(paper.body)] = found if any(_matched(found)) or any(_asked(found, _OF_TARGETS)) else ()
        return asking[id(paper.body)]

    others = [one for paper in _shared(facts, but="iam:group") for one in asked(paper)]  # they bind their members
    bound = {who.key for who in facts.principals for paper in _binding(who) if asked(paper)}
    conditions = list(chain.from_iterable(asking.values()))
    values = {tag for found in _asked(conditions, _OF_TARGETS) for tag in _literal(*found)}
    matched = {(theirs, mine) for mine, theirs in _matched(conditions)}
    return AskedOfTargets(tuple(sorted(values)), tuple(sorted(matched)), frozenset(bound), bool(others))


def asked_of_callers(facts: AwsFacts) -> tuple[Tag, ...]:
    """What any policy asks of the tags of whoever calls; where these must be a resource's own, the values there are."""
    conditions = list(_conditions(_everything(facts)))
    found = {tag for asked in _asked(conditions, _OF_CALLERS) for tag in _literal(*asked)}
    matched = set(_matched(conditions))
    values = _values_of_resources(facts) if matched else {}
    found |= {(mine, value) for mine, theirs in matched for value in values.get(theirs.lower(), ())}
    return tuple(sorted(found))


def _everything(facts: AwsFacts) -> Iterator[Document]:
    yield from chain.from_iterable(_binding(who) for who in facts.principals)
    yield from _shared(facts)


def _shared(facts: AwsFacts, but: str = "") -> Iterator[Document]:
    """The policies of resources and of the organization."""
    for kind, items in facts.resources.items():
        yield from (paper for item in items for paper in item.policies if kind != but)
    for account in facts.accounts.values():
        yield from (paper for level in (*(account.scps or ()), *(account.rcps or ())) for paper in level)


def _binding(who: Principal) -> tuple[Document, ...]:
    return (*who.documents, who.boundary) if who.boundary else who.documents


def _conditions(papers: Iterable[Document]) -> Iterator[Asked]:
    """Operator, key and values of every condition on a tag, each document once."""
    for body in {id(paper.body): paper.body for paper in papers if paper.body}.values():
        said = body.get("Statement")
        for statement in said if isinstance(said, list | tuple) else [said]:
            conditions = statement.get("Condition") if isinstance(statement, Mapping) else None
            for operator, keys in conditions.items() if isinstance(conditions, Mapping) else ():
                asked = keys.items() if isinstance(keys, Mapping) else ()
                yield from ((operator, key, values) for key, values in asked if _TAG in key.lower())


def _asked(conditions: Iterable[Asked], of: re.Pattern[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for operator, key, values in conditions:
        if named := of.fullmatch(key):
            yield operator.lower(), named[1], _texts(values)


def _texts(values: Json) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list | tuple) else (str(values),)


def _literal(operator: str, key: str, values: Iterable[str]) -> Iterator[Tag]:
    """A value of each kind that the condition tells apart: one that fits a pattern, and one that fits none."""
    if operator.startswith("null"):
        yield key, OTHER
        return
    if "not" in operator:
        yield key, OTHER
    yield from ((key, re.sub(r"[*?]", "x", value)) for value in values if "${" not in value)


def _matched(conditions: Iterable[Asked]) -> Iterator[tuple[str, str]]:
    """Tags of the caller that must equal a tag of the resource: (the caller's, the resource's)."""
    for _, key, values in conditions:
        for value in _texts(values):
            variable = _VARIABLE.fullmatch(value)
            if variable and variable[1].lower() == "principal" and (named := _OF_RESOURCES.fullmatch(key)):
                yield variable[2], named[1]
            if variable and variable[1].lower() == "resource" and (named := _OF_CALLERS.fullmatch(key)):
                yield named[1], variable[2]


def _values_of_resources(facts: AwsFacts) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for items in facts.resources.values():
        for item in items:
            for key, value in (item.tags or {}).items():
                found.setdefault(key.lower(), set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}
