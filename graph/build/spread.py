"""A cloud's share of an estate that no process holds whole: pieces are read, and parts decided, by whoever is free."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graph.build.drawing import Drawn, Rule, Share, draw
from graph.cloud import Access, Binding, Cloud, Part, Scattered
from graph.model import Document, Facts
from graph.policy.relation import Relation
from graph.pool import each

Progress = Callable[[int, int, str], None]
_OPEN = 2  # parts whose access is kept, once it was needed for a proof


class Folder:
    """A folder for what does not fit into memory, gone when nobody holds it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="grantpath-"))
        self.remove = weakref.finalize(self, _remove, self.path, os.getpid())


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # children that were forked off leave it to their parent
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Spread:
    """What was found, and where the rest lies. `facts` are those that go into the graph as they are."""

    cloud: Cloud
    facts: Facts
    scattered: Scattered
    folder: Folder
    part_of: Mapping[str, int]  # the part that answers for an identity; of strangers one of several
    keys: tuple[str, ...]
    several: frozenset[str]  # identities that more parts than one answer for
    parts: tuple[Part, ...] = ()
    shares: tuple[Share, ...] = ()
    drawn: Drawn | None = None
    _opened: OrderedDict[int, Access] = field(default_factory=OrderedDict, repr=False)

    def number(self, identity: str, target: str = "") -> int:
        """The part that answers for an identity, where it is about this target."""
        if identity in self.several and (key := self.scattered.asked(identity, target)):
            return self.keys.index(key)
        return self.part_of.get(identity, -1)

    def asked(self, identity: str, target: str = "") -> Access:
        """The access that answers for an identity."""
        return self._open(max(0, self.number(identity, target)))

    def answering(self, identity: str) -> Access | None:
        return self.asked(identity) if identity in self.part_of else None

    def knowing(self, identity: str) -> Access | None:
        known = self.answering(identity) or self._open(len(self.keys) - 1)  # the last is about strangers
        return known if known.knows(identity) else None

    def accesses(self) -> Iterator[Access]:
        """One after the other; together they answer for everybody."""
        return map(self._open, range(len(self.keys)))

    def identities(self) -> Iterator[str]:
        return iter(self.part_of)

    def bindings(self) -> Iterator[Binding]:
        yield from self.scattered.bindings()

    def document(self, name: str) -> Document | None:
        """Those that are open are asked first: whoever asks has just seen a proof."""
        order = dict.fromkeys([*self._opened, *range(len(self.keys))])
        found = (self._open(number).document(name) for number in order)
        return next((document for document in found if document), None)

    def latents(self) -> Iterator[tuple[str, Relation]]:
        """By technique and part, what would be reached if a host existed."""
        for number in range(len(self.keys)):
            yield from _latent(self.folder.path, number).items()

    def _open(self, number: int) -> Access:
        known = self._opened.pop(number, None) or self.cloud.access(self.scattered.part(self.keys[number]).facts)
        self._opened[number] = known
        while len(self._opened) > _OPEN:
            self._opened.popitem(last=False)
        return known


def read(scattered: Scattered, processes: int, progress: Progress) -> Facts:
    """Every piece read, by as many processes; what goes into the graph undecided."""
    names = scattered.names()
    while names:
        names = scattered.join(_told(scattered, names, processes, progress))
    return scattered.facts()


def _told(scattered: Scattered, names: Sequence[str], processes: int, progress: Progress) -> list[Any]:
    told: list[Any] = []
    for one in each(lambda number: scattered.read(names[number]), len(names), processes):
        told.append(one)
        progress(len(told), len(names), f"reading {len(told)} of {len(names)}")
    return told


def decide(
    cloud: Cloud,
    scattered: Scattered,
    rules: Sequence[Rule],
    folder: Folder,
    processes: int,
    progress: Progress,
) -> Iterator[Share]:
    """The share of every part, in order. What only lacks something to work on stays in the folder."""
    keys = scattered.parts()
    shares = each(lambda at: _share(cloud, scattered, rules, folder.path, at), len(keys), processes)
    for number, share in enumerate(shares):
        progress(number, len(keys), f"deciding part {number + 1} of {len(keys)}")
        yield share


def _share(cloud: Cloud, scattered: Scattered, rules: Sequence[Rule], folder: Path, number: int) -> Share:
    part = scattered.part(scattered.parts()[number])
    nodes = {node.key: node for node in part.facts.nodes}
    share = draw(cloud.access(part.facts), rules, nodes, lambda _rule: None).share
    (folder / f"{number}.latent").write_bytes(pickle.dumps(dict(share.latent), pickle.HIGHEST_PROTOCOL))
    return replace(share, latent={})


def _latent(folder: Path, number: int) -> Mapping[str, Relation]:
    kept: Mapping[str, Relation] = pickle.loads((folder / f"{number}.latent").read_bytes())  # noqa: S301 - see `_share`
    return kept
