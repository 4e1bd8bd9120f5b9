"""What a cloud must bring. Nothing above this file asks which cloud it is talking to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from graph.model import Decision, Document, Facts, Gap, Json, Problem, Proof, Strength
from graph.policy.relation import Relation
from graph.snapshot import Pieces, Snapshot, Stored

Given = Mapping[str, tuple[str, ...]]  # context keys that a technique fixes; an empty tuple: the key is absent


class Access(Protocol):
    """Who may do what, decided from one cloud's facts. Made by `cloud.access(facts)`."""

    @property
    def facts(self) -> Facts: ...
    @property
    def identities(self) -> tuple[str, ...]:
        """Sorted keys: the identities of every relation."""
        ...

    def actions(self) -> tuple[str, ...]:
        """The actions that some resource of these facts can take, sorted."""
        ...

    def kinds(self, action: str) -> tuple[str, ...]:
        """The kinds of resource the action takes, sorted; () for a word that is no action of this cloud."""
        ...

    def relation(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        """identities × resources of one kind (default: the action's first), all layers decided."""
        ...

    def decide(self, identity: str, action: str, resource: str, context: Given | None = None) -> Decision:
        """The point question, with layers, deciding evidence and conditions. Slow is fine."""
        ...

    def explain(self, identity: str, action: str, resource: str) -> tuple[str, ...]:
        """The same decision in words, layer by layer, one sentence each."""
        ...

    def knows(self, identity: str) -> bool:
        """Whether `decide` can be asked about it: an identity of these facts, or one from elsewhere, by its name."""
        ...

    def document(self, name: str) -> Document | None:
        """The document that evidence names."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a user types to connect; the web renders it, the cloud never sees a form."""

    name: str
    label: str
    secret: bool = False
    help: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Solved:
    """What a rule found. All relations are over `access.identities`.

    `reaches`: identities × node keys that are become or used. `widens`: over ANYTHING, those who only widen
    themselves by `gains`. `latent`: identities × node keys that would be reached if a host existed.
    `removes` names the guard that all of it takes away first, if any.
    """

    reaches: Relation | None = None
    widens: Relation | None = None
    latent: Relation | None = None
    gains: tuple[str, ...] = ()
    removes: str = ""


# (access, source, target) -> why the edge is there, replayed by point decisions
Prove = Callable[[Any, str, str], Proof]


@dataclass(frozen=True, slots=True)
class Technique:
    """A way of becoming another identity, or of widening one's own rights. One entry, with cases beside it.

    `sentence` is a template with {source}, {target} and {via}. `needs` are permissions in words, for the reference;
    `prerequisites` is what must be there besides. `attack` are ATT&CK techniques, `answers` the catalogued permission
    sets that it evaluates. `precondition` says how an agent is steered by it: `direct`, by whoever talks to it;
    `indirect`, by what it reads; `config`, by how it is set up.
    """

    key: str
    title: str
    family: str
    strength: Strength
    sentence: str
    needs: tuple[str, ...]
    gives: str
    fix: str
    detect: str
    references: tuple[str, ...]
    solve: Callable[[Any], Solved]
    prove: Prove
    also_known_as: tuple[str, ...] = ()
    prerequisites: str = ""
    attack: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    precondition: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A harm to one kind of target, as this cloud's permissions realise it.

    `answers` are the catalogued permission sets that it evaluates.
    """

    key: str
    kind: str
    harm: str
    title: str
    sentence: str
    needs: tuple[str, ...]
    references: tuple[str, ...]
    solve: Callable[[Any], Solved]
    prove: Prove
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """Permissions that public catalogues name together as a way of escalation; `known_to`: (catalogue, its names).

    `retired` says why no rule answers it any more: the service is gone.
    """

    key: str
    permissions: tuple[str, ...]
    family: str
    known_to: tuple[tuple[str, tuple[str, ...]], ...] = ()
    retired: str = ""


@dataclass(frozen=True, slots=True)
class Catalogued:
    """Permissions that a catalogue names together as a harm to a kind of target.

    `answered` are the keys of the rules that evaluate them; where there are none, `reason` says why.
    """

    target: str
    harm: str
    permissions: tuple[str, ...]
    answered: tuple[str, ...] = ()
    reason: str = ""


class ImportRefusedError(Exception):
    """Input that cannot be imported at all. The message says what is wrong and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an import may cost, also after unpacking."""

    bytes: int = 2_000_000_000
    files: int = 2_000_000
    depth: int = 12
    nesting: int = 200


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file does not say: when it was collected and of which scope; and how much it may cost.

    `progress(done, total, words)` is called now and then. `store` is a folder in which a large snapshot may be stored
    scope by scope while it is read, so that it need not be held whole.
    """

    collected_at: str | None = None
    scope: str | None = None
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[int, int, str], None] = lambda _done, _total, _words: None
    store: Path | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """One offline format of a cloud: tells its own by content and makes a snapshot of it.

    `recognise(path)` must be cheap and never raise; `load` raises ImportRefusedError only where nothing can be read. It
    gives a stored snapshot only where it may store one.
    `how` is the one command that makes such a file, to be copied by a person; "" where there is none.
    """

    key: str
    label: str
    recognise: Callable[[Path], bool]
    load: Callable[[Path, ImportOptions], Snapshot | Stored]
    how: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights that collecting asks for, as files for one tool that gives them: texts by file name, made when asked.

    `about` says, for a person, what the files are and where each belongs.
    """

    key: str
    about: str
    files: Callable[[], Mapping[str, str]]


class CollectRefusedError(Exception):
    """What cannot be collected at all, however often it is tried. The message says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Piece:
    """So much of a collection as one worker does by itself; `data` is all that it must know beside the values.

    `key` is one of a kind in its collection, the same whenever the same is asked for, and fit to name a folder.
    """

    key: str
    words: str
    data: Mapping[str, Json] = field(default_factory=dict)


Values = Mapping[str, str]  # what was typed to connect, by the name of its field


@dataclass(frozen=True, slots=True)
class Collector:
    """How a cloud is read live. `fields` are what must be typed; `check` says what is missing, () for nothing.

    `pieces` says into which pieces a collection falls; `collect(values, piece, folder, tell)` makes one of them, in any
    process: it writes into an empty folder of its own and returns the gaps. It calls `tell(calls, words)` at least once
    a second with the calls made so far; what `tell` raises must pass through, for it ends the work.
    `finish(values, folder, lost, options)` makes the snapshot of what lies in `folder`, one folder for each piece that
    was made, named by its key; `lost` are those given up, each with the reason, and become gaps.
    All raise CollectRefusedError where trying again is of no use, and OSError where it may be.
    """

    fields: tuple[Field, ...]
    check: Callable[[Values], Sequence[Problem]]
    pieces: Callable[[Values], Sequence[Piece]]
    collect: Callable[[Values, Piece, Path, Callable[[int, str], None]], Sequence[Gap]]
    finish: Callable[[Values, Path, Sequence[tuple[Piece, str]], ImportOptions], Snapshot | Stored]


@dataclass(frozen=True, slots=True)
class Binding:
    """A document that says what an identity may do, and how it comes to bind it, in words ("boundary", "inline").

    `through` is the node that hands it on, such as a group; "" where it binds the identity itself.
    """

    identity: str
    how: str
    document: Document
    through: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Some identities of an estate, with all that bears on them, so that they can be decided away from the rest.

    `cloud.access(part.facts)` says of its identities what the access to the whole estate would say, and of no others.
    The nodes of `facts` are those that its answers can name. `key` is the same for the same part of a later estate.
    """

    key: str
    facts: Facts


class Scattered(Protocol):
    """An estate that is read and decided piece by piece. What was read lies in a folder that every process sees.

    Each of `names` is `read` first, in any process and any order. `join` takes what these readings returned and says
    which names are to be read once more, for others told something of them. When it says none, `facts` are those that
    go into the graph as they are, and each of `parts` can be made, in any process.
    """

    def names(self) -> tuple[str, ...]: ...
    def read(self, name: str) -> Any: ...
    def join(self, told: Sequence[Any]) -> tuple[str, ...]: ...
    def facts(self) -> Facts: ...
    def parts(self) -> tuple[str, ...]: ...
    def part(self, key: str) -> Part: ...
    def asked(self, identity: str, target: str) -> str:
        """The part that answers for somebody who may be in several, where it is about this target."""
        ...

    def bindings(self) -> Iterable[Binding]:
        """Of all identities."""
        ...


@dataclass(frozen=True, slots=True)
class Cloud:
    """All that a cloud brings. What it lacks is empty, not a stub.

    The identities of all `parts` together are those of the access to the whole, each in one part. `aligned(facts,
    before)` are the facts with the very things of earlier facts where they are equal. `again(facts, access)` is the
    access to aligned facts that keeps what it can of the access to earlier ones; None where it can keep nothing.
    `scattered(snapshots, folder)` is the way to read and decide a large estate piece by piece; None where it is small.
    """

    key: str
    label: str
    importers: tuple[Importer, ...]
    read: Callable[[Sequence[Snapshot]], Facts]
    access: Callable[[Any], Access]
    techniques: tuple[Technique, ...]
    targets: tuple[Target, ...]
    decide_request: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    catalogue: tuple[Catalogued, ...] = ()  # harms, each of which has a rule or a reason
    permission_sets: tuple[PermissionSet, ...] = ()  # all of which some technique or target must answer
    misspelt: Callable[[str], str] = lambda _action: ""  # what is wrong with an action's name, in words; "" for nothing
    data_versions: tuple[tuple[str, str], ...] = ()
    parts: Callable[[Any], Sequence[Part]] = lambda facts: (Part("", facts),)
    aligned: Callable[[Any, Any], Any] = lambda facts, _before: facts
    again: Callable[[Any, Any], Access | None] = lambda _facts, _before: None
    scattered: Callable[[Sequence[Pieces], Path], Scattered | None] = lambda _snapshots, _folder: None
    ceilings: tuple[str, ...] = ()  # the layers of its proofs that only limit what others grant
    layers: Mapping[str, str] = field(
        default_factory=dict
    )  # names of layers of its proofs, and of limits never asked for
    bindings: Callable[[Any], Iterable[Binding]] = lambda _facts: ()  # identity by identity, for people to read
    collect: Collector | None = None  # None: it is read from files only
    rights: tuple[Rights, ...] = ()  # ways of giving a collector the least that it needs
    demo: Callable[[Path], None] | None = None  # writes this cloud's part of the demo estate into a folder
