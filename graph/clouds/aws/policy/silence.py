"""Why documents do not allow a call: what they would have to say that they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.clouds.aws.policy.documents import Policy, Statement
from graph.clouds.aws.policy.layers import Question, clause_truth, principal_named, resource_truth, speaks_of
from graph.policy.conditions import Clause
from graph.policy.patterns import NO

Placed = tuple[Policy, Statement]


def why_silent(policies: Sequence[Policy], question: Question, *, plural: bool) -> str:
    """The nearest miss, as what follows the documents' name in a sentence."""
    do, speak = ("do", "speak") if plural else ("does", "speaks")
    near = [(policy, each) for policy in policies for each in policy.statements if each.allows]
    near = [(policy, each) for policy, each in near if speaks_of(each, question.action)]
    if not near:
        return f"{do} not speak of {question.action}"
    named = [(policy, each) for policy, each in near if each.principals is None or _named(each, question)]
    if not named:
        return f"{speak} of {question.action}, but {do} not name the caller"
    on_it = [(policy, each) for policy, each in named if _on_resource(each, question)]
    if not on_it:
        return f"{speak} of {question.action}, but not on {question.resource}"
    failing = next(_failing(on_it, question), None)
    if failing is None:
        return f"{do} not allow {question.action}"
    statement, clause = failing
    words = f"{clause.name} {clause.key} [{', '.join(clause.values)}]"
    return f"{'allow' if plural else 'allows'} it only if {words} holds ({where(*statement)}), and it does not"


def where(policy: Policy, statement: Statement) -> str:
    """The document and the statement in it."""
    return f"{policy.name}, {f'statement {statement.sid}' if statement.sid else statement.place}"


def _named(statement: Statement, question: Question) -> bool:
    return principal_named(statement, question).any is not NO


def _on_resource(statement: Statement, question: Question) -> bool:
    return resource_truth(statement, question.resource, question.context).possible


def _failing(near: Sequence[Placed], question: Question) -> Iterator[tuple[Placed, Clause]]:
    for placed in near:
        for clause in placed[1].clauses:
            if not clause_truth(clause, question.context).possible:
                yield placed, clause
