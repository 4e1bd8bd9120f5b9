"""Tags put on what is harmed or on what it hangs on: what policies grant, or no longer deny, on whatever has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from graph.clouds.aws.policy import reference
from graph.clouds.aws.policy.context import Like
from graph.clouds.aws.rules.branches import any_branch, moved, whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import KEYS, REGION, Conjunction, Need, Place, Rule, Shape, Supply
from graph.clouds.aws.rules.owning import new_owners
from graph.clouds.aws.rules.tags import SETTING, AskedOfTargets, Tag, unsaid, with_tag
from graph.policy.bits import bits, full
from graph.policy.relation import EMPTY, Relation, Row, surer

# Calls that put a tag on what is there and say which. S3's older one does not, and is refused where tags count.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html
_CALLS = ("TagResource", "AddTags", "AddTagsToResource", "CreateTags")
_BUCKET = "s3:bucket"
_CARRIES = {"s3:object": _BUCKET}  # what carries the tags by which something is judged, where it is not it itself
_PLACES = KEYS | {Place.TARGET, Place.INSIDE, Place.LOADED, Place.BASIS, Place.TOOL}
_ANY = Like("*")  # whatever the value
_OF_BUCKET = (Place.TARGET, Place.INSIDE, Place.LOADED)


Tagging = tuple[Conjunction, tuple[Place, ...]]  # a way, and where in it the thing stands that is tagged


@dataclass(frozen=True, slots=True)
class Trial:
    """A harm as it is once a tag has been put on something of a kind, the same as it was, and who may gain by it."""

    tag: Tag
    kind: str
    before: Rule
    after: Rule
    some: tuple[str, ...]


def retags(harms: Iterable[Rule]) -> tuple[Rule, ...]:
    """For each kind of thing whose tags may decide on these harms, the rule by which it is tagged."""
    kinds = sorted({_carrier(need) for harm in harms for way in harm.any_of for need in way if _decides(need)})
    found = ((kind, call) for kind in kinds for call in _calls(kind))
    return tuple(
        Rule(Shape.RETAG, kind, ((Need(call, kind, given=SETTING),),), guard="tags of it") for kind, call in found
    )


def _carrier(need: Need) -> str:
    return _CARRIES.get(need.kind, need.kind)


def _decides(need: Need) -> bool:
    """Objects of a bucket that something else is made from are left out: which bucket is meant does not show."""
    there = need.place in (_OF_BUCKET if _carrier(need) == _BUCKET else _PLACES)
    return bool(need.kind) and there and need.supply is Supply.NOTHING


def _calls(kind: str) -> Iterator[str]:
    service = kind.partition(":")[0]
    named = (f"{service}:{call}" for call in _CALLS)
    return (call for call in named if kind in reference.resource_kinds(call))


# ----- for everybody


def retagged(rule: Rule, guard: Rule, base: Ground) -> Relation:
    """Who can tag what of the kind, and so harm assets that it could not harm before."""
    universe = base.places.assets(rule.asset)
    at, found = {key: i for i, key in enumerate(universe)}, dict[str, Row]()
    for trial in trials(rule, guard, base):
        few = base.own(("may tag", trial.some), partial(_alone, trial.some, base))
        was, now = any_branch(trial.before, base), any_branch(trial.after, few)
        positions = [at[name] for name in now.resources]
        for key in few.identities:
            new = whole_row(~was.row_of(key).upper) & now.row_of(key) & _judged(guard, now.resources, base)
            found[key] = surer(found.get(key, EMPTY), moved(new, positions))
    if not any(found.values()):
        return base.nobody(universe)
    rows = (EMPTY, *found.values())
    number = {key: i for i, key in enumerate(found, 1)}
    classes = np.array([number.get(key, 0) for key in base.identities], np.int32)
    return new_owners(Relation(base.identities, universe, classes, rows), base)


def _judged(guard: Rule, universe: tuple[str, ...], base: Ground) -> Row:
    """The assets on which tags count."""
    if guard.kind != _BUCKET:
        return whole_row(full(len(universe)))
    counting = _counting(base)
    return whole_row(bits(i for i, key in enumerate(universe) if key in counting))


def _counting(base: Ground) -> frozenset[str]:
    """Buckets whose tags count."""
    return frozenset(item.arn for item in base.places.of(_BUCKET) if item.abac)


def trials(rule: Rule, guard: Rule, base: Ground) -> Iterator[Trial]:
    """Each tag that decides, with each harm that it may open to somebody who may set it."""
    if not base.places.names(guard.kind) or (guard.kind == _BUCKET and not _counting(base)):
        return
    asked = base.asked_of_targets()
    for key in sorted({key for key, _ in (*asked.values, *asked.matched)}):
        for harm in rule.then:
            some, ways = _promising(harm, guard, key, base)
            for value in _values(key, some, asked, base) if some else ():
                after = tuple(_tagged(way, places, guard, (key, value)) for way, places in ways)
                yield Trial((key, value), guard.kind, harm, replace(harm, any_of=after), some)


def _values(key: str, some: Iterable[str], asked: AskedOfTargets, base: Ground) -> list[str]:
    """Those that policies ask for, and of a tag that must be the same as the caller's what these have."""
    people, matched = base.places.people, {mine.lower() for theirs, mine in asked.matched if theirs == key}
    own = {v for who in some for name, v in (people[who].tags or {}).items() if name.lower() in matched}
    return sorted({*own, *(value for name, value in asked.values if name == key)})


def _alone(some: Iterable[str], base: Ground) -> Ground:
    known = base.places.principals
    return base.changed(known[key] for key in some if key in known)


# ----- what a tag may open at most


def _promising(harm: Rule, guard: Rule, key: str, base: Ground) -> tuple[tuple[str, ...], tuple[Tagging, ...]]:
    """Who may open something by that tag, whatever its value, and by which of the ways."""
    some: set[str] = set()
    ways: list[Tagging] = []
    for way in harm.any_of:
        for places in _where(way, guard):
            group = tuple(need for need in way if _meant(need, places, guard))
            who = base.once(("promising", group, guard, key), partial(_gaining, group, guard, key, base))
            some.update(who)
            ways += [(way, places)] if who else []
    return tuple(sorted(some)), tuple(ways)


def _gaining(group: Conjunction, guard: Rule, key: str, base: Ground) -> tuple[str, ...]:
    """Those who may tag some thing so, and are allowed on it then what they were not."""
    few = _taggers(guard, base)
    kinds = {need.kind for need in group} if few.identities else set()
    return tuple(sorted({who for kind in kinds for who in _gaining_on(kind, group, guard, key, base)}))


def _gaining_on(kind: str, group: Conjunction, guard: Rule, key: str, base: Ground) -> Iterator[str]:
    few, needs = _taggers(guard, base), tuple(need for need in group if need.kind == kind)
    loose = few.together(tuple(_carrying(_anywhere(need), (key, _ANY)) for need in needs))
    able = few.permission(_called(guard)) if kind == guard.kind else None
    strict = base.together(needs)
    for who in few.identities:
        mine = able.row_of(who).upper if able else -1
        if loose.row_of(who).upper & ~strict.row_of(who).upper & mine:
            yield who


def _anywhere(need: Need) -> Need:
    """The need without what its context says of the place, and so left open."""
    return replace(need, given=tuple((k, values) for k, values in need.given if REGION not in "".join(values)))


def _called(guard: Rule) -> Need:
    (call,) = unsaid(guard.any_of[0])
    return call


def _taggers(guard: Rule, base: Ground) -> Ground:
    """Those alone who may tag something of the kind, whom a policy asks for tags, and who do not own the account."""
    return base.own(("taggers", guard), lambda: _few(guard, base))


def _few(guard: Rule, base: Ground) -> Ground:
    asked, able = base.asked_of_targets(), new_owners(base.permission(_called(guard)), base)
    tagging = np.isin(able.classes, [number for number, row in enumerate(able.rows) if row.upper])
    some = (base.identities[i] for i in np.flatnonzero(tagging).tolist())
    return _alone([key for key in some if asked.others or key in asked.bound], base)


# ----- a way as it is then


def _where(way: Conjunction, guard: Rule) -> Iterator[tuple[Place, ...]]:
    """Places at which one thing of the kind stands; a bucket is where its objects are."""
    some = dict.fromkeys(need.place for need in way if _decides(need) and _carrier(need) == guard.kind)
    return iter([_OF_BUCKET] if some and guard.kind == _BUCKET else [(place,) for place in some])


def _meant(need: Need, places: tuple[Place, ...], guard: Rule) -> bool:
    return need.place in places and _decides(need) and _carrier(need) == guard.kind


def _tagged(way: Conjunction, places: tuple[Place, ...], guard: Rule, tag: Tag) -> Conjunction:
    """The way as it is with the tag on the thing at these places, and the call that sets it."""
    needs = (_carrying(need, tag) if _meant(need, places, guard) else need for need in way)
    (call,) = with_tag(guard.any_of[0], *tag)
    return (*needs, replace(call, place=places[0]))


def _carrying(need: Need, tag: Tag) -> Need:
    """The need on something that has the tag, under each of the names that conditions know it by."""
    key, value = tag
    service = need.kind.partition(":")[0]
    names = (f"aws:ResourceTag/{key}", f"{service}:ResourceTag/{key}", f"{service}:BucketTag/{key}")
    return replace(need, given=(*need.given, *((name, (value,)) for name in names[: 3 if service == "s3" else 2])))
