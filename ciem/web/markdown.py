"""A path as Markdown, to paste into a ticket: where it begins and ends, each hop with what decides it, and its fix."""

from __future__ import annotations

from collections.abc import Iterator

from ciem.paths.models import Finding
from ciem.paths.witness import Witness, WitnessHop
from ciem.web import words
from ciem.web.names import visible
from ciem.web.rows import title


def markdown(finding: Finding, witness: Witness, link: str) -> str:
    lines = [
        f"# {title(finding)}",
        "",
        f"- Verdict: {words.whole(finding.verdict, finding.chosen_by_caller)}",
        f"- Begins at: {finding.entry_name} ({_code(finding.entry_key)}), {words.entry(finding.entry_kind).lower()}",
        f"- Ends at: {finding.target_name} ({_code(finding.target_key)}), {words.harm(finding.harm).lower()}",
        f"- Link: {link}",
        "",
    ]
    for number, hop in enumerate(witness.hops, 1):
        lines += [f"{number}. {hop.sentence} ({words.verdict(hop.verdict).lower()})", *_details(hop)]
    return visible("\n".join(lines)) + "\n"


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"


def _details(hop: WitnessHop) -> Iterator[str]:
    yield f"   - From {_code(hop.source)} to {_code(hop.target)}" + (f" by {_code(hop.via)}" if hop.via else "")
    if hop.actions:
        yield f"   - Needs: {', '.join(map(_code, hop.actions))}"
    found = (*hop.evidence, *(reason.evidence for reason in hop.because if reason.evidence))
    for item in dict.fromkeys(found):
        named = f"{item.label} in " if item.label else ""
        yield f"   - {item.effect or 'Not read'}: {named}{_code(item.document)} {item.place}".rstrip()
    for c in hop.conditions:
        yield f"   - If: {words.condition(c.key, c.operator, c.values, c.needed)} ({words.chooser(c.chosen_by)})"
    if hop.assumed:
        yield f"   - Never asked for: {', '.join(map(words.assumption, hop.assumed))}"
    if hop.rule.fix:
        yield f"   - To stop it: {hop.rule.fix}"
