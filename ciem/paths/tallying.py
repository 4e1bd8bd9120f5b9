"""How many attack paths concern a node, or nodes that are alike: those that end there, or all that pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Min, Q, QuerySet, When

from ciem.accounts.models import User
from ciem.connections.models import ConnectionSet
from ciem.paths.filters import LIVE
from ciem.paths.models import Finding, Passed
from graph.targets import HARMS

SURENESS = {"allowed": 0, "conditional": 1, "unknown": 2, "denied": 3}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attack paths there are, the surest verdict among them, the worst harm, and the first node concerned."""

    paths: int
    verdict: str
    harm: str
    first: str

    @property
    def weight(self) -> int:
        """How bad the worst harm is."""
        return _weight(self.harm)

    def with_(self, other: Tally) -> Tally:
        return Tally(
            self.paths + other.paths,
            min(self.verdict, other.verdict, key=SURENESS.__getitem__),
            max(other.harm, self.harm, key=_weight),
            min(self.first, other.first),
        )


def _weight(harm: str) -> int:
    return HARMS[harm][1] if harm in HARMS else 0


def tallies(
    user: User,
    *,
    ending: bool = True,
    among: Collection[str] | None = None,
    category: str = "",
    text: str = "",
    alike: str = "",
    folded: bool = False,
) -> dict[str, Tally]:
    """Of each node, or by word of all that share it, the attack paths that the user may see, each counted once.

    `among` are the only nodes and words that are asked about, `alike` the only word; `category` and `text` leave out
    what is surely something else.
    """
    of, key, word = ("", "target_key", "target_alike") if ending else ("finding__", "node_key", "alike")
    rows = _live(user, ending=ending)
    if among is not None:
        rows = rows.filter(Q(**{f"{key}__in": among}) | Q(**{f"{word}__in": among}))
    if alike:
        rows = rows.filter(**{word: alike})
    if category and not ending:
        rows = rows.filter(category__in=(category, ""))
    if text:
        rows = rows.filter(**{f"{key}__in": _called(rows, key, text)})
    line: Any = Case(When(**{word: "", "then": F(key)}), default=F(word)) if folded else F(key)
    return _told(rows.annotate(line=line).values_list("line", f"{of}verdict", f"{of}harm"), f"{of}id", key)


def _live(user: User, *, ending: bool) -> QuerySet[Any]:
    """The findings themselves, or the nodes that each passes."""
    if ending:
        return Finding.objects.visible_to(user).filter(state__in=LIVE).order_by()
    seen = ConnectionSet.objects.visible_to(user)
    return Passed.objects.filter(finding__touches__in=seen, finding__state__in=LIVE).order_by()


def _called(rows: QuerySet[Any], key: str, text: str) -> Sequence[str]:
    """The keys that hold the text, or whose name does: a database does not ignore the case of every letter."""
    named = rows.values_list(key, key.replace("key", "name")).distinct()
    return sorted({node for node, name in named if text.casefold() in f"{node}\n{name}".casefold()})


def _told(rows: QuerySet[Any, Any], finding: str, key: str) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for line, verdict, harm, number, first in rows.annotate(number=Count(finding, distinct=True), first=Min(key)):
        one = Tally(number, verdict, harm, first)
        found[line] = found[line].with_(one) if line in found else one
    return found
