"""The resources of one kind as positions, and the statements of their policies grouped by equal statement."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import orjson

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy import rules
from graph.clouds.aws.policy.asking import managed_by_aws
from graph.clouds.aws.policy.columns import Columns, Fact
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.layers import Truth, pattern_truth
from graph.clouds.aws.policy.library import Library, Text
from graph.clouds.aws.policy.s3 import is_public
from graph.clouds.aws.policy.triples import (
    NEVER,
    NOTHING,
    SURELY,
    UNREAD,
    Triple,
    any_of,
    at_most,
    both,
    either,
    level,
    opposite,
    sure,
    within,
)
from graph.model import Json
from graph.policy.bits import bits, members
from graph.policy.examples import ANY_TEXT
from graph.policy.index import Dialect, Index, literal_start
from graph.policy.patterns import UNKNOWN, Context, Mode, Pieces, expand, resolved, tester, well_formed

LIKE = Dialect("like", lambda pattern: tester(pattern, Mode.LIKE))
RESOURCE = Dialect("resource", lambda pattern: tester(pattern, Mode.RESOURCE))
SEGMENTS = Dialect("segments", lambda pattern: tester(pattern, Mode.SEGMENTS), open_ended=False)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Equal statements of several resources' policies: one of them, and the row of resources that it speaks of."""

    verb: int
    statement: Statement
    row: Triple


class Universe(Index):
    """Positions are those of `resources`, which are sorted by ARN."""

    def __init__(self, kind: str, resources: Sequence[Resource], fact: Callable[[str], Fact[Resource] | None]) -> None:
        super().__init__([r.arn for r in resources])
        self.kind = kind
        self.resources = tuple(resources)
        self.columns: Columns[Resource] = Columns(self.resources, fact)
        owned: dict[str | None, list[int]] = defaultdict(list)
        for i, resource in enumerate(self.resources):
            owned[resource.account].append(i)
        self.accounts: Mapping[str | None, int] = {account: bits(positions) for account, positions in owned.items()}
        self.carriers: dict[Text, int] = {}
        self.spoken: dict[int, list[Group]] = defaultdict(list)  # by action element
        self.vague = bits(i for i, name in enumerate(self.names) if ANY_TEXT in name)
        self._vague_rows: dict[str, Triple] = {}
        self._vague_pieces: dict[Pieces, Triple] = {}

    def attach(self, library: Library) -> None:
        """Compile the resource policies."""
        carriers: dict[Text, int] = defaultdict(int)
        for i, resource in enumerate(self.resources):
            for document in resource.policies:
                carriers[library.text(document)] |= 1 << i
        self.carriers = dict(carriers)
        for group in _grouped(self._spoken()):
            self.spoken[group.verb].append(group)

    @cached_property
    def unread(self) -> int:
        """Resources with a policy that could not be read."""
        row = 0
        for text, carried in self.carriers.items():
            row |= carried if text.unread else 0
        return row

    @cached_property
    def lists(self) -> tuple[tuple[tuple[Mapping[str, Json], ...], int], ...]:
        """Equal access control lists, each with the row of its resources."""
        found: dict[bytes, tuple[tuple[Mapping[str, Json], ...], int]] = {}
        for i, resource in enumerate(self.resources):
            if resource.acl:
                key = orjson.dumps(resource.acl, option=orjson.OPT_SORT_KEYS)
                grants, row = found.get(key, (resource.acl, 0))
                found[key] = grants, row | 1 << i
        return tuple(found.values())

    @cached_property
    def blocked(self) -> Triple:
        """Buckets whose public policy a public-access block leaves to their own account."""
        public = any_of(at_most(sure(row), level(is_public([text.policy]))) for text, row in self.carriers.items())
        on = perhaps = 0
        for i, resource in enumerate(self.resources):
            on |= (resource.public_block is True) << i
            perhaps |= (resource.public_block is None) << i
        return both(public, (on, on | perhaps, perhaps))

    @cached_property
    def granted(self) -> tuple[tuple[int, Mapping[str, Json]], ...]:
        """Every KMS grant, with the position of its key."""
        return tuple((i, grant) for i, resource in enumerate(self.resources) for grant in resource.grants)

    @cached_property
    def managed_by_aws(self) -> int:
        """Keys that AWS manages."""
        return sum(managed_by_aws(resource) << i for i, resource in enumerate(self.resources))

    @cached_property
    def grants_unread(self) -> int:
        """Keys whose grants could not be read."""
        return sum(1 << i for i, resource in enumerate(self.resources) if resource.attributes.get("grants_unread"))

    def frozen(self, action: str) -> int:
        """Resources to which nobody can do this."""
        if not action.lower().startswith(("iam:", "kms:")):
            return 0
        return sum(1 << i for i in members(self._aws_owned) if rules.frozen(action, self.names[i]))

    @cached_property
    def _aws_owned(self) -> int:
        """What some action cannot change."""
        row = 0
        for pattern in ("arn:*:iam::aws:policy/*", "*:role/aws-*", "*:alias/aws/*"):
            row |= self.match(pattern, LIKE)
        return row

    def guarded(self, action: str) -> int:
        """Resources whose own policy must speak before an identity's policy counts."""
        if rules.needs_resource_side(action, ""):
            return self.all
        return self._keys if action.lower().startswith("kms:") else 0

    @cached_property
    def _keys(self) -> int:
        """What any action of KMS needs the policy of."""
        return bits(i for i, name in enumerate(self.names) if rules.needs_resource_side("kms:*", name))

    def _spoken(self) -> Iterator[Group]:
        for text, carried in self.carriers.items():
            for verb, statement in text.statements:
                row = within(self.plainly_named(statement), carried)
                if row[1]:
                    yield Group(verb, statement, row)

    def plainly_named(self, statement: Statement) -> Triple:
        """Where a Resource element without variables holds; everywhere if there is none, or if it has some."""
        if statement.resources is None or has_variables(statement):
            return sure(self.all)
        row = 0
        for pattern in statement.resources:
            row |= self.match(pattern, RESOURCE)
        named = sure(self.all & ~row if statement.not_resource else row)
        return self.corrected(named, statement, None) if self.vague else named

    # ----- names that are not known in full

    def corrected(self, named: Triple, statement: Statement, live: Context | None) -> Triple:
        """The same with names that are not known in full judged apart: patterns meet them rather than match."""
        patterns = statement.resources or ()
        some = any_of(self._meeting(pattern, live) for pattern in patterns)
        if statement.not_resource:
            some = at_most(opposite(some, self.vague), level(Truth(resolved(patterns, live))))
        return either(within(named, ~self.vague), some)

    def _meeting(self, pattern: str, live: Context | None) -> Triple:
        if live is not None and "${" in pattern:
            return self._judged(pattern, live)
        if pattern not in self._vague_rows:
            self._vague_rows[pattern] = self._judged(pattern, None)
        return self._vague_rows[pattern]

    def _judged(self, pattern: str, live: Context | None) -> Triple:
        """Few callers differ in what their variables make of a pattern, so each outcome is judged once."""
        pieces = expand(pattern, live) if live is not None and well_formed(pattern) else UNKNOWN
        if not isinstance(pieces, tuple):
            return self._judge(pattern, live, pattern.partition("${")[0] if live else pattern)
        if pieces not in self._vague_pieces:
            self._vague_pieces[pieces] = self._judge(pattern, live, "".join(text for _, text in pieces))
        return self._vague_pieces[pieces]

    def _judge(self, pattern: str, live: Context | None, beginning: str) -> Triple:
        start = literal_start(beginning)
        begun, longer = self._near(start)
        taken: Sequence[int] = ()
        if live is None and ANY_TEXT not in pattern and pattern in (start, f"{start}*"):  # most are such
            taken, longer = longer if pattern != start else (), ()
        near = {*begun, *longer}.difference(taken)
        levels = [(i, level(pattern_truth(pattern, self.names[i], live))) for i in near] + [(i, SURELY) for i in taken]
        upper = bits(i for i, how in levels if how != NEVER)
        return bits(i for i, how in levels if how == SURELY), upper, bits(i for i, how in levels if how == UNREAD)

    def _near(self, start: str) -> tuple[Sequence[int], Sequence[int]]:
        """Of the names not known in full those of which so much of the start is known at most, and those that begin so.
        What is known of a name may be all of it."""
        heads, lengths, positions = self._heads
        first, end = (bisect_left(positions, at) for at in self.span(start))
        begun = (heads.get(start[:length], ()) for length in lengths if length <= len(start))
        return list(chain.from_iterable(begun)), positions[first:end]

    @cached_property
    def _heads(self) -> tuple[Mapping[str, Sequence[int]], Sequence[int], Sequence[int]]:
        """Names not known in full by what is known of their beginning; the lengths of these; and all such names."""
        found: dict[str, list[int]] = defaultdict(list)
        positions = list(members(self.vague))
        for i in positions:
            found[self.names[i].partition(ANY_TEXT)[0]].append(i)
        return found, sorted({len(head) for head in found}), positions


def has_variables(statement: Statement) -> bool:
    """Whether the Resource element must be worked out caller by caller."""
    return statement.variables and "${" in "".join(statement.resources or ())


def _grouped(spoken: Iterator[Group]) -> Iterator[Group]:
    rows: dict[tuple[object, ...], Triple] = defaultdict(lambda: NOTHING)
    first: dict[tuple[object, ...], Group] = {}
    for group in spoken:
        said = group.statement
        clauses = tuple((c.name, c.key, c.values, c.variables) for c in said.clauses)
        own = (said.resources, said.not_resource) if has_variables(said) else None
        key = (said.effect, group.verb, said.principals, said.not_principal, clauses, own)
        rows[key] = either(rows[key], group.row)
        first.setdefault(key, group)
    for same, group in first.items():
        yield Group(group.verb, group.statement, rows[same])
