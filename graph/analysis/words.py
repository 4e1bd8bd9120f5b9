"""Sum a path up in a sentence or two: what happens, how sure it is, and what would have to hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graph.build import Estate
from graph.model import Condition, Entry, EntryKind, Hop, Verdict
from graph.targets import HARM_PHRASES

_STRANGERS = frozenset({EntryKind.ANONYMOUS, EntryKind.OUTSIDE, EntryKind.FEDERATED})


def reason(
    estate: Estate,
    entry: Entry,
    harm: str,
    target: str,
    verdict: Verdict,
    hops: Sequence[Hop],
    assumed: Sequence[str],
) -> str:
    """Plain words, without the hops' own sentences."""
    start = _inside(estate.name(entry.identity), entry) + (f" ({entry.why})" if entry.why else "")
    done = HARM_PHRASES.get(harm, harm)
    label = estate.nodes[target].label
    thing = f"{label} {estate.name(target)}".strip()
    steps = "1 step" if len(hops) == 1 else f"{len(hops)} steps"
    said = [f"From {start} it takes {steps} to {done} {thing}.", *_sureness(verdict, hops)]
    if assumed:
        said.append(f"Never asked for, so taken as no obstacle: {', '.join(map(estate.called, assumed))}.")
    return " ".join(said)


def _inside(name: str, entry: Entry) -> str:
    """The name as it stands inside a sentence: "Any account" is a word of ours, no name that somebody gave."""
    is_word = entry.kind in _STRANGERS and name.startswith(("Any ", "Anyone ", "Anybody "))
    return name[:1].lower() + name[1:] if is_word else name


def why(estate: Estate, entry: Entry, first: Hop) -> str:
    """Why one may start here; of a stranger, the policy that this path begins with; others may let it in too."""
    if entry.kind in _STRANGERS:
        for evidence in (each.evidence for each in first.proof.because if each.layer == "resource" and each.evidence):
            key, _, what = evidence.document.rpartition(" ")
            if key in estate.nodes:
                policy = f"the {what if what == 'policy' else f'{what} policy'} of {estate.name(key)}"
                return f"{policy} lets it in" if evidence.effect else f"{policy} was not read and may let it in"
    return entry.why


def _sureness(verdict: Verdict, hops: Sequence[Hop]) -> Iterable[str]:
    if verdict is Verdict.ALLOWED:
        yield "Nothing stands in the way."
        return
    if verdict is Verdict.UNKNOWN:
        yield "It hangs on something that could not be read or decided."
    conditions = dict.fromkeys(condition for hop in hops for condition in hop.proof.conditions)
    if protects_nothing(conditions):
        yield f"Whoever attacks chooses what is left open ({_named(conditions)}), so it protects nothing."
    elif conditions:
        yield f"It holds only if these do: {_named(conditions)}."
    if known := list(dict.fromkeys(condition.key for condition in conditions if condition.chosen_by == "known")):
        yield f"Whoever attacks sends {' and '.join(known)}, so whoever knows or guesses it gets past."


def protects_nothing(conditions: Iterable[Condition]) -> bool:
    """There are conditions, and the caller chooses every one of them."""
    chosen = {condition.chosen_by for condition in conditions}
    return chosen == {"caller"}


def _named(conditions: Iterable[Condition]) -> str:
    return ", ".join(" ".join(filter(None, [c.key, c.operator, " or ".join(c.values)])) for c in conditions)
