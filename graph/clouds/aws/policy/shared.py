"""What does not hang on a caller's own documents: resource policies, lists, grants, RCPs and SCPs, view by view.

Callers that none of these can tell apart form a view; a view is worked out once, for one of its callers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from graph.clouds.aws.policy.callers import Callers, Codes, Naming, Standing
from graph.clouds.aws.policy.contribution import Contribution, Setting
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.kms import grantable, grants_allow
from graph.clouds.aws.policy.layers import Truth
from graph.clouds.aws.policy.library import Text
from graph.clouds.aws.policy.organization import Organization
from graph.clouds.aws.policy.principals import NOBODY, CallerKind, Named
from graph.clouds.aws.policy.rules import rcp_services
from graph.clouds.aws.policy.s3 import acl_allows
from graph.clouds.aws.policy.triples import (
    NOTHING,
    Triple,
    any_of,
    at_most,
    both,
    either,
    level,
    open_on,
    sure,
    within,
    without,
)
from graph.policy.classes import first_of, joined
from graph.policy.patterns import MAYBE, Tri


class Sides(NamedTuple):
    """What the resource side says: allows by the way the caller is named, and denies."""

    direct: Triple = NOTHING
    role: Triple = NOTHING
    account: Triple = NOTHING
    deny: Triple = NOTHING

    def __or__(self, other: Sides) -> Sides:
        return Sides(*map(either, self, other))


SILENT = Sides()


def together(said: list[Sides]) -> Sides:
    """What several say together."""
    return Sides(*map(any_of, zip(*said, strict=True))) if said else SILENT


@dataclass(frozen=True, slots=True)
class View:
    """All that a caller's own documents are combined with. `own`: resources of its account or of nobody's."""

    standing: Standing
    sides: Sides
    scp_allow: Triple
    scp_deny: Triple
    own: int
    all: int


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A statement that speaks of the action: whom it takes in, and where it applies."""

    naming: Naming
    contribution: Contribution
    allows: bool

    def said(self, how: Named, row: Triple) -> Sides:
        if not self.allows:
            return Sides(deny=at_most(row, _level(max(how.direct, how.role, how.account), how.unread)))
        return Sides(*(at_most(row, _level(tri, how.unread)) for tri in (how.direct, how.role, how.account)))


def _level(tri: Tri, unread: bool) -> int:
    return level(Truth(tri, unread and tri is MAYBE))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What some statements say, by class of callers."""

    classes: Codes
    sides: list[Sides]


class Heard:
    """What some statements say: of everybody of a standing, of single callers, and what varies within a standing."""

    def __init__(self) -> None:
        self.plain: dict[int, Sides] = defaultdict(lambda: SILENT)  # by standing
        self.single: dict[int, Sides] = defaultdict(lambda: SILENT)
        self.varying: list[Item] = []

    def take(self, statement: Statement, contribution: Contribution, naming: Naming) -> None:
        """One more statement."""
        if not contribution.fixed[1]:
            return
        item = Item(naming, contribution, statement.allows)
        if naming.broad and (contribution.varying or naming.apart is not None):
            self.varying.append(item)
        else:
            for code, how in naming.broad.items():
                self.plain[code] |= item.said(how, contribution.fixed)
        if naming.apart is None:
            for i, how in naming.single.items():
                self.single[i] |= item.said(how, contribution.row(contribution.signature(i)))

    def add(self, other: Heard) -> None:
        """What others say besides."""
        self.varying += other.varying
        for mine, theirs in ((self.plain, other.plain), (self.single, other.single)):
            for who, sides in theirs.items():
                mine[who] = mine[who] | sides if who in mine else sides


# How many statements that vary with the caller are put together before views are: where each of a thousand buckets
# spares another role, every view then adds up thirty blocks rather than a thousand statements.
_BLOCK = 32


class Shared:
    """The views of one action in one setting, and what is said of single callers beside their view."""

    def __init__(self, callers: Callers, setting: Setting, organization: Organization, action: str) -> None:
        self.callers, self.setting, self.action = callers, setting, action
        self.universe = setting.universe
        self._organization = organization
        self._heard = Heard()
        self.single, self._plain, self._varying = self._heard.single, self._heard.plain, self._heard.varying

    # ----- gathering

    def hear_everything(self, speaking: frozenset[int], *, anew: bool = False) -> None:
        """All that bears on the action besides callers' own documents and SCPs.

        With `anew` the policies of resources are left out, and the block that is there because they are public.
        """
        action = self.action.lower()
        if not anew and (self.universe.kind not in ("iam:role", "iam:group") or action.startswith("sts:")):
            self._hear_policies(speaking)
        if action.startswith("s3:"):
            self._hear_lists(anew=anew)
        self._hear_grants()
        if action.partition(":")[0] in rcp_services() and action != "kms:retiregrant":
            self._hear_rcps(speaking)

    def _hear_policies(self, speaking: frozenset[int]) -> None:
        """What each action element says is the same for all actions that it takes in."""
        for verb in sorted(speaking & self.universe.spoken.keys()):
            self._heard.add(self.setting.once(("heard", verb), lambda: self._of_verb(verb)))  # noqa: B023  used at once
        unread = self.universe.unread
        for code in range(len(self.callers.standings)) if unread else ():
            self._plain[code] |= Sides(*(open_on(unread),) * 4)

    def _of_verb(self, verb: int) -> Heard:
        heard = Heard()
        for group in self.universe.spoken[verb]:
            heard.take(group.statement, self.setting.of_group(group), self.callers.naming(group.statement))
        return heard

    def _hear_rcps(self, speaking: frozenset[int]) -> None:
        """Only denies count: RCPFullAWSAccess always stands. Service-linked roles are not bound."""
        bound = [code for code, standing in enumerate(self.callers.standings) if not standing.service_linked]
        for account, row in self.universe.accounts.items():
            row &= ~self.universe.managed_by_aws  # noqa: PLW2901
            for text in self._organization.rcps(account) if row else ():
                for code in bound if text.unread else ():
                    self._plain[code] |= Sides(deny=open_on(row))
                for verb, statement in text.statements:
                    if verb in speaking and not statement.allows:
                        contribution = self.setting.on(statement, within(self.universe.plainly_named(statement), row))
                        self._heard.take(statement, contribution, self.callers.bound_by_rcp(statement))

    def _hear_lists(self, *, anew: bool) -> None:
        """S3's access control lists, and the block that shuts out others under a public policy."""
        for code, standing in enumerate(self.callers.standings):
            caller = self.callers.callers[self.callers.representatives[code]]
            for grants, row in self.universe.lists:
                truth = acl_allows(grants, self.action, caller, self._organization.canonical_ids)
                self._plain[code] |= Sides(direct=at_most(sure(row), level(truth)))
            if standing.kind is not CallerKind.SERVICE and not anew:
                blocked = without(self.universe.blocked, sure(self.own(standing)))
                self._plain[code] |= Sides(deny=blocked)

    def _hear_grants(self) -> None:
        """KMS grants, which stand beside all policies."""
        if self.universe.grants_unread and grantable(self.action):
            for code in range(len(self.callers.standings)):
                self._plain[code] |= Sides(direct=open_on(self.universe.grants_unread))
        for i, grant in self.universe.granted:
            for caller in self.callers.grantees(grant.get("GranteePrincipal")):
                context = self.setting.context(caller, i)
                truth, _ = grants_allow([grant], self.action, self.callers.callers[caller], context)
                if truth.possible:
                    self.single[caller] |= Sides(direct=at_most(sure(1 << i), level(truth)))

    # ----- views

    def own(self, standing: Standing) -> int:
        """The resources that count as of the caller's own account; what is nobody's does for those that were read."""
        if standing.account is None:
            return 0
        nobodys = 0 if standing.outside else self.universe.accounts.get(None, 0)
        return self.universe.accounts.get(standing.account, 0) | nobodys

    def views(self, speaking: frozenset[int]) -> tuple[Codes, list[View]]:
        """The view of each caller."""
        of_account = cache(lambda account: self._scps(account, speaking))
        scps = {
            code: of_account(standing.account) if standing.is_iam and not standing.service_linked else []
            for code, standing in enumerate(self.callers.standings)
        }
        of_scps = (
            c for levels in scps.values() for level in levels for contribution, _ in level for c in _codes(contribution)
        )
        blocks = [self._block(self._varying[at : at + _BLOCK]) for at in range(0, len(self._varying), _BLOCK)]
        if blocks:
            first, where = told_apart([self.callers.standing, *(block.classes for block in blocks), *of_scps])
        else:
            first, where = self.callers.told_apart((self.callers.standing, *of_scps), told_apart)
        return where, [self._view(i, blocks, scps[self.callers.standing_of[i]]) for i in first]

    def _block(self, items: list[Item]) -> Block:
        """A few of the statements that vary, put together for each class of callers that they tell apart."""
        aparts = (item.naming.apart for item in items if item.naming.apart is not None)
        columns = (codes for item in items for codes in _codes(item.contribution))
        first, classes = told_apart([self.callers.standing, *columns, *aparts])
        return Block(classes, [self._together(items, i) for i in first])

    def _together(self, items: list[Item], i: int) -> Sides:
        said = []
        for item in items:
            how = item.naming.of(i, self.callers.standing_of[i])
            if how is not NOBODY:
                said.append(item.said(how, item.contribution.row(item.contribution.signature(i))))
        return together(said)

    def _view(self, i: int, blocks: list[Block], scps: list[list[tuple[Contribution, bool]]]) -> View:
        code = self.callers.standing_of[i]
        sides = together([self._plain[code], *(block.sides[int(block.classes[i])] for block in blocks)])
        allow, deny = sure(self.universe.all), NOTHING
        for contributions in scps:
            said = [(c.row(c.signature(i)), allows) for c, allows in contributions]
            allow = both(allow, any_of(row for row, allows in said if allows))
            deny = either(deny, any_of(row for row, allows in said if not allows))
        standing = self.callers.standings[code]
        return View(standing, sides, allow, deny, self.own(standing), self.universe.all)

    def _scps(self, account: str | None, speaking: frozenset[int]) -> list[list[tuple[Contribution, bool]]]:
        """The statements of each level that speak of the action."""
        levels = self._organization.scps(account)
        return [
            [pair for text in texts for pair in said_at(text, text.places(speaking), self.setting)] for texts in levels
        ]


def said_at(text: Text, places: Iterable[int], setting: Setting) -> Iterator[tuple[Contribution, bool]]:
    """(where it applies, whether it allows) for each statement at some places of a document."""
    if text.unread:
        unread = Contribution(open_on(setting.universe.all))
        yield from ((unread, True), (unread, False))
    for place in places:
        statement = text.statements[place][1]
        yield setting.contribution(statement), statement.allows


def _codes(contribution: Contribution) -> Iterator[Codes]:
    return (codes for codes, _ in contribution.varying)


def told_apart(columns: Iterable[Codes]) -> tuple[list[int], Codes]:
    """Where each distinct row of these columns first stands, and which of them each row is."""
    different = {id(column): column for column in columns}
    classes = joined(list(different.values()))
    return first_of(classes), classes
