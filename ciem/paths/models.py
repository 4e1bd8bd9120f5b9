"""Findings and their history, the lists beside them, the documents they hang on, and questions asked."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.db import models

from ciem.accounts.models import User
from ciem.connections.models import Connection, ConnectionSet
from ciem.scans.models import EstateGraph, Work
from graph.model import EntryKind, Verdict


def verdict_choices() -> list[tuple[str, str]]:
    return [(verdict.value, verdict.value) for verdict in Verdict]


def entry_choices() -> list[tuple[str, str]]:
    return [(kind.value, kind.value) for kind in EntryKind]


class FindingState(models.TextChoices):
    """Where a finding stands. Only `gone` says that it is no longer true."""

    OPEN = "open", "Open"
    NOT_RECHECKED = "not_rechecked", "Not rechecked"
    PENDING_VERIFICATION = "pending_verification", "Pending verification"
    GONE = "gone", "Gone"
    ACCEPTED = "accepted", "Accepted"
    ORPHANED = "orphaned", "Orphaned"
    SUPERSEDED = "superseded", "Superseded"


M = TypeVar("M", bound=models.Model)


class TouchingQuerySet(models.QuerySet[M]):
    """Rows that touch connections: visible only to those who may see all that a row touches."""

    def visible_to(self, user: User) -> Self:
        return self.filter(touches__in=ConnectionSet.objects.visible_to(user))


class Touching(models.Model):
    """A row whose content comes from a set of connections."""

    touches = models.ForeignKey(ConnectionSet, models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def connections(self) -> models.QuerySet[Connection]:
        return self.touches.connections.all()


class Finding(Touching):
    """(entry kind, entry, harm, target), known by its key across imports, with the path that witnesses it.

    `path` is written at publish and is all a page needs: see `ciem.paths.witness`. `rank` is the place in the last
    analysis, from 1. `conditions` are sentences; `chosen_by_caller` says that the caller alone could fulfil them all.
    `implied` are the narrower entries it holds for as well, pairs of key and name.
    """

    key = models.CharField(max_length=64, unique=True)
    path_id = models.CharField(max_length=64, db_index=True)
    state = models.CharField(max_length=20, choices=FindingState.choices, default=FindingState.OPEN, db_index=True)
    rank = models.PositiveIntegerField(default=0, db_index=True)
    score = models.FloatField(null=True, blank=True)
    entry_kind = models.CharField(max_length=20, choices=entry_choices)
    entry_key = models.CharField(max_length=1000, db_index=True)
    entry_name = models.CharField(max_length=400)
    entry_node_kind = models.CharField(max_length=60)
    entry_label = models.CharField(max_length=100, blank=True)
    entry_why = models.TextField(blank=True)
    target_key = models.CharField(max_length=1000, db_index=True)
    target_name = models.CharField(max_length=400)
    target_kind = models.CharField(max_length=40, db_index=True)
    target_node_kind = models.CharField(max_length=60)
    target_label = models.CharField(max_length=100, blank=True)
    target_cloud = models.CharField(max_length=40)
    target_scope = models.CharField(max_length=400)
    harm = models.CharField(max_length=40, db_index=True)
    verdict = models.CharField(max_length=20, choices=verdict_choices, db_index=True)
    hops = models.PositiveIntegerField()
    assumed = models.JSONField(default=list)
    is_assumed = models.BooleanField(default=False)
    conditions = models.JSONField(default=list)
    chosen_by_caller = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    implied = models.JSONField(default=list)
    path = models.JSONField(default=dict)
    leans_on = models.JSONField(default=list)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    first_graph = models.ForeignKey(EstateGraph, models.SET_NULL, null=True, related_name="+")
    last_graph = models.ForeignKey(EstateGraph, models.SET_NULL, null=True, related_name="findings")
    accepted_until = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[TouchingQuerySet[Finding]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("rank", "key")

    def __str__(self) -> str:
        return f"{self.entry_name}: {self.harm} {self.target_name}"


class Passed(models.Model):
    """A node that the path of a finding names, its ends included: for the paths of a node, and how many there are."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="passed")
    node_key = models.CharField(max_length=1000, db_index=True)

    def __str__(self) -> str:
        return self.node_key


class FindingChange(models.Model):
    """One step in the life of a finding and the graph that proves it; `by` is empty when an analysis made it."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    graph = models.ForeignKey(EstateGraph, models.SET_NULL, null=True, blank=True, related_name="+")
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20)
    words = models.TextField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.words


class Administrator(Touching):
    """An identity that owns an account to begin with."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="administrators")
    identity_key = models.CharField(max_length=1000)
    identity_name = models.CharField(max_length=400)
    identity_label = models.CharField(max_length=100, blank=True)
    account_key = models.CharField(max_length=1000)
    account_name = models.CharField(max_length=400)
    verdict = models.CharField(max_length=20, choices=verdict_choices)

    objects: ClassVar[TouchingQuerySet[Administrator]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("account_name", "identity_name", "id")

    def __str__(self) -> str:
        return f"{self.identity_name} administers {self.account_name}"


class Widening(Touching):
    """An identity that can widen its own rights by `gains`, without becoming anybody else."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="widenings")
    identity_key = models.CharField(max_length=1000)
    identity_name = models.CharField(max_length=400)
    identity_label = models.CharField(max_length=100, blank=True)
    technique = models.CharField(max_length=100)
    verdict = models.CharField(max_length=20, choices=verdict_choices)
    gains = models.JSONField(default=list)
    assumed = models.JSONField(default=list)

    objects: ClassVar[TouchingQuerySet[Widening]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("identity_name", "technique", "id")

    def __str__(self) -> str:
        return f"{self.identity_name} widens itself by {self.technique}"


class IdentityClass(models.Model):
    """Identities that lead to the same harms on the same targets, written down once. `members`: [key, name], sorted."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="identity_classes")
    members = models.JSONField(default=list)
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} identities"


class ClassMember(models.Model):
    """An identity is in a class: for finding the classes of an identity."""

    identities = models.ForeignKey(IdentityClass, models.CASCADE, related_name="+")
    identity_key = models.CharField(max_length=1000, db_index=True)

    def __str__(self) -> str:
        return self.identity_key


class TargetSet(models.Model):
    """Targets of one scope that the same takeovers harm alike, written down once. `members`: [key, name, kind]."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="target_sets")
    members = models.JSONField(default=list)
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} targets"


class TargetMember(models.Model):
    """A target is in a set: for finding the sets of a target."""

    targets = models.ForeignKey(TargetSet, models.CASCADE, related_name="+")
    target_key = models.CharField(max_length=1000, db_index=True)
    target_name = models.CharField(max_length=400)

    def __str__(self) -> str:
        return self.target_key


class Breach(Touching):
    """If any one of these identities is taken over: the harm it leads to, on each of these targets.

    Rows are few because neither identities nor targets are told one by one: docs/decisions/0004-breach-rows.md.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="breaches")
    identities = models.ForeignKey(IdentityClass, models.CASCADE, related_name="breaches")
    targets = models.ForeignKey(TargetSet, models.CASCADE, related_name="breaches")
    harm = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20, choices=verdict_choices)
    hops = models.PositiveIntegerField()  # counted as on a path, from the nearest of the identities
    members: list[tuple[str, str]]  # as `ciem.paths.queries.breaches` adds them, like the next
    target_members: list[tuple[str, str, str]]

    objects: ClassVar[TouchingQuerySet[Breach]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("hops", "harm", "id")

    def __str__(self) -> str:
        return f"{self.harm} {self.targets}"


class PolicyDocument(models.Model):
    """A document that a finding's evidence points into, as it was when the graph was built; or that only binds."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="documents")
    name = models.CharField(max_length=1000)
    body = models.JSONField(null=True)
    problem = models.TextField(blank=True)
    is_evidence = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("graph", "name"), name="one_document_per_graph"),)

    def __str__(self) -> str:
        return self.name


class Bound(models.Model):
    """The documents that bind an identity. `papers`: [how, document, key and name of what hands it on], in order."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="bound")
    identity_key = models.CharField(max_length=1000, db_index=True)
    papers = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.identity_key


class ScopeName(Touching):
    """What people call a scope that a number stands for, as the cloud itself says it."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="scope_names")
    scope = models.CharField(max_length=400)
    name = models.CharField(max_length=400)

    objects: ClassVar[TouchingQuerySet[ScopeName]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"


class QuestionKind(models.TextChoices):
    """What can be asked of the stored facts."""

    ACCESS = "access", "May this identity do this?"
    EDGE = "edge", "Why is this edge there?"


class Question(Touching, Work):
    """A question about one estate graph and its answer, worked out by a task and kept: asked again, it is there.

    ACCESS asks (identity, action, resource); EDGE asks (source, rule, target). `answer` is as `ciem.paths.answers`
    writes it.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=10, choices=QuestionKind.choices)
    subject = models.CharField(max_length=1000)
    verb = models.CharField(max_length=200)
    object = models.CharField(max_length=1000)
    key = models.CharField(max_length=64)
    answer = models.JSONField(null=True, blank=True)

    objects: ClassVar[TouchingQuerySet[Question]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=("graph", "key"), name="one_answer_per_question"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.verb} {self.object}"
