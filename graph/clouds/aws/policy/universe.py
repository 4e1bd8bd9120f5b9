"""The resources of one kind as positions, and the statements of their policies grouped by equal statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy.columns import Columns, Fact
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.library import Library, Text
from graph.policy.index import Dialect, Index
from graph.policy.patterns import Mode, tester

LIKE = Dialect("like", lambda pattern: tester(pattern, Mode.LIKE))
RESOURCE = Dialect("resource", lambda pattern: tester(pattern, Mode.RESOURCE))
SEGMENTS = Dialect("segments", lambda pattern: tester(pattern, Mode.SEGMENTS), open_ended=False)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Equal statements of several resources' policies: one of them, and the row of resources that it speaks of."""

    verb: int
    statement: Statement
    row: int


class Universe(Index):
    """Positions are those of `resources`, which are sorted by ARN."""

    def __init__(self, kind: str, resources: Sequence[Resource], fact: Callable[[str], Fact[Resource] | None]) -> None:
        super().__init__([r.arn for r in resources])
        self.kind = kind
        self.resources = tuple(resources)
        self.columns: Columns[Resource] = Columns(self.resources, fact)
        self.accounts: dict[str | None, int] = defaultdict(int)
        for i, resource in enumerate(self.resources):
            self.accounts[resource.account] |= 1 << i
        self.groups: tuple[Group, ...] = ()
        self.unread = 0  # resources with a policy that could not be read
        self.carriers: dict[Text, int] = {}

    def attach(self, library: Library) -> None:
        """Compile the resource policies."""
        carriers: dict[Text, int] = defaultdict(int)
        for i, resource in enumerate(self.resources):
            for document in resource.policies:
                carriers[library.text(document)] |= 1 << i
        for text, row in carriers.items():
            self.unread |= row if text.unread else 0
        self.carriers = dict(carriers)
        self.groups = tuple(_grouped(self._spoken()))

    def _spoken(self) -> Iterator[Group]:
        for text, carried in self.carriers.items():
            for verb, statement in text.statements:
                row = carried & self.plainly_named(statement)
                if row:
                    yield Group(verb, statement, row)

    def plainly_named(self, statement: Statement) -> int:
        """Where a Resource element without variables holds; everywhere if there is none, or if it has some."""
        if statement.resources is None or has_variables(statement):
            return self.all
        row = 0
        for pattern in statement.resources:
            row |= self.match(pattern, RESOURCE)
        return self.all & ~row if statement.not_resource else row


def has_variables(statement: Statement) -> bool:
    """Whether the Resource element must be worked out caller by caller."""
    return statement.variables and any("${" in pattern for pattern in statement.resources or ())


def _grouped(spoken: Iterator[Group]) -> Iterator[Group]:
    rows: dict[tuple[object, ...], int] = defaultdict(int)
    first: dict[tuple[object, ...], Group] = {}
    for group in spoken:
        said = group.statement
        clauses = tuple((c.name, c.key, c.values, c.variables) for c in said.clauses)
        own = (said.resources, said.not_resource) if has_variables(said) else None
        key = (said.effect, group.verb, said.principals, said.not_principal, clauses, own)
        rows[key] |= group.row
        first.setdefault(key, group)
    for key, group in first.items():
        yield Group(group.verb, group.statement, rows[key])
