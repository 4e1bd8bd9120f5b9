"""What holds for every request: never an exception, order without meaning, a deny never widens, the bounds hold."""

from hypothesis import given
from hypothesis import strategies as st

from graph.clouds.aws.requests import decide_request

A, B = "111111111111", "222222222222"
ROLE, USER, SESSION = f"arn:aws:iam::{A}:role/ml", f"arn:aws:iam::{A}:user/ann", f"arn:aws:sts::{A}:assumed-role/ml/s1"
RANK = {"denied": 0, "conditional": 1, "unknown": 1, "allowed": 2}

values = st.sampled_from(
    ["red", "blue", "r*", "*", "${aws:PrincipalTag/team}", "${aws:username}", "${aws:team", "true"]
)
keys = st.sampled_from(
    ["aws:PrincipalTag/team", "aws:ResourceTag/team", "aws:username", "aws:SourceIp", "aws:PrincipalArn", "aws:TagKeys"]
)
ONE_VALUE = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLikeIfExists",
    "StringEqualsIfExists",
    "ArnLike",
]
SEVERAL = ["ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAnyValue:StringNotEquals"]
operators = st.sampled_from([*ONE_VALUE, *SEVERAL, "Null", "Odd"])
conditions = st.dictionaries(
    operators, st.dictionaries(keys, st.lists(values, min_size=1, max_size=2), min_size=1, max_size=2), max_size=2
)
action_elements = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "kms:*", "kms:Decrypt"])
resource_elements = st.sampled_from(
    ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::c/*", "arn:aws:kms:*:*:key/*"]
)
principal_elements = st.sampled_from(
    ["*", {"AWS": A}, {"AWS": [ROLE, A]}, {"AWS": USER}, {"AWS": SESSION}, {"AWS": B}, {"CanonicalUser": "c1"}]
)


@st.composite
def statements(draw, principal=False, effects=("Allow", "Allow", "Deny")):
    made = {"Effect": draw(st.sampled_from(effects))}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(action_elements)
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(resource_elements)
    if principal:
        made[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(principal_elements)
    if condition := draw(conditions):
        made["Condition"] = condition
    return made


def documents(**how):
    return st.builds(
        lambda version, found: {"Version": version, "Statement": found},
        st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
        st.lists(statements(**how), min_size=1, max_size=3),
    )


optional = {
    "boundary": documents(),
    "session_policy": documents(),
    "resource_policy": documents(principal=True),
    "scps": st.lists(st.lists(documents(), max_size=2), max_size=2),
    "endpoint_policies": st.lists(documents(principal=True), max_size=1),
    "s3_block_public_access": st.booleans(),
}
requests = st.fixed_dictionaries(
    {
        "id": st.just("r"),
        "principal": st.sampled_from([ROLE, USER, SESSION, {"type": "Anonymous"}, "lambda.amazonaws.com"]),
        "action": st.sampled_from(["s3:GetObject", "s3:PutObject", "kms:Decrypt"]),
        "resource": st.sampled_from(["arn:aws:s3:::b/ann", "arn:aws:s3:::c/x", f"arn:aws:kms:eu-west-1:{A}:key/k"]),
        "resource_account": st.sampled_from([A, A, B]),
        "identity_policies": st.lists(documents(), max_size=2),
        "mode": st.sampled_from(["Strict", "Discovery"]),
    },
    optional=optional,
)


def verdict(request):
    return decide_request(request)["verdict"]


@given(requests)
def test_the_order_of_statements_never_matters(request):
    turned = [{**each, "Statement": each["Statement"][::-1]} for each in request["identity_policies"][::-1]]
    assert verdict(request | {"identity_policies": turned}) == verdict(request)


@given(requests, statements(effects=("Deny",)))
def test_a_deny_never_widens(request, deny):
    more = [*request["identity_policies"], {"Version": "2012-10-17", "Statement": [deny]}]
    assert RANK[verdict(request | {"identity_policies": more})] <= RANK[verdict(request)]


@given(requests, statements(effects=("Allow",)))
def test_an_allow_never_narrows(request, allow):
    more = [*request["identity_policies"], {"Version": "2012-10-17", "Statement": [allow]}]
    assert RANK[verdict(request | {"identity_policies": more})] >= RANK[verdict(request)]


@given(requests, st.dictionaries(keys, st.sampled_from(["red", "blue", "ann", "10.0.0.1", ["red"], ["red", "x"]])))
def test_whatever_the_unknown_keys_hold_the_answer_lies_within_what_was_said(request, filling):
    """Allowed stays allowed and denied stays denied, however the keys that Discovery leaves open are filled."""
    if request["principal"] != USER:
        filling.pop("aws:username", None)  # nobody else has one: that is known, not left open
    open_verdict = verdict(request | {"mode": "Discovery"})
    filled = verdict(request | {"mode": "Strict", "context": filling})
    if open_verdict in ("allowed", "denied"):
        assert filled == open_verdict


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ROLE, "s3:GetObject", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["principal", "action", "resource", "context", "identity_policies", "boundary", "scps", "rcps", "kms_grants"]


@given(requests, st.sampled_from([*FIELDS, "endpoint_policies", "resource_policy", "mode", "wildcard_only"]), anything)
def test_whatever_a_field_holds_there_is_a_decision_or_an_error_that_says_where(request, field, value):
    got = decide_request(request | {field: value})
    assert got["id"] == "r"
    assert ("verdict" in got) is not ("error" in got)
    if "error" in got:
        assert got["error"]["message"]
        assert got["error"]["at"].startswith("/")


@given(
    requests, st.sampled_from(["Effect", "Action", "Resource", "Condition", "Sid", "Statement", "Version"]), anything
)
def test_whatever_an_element_of_a_policy_holds_it_is_decided_or_refused(request, element, value):
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    whole = element in ("Statement", "Version")
    policy = {"Statement": statement if whole else statement | {element: value}} | ({element: value} if whole else {})
    got = decide_request(request | {"boundary": policy})
    assert ("verdict" in got) is not ("error" in got)
