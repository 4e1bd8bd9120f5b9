"""Everything that people can do to findings, and the questions they can ask."""

from __future__ import annotations

import hashlib
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.models import ConnectionSet
from ciem.paths.asking import Asker
from ciem.paths.estate import Territory, estate_for
from ciem.paths.models import Finding, FindingChange, FindingState, Question, QuestionKind
from ciem.scans import queue
from ciem.scans.models import State
from graph.snapshot import canonical


@transaction.atomic
def accept(*, by: User, finding: Finding, until: date, note: str) -> None:
    """Live with an open finding until a day, for a reason that stays on record."""
    require(by, Permission.DECIDE)
    fresh = _locked(by, finding)
    if fresh.state not in {FindingState.OPEN, FindingState.NOT_RECHECKED, FindingState.ACCEPTED}:
        raise ValidationError(f"A finding that is {fresh.get_state_display().lower()} cannot be accepted.")
    if until <= timezone.now().date():
        raise ValidationError("Choose a day in the future.")
    if not note.strip():
        raise ValidationError("Say why it is accepted.")
    fresh.accepted_until, fresh.note = until, note.strip()
    _move(by, fresh, FindingState.ACCEPTED, f"Accepted until {until.isoformat()}: {fresh.note}")


@transaction.atomic
def reopen(*, by: User, finding: Finding) -> None:
    """No longer accept a finding."""
    require(by, Permission.DECIDE)
    fresh = _locked(by, finding)
    if fresh.state != FindingState.ACCEPTED:
        raise ValidationError("Only an accepted finding can be reopened.")
    fresh.accepted_until = None
    _move(by, fresh, FindingState.OPEN, "Reopened.")


def _locked(by: User, finding: Finding) -> Finding:
    fresh = Finding.objects.visible_to(by).select_for_update().filter(pk=finding.pk).first()
    if fresh is None:
        raise Http404("no such finding")
    return fresh


def _move(by: User, finding: Finding, state: FindingState, words: str) -> None:
    before, finding.state = finding.state, state
    finding.save(update_fields=["state", "accepted_until", "note"])
    FindingChange.objects.create(
        finding=finding,
        at=timezone.now(),
        by=by,
        graph=finding.last_graph,
        before=before,
        after=state,
        words=words,
    )
    audit.record(by, f"finding {state.value}", finding, {"words": words})


def ask(*, by: User, kind: QuestionKind, subject: str, verb: str, object: str) -> Question:  # noqa: A002
    """Ask about what the user may see of the current graph, and tell a worker.

    A question asked before keeps its answer.
    ACCESS: may `subject` do the action `verb` to `object`, both by key or name (see `ciem.paths.asking`)?
    EDGE: why does the rule `verb` lead from one node to the other?
    """
    require(by, Permission.ASK)
    if not 0 < len(verb) <= 200:
        raise ValidationError("Name the action to ask about.")
    with estate_for(by) as estate:
        graph = estate.graph
        territory = Territory.of(graph.snapshots.all())
        if kind == QuestionKind.EDGE:
            touched = territory.touched([estate.node(subject), estate.node(object)])
        else:
            asker = Asker(by, estate, territory)
            who, what = asker.identity(subject), asker.resource(object)
            subject, object = who.key, what.key  # noqa: A001
            touched = {*who.touched, *what.touched}
    key = hashlib.sha256(canonical([kind.value, subject, verb, object])).hexdigest()
    with transaction.atomic():
        question, new = Question.objects.get_or_create(
            graph=graph,
            key=key,
            defaults={
                "kind": kind,
                "subject": subject,
                "verb": verb,
                "object": object,
                "touches": ConnectionSet.objects.of(touched),
            },
        )
        if not new and question.state in {State.FAILED, State.CANCELLED}:
            question.state, question.tries, question.error, question.sent_at = State.QUEUED, 0, "", None
            question.save(update_fields=["state", "tries", "error", "sent_at"])
        if new:
            audit.record(by, "question asked", question)
        if question.state == State.QUEUED:
            queue.send_on_commit(queue.RUN_QUESTION, question)
    return question
