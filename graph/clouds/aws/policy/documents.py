"""Policy documents as typed statements, and what AWS would refuse in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import orjson

from graph.clouds.aws.policy.operators import make_clause
from graph.clouds.aws.policy.principals import Entry
from graph.model import Document, Evidence, Json
from graph.policy.conditions import Clause, misunderstood
from graph.policy.patterns import variables_in, well_formed

_OF_AWS = re.compile(r"arn:[^:]+:iam::aws:policy/")


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement. `resources` is None where the element is absent (trust policies); `principals` likewise.

    `place` is its JSON pointer in the document. `variables`: `${…}` is live, which takes Version 2012-10-17.
    `problem` says what in it cannot be evaluated, whatever the request; then its answer is open, not "no".
    """

    effect: str
    sid: str
    place: str
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...] | None
    not_resource: bool
    principals: tuple[Entry, ...] | None
    not_principal: bool
    clauses: tuple[Clause, ...]
    variables: bool
    problem: str = ""

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def keys(self) -> frozenset[str]:
        """Every context key, in lower case, that the statement can ask for."""
        own = variables_in(self.resources or ()) if self.variables else frozenset()
        return own.union(*(clause.keys for clause in self.clauses))


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A document ready to be evaluated. With a `problem` nothing of it could be read: it may allow or deny anything."""

    name: str
    statements: tuple[Statement, ...]
    problem: str = ""

    def evidence(self, statement: Statement) -> Evidence:
        return Evidence(self.name, statement.place, statement.effect, statement.sid)


def compile_policy(document: Document) -> Policy:
    """The document as statements. One that could not be read, or has no form we know, has a problem and none."""
    if document.body is None:
        return Policy(document.name, (), document.problem or "the document could not be read")
    known = _as_bytes(document.body) if _OF_AWS.match(document.name) else None
    return _compiled_once(document.name, known) if known else _compiled(document.name, document.body)


def _as_bytes(body: Mapping[str, Json]) -> bytes | None:
    """None where it cannot be written down, as with half a surrogate pair in it."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return None


@lru_cache(maxsize=2048)
def _compiled_once(name: str, body: bytes) -> Policy:
    """The policies that AWS manages are long, and every account of an organization holds its own copy of them."""
    return _compiled(name, orjson.loads(body))


def _compiled(name: str, body: Mapping[str, Json]) -> Policy:
    broken = None if _surely_readable(body) else next(_unreadable(body), None)
    if broken:
        return Policy(name, (), f"{broken.message} at {broken.at or 'the top'}")
    live = body.get("Version") == "2012-10-17"
    return Policy(name, tuple(_statement(raw, place, live) for place, raw in _placed(body)))


def _unreadable(body: Mapping[str, Json]) -> Iterator[Refusal]:
    return (refusal for refusal in refusals(body, Use.RESOURCE) if refusal.shape)


def _surely_readable(body: Mapping[str, Json]) -> bool:
    """A quick look that nearly every document passes; what it does not pass may still be readable."""
    found = body.get("Statement")
    statements = found if isinstance(found, list) else [found]
    return bool(found) and all(isinstance(raw, dict) and _surely_fine(raw) for raw in statements)


def _surely_fine(raw: Mapping[str, Json]) -> bool:
    if raw.get("Effect") not in ("Allow", "Deny") or not _surely_texts(raw, "Action", "NotAction", required=True):
        return False
    if not _surely_texts(raw, "Resource", "NotResource", required=False) or "NotPrincipal" in raw:
        return False
    principal, condition = raw.get("Principal", "*"), raw.get("Condition")
    if principal != "*" and not (
        isinstance(principal, dict) and principal and all(map(_text_or_texts, principal.values()))
    ):
        return False
    return (condition is None and "Condition" not in raw) or (
        isinstance(condition, dict)
        and all(isinstance(keys, dict) and all(map(_text_or_texts, keys.values())) for keys in condition.values())
    )


def _surely_texts(raw: Mapping[str, Json], name: str, negation: str, *, required: bool) -> bool:
    if name in raw:
        return negation not in raw and _text_or_texts(raw[name])
    return negation not in raw and not required


def _text_or_texts(value: Json) -> bool:
    return type(value) is str or (type(value) is list and bool(value) and all(type(each) is str for each in value))


def _placed(body: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Each statement with its JSON pointer. A lone statement need not be in a list."""
    found = body["Statement"]
    if isinstance(found, Mapping):
        yield "/Statement", found
    elif isinstance(found, list):
        for i, raw in enumerate(found):
            yield f"/Statement/{i}", raw


def _statement(raw: Mapping[str, Json], place: str, live: bool) -> Statement:
    resources = raw.get("Resource", raw.get("NotResource"))
    wants = None if resources is None else tuple(whole for text in _texts(resources) for whole in _whole(text))
    principals = raw.get("Principal", raw.get("NotPrincipal"))
    said = tuple(_clauses(raw.get("Condition"), live))
    return Statement(
        effect=str(raw["Effect"]),
        sid=str(raw.get("Sid", "")),
        place=place,
        actions=_texts(raw.get("Action", raw.get("NotAction"))),
        not_action="NotAction" in raw,
        resources=wants,
        not_resource="NotResource" in raw,
        principals=None if principals is None else _entries(principals),
        not_principal="NotPrincipal" in raw,
        clauses=tuple(clause for clause, _ in said),
        variables=live,
        problem=_problem((why for _, why in said), wants or (), live),
    )


def _whole(text: str) -> tuple[str, ...]:
    """`arn:aws:sqs` is `arn:aws:sqs:*:*:*` (IAM user guide, "IAM ARNs"); a * before a colon may be fields too."""
    missing = 5 - text.count(":")
    if missing <= 0 or not text.startswith("arn:") or text.endswith("*") or "${" in text:
        return (text,)
    completed = text + ":*" * missing
    return (text, completed) if "*:" in text else (completed,)


def _problem(misunderstandings: Iterable[str], resources: Sequence[str], live: bool) -> str:
    for why in misunderstandings:
        if why:
            return why
    odd = next((text for text in resources if live and "${" in text and not well_formed(text)), None)
    return f"the variable in “{odd}” is not of a known form" if odd else ""


def _texts(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(_text(each) for each in _listed(value))


def _text(value: Json) -> str:
    """JSON true and numbers stand for their texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _entries(value: Json) -> tuple[Entry, ...]:
    if isinstance(value, Mapping):
        return tuple((str(kind), text) for kind, values in value.items() for text in _texts(values))
    return (("*", "*"),)


def _clauses(condition: Json, live: bool) -> Iterator[tuple[Clause, str]]:
    if isinstance(condition, Mapping):
        for name, keys in condition.items():
            for key, values in keys.items():
                yield _clause(name, key, _texts(values), live)


# An estate says the same few things a thousand times: equal clauses are one object, understood once.
@lru_cache(maxsize=65536)
def _clause(name: str, key: str, values: tuple[str, ...], live: bool) -> tuple[Clause, str]:
    clause = make_clause(name, key, values, variables=live)
    return clause, misunderstood(clause)


# ----- what AWS would refuse


class Use(Enum):
    """What a document is used as; the grammar differs."""

    IDENTITY = "identity"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why AWS would not take the document, and where. `shape`: it cannot even be read as statements."""

    message: str
    at: str
    shape: bool = False


_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_VERSIONS = ("2012-10-17", "2008-10-17")
_ACTION = re.compile(r"\*|\*:\*|[A-Za-z0-9-]+:[\w*?.-]+", re.ASCII)
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


def refusals(body: Json, use: Use) -> Iterator[Refusal]:
    """What AWS would refuse in a document (IAM user guide, "Grammar of the IAM JSON policy language")."""
    if not isinstance(body, Mapping):
        yield Refusal("a policy is a JSON object", "", shape=True)
        return
    for name in sorted(set(body) - _TOP):
        yield Refusal(f"a policy has no element {name}", f"/{name}")
    if body.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield Refusal(f"Version is one of {', '.join(_VERSIONS)}", "/Version")
    found = body.get("Statement")
    if not isinstance(found, Mapping | list) or not found:
        # a list of none says nothing, and that can be read
        yield Refusal("a policy has at least one Statement", "/Statement", shape=found != [])
        return
    for place, raw in _placed(body):
        if isinstance(raw, Mapping):
            yield from _in_statement(raw, place, use)
        else:
            yield Refusal("a statement is a JSON object", place, shape=True)
    yield from _twice(body, use)


def _twice(body: Mapping[str, Json], use: Use) -> Iterator[Refusal]:
    """IAM takes each Sid once in a document, and only letters and digits in it."""
    seen: set[Json] = set()
    for place, raw in _placed(body) if use is Use.IDENTITY else ():
        sid = raw.get("Sid") if isinstance(raw, Mapping) else None
        if isinstance(sid, str) and sid:
            if sid in seen:
                yield Refusal(f"the Sid {sid} is there twice", f"{place}/Sid")
            if not (sid.isascii() and sid.isalnum()):
                yield Refusal("a Sid has letters and digits only", f"{place}/Sid")
            seen.add(sid)


def _in_statement(raw: Mapping[str, Json], place: str, use: Use) -> Iterator[Refusal]:
    for name in sorted(set(raw) - _ELEMENTS):
        yield Refusal(f"a statement has no element {name}", f"{place}/{name}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        yield Refusal("Effect is Allow or Deny", f"{place}/Effect", shape=True)
    if not isinstance(raw.get("Sid", ""), str):
        yield Refusal("a Sid is a text", f"{place}/Sid")
    yield from _in_actions(raw, place)
    yield from _in_resources(raw, place, use)
    yield from _in_principals(raw, place, use)
    yield from _in_condition(raw.get("Condition", {}), f"{place}/Condition")
    if use is Use.RCP and raw.get("Effect") == "Allow" and (raw.get("Action"), raw.get("Resource")) != ("*", "*"):
        yield Refusal("a resource control policy only denies", f"{place}/Effect")


def _one_of(raw: Mapping[str, Json], name: str, place: str, *, required: bool) -> Iterator[Refusal]:
    """`X` or `NotX`, never both; a text or a list of texts, not empty."""
    there = [each for each in (name, f"Not{name}") if each in raw]
    if len(there) > 1 or (required and not there):
        yield Refusal(f"a statement has either {name} or Not{name}", f"{place}/{name}", shape=True)
    for each in there:
        values = _listed(raw[each])
        if not values or not all(isinstance(value, str) for value in values):
            yield Refusal(f"{each} is a text or a list of texts", f"{place}/{each}", shape=True)


def _in_actions(raw: Mapping[str, Json], place: str) -> Iterator[Refusal]:
    yield from _one_of(raw, "Action", place, required=True)
    for name in ("Action", "NotAction"):
        for value in _listed(raw.get(name, [])):
            if isinstance(value, str) and not _ACTION.fullmatch(value):
                yield Refusal(f"“{value}” is no action: service:Name, the service without wildcard", f"{place}/{name}")


def _in_resources(raw: Mapping[str, Json], place: str, use: Use) -> Iterator[Refusal]:
    yield from _one_of(raw, "Resource", place, required=use is not Use.RESOURCE)
    for name in ("Resource", "NotResource"):
        for value in _listed(raw.get(name, [])) if use is not Use.RESOURCE else ():
            if isinstance(value, str) and not value.startswith(("arn:", "*")):
                yield Refusal(f"“{value}” is neither an ARN nor *", f"{place}/{name}")


def _in_principals(raw: Mapping[str, Json], place: str, use: Use) -> Iterator[Refusal]:
    there = [name for name in ("Principal", "NotPrincipal") if name in raw]
    for name in there:
        yield from _in_principal(raw[name], f"{place}/{name}")
    if len(there) > 1:
        yield Refusal("a statement has either Principal or NotPrincipal", f"{place}/NotPrincipal", shape=True)
    if use in (Use.IDENTITY, Use.SCP) and there:
        yield Refusal("a policy of an identity or an organization names no principal", f"{place}/{there[0]}")
    if use is Use.RESOURCE and not there:
        # not `shape`: compile_policy reads documents of every use by this rule book
        yield Refusal("a policy of a resource names its principal", f"{place}/Principal")
    if use is Use.RCP and raw.get("Principal") != "*":
        yield Refusal("the Principal of a resource control policy is *", f"{place}/Principal")


def _in_principal(value: Json, place: str) -> Iterator[Refusal]:
    if value == "*":
        return
    if not isinstance(value, Mapping) or not value:
        yield Refusal("a principal is * or an object such as {“AWS”: …}", place, shape=True)
        return
    for kind, values in value.items():
        if kind not in _PRINCIPAL_TYPES:
            yield Refusal(f"there is no principal type {kind}", f"{place}/{kind}")
        for text in _listed(values):
            if not isinstance(text, str):
                yield Refusal("a principal is a text", f"{place}/{kind}", shape=True)
            elif kind == "Service" and "*" in text:
                yield Refusal("a service is named in full, without a wildcard", f"{place}/{kind}")
            elif kind == "AWS" and text != "*" and ("*" in text or "?" in text):
                yield Refusal(f"“{text}”: a wildcard cannot be part of a principal", f"{place}/{kind}")


def _in_condition(condition: Json, place: str) -> Iterator[Refusal]:
    if not isinstance(condition, Mapping):
        yield Refusal("a Condition is an object of operators", place, shape=True)
        return
    for name, keys in condition.items():
        if not isinstance(keys, Mapping):
            yield Refusal(f"{name} is an object of keys", f"{place}/{name}", shape=True)
            continue
        for key, values in keys.items():
            if not all(isinstance(value, str | bool | int | float) for value in _listed(values)):
                yield Refusal(f"the values of {key} are texts", f"{place}/{name}/{_escaped(key)}", shape=True)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
