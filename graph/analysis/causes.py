"""What changed between two estates that made a hop come or go: a statement, a binding, a node, an attribute, a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from graph.model import Decision, Document, Hop, Json, Node, Verdict

_ABOUT = ("policy", "trust")  # what documents of a node are named after it with
_DENYING = "Deny"


@dataclass(frozen=True, slots=True)
class Cause:
    """One change. `what` is node, relation, document, statement, binding, attribute or coverage.

    `change` is added, removed or changed, seen from the older estate. `name` is a node's key or a document's name,
    `place` a JSON pointer into the document. `before` and `after` are what stood there; None for nothing.
    """

    what: str
    change: str
    name: str
    place: str = ""
    before: Json = None
    after: Json = None
    words: str = ""


def _undecided(_identity: str, _action: str, _resource: str) -> Decision | None:
    return None


@dataclass(frozen=True)
class Known:
    """What is known of one estate: its nodes, its documents by name, and what binds an identity (document → how).

    `assumed` are the kinds of limit and grant never asked for, `gaps` how much was asked for and not got, both by
    scope. `decide` answers a point question where an engine is at hand: that is how what forbids is found.
    """

    nodes: Mapping[str, Node]
    document: Callable[[str], Document | None]
    bound: Callable[[str], Mapping[str, str]]
    assumed: Mapping[str, tuple[str, ...]]
    gaps: Mapping[str, int]
    decide: Callable[[str, str, str], Decision | None] = _undecided

    @cached_property
    def scopes(self) -> frozenset[str]:
        return frozenset(node.scope for node in self.nodes.values())

    def lost(self, hop: Hop, before: Known) -> bool:
        """Whether what the hop hung on before was not read here, or only in part."""
        for name in dict.fromkeys(evidence.document for evidence in hop.proof.evidence):
            document, was = self.document(name), before.document(name)
            scope = was.scope if was else ""
            unread = scope not in self.scopes or self.gaps.get(scope, 0) > before.gaps.get(scope, 0)
            if (document is None and was is not None and unread) or (document is not None and document.body is None):
                return True
        return any(
            before.nodes[key].scope not in self.scopes for key in (hop.source, hop.target) if key in before.nodes
        )


@dataclass(frozen=True)
class _Case:
    """A hop that one estate has and the other lacks."""

    hop: Hop
    having: Known
    lacking: Known
    came: bool

    def involved(self) -> Sequence[str]:
        return tuple(dict.fromkeys(filter(None, (self.hop.source, self.hop.proof.via, self.hop.target))))

    def gained(self) -> str:
        """The change that brings what the one estate has and the other lacks."""
        return "added" if self.came else "removed"

    def lost(self) -> str:
        return "removed" if self.came else "added"

    def moved(self, lacking: Json, having: Json) -> tuple[Json, Json]:
        """In the order of time."""
        return (lacking, having) if self.came else (having, lacking)


def causes(hop: Hop, old: Known, new: Known, came: bool) -> tuple[Cause, ...]:
    """The nearest kind of change that tells why the hop came or went; () if nothing that is known does."""
    case = _Case(hop, *((new, old) if came else (old, new)), came)
    for kind in (_nodes, _relations, _grants, _denials, _documents, _attributes, _coverage):
        found = _distinct(kind(case))
        if found:
            return found
    return ()


def _distinct(found: Iterator[Cause]) -> tuple[Cause, ...]:
    kept: list[Cause] = []
    for cause in found:
        if cause not in kept:
            kept.append(cause)
    return tuple(kept)


def _nodes(case: _Case) -> Iterator[Cause]:
    """Something that takes part is there on one side only."""
    for key in case.involved():
        if key in case.having.nodes and key not in case.lacking.nodes:
            node = case.having.nodes[key]
            named = f"{node.label or node.kind} {node.name or key}"
            yield Cause("node", case.gained(), key, words=f"{named} was {case.gained()}.")


def _relations(case: _Case) -> Iterator[Cause]:
    """A membership or the like, which stands so in what was read; no document decides it."""
    hop = case.hop
    if not hop.proof.evidence and all(because.evidence is None for because in hop.proof.because):
        verb = "now holds" if case.came else "no longer holds"
        yield Cause("relation", case.gained(), hop.source, hop.target, words=f"{hop.sentence}: that {verb}.")


def _grants(case: _Case) -> Iterator[Cause]:
    """The statements that decide are not there on the other side, or do not bind."""
    bound, unbound = case.having.bound(case.hop.source), case.lacking.bound(case.hop.source)
    for evidence in case.hop.proof.evidence:
        name, there = evidence.document, case.lacking.document(evidence.document)
        if name in bound and name not in unbound:
            yield _binding(case, name, bound[name], case.gained())
        if there is None:
            yield Cause("document", case.gained(), name, words=f"{name} was {case.gained()}.")
        elif there.body is not None:
            mine = case.having.document(name)
            yield from _statement(case, name, evidence.place, _body(mine), there.body)


def _statement(case: _Case, name: str, place: str, having: Json, lacking: Json) -> Iterator[Cause]:
    """The statement at a place, if the other side has none like it."""
    said, parent = _at(having, place), place.rpartition("/")[0]
    others = _items(_at(lacking, parent if isinstance(_at(having, parent), list) else place))
    if said is None or said in others:
        return
    instead = _at(lacking, place)
    kept = _items(_at(having, parent)) if isinstance(_at(having, parent), list) else [said]
    changed = instead is not None and instead not in kept
    before, after = case.moved(instead if changed else None, said)
    change = "changed" if changed else case.gained()
    yield Cause("statement", change, name, place, before, after, f"{_ordinal(place)} of {name} was {change}.")


def _denials(case: _Case) -> Iterator[Cause]:
    """What forbids it on the other side and does not stand here."""
    for action in dict.fromkeys(because.action for because in case.hop.proof.because if because.action):
        for resource in reversed(case.involved()):
            decision = case.lacking.decide(case.hop.source, action, resource)
            for because in decision.because if decision and decision.verdict is not Verdict.ALLOWED else ():
                evidence = because.evidence
                if evidence and evidence.effect == _DENYING:
                    yield from _denial(case, evidence.document, evidence.place)


def _denial(case: _Case, name: str, place: str) -> Iterator[Cause]:
    here = case.having.document(name)
    if here is None:
        yield Cause("document", case.lost(), name, words=f"{name}, which forbids it, was {case.lost()}.")
        return
    said = _at(_body(case.lacking.document(name)), place)
    if (
        said is not None
        and said not in _items(_at(_body(here), place.rpartition("/")[0]))
        and said != _at(here.body, place)
    ):
        before, after = case.moved(said, None)
        words = f"{_ordinal(place)} of {name}, which forbids it, was {case.lost()}."
        yield Cause("statement", case.lost(), name, place, before, after, words)


def _documents(case: _Case) -> Iterator[Cause]:
    """Whatever else changed in the documents that bind those who take part, or belong to them."""
    for key in case.involved():
        bound, unbound = case.having.bound(key), case.lacking.bound(key)
        names = dict.fromkeys((*bound, *unbound, *(f"{key} {about}" for about in _ABOUT)))
        for name in names:
            if (name in bound) != (name in unbound):
                how = bound.get(name) or unbound.get(name, "")
                yield _binding(case, name, how, case.gained() if name in bound else case.lost(), key)
            else:
                yield from _edits(case, name)


def _binding(case: _Case, name: str, how: str, change: str, key: str = "") -> Cause:
    who = key or case.hop.source
    verb = "now binds" if change == "added" else "no longer binds"
    return Cause("binding", change, name, who, words=f"{name} ({how}) {verb} {who}.")


def _edits(case: _Case, name: str) -> Iterator[Cause]:
    """A document's statements that are on one side only; at the same place both are one change."""
    having, lacking = case.having.document(name), case.lacking.document(name)
    if having is None or lacking is None:
        if having is not lacking:
            change = case.gained() if having else case.lost()
            yield Cause("document", change, name, words=f"{name} was {change}.")
        return
    before, after = case.moved(lacking.body, having.body)
    yield from _between(name, before, after)


def _between(name: str, before: Json, after: Json) -> Iterator[Cause]:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        if before != after:
            words = f"{name} {'can be read now' if before is None else 'could not be read any more'}."
            yield Cause("coverage", "changed", name, words=words)
        return
    for member in sorted({*before, *after}):
        old, new = _items(before.get(member)), _items(after.get(member))
        gone, come = [o if o not in new else None for o in old], [n if n not in old else None for n in new]
        for number, (was, now) in enumerate(zip_longest(gone, come)):
            if was is not None or now is not None:
                change = "changed" if was is not None and now is not None else "added" if was is None else "removed"
                many = isinstance(after.get(member, before.get(member)), list)
                place = f"/{member}/{number}" if many else f"/{member}"
                yield Cause("statement", change, name, place, was, now, f"{_ordinal(place)} of {name} was {change}.")


def _attributes(case: _Case) -> Iterator[Cause]:
    """What those who take part are: their tags and the like."""
    for key in case.involved():
        having, lacking = case.having.nodes.get(key), case.lacking.nodes.get(key)
        if having and lacking and having != lacking:
            mine, other = dict(having.properties), dict(lacking.properties)
            names = sorted(name for name in {*mine, *other} if mine.get(name) != other.get(name))
            before, after = case.moved({n: other.get(n) for n in names}, {n: mine.get(n) for n in names})
            words = f"{having.name or key} is no longer the same" + (f": {', '.join(names)}." if names else ".")
            yield Cause("attribute", "changed", key, "", before, after, words)


def _coverage(case: _Case) -> Iterator[Cause]:
    """What was asked for, and what was got of it."""
    scopes = {case.having.nodes[key].scope for key in case.involved() if key in case.having.nodes}
    for scope in sorted(scopes):
        for what, mine, other in (
            ("is taken for granted", case.having.assumed.get(scope, ()), case.lacking.assumed.get(scope, ())),
            ("gaps there are", case.having.gaps.get(scope, 0), case.lacking.gaps.get(scope, 0)),
        ):
            if mine != other:
                before, after = case.moved(_plain(other), _plain(mine))
                yield Cause("coverage", "changed", scope, "", before, after, f"What {what} in {scope} has changed.")


# ----- inside documents


def _plain(value: object) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _body(document: Document | None) -> Json:
    return document.body if document else None


def _items(value: Json) -> list[Json]:
    """One statement may stand for a list of one."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _at(body: Json, pointer: str) -> Json:
    """What a JSON pointer points at; None for nothing."""
    value = body
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _ordinal(place: str) -> str:
    """Words for a place: `/Statement/0` is what is at position 1 of `Statement`."""
    member, _, number = place.strip("/").rpartition("/")
    return f"{member} {int(number) + 1}" if number.isdecimal() and member else place.strip("/")
