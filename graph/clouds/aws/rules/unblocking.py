"""Public-access blocks taken off: strangers whom a policy or a list lets in anyway are no longer kept out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graph.cloud import Solved
from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.branches import whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import Evaluate
from graph.clouds.aws.rules.language import Conjunction, Rule
from graph.model import Json, Verdict
from graph.policy.relation import ANYTHING, EMPTY, Row, surer

_STRANGERS = (PrincipalKind.ANONYMOUS, PrincipalKind.OUTSIDE, PrincipalKind.FEDERATED)
_ANYBODY = Principal("anonymous", PrincipalKind.ANONYMOUS, None)
_HELD_BACK = ("s3:bucket", "s3:object")


@dataclass(frozen=True, eq=False)
class Unblocked:
    """What is newly open to strangers without the blocks of one level, over the rule's universe."""

    universe: tuple[str, ...]
    opened: dict[str, Row]
    freed: Ground

    @property
    def whole(self) -> Row:
        whole = EMPTY
        for row in self.opened.values():
            whole = surer(whole, row)
        return whole

    def let_in(self, asset: str) -> Iterator[str]:
        """Those who get at an asset then."""
        at = self.universe.index(asset)
        return (key for key, row in self.opened.items() if row.verdict(at) is not Verdict.DENIED)


def unblock(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """The remover has it on its conscience who gets in."""
    universe = base.places.universe(rule)
    whole = base.nobody(universe)
    for way in rule.any_of:
        able = base.branch(rule, way)
        able = base.home(universe).meet(able) if able.resources == ANYTHING else able
        if any(row.upper for row in able.rows) and _keeps_out(base, level_of(way)):
            whole = whole.best(able.within(unblocked(rule, base, level_of(way), evaluate).whole))
    return Solved(reaches=whole, removes=rule.guard)


def _keeps_out(base: Ground, level: str) -> bool:
    """Whether any bucket is shut by the block of this level alone."""
    return any(item is not _open(item, level) for item in base.places.saying("s3:bucket"))


def level_of(way: Conjunction) -> str:
    """The block of a single bucket, or that of the whole account."""
    return "bucket" if way[0].kind else "account"


def unblocked(rule: Rule, base: Ground, level: str, evaluate: Evaluate) -> Unblocked:
    """Blocks of one level lie on different resources, so all are taken off at once and each opens its own."""
    return base.own(("unblocked", rule, level), lambda: _unblocked(rule, base, level, evaluate))


def _unblocked(rule: Rule, base: Ground, level: str, evaluate: Evaluate) -> Unblocked:
    kept_out = base.own("strangers", lambda: base.changed(_strangers(base)))
    freed = base.own(("without blocks", level), lambda: _freed(base, level))
    universe = base.places.universe(rule)
    opened = dict.fromkeys(freed.identities, EMPTY)
    for then in rule.then:
        now, before = evaluate(then, freed).reaches, evaluate(then, kept_out).reaches
        if now is None or before is None:
            continue
        for key in freed.identities:
            opened[key] = surer(opened[key], whole_row(~before.row_of(key).upper) & now.row_of(key))
    return Unblocked(universe, {key: row for key, row in opened.items() if row.upper}, freed)


def _freed(base: Ground, level: str) -> Ground:
    return base.changed(_strangers(base), _without_blocks(base.places.facts, level))


def _strangers(base: Ground) -> list[Principal]:
    """Those who are named somewhere, and anybody: of a part of an estate the strangers are another part."""
    found = {one.key: one for one in base.places.facts.principals if one.kind in _STRANGERS}
    return list(({_ANYBODY.key: _ANYBODY} | found).values())


def _without_blocks(facts: AwsFacts, level: str) -> AwsFacts:
    kinds = {kind: tuple(_open(item, level) for item in facts.resources.get(kind, ())) for kind in _HELD_BACK}
    return replace(facts, resources={**facts.resources, **kinds})


def _open(item: Resource, level: str) -> Resource:
    """Without the block of this level; the strictest counts, so what others block as well stays blocked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    alone = [name for name in ("restricted_by", "ignored_by") if item.attributes.get(name) == (level,)]
    if not alone:
        return item
    block = False if "restricted_by" in alone else item.public_block
    ignored = item.attributes.get("ignored_acl") if "ignored_by" in alone else None
    return replace(item, public_block=block, acl=(*item.acl, *_grants(ignored)))


def _grants(ignored: Json) -> tuple[dict[str, Json], ...]:
    return tuple(dict(grant) for grant in ignored) if isinstance(ignored, list | tuple) else ()
