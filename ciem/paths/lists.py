"""The lists beside the findings, written anew for each graph: administrators, widenings, breaches, documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby, islice
from operator import attrgetter

from ciem.paths.models import (
    Administrator,
    Bound,
    Breach,
    ClassMember,
    IdentityClass,
    PolicyDocument,
    ScopeName,
    TargetMember,
    TargetSet,
    Widening,
)
from ciem.paths.published import BATCH, Published, Sets, target_kind
from ciem.paths.rows import Value, insert
from ciem.paths.witness import WitnessNode
from ciem.scans.models import EstateGraph
from graph.cloud import Binding
from graph.model import Category, Document


def replace_lists(published: Published, sets: Sets) -> None:
    graph, report = published.graph, published.report
    # breaches go with their sets
    for model in (Administrator, Widening, IdentityClass, TargetSet, PolicyDocument, Bound, ScopeName):
        model._default_manager.filter(graph=graph).delete()
    Administrator.objects.bulk_create(_administrators(published, sets), BATCH)
    Widening.objects.bulk_create(_widenings(published, sets), BATCH)
    insert(Breach, _BREACH, _breaches(published, sets))
    PolicyDocument.objects.bulk_create(
        (_document(graph, document) for _name, document in sorted(report.documents.items())), BATCH
    )
    ScopeName.objects.bulk_create(_scope_names(published, sets), BATCH)
    _keep_bindings(published)


def _document(graph: EstateGraph, document: Document, *, is_evidence: bool = True) -> PolicyDocument:
    told = {"name": document.name, "body": document.body, "problem": document.problem}
    return PolicyDocument(graph=graph, is_evidence=is_evidence, **told)


def _scope_names(published: Published, sets: Sets) -> Iterable[ScopeName]:
    """A scope's own node is called as people call the scope."""
    for node in published.nodes.values():
        if node.category is Category.ACCOUNT and node.name not in ("", node.scope):
            touches = sets.touching((WitnessNode.of(node),))
            yield ScopeName(graph=published.graph, touches=touches, scope=node.scope[:400], name=node.name[:400])


def _keep_bindings(published: Published) -> None:
    """What binds whom, and those documents that no evidence named: a batch at a time, as there may be very many.

    Only what was read where the identity lies: whoever may see the one may see the other.
    """
    graph, kept = published.graph, set(published.report.documents)
    rows = groupby(published.bindings, key=attrgetter("identity"))
    while some := [_of_its_scope(published.node(key), found) for key, found in islice(rows, BATCH)]:
        new = {one.document.name: one.document for found in some for one in found if one.document.name not in kept}
        kept |= new.keys()
        PolicyDocument.objects.bulk_create(_document(graph, one, is_evidence=False) for one in new.values())
        Bound.objects.bulk_create(
            Bound(graph=graph, identity_key=found[0].identity, papers=[_paper(published, one) for one in found])
            for found in some
            if found
        )


def _of_its_scope(node: WitnessNode, found: Iterable[Binding]) -> list[Binding]:
    return [one for one in found if one.document.scope in ("", node.scope)]


def _paper(published: Published, binding: Binding) -> list[str]:
    through = published.node(binding.through).name if binding.through else ""
    return [binding.how, binding.document.name, binding.through, through]


def _administrators(published: Published, sets: Sets) -> Iterable[Administrator]:
    word = published.words.administrators()
    for found in published.report.administrators:
        identity, account = published.node(found.identity), published.node(found.account)
        yield Administrator(
            graph=published.graph,
            touches=sets.of(sets.members((identity, account)) | published.holders(e.document for e in found.evidence)),
            identity_key=identity.key,
            identity_name=identity.name[:400],
            identity_label=identity.label,
            account_key=account.key,
            account_name=account.name[:400],
            verdict=found.verdict.value,
            rule=found.rule,
            evidence=[[one.document, one.place, one.label] for one in found.evidence],
            entries=[kind.value for kind in found.entries],
            folded=found.folded,
            alike=word(found),
        )


def _widenings(published: Published, sets: Sets) -> Iterable[Widening]:
    for edge in published.report.widening:
        identity = published.node(edge.source)
        yield Widening(
            graph=published.graph,
            touches=sets.touching((identity,)),
            identity_key=identity.key,
            identity_name=identity.name[:400],
            identity_label=identity.label,
            technique=edge.rule,
            verdict=edge.verdict.value,
            gains=list(edge.gains),
            assumed=list(edge.assumed),
        )


def _classes(published: Published) -> dict[tuple[str, ...], IdentityClass]:
    """Each class of equal identities as a row, with its members."""
    classes = {}
    for identities in dict.fromkeys(found.identities for found in published.report.breaches):
        nodes = [published.node(key) for key in identities]
        members, words = [[node.key, node.name] for node in nodes], _words(published, identities)
        classes[identities] = IdentityClass(graph=published.graph, members=members, words=words, count=len(members))
    IdentityClass.objects.bulk_create(classes.values(), BATCH)
    inside = ((row.pk, key) for keys, row in classes.items() for key in keys)
    insert(ClassMember, ("identities", "identity_key"), inside)
    return classes


def _words(published: Published, keys: Iterable[str]) -> list[str]:
    """Beside each member the word that it shares with others of them; nothing where none does."""
    words = list(map(published.words.shared, keys))
    several = {word for word, number in Counter(words).items() if word and number > 1}
    return [word if word in several else "" for word in words] if several else []


def _target_sets(published: Published) -> dict[tuple[str, ...], TargetSet]:
    """Each set of targets as a row, with its members."""
    found, nodes = {}, {}
    for targets in dict.fromkeys(row.targets for row in published.report.breaches):
        nodes.update({key: published.node(key) for key in targets if key not in nodes})
        members, words = (
            [[key, nodes[key].name, target_kind(nodes[key])] for key in targets],
            _words(published, targets),
        )
        found[targets] = TargetSet(graph=published.graph, members=members, words=words, count=len(members))
    TargetSet.objects.bulk_create(found.values(), BATCH)
    inside = ((row.pk, key, nodes[key].name[:400]) for keys, row in found.items() for key in keys)
    insert(TargetMember, ("targets", "target_key", "target_name"), inside)
    return found


_BREACH = ("graph", "touches", "identities", "targets", "harm", "verdict", "hops", "alike")


def _breaches(published: Published, sets: Sets) -> Iterable[tuple[Value, ...]]:
    """In the order of _BREACH."""
    classes, targets = _classes(published), _target_sets(published)
    word = published.words.breaches()
    touched = {keys: sets.members(map(published.node, keys)) for keys in (*classes, *targets)}
    for found in published.report.breaches:
        touches = sets.of(touched[found.identities] | touched[found.targets])
        ends = classes[found.identities].pk, targets[found.targets].pk
        yield published.graph.pk, touches.pk, *ends, found.harm, found.verdict.value, found.hops, word(found)
