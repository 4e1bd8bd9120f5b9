"""Reading directories: who comes in by Identity Center, identity providers, Cognito, Roles Anywhere, and as root."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.read import read
from graph.model import Document, Verdict
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, REGION, A, B, allow, arn, details, facts, policy, role, trust, user

INSTANCE, STORE = "arn:aws:sso:::instance/ssoins-1", "d-1"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
MARY, JIM, ADMINS = (f"arn:aws:identitystore:::{name}" for name in ("user/mary", "user/jim", "group/admins"))
PROVIDER = arn("iam", "saml-provider/AWSSSO_0123_DO_NOT_DELETE")
RESERVED = arn("iam", f"role/aws-reserved/sso.amazonaws.com/{REGION}/AWSReservedSSO_Admin_0123456789abcdef")


def _reserved() -> dict[str, Any]:
    condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    made = role("x", trust({"Federated": PROVIDER}, "sts:AssumeRoleWithSAML", Condition=condition), allow("*"))
    return {**made, "Arn": RESERVED, "RoleName": RESERVED.rpartition("/")[2]}


def _center(*assigned: tuple[str, str]) -> dict[Any, Any]:
    return {
        DETAILS: details(roles=[_reserved()]),
        "sso-admin-list-instances": {
            "Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": STORE, "OwnerAccountId": A}]
        },
        ("sso-admin-list-permission-sets", INSTANCE): {"PermissionSets": [SET]},
        ("sso-admin-describe-permission-set", SET): {"PermissionSet": {"Name": "Admin", "PermissionSetArn": SET}},
        ("sso-admin-list-accounts-for-provisioned-permission-set", SET): {"AccountIds": [A]},
        ("sso-admin-list-account-assignments", SET, A): {
            "AccountAssignments": [{"PrincipalType": kind, "PrincipalId": number} for kind, number in assigned]
        },
        ("identitystore-list-users", STORE): {"Users": [{"UserId": n, "UserName": n} for n in ("mary", "jim")]},
        ("identitystore-list-groups", STORE): {"Groups": [{"GroupId": "admins", "DisplayName": "Admins"}]},
        ("identitystore-list-group-memberships", STORE, "admins"): {
            "GroupMemberships": [{"GroupId": "admins", "MemberId": {"UserId": "mary"}}]
        },
    }


def test_people_are_entries_when_a_permission_set_is_assigned_to_them_or_to_a_group_they_are_in() -> None:
    found = facts(_center(("GROUP", "admins")))
    entries = small.entries(found, "federated")
    assert set(entries) == {MARY}
    assert "one role" in entries[MARY].why
    assert small.node(found, JIM).name == "jim"


def test_a_permission_set_is_the_roles_that_bear_its_name_and_says_through_whom_they_are_put_on() -> None:
    found = facts(_center(("GROUP", "admins"), ("USER", "jim")))
    made = small.resource(found, "sso:permissionset", SET)
    assert made.runs_as == (RESERVED,)
    assert made.attributes["assigned"] == {ADMINS: {RESERVED: ""}, MARY: {RESERVED: ADMINS}, JIM: {RESERVED: ""}}
    assert small.resource(found, "identitystore:group", ADMINS).runs_as == (RESERVED,)


def test_a_role_of_a_permission_set_has_one_name_in_all_accounts_and_a_role_of_ones_own_has_its_own() -> None:
    own = {**_reserved(), "Arn": RESERVED.replace("/aws-reserved/", "/own/")}
    found = facts({DETAILS: details(roles=[_reserved(), own])})
    assert dict(small.node(found, RESERVED).properties)["common_name"] == "AWSReservedSSO_Admin"
    assert "common_name" not in dict(small.node(found, own["Arn"]).properties)


def test_where_assignments_were_read_nobody_else_signs_in_through_identity_center() -> None:
    def subjects(answers: dict[Any, Any]) -> set[str]:
        return {p.key for p in facts(answers).principals if p.key.startswith("federated:")}

    whole = _center(("GROUP", "admins"))
    assert subjects(whole) == set()
    for call in ("sso-admin-list-account-assignments", "identitystore-list-users"):
        cut = {key: answer for key, answer in whole.items() if call not in key}
        assert subjects(cut) == {f"federated:{PROVIDER}|https://signin.aws.amazon.com/saml|*"}, call


_IN_FORCE = ("sso-admin-list-accounts-for-provisioned-permission-set", SET)


def _delegated(kind: str, arn: str, *in_force: str) -> tuple[Document, ...]:
    """The policies by which a delegated administrator changes something; the set is in force there, or who knows."""
    services = {"DelegatedServices": [{"ServicePrincipal": "sso.amazonaws.com"}]}
    told = {("organizations-list-delegated-services-for-account", "222233334444"): services}
    answers = {**_center(), **told, _IN_FORCE: {"AccountIds": list(in_force)}}
    refused = () if in_force else (_IN_FORCE,)
    known = {question: answer for question, answer in answers.items() if question not in refused}
    return small.resource(facts(known, refused), kind, arn).policies


def test_a_delegated_administrator_manages_the_instance_by_its_own_policies() -> None:
    for kind, arn_of in (("sso:instance", INSTANCE), ("sso:permissionset", SET), ("identitystore:group", ADMINS)):
        (paper,) = _delegated(kind, arn_of, B)
        assert "arn:aws:iam::222233334444:root" in str(paper.body)
    assert small.resource(facts(_center()), "sso:permissionset", SET).policies == ()


def test_what_is_in_force_in_the_management_account_no_delegated_administrator_changes() -> None:
    assert _delegated("sso:permissionset", SET, A, B) == ()
    assert _delegated("sso:account", f"arn:aws:sso:::account/{A}", B) == ()
    (unread,) = _delegated("sso:permissionset", SET)
    assert unread.body is None


def _organization(*features: str) -> dict[Any, Any]:
    return {
        DETAILS: details(),
        "organizations-describe-organization": {"Organization": {"Id": "o-1", "MasterAccountId": A}},
        "organizations-list-accounts": {"Accounts": [{"Id": A}, {"Id": B}]},
        "iam-list-organizations-features": {"OrganizationId": "o-1", "EnabledFeatures": list(features)},
    }


def test_root_sessions_open_in_members_where_the_organization_has_switched_them_on() -> None:
    def told(*features: str) -> Any:
        mine, theirs = small.snapshot(_organization(*features)), small.snapshot({DETAILS: details()}, account=B)
        (member,) = read([mine, theirs]).resources["sts:root-user"]
        assert (member.arn, member.account) == (f"arn:aws:iam::{B}:root", A)
        return member.attributes["root_sessions"]

    assert told("RootCredentialsManagement", "RootSessions") is True
    assert told("RootCredentialsManagement") is False


def test_a_data_lake_names_its_administrators() -> None:
    lake = {"DataLakeSettings": {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": arn("iam", "user/ann")}]}}
    (known,) = facts({DETAILS: details(), "lakeformation-get-data-lake-settings": lake}).resources[
        "lakeformation:administrators"
    ]
    assert known.attributes["administrators"] == (arn("iam", "user/ann"),)


# ----- identity providers

GITHUB = arn("iam", "oidc-provider/token.actions.githubusercontent.com")


def _github(audience: str = "", clients: list[str] | None = None) -> AwsFacts:
    condition = {"StringEquals": {"token.actions.githubusercontent.com:aud": audience}} if audience else {}
    trusting = role("it", trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", Condition=condition))
    answers: dict[Any, Any] = {DETAILS: details(roles=[trusting])}
    if clients is not None:
        answers["iam-list-open-id-connect-providers"] = {"OpenIDConnectProviderList": [{"Arn": GITHUB}]}
        answers["iam-get-open-id-connect-provider", GITHUB] = {"Url": "x", "ClientIDList": clients}
    return facts(answers)


def test_a_new_client_opens_a_role_whose_trust_asks_for_no_audience_or_for_one_that_is_not_listed() -> None:
    def opened(*words: Any) -> Any:
        return small.resource(_github(*words), "iam:oidc-provider", GITHUB).attributes.get("subjects")

    assert opened("", ["sts.amazonaws.com"]) == (("a-new-client-id", "*"),)
    assert opened("other", ["sts.amazonaws.com"]) == (("other", "*"),)
    assert opened("sts.amazonaws.com", ["sts.amazonaws.com"]) is None


def test_a_token_for_a_client_that_the_provider_does_not_list_opens_nothing() -> None:
    assert len(small.entries(_github("sts.amazonaws.com", ["sts.amazonaws.com"]), "federated")) == 1
    assert small.entries(_github("other", ["sts.amazonaws.com"]), "federated") == {}
    assert len(small.entries(_github("other"), "federated")) == 1, "which clients are listed was never asked"


def test_a_provider_that_was_never_listed_is_known_from_the_trust_that_names_it() -> None:
    assert small.resource(_github("sts.amazonaws.com"), "iam:oidc-provider", GITHUB).account == A


# ----- Cognito

POOL = f"{REGION}:0123"


def _pool(guests: bool = True, classic: bool = False, **logins: Any) -> AwsFacts:
    def trusted(which: str) -> Any:
        host = "cognito-identity.amazonaws.com"
        condition = {
            "StringEquals": {f"{host}:aud": POOL},
            "ForAnyValue:StringLike": {f"{host}:amr": which},
        }
        return trust({"Federated": host}, "sts:AssumeRoleWithWebIdentity", Condition=condition)

    roles = [
        role("guest", trusted("unauthenticated"), allow(["s3:GetObject", "secretsmanager:GetSecretValue"])),
        role("member", trusted("authenticated"), allow("s3:*")),
    ]
    pool = {"IdentityPoolId": POOL, "IdentityPoolName": "app", "AllowUnauthenticatedIdentities": guests}
    chosen = {"unauthenticated": arn("iam", "role/guest"), "authenticated": arn("iam", "role/member")}
    return facts(
        {
            DETAILS: details(roles=roles),
            "cognito-identity-list-identity-pools": {"IdentityPools": [{"IdentityPoolId": POOL}]},
            ("cognito-identity-describe-identity-pool", POOL): {**pool, "AllowClassicFlow": classic, **logins},
            ("cognito-identity-get-identity-pool-roles", POOL): {"IdentityPoolId": POOL, "Roles": chosen},
        }
    )


GUEST = f"arn:aws:sts::{A}:assumed-role/guest/CognitoIdentityCredentials"


def test_guests_of_a_pool_are_anybody_with_less_than_their_role_may_do() -> None:
    found = _pool()
    assert set(small.entries(found, "anonymous")) == {GUEST}
    access = AwsAccess(found)
    assert access.decide(GUEST, "s3:GetObject", "arn:aws:s3:::data/x").verdict is Verdict.ALLOWED
    secret = arn("secretsmanager", "secret:it")
    assert access.decide(GUEST, "secretsmanager:GetSecretValue", secret).verdict is Verdict.DENIED
    assert access.decide(arn("iam", "role/guest"), "secretsmanager:GetSecretValue", secret).verdict is Verdict.ALLOWED


def test_the_classic_flow_hands_guests_the_whole_role() -> None:
    people = f"federated:cognito-identity.amazonaws.com|{POOL}|unauthenticated"
    assert set(small.entries(_pool(classic=True), "anonymous")) == {GUEST, people}


def test_a_token_says_whether_its_holder_signed_in() -> None:
    access = AwsAccess(_pool(classic=True, SupportedLoginProviders={"accounts.google.com": "x"}))
    told = {
        (who, name): access.decide(
            f"federated:cognito-identity.amazonaws.com|{POOL}|{who}",
            "sts:AssumeRoleWithWebIdentity",
            arn("iam", f"role/{name}"),
        ).verdict
        for who in ("authenticated", "unauthenticated")
        for name in ("guest", "member")
    }
    assert {pair for pair, verdict in told.items() if verdict is Verdict.ALLOWED} == {
        ("authenticated", "member"),
        ("unauthenticated", "guest"),
    }
    assert set(told.values()) == {Verdict.ALLOWED, Verdict.DENIED}


def test_a_pool_without_guests_lets_in_only_who_signs_in() -> None:
    members = f"federated:cognito-identity.amazonaws.com|{POOL}|authenticated"
    logins = [{"ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_x", "ClientId": "y"}]
    found = _pool(guests=False, CognitoIdentityProviders=logins)
    assert (set(small.entries(found, "anonymous")), set(small.entries(found, "federated"))) == (set(), {members})
    google = _pool(guests=False, SupportedLoginProviders={"accounts.google.com": "x"})
    assert set(small.entries(google, "anonymous")) == {members}, "anybody can have a Google account"


# ----- Roles Anywhere

ANCHOR, PROFILE = arn("rolesanywhere", "trust-anchor/1"), arn("rolesanywhere", "profile/2")


def _anywhere(enabled: bool = True, **profile: Any) -> AwsFacts:
    it = role("it", trust({"Service": "rolesanywhere.amazonaws.com"}), allow("s3:*"))
    return facts(
        {
            DETAILS: details(roles=[it]),
            "rolesanywhere-list-trust-anchors": {
                "trustAnchors": [{"trustAnchorArn": ANCHOR, "name": "corp", "enabled": enabled}]
            },
            "rolesanywhere-list-profiles": {
                "profiles": [{"profileArn": PROFILE, "enabled": True, "roleArns": [it["Arn"]], **profile}]
            },
        }
    )


def test_whoever_has_a_certificate_of_an_enabled_anchor_is_an_entry() -> None:
    holder = f"federated:{ANCHOR}|*|*"
    found = _anywhere()
    assert set(small.entries(found, "federated")) == {holder}
    assigned = small.resource(found, "rolesanywhere:profile", PROFILE).attributes["assigned"]
    assert assigned == {holder: {arn("iam", "role/it"): ""}}
    assert small.entries(_anywhere(enabled=False), "federated") == {}


def test_anchors_and_profiles_that_are_switched_off_are_known_as_such() -> None:
    for on in (True, False):
        found = _anywhere(enabled=on)
        assert small.resource(found, "rolesanywhere:trust-anchor", ANCHOR).attributes["enabled"] is on
    off = small.resource(_anywhere(enabled=False), "rolesanywhere:profile", PROFILE).attributes
    assert (off["enabled"], off["sessions"], off["assigned"]) == (True, (arn("iam", "role/it"),), {})


def test_the_authority_of_an_anchor_stands_behind_it() -> None:
    issuer = arn("acm-pca", "certificate-authority/ca")
    anchor = {"trustAnchorArn": ANCHOR, "enabled": True, "source": {"sourceData": {"acmPcaArn": issuer}}}
    found = facts({DETAILS: details(), "rolesanywhere-list-trust-anchors": {"trustAnchors": [anchor]}})
    assert small.resource(found, "rolesanywhere:trust-anchor", ANCHOR).attributes["behind"] == (issuer,)
    assert small.resource(found, "acm-pca:certificate-authority", issuer).account == A


def test_the_policy_of_a_profile_cuts_its_sessions_down() -> None:
    found = _anywhere(sessionPolicy=policy(allow("s3:GetObject")))
    session = f"arn:aws:sts::{A}:assumed-role/it/2"
    access = AwsAccess(found)
    assert access.decide(session, "s3:GetObject", "arn:aws:s3:::data/x").verdict is Verdict.ALLOWED
    assert access.decide(session, "s3:PutObject", "arn:aws:s3:::data/x").verdict is Verdict.DENIED
    lost = _anywhere(managedPolicyArns=[arn("iam", "policy/lost")])
    assert AwsAccess(lost).decide(session, "s3:PutObject", "arn:aws:s3:::data/x").verdict is Verdict.UNKNOWN


# ----- keys and root

_COLUMNS = "user,arn,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated"
_MORE = "access_key_2_active,access_key_2_last_rotated"


def _report(*rows: str) -> dict[str, str]:
    return {"Content": b64encode("\n".join([f"{_COLUMNS},{_MORE}", *rows]).encode()).decode()}


def test_a_report_tells_how_many_keys_a_user_has_and_whether_one_is_switched_off() -> None:
    def told(row: str) -> dict[str, Any]:
        line = f"u,{arn('iam', 'user/u')},false,false,{row}"
        found = facts({DETAILS: details([user("u")]), "iam-get-credential-report": _report(line)})
        known = small.resource(found, "iam:user", arn("iam", "user/u")).attributes
        return {name: known.get(name) for name in ("all_keys", "idle_key")}

    day = "2026-01-01T00:00:00+00:00"
    assert told("false,N/A,false,N/A") == {"all_keys": False, "idle_key": False}
    assert told(f"true,{day},false,{day}") == {"all_keys": True, "idle_key": True}
    assert told(f"true,{day},false,N/A") == {"all_keys": False, "idle_key": False}
    silent = facts({DETAILS: details([user("u")])})
    assert not {"all_keys", "idle_key"} & small.resource(silent, "iam:user", arn("iam", "user/u")).attributes.keys()


def test_the_account_says_how_its_root_user_can_sign_in() -> None:
    summary = {"SummaryMap": {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1, "AccountPasswordPresent": 1}}
    found = facts({DETAILS: details(), "iam-get-account-summary": summary})
    shown = dict(small.node(found, f"arn:aws:iam::{A}:root").properties)
    assert (shown["root_mfa"], shown["root_key"], shown["root_password"]) == ("no", "yes", "yes")
    assert "mail" in shown["root_recovery"]
    assert set(small.entries(found, "key")) == {f"arn:aws:iam::{A}:root"}


def test_versions_that_are_not_in_force_are_kept_beside_the_policy() -> None:
    look = small.managed("Look", allow("s3:Get*"))
    known = facts({DETAILS: details(policies=[look])})
    versions = small.resource(known, "iam:policy", arn("iam", "policy/Look")).attributes["versions"]
    assert isinstance(versions, tuple)
    assert [version.name.rpartition("/")[2] for version in versions] == ["Look version v1"]
