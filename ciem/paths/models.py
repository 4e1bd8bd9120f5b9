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
_FACETS = ("state", "touches", "verdict", "harm", "target_kind", "entry_kind", "target_scope", "is_assumed")


class TouchingQuerySet(models.QuerySet[M]):
    """Rows that touch connections: visible only to those who may see all that a row touches."""

    def visible_to(self, user: User) -> Self:
        return self.filter(touches__in=ConnectionSet.objects.visible_to(user))


class Folding(models.Model):
    """A row of which there may be others that are alike but for the scope: these share `alike`, and one line."""

    alike = models.CharField(max_length=64, blank=True, default="", db_default="", db_index=True)
    others = 0  # how many more its line stands for, where a list says so

    class Meta:
        abstract = True


class Touching(models.Model):
    """A row whose content comes from a set of connections."""

    touches = models.ForeignKey(ConnectionSet, models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def connections(self) -> models.QuerySet[Connection]:
        return self.touches.connections.all()


class Finding(Touching, Folding):
    """(entry kind, entry, harm, target), known by its key across imports, with the path that witnesses it.

    `path` is written at publish and is all a page needs: see `ciem.paths.witness`. `rank` is the place in the last
    analysis, from 1. `conditions` are sentences; `chosen_by_caller` says that the caller alone could fulfil them all.
    `entry_alike` and `target_alike` are the same for ends that are alike but for the scope.
    `implied` are the narrower entries it holds for as well, pairs of key and name. `factors` are what the score is made
    of, as `ciem.paths.factors` writes them; `entry_facts` what is known of the start, pairs of name and value.
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
    entry_scope = models.CharField(max_length=400, blank=True, default="", db_default="")
    entry_alike = models.CharField(max_length=1000, blank=True, default="", db_default="", db_index=True)
    target_alike = models.CharField(max_length=1000, blank=True, default="", db_default="", db_index=True)
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
    factors = models.JSONField(default=dict)
    entry_facts = models.JSONField(default=list)
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
        indexes = (  # lists count and fold without a look at the rows, which are long
            models.Index(fields=_FACETS, name="finding_facets"),
            models.Index(fields=("state", "touches", "alike", "rank", "key"), name="finding_folds"),
        )

    def __str__(self) -> str:
        return f"{self.entry_name}: {self.harm} {self.target_name}"


class Passed(models.Model):
    """A node that the path of a finding names, its ends included: for the paths of a node, and how many there are."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="passed")
    node_key = models.CharField(max_length=1000, db_index=True)
    node_name = models.CharField(max_length=400, blank=True)
    category = models.CharField(max_length=20, blank=True)  # empty for what was noted before it was kept
    alike = models.CharField(max_length=64, blank=True, default="", db_default="", db_index=True)  # where others are

    def __str__(self) -> str:
        return self.node_key


class Stepped(models.Model):
    """A rule by which a hop of a finding's path goes: for the paths of a technique, and how many there are."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="stepped")
    rule = models.CharField(max_length=100, db_index=True)

    def __str__(self) -> str:
        return self.rule


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


class Way(Touching):
    """One of the best ways of a finding that are unlike each other, the witness (number 1) left out.

    A way may lead through connections that the finding's own path does not touch.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="ways")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="ways")
    number = models.PositiveIntegerField()
    path = models.JSONField(default=dict)
    factors = models.JSONField(default=dict)

    objects: ClassVar[TouchingQuerySet[Way]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"way {self.number}"


class Choke(Touching, Folding):
    """A node, statement or membership that many paths share, and what would be gone without it.

    `key` is the same in every graph. `node` and `edges` hold names beside keys; `whole` touches every path through it,
    so that numbers over all of them are shown only to those who may see all.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="chokes")
    key = models.CharField(max_length=64, db_index=True)
    number = models.PositiveIntegerField()
    node = models.JSONField(null=True, blank=True)
    document = models.CharField(max_length=1000, blank=True)
    place = models.CharField(max_length=1000, blank=True)
    label = models.CharField(max_length=400, blank=True)
    edges = models.JSONField(default=list)
    edge_count = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=400, blank=True)
    score = models.FloatField()
    weakened = models.PositiveIntegerField(default=0)
    whole = models.ForeignKey(ConnectionSet, models.PROTECT, related_name="+")

    objects: ClassVar[TouchingQuerySet[Choke]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return self.document or self.key


class ChokePath(models.Model):
    """The shown path of a finding goes through a choke point; `removed` when no way is left without it."""

    choke = models.ForeignKey(Choke, models.CASCADE, related_name="paths")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="chokes")
    removed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.choke_id} on {self.finding_id}"


class Danger(Touching):
    """A harm to a target by whoever starts anywhere. `dominators`: nodes that nobody gets around, nearest first."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="dangers")
    target_key = models.CharField(max_length=1000, db_index=True)
    harm = models.CharField(max_length=40)
    score = models.FloatField()
    factors = models.JSONField(default=dict)
    findings = models.PositiveIntegerField()
    dominators = models.JSONField(default=list)

    objects: ClassVar[TouchingQuerySet[Danger]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-score", "harm", "target_key")

    def __str__(self) -> str:
        return f"{self.harm} {self.target_key}"


class Standing(models.Model):
    """Exposure and impact of nodes that are alike in all numbers: see `graph.analysis.report.Standing`.

    Counted over the whole estate, so only for those who may see all of it.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="standings")
    entries = models.JSONField(default=list)
    identities = models.PositiveIntegerField()
    becomes = models.PositiveIntegerField()
    harms = models.PositiveIntegerField()
    targets = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.identities} reach, {self.targets} reached"


class StandingMember(models.Model):
    """A node is one of those with these numbers."""

    standing = models.ForeignKey(Standing, models.CASCADE, related_name="members")
    node_key = models.CharField(max_length=1000, db_index=True)

    def __str__(self) -> str:
        return self.node_key


class Amplified(Touching):
    """How much more an agent reaches than who may talk to it: see `graph.analysis.report.Amplification`.

    Counted over the whole estate, so it touches all of it. `sensitive`, which is cut: [harm, key, name, category, kinds
    of target].
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="amplified")
    number = models.PositiveIntegerField()
    agent = models.JSONField()
    agent_key = models.CharField(max_length=1000, db_index=True)
    ratio = models.FloatField(null=True, blank=True)
    reach = models.FloatField()
    usual = models.FloatField()
    callers = models.PositiveIntegerField()
    winners = models.PositiveIntegerField()
    sensitive = models.JSONField(default=list)
    sensitive_count = models.PositiveIntegerField(default=0)
    flagged = models.BooleanField(default=False)

    objects: ClassVar[TouchingQuerySet[Amplified]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return self.agent_key


class Latent(Touching, Folding):
    """What would work as soon as something were there to do it with. Both lists are cut; the counts are whole."""

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="latent")
    rule = models.CharField(max_length=100, db_index=True)
    identities = models.JSONField(default=list)
    identity_count = models.PositiveIntegerField()
    targets = models.JSONField(default=list)
    target_count = models.PositiveIntegerField()
    verdict = models.CharField(max_length=20, choices=verdict_choices)
    assumed = models.JSONField(default=list)

    objects: ClassVar[TouchingQuerySet[Latent]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("rule", "id")

    def __str__(self) -> str:
        return f"{self.rule} by {self.identity_count}"


class Administrator(Touching, Folding):
    """An identity that owns an account to begin with, by what, and how many harms go without saying then.

    `evidence`: [document, place, label] of what decides it; `entries` the kinds of start as this identity.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="administrators")
    identity_key = models.CharField(max_length=1000)
    identity_name = models.CharField(max_length=400)
    identity_label = models.CharField(max_length=100, blank=True)
    account_key = models.CharField(max_length=1000)
    account_name = models.CharField(max_length=400)
    verdict = models.CharField(max_length=20, choices=verdict_choices)
    rule = models.CharField(max_length=100, blank=True)
    evidence = models.JSONField(default=list)
    entries = models.JSONField(default=list)
    folded = models.PositiveIntegerField(default=0)

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
    """Identities that lead to the same harms on the same targets, written down once. `members`: [key, name], sorted.

    `words`: beside each member what it shares with those that are alike; empty where none are.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="identity_classes")
    members = models.JSONField(default=list)
    words = models.JSONField(default=list)
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
    """Targets of one scope that the same takeovers harm alike, written down once. `members`: [key, name, kind].

    `words`: as of an `IdentityClass`.
    """

    graph = models.ForeignKey(EstateGraph, models.CASCADE, related_name="target_sets")
    members = models.JSONField(default=list)
    words = models.JSONField(default=list)
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


class Breach(Touching, Folding):
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
    words: list[str]
    target_words: list[str]

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


class Comparison(Work):
    """Two estate graphs compared by a worker; what it found are the rows of Difference."""

    old = models.ForeignKey(EstateGraph, models.CASCADE, related_name="+")
    new = models.ForeignKey(EstateGraph, models.CASCADE, related_name="comparisons")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("old", "new"), name="one_comparison_per_pair"),)

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class Difference(Touching):
    """A path that opened, closed or changed from one graph to the other, and the change that did it.

    `because` are sentences; `hops` those that made the difference: see `ciem.paths.comparing`.
    """

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="differences")
    number = models.PositiveIntegerField()
    turn = models.CharField(max_length=10)
    finding_key = models.CharField(max_length=64)
    entry_key = models.CharField(max_length=1000)
    entry_name = models.CharField(max_length=400)
    target_key = models.CharField(max_length=1000)
    target_name = models.CharField(max_length=400)
    harm = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20, choices=verdict_choices)
    score = models.FloatField(default=0)
    was_verdict = models.CharField(max_length=20, blank=True)
    was_score = models.FloatField(null=True, blank=True)
    because = models.JSONField(default=list)
    hops = models.JSONField(default=list)
    route = models.JSONField(default=list)
    rechecked = models.BooleanField(default=True)

    objects: ClassVar[TouchingQuerySet[Difference]] = TouchingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.turn}: {self.entry_name} {self.harm} {self.target_name}"


class Table(models.Model):
    """A table of one's own over the shipped one. The newest counts from the next analysis on; none is changed."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)
    body = models.JSONField(default=dict)
    version = models.CharField(max_length=120)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.version


class WeightTable(Table):
    """The numbers that scores are made of: see `ciem.paths.weighing`."""


class ImportanceTable(Table):
    """The rules of how critical a target is and whose: see `ciem.paths.judging`."""
