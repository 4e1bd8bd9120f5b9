"""Which rows of an analysis are alike but for the scope they lie in: they share a word."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graph.analysis.alike import (
    Likeness,
    folded,
    same_administrators,
    same_breaches,
    same_latent,
    same_paths,
)
from graph.analysis.report import Administrator, Breach, Choke, Latent, Report

T = TypeVar("T")
Word = Callable[[T], str]


@dataclass(frozen=True)
class Words:
    """The word of each row; rows that share one are alike."""

    same: Likeness
    report: Report

    def nodes(self, key: str) -> str:
        """Of a node: the same for all that are alike to it, else its own key."""
        return self.shared(key) or key

    def shared(self, key: str) -> str:
        """Of a node: the word of those that are alike to it, if there are any."""
        group = self.same.groups.get(key)
        return group.key if group else ""

    def paths(self) -> dict[str, str]:
        """By finding: the first of those that are alike."""
        groups = same_paths(self.report.paths, self.same)
        return {path.finding: group[0].finding for group in groups for path in group}

    def administrators(self) -> Word[Administrator]:
        return _words(same_administrators(self.report.administrators, self.same), _administrator)

    def breaches(self) -> Word[Breach]:
        return _words(same_breaches(self.report.breaches, self.same), _breach)

    def latent(self) -> Word[Latent]:
        return _words(same_latent(self.report.latent, self.same), _latent)

    def chokes(self) -> Word[Choke]:
        """Choke points by the same statement or membership, on nodes that are alike."""
        return _words(folded(self.report.chokes, _choke_says, _choke_names, self.same), _choke)


def _words(groups: Iterable[Sequence[T]], name: Callable[[T], Hashable]) -> Word[T]:
    """The number of its group, which means nothing beyond one analysis."""
    numbers = {name(row): str(number) for number, group in enumerate(groups, 1) for row in group}
    return lambda row: numbers[name(row)]


def _administrator(row: Administrator) -> Hashable:
    return row.identity, row.account, row.rule


def _breach(row: Breach) -> Hashable:
    return row.identities, row.harm, row.targets, row.verdict, row.hops


def _latent(row: Latent) -> Hashable:
    return row.rule, row.identities, row.targets, row.verdict, row.assumed


def _choke(row: Choke) -> Hashable:
    return row.node, row.evidence, row.edges


def _choke_says(row: Choke) -> Hashable:
    evidence = row.evidence
    return bool(row.node), evidence and (evidence.place, evidence.label), tuple(rule for _, rule, _ in row.edges)


def _choke_names(row: Choke) -> Iterable[str]:
    return row.node, *(end for source, _rule, target in row.edges for end in (source, target))
