"""What one layer of policies says of one request: its allows, its denies, and the statements behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from graph.clouds.aws.policy.documents import Policy, Statement
from graph.clouds.aws.policy.operators import chosen_by
from graph.clouds.aws.policy.principals import Caller, CanonicalIds, Named, named, not_named
from graph.model import Condition, Evidence
from graph.policy.conditions import Clause, clause_tri, misunderstood
from graph.policy.examples import ANY_TEXT, whether
from graph.policy.patterns import (
    ABSENT,
    MAYBE,
    NO,
    PRESENT,
    UNKNOWN,
    YES,
    Context,
    Mode,
    Other,
    Pieces,
    Some,
    State,
    Tri,
    action_matches,
    expand,
    loose,
    matches,
    opposite,
    resolved,
    tester,
    variables_in,
    well_formed,
)

_FACTOR = "aws:multifactorauthpresent"


@dataclass(frozen=True, slots=True)
class Truth:
    """Three values, and of a MAYBE whether it hangs on something not read or not decidable rather than a condition."""

    tri: Tri
    unread: bool = False

    def __and__(self, other: Truth) -> Truth:
        return _truth(min(self.tri, other.tri), self, other)

    def __or__(self, other: Truth) -> Truth:
        return _truth(max(self.tri, other.tri), self, other)

    def __invert__(self) -> Truth:
        return Truth(opposite(self.tri), self.unread)

    @property
    def possible(self) -> bool:
        return self.tri is not NO


def _truth(tri: Tri, one: Truth, other: Truth) -> Truth:
    return Truth(tri, tri is MAYBE and (one.unread or other.unread))


FALSE, OPEN, UNREAD, TRUE = Truth(NO), Truth(MAYBE), Truth(MAYBE, True), Truth(YES)


def any_of(truths: Iterable[Truth]) -> Truth:
    whole = FALSE
    for truth in truths:
        whole |= truth
    return whole


def all_of(truths: Iterable[Truth]) -> Truth:
    whole = TRUE
    for truth in truths:
        whole &= truth
    return whole


# ----- one statement


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every layer. `resource` is an ARN, or `*` for an action without resource type."""

    caller: Caller
    action: str
    resource: str
    context: Context
    canonical_ids: CanonicalIds
    bounded: bool = False


def speaks_of(statement: Statement, action: str) -> bool:
    return any(action_matches(pattern, action) for pattern in statement.actions) != statement.not_action


def resource_truth(statement: Statement, resource: str, context: Context) -> Truth:
    """Whether Resource or NotResource takes in the resource. A trust policy has neither, and means its role.

    A `*` that ends a segment may run past the colon: `arn:aws:*:role/x` (IAM user guide, "JSON policy elements:
    Resource").
    """
    if statement.resources is None:
        return TRUE
    live = context if statement.variables else None
    some = any_of(pattern_truth(pattern, resource, live) for pattern in statement.resources)
    if not statement.not_resource:
        return some
    return ~some & Truth(resolved(statement.resources, live))


def pattern_truth(pattern: str, resource: str, live: Context | None) -> Truth:
    """Whether one pattern takes in the resource. Without a context a `${` in it is plain text."""
    if live and not well_formed(pattern):
        return UNREAD if _can_begin(pattern.partition("${")[0], resource) else FALSE
    if ANY_TEXT in resource:
        pieces = expand(pattern, live)
        if isinstance(pieces, tuple):
            return _on_any(pieces, resource)
        return FALSE if pieces is ABSENT else OPEN & _on_any(((False, loose(pattern)),), resource)
    return Truth(matches(pattern, resource, Mode.RESOURCE, live))


def _can_begin(start: str, resource: str) -> bool:
    """Whether the name begins so, or may. `*`, the resource of an action that takes none, is a name like any other."""
    if ANY_TEXT in resource:
        return whether(((False, f"{start}*"),), resource) is not NO
    return tester(f"{start}*", Mode.LIKE)(resource)


def _on_any(pieces: Pieces, resource: str) -> Truth:
    """Of a name that is not known in full it cannot be decided whether a narrower pattern matches it."""
    tri = whether(pieces, resource)
    return Truth(tri, tri is MAYBE)


def clause_truth(clause: Clause, context: Context) -> Truth:
    return UNREAD if misunderstood(clause) else Truth(clause_tri(clause, context))


def statement_truth(statement: Statement, question: Question) -> Truth:
    """Whether the statement applies, its principal left aside."""
    if not speaks_of(statement, question.action):
        return FALSE
    whole = resource_truth(statement, question.resource, question.context)
    for clause in statement.clauses:
        if not whole.possible:
            break
        whole &= clause_truth(clause, question.context)
    return whole


def principal_named(statement: Statement, question: Question) -> Named:
    """The ways in which the statement's Principal or NotPrincipal takes in the caller; none where it has neither."""
    entries, caller = statement.principals, question.caller
    if entries is None:
        return Named()
    if not statement.not_principal:
        return named(entries, caller, question.canonical_ids)
    deny = not statement.allows
    return not_named(entries, caller, deny=deny, bounded=question.bounded, canonical_ids=question.canonical_ids)


# ----- one layer


@dataclass(frozen=True, slots=True)
class Applied:
    """A statement that applies or may. `statement` is None for a document that could not be read."""

    policy: Policy
    statement: Statement | None
    truth: Truth
    how: Named = Named()  # noqa: RUF009  immutable
    level: int = 0

    def evidence(self) -> Evidence:
        return self.policy.evidence(self.statement) if self.statement else Evidence(self.policy.name, "", "")

    def why_open(self) -> str:
        """Of an answer that cannot be had, why."""
        if self.statement is None:
            return self.policy.problem
        why = "it hangs on an id that is not mapped, a name not known in full, or a case AWS leaves open"
        return self.statement.problem or why


@dataclass(frozen=True, slots=True)
class Said:
    """What a layer says. `present`: it has a say here at all. `allow` of a layer that is not there is TRUE."""

    layer: str
    present: bool = False
    allow: Truth = TRUE
    deny: Truth = FALSE
    allows: tuple[Applied, ...] = ()
    denies: tuple[Applied, ...] = ()
    note: str = ""  # what decides besides statements
    beside: Truth = FALSE  # the part of `allow` that no statement gives: a grant, an access control list

    @property
    def carriers(self) -> tuple[Applied, ...]:
        """The allows that carry the answer: the surest ones of each level."""
        return tuple(found for level in self.by_level for found in surest(level))

    @property
    def by_level(self) -> tuple[tuple[Applied, ...], ...]:
        numbers = sorted({found.level for found in self.allows})
        return tuple(tuple(found for found in self.allows if found.level == number) for number in numbers)


Judge = Callable[[Policy, Statement], Applied]


def applied(policies: Sequence[Policy], effect: str, judge: Judge) -> Iterator[Applied]:
    """The statements of one effect that apply or may apply. An unread document may allow and deny anything."""
    for policy in policies:
        if policy.problem:
            yield Applied(policy, None, UNREAD, Named(MAYBE, MAYBE, MAYBE, unread=True))
        for statement in policy.statements:
            if statement.effect == effect:
                found = judge(policy, statement)
                if found.truth.possible:
                    yield found


def plainly(question: Question) -> Judge:
    """Judge statements that name no principal."""
    return lambda policy, statement: Applied(policy, statement, statement_truth(statement, question))


def by_principal(question: Question) -> Judge:
    """Judge statements that name principals: the truth includes that the caller is named in any way."""

    def judge(policy: Policy, statement: Statement) -> Applied:
        if not speaks_of(statement, question.action):
            return Applied(policy, statement, FALSE)
        how = principal_named(statement, question)
        if how.any is NO:
            return Applied(policy, statement, FALSE)
        truth = statement_truth(statement, question) & Truth(how.any, how.unread and how.any is MAYBE)
        return Applied(policy, statement, truth, how)

    return judge


def everybody(question: Question) -> Judge:
    """Judge statements of a ceiling that may name principals (endpoint policies) or leave them out."""
    plain, principal = plainly(question), by_principal(question)
    return lambda policy, statement: (plain if statement.principals is None else principal)(policy, statement)


def surest(found: Sequence[Applied]) -> tuple[Applied, ...]:
    """Those that are sure or, where none is, those that may be."""
    best = max((each.truth.tri for each in found), default=NO)
    return tuple(each for each in found if each.truth.tri is best)


def one_level(layer: str, policies: Sequence[Policy], judge: Judge) -> Said:
    """Documents that add up: an allow in any of them, a deny in any of them."""
    allows = tuple(applied(policies, "Allow", judge))
    denies = tuple(applied(policies, "Deny", judge))
    allow, deny = any_of(a.truth for a in allows), any_of(d.truth for d in denies)
    return Said(layer, True, allow, deny, allows, denies)


def levels(layer: str, stacked: Sequence[Sequence[Policy]], judge: Judge) -> Said:
    """Documents in levels: an allow at every level, a deny at any."""
    said = [one_level(layer, policies, judge) for policies in stacked]
    return Said(
        layer,
        bool(said),
        all_of(each.allow for each in said),
        any_of(each.deny for each in said),
        tuple(replace(a, level=number) for number, each in enumerate(said) for a in each.allows),
        tuple(d for each in said for d in each.denies),
    )


# ----- what is left open


def open_conditions(found: Applied, question: Question) -> Iterator[Condition]:
    """What must hold (of a deny: must not hold) for the statement to apply."""
    statement = found.statement
    if statement is None:
        return
    needed = "true" if statement.allows else "false"
    live = question.context if statement.variables else None
    if found.how.any is MAYBE and not found.how.unread and statement.principals:
        values = tuple(value for _, value in statement.principals)
        yield Condition("sts:RoleSessionName", "Principal", values, needed, "session")
    if resource_truth(statement, question.resource, question.context).tri is MAYBE and live and statement.resources:
        yield from _open_variables(statement, question, needed)
    for clause in statement.clauses:
        if clause_truth(clause, question.context).tri is MAYBE:
            key = _open_key(clause, question.context)
            yield Condition(
                clause.key, clause.name, clause.values, needed, _chooser(key, question.context(key.lower()))
            )


def _chooser(key: str, state: State) -> str:
    """Whoever has no second factor signs with the key itself, or with a session of it: as it likes."""
    return "caller" if key.lower() == _FACTOR and isinstance(state, Other) else chosen_by(key)


def _open_key(clause: Clause, context: Context) -> str:
    """The key that leaves the clause open: its own, or one of a variable in its values."""
    keys = (clause.key.lower(), *sorted(clause.keys - {clause.key.lower()}))
    return next((key for key in keys if not isinstance(context(key), str)), clause.key)


def _open_variables(statement: Statement, question: Question, needed: str) -> Iterator[Condition]:
    """A Resource whose variables have no known value is a condition on them."""
    name = "NotResource" if statement.not_resource else "Resource"
    for pattern in statement.resources or ():
        if not matches(loose(pattern), question.resource, Mode.LIKE):
            continue
        for key in sorted(variables_in([pattern])):
            state = question.context(key)
            if isinstance(state, Some) or state in (UNKNOWN, PRESENT):
                yield Condition(key, name, (pattern,), needed, chosen_by(key))
