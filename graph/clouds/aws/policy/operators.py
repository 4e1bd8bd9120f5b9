"""AWS's condition operators by name, and who chooses the value of a condition key."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from graph.policy.conditions import (
    Clause,
    Operator,
    as_address,
    as_bool,
    as_moment,
    as_network,
    as_number,
    in_network,
)
from graph.policy.patterns import Mode


def _operators() -> Iterator[tuple[str, Operator]]:
    """IAM user guide, "Condition operators". ArnEquals takes wildcards just as ArnLike does."""
    like, arn = Operator(mode=Mode.LIKE), Operator(mode=Mode.SEGMENTS)
    pairs = {
        "stringequals": ("stringnotequals", Operator()),
        "stringequalsignorecase": ("stringnotequalsignorecase", Operator(read=str.lower)),
        "stringlike": ("stringnotlike", like),
        "arnequals": ("arnnotequals", arn),
        "arnlike": ("arnnotlike", arn),
        "numericequals": ("numericnotequals", Operator(read=as_number)),
        "dateequals": ("datenotequals", Operator(read=as_moment)),
        "ipaddress": ("notipaddress", Operator(read=as_address, read_policy=as_network, agree=in_network)),
    }
    for name, (negation, test) in pairs.items():
        yield name, test
        yield negation, replace(test, negated=True)
    orders: dict[str, Callable[[Any, Any], bool]] = {
        "lessthan": operator.lt,
        "lessthanequals": operator.le,
        "greaterthan": operator.gt,
        "greaterthanequals": operator.ge,
    }
    for name, agree in orders.items():
        yield f"numeric{name}", Operator(read=as_number, agree=agree)
        yield f"date{name}", Operator(read=as_moment, agree=agree)
    yield "bool", Operator(read=as_bool)
    yield "binaryequals", Operator()
    yield "null", Operator(presence=True)


OPERATORS: Mapping[str, Operator] = MappingProxyType(dict(_operators()))
_QUANTIFIERS = {"forallvalues": "all", "foranyvalue": "any"}


def make_clause(name: str, key: str, values: tuple[str, ...], *, variables: bool) -> Clause:
    """The clause for an operator as written. `test` is None if AWS knows no such operator."""
    head, colon, base = name.lower().rpartition(":")
    quantifier = _QUANTIFIERS.get(head, "")
    short = base.removesuffix("ifexists")
    test = OPERATORS.get(short)
    if (colon and not quantifier) or (test and test.presence and (quantifier or short != base)):
        test = None  # a quantifier AWS does not have; Null takes neither quantifier nor IfExists
    return Clause(name, key, values, test, quantifier, short != base, variables)


# ----- who chooses the value of a key. What the caller chooses protects nothing.

# The caller sends it, but must know what to send; it is no secret to AWS, and shows in the trust policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
_KNOWN = ("sts:externalid",)
_NETWORK = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn", "aws:vpceaccount",
            "aws:vpceorgid", "aws:vpceorgpaths")  # fmt: skip
# A function with an address can be called by it or without it, as its caller likes.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
_CALLER = ("aws:requestedregion", "aws:securetransport", "aws:useragent", "aws:referer", "aws:tagkeys",
           "aws:requesttag", "s3:prefix", "s3:delimiter", "s3:max-keys", "bedrock:guardrailidentifier",
           "lambda:functionurlauthtype", "lambda:invokedviafunctionurl")  # fmt: skip
# Where a tag of the caller is open, whoever opened the session may have passed one along.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
_SESSION = ("aws:multifactorauthpresent", "aws:multifactorauthage", "sts:rolesessionname", "aws:rolesessionname",
            "aws:sourceidentity", "sts:sourceidentity", "aws:tokenissuetime", "aws:userid", "sts:transitivetagkeys",
            "aws:assumedroot", "aws:chatbotsourcearn", "aws:federatedprovider", "aws:principaltag",
            "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4")  # fmt: skip
_SERVICE = ("aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "kms:viaservice",
            "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalisawsservice",
            "aws:principalservicename", "aws:principalservicenameslist")  # fmt: skip
_CHOOSERS = {
    key: who
    for who, keys in (
        ("known", _KNOWN),
        ("network", _NETWORK),
        ("caller", _CALLER),
        ("session", _SESSION),
        ("service", _SERVICE),
    )
    for key in keys
}


def chosen_by(key: str) -> str:
    """caller, known (by some, who send it), session, network, service, or none: nobody who calls picks the value."""
    return _CHOOSERS.get(key.lower().partition("/")[0], "none")
