"""Operators against values; keys that are missing, unknown, of several values, or known only in part."""

import pytest

from graph.clouds.aws.policy.operators import OPERATORS, chosen_by, make_clause
from graph.policy.conditions import clause_tri, misunderstood
from graph.policy.patterns import ABSENT, MAYBE, NO, PRESENT, UNKNOWN, YES, Other, Some

ROLE = "arn:aws:iam::123456789012:role/x"


def holds(operator, state, *values, variables=True, **others):
    """The clause on aws:k; `others` are further keys aws:<name>."""
    states = {"aws:k": state} | {f"aws:{name}": value for name, value in others.items()}
    return clause_tri(make_clause(operator, "aws:K", values, variables=variables), lambda key: states.get(key, ABSENT))


@pytest.mark.parametrize(
    ("operator", "value", "wanted", "expected"),
    [
        ("StringEquals", "red", ["blue", "red"], YES),
        ("StringEquals", "Red", ["red"], NO),
        ("StringEquals", "red", ["r*"], NO),
        ("StringEquals", "r*", ["r*"], YES),
        ("StringEquals", "", [""], YES),
        ("StringEquals", "red", [], NO),
        ("StringNotEquals", "red", ["blue", "red"], NO),
        ("StringNotEquals", "green", ["blue", "red"], YES),
        ("StringNotEquals", "red", [], YES),
        ("StringEqualsIgnoreCase", "RED", ["red"], YES),
        ("StringNotEqualsIgnoreCase", "RED", ["red"], NO),
        ("StringLike", "reddish", ["r?d*"], YES),
        ("StringLike", "Reddish", ["r*"], NO),
        ("StringNotLike", "reddish", ["r*", "b*"], NO),
        ("stringLIKE", "reddish", ["r*"], YES),
        ("NumericEquals", "10", ["10.0"], YES),
        ("NumericNotEquals", "10", ["10.0"], NO),
        ("NumericLessThan", "9", ["10"], YES),
        ("NumericLessThan", "10", ["10"], NO),
        ("NumericLessThanEquals", "10", ["10"], YES),
        ("NumericGreaterThan", "11", ["10", "99"], YES),
        ("NumericGreaterThanEquals", "9.99", ["10"], NO),
        ("NumericEquals", "ten", ["10"], NO),
        ("NumericLessThan", "-1e3", ["0"], YES),
        ("DateLessThan", "2026-01-01T00:00:00Z", ["2026-06-30T00:00:00Z"], YES),
        ("DateLessThan", "2026-01-01T02:00:00+02:00", ["2026-01-01T00:00:00Z"], NO),
        ("DateEquals", "2026-01-01T02:00:00+02:00", ["2026-01-01"], YES),
        ("DateNotEquals", "2026-01-01", ["2026-01-01T00:00:00Z"], NO),
        ("DateGreaterThan", "1767225601", ["2026-01-01T00:00:00Z"], YES),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", ["1767225600"], YES),
        ("DateLessThanEquals", "2025", ["2026-02"], YES),
        ("Bool", "true", ["true"], YES),
        ("Bool", "True", ["TRUE"], YES),
        ("Bool", "false", ["true"], NO),
        ("Bool", "perhaps", ["true"], NO),
        ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], YES),
        ("BinaryEquals", "qmluyxj5", ["QmluYXJ5"], NO),
        ("IpAddress", "10.1.2.3", ["192.168.0.0/16", "10.0.0.0/8"], YES),
        ("IpAddress", "11.1.2.3", ["10.0.0.0/8"], NO),
        ("IpAddress", "10.1.2.3", ["10.1.2.3"], YES),
        ("IpAddress", "10.1.2.3", ["10.1.2.99/24"], YES),
        ("IpAddress", "2001:db8::1", ["2001:DB8::/32"], YES),
        ("IpAddress", "10.1.2.3", ["2001:db8::/32"], NO),
        ("IpAddress", "not an address", ["10.0.0.0/8"], NO),
        ("NotIpAddress", "11.1.2.3", ["10.0.0.0/8"], YES),
        ("ArnEquals", ROLE, ["arn:aws:iam::*:role/*"], YES),
        ("ArnLike", ROLE, ["arn:aws:iam::*:role/*"], YES),
        ("ArnLike", ROLE, ["arn:aws:*:role/*"], NO),
        ("ArnNotLike", ROLE, ["arn:aws:iam::*:user/*"], YES),
        ("ArnNotEquals", ROLE, ["arn:aws:iam::*:role/*"], NO),
        ("ArnLike", ROLE.upper(), ["arn:aws:iam::*:role/*"], NO),
    ],
)
def test_an_operator_holds_a_value_against_those_of_the_policy(operator, value, wanted, expected):
    assert holds(operator, value, *wanted) is expected


POSITIVE = sorted(name for name, test in OPERATORS.items() if not test.negated and not test.presence)
NEGATED = sorted(name for name, test in OPERATORS.items() if test.negated)
SAMPLE = {"numeric": "1", "date": "2026-01-01", "ipaddress": "10.0.0.0/8", "notipaddress": "10.0.0.0/8", "bool": "true"}


def sample(operator):
    return next((value for start, value in SAMPLE.items() if operator.startswith(start)), "x")


def test_there_are_as_many_operators_as_the_user_guide_lists():
    assert len(OPERATORS) == 6 + 6 + 6 + 1 + 1 + 2 + 4 + 1


@pytest.mark.parametrize("operator", POSITIVE)
def test_a_missing_key_fails_a_positive_operator_unless_it_may_be_missing(operator):
    wanted = sample(operator)
    assert holds(operator, ABSENT, wanted) is NO
    assert holds(operator, (), wanted) is NO
    assert holds(f"{operator}IfExists", ABSENT, wanted) is YES
    assert holds(f"ForAllValues:{operator}", ABSENT, wanted) is YES
    assert holds(f"ForAnyValue:{operator}", ABSENT, wanted) is NO


@pytest.mark.parametrize("operator", NEGATED)
def test_a_missing_key_satisfies_a_negated_operator_except_for_any_value(operator):
    wanted = sample(operator)
    assert holds(operator, ABSENT, wanted) is YES
    assert holds(f"{operator}IfExists", ABSENT, wanted) is YES
    assert holds(f"ForAllValues:{operator}", (), wanted) is YES
    assert holds(f"ForAnyValue:{operator}", (), wanted) is NO


@pytest.mark.parametrize("operator", POSITIVE + NEGATED)
def test_an_unknown_key_leaves_every_operator_open(operator):
    assert holds(operator, UNKNOWN, sample(operator)) is MAYBE
    assert holds(operator, PRESENT, sample(operator)) is MAYBE


@pytest.mark.parametrize(
    ("operator", "state", "wanted", "expected"),
    [
        ("StringLike", PRESENT, "*", YES),
        ("StringLike", UNKNOWN, "*", MAYBE),
        ("StringLikeIfExists", UNKNOWN, "*", YES),
        ("StringNotLike", PRESENT, "*", NO),
        ("StringNotLike", UNKNOWN, "*", MAYBE),
        ("ForAllValues:StringLike", UNKNOWN, "*", YES),
        ("ForAnyValue:StringLike", PRESENT, "**", YES),
        ("ForAnyValue:StringNotLike", UNKNOWN, "*", NO),
    ],
)
def test_what_holds_for_every_value_is_decided_for_an_unknown_one(operator, state, wanted, expected):
    assert holds(operator, state, wanted) is expected


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        (ABSENT, ["true"], YES),
        (ABSENT, ["false"], NO),
        ((), ["true"], YES),
        ("x", ["true"], NO),
        ("x", ["FALSE"], YES),
        (PRESENT, ["false"], YES),
        (Some("a*"), ["false"], YES),
        (UNKNOWN, ["true"], MAYBE),
        (Other("o-1"), ["true"], MAYBE),
        (UNKNOWN, ["true", "false"], YES),
    ],
)
def test_null_asks_for_presence_only(state, wanted, expected):
    assert holds("Null", state, *wanted) is expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("StringEquals", ("a", "b"), NO),
        ("StringNotEquals", ("x", "y"), NO),
        ("ForAllValues:StringEquals", ("a", "b"), YES),
        ("ForAllValues:StringEquals", ("a", "c"), NO),
        ("ForAnyValue:StringEquals", ("a", "c"), YES),
        ("ForAnyValue:StringEquals", ("c", "d"), NO),
        ("ForAllValues:StringNotEquals", ("c", "d"), YES),
        ("ForAllValues:StringNotEquals", ("a", "d"), NO),
        ("ForAnyValue:StringNotEquals", ("a", "d"), YES),
        ("ForAnyValue:StringNotEquals", ("a", "b"), NO),
        ("foranyvalue:stringlikeifexists", ("aa",), NO),
    ],
)
def test_several_values_take_a_quantifier(operator, values, expected):
    assert holds(operator, values, "a", "b") is expected


def test_one_value_under_a_quantifier_is_a_set_of_one():
    assert holds("ForAllValues:StringEquals", "a", "a", "b") is YES
    assert holds("ForAnyValue:StringEquals", "c", "a", "b") is NO


@pytest.mark.parametrize(
    ("operator", "variable", "expected"),
    [
        ("StringEquals", "red", YES),
        ("StringEquals", "blue", NO),
        ("StringEquals", UNKNOWN, MAYBE),
        ("StringEquals", ABSENT, NO),
        ("StringNotEquals", "blue", YES),
        ("StringNotEquals", UNKNOWN, MAYBE),
        ("StringNotEquals", ABSENT, NO),
        ("StringNotLike", ABSENT, NO),
    ],
)
def test_a_variable_without_value_matches_nothing_and_voids_a_negation(operator, variable, expected):
    assert holds(operator, "red", "${aws:team}", team=variable) is expected


def test_a_negation_of_a_missing_key_holds_whatever_its_variables():
    assert holds("StringNotEquals", ABSENT, "${aws:team}") is YES


def test_in_the_old_version_a_variable_is_plain_text():
    assert holds("StringEquals", "${aws:team}", "${aws:team}", team="red", variables=False) is YES
    assert holds("StringEquals", "red", "${aws:team}", team="red", variables=False) is NO


@pytest.mark.parametrize(
    ("operator", "pattern", "wanted", "expected"),
    [
        ("StringLike", "AROA1:*", "AROA1:*", YES),
        ("StringLike", "AROA1:*", "AROA*", YES),
        ("StringLike", "AROA1:*", "AROA1:admin", MAYBE),
        ("StringLike", "AROA1:*", "AROA2:*", NO),
        ("StringNotLike", "AROA1:*", "AROA2:*", YES),
        ("StringNotLike", "AROA1:*", "AROA1:*", NO),
        ("StringEquals", "AROA1:*", "AROA1:admin", MAYBE),
        ("StringEquals", "AROA1:*", "AROA2:admin", NO),
        ("StringEquals", "AROA1:*", "AROA1:*", NO),
        ("ArnLike", "arn:*:*::222222222222:*", "arn:aws:iam::222222222222:role/*", MAYBE),
        ("ArnLike", "arn:*:*::222222222222:*", "arn:aws:iam::111111111111:role/*", NO),
        ("ArnLike", "arn:*:*::222222222222:*", "arn:*:*:*:*:*", YES),
        ("NumericEquals", "1*", "1", MAYBE),
    ],
)
def test_a_value_known_in_part_is_decided_where_all_of_it_agrees(operator, pattern, wanted, expected):
    assert holds(operator, Some(pattern), wanted) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("StringEquals", ["o-ours"], NO),
        ("StringEquals", ["o-ours", "o-theirs"], MAYBE),
        ("StringNotEquals", ["o-ours"], YES),
        ("StringEqualsIfExists", ["o-ours"], MAYBE),
        ("StringNotEqualsIfExists", ["o-ours"], YES),
        ("ForAnyValue:StringEquals", ["o-ours"], NO),
        ("StringLike", ["o-*"], MAYBE),
        ("StringEquals", ["${aws:org}"], MAYBE),
        ("NumericEquals", ["1"], MAYBE),
    ],
)
def test_a_value_known_to_be_another_is_decided_where_only_that_one_is_asked_for(operator, wanted, expected):
    assert holds(operator, Other("o-ours"), *wanted) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("Bool", "true", NO),
        ("Bool", "false", MAYBE),
        ("BoolIfExists", "true", MAYBE),
        ("BoolIfExists", "false", YES),
        ("Bool", "${aws:org}", MAYBE),
    ],
)
def test_what_is_absent_or_false_is_never_true(operator, wanted, expected):
    assert holds(operator, Other("true"), wanted) is expected


@pytest.mark.parametrize(
    ("operator", "values", "why"),
    [
        ("StringAlmostEquals", ["x"], "not known"),
        ("ForSomeValues:StringEquals", ["x"], "not known"),
        ("NullIfExists", ["true"], "not known"),
        ("ForAnyValue:Null", ["true"], "not known"),
        ("Null", ["maybe"], "takes true or false"),
        ("NumericEquals", ["ten"], "no value"),
        ("NumericEquals", ["NaN"], "no value"),
        ("DateLessThan", ["soon"], "no value"),
        ("IpAddress", ["10.0.0.0/40"], "no value"),
        ("Bool", ["yes"], "no value"),
        ("StringEquals", ["${aws:username"], "not of a known form"),
    ],
)
def test_what_is_not_understood_is_left_open_and_says_why(operator, values, why):
    clause = make_clause(operator, "aws:k", tuple(values), variables=True)
    assert why in misunderstood(clause)
    assert clause_tri(clause, lambda _key: "x") is MAYBE


def test_a_value_that_is_a_variable_is_read_when_it_is_known():
    assert holds("NumericLessThan", "5", "${aws:limit}", limit="10") is YES
    assert holds("IpAddress", "10.0.0.1", "${aws:net}", net="10.0.0.0/8") is YES


@pytest.mark.parametrize(
    ("key", "who"),
    [
        ("aws:SourceIp", "network"),
        ("aws:SourceVpce", "network"),
        ("aws:RequestedRegion", "caller"),
        ("aws:RequestTag/team", "caller"),
        ("aws:MultiFactorAuthPresent", "session"),
        ("sts:RoleSessionName", "session"),
        ("kms:ViaService", "service"),
        ("aws:SourceArn", "service"),
        ("aws:ResourceTag/team", "none"),
        ("aws:PrincipalTag/team", "session"),  # where it is open, whoever opens the session may set it
        ("sts:ExternalId", "known"),
    ],
)
def test_it_is_known_who_chooses_the_value_of_a_key(key, who):
    assert chosen_by(key) == who
