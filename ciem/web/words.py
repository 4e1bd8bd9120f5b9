"""The words on screen for what the graph says in keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ciem.paths.witness import layer_names
from graph.targets import HARM_PHRASES, HARMS, TARGET_KINDS

VERDICTS = {
    "allowed": "Allowed",
    "conditional": "Conditional",
    "unknown": "Unknown",
    "denied": "Denied",
}

VERDICT_MEANS = {
    "allowed": "Every step is granted by what was read.",
    "conditional": "It works if the named conditions hold.",
    "unknown": "Part of what decides could not be read.",
    "denied": "It does not work.",
}

ENTRIES = {
    "anonymous": "Anyone on the internet",
    "outside": "Outside account",
    "federated": "Federated sign-in",
    "key": "Long-lived key",
    "exposed": "Exposed workload",
    "prompt": "Prompt to an agent",
    "assume-breach": "Assumed breach",
}

# The names of `graph.entry_facts`.
ENTRY_FACTS = {
    "key_age_days": "Age of its key, in days",
    "key_last_used": "Key last used",
    "key_unused_days": "Key unused, in days",
    "keys": "Active keys",
    "password": "Password as well",
    "mfa": "Second factor",
    "leaked": "Known to others",
    "open_to": "Open to",
    "deputy": "Acts for others",
    "door": "Reached by",
    "ports": "Open ports",
    "address": "Address",
    "needs": "Needs as well",
}

STATES = {
    "open": "Open",
    "not_rechecked": "Not rechecked",
    "pending_verification": "Waiting for verification",
    "gone": "Gone",
    "accepted": "Accepted",
    "orphaned": "Orphaned",
    "superseded": "Superseded",
}

CHOOSERS = {
    "caller": "The caller chooses it, so it protects nothing",
    "known": "Whoever knows or guesses it gets past",
    "session": "Set when the session is made",
    "network": "Depends on where the call comes from",
    "service": "Set by the service that makes the call",
    "none": "Not for whoever calls to choose",
}

# What a picture writes on the line of a harm: two words at most.
HARM_VERBS = {
    "administer": "administers",
    "invoke": "can invoke",
    "extract_model": "can extract",
    "read_training_data": "can read",
    "poison_data": "can poison",
    "replace_model": "can replace",
    "read_prompts": "can read",
    "read_secrets": "can read",
    "tamper_guardrails": "can weaken",
    "hijack_tools": "can hijack",
    "blind": "can blind",
    "destroy": "can destroy",
}


def counted(number: int, thing: str) -> str:
    """ "1 part", "2,000 parts"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


def moment(text: str) -> str:
    """A point in time as people write it; anything else stays what it is."""
    if not _MOMENT.fullmatch(text):
        return text
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%-d %b %Y, %H:%M} UTC"
    except ValueError:
        return text


def verdict(key: str) -> str:
    return VERDICTS.get(key, key)


def harm(key: str) -> str:
    return HARMS[key][0] if key in HARMS else key


def harms(keys: str) -> str:
    """Harms that stand in a list, parted by commas."""
    return ", ".join(map(harm, keys.split(", ")))


def target_kind(key: str) -> str:
    return TARGET_KINDS[key][0] if key in TARGET_KINDS else key


def entry(key: str) -> str:
    return ENTRIES.get(key, key)


def state(key: str) -> str:
    return STATES.get(key, key)


def entry_fact(key: str) -> str:
    """What is known of a start, as a label."""
    return ENTRY_FACTS.get(key, key.replace("_", " ").capitalize())


_CALL = re.compile(r"(?P<of>.+?)-(?P<what>(?:get|list|describe|batch|search|lookup|generate)-.+)")


def call(name: str) -> tuple[str, str]:
    """What a call of a collection asks for, and of what: `a-b-list-things` is "List things" of "a b"."""
    found = _CALL.fullmatch(name)
    what, of = (found["what"], found["of"]) if found else (name, "")
    plain = what.replace("-", " ")
    return plain[:1].upper() + plain[1:], of.replace("-", " ")


def chooser(key: str) -> str:
    return CHOOSERS.get(key, key)


def assumption(key: str) -> str:
    """A kind of limit or grant as its cloud calls it; else its key as words, of which very short ones are initials."""
    if called := layer_names().get(key):
        return called
    return key.upper() if len(key) <= 3 else key.replace("_", " ").replace("-", " ")


def layer(key: str) -> str:
    """A layer of a decision, to begin a line with."""
    words = assumption(key)
    return words[:1].upper() + words[1:]


def short_name(document: str) -> str:
    """The last part of a document's name, which tells most."""
    return document.rsplit("/", 1)[-1] or document


def ordinal(place: str) -> str:
    """A JSON pointer in words: `/Statement/0` is "Statement 1"."""
    parts = place.strip("/").split("/")
    return " ".join(str(int(part) + 1) if part.isdecimal() else part for part in parts)


# What is found in an operator's name -> how a sentence says it; the first that fits.
_OPERATORS = (
    ("lessthanequals", "be at most"),
    ("lessthan", "be less than"),
    ("greaterthanequals", "be at least"),
    ("greaterthan", "be more than"),
    ("ipaddress", "lie in"),
    ("like", "match"),
    ("", "be"),
)


def condition(key: str, operator: str, values: tuple[str, ...], needed: str) -> str:
    """What would make a condition hold, as a sentence. `needed` is one already, or says how the test must end."""
    if needed not in {"true", "false"}:
        return needed
    name = operator.lower()
    if name.startswith("null"):
        return f"{key} must be {'absent' if (values[:1] == ('true',)) == (needed == 'true') else 'present'}"
    negative = ("not" in name) != (needed == "false")
    verb = next(words for part, words in _OPERATORS if part in name)
    named = " or ".join(values[:5]) + (f" or one of {len(values) - 5} more" if len(values) > 5 else "")
    return f"{key} must {'not ' if negative else ''}{verb} {named}".rstrip()


# What a picture writes on the line of a relationship that no technique made.
_FACTS = {"member-of": "is in", "member": "is in", "runs-as": "runs as", "account-owner": "owns"}


def fact(rule: str) -> str:
    return _FACTS.get(rule, rule.replace("-", " "))


def scope(key: str, names: Mapping[str, str]) -> str:
    """A scope as people call it, with what the cloud calls it, which is often only a number."""
    name = names.get(key, "")
    return f"{name} ({key})" if name not in ("", key) else key


def phrase(harm_key: str) -> str:
    return HARM_PHRASES.get(harm_key, harm(harm_key).lower())


def whole(verdict_key: str, chosen_by_caller: bool) -> str:
    """The verdict of a whole path, in words."""
    if verdict_key == "conditional" and chosen_by_caller:
        return "Conditional, but the caller can meet every condition"
    return f"{verdict(verdict_key)}. {VERDICT_MEANS.get(verdict_key, '')}".rstrip()
