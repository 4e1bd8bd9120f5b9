"""Point decisions on an estate: which documents bind a call, and which condition keys its facts decide."""

import pytest

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.asking import UnknownIdentityError, decide_for, estate_of, explain_for
from graph.model import Document, Verdict

HOME, PARTNER, BOSS = "111111111111", "222222222222", "999999999999"
ALLOWED, CONDITIONAL, UNKNOWN, DENIED = Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED
SECRET = f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:s"
ROLE = f"arn:aws:iam::{HOME}:role/ml"
READ = "secretsmanager:GetSecretValue"


def document(name, effect="Allow", action="*", resource="*", condition=None, principal=None):
    statement = {"Effect": effect, "Action": action}
    statement |= {"Resource": resource} if resource else {}
    statement |= {"Principal": principal} if principal else {}
    statement |= {"Condition": condition} if condition else {}
    return Document(name, {"Version": "2012-10-17", "Statement": [statement]})


UNREADABLE = Document("Lost", None, "the document was refused")
FULL = document("Full")


def role(arn=ROLE, **more):
    return Principal(arn, PrincipalKind.ROLE, arn.split(":")[4], **({"documents": (FULL,), "tags": {}} | more))


def secret(**more):
    return Resource(SECRET, "secretsmanager:secret", HOME, SECRET, **({"region": "eu-west-1", "tags": {}} | more))


def estate(principals=(), resources=(), **more):
    kinds = sorted({resource.kind for resource in resources})
    by_kind = {kind: tuple(each for each in resources if each.kind == kind) for kind in kinds}
    return estate_of(AwsFacts(cloud="aws", principals=tuple(principals), resources=by_kind, **more))


def verdict(identity=None, thing=None, action=READ, given=None, others=(), things=(), **more):
    identity, thing = identity or role(), thing or secret()
    found = estate((identity, *others), (thing, *things), **more)
    return decide_for(found, identity.key, action, thing.arn, given).verdict


def only_if(operator, key, value, **more):
    return role(documents=(document("Asking", condition={operator: {key: value}}),), **more)


# ----- which documents bind


def test_an_identity_that_is_not_there_is_an_error():
    with pytest.raises(UnknownIdentityError):
        decide_for(estate(accounts={HOME: Account(HOME)}), ROLE, READ, SECRET)
    with pytest.raises(UnknownIdentityError):
        decide_for(estate(), "nobody in particular", READ, SECRET)


# ----- what is asked about: strangers, and what an action really acts on

BUCKET = "arn:aws:s3:::queue"
STRANGER = f"arn:aws:iam::{PARTNER}:user/eve"


def bucket(*policies):
    made = Resource(BUCKET, "s3:bucket", HOME, BUCKET, policies=policies, public_block=False)
    keys = ("in/~", "out/~")
    return (
        made,
        *(
            Resource(f"{BUCKET}/{key}", "s3:object", HOME, BUCKET, policies=policies, public_block=False)
            for key in keys
        ),
    )


def test_an_action_on_objects_asked_of_a_bucket_is_decided_for_the_most_open_of_its_objects():
    labels = role(documents=(document("Labels", action="s3:GetObject", resource=f"{BUCKET}/out/*"),))
    found = estate((labels,), bucket())
    assert decide_for(found, ROLE, "s3:GetObject", BUCKET).verdict is ALLOWED
    said = explain_for(found, ROLE, "s3:GetObject", BUCKET)
    assert said[1] == (
        f"GetObject acts on objects, not on buckets; decided for {BUCKET}/out/~, "
        "the most open of 2 kinds of object in it."
    )
    assert decide_for(found, ROLE, "s3:PutObject", BUCKET).verdict is DENIED


def test_an_action_on_objects_of_a_bucket_that_nobody_has_read_is_decided_for_any_object():
    found = estate((role(documents=(document("Labels", action="s3:GetObject", resource=f"{BUCKET}/*"),)),))
    assert decide_for(found, ROLE, "s3:GetObject", BUCKET).verdict is ALLOWED
    assert f"decided for {BUCKET}/~." in explain_for(found, ROLE, "s3:GetObject", BUCKET)[1]


def test_an_action_on_buckets_asked_of_an_object_is_decided_for_its_bucket():
    found = estate((role(documents=(document("Lists", action="s3:ListBucket", resource=BUCKET),)),), bucket())
    assert decide_for(found, ROLE, "s3:ListBucket", f"{BUCKET}/in/x").verdict is ALLOWED
    assert f"decided for {BUCKET}." in explain_for(found, ROLE, "s3:ListBucket", f"{BUCKET}/in/x")[1]


def test_an_action_on_something_else_is_decided_as_written_and_says_so():
    said = explain_for(estate((role(),), bucket()), ROLE, "sagemaker:UpdateEndpoint", BUCKET)
    assert "not on buckets; decided as it is written." in said[1]
    assert not any(
        "acts on" in line for line in explain_for(estate((role(),), bucket()), ROLE, "s3:GetObject", f"{BUCKET}/x")
    )


def test_somebody_of_an_account_that_was_not_read_is_decided_by_what_the_resource_says():
    opened = document("Open", action="s3:GetObject", resource=f"{BUCKET}/*", principal={"AWS": PARTNER})
    found = estate((role(),), bucket(opened), accounts={HOME: Account(HOME)})
    for asked in (STRANGER, PARTNER, f"arn:aws:iam::{PARTNER}:root"):
        assert decide_for(found, asked, "s3:GetObject", BUCKET).verdict is ALLOWED
        assert decide_for(found, asked, "s3:PutObject", BUCKET).verdict is DENIED
    assert decide_for(found, BOSS, "s3:GetObject", BUCKET).verdict is DENIED
    assert decide_for(found, f"arn:aws:iam::{BOSS}:role/x", "s3:GetObject", BUCKET).verdict is DENIED


def test_a_document_that_could_not_be_read_leaves_it_unknown():
    assert verdict(role(documents=(UNREADABLE,))) is UNKNOWN
    assert verdict(role(documents=(FULL, UNREADABLE))) is UNKNOWN
    assert verdict(role(boundary=UNREADABLE)) is UNKNOWN
    assert verdict(role(documents=())) is DENIED
    assert verdict(thing=secret(policies=(UNREADABLE,))) is UNKNOWN


def test_what_cannot_be_granted_by_an_unread_document_is_denied():
    assert verdict(role(documents=(UNREADABLE,), boundary=document("B", action="ec2:*"))) is DENIED


LEVELS = ((document("Root"),), (document("Narrow", action="ec2:*"),))


def test_service_control_policies_bind_member_accounts_but_not_the_management_account():
    assert verdict(accounts={HOME: Account(HOME, scps=LEVELS)}) is DENIED
    assert verdict(accounts={HOME: Account(HOME, scps=LEVELS, management=True)}) is ALLOWED
    assert verdict(accounts={HOME: Account(HOME, scps=None)}) is ALLOWED


def test_a_level_that_could_not_be_read_leaves_it_unknown():
    assert verdict(accounts={HOME: Account(HOME, scps=((UNREADABLE,),))}) is UNKNOWN


NO_READING = ((document("NoReading", "Deny", READ, principal="*"),),)


def test_resource_control_policies_bind_resources_of_member_accounts():
    assert verdict(accounts={HOME: Account(HOME, rcps=NO_READING)}) is DENIED
    assert verdict(accounts={HOME: Account(HOME, rcps=NO_READING, management=True)}) is ALLOWED


def test_resource_control_policies_leave_keys_that_aws_manages():
    arn = f"arn:aws:kms:eu-west-1:{HOME}:key/k"
    opened = document("KeyPolicy", principal={"AWS": HOME})
    closed = {HOME: Account(HOME, rcps=((document("NoKeys", "Deny", "kms:*", principal="*"),),))}
    own = Resource(arn, "kms:key", HOME, arn, policies=(opened,), attributes={"manager": "CUSTOMER"})
    theirs = Resource(arn, "kms:key", HOME, arn, policies=(opened,), attributes={"manager": "AWS"})
    assert verdict(thing=own, action="kms:Decrypt", accounts=closed) is DENIED
    assert verdict(thing=theirs, action="kms:Decrypt", accounts=closed) is ALLOWED


def test_grants_that_could_not_be_read_may_allow():
    arn = f"arn:aws:kms:eu-west-1:{HOME}:key/k"
    key = Resource(arn, "kms:key", HOME, arn, attributes={"grants_unread": True})
    assert verdict(thing=key, action="kms:Decrypt") is UNKNOWN
    assert verdict(thing=key, action="kms:PutKeyPolicy") is DENIED


def trusted(*principals, condition=None, action="sts:AssumeRole", arn=f"arn:aws:iam::{HOME}:role/target"):
    trusts = tuple(document(f"Trust{i}", "Allow", action, None, condition, each) for i, each in enumerate(principals))
    return Resource(arn, "iam:role", HOME, arn, tags={}, policies=trusts)


def test_passing_a_role_does_not_look_at_its_trust():
    target = trusted({"Service": "lambda.amazonaws.com"})
    assert verdict(thing=target, action="iam:PassRole") is ALLOWED
    assert verdict(thing=target, action="sts:AssumeRole") is DENIED


def test_an_outside_identity_needs_only_to_be_let_in():
    arn = f"arn:aws:iam::{PARTNER}:role/theirs"
    outside = Principal(arn, PrincipalKind.OUTSIDE, PARTNER)
    for named in (arn, PARTNER):
        assert verdict(outside, trusted({"AWS": named}), "sts:AssumeRole") is ALLOWED
    assert verdict(outside, trusted({"AWS": HOME}), "sts:AssumeRole") is DENIED


def test_an_outside_account_is_whoever_is_in_it():
    outside = Principal(f"arn:aws:iam::{PARTNER}:root", PrincipalKind.OUTSIDE, PARTNER)

    def asked(pattern):
        target = trusted({"AWS": PARTNER}, condition={"ArnLike": {"aws:PrincipalArn": pattern}})
        return verdict(outside, target, "sts:AssumeRole")

    assert asked(f"arn:aws:iam::{PARTNER}:role/ci-*") is CONDITIONAL
    assert asked(f"arn:aws:iam::{BOSS}:role/ci-*") is DENIED


def test_a_subject_class_is_let_in_as_far_as_the_trust_lets_in_all_of_it():
    provider = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
    subject = Principal("federated:x", PrincipalKind.FEDERATED, HOME, provider=provider, subject="repo:acme/app:*")

    def asked(pattern):
        condition = {"StringLike": {"token.actions.githubusercontent.com:sub": pattern}}
        target = trusted({"Federated": provider}, condition=condition, action="sts:AssumeRoleWithWebIdentity")
        return verdict(subject, target, "sts:AssumeRoleWithWebIdentity")

    assert asked("repo:acme/*") is ALLOWED
    assert asked("repo:acme/app:ref:refs/heads/main") is CONDITIONAL
    assert asked("repo:other/*") is DENIED


def test_a_call_on_several_resources_needs_all_of_them():
    arn = f"arn:aws:bedrock:us-east-1:{HOME}:inference-profile/p"
    models = tuple(f"arn:aws:bedrock:{region}::foundation-model/m" for region in ("us-east-1", "us-west-2"))
    profile = Resource(arn, "bedrock:inference-profile", HOME, arn, members=models)

    def invoker(*resources):
        return role(documents=(document("Invoke", action="bedrock:InvokeModel", resource=list(resources)),))

    assert verdict(invoker(arn, *models), profile, "bedrock:InvokeModel") is ALLOWED
    assert verdict(invoker(arn, models[0]), profile, "bedrock:InvokeModel") is DENIED
    assert verdict(invoker(arn, "arn:aws:bedrock:*::foundation-model/*"), profile, "bedrock:InvokeModel") is ALLOWED


def test_an_object_that_is_not_listed_has_what_its_bucket_has():
    bucket = "arn:aws:s3:::data"
    policy = document("BucketPolicy", "Deny", "s3:GetObject", f"{bucket}/private/*", principal="*")
    listed = Resource(f"{bucket}/*", "s3:object", HOME, bucket, policies=(policy,))
    found = estate((role(),), (listed,))
    assert decide_for(found, ROLE, "s3:GetObject", f"{bucket}/private/k").verdict is DENIED
    assert decide_for(found, ROLE, "s3:GetObject", f"{bucket}/public/k").verdict is ALLOWED


def test_what_was_never_asked_for_is_said_beside_the_verdict():
    found = estate((role(),), (secret(),), assumed={HOME: ("scp", "resource_policy")})
    made = decide_for(found, ROLE, READ, SECRET)
    assert (made.verdict, made.assumed) == (ALLOWED, ("resource_policy", "scp"))


# ----- which keys the facts decide


ORGANIZED = {
    "accounts": {
        HOME: Account(HOME, organization="o-1", path="o-1/r-1/ou-1/", scps=()),
        BOSS: Account(BOSS, organization="o-1", path="o-1/r-1/", scps=(), management=True),
    },
    "whole_organizations": frozenset({"o-1"}),
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-1", ALLOWED),
        ("StringEquals", "aws:PrincipalOrgID", "o-2", DENIED),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/ou-1/*", ALLOWED),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/ou-2/*", DENIED),
        ("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}", ALLOWED),
        ("StringEquals", "aws:PrincipalAccount", HOME, ALLOWED),
        ("StringEquals", "aws:ResourceAccount", HOME, ALLOWED),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", ALLOWED),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", DENIED),
        ("StringEquals", "aws:ResourceTag/Team", "ml", ALLOWED),
        ("StringEquals", "secretsmanager:ResourceTag/team", "ml", ALLOWED),
        ("StringEquals", "iam:ResourceTag/team", "ml", DENIED),
        ("StringEquals", "aws:ResourceTag/other", "ml", DENIED),
        ("StringEquals", "aws:PrincipalTag/team", "ml", ALLOWED),
        ("StringEquals", "aws:PrincipalTag/other", "ml", DENIED),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/m*", ALLOWED),
        ("StringEquals", "aws:PrincipalType", "AssumedRole", ALLOWED),
        ("StringLike", "aws:userid", "AROAML:*", ALLOWED),
        ("StringLike", "aws:userid", "AROAML:admin", CONDITIONAL),
        ("StringLike", "aws:userid", "AROAOTHER:*", DENIED),
        ("StringLike", "aws:username", "*", DENIED),
        ("Null", "aws:TokenIssueTime", "false", ALLOWED),
        ("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z", ALLOWED),
        ("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", DENIED),
        ("NumericLessThan", "aws:EpochTime", "1893456000", ALLOWED),
        ("Bool", "aws:PrincipalIsAWSService", "false", ALLOWED),
        ("StringEquals", "aws:SourceAccount", HOME, DENIED),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", CONDITIONAL),
        ("Bool", "aws:MultiFactorAuthPresent", "true", CONDITIONAL),
        ("StringEquals", "secretsmanager:VersionStage", "AWSCURRENT", CONDITIONAL),
        ("StringAlmostEquals", "aws:PrincipalOrgID", "o-1", UNKNOWN),
    ],
)
def test_facts_decide_what_they_hold_and_leave_the_rest_open(operator, key, value, expected):
    caller = only_if(operator, key, value, tags={"Team": "ml"}, uid="AROAML")
    thing = secret(tags={"team": "ml"})
    assert verdict(caller, thing, collected_at="2026-06-01T00:00:00Z", **ORGANIZED) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("StringEquals", DENIED), ("StringNotEquals", ALLOWED), ("StringEqualsIfExists", CONDITIONAL)],
)
def test_an_account_outside_the_organization_is_not_in_it(operator, expected):
    """IfExists stays open: an account without organization sends no such key."""
    outside = Principal(f"arn:aws:iam::{PARTNER}:role/theirs", PrincipalKind.OUTSIDE, PARTNER)
    target = trusted({"AWS": "*"}, condition={operator: {"aws:PrincipalOrgID": "o-1"}})
    assert verdict(outside, target, "sts:AssumeRole", **ORGANIZED) is expected
    partly = ORGANIZED | {"whole_organizations": frozenset()}
    assert verdict(outside, target, "sts:AssumeRole", **partly) is CONDITIONAL


def test_where_the_organization_was_never_asked_for_its_id_is_open():
    assert verdict(only_if("StringEquals", "aws:PrincipalOrgID", "o-1")) is CONDITIONAL


def test_tags_that_were_not_read_are_open():
    assert verdict(only_if("StringEquals", "aws:ResourceTag/team", "ml"), secret(tags=None)) is CONDITIONAL
    assert verdict(only_if("StringEquals", "aws:PrincipalTag/team", "ml", tags=None)) is CONDITIONAL


def test_tags_that_differ_by_case_alone_are_open():
    caller = only_if("StringEquals", "aws:ResourceTag/team", "ml")
    assert verdict(caller, secret(tags={"team": "ml", "Team": "hr"})) is CONDITIONAL
    assert verdict(caller, secret(tags={"team": "ml", "Team": "ml"})) is ALLOWED


@pytest.mark.parametrize("tags", [{}, {"team": "ml"}, {"team": "hr"}])
def test_the_tags_of_a_role_whose_trust_lets_sessions_be_tagged_are_open(tags):
    caller = only_if("StringEquals", "aws:PrincipalTag/team", "ml", tags=tags)
    plain = trusted({"AWS": HOME}, arn=ROLE)
    tagging = trusted({"AWS": HOME}, action=["sts:AssumeRole", "sts:TagSession"], arn=ROLE)
    assert verdict(caller, things=(tagging,)) is CONDITIONAL
    assert verdict(caller, things=(plain,)) is (ALLOWED if tags.get("team") == "ml" else DENIED)


def test_bucket_tags_count_only_where_they_are_turned_on():
    caller = only_if("StringEquals", "aws:ResourceTag/team", "ml")
    arn = "arn:aws:s3:::data/*"

    def objects(abac):
        return Resource(arn, "s3:object", HOME, "arn:aws:s3:::data", tags={"team": "ml"}, abac=abac)

    assert verdict(caller, objects(True), "s3:GetObject") is ALLOWED
    assert verdict(caller, objects(False), "s3:GetObject") is DENIED


def test_what_a_technique_fixes_is_given():
    target = trusted({"Service": "lambda.amazonaws.com"})
    caller = only_if("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")
    assert verdict(caller, target, "iam:PassRole") is CONDITIONAL
    assert verdict(caller, target, "iam:PassRole", {"iam:PassedToService": ("lambda.amazonaws.com",)}) is ALLOWED
    assert verdict(caller, target, "iam:PassRole", {"iam:PassedToService": ("ec2.amazonaws.com",)}) is DENIED
    assert verdict(caller, target, "iam:PassRole", {"iam:PassedToService": ()}) is DENIED


def test_a_public_block_that_was_refused_leaves_outsiders_unknown():
    outside = Principal(f"arn:aws:iam::{PARTNER}:role/theirs", PrincipalKind.OUTSIDE, PARTNER)
    public = document("BucketPolicy", "Allow", "s3:GetObject", "arn:aws:s3:::data/*", principal="*")

    def asked(block):
        thing = Resource("arn:aws:s3:::data/*", "s3:object", HOME, "arn:aws:s3:::data", policies=(public,))
        thing = Resource(**{name: getattr(thing, name) for name in thing.__slots__} | {"public_block": block})
        return verdict(outside, thing, "s3:GetObject")

    assert (asked(True), asked(None), asked(False)) == (DENIED, UNKNOWN, ALLOWED)


EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.mark.parametrize(
    ("grantee", "permission", "action", "expected"),
    [
        ({"Type": "Group", "URI": EVERYBODY}, "READ", "s3:ListBucket", ALLOWED),
        ({"Type": "Group", "URI": EVERYBODY}, "READ", "s3:PutBucketAcl", DENIED),
        ({"Type": "Group", "URI": EVERYBODY}, "FULL_CONTROL", "s3:PutBucketAcl", ALLOWED),
        ({"Type": "Group", "URI": EVERYBODY.replace("All", "Authenticated")}, "READ", "s3:ListBucket", DENIED),
        ({"Type": "CanonicalUser", "ID": "c1"}, "READ", "s3:ListBucket", DENIED),
    ],
)
def test_an_access_control_list_lets_in_whom_it_names(grantee, permission, action, expected):
    anybody = Principal("anonymous", PrincipalKind.ANONYMOUS, None)
    grant = {"Grantee": grantee, "Permission": permission}
    thing = Resource("arn:aws:s3:::data", "s3:bucket", HOME, "arn:aws:s3:::data", acl=(grant,), public_block=False)
    assert verdict(anybody, thing, action) is expected


@pytest.mark.parametrize(("ids", "expected"), [({"c1": HOME}, ALLOWED), ({"c1": BOSS}, DENIED), ({}, UNKNOWN)])
def test_a_canonical_id_in_a_list_stands_for_its_account(ids, expected):
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": "c1"}, "Permission": "READ"}
    thing = Resource("arn:aws:s3:::data", "s3:bucket", HOME, "arn:aws:s3:::data", acl=(grant,), public_block=False)
    assert verdict(role(documents=()), thing, "s3:ListBucket", canonical_ids=ids) is expected


# ----- in words


def test_a_denial_is_explained_layer_by_layer():
    caller = role(boundary=document("MlBoundary", action="ec2:*"))
    words = explain_for(estate((caller,), (secret(),)), ROLE, READ, SECRET)
    assert words == (
        f"Denied: {READ} on {SECRET} by {ROLE}.",
        "The identity's policies allow it (Full, /Statement/0).",
        f"The boundary MlBoundary does not speak of {READ}, so it stops it.",
    )


@pytest.mark.parametrize(
    ("documents", "sentence"),
    [
        ((document("A", action="s3:*"),), f"The identity's policies (A) do not speak of {READ}, so they stop it."),
        (
            (document("A", resource="arn:aws:secretsmanager:*:*:secret:other"),),
            f"The identity's policies (A) speak of {READ}, but not on {SECRET}, so they stop it.",
        ),
        (
            (document("A", condition={"StringEquals": {"aws:ResourceTag/team": "ml"}}),),
            "The identity's policies (A) allow it only if StringEquals aws:ResourceTag/team [ml] holds "
            "(A, /Statement/0), and it does not, so they stop it.",
        ),
        ((), "The identity's policies cannot allow it: there are none."),
    ],
)
def test_silence_is_explained_by_the_nearest_miss(documents, sentence):
    words = explain_for(estate((role(documents=documents),), (secret(),)), ROLE, READ, SECRET)
    assert words[1:] == (sentence,)


def test_a_condition_says_who_chooses_it():
    caller = only_if("StringEquals", "aws:RequestTag/team", "ml")
    words = explain_for(estate((caller,), (secret(),)), ROLE, READ, SECRET)
    assert words[0].startswith("Allowed only under conditions")
    assert words[-1] == (
        "StringEquals aws:RequestTag/team [ml] must hold; the caller chooses this, so it protects nothing."
    )


def test_what_cannot_be_read_is_explained_as_such():
    words = explain_for(estate((role(documents=(UNREADABLE,)),), (secret(),)), ROLE, READ, SECRET)
    assert words[0].startswith("Cannot be decided")
    assert "The identity's policies: Lost may allow it: the document was refused." in words


def test_whoever_knows_an_external_id_gets_past_it():
    asked = {"StringEquals": {"sts:ExternalId": "e-1"}}
    made = trusted({"AWS": PARTNER}, condition=asked, arn=ROLE)
    words = explain_for(estate((role(),), (made,), accounts={HOME: Account(HOME)}), STRANGER, "sts:AssumeRole", ROLE)
    assert words[-1] == (
        "StringEquals sts:ExternalId [e-1] must hold; the caller sends this, so whoever knows or guesses it gets past."
    )


FULL_ACCESS = (document("FullAWSAccess"),)


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        ((FULL_ACCESS,), "The service control policies allow it (FullAWSAccess, /Statement/0)."),
        ((FULL_ACCESS,) * 2, "The service control policies of both levels allow it (FullAWSAccess, /Statement/0)."),
        (
            (FULL_ACCESS, FULL_ACCESS, (document("Reads", action=READ),)),
            "The service control policies of all three levels allow it "
            "(FullAWSAccess, /Statement/0; Reads, /Statement/0).",
        ),
        (
            (FULL_ACCESS, FULL_ACCESS, (document("Narrow", action="ec2:*"),)),
            "The service control policies of two of 3 levels allow it (FullAWSAccess, /Statement/0).",
        ),
    ],
)
def test_what_several_levels_allow_is_one_sentence(levels, sentence):
    words = explain_for(estate((role(),), (secret(),), accounts={HOME: Account(HOME, scps=levels)}), ROLE, READ, SECRET)
    assert [line for line in words if "allow it" in line and "service control" in line] == [sentence]
