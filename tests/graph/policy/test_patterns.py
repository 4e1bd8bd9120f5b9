"""Globs, variables, and how two globs relate."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy import patterns
from graph.policy.patterns import (
    ABSENT,
    MAYBE,
    NO,
    PRESENT,
    UNKNOWN,
    YES,
    Mode,
    Some,
    action_matches,
    covers,
    expand,
    loose,
    matches,
    meet,
    resolved,
    variables_in,
    well_formed,
)

compiled = patterns.tester
LIKE, SEGMENTS, RESOURCE = Mode.LIKE, Mode.SEGMENTS, Mode.RESOURCE
ROLE = "arn:aws:iam::123456789012:role/team/x"


@pytest.mark.parametrize(
    ("pattern", "value", "mode", "expected"),
    [
        ("*", "", LIKE, True),
        ("?", "", LIKE, False),
        ("a?c", "abc", LIKE, True),
        ("a?c", "ac", LIKE, False),
        ("a*c", "a/b:c", LIKE, True),
        ("A*", "abc", LIKE, False),
        ("a[b]*", "a[b]c", LIKE, True),
        ("a[b]*", "abc", LIKE, False),
        ("a*", "a\nb", LIKE, True),
        # segments: a wildcard stays in its own of six, the last may hold anything
        ("arn:aws:iam::*:role/*", ROLE, SEGMENTS, True),
        ("arn:aws:iam::*:role/team/?", ROLE, SEGMENTS, True),
        ("arn:aws:iam::123*:role/*", ROLE, SEGMENTS, True),
        ("arn:aws:*:role/*", ROLE, SEGMENTS, False),
        ("arn:aws:iam:*", ROLE, SEGMENTS, False),
        ("*", ROLE, SEGMENTS, False),
        ("arn:*:*:*:*:*", ROLE, SEGMENTS, True),
        ("arn:aws:lambda:*:*:function:*", "arn:aws:lambda:eu-west-1:1:function:f:2", SEGMENTS, True),
        ("arn:aws:iam::*:role/x", "not an arn", SEGMENTS, False),
        # resource: as segments, but a star that ends a segment may run past the colon
        ("arn:aws:*:role/team/x", ROLE, RESOURCE, True),
        ("arn:aws:i*:role/team/x", ROLE, RESOURCE, True),
        ("arn:aws:i*m::123456789012:role/*", ROLE, RESOURCE, True),
        ("arn:aws:i*2:role/*", ROLE, RESOURCE, False),
        ("arn:aws:iam::?????????????role/*", ROLE, RESOURCE, False),
        ("arn:aws:iam::????????????:role/*", ROLE, RESOURCE, True),
        ("*", ROLE, RESOURCE, True),
        ("arn:*", ROLE, RESOURCE, True),
        ("arn:aws:s3:::b*/k", "arn:aws:s3:::bucket/x/k", RESOURCE, True),
        ("arn:aws:s3:::b", "arn:aws:s3:::B", RESOURCE, False),
        ("arn:a*s:*:role/x*", "arn:aws:iam::1:role/xy", RESOURCE, True),
        ("arn:a*s:*:role/x*", "arn:a:s:iam::1:role/xy", RESOURCE, False),
    ],
)
def test_a_wildcard_reaches_as_far_as_its_mode_lets_it(pattern, value, mode, expected):
    assert compiled(pattern, mode)(value) is expected


glob = st.text(alphabet="ab:*?", max_size=9)
plain = st.text(alphabet="ab:", max_size=9)


@given(glob, plain)
def test_a_glob_matches_as_the_plain_expression_would(pattern, value):
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    assert compiled(pattern, LIKE)(value) is bool(re.fullmatch(expression, value, re.DOTALL))


@given(st.lists(glob, min_size=6, max_size=6), plain)
def test_a_resource_glob_matches_as_the_expression_with_bound_stars_would(parts, value):
    pattern = ":".join(part.replace(":", "") for part in parts)
    expression, colons = "", 0
    for place, char in enumerate(pattern):
        colons += char == ":"
        free = colons >= 5 or (char == "*" and pattern[place + 1 : place + 2] in ("", ":"))
        wild = {"*": ".*", "?": "."} if free else {"*": "[^:]*", "?": "[^:]"}
        expression += wild.get(char, re.escape(char))
    value = f"{value}:::::{value}"
    assert compiled(pattern, RESOURCE)(value) is bool(re.fullmatch(expression, value, re.DOTALL))


@pytest.mark.parametrize("mode", list(Mode))
def test_no_pattern_can_make_matching_slow(mode):
    pattern = "arn:" + "a*" * 2000 + "b:*:" + "a*" * 2000
    assert not compiled(pattern, mode)("arn:" + "a" * 20000)


@pytest.mark.parametrize(
    ("general", "special", "expected"),
    [
        ("*", "repo:acme/*", YES),
        ("repo:acme/*", "repo:acme/app:*", YES),
        ("repo:acme/app:*", "repo:acme/*", NO),
        ("repo:acme/*", "repo:acme-evil/*", NO),
        ("?*", "*a", YES),
        ("*?", "?*", YES),
        ("a*", "?*", NO),
        ("", "", YES),
        ("", "*", NO),
        ("*a*b*", "*b*a*", NO),
        ("*a*", "*b*a*", YES),
    ],
)
def test_one_glob_covers_another_if_it_matches_all_that_the_other_does(general, special, expected):
    assert covers(general, special) is expected


WORDS = ["".join(word) for size in range(5) for word in product("abx", repeat=size)]
short_glob = st.text(alphabet="ab*?", max_size=4)


@given(short_glob, short_glob)
def test_covering_and_meeting_agree_with_trying_every_short_word(one, other):
    first, second = compiled(one, LIKE), compiled(other, LIKE)
    if covers(one, other) is YES:
        assert all(first(word) for word in WORDS if second(word))
    else:
        assert any(second(word) and not first(word) for word in WORDS) or len(other) > 3
    if any(first(word) and second(word) for word in WORDS):
        assert meet(one, other)
    if not meet(one, other):
        assert not any(first(word) and second(word) for word in WORDS)


def test_a_coverage_too_hard_to_settle_is_maybe_not_no():
    assert covers("*a" + "?" * 40, "*b" + "?" * 39 + "*") in (MAYBE, NO)
    assert covers("*a" + "?" * 30 + "*b", "*a" + "?" * 30 + "*c*b*") is not YES


def context(**states):
    return lambda key: states.get(key.partition(":")[2].replace("/", "_"), ABSENT)


@pytest.mark.parametrize(
    ("state", "value", "expected"),
    [
        ("ann", "home/ann/x", YES),
        ("ann", "home/bob/x", NO),
        ("*", "home/bob/x", NO),
        ("*", "home/*/x", YES),
        (UNKNOWN, "home/bob/x", MAYBE),
        (UNKNOWN, "work/bob/x", NO),
        (PRESENT, "home/bob/x", MAYBE),
        (Some("a*"), "home/bob/x", MAYBE),
        (ABSENT, "home/bob/x", NO),
        (("ann", "bob"), "home/bob/x", NO),
    ],
)
def test_a_variable_stands_for_its_value_and_brings_no_wildcard(state, value, expected):
    assert matches("home/${aws:username}/*", value, LIKE, context(username=state)) is expected


def test_a_default_stands_in_for_an_absent_key_only():
    pattern = "home/${aws:username, 'anon'}"
    assert matches(pattern, "home/anon", LIKE, context()) is YES
    assert matches(pattern, "home/anon", LIKE, context(username="ann")) is NO
    assert matches(pattern, "home/anon", LIKE, context(username=UNKNOWN)) is MAYBE


def test_without_live_variables_the_text_is_plain():
    assert matches("${aws:username}", "${aws:username}", LIKE) is YES
    assert expand("${aws:username}", None) == ((False, "${aws:username}"),)


@pytest.mark.parametrize("char", ["*", "?", "$"])
def test_an_escaped_character_is_itself(char):
    pattern = f"a${{{char}}}b"
    assert matches(pattern, f"a{char}b", LIKE, context()) is YES
    assert matches(pattern, "axb", LIKE, context()) is NO


def test_a_pattern_is_as_resolved_as_its_least_resolved_variable():
    texts = ["x", "${aws:username}", "${aws:userid}"]
    assert resolved(texts, context(username="a", userid="b")) is YES
    assert resolved(texts, context(username="a", userid=UNKNOWN)) is MAYBE
    assert resolved(texts, context(username=UNKNOWN)) is NO


def test_variables_are_found_without_their_defaults_and_in_lower_case():
    assert variables_in(["a${aws:PrincipalTag/Team, 'x'}b${*}", "${saml:sub}"]) == {"aws:principaltag/team", "saml:sub"}
    assert loose("a/${aws:username}/${*}") == "a/*/*"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", True),
        ("${aws:PrincipalTag/cost center}", True),
        ("${www.amazon.com:user_id}/${oidc.eks.eu-west-1.amazonaws.com/id/A1:sub}", True),
        ("${aws:username, 'none'}", True),
        ("${*}", True),
        ("${aws:username", False),
        ("${}", False),
        ("${username}", False),
        ("${aws:username, none}", False),
        ("${aws:PrincipalTag/${aws:username}}", False),
    ],
)
def test_a_variable_of_an_unknown_form_is_noticed(text, expected):
    assert well_formed(text) is expected


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:GetObject", "s3:getobject", True),
        ("S3:get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("*", "s3:GetObject", True),
        ("*:*", "s3:GetObject", True),
        ("s*:GetObject", "s3:GetObject", False),
        ("s3:*", "s3express:GetObject", False),
    ],
)
def test_an_action_matches_without_case_and_its_service_takes_no_wildcard(pattern, action, expected):
    assert action_matches(pattern, action) is expected
