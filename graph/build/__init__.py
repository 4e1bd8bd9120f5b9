"""Snapshots become one estate graph: read, decided as sets, and written down as nodes and edges with their rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from graph.build.drawing import OWNER, SET_PREFIX, BuildError, Drawn, Nodes, Rule, Share, draw
from graph.build.estate import Estate, Work
from graph.build.merging import Merge
from graph.build.spread import Folder, Spread, decide
from graph.build.spread import read as read_pieces
from graph.cloud import Access, Cloud, Part, Scattered
from graph.clouds import clouds
from graph.importance import Importance
from graph.importance import importance as usual_importance
from graph.model import Category, Facts, Graph, Node, Problem
from graph.policy.collector import uncollected
from graph.pool import each, workers
from graph.snapshot import Snapshot, Stored, canonical, whole
from graph.targets import WEIGHTS_VERSION

__all__ = ["OWNER", "SET_PREFIX", "BuildError", "Estate", "Rule", "build", "build_facts", "rebuild"]

ENGINE_VERSION = "3"  # rises when the same snapshots may give other edges
Progress = Callable[[int, int, str], None]
_ByCloud = Mapping[str, tuple[Cloud, Sequence[Snapshot | Stored]]]
_Folders = Mapping[str, tuple[Scattered, Folder]]
_WORTH_A_PROCESS = 2000  # identities; below that, starting processes costs more than it saves


def build(
    snapshots: Sequence[Snapshot | Stored],
    progress: Progress = lambda _done, _total, _words: None,
    processes: int | None = None,
    importance: Importance | None = None,
) -> Estate:
    """Exactly one estate graph of these snapshots, whatever their order.

    Raises BuildError when a snapshot is of a cloud that is not there. `processes`: at most so many are used.
    `importance`: rules of criticality and owner; without them those that `graph.importance` has in force.
    """
    with uncollected():
        by_cloud = _by_cloud(snapshots)
        scattered = _scattered(by_cloud)
        found = _read(by_cloud, scattered, progress, processes)
        return _build(by_cloud, found, progress, processes, importance=importance, scattered=scattered)


def rebuild(
    previous: Estate,
    snapshots: Sequence[Snapshot | Stored],
    progress: Progress = lambda _done, _total, _words: None,
    processes: int | None = None,
    importance: Importance | None = None,
) -> Estate:
    """The same estate graph that `build` makes of these snapshots, sooner: what cannot have changed is kept."""
    with uncollected():
        by_cloud = _by_cloud(snapshots)
        if _scattered(by_cloud) or any(isinstance(work, Spread) for work in previous.works.values()):
            return build(snapshots, progress, processes, importance)
        found = _read(by_cloud, {}, progress, processes)
        read = {key: _aligned(by_cloud[key][0], some, previous) for key, some in found.items()}
        return _build(by_cloud, read, progress, processes, previous, importance)


def build_facts(snapshots: Sequence[Snapshot], facts: Mapping[str, Facts], previous: Estate | None = None) -> Estate:
    """The estate of these snapshots as they were read already, by cloud; with a previous one, what stands of it."""
    with uncollected():
        by_cloud = _by_cloud(snapshots)
        return _build(by_cloud, dict(facts), lambda _done, _total, _words: None, None, previous)


def _scattered(by_cloud: _ByCloud) -> _Folders:
    """The clouds whose estate is too large for one process, with a folder for each."""
    found: dict[str, tuple[Scattered, Folder]] = {}
    for key, (known, some) in by_cloud.items():
        folder = Folder()
        if one := known.scattered(some, folder.path):
            found[key] = one, folder
        else:
            folder.remove()
    return found


def _read(by_cloud: _ByCloud, scattered: _Folders, progress: Progress, processes: int | None) -> dict[str, Facts]:
    return {
        key: read_pieces(scattered[key][0], workers(processes), progress)
        if key in scattered
        else known.read([whole(one) for one in some])
        for key, (known, some) in by_cloud.items()
    }


def _aligned(cloud: Cloud, facts: Facts, previous: Estate) -> Facts:
    before: Facts | None = previous.facts.get(cloud.key)
    made: Facts = cloud.aligned(facts, before) if before else facts
    return made


def _build(
    by_cloud: _ByCloud,
    read: dict[str, Facts],
    progress: Progress,
    processes: int | None,
    previous: Estate | None = None,
    importance: Importance | None = None,
    scattered: _Folders = MappingProxyType({}),
) -> Estate:
    judging = importance or usual_importance()
    nodes = _merge_nodes(read.values(), judging)
    for key in scattered:
        read[key] = replace(read[key], nodes=())  # they are the estate's now, and many
    rules = _rules(known for known, _some in by_cloud.values())
    works: dict[str, Work | Spread] = {}
    merge = Merge(nodes, {key: rule for key, (_cloud, rule) in rules.items()})
    for key, (cloud, _some) in by_cloud.items():
        facts = _without_loose_ends(read[key], nodes)
        mine = tuple(rule for of_cloud, rule in rules.values() if of_cloud == key)
        task = _Task(cloud, facts, mine, nodes, progress)
        if key in scattered:
            works[key] = _spread(task, *scattered[key], merge, workers(processes))
            continue
        before = previous.works.get(key) if previous else None
        works[key] = _work(task, processes, before if isinstance(before, Work) else None)
    progress(len(rules), len(rules), "drawing the graph")
    for work in works.values():
        for one in work.shares:
            merge.take(one)
        merge.add(work.facts.edges)
    merge.own()
    ids = tuple(sorted(snap.id for _known, some in by_cloud.values() for snap in some))
    graph = Graph(_graph_id(ids, by_cloud, judging), ids, merge.nodes(), merge.edges())
    return Estate(graph, works, rules, nodes)


@dataclass(frozen=True, eq=False)
class _Task:
    """What there is to ask of one cloud."""

    cloud: Cloud
    facts: Facts
    rules: tuple[Rule, ...]
    nodes: Nodes
    progress: Progress

    def whole(self, access: Access, before: Drawn | None) -> Drawn:
        """In one piece, rule by rule."""
        done = iter(range(len(self.rules)))

        def tell(rule: Rule) -> None:
            self.progress(next(done), len(self.rules), f"deciding {rule.title}")

        return draw(access, self.rules, self.nodes, tell, before)

    def part(self, part: Part) -> Share:
        """One part; the nodes that its answers name are its own."""
        nodes = {node.key: node for node in part.facts.nodes}
        return draw(self.cloud.access(part.facts), self.rules, nodes, lambda _rule: None).share


def _work(task: _Task, processes: int | None, before: Work | None) -> Work:
    """A cloud's parts, each solved by itself, side by side where that pays."""
    parts = tuple(task.cloud.parts(task.facts))
    if len(parts) == 1:
        again = task.cloud.again(task.facts, before.access) if before and before.drawn else None
        access = again or task.cloud.access(task.facts)
        kept = before.drawn if again and before and _still_there(before.facts, task.nodes) else None
        drawn = task.whole(access, kept)
        return Work(task.cloud, task.facts, access, parts, (drawn.share,), drawn)
    access = task.cloud.access(task.facts)
    big = len(access.identities) >= _WORTH_A_PROCESS
    shares: list[Share] = []
    for one in each(lambda number: task.part(parts[number]), len(parts), workers(processes) if big else 1):
        task.progress(len(shares), len(parts), f"deciding part {len(shares) + 1} of {len(parts)}")
        shares.append(one)
    return Work(task.cloud, task.facts, access, parts, tuple(shares))


def _still_there(before: Facts, nodes: Nodes) -> bool:
    """Whether what was drawn can be drawn so again: no node of it is gone, or of another scope now."""
    return all((now := nodes.get(node.key)) is not None and now.scope == node.scope for node in before.nodes)


def _spread(task: _Task, scattered: Scattered, folder: Folder, merge: Merge, processes: int) -> Spread:
    """A cloud's parts, none of which stays; what they find is drawn as it comes."""
    part_of: dict[str, int] = {}
    several: set[str] = set()
    for number, share in enumerate(decide(task.cloud, scattered, task.rules, folder, processes, task.progress)):
        merge.take(share)
        several |= part_of.keys() & set(share.identities)
        part_of.update(dict.fromkeys(share.identities, number))
    return Spread(task.cloud, task.facts, scattered, folder, part_of, scattered.parts(), frozenset(several))


def _by_cloud(snapshots: Sequence[Snapshot | Stored]) -> _ByCloud:
    """Snapshots by cloud, each once, in the order of their ids."""
    known, found = clouds(), {snap.id: snap for snap in snapshots}
    missing = sorted({snap.cloud for snap in snapshots} - known.keys())
    if missing:
        raise BuildError(f"No cloud `{missing[0]}` is installed; there are: {', '.join(known)}.")
    ordered = [found[key] for key in sorted(found)]
    return {
        key: (cloud, mine) for key, cloud in known.items() if (mine := [snap for snap in ordered if snap.cloud == key])
    }


def _rules(known: Iterable[Cloud]) -> dict[str, tuple[str, Rule]]:
    """Every technique and harm by key, with the key of its cloud."""
    found: dict[str, tuple[str, Rule]] = {}
    for cloud in known:
        found.update({technique.key: (cloud.key, technique) for technique in cloud.techniques})
        found.update({target.key: (cloud.key, target) for target in cloud.targets})
    return found


def _graph_id(ids: tuple[str, ...], by_cloud: _ByCloud, judging: Importance) -> str:
    """The snapshots and whatever else could change the answer."""
    data = sorted({version for cloud, _snapshots in by_cloud.values() for version in cloud.data_versions})
    whole = [list(ids), ENGINE_VERSION, [list(version) for version in data], WEIGHTS_VERSION, judging.version]
    return hashlib.sha256(canonical(whole)).hexdigest()


def _merge_nodes(facts: Iterable[Facts], judging: Importance) -> dict[str, Node]:
    """Nodes by key, with how critical they are and whose. Clouds share those that no cloud owns (anonymous): the first
    cloud's is kept."""
    merged: dict[str, Node] = {}
    for some in facts:
        scopes = {node.scope: node.name for node in some.nodes if node.category is Category.ACCOUNT}
        for node in some.nodes:
            if node.key.startswith(SET_PREFIX):
                raise BuildError(
                    f"`{some.cloud}` has a node `{node.key}`: keys that begin with `{SET_PREFIX}` are taken."
                )
            merged.setdefault(node.key, judging.judged(node, some.tags.get(node.key, {}), scopes.get(node.scope, "")))
    return merged


def _without_loose_ends(facts: Facts, nodes: Mapping[str, Node]) -> Facts:
    """Edges and entries that name what nobody has read, such as a deleted user, are left out and told as problems."""
    torn = {
        edge: (edge.target, edge.source) if edge.source in nodes else (edge.source, edge.target)
        for edge in facts.edges
        if edge.source not in nodes or edge.target not in nodes
    }
    lost = {entry for entry in facts.entries if entry.identity not in nodes}
    if not torn and not lost:
        return facts
    told = {*torn.values(), *((entry.identity, "") for entry in lost)}  # what is missing, and who names it
    return replace(
        facts,
        edges=tuple(edge for edge in facts.edges if edge not in torn),
        entries=tuple(entry for entry in facts.entries if entry not in lost),
        problems=(*facts.problems, *(_loose_end(key, nodes.get(at)) for key, at in sorted(told))),
    )


def _loose_end(key: str, near: Node | None) -> Problem:
    """`near` is the node that names it, if that one is there."""
    remedy = "Collect again: it may have been deleted between two calls, or it may not have been read."
    what = f"`{key}` is named and was not read; what leads there was left out"
    return Problem("", near.key if near else key, what, remedy, near.scope if near else "")
