"""The words that all ways of passing a role to something new share: permissions, the rule, and a row of the list."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Given, Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import NEW_PASSROLE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"
# "Temporary Elevated Cloud Access": https://attack.mitre.org/techniques/T1548/005/
_ELEVATION = "T1548.005"


def new(kind: str, *actions: str, beside: str = "") -> tuple[Need, ...]:
    """Permissions on one and the same new thing, perhaps where something else is there already."""
    return tuple(Need(action, kind, Place.NEW, beside=beside) for action in actions)


def bare(*actions: str) -> tuple[Need, ...]:
    """Permissions on actions that take no resource."""
    return tuple(Need(action, "", Place.SOME) for action in actions)


def some(kind: str, *actions: str, beside: str = "") -> tuple[Need, ...]:
    """Permissions on one and the same thing that exists already, whatever role it has."""
    return tuple(Need(action, kind, Place.SOME, beside=beside) for action in actions)


def passed_to(service: str) -> Given:
    """What IAM is told of the service that the role is handed to."""
    return (("iam:PassedToService", (service,)),)


def passing(service: str, *ways: tuple[Need, ...], profile: str = "", given: Given | None = None) -> Rule:
    """Pass a role to a service that it trusts, and make the service run something, in one of several ways.

    `given` where IAM is told another name than the one that the role trusts, or nobody says which.
    """
    passed = Need("iam:PassRole", "iam:role", given=passed_to(service) if given is None else given)
    return Rule(Shape.BECOME, "iam:role", tuple((passed, *way) for way in ways), service=service, through=profile)


def carried(service: str, *ways: tuple[Need, ...]) -> Rule:
    """Pass a role to a service that does its work as a further role, which the one that is passed assumes."""
    passed = Need("iam:PassRole", "iam:role", Place.CARRIER, given=passed_to(service), trusts=service)
    return Rule(Shape.BECOME, "iam:role", tuple((passed, *way) for way in ways))


def another(service: str, given: Given | None = None) -> Need:
    """Pass a second role, whatever it may do, to a service that needs one of its own."""
    told = passed_to(service) if given is None else given
    return Need("iam:PassRole", "iam:role", Place.SOME, given=told, trusts=service)


def entry(  # noqa: PLR0913 - a row of a table
    slug: str,
    title: str,
    rule: Rule,
    does: str,
    page: str,
    *,
    answers: tuple[str, ...] = (),
    known_as: tuple[str, ...] = (),
    attack: tuple[str, ...] = (),
    events: tuple[str, ...] = (),
    prerequisites: str = "",
    strength: Strength = Strength.BECOMES,
    gives: str = "own code, or calls of one's choice, under the role",
) -> Entry:
    """A row; `does` goes between the source and the role.

    One becomes the role where one's own code, or calls of one's choice, are made with its credentials; one only uses it
    where the service makes calls of its own kind with them, whatever else the role may do.
    """
    service = rule.service or rule.any_of[0][0].trusts
    return Entry(
        key=f"aws.passrole-{slug}",
        title=title,
        family=NEW_PASSROLE,
        rule=rule,
        sentence=f"{{source}} can {does} {{target}}",
        gives=gives,
        fix=f"Narrow iam:PassRole to the roles meant for {service} (condition iam:PassedToService), "
        "and keep roles with more rights than their deployers out of it.",
        page=f"{_DOCS}/{page}",
        strength=strength,
        known_as=known_as,
        events=events,
        answers=answers,
        attack=(_ELEVATION, *attack),
        prerequisites=prerequisites,
    )
