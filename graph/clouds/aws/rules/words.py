"""Rules in words, for the reference and for whoever must grant or take away what they need."""

from __future__ import annotations

from graph.clouds.aws.rules.language import (
    ACCOUNT,
    REGION,
    TAG,
    UNTAGGED,
    VALUE,
    Given,
    Need,
    Place,
    Rule,
    Shape,
    Supply,
)

_PLACES = {
    Place.TARGET: "on the {kind} itself",
    Place.HOST: "on an existing {kind} that runs as the role",
    Place.PART: "on the {kind} that it consists of or takes code from",
    Place.POLICY_OF: "on a customer managed policy attached to it",
    Place.GROUP_OF: "on a group it is in",
    Place.INSIDE: "on the {kind} in it",
    Place.LOADED: "on the {kind} in it that something loads",
    Place.KEY: "on the customer key that encrypts it, if one does",
    Place.BASIS: "on the {kind} behind it",
    Place.BASIS_KEY: "on the customer key that encrypts what is behind it, if one does",
    Place.TOOL: "on a {kind} that acts for it",
    Place.NEAR: "on a {kind} in its account",
    Place.SELF: "on oneself",
    Place.OWN_GROUP: "on a group one is in",
    Place.OWN_POLICY: "on a customer managed policy attached to oneself or to a group one is in",
    Place.OWN_SET: "on the {kind} one comes from",
    Place.OWN_HOST: "on the {kind} that holds oneself",
    Place.NEW: "on a new {kind}",
    Place.SOME: "on any {kind}",
    Place.CARRIER: "on a {kind} that may assume it",
}

# What is enough, where the rule grants the rest.
_FORBIDS, _KEEPS_OUT = "no limit that forbids ", "nothing that keeps an account elsewhere from "
_GRANTS = {
    **dict.fromkeys((Supply.IDENTITY, Supply.RESOURCE, Supply.REWRITTEN), _FORBIDS),
    **dict.fromkeys((Supply.STRANGER, Supply.STRANGER_REWRITTEN, Supply.STRANGER_NOW), _KEEPS_OUT),
    Supply.BARE: "without its policy, ",
    Supply.DOOR: "by way of it, ",
    Supply.LISTED: "by its own list, ",
}

_ASSIGNED = "no permission of one's own: the directory assigns it"

# What a rule asks of the resource itself, beside permissions.
_FACTS: dict[tuple[str, str | bool], str] = {
    ("managed_by_ssm", True): "Systems Manager manages it, and its agent is connected",
    ("running", True): "it is running",
    ("running", False): "it is stopped",
    ("ssh", True): "its security groups let in SSH, and it does not run Windows",
    ("serial_console", True): "serial consoles are on in its account and region",
    ("execute_command", True): "it was started with execute-command on",
    ("signed_only", False): "it takes code that nobody signed",
    ("batch_builds", True): "it is set up for batch builds",
    ("launched_as_default", True): "an Auto Scaling group launches its default version",
    ("launched_as_latest", True): "an Auto Scaling group launches its latest version",
    ("access_entries", True): "the cluster takes access entries",
    ("access_entries", False): "the cluster takes no access entries yet",
    ("sign_in", "IAM"): "people sign in to its domain by IAM",
    ("remote_access", True): "it can be reached from outside Studio",
    ("lists_count", True): "its object ownership lets access control lists count",
    ("all_keys", True): "the user has as many keys as a user can have",
    ("all_keys", False): "the user has fewer than two keys",
    ("idle_key", True): "one of the user's keys is switched off",
    ("root_sessions", True): "the organization has centralized root access",
    ("own_roles", False): "it has no roles of its own",
    ("own_roles", True): "it has roles of its own",
    ("registered", True): "Lake Formation keeps its place",
    ("registered", False): "Lake Formation does not keep its place",
    ("iam_login", True): "it takes logins by IAM",
    ("data_api", True): "its data API is on",
    ("enforced", True): "it is enforced for its account",
    ("password", True): "the user has a console password",
    ("mfa", True): "the user has a second factor",
    ("password", False): "the user has no console password yet",
    ("enabled", True): "it is enabled",
    ("enabled", False): "it is disabled",
}


def untold() -> dict[str, str]:
    """What was not told of resources, in words, by the attribute that a rule asks for."""
    told = sorted(_FACTS.items(), key=lambda fact: (fact[0][0], fact[0][1] is False))
    return {name: f"whether {words}" for (name, _value), words in reversed(told)}


def in_words(need: Need) -> str:
    """One permission as a phrase: `iam:PassRole on the role itself, with iam:PassedToService = ec2.amazonaws.com`."""
    kind = _kind(need.kind) or "resource"
    where = _PLACES[need.place].format(kind=kind) if need.kind else "(takes no resource)"
    context = ", with no session tags" if need.given == UNTAGGED else ""
    context = context or (f", with {_context(need.given)}" if need.given else "")
    trust = f", which trusts {need.trusts}" if need.trusts else ""
    beside = f", where there is some {_kind(need.beside)}" if need.beside else ""
    beside += "".join(f" of which {_FACTS[fact]}" for fact in need.beside_is)
    beside += f" that {need.beside_trusts} may assume" if need.beside_trusts else ""
    beside += f" and that may {' or '.join(need.beside_may)}" if need.beside_may else ""
    return f"{_GRANTS.get(need.supply, '')}{need.action} {where}{trust}{context}{beside}"


def _kind(kind: str) -> str:
    return kind.partition(":")[2].replace("-", " ")


def _context(given: Given) -> str:
    said = " and ".join(f"{key} = {', '.join(values)}" if values else f"no {key}" for key, values in given)
    for hole, word in ((REGION, "REGION"), (ACCOUNT, "ACCOUNT"), (TAG, "TAG"), (VALUE, "VALUE")):
        said = said.replace(hole, word)
    return said


def needs_in_words(rule: Rule) -> tuple[str, ...]:
    """Each alternative in one line; what all of them need is not said twice on a line of its own."""
    lines = tuple(" and ".join(in_words(need) for need in branch) for branch in rule.any_of)
    trust = f"; the role trusts {rule.service}" if rule.service else ""
    facts = "".join(f"; {_FACTS[fact]}" for fact in rule.where)
    taken = f"; any way of becoming the {_kind(rule.kind)}" if rule.shape is Shape.OWN_THROUGH else ""
    handed = _handed(rule) if rule.shape is Shape.COPY else ""
    besides = f"; {rule.supposes}" if rule.supposes else ""
    besides += f"; it may do {' or '.join(rule.serves)}" if rule.serves else ""
    besides += f"; one is an administrator of the {_kind(rule.office)}" if rule.office else ""
    return tuple(f"{line}{trust}{facts}{taken}{handed}{besides}" for line in lines or (_ASSIGNED,))


def _handed(rule: Rule) -> str:
    """What is needed of a role that is handed over, and what of it."""
    handing, doing, _ = rule.then
    able = " and ".join(in_words(need) for need in doing.any_of[0])
    return f"; {needs_in_words(handing)[0]}; the role has {able}"
