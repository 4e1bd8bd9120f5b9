"""Which harms to a thing would leave no log, and against which it has a guard, as far as the snapshots tell.

Only calls on data can leave none: CloudTrail records them where a trail or an event data store asks for them, some
services keep a log of their own. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from graph.clouds.aws.facts import Account, Resource
from graph.clouds.aws.read.commons import Watching
from graph.clouds.aws.read.estate import State, text, texts, values
from graph.clouds.aws.read.reading import Reading, parse, shown
from graph.clouds.aws.read.recorders import all_known, recorders, regions_read
from graph.clouds.aws.read.selectors import Answer, Call, Recorder, any_of
from graph.model import Json, Node
from graph.node_facts import BECAUSE, GUARDED, LOG_UNKNOWN, UNLOGGED

INVOCATIONS = "bedrock-get-model-invocation-logging-configuration"
_ENFORCED = "bedrock-list-enforced-guardrails-configuration"
_MODEL = "modelSummaries"
_ORGANIZATION = "organizations-describe-organization"
MODELS = "bedrock-list-foundation-models"
_EVENTS = "data events in CloudTrail"
_TOLD = (
    (UNLOGGED, False, "looked for in "),
    (LOG_UNKNOWN, None, "not told whole by "),
)
_READING = ("extract_model", "read_prompts", "read_training_data")
_WRITING = ("poison_data", "replace_model")
# By kind of target, what can be done to a bucket that is one.
_OF_BUCKETS: Mapping[str, tuple[str, ...]] = {
    "training_data": ("read_training_data", "poison_data", "destroy"),
    "rag_store": ("read_training_data", "poison_data", "destroy"),
    "model_artifact": ("extract_model", "replace_model", "destroy"),
    "prompt_log": ("read_prompts", "destroy"),
}
_ASKED = frozenset(
    {
        "bedrock:application-inference-profile",
        "bedrock:custom-model-deployment",
        "bedrock:foundation-model",
        "bedrock:imported-model",
        "bedrock:inference-profile",
        "bedrock:prompt-router",
        "bedrock:provisioned-model",
    }
)


@dataclass(frozen=True, slots=True)
class _Log:
    """Harms, whether they leave a log, and where one would be, in words."""

    harms: tuple[str, ...]
    kept: Answer
    where: str


def watching(reading: Reading, accounts: Iterable[Account]) -> Watching:
    """As told by the accounts that manage an organization, and by all in which models can be called."""
    regions = regions_read(reading)
    managing = {account.id: regions.get(account.id, ()) for account in accounts if account.management}
    owned = {n: tuple(r for r in recorders(reading, n, managing[n]) if r.organization) for n in sorted(managing)}
    known = frozenset(number for number, some in managing.items() if all_known(reading, number, some, ""))
    callable_in = [(part.scope, part.region) for part in reading.answers.parts(MODELS) if values(part.response, _MODEL)]
    return Watching(owned, known, {place: _invocations(reading, *place) for place in sorted(set(callable_in))})


@dataclass(frozen=True)
class Oversight:
    """Asks, for one thing after the other, what would be seen of harms to it."""

    reading: Reading
    accounts: Mapping[str, Account]
    _recorders: dict[str, tuple[Recorder, ...]] = field(default_factory=dict)
    _complete: dict[tuple[str, str], bool] = field(default_factory=dict)

    @cached_property
    def common(self) -> Watching:
        return self.reading.commons.watching if self.reading.commons else watching(self.reading, self.accounts.values())

    @cached_property
    def _regions(self) -> Mapping[str, tuple[str, ...]]:
        return regions_read(self.reading)

    def of(self, node: Node, thing: Resource) -> Node:
        """The node with what is known of logs and guards."""
        logs = [log for log in self._logs(node, thing) if log.kept is not True]
        said: dict[str, Json] = {}
        for name, kept, words in _TOLD:
            some = [log for log in logs if log.kept is kept]
            said |= {name: sorted({harm for log in some for harm in log.harms})}
            said |= {name + BECAUSE: "; ".join(dict.fromkeys(words + log.where for log in some))}
        harms, guard = self._guard(node, thing)
        said |= {GUARDED: harms if guard else (), GUARDED + BECAUSE: guard}
        return replace(node, properties=tuple(sorted({**dict(node.properties), **dict(shown(**said))}.items())))

    def _logs(self, node: Node, thing: Resource) -> Iterator[_Log]:
        if thing.kind == "s3:bucket":
            yield from self._bucket(node, thing)
        elif thing.kind in _DATA:
            yield self._data(thing, *_DATA[thing.kind])
        elif thing.kind == "sagemaker:endpoint":
            yield _Log(("invoke", "extract_model"), self._captured(node, thing), "the data capture of the endpoint")
        elif thing.kind in _ASKED:
            yield _Log(("invoke", "extract_model"), self._written(thing), "model invocation logging")

    def _bucket(self, node: Node, thing: Resource) -> Iterator[_Log]:
        possible = {harm for target in node.targets for harm in _OF_BUCKETS.get(target, ())}
        own = self._access_log(node, thing)
        for harms, name in ((_READING, "GetObject"), (_WRITING, "PutObject"), (("destroy",), "DeleteObject")):
            mine = tuple(harm for harm in harms if harm in possible)
            call = Call("AWS::S3::Object", name, name == "GetObject", f"{thing.arn}/")
            if mine:
                kept = any_of((own, self._recorded(thing, call)))
                yield _Log(mine, kept, f"{_EVENTS}, the access log of the bucket")

    def _data(self, thing: Resource, kind: str, name: str, below: Callable[[str], str]) -> _Log:
        place = below(thing.arn)
        kept = self._recorded(thing, Call(kind, name, True, place, whole=place == thing.arn))
        where = _EVENTS
        if thing.kind in ("bedrock:agent", "bedrock:flow"):  # what they ask of models is written down with all else
            kept = any_of((kept, self._written(thing)))
            where += ", model invocation logging"
        return _Log(("invoke",), kept, where)

    def _recorded(self, thing: Resource, call: Call) -> Answer:
        """By whatever records in its account; what an account of an organization does not see of it is asked there."""
        account = thing.account or ""
        if account not in self._recorders:
            self._recorders[account] = tuple(self._of(account))
        found = any_of(one.records(call, thing.region) for one in self._recorders[account])
        return found if found is True or self._all_known(account, thing.region) else None

    def _all_known(self, account: str, region: str) -> bool:
        """Whether everything was told that records in a region of an account."""
        if (account, region) not in self._complete:
            told = all_known(self.reading, account, self._regions.get(account, ()), region)
            self._complete[account, region] = told and self._organization_known(account)
        return self._complete[account, region]

    def _of(self, account: str) -> Iterator[Recorder]:
        managers = [number for number in self.common.recorders if self._same_organization(number, account)]
        shared = {one.arn: one for number in managers for one in self.common.recorders[number]}
        own = {one.arn: one for one in recorders(self.reading, account, self._regions.get(account, ()))}
        yield from {**own, **shared}.values()

    def _same_organization(self, one: str, other: str) -> bool:
        known = [self.accounts[number].organization for number in (one, other) if number in self.accounts]
        return one == other or (len(known) == 2 and known[0] is not None and known[0] == known[1])

    def _organization_known(self, account: str) -> bool:
        known = self.accounts.get(account)
        if known is None or known.organization is None:
            return self.reading.answers.state(account, "global", _ORGANIZATION) is State.ASKED
        return any(self._same_organization(number, account) for number in self.common.known)

    def _access_log(self, node: Node, thing: Resource) -> Answer:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html"""
        asked = (thing.account or "", "global", "s3-get-bucket-logging", node.name)
        if self.reading.answers.state(*asked) is not State.ASKED:
            return None
        return bool(text(self.reading.answers.one(*asked), "LoggingEnabled.TargetBucket"))

    def _captured(self, node: Node, thing: Resource) -> Answer:
        """Calls of an endpoint are no events of CloudTrail; they are kept where its data is captured.

        https://docs.aws.amazon.com/sagemaker/latest/dg/logging-using-cloudtrail.html
        """
        asked = (thing.account or "", thing.region, "sagemaker-describe-endpoint", node.name)
        if self.reading.answers.state(*asked) is not State.ASKED:
            return None
        answer = self.reading.answers.one(*asked)
        stopped = text(answer, "DataCaptureConfig.CaptureStatus") == "Stopped"
        return values(answer, "DataCaptureConfig.EnableCapture") == (True,) and not stopped

    def _written(self, thing: Resource) -> Answer:
        """Whether what is asked of a model is written down. A model that everybody has is called in whichever account.

        https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
        """
        if thing.account:
            return _invocations(self.reading, thing.account, thing.region)
        parsed = parse(thing.arn)
        region = parsed.region if parsed else ""
        told = {answer for (_account, place), answer in self.common.invocations.items() if place == region}
        return next(iter(told)) if len(told) == 1 else None

    def _guard(self, node: Node, thing: Resource) -> tuple[tuple[str, ...], str]:
        """Harms and what guards against them; no words, no guard."""
        if thing.kind == "s3:bucket":
            answer = self.reading.answers.one(thing.account or "", "global", "s3-get-bucket-versioning", node.name)
            kept = text(answer, "Status") == "Enabled"
            return ("destroy",), "versioning keeps what is deleted" if kept else ""
        if thing.kind == "bedrock:agent":
            named = dict(node.properties).get("guardrail", "")
            return ("invoke",), f"the guardrail {named}" if named else ""
        if thing.kind in _ASKED and thing.account:
            enforced = self.reading.answers.one(thing.account, thing.region, _ENFORCED)
            named = ", ".join(sorted(set(texts(enforced, "guardrailsConfig.guardrailArn"))))
            return ("invoke",), f"the account enforces the guardrail {named}" if named else ""
        return (), ""


def overseen(oversight: Oversight, nodes: Iterable[Node], resources: Iterable[Resource]) -> tuple[Node, ...]:
    """The nodes, with what is known of logs and guards at what is worth attacking."""
    things = {thing.arn: thing for thing in resources if thing.arn == thing.node}
    return tuple(
        oversight.of(node, things[node.key]) if node.targets and node.key in things else node for node in nodes
    )


def _invocations(reading: Reading, account: str, region: str) -> Answer:
    if reading.answers.state(account, region, INVOCATIONS) is not State.ASKED:
        return None
    answer = reading.answers.one(account, region, INVOCATIONS)
    return bool(values(answer, "loggingConfig.cloudWatchConfig") or values(answer, "loggingConfig.s3Config"))


# Kind → the type of resource and the event as CloudTrail names them, and what the ARNs in it begin with.
# https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
_DATA: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "bedrock:agent": (
        "AWS::Bedrock::AgentAlias",
        "InvokeAgent",
        lambda arn: arn.replace(":agent/", ":agent-alias/") + "/",
    ),
    "bedrock:flow": ("AWS::Bedrock::FlowAlias", "InvokeFlow", lambda arn: f"{arn}/alias/"),
    "bedrock:knowledge-base": ("AWS::Bedrock::KnowledgeBase", "Retrieve", lambda arn: arn),
    "bedrock-agentcore:runtime": ("AWS::BedrockAgentCore::Runtime", "InvokeAgentRuntime", lambda arn: arn),
}
