"""A row of the list of harms: the words, the rule, and the pieces that rules of harms are written with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.cloud import Solved, Target
from graph.clouds.aws.rules.ground import AwsQuestions, ground
from graph.clouds.aws.rules.language import REGION, Conjunction, Need, Place, Rule, Shape, Supply
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.rules.words import needs_in_words
from graph.model import Proof

_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference"


@dataclass(frozen=True, slots=True)
class Harm:
    """One way of harming one kind of asset, on one kind of resource. `reason` says why these permissions do it.

    `answers` are ids of `data/permission_sets.json` that the row evaluates.
    """

    key: str
    asset: str
    harm: str
    rule: Rule
    title: str
    does: str
    reason: str
    page: str
    answers: tuple[str, ...] = ()

    def target(self) -> Target:
        """The row as the rest of the house knows it."""
        return Target(
            key=self.key,
            kind=self.asset,
            harm=self.harm,
            title=self.title,
            sentence=f"{{source}} can {self.does}",
            needs=needs_in_words(self.rule),
            references=(self.page,),
            solve=self.solve,
            prove=self.prove,
            answers=self.answers,
        )

    def solve(self, access: AwsQuestions) -> Solved:
        return solve(self.rule, ground(access))

    def prove(self, access: AwsQuestions, source: str, target: str) -> Proof:
        return prove(self.rule, ground(access), source, target)


# ----- pieces


def on(kind: str, *actions: str) -> tuple[Conjunction, ...]:
    """Any of these actions on the asset itself."""
    return tuple((Need(action, kind),) for action in actions)


def all_on(kind: str, *actions: str) -> Conjunction:
    """All of these actions on the asset itself."""
    return tuple(Need(action, kind) for action in actions)


def inside(kind: str, *actions: str, key: str = "") -> tuple[Conjunction, ...]:
    """Any of these actions on something in the asset; what a customer key encrypts needs the key too.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    locked = with_key(key, kind)
    return tuple((Need(action, kind, Place.INSIDE), *locked) for action in actions)


def loaded(kind: str, action: str, key: str = "") -> Conjunction:
    """The action on something in the asset that others load and use."""
    return (Need(action, kind, Place.LOADED), *with_key(key, kind))


def behind(action: str, key: str) -> Conjunction:
    """The action on an object of a bucket that the asset is kept in, and on the key that encrypts the bucket."""
    return (Need(action, "s3:object", Place.BASIS), _used(key, "s3:object", Place.BASIS_KEY))


def with_key(action: str, kind: str) -> Conjunction:
    """The action on the customer key that encrypts the asset, if one does; the service of the kind makes the call."""
    return (_used(action, kind, Place.KEY),) if action else ()


PUSHED = ("ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload")


def behind_all(kind: str, *actions: str) -> Conjunction:
    """All of these actions on something that the asset stands on."""
    return tuple(Need(action, kind, Place.BASIS) for action in actions)


def behind_key(action: str, kind: str) -> Conjunction:
    """The action on the customer key that encrypts what is behind the asset, if one does."""
    return (_used(action, kind, Place.BASIS_KEY),)


def _used(action: str, kind: str, place: Place) -> Need:
    """What a service asks of a key in the name of whoever calls it, in its own region, which is also the key's.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    via = f"{kind.partition(':')[0]}.{REGION}.amazonaws.com"
    return Need(action, "kms:key", place, given=(("kms:ViaService", (via,)),))


def each_with(ways: tuple[Conjunction, ...], more: Conjunction) -> tuple[Conjunction, ...]:
    """Every alternative, and something that all of them need."""
    return tuple((*way, *more) for way in ways)


def let_in(opening: Need, win: Need, key: str = "", *, adds: bool = False) -> tuple[Conjunction, ...]:
    """Write a policy that names oneself or somebody elsewhere, and then do what a limit could still forbid.

    With `adds` something is only added to what is there, and what that denies stays. Somebody elsewhere also needs
    the customer key; what a key of AWS encrypts serves its own account only.
    """
    mine, theirs = (Supply.RESOURCE, Supply.STRANGER) if adds else (Supply.REWRITTEN, Supply.STRANGER_REWRITTEN)
    locked = with_key(key, opening.kind)
    theirs_too = tuple(replace(need, supply=Supply.STRANGER_NOW) for need in locked)
    return (
        (opening, replace(win, supply=mine), *locked),
        (opening, replace(win, supply=theirs), *theirs_too),
    )


def laid_bare(closing: Need, win: Need, key: str = "") -> Conjunction:
    """Delete a policy that denies, and then do what is allowed otherwise."""
    return (closing, replace(win, supply=Supply.BARE), *with_key(key, closing.kind))


def harmed(kind: str, asset: str, *ways: Conjunction) -> Rule:
    return Rule(Shape.HARM, kind, ways, asset=asset)


def opened(kind: str, asset: str, guard: str, *ways: Conjunction) -> Rule:
    return Rule(Shape.OPEN, kind, ways, asset=asset, guard=guard)


def page(service: str) -> str:
    """The service's actions and the resources they take."""
    return f"{_REFERENCE}/list_{service}.html"
