"""An entry of the technique list: the words, the rule, and what others call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.cloud import Solved, Technique
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.ground import AwsQuestions, ground
from graph.clouds.aws.rules.language import Rule, Shape, Supply, every_need
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.rules.words import needs_in_words
from graph.model import Proof, Strength

NEW_PASSROLE = "new-passrole"
EXISTING_PASSROLE = "existing-passrole"
PRINCIPAL_ACCESS = "principal-access"
SELF_ESCALATION = "self-escalation"
GUARDRAIL_REMOVAL = "guardrail-removal"
EXPOSURE = "exposure"


# Where the event is not called as the action; data events are not recorded unless a trail asks for them.
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
_EVENTS = {
    "lambda:CreateFunction": "CreateFunction20150331",
    "lambda:UpdateFunctionCode": "UpdateFunctionCode20150331v2",
    "lambda:UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    "lambda:AddPermission": "AddPermission20150331v2",
    "lambda:InvokeFunction": "Invoke (a data event)",
    "bedrock:InvokeAgent": "InvokeAgent (a data event)",
    "bedrock:InvokeFlow": "InvokeFlow (a data event)",
    "bedrock:Retrieve": "Retrieve (a data event)",
    "appsync:GraphQL": "GraphQL (a data event)",
}

# Passing a role or tags leaves no event of its own: it shows in the request parameters of the call it is passed to.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_ctlogs
_SILENT = ("iam:PassRole", "sts:TagSession")


def going_on(entries: Iterable[Entry]) -> tuple[Rule, ...]:
    """What is tried once more after a change: all by which one becomes somebody, or administrator."""
    limited = (Shape.ADD, Shape.JOIN, Shape.ASSIGN, Shape.ANCHOR, Shape.UNBIND, Shape.RECAST, Shape.OPEN, Shape.COPY)
    leading = (entry.rule for entry in entries if entry.strength is Strength.BECOMES)
    return (ADMINISTER, *(rule for rule in leading if rule.shape not in limited))


@dataclass(frozen=True, slots=True)
class Entry:
    """One technique. `known_as` are pathfinding.cloud ids; `events` are CloudTrail's, by default its actions.

    `answers` are ids of `data/permission_sets.json`: the entry finds whoever holds such a set where it leads somewhere.
    `attack` are ids of MITRE ATT&CK; `prerequisites` is what must be there besides the permissions.
    """

    key: str
    title: str
    family: str
    rule: Rule
    sentence: str
    gives: str
    fix: str
    page: str
    strength: Strength = Strength.BECOMES
    known_as: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    prerequisites: str = ""

    def technique(self) -> Technique:
        """The entry as the rest of the house knows it."""
        return Technique(
            key=self.key,
            title=self.title,
            family=self.family,
            strength=self.strength,
            sentence=self.sentence,
            needs=needs_in_words(self.rule),
            gives=self.gives,
            fix=self.fix,
            detect=f"CloudTrail: {', '.join(self.events or self._actions())}",
            references=(self.page, *(f"https://pathfinding.cloud/paths/{name}" for name in self.known_as)),
            solve=self.solve,
            prove=self.prove,
            also_known_as=self.known_as,
            prerequisites=self.prerequisites,
            attack=self.attack,
            answers=self.answers,
        )

    def _actions(self) -> tuple[str, ...]:
        needs = [n for n in every_need(self.rule) if n.supply is Supply.NOTHING and n.action not in _SILENT]
        return tuple(dict.fromkeys(_EVENTS.get(need.action, need.action.partition(":")[2]) for need in needs))

    def solve(self, access: AwsQuestions) -> Solved:
        return solve(self.rule, ground(access))

    def prove(self, access: AwsQuestions, source: str, target: str) -> Proof:
        return prove(self.rule, ground(access), source, target)
