"""The pieces that techniques on existing hosts are written with: what is needed on them, on their parts, elsewhere."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Conjunction, Given, Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import EXISTING_PASSROLE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"
Facts = tuple[tuple[str, str | bool], ...]

LAMBDA, EC2, TASKS = "lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"
CODEBUILD, SAGEMAKER, GLUE = "codebuild.amazonaws.com", "sagemaker.amazonaws.com", "glue.amazonaws.com"
BEDROCK, AGENTCORE = "bedrock.amazonaws.com", "bedrock-agentcore.amazonaws.com"
RUNNING: Facts = (("running", True),)


def on(kind: str, *actions: str) -> Conjunction:
    """Permissions on one and the same host."""
    return tuple(Need(action, kind, Place.HOST) for action in actions)


def part(kind: str, *actions: str) -> Conjunction:
    """Permissions on something that the host consists of or takes its code from."""
    return tuple(Need(action, kind, Place.PART) for action in actions)


def new(kind: str, *actions: str) -> Conjunction:
    """Permissions on something new in the own account."""
    return tuple(Need(action, kind, Place.NEW) for action in actions)


def some(kind: str, *actions: str) -> Conjunction:
    """Permissions on anything of the kind; without a kind, on actions that take no resource."""
    return tuple(Need(action, kind, Place.SOME) for action in actions)


def passed(service: str) -> Conjunction:
    """The host's own role passed to it once more, because the call names it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    to: Given = (("iam:PassedToService", (service,)),)
    return (Need("iam:PassRole", "iam:role", given=to),)


def hosted(
    kind: str, service: str, *ways: Conjunction, where: Facts = (), acts_as: str = "", mixed: bool = False
) -> Rule:
    """What runs on hosts of a kind, whose roles trust the service."""
    return Rule(Shape.RUN_AS, kind, ways, service=service, where=where, acts_as=acts_as, mixed=mixed)


def entry(  # noqa: PLR0913 - a row of a table
    slug: str,
    title: str,
    rule: Rule,
    sentence: str,
    fix: str,
    page: str,
    *,
    known_as: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
    attack: tuple[str, ...] = (),
    prerequisites: str = "",
    strength: Strength = Strength.BECOMES,
    gives: str = "own code under the role that is already there",
    events: tuple[str, ...] = (),
) -> Entry:
    """A technique of the family; `answers` are numbers of permission sets."""
    return Entry(
        key=f"aws.{slug}",
        title=title,
        family=EXISTING_PASSROLE,
        rule=rule,
        sentence=sentence,
        gives=gives,
        fix=fix,
        page=f"{_DOCS}/{page}",
        strength=strength,
        known_as=known_as,
        events=events,
        answers=tuple(f"AWS-{number}" for number in answers),
        attack=attack,
        prerequisites=prerequisites,
    )
