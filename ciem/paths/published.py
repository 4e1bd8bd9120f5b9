"""What an import publishes, as those who write it down need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from ciem.connections.models import ConnectionSet
from ciem.paths.alike import Words
from ciem.paths.estate import Territory
from ciem.paths.witness import WitnessNode
from ciem.scans.models import EstateGraph
from graph.analysis.alike import Likeness, likeness
from graph.analysis.report import Report
from graph.cloud import Binding
from graph.model import Node
from graph.targets import TARGET_KINDS

BATCH = 500


@dataclass(frozen=True)
class Published:
    """What a refresh works from: the report, its graph's row and nodes, whose scopes they are, and what binds whom."""

    report: Report
    graph: EstateGraph
    nodes: Mapping[str, Node]
    territory: Territory
    bindings: Iterable[Binding] = ()  # those of one identity beside each other
    at: datetime = field(default_factory=timezone.now)
    same: Likeness | None = None  # worked out where nobody did

    @cached_property
    def words(self) -> Words:
        """What rows that are alike but for the scope share."""
        return Words(self.same or likeness(self.nodes), self.report)

    def node(self, key: str) -> WitnessNode:
        return WitnessNode.of(self.nodes[key]) if key in self.nodes else WitnessNode.unknown(key)

    def holders(self, documents: Iterable[str]) -> frozenset[int]:
        """The connections in which these documents were read, such as a policy that an organization lays on others."""
        kept = self.report.documents
        return frozenset(self.territory.named(kept[name].scope for name in documents if name in kept))


@dataclass
class Sets:
    """Connection sets by members, so that each is looked up once."""

    territory: Territory
    known: dict[frozenset[int], ConnectionSet] = field(default_factory=dict)

    def members(self, nodes: Iterable[WitnessNode]) -> frozenset[int]:
        """The connections that these nodes lie in."""
        return frozenset(self.territory.touched(nodes))

    def touching(self, nodes: Iterable[WitnessNode]) -> ConnectionSet:
        return self.of(self.members(nodes))

    def all_of(self, numbers: Iterable[int]) -> frozenset[int]:
        """The members of sets that are known by the numbers of their rows."""
        by_number = {row.pk: members for members, row in self.known.items()}
        wanted = frozenset(numbers)
        missing = wanted - by_number.keys()
        told = ConnectionSet.connections.through.objects.filter(connectionset__in=missing)
        return frozenset(told.values_list("connection", flat=True) if missing else ()).union(
            *(by_number[number] for number in wanted - missing)
        )

    def of(self, members: frozenset[int]) -> ConnectionSet:
        if members not in self.known:
            self.known[members] = ConnectionSet.objects.of(members)
        return self.known[members]


def target_kind(node: WitnessNode) -> str:
    """The word for what makes the node worth attacking: the weightiest of its target kinds."""
    known = [kind for kind in node.targets if kind in TARGET_KINDS]
    return min(known, key=lambda kind: (-TARGET_KINDS[kind][1], kind), default="")
