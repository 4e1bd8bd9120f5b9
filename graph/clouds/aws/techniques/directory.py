"""Ways in by a directory: identity providers, Identity Center, Cognito, Roles Anywhere, and the root of a member."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Conjunction, Given, Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, SELF_ESCALATION, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"
_GUIDE, _IAM = f"{_DOCS}/IAM/latest/UserGuide", f"{_DOCS}/IAM/latest/APIReference"
_CENTER, _COGNITO = f"{_DOCS}/singlesignon/latest", f"{_DOCS}/cognito/latest/developerguide"
SET, INSTANCE, _PROVISION = "sso:permissionset", "sso:instance", "sso:ProvisionPermissionSet"
_AUTHORITY = "acm-pca:certificate-authority"
PROFILE, ANCHOR = "rolesanywhere:profile", "rolesanywhere:trust-anchor"
_PINNED = "Ask in every trust policy of Roles Anywhere for the one trust anchor that is meant (aws:SourceArn)."
_MEMBERSHIP = "identitystore:CreateGroupMembership"
_SIGN_IN = "the source has a sign-in of its own in the directory"


def in_force(action: str, place: Place) -> Conjunction:
    """A permission set changed, and put in force in the account: both are asked of the instance as well.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
    """
    both = ((name, kind) for kind in (SET, INSTANCE) for name in (action, _PROVISION))
    return (*(Need(name, kind, place) for name, kind in both), Need(_PROVISION, "sso:account", place))


def _task(name: str) -> Given:
    return (("sts:TaskPolicyArn", (f"arn:aws:iam::aws:policy/root-task/{name}",)),)


# What a root session may be used for that changes anything; the fifth task only reads.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
_TASKS = ("S3UnlockBucketPolicy", "SQSUnlockQueuePolicy", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials")


def _anchored(slug: str, title: str, kind: str, enabled: bool, can: str, fix: str, events: str, *needs: Need) -> Entry:
    """A certificate authority of one's own, trusted for the profiles that are there.

    Nobody asks for iam:PassRole: the profile has its roles already.
    """
    where = (("enabled", enabled),)
    return Entry(
        key=f"aws.roles-anywhere-{slug}",
        title=title,
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.ANCHOR, kind, (needs,), service="rolesanywhere.amazonaws.com", where=where),
        sentence=f"{{source}} can {can}, and so be {{target}}",
        gives="a session as any role of the profile, with a certificate of its own",
        fix=fix,
        page=f"{_DOCS}/rolesanywhere/latest/APIReference/API_{events}.html",
        attack=("T1556", "T1649", "T1098"),
        prerequisites="A profile with a role that trusts Roles Anywhere, for any trust anchor or for this one.",
    )


def _appointing(action: str) -> Conjunction:
    """Whoever assigns itself a new permission set is what this allows, in each account that it is assigned in."""
    on_both = (
        (name, kind, place) for name in _NEW_SET for kind, place in (("sso:instance", Place.SOME), (SET, Place.NEW))
    )
    needs = (Need(name or action, kind, place) for name, kind, place in on_both)
    return (*needs, Need("sso:CreateAccountAssignment", "sso:account"))


_NEW_SET = ("sso:CreatePermissionSet", "", "sso:CreateAccountAssignment")

ENTRIES = (
    Entry(
        key="aws.update-saml-provider",
        title="Give a SAML provider keys of one's own",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.VOUCH, "iam:saml-provider", ((Need("iam:UpdateSAMLProvider", "iam:saml-provider"),),)),
        sentence="{source} can make {via} accept its own assertions, and so be {target}",
        gives="every role that trusts the provider, as whomever its trust policy asks for",
        fix="Deny iam:UpdateSAMLProvider in an SCP except to whoever runs the federation.",
        page=f"{_IAM}/API_UpdateSAMLProvider.html",
        answers=("AWS-T046",),
        attack=("T1484.002", "T1606.002"),
        prerequisites="A role that trusts the SAML provider.",
    ),
    Entry(
        key="aws.add-client-id",
        title="Make an OIDC provider accept tokens for another client",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.VOUCH,
            "iam:oidc-provider",
            ((Need("iam:AddClientIDToOpenIDConnectProvider", "iam:oidc-provider"),),),
        ),
        sentence="{source} can make {via} accept tokens for a client of its own, and so be {target}",
        gives="roles that ask for no audience, or for one that the provider did not accept so far",
        fix="Pin audience and subject in every trust policy of the provider.",
        page=f"{_IAM}/API_AddClientIDToOpenIDConnectProvider.html",
        answers=("AWS-T027",),
        attack=("T1484.002",),
        prerequisites="A role that trusts the OIDC provider and pins neither audience nor subject.",
    ),
    Entry(
        key="aws.sso-assigned",
        title="Sign in through Identity Center",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.ASSIGN, SET, ()),
        sentence="{source} can sign in through Identity Center and put on {target}",
        gives="a session as the role that a permission set has become in an account",
        fix="Take the assignment away, or the person out of the group.",
        page=f"{_CENTER}/userguide/permissionsetsconcept.html",
        events=("Authenticate", "Federate", "AssumeRoleWithSAML"),
        attack=("T1078.004",),
        prerequisites="An assignment of the permission set to the person or to a group of theirs.",
    ),
    Entry(
        key="aws.sso-create-assignment",
        title="Assign oneself a permission set that is there",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:role",
            (
                # In the very account of the role; the instance is asked for as well.
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
                (
                    Need("sso:CreateAccountAssignment", SET, Place.HOST),
                    Need("sso:CreateAccountAssignment", "sso:account", Place.HOST),
                    Need("sso:CreateAccountAssignment", INSTANCE, Place.HOST),
                ),
            ),
            supposes=_SIGN_IN,
        ),
        sentence="{source} can assign itself {via} and so be {target}",
        gives="the role that the permission set has become in the account",
        fix="Narrow sso:CreateAccountAssignment to harmless permission sets and accounts.",
        page=f"{_CENTER}/APIReference/API_CreateAccountAssignment.html",
        attack=("T1098.003",),
        prerequisites="A permission set that was provisioned to an account; a sign-in of the source's own.",
    ),
    Entry(
        key="aws.sso-join-group",
        title="Add oneself to a group of Identity Center",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.BECOME,
            "iam:role",
            (
                # On the group, the store and whoever is added: the source's own person is not told from others.
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentitystore.html
                (
                    Need(_MEMBERSHIP, "identitystore:group", Place.HOST),
                    Need(_MEMBERSHIP, "identitystore:identitystore", Place.SOME),
                    Need(_MEMBERSHIP, "identitystore:user", Place.SOME),
                ),
            ),
            supposes=_SIGN_IN,
        ),
        sentence="{source} can add itself to {via} and so be {target}",
        gives="every role that is assigned to the group, in every account",
        fix="Narrow identitystore:CreateGroupMembership to groups without administrative assignments.",
        page=f"{_CENTER}/IdentityStoreAPIReference/API_CreateGroupMembership.html",
        answers=("AWS-T018",),
        attack=("T1098.003",),
        prerequisites="A group to which a permission set is assigned; a sign-in of the source's own.",
    ),
    Entry(
        key="aws.sso-new-permission-set",
        title="Make a permission set and assign it to oneself",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.APPOINT,
            "sso:account",
            (
                _appointing("sso:AttachManagedPolicyToPermissionSet"),
                _appointing("sso:PutInlinePolicyToPermissionSet"),
            ),
            asset="account",
            supposes=_SIGN_IN,
        ),
        sentence="{source} can make itself a permission set that allows everything, and so own {target}",
        gives="administrator of every account in which Identity Center may assign permission sets",
        fix="Keep sso:CreateAccountAssignment and sso:AttachManagedPolicyToPermissionSet in few, watched hands.",
        page=f"{_CENTER}/APIReference/API_CreatePermissionSet.html",
        answers=("AWS-T023",),
        attack=("T1098.003", "T1136.003"),
        prerequisites="An organization instance of Identity Center; a sign-in of the source's own.",
    ),
    Entry(
        key="aws.cognito-member",
        title="Sign in to an identity pool",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.ASSIGN,
            "cognito-identity:identitypool",
            ((Need("sts:AssumeRoleWithWebIdentity", "iam:role"),),),
        ),
        sentence="{source} can get credentials of {target} from the identity pool",
        gives="a session as the role that the pool has chosen for them",
        fix="Give the pool's roles only what every user of the application may do.",
        page=f"{_COGNITO}/role-based-access-control.html",
        events=("GetId", "GetCredentialsForIdentity"),
        attack=("T1078.004",),
        prerequisites="A sign-in with one of the pool's providers.",
    ),
    Entry(
        key="aws.cognito-group",
        title="Add oneself to a group that an identity pool maps to a role",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:role",
            ((Need("cognito-idp:AdminAddUserToGroup", "cognito-idp:userpool", Place.HOST),),),
            supposes="the source has a sign-in of its own in the user pool",
        ),
        sentence="{source} can add itself to a group of {via} and so be {target}",
        gives="the role that a rule of the identity pool gives to the group",
        fix="Keep cognito-idp:AdminAddUserToGroup from whoever may not have the roles of the groups.",
        page=f"{_COGNITO}/role-based-access-control.html",
        answers=("AWS-T026",),
        attack=("T1098.003",),
        prerequisites="An identity pool with a rule for a group; a sign-in in the user pool.",
    ),
    Entry(
        key="aws.cognito-group-role",
        title="Add oneself to a group that has a role of its own",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:role",
            ((Need("cognito-idp:AdminAddUserToGroup", "cognito-idp:userpool", Place.HOST),),),
            through="cognito-idp:group",
            acts_as="group_roles",
        ),
        sentence="{source} can add itself to a group of {via}, and be {target} if a group has that role",
        gives="the role of the group, where the identity pool takes the role from the token",
        fix="Keep cognito-idp:AdminAddUserToGroup from whoever may not have the roles of the groups.",
        page=f"{_COGNITO}/role-based-access-control.html",
        answers=("AWS-T026",),
        attack=("T1098.003",),
        prerequisites="An identity pool that takes roles from tokens; which groups have roles is not in a snapshot.",
    ),
    Entry(
        key="aws.roles-anywhere",
        title="Show a certificate to Roles Anywhere",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.ASSIGN, "rolesanywhere:profile", (), service="rolesanywhere.amazonaws.com"),
        sentence="{source} can put on {target} by a certificate",
        gives="a session as the role, limited by the policies of the profile",
        fix="Ask in the role's trust policy for the trust anchor (aws:SourceArn) and for the certificate's subject.",
        page=f"{_DOCS}/rolesanywhere/latest/userguide/trust-model.html",
        events=("CreateSession",),
        attack=("T1078.004", "T1649"),
        prerequisites="A certificate of the trust anchor's authority.",
    ),
    _anchored(
        "own-authority",
        "Have Roles Anywhere trust a certificate authority of one's own",
        PROFILE,
        True,
        "make a trust anchor of its own certificate authority beside {via}",
        _PINNED,
        "CreateTrustAnchor",
        Need("rolesanywhere:CreateTrustAnchor", ANCHOR, Place.NEW),
    ),
    _anchored(
        "enable-profile",
        "Enable a profile of Roles Anywhere for a certificate authority of one's own",
        PROFILE,
        False,
        "enable {via} and make a trust anchor of its own certificate authority beside it",
        _PINNED,
        "EnableProfile",
        Need("rolesanywhere:EnableProfile", PROFILE),
        Need("rolesanywhere:CreateTrustAnchor", ANCHOR, Place.NEW),
    ),
    _anchored(
        "replace-authority",
        "Put a certificate authority of one's own into a trust anchor",
        ANCHOR,
        True,
        "put its own certificate authority into {via}",
        "Keep rolesanywhere:UpdateTrustAnchor to whoever runs the certificate authority.",
        "UpdateTrustAnchor",
        Need("rolesanywhere:UpdateTrustAnchor", ANCHOR),
    ),
    _anchored(
        "enable-anchor",
        "Enable a trust anchor with a certificate authority of one's own",
        ANCHOR,
        False,
        "put its own certificate authority into {via} and enable it",
        "Delete trust anchors that are not used; keep rolesanywhere:UpdateTrustAnchor in few hands.",
        "EnableTrustAnchor",
        Need("rolesanywhere:UpdateTrustAnchor", ANCHOR),
        Need("rolesanywhere:EnableTrustAnchor", ANCHOR),
    ),
    _anchored(
        "issue",
        "Issue oneself a certificate that Roles Anywhere accepts",
        ANCHOR,
        True,
        "have the private certificate authority behind {via} issue a certificate to it",
        "Keep acm-pca:IssueCertificate on authorities of trust anchors to what issues certificates to workloads.",
        "CreateTrustAnchor",
        Need("acm-pca:IssueCertificate", _AUTHORITY, Place.BASIS),
        Need("acm-pca:GetCertificate", _AUTHORITY, Place.BASIS),
    ),
    Entry(
        key="aws.assume-root",
        title="Open a root session in a member account",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "sts:root-user",
            tuple((Need("sts:AssumeRoot", "sts:root-user", given=_task(name)),) for name in _TASKS),
            where=(("root_sessions", True),),
            asset="account",
        ),
        sentence="{source} can open a root session in {target} for one of the tasks that are foreseen",
        gives="rewriting a locked bucket's or queue's policy; letting the root password be recovered, or deleting it",
        fix="Condition sts:AssumeRoot on sts:TaskPolicyArn, and give it to a break-glass role only.",
        page=f"{_GUIDE}/id_root-user-privileged-task.html",
        strength=Strength.USES,
        answers=("AWS-T052",),
        attack=("T1548.005",),
        prerequisites="Centralized root access, opened from the management account or IAM's delegated administrator.",
    ),
)
