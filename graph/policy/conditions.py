"""Conditions in policies: one operator, one key, its values, decided in three values.

A cloud names its operators in a table of `Operator`s; how missing keys, several values and negations count is here.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from graph.policy.patterns import (
    ABSENT,
    MAYBE,
    NO,
    PRESENT,
    UNKNOWN,
    YES,
    Context,
    Missing,
    Mode,
    Other,
    Some,
    State,
    Tri,
    covers,
    expand,
    loose,
    matches,
    meet,
    opposite,
    resolved,
    variables_in,
    well_formed,
)

Reader = Callable[[str], Any]  # a text as a value of the operator's type, or None if it is not one


@dataclass(frozen=True, slots=True)
class Operator:
    """How one value of the request is held against one value of the policy.

    Either a glob (`mode`), or texts read by `read` (the policy's by `read_policy`) and held against each other by
    `agree`. `presence` marks the one operator that only asks whether the key is there.
    """

    mode: Mode | None = None
    read: Reader = str
    read_policy: Reader | None = None
    agree: Callable[[Any, Any], bool] = operator.eq
    negated: bool = False
    presence: bool = False

    def wanted(self, text: str) -> Any:
        return (self.read_policy or self.read)(text)


@dataclass(frozen=True, slots=True)
class Clause:
    """One operator on one key. `test` is None if the operator is not known; `variables`: `${…}` is live.

    `quantifier` is "all" (ForAllValues), "any" (ForAnyValue) or "".
    """

    name: str
    key: str
    values: tuple[str, ...]
    test: Operator | None
    quantifier: str = ""
    if_exists: bool = False
    variables: bool = True

    @property
    def keys(self) -> frozenset[str]:
        """Every key, in lower case, that deciding this needs."""
        return variables_in(self.values) | {self.key.lower()} if self.variables else frozenset({self.key.lower()})


# ----- can it be decided at all


@lru_cache(maxsize=65536)
def misunderstood(clause: Clause) -> str:
    """Why this clause cannot be decided whatever the request, in words; "" if it can."""
    if clause.test is None:
        return f"the operator {clause.name} is not known"
    for value in clause.values:
        if clause.variables and not well_formed(value):
            return f"the variable in “{value}” is not of a known form"
        live = clause.variables and "${" in value
        if clause.test.presence and value.lower() not in ("true", "false"):
            return f"{clause.name} takes true or false, not “{value}”"
        if not live and clause.test.mode is None and clause.test.wanted(value) is None:
            return f"“{value}” is no value for {clause.name}"
    return ""


# ----- deciding


def clause_tri(clause: Clause, context: Context) -> Tri:
    """Whether the clause holds. What cannot be decided (see `misunderstood`) is MAYBE."""
    if misunderstood(clause):
        return MAYBE
    test = clause.test
    assert test is not None  # noqa: S101  misunderstood() has said so; for the type checker
    state = context(clause.key.lower())
    if test.presence:
        return _presence(clause, state)
    when_missing = _when_missing(clause, test)
    if state is ABSENT or state == ():
        return when_missing
    if isinstance(state, Missing | Other):
        present = _of_any_value(clause, test) if isinstance(state, Missing) else _of_other(clause, test, state)
        return present if state is PRESENT or present == when_missing else MAYBE
    return _of_values(clause, test, state, context)


def _presence(clause: Clause, state: State) -> Tri:
    wanted = {value.lower() for value in clause.values}
    if not wanted:
        return NO
    if state is UNKNOWN or isinstance(state, Other):
        return MAYBE if len(wanted) == 1 else YES
    missing = state is ABSENT or state == ()
    return YES if str(missing).lower() in wanted else NO


def _when_missing(clause: Clause, test: Operator) -> Tri:
    """A key that is not there: positive no, negated yes, …IfExists yes, ForAllValues yes, ForAnyValue no."""
    if clause.quantifier:
        return YES if clause.quantifier == "all" else NO
    return YES if clause.if_exists or test.negated else NO


def _of_any_value(clause: Clause, test: Operator) -> Tri:
    """A key that is there with a value not known: only a pattern of nothing but stars is decided."""
    if not clause.values:
        return YES if test.negated else NO
    if test.mode is Mode.LIKE and any(value and not value.strip("*") for value in clause.values):
        return NO if test.negated else YES
    return MAYBE


def _of_other(clause: Clause, test: Operator, state: Other) -> Tri:
    """A value that a glob does not match: values of the policy that lie within the glob are surely not it."""
    if test.read is as_bool and as_bool(state.than) is not None:
        wanted = {as_bool(want) for want in clause.values}  # a live variable is neither
        return MAYBE if None in wanted else YES if wanted - {as_bool(state.than)} else NO
    if test.mode is not Mode.LIKE and test.read is not str:
        return MAYBE
    live = clause.variables and any("${" in want for want in clause.values)
    if live or not all(covers(state.than, want) is YES for want in clause.values):
        return MAYBE
    return YES if test.negated else NO


def _of_values(clause: Clause, test: Operator, state: str | Some | tuple[str, ...], context: Context) -> Tri:
    """A known key. Several values under an operator without quantifier match nothing, in a negation too."""
    if isinstance(state, tuple) and not clause.quantifier:
        return NO
    live = context if clause.variables else None
    values = state if isinstance(state, tuple) else (state,)
    each = [max((_one(test, value, want, live) for want in clause.values), default=NO) for value in values]
    if test.negated:
        each = [opposite(tri) for tri in each]
    whole = max(each) if clause.quantifier == "any" else min(each)
    return min(whole, resolved(clause.values, live)) if test.negated else whole


def _one(test: Operator, value: str | Some, want: str, context: Context | None) -> Tri:
    """The positive test of one value against one text of the policy."""
    if isinstance(value, Some):
        return _one_of_some(test, value, want, context)
    if test.mode:
        return matches(want, value, test.mode, context)
    pieces = expand(want, context)
    if isinstance(pieces, Missing):
        return MAYBE if pieces is UNKNOWN else NO
    read, wanted = test.read(value), test.wanted("".join(text for _, text in pieces))
    return YES if read is not None and wanted is not None and test.agree(read, wanted) else NO


def _one_of_some(test: Operator, value: Some, want: str, context: Context | None) -> Tri:
    """A value known only as a glob: surely if all of it agrees, never if none of it can."""
    pieces = expand(want, context)
    if pieces is ABSENT:
        return NO
    if test.mode is None and test.read is not str:
        return MAYBE
    if isinstance(pieces, Missing):
        return MAYBE if meet(loose(want), value.pattern) else NO
    if any(literal and ("*" in text or "?" in text) for literal, text in pieces):
        return MAYBE
    text = "".join(text for _, text in pieces)
    if test.mode is None:
        return MAYBE if "*" not in text and "?" not in text and matches(value.pattern, text, Mode.LIKE) else NO
    return _segments_agree(text, value.pattern) if test.mode is Mode.SEGMENTS else _globs_agree(text, value.pattern)


def _globs_agree(want: str, pattern: str) -> Tri:
    return covers(want, pattern) or (MAYBE if meet(want, pattern) else NO)


def _segments_agree(want: str, pattern: str) -> Tri:
    """Segment by segment; a glob of fewer segments than six could be anything."""
    wants, patterns = want.split(":", 5), pattern.split(":", 5)
    if len(wants) < 6:
        return NO
    return both(map(_globs_agree, wants, patterns)) if len(patterns) == 6 else MAYBE


# ----- how texts read


def as_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.strip().lower())


_SHORT_DATE = re.compile(r"\d{4}(-\d{2})?")  # the W3C's profile of ISO 8601 knows years and months alone


def as_moment(text: str) -> datetime | None:
    """ISO 8601 in the W3C's profile, or seconds since 1970."""
    text = text.strip()
    if _SHORT_DATE.fullmatch(text):
        text = f"{text}-01" if len(text) == 7 else f"{text}-01-01"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _as_epoch(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_epoch(text: str) -> datetime | None:
    seconds = as_number(text)
    try:
        return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def as_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def in_network(address: Any, network: Any) -> bool:
    return bool(address in network)


def both(tris: Iterable[Tri]) -> Tri:
    """All of them hold."""
    return min(tris, default=YES)
