"""Why can they, why can't they: a question to the stored facts, answered by a worker, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, can
from ciem.accounts.requests import SignedInRequest
from ciem.paths import actions, queries
from ciem.paths.asking import UnclearError
from ciem.paths.models import Question, QuestionKind
from ciem.paths.witness import rule
from ciem.scans import queue
from ciem.scans.queries import Coverage
from ciem.web.evidence import Sheet, sheet
from ciem.web.hops import Condition, Layer
from ciem.web.names import visible
from ciem.web.shell import known_of, show
from ciem.web.states import State, no_data
from ciem.web.words import assumption, condition, layer
from graph.clouds import clouds

SUGGESTED = 300  # names offered while somebody writes


class AccessForm(forms.Form):
    """May this identity do this to that?"""

    identity = forms.CharField(
        max_length=1000, help_text="Its name or key; also a stranger that a policy names, by its key."
    )
    action = forms.CharField(max_length=200, help_text="An action, as its cloud calls it.")
    resource = forms.CharField(
        max_length=1000, help_text="The name or key of what it would act on, or the key of something inside it."
    )

    def clean_action(self) -> str:
        """A name that no cloud knows is told at once, and not by a worker."""
        action: str = self.cleaned_data["action"].strip()
        said = [cloud.misspelt(action) for cloud in clouds().values()]
        if all(said):
            raise ValidationError(" ".join(said))
        return action


@dataclass(frozen=True, slots=True)
class Edge:
    """A relationship to replay, from the address that a hop links to."""

    source: str
    rule: str
    title: str
    target: str


@dataclass(frozen=True, slots=True)
class ExplainPage:
    form: forms.Form
    edge: Edge | None
    asked: tuple[Question, ...]
    can_ask: bool
    state: State | None
    identities: tuple[tuple[str, str], ...]
    resources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker found."""

    verdict: str
    sentences: tuple[str, ...]
    layers: tuple[Layer, ...]
    conditions: tuple[Condition, ...]
    assumed: str
    sheets: tuple[Sheet, ...]
    title: str
    fix: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    question: Question
    title: str
    going: bool
    answer: Answer | None
    announce: str


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest) -> HttpResponse:
    known = known_of(request, request.user)
    asked = {name: request.GET.get(name, "") for name in ("identity", "action", "resource")}
    form = AccessForm(request.POST or None, initial=asked)
    edge = _edge(request.POST or request.GET)
    if request.method == "POST" and (edge or form.is_valid()):
        try:
            return redirect("answer", pk=_ask(request, form, edge))
        except UnclearError as error:
            form.add_error(error.field, error.words)
        except Http404:
            form.add_error(None, "The published graph has no such step. It may have changed since this link was made.")
        except ValidationError as error:
            form.add_error(None, error)
    return show(request, "web/explain.html", _ask_page(request.user, form, edge, known), 422 if form.errors else 200)


def _ask_page(user: User, form: forms.Form, edge: Edge | None, known: Coverage) -> ExplainPage:
    recent = tuple(Question.objects.visible_to(user).select_related("graph").order_by("-id")[:10])
    nothing = None if known.snapshots else no_data(known)
    identities, resources = ((), ()) if nothing else (_named(user, "identity"), _named(user, "resource"))
    return ExplainPage(form, edge, recent, can(user, Permission.ASK), nothing, identities, resources)


def _named(user: User, category: str) -> tuple[tuple[str, str], ...]:
    """What to suggest while somebody writes: keys with names."""
    nodes, _ = queries.nodes_page(user, category=category, size=SUGGESTED)
    return tuple((node.key, visible(node.name)) for node in nodes)


def _edge(parameters: Mapping[str, Any]) -> Edge | None:
    source, key, target = (str(parameters.get(name, "")) for name in ("source", "rule", "target"))
    return Edge(source, key, rule(key).title, target) if source and key and target else None


def _ask(request: SignedInRequest, form: forms.Form, edge: Edge | None) -> int:
    """Keep the question, tell the queue, and give its number. A question asked before has its answer already."""
    if edge:
        question = actions.ask(
            by=request.user, kind=QuestionKind.EDGE, subject=edge.source, verb=edge.rule, object=edge.target
        )
    else:
        words = form.cleaned_data
        question = actions.ask(
            by=request.user,
            kind=QuestionKind.ACCESS,
            subject=words["identity"].strip(),
            verb=words["action"].strip(),
            object=words["resource"].strip(),
        )
    if not question.is_finished:
        queue.send_on_commit(queue.RUN_QUESTION, question)
    return question.pk


@require_safe
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    question = queries.question(request.user, pk)
    found = _answer(question.answer) if question.answer else None
    going = not question.is_finished
    words = f"The answer: {found.verdict}." if found else "Working it out." if going else "No answer."
    page = AnswerPage(question, _title(question), going, found, words)
    return show(request, "web/_parts/answer.html" if request.htmx else "web/answer.html", page)


def _title(question: Question) -> str:
    if question.kind == QuestionKind.EDGE:
        return visible(f"{rule(question.verb).title or question.verb}: why?")
    return visible(f"May this identity do {question.verb}?")


def _answer(found: Mapping[str, Any]) -> Answer:
    documents: Mapping[str, Any] = found.get("documents") or {}
    reasons = [reason for reason in found.get("because", ()) if reason]
    evidence = [item for item in (*found.get("evidence", ()), *(reason["evidence"] for reason in reasons)) if item]
    places: dict[str, list[str]] = {name: [] for name in documents}
    for item in evidence:
        places.setdefault(item["document"], []).append(item["place"])
    return Answer(
        verdict=found["verdict"],
        sentences=tuple(found.get("sentences", ())),
        layers=tuple(_layers(reasons)),
        conditions=tuple(_condition(c) for c in found.get("conditions", ())),
        assumed=", ".join(map(assumption, found.get("assumed", ()))),
        sheets=tuple(_sheet(name, documents.get(name), marks) for name, marks in places.items()),
        title=found.get("title", ""),
        fix=found.get("fix", ""),
    )


def _layers(reasons: Iterable[Mapping[str, Any]]) -> Iterator[Layer]:
    """One line for all actions of which a layer said the same."""
    actions: dict[Layer, list[str]] = {}
    for reason in reasons:
        action = reason.get("action", "")
        actions.setdefault(_layer(reason), []).append(action if action not in reason["words"] else "")
    for said, named in actions.items():
        yield replace(said, actions=tuple(map(visible, filter(None, dict.fromkeys(named)))))


def _layer(reason: Mapping[str, Any]) -> Layer:
    evidence = reason["evidence"]
    words = reason["words"] or (evidence["label"] or evidence["document"] if evidence else "")
    icon = "minus" if not evidence else "denied" if str(evidence["effect"]).lower() == "deny" else "ok"
    return Layer(layer(reason["layer"]), words, icon, evidence is not None)


def _condition(found: Mapping[str, Any]) -> Condition:
    needed = condition(found["key"], found["operator"], tuple(found["values"]), found["needed"])
    return Condition(found["key"], found["operator"], needed, found["chosen_by"], 0)


def _sheet(name: str, document: Mapping[str, Any] | None, marks: list[str]) -> Sheet:
    if document is None:
        return Sheet(name, problem="The document was not kept with this answer.")
    return sheet(name, document["body"], marks, document["problem"])
