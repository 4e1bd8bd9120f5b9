"""All layers put together, once for each distinct combination of documents, boundary and view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graph.clouds.aws.policy.callers import Callers, Codes, Standing
from graph.clouds.aws.policy.contribution import Contribution, Setting
from graph.clouds.aws.policy.library import Library, Places, Text
from graph.clouds.aws.policy.principals import CallerKind
from graph.clouds.aws.policy.shared import SILENT, Sides, View, said_at, told_apart
from graph.clouds.aws.policy.triples import NOTHING, Triple, any_of, both, either, sure, within, without

Says = tuple[Triple, Triple]  # what documents allow, and what they deny


@dataclass(frozen=True, slots=True)
class Rules:
    """What the action brings besides policies. `guarded`: resources whose own side must speak."""

    guarded: int = 0
    frozen: int = 0
    unable: frozenset[Standing] = frozenset()  # these cannot do it, whatever is allowed
    always: frozenset[Standing] = frozenset()  # these can, whatever is denied
    everything: bool = False  # as if each identity's own documents allowed everything
    named: bool = False  # as if each resource's policy named the caller (a role by its session), unless it is a service
    anew: bool = False  # as if the policies that lie on resources now were gone


class Book:
    """Which documents each caller holds, and who holds each document."""

    def __init__(self, callers: Callers, library: Library) -> None:
        self.holders: dict[Text, list[int]] = defaultdict(list)
        self.bounds: dict[Text, list[int]] = defaultdict(list)
        self._by_verb: dict[int, list[Text]] = defaultdict(list)
        self._unread: list[Text] = []
        for i, principal in enumerate(callers.principals):
            standing = callers.standings[callers.standing_of[i]]
            if not standing.is_iam or standing.outside:
                continue
            for text in dict.fromkeys(library.all(principal.documents)):
                self.holders[text].append(i)
            if principal.boundary is not None and standing.kind is not CallerKind.ROOT:
                self.bounds[library.text(principal.boundary)].append(i)
        for text in self.holders:
            for verb in text.verbs:
                self._by_verb[verb].append(text)
            if text.unread:
                self._unread.append(text)
        self._known: dict[frozenset[int], tuple[tuple[Text, Places], ...]] = {}

    def speaking(self, verbs: frozenset[int]) -> tuple[tuple[Text, Places], ...]:
        """The identities' documents that speak of an action, each with the places of the statements that do."""
        if verbs not in self._known:
            found = {text for verb in verbs & self._by_verb.keys() for text in self._by_verb[verb]}
            in_order = sorted({*found, *self._unread}, key=lambda text: text.number)
            self._known[verbs] = tuple((text, text.places(verbs)) for text in in_order)
        return self._known[verbs]


class Numbers:
    """Distinct rows of allows and denies, by number; all settings of one universe share them."""

    def __init__(self) -> None:
        self._known: dict[Says, int] = {}
        self.says: list[Says] = []
        self.silent = self.of((NOTHING, NOTHING))

    def of(self, says: Says) -> int:
        number = self._known.get(says)
        if number is None:
            number = self._known[says] = len(self.says)
            self.says.append(says)
        return number


class Pages:
    """What each document says of actions in one setting, as numbers of distinct rows.

    `plain` are those where nothing is given: a document that asks for nothing that is says the same there.
    """

    def __init__(self, setting: Setting, plain: Pages | None = None) -> None:
        self._setting, self._plain = setting, plain
        self._given = frozenset(setting.given)
        self.numbers: Numbers = plain.numbers if plain else Numbers()
        self._pages: dict[tuple[int, Places], Page] = {}

    def page(self, text: Text, speaking: Places) -> Page:
        """Actions of which the same statements speak share a page."""
        if self._plain and self._given.isdisjoint(text.keys):
            return self._plain.page(text, speaking)
        key = text.number, speaking
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = Page(self.numbers, tuple(said_at(text, speaking, self._setting)))
        return page


class Page:
    """One document on an action: one row for everybody, and what varies with the caller on top."""

    def __init__(self, numbers: Numbers, said: Sequence[tuple[Contribution, bool]]) -> None:
        self._numbers = numbers
        self._fixed = _together((c.fixed, allows) for c, allows in said if not c.varying)
        self._varying = [(c, allows) for c, allows in said if c.varying]
        self._columns = tuple(codes.data for c, _ in self._varying for codes, _ in c.varying)
        self._known: dict[tuple[int, ...], int] = {}
        self.same_for_all = numbers.of(self._fixed) if not self._varying else None

    def number(self, caller: int) -> int:
        """The number of what it says of this caller."""
        if self.same_for_all is not None:
            return self.same_for_all
        signature = tuple([codes[caller] for codes in self._columns])
        number = self._known.get(signature)
        if number is None:
            own = _together((c.row(c.signature(caller)), allows) for c, allows in self._varying)
            says = either(self._fixed[0], own[0]), either(self._fixed[1], own[1])
            number = self._known[signature] = self._numbers.of(says)
        return number


def _together(said: Iterable[tuple[Triple, bool]]) -> Says:
    allow = deny = NOTHING
    for row, allows in said:
        if allows:
            allow = either(allow, row)
        else:
            deny = either(deny, row)
    return allow, deny


@dataclass(frozen=True, slots=True)
class Answer:
    """A class for each caller, and a row for each class."""

    classes: Codes
    rows: tuple[Triple, ...]


class Combination:
    """The callers of one action, combined: those with documents that speak one by one, the quiet ones by view."""

    def __init__(self, callers: Callers, pages: Pages, views: list[View], view: Codes, rules: Rules) -> None:
        self._callers, self._pages, self._rules = callers, pages, rules
        self._views, self._view = views, view
        self._rows: dict[Triple, int] = {}
        self._known: dict[tuple[tuple[int, ...], int, int, int], int] = {}

    def answer(self, book: Book, speaking: frozenset[int], single: dict[int, Sides]) -> Answer:
        let_in = [self._let_in_anyway(view) for view in self._views]
        holding = (at for at, view in enumerate(self._views) if view.standing.is_iam and not view.standing.outside)
        own = self._own(book, speaking, denials=all(let_in[at] for at in holding))
        bound = self._bounds(book, speaking)
        loud = sorted({*own, *single})
        classes = self._quiet(bound, loud)
        views, bounds = self._view.tolist(), bound.tolist()
        denying = {number for number, says in enumerate(self._pages.numbers.says) if says[1][1]} if any(let_in) else ()
        numbers = []
        for i in loud:
            said: Sequence[int] = own.get(i, ())
            if said and let_in[views[i]]:
                said = [number for number in said if number in denying]
            key = (
                tuple(sorted(set(said))) if len(said) > 1 else tuple(said),
                bounds[i],
                views[i],
                i if i in single else -1,
            )
            number = self._known.get(key)
            if number is None:
                number = self._known[key] = self._number(key[0], key[1], key[2], single.get(i, SILENT))
            numbers.append(number)
        classes[loud] = numbers
        return Answer(classes, tuple(self._rows))

    def _let_in_anyway(self, view: View) -> bool:
        """Whether what the caller's own documents allow does not matter: everything lies at home and names it."""
        return self._rules.named and view.standing.kind is not CallerKind.SERVICE and view.own == view.all

    def _own(self, book: Book, speaking: frozenset[int], *, denials: bool) -> dict[int, list[int]]:
        """What each caller's own documents say, where they say anything; perhaps only of those that may deny."""
        own: dict[int, list[int]] = {}
        silent = self._pages.numbers.silent
        for text, places in book.speaking(speaking):
            if denials and not text.unread and all(text.statements[place][1].allows for place in places):
                continue
            page = self._pages.page(text, places)
            for i in book.holders[text] if page.same_for_all != silent else ():
                number = page.number(i) if page.same_for_all is None else page.same_for_all
                if number != silent:
                    own.setdefault(i, []).append(number)
        return own

    def _bounds(self, book: Book, speaking: frozenset[int]) -> Codes:
        """What each caller's boundary says; -1 where there is none."""
        bound: Codes = np.full(self._callers.size, -1, np.int32)
        for text, holders in book.bounds.items():
            page = self._pages.page(text, text.places(speaking))
            for i in holders:
                bound[i] = page.number(i)
        return bound

    def _quiet(self, bound: Codes, loud: list[int]) -> Codes:
        """Callers whose documents say nothing: once for each view and boundary."""
        classes: Codes = np.zeros(self._callers.size, np.int32)
        quiet = np.ones(self._callers.size, np.bool_)
        quiet[loud] = False
        at = np.flatnonzero(quiet)
        if not len(at):
            return classes
        first, where = told_apart([self._view[at], bound[at]])
        numbers = [self._number((), int(bound[i]), int(self._view[i]), SILENT) for i in at[first].tolist()]
        classes[at] = np.array(numbers, np.int32)[where]
        return classes

    def _number(self, said: tuple[int, ...], bound: int, view: int, single: Sides) -> int:
        says = self._pages.numbers.says
        allow = any_of([says[number][0] for number in said])
        deny = any_of([says[number][1] for number in said])
        ceiling = says[bound] if bound >= 0 else None
        row = combined(self._views[view], single, (allow, deny), ceiling, self._rules)
        return self._rows.setdefault(row, len(self._rows))


def combined(view: View, single: Sides, own: Says, ceiling: Says | None, rules: Rules) -> Triple:
    """The decision: let in by some way, within every ceiling, and not denied."""
    standing = view.standing
    sides = view.sides if single is SILENT else view.sides | single
    if standing in rules.always:
        return sure(view.all)
    if standing in rules.unable:
        return NOTHING
    if rules.named and standing.kind is not CallerKind.SERVICE:
        sides = sides._replace(direct=sure(view.all))
    identity, deny = own
    if rules.everything or standing.outside or standing.kind is CallerKind.ROOT:
        identity = sure(view.all)
    if ceiling is not None:
        identity, deny = both(identity, ceiling[0]), either(deny, ceiling[1])
    allow = _let_in(view, sides, identity, ceiling, rules.guarded) if standing.is_iam else any_of(sides[:3])
    row = without(both(allow, view.scp_allow), any_of((deny, sides.deny, view.scp_deny)))
    return within(row, ~rules.frozen) if rules.frozen else row


def _let_in(view: View, sides: Sides, identity: Triple, ceiling: Says | None, guarded: int) -> Triple:
    """In one account either side suffices; across accounts both must speak.

    IAM user guide, "How AWS enforcement code logic evaluates requests": a user or session named directly is not bound
    by what its boundary leaves out; a role is. Where the resource's side must speak, naming the account opens the
    identity's side and grants nothing by itself.
    """
    at_home = within(identity, ~guarded)
    if guarded:
        at_home = either(at_home, both(within(identity, guarded), sides.account))
    if sides.direct[1] or sides.role[1]:
        role = sides.role if ceiling is None else both(sides.role, ceiling[0])
        at_home = any_of((at_home, sides.direct, role))
    if view.own == view.all:
        return at_home
    abroad = both(identity, any_of(sides[:3]))
    return either(within(at_home, view.own), within(abroad, ~view.own))
