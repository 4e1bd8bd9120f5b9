"""A snapshot of many accounts read account by account, by as many processes as there are, and stored as it comes.

What it says is what reading all at once would say. Where accounts must be compared with each other to know that, such
as when they describe their organization differently, nothing is stored and all is read at once.
"""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from graph.cloud import ImportOptions
from graph.clouds.aws.formats.cleaning import is_refused
from graph.clouds.aws.formats.collection import CLOUD, Collection, Question
from graph.clouds.aws.formats.finishing import essences, given_time, note, scope_of, told_organizations
from graph.clouds.aws.formats.layout import AccountFolder, Layout
from graph.clouds.aws.formats.operations import operations
from graph.clouds.aws.formats.reader import Reader
from graph.model import Gap, Problem
from graph.policy.collector import uncollected
from graph.pool import each, workers
from graph.snapshot import Packed, Snapshot, Stored, Writer, canonical

MANY = 12  # accounts; fewer are held at once
_ROOT = "organizations-describe-organization"  # what every member may ask as well
Gaps = Mapping[tuple[str, str, str, tuple[str, ...], str], Gap]


class _ComparedError(Exception):
    """The accounts must be compared with each other."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What one account said, or a few that hold answers for all."""

    packed: tuple[Packed, ...]
    gaps: Gaps
    problems: tuple[Problem, ...]
    ignored: tuple[Problem, ...]
    organizations: frozenset[str]
    essences: frozenset[bytes]


@dataclass(slots=True)
class _Sum:
    """What all said so far, but for the parts."""

    scopes: list[str] = field(default_factory=list)
    gaps: dict[tuple[str, str, str, tuple[str, ...], str], Gap] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Problem] = field(default_factory=list)
    organizations: set[str] = field(default_factory=set)
    essences: set[bytes] = field(default_factory=set)

    def take(self, one: _Read) -> None:
        self.scopes += [packed.scope for packed in one.packed]
        self.gaps.update(one.gaps)
        self.problems += one.problems
        self.ignored += one.ignored
        self.organizations |= one.organizations
        self.essences |= one.essences
        if len(self.essences) > 1:
            raise _ComparedError


def load_apart(
    layout: Layout, told: Collection, manifest: Sequence[tuple[Question, str]], when: str | None, options: ImportOptions
) -> Stored | None:
    """The stored snapshot; None where all must be read at once. `told` holds what was said before of the files."""
    accounts = [folder.account for folder in layout.folders]
    if options.store is None or len(accounts) < MANY or "" in accounts or any(f.bare for f in layout.folders):
        return None
    work = _Work(layout, manifest, options)
    known = _Sum(problems=list(told.problems), ignored=list(told.ignored))
    try:
        with Writer(options.store) as writer:
            for one in work.in_order():
                known.take(one)
                for packed in one.packed:
                    writer.take(packed)
            return _closed(writer, known, when or given_time(options), options)
    except _ComparedError:
        return None


def _closed(writer: Writer, known: _Sum, when: str | None, options: ImportOptions) -> Stored:
    def place(problem: Problem) -> tuple[str, str, str]:
        return problem.file, problem.place, problem.what

    path: Path = writer.close(
        Snapshot(
            cloud=CLOUD,
            scope=scope_of(
                known.organizations, sorted(known.scopes), {gap.scope for gap in known.gaps.values()}, options
            ),
            parts=(),
            gaps=tuple(gap for _, gap in sorted(known.gaps.items())),
            problems=tuple(sorted(known.problems, key=place)),
            ignored=tuple(sorted(known.ignored, key=place)),
            collected_at=when,
        )
    )
    return Stored(path, path.stem)


@dataclass(frozen=True)
class _Work:
    layout: Layout
    manifest: Sequence[tuple[Question, str]]
    options: ImportOptions

    def in_order(self) -> Iterator[_Read]:
        """Every account's, in the order in which they are stored; those that hold answers for all are read together."""
        folders = sorted(self.layout.folders, key=lambda folder: canonical(folder.account))
        shared = [folder for folder in folders if _holds_for_all(folder)]
        alone = [folder for folder in folders if folder not in shared]
        first = self.read(shared) if shared else None
        waiting = {packed.scope: packed for packed in (first.packed if first else ())}
        if first:
            yield replace(first, packed=())
        rest = each(lambda at: self.read([alone[at]]), len(alone), workers())
        for done, folder in enumerate(folders):
            self.options.progress(done, len(folders), f"reading {folder.account}")
            if folder.account in waiting:
                yield _Read((waiting[folder.account],), {}, (), (), frozenset(), frozenset())
            else:
                yield next(rest)

    def read(self, folders: Sequence[AccountFolder]) -> _Read:
        """As if there were no other accounts, but for what was asked for in them."""
        accounts = {folder.account for folder in folders}
        collection = Collection(asked=set(self._asked))
        for question, error in self.manifest:
            if question.scope in accounts or not question.scope.isdigit():
                collection.gap(question, error)
        with uncollected():
            scopes = Reader(Layout(folders=list(folders)), replace(self.options, progress=_silent), collection).read()
            if set(scopes) != accounts:
                raise _ComparedError  # what was asked for in a folder that is another account's was asked nowhere
            note(collection, scopes)
            parts = {scope: [p for p in collection.parts.values() if p.scope == scope] for scope in scopes}
            return _Read(
                tuple(Packed.of(scope, parts[scope]) for scope in sorted(scopes, key=canonical)),
                collection.gaps,
                tuple(collection.problems),
                tuple(collection.ignored),
                frozenset(told_organizations(collection)),
                essences(collection, _ROOT),
            )

    @property
    def _asked(self) -> Many[str]:
        """The calls that some account has a file of."""
        called = {found.call for folder in self.layout.folders for found in folder.found}
        return {call for call in called if call in operations() and not is_refused(call)}


def _silent(_done: int, _total: int, _words: str) -> None:
    """Children tell nothing."""


def _holds_for_all(folder: AccountFolder) -> bool:
    called = {found.call for found in folder.found} - {_ROOT}
    return any(operation.group for call in called if (operation := operations().get(call)))
