"""Principal access: ways of being another user or role by its own credentials or trust."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.rules.language import (
    TAG,
    UNTAGGED,
    VALUE,
    Conjunction,
    Given,
    Need,
    Place,
    Rule,
    Shape,
    Supply,
)
from graph.clouds.aws.rules.tags import SETTING
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, Entry
from graph.model import Strength

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"

# Session tags can be passed only by whoever may tag sessions, and inherited ones need the same.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
_ASSUME = (
    (Need("sts:AssumeRole", "iam:role", given=UNTAGGED),),
    (Need("sts:AssumeRole", "iam:role"), Need("sts:TagSession", "iam:role")),
)
_NEW_KEY = Need("iam:CreateAccessKey", "iam:user")
# Keys of a user are two at most. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_REPLACED_KEY = (_NEW_KEY, Need("iam:DeleteAccessKey", "iam:user"))
# A tag that some policy asks of users, put on the user and then there.
_TAGGED: Given = ((f"aws:ResourceTag/{TAG}", (VALUE,)), (f"iam:ResourceTag/{TAG}", (VALUE,)))
# A role that names a user or role of its own account needs no grant of sts:AssumeRole from that identity's policies;
# a denial still stops it, but not an account elsewhere, which the new trust policy can name as well.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
_REWRITE = Need("iam:UpdateAssumeRolePolicy", "iam:role")
_RETRUST: tuple[Conjunction, ...] = (
    (_REWRITE, Need("sts:AssumeRole", "iam:role", supply=Supply.REWRITTEN)),
    (_REWRITE, Need("sts:AssumeRole", "iam:role", supply=Supply.STRANGER_REWRITTEN)),
    # With an identity provider of one's own it is not the caller who assumes the role, but whoever has its tokens.
    (_REWRITE, Need("iam:CreateOpenIDConnectProvider", "iam:oidc-provider", Place.NEW)),
    (_REWRITE, Need("iam:CreateSAMLProvider", "iam:saml-provider", Place.NEW)),
)
# What a service's own credential is good for. https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-permissions.html
_BY_CREDENTIAL = ("bedrock:CallWithBearerToken", "codecommit:GitPull", "codecommit:GitPush", "cassandra:Select")

ENTRIES = (
    Entry(
        key="aws.assume-role",
        title="Assume a role",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", _ASSUME),
        sentence="{source} can assume {target}",
        gives="a session as the role, in the same account or across accounts",
        fix="Name in the role's trust policy only who needs it, and narrow sts:AssumeRole to those roles.",
        page=f"{_GUIDE}/id_roles_use.html",
        known_as=("sts-001",),
        answers=("AWS-T025", "AWS-T049"),
        attack=("T1078.004", "T1548.005"),
        prerequisites="A role whose trust policy lets the source in, and the session tags that it asks for, if any.",
    ),
    Entry(
        key="aws.assume-role-web-identity",
        title="Assume a role with an OIDC token",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithWebIdentity", "iam:role"),),), token=True),
        sentence="{source} can assume {target} with a token of its identity provider",
        gives="a session as the role for whoever holds a token whose audience and subject the trust policy accepts",
        fix="Pin both the audience (aud) and the subject (sub) in the trust policy to the one workload that needs it.",
        page=f"{_GUIDE}/id_roles_providers_create_oidc.html",
        answers=("AWS-T051",),
        attack=("T1078.004", "T1550.001"),
        prerequisites="A token of the identity provider for an audience and a subject that the trust policy accepts.",
    ),
    Entry(
        key="aws.assume-role-saml",
        title="Assume a role with a SAML assertion",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithSAML", "iam:role"),),), token=True),
        sentence="{source} can assume {target} with an assertion of its identity provider",
        gives="a session as the role for whoever the identity provider vouches for",
        fix="Pin SAML:aud and the attributes that name the people in the trust policy.",
        page=f"{_GUIDE}/id_roles_providers_saml.html",
        answers=("AWS-T050",),
        attack=("T1078.004", "T1606.002"),
        prerequisites="An assertion of the identity provider that fits the trust policy.",
    ),
    Entry(
        key="aws.create-access-key",
        title="Make an access key for a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:user", ((_NEW_KEY,),), where=(("all_keys", False),)),
        sentence="{source} can make an access key for {target}",
        gives="a long-lived credential of the user",
        fix="Allow iam:CreateAccessKey only on one's own user: arn:aws:iam::*:user/${aws:username}.",
        page=f"{_REFERENCE}/API_CreateAccessKey.html",
        known_as=("iam-002",),
        answers=("AWS-T031",),
        attack=("T1098.001",),
        prerequisites="A user with fewer than two access keys.",
    ),
    Entry(
        key="aws.replace-access-key",
        title="Replace an access key of a user who has two",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:user", (_REPLACED_KEY,), where=(("all_keys", True),)),
        sentence="{source} can delete an access key of {target} and make another",
        gives="a long-lived credential of the user; what ran with the deleted key stops",
        fix="Allow iam:CreateAccessKey and iam:DeleteAccessKey only on one's own user.",
        page=f"{_REFERENCE}/API_DeleteAccessKey.html",
        known_as=("iam-003",),
        answers=("AWS-T033",),
        attack=("T1098.001", "T1531"),
        prerequisites="A user with two access keys, one of which can be deleted.",
    ),
    Entry(
        key="aws.tag-user-access-key",
        title="Tag a user so that keys of it may be made",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:user",
            (
                (replace(_NEW_KEY, given=_TAGGED), Need("iam:TagUser", "iam:user", given=SETTING)),
                (
                    *(replace(need, given=_TAGGED) for need in _REPLACED_KEY),
                    Need("iam:TagUser", "iam:user", given=SETTING),
                ),
            ),
        ),
        sentence="{source} can tag {target} as its own policy asks, and make an access key for it",
        gives="a key of a user whom only its tags kept out of reach; with EnableMFADevice a second factor as well",
        fix="Keep iam:TagUser from whoever is limited by the tags of users, or condition it on aws:TagKeys.",
        page=f"{_GUIDE}/access_iam-tags.html",
        answers=("AWS-T032",),
        attack=("T1098.001", "T1098.005"),
        prerequisites="A policy of the source that asks for a tag of the user (aws:ResourceTag).",
    ),
    Entry(
        key="aws.enable-access-key",
        title="Switch a user's key on again",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:user",
            ((Need("iam:UpdateAccessKey", "iam:user"),),),
            where=(("idle_key", True),),
            supposes="the secret of the key that is switched off is known",
        ),
        sentence="{source} can switch on an access key of {target} that was switched off",
        gives="the use of an old key, such as one that leaked and was only deactivated",
        fix="Delete keys that are not needed any more instead of deactivating them.",
        page=f"{_REFERENCE}/API_UpdateAccessKey.html",
        answers=("AWS-T043",),
        attack=("T1098.001", "T1078.004"),
        prerequisites="A key that is switched off, and whose secret is known.",
    ),
    Entry(
        key="aws.create-login-profile",
        title="Give a user a console password",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME, "iam:user", ((Need("iam:CreateLoginProfile", "iam:user"),),), where=(("password", False),)
        ),
        sentence="{source} can give {target} a console password",
        gives="console access as a user that has no password yet",
        fix="Take iam:CreateLoginProfile away, or narrow it to the users that are managed this way.",
        page=f"{_REFERENCE}/API_CreateLoginProfile.html",
        known_as=("iam-004",),
        answers=("AWS-T035",),
        attack=("T1098.001",),
        prerequisites="A user without a console password.",
    ),
    Entry(
        key="aws.update-login-profile",
        title="Change a user's console password",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME, "iam:user", ((Need("iam:UpdateLoginProfile", "iam:user"),),), where=(("password", True),)
        ),
        sentence="{source} can set a new console password for {target}",
        gives="console access as a user that has a password (its second factor, if any, still stands)",
        fix="Take iam:UpdateLoginProfile away, or narrow it; let users change their own with iam:ChangePassword.",
        page=f"{_REFERENCE}/API_UpdateLoginProfile.html",
        known_as=("iam-006",),
        answers=("AWS-T045",),
        attack=("T1098",),
        prerequisites="A user with a console password, and without a second factor or with a known one.",
    ),
    Entry(
        key="aws.create-service-credential",
        title="Make a Bedrock API key for a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:user",
            ((Need("iam:CreateServiceSpecificCredential", "iam:user"),),),
            serves=_BY_CREDENTIAL,
        ),
        sentence="{source} can make a long-lived Bedrock API key of {target}",
        gives="use of what the user may do in Bedrock, CodeCommit or Keyspaces, not the user itself",
        fix="Deny iam:CreateServiceSpecificCredential in an SCP, or narrow it to the users that need one.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
        strength=Strength.USES,
        answers=("AWS-T040",),
        attack=("T1098.001", "T1496"),
        prerequisites="A user who may call models with a bearer token, use repositories, or query Keyspaces.",
    ),
    Entry(
        key="aws.upload-ssh-key",
        title="Put an SSH key on a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME,
            "iam:user",
            ((Need("iam:UploadSSHPublicKey", "iam:user"),),),
            serves=("codecommit:GitPull", "codecommit:GitPush"),
        ),
        sentence="{source} can put an SSH key of its own on {target}",
        gives="the CodeCommit repositories of the user: reading what it can pull, writing what it can push",
        fix="Narrow iam:UploadSSHPublicKey to one's own user: arn:aws:iam::*:user/${aws:username}.",
        page=f"{_GUIDE}/id_credentials_ssh-keys.html",
        strength=Strength.USES,
        answers=("AWS-T047",),
        attack=("T1098.004",),
        prerequisites="A user who may pull from or push to a repository.",
    ),
    Entry(
        key="aws.upload-signing-certificate",
        title="Put a signing certificate on a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:user", ((Need("iam:UploadSigningCertificate", "iam:user"),),)),
        sentence="{source} can put a signing certificate of its own on {target}",
        gives="requests signed as the user, where an interface still takes certificates; none of today's APIs does",
        fix="Deny iam:UploadSigningCertificate: it is needed for nothing that is still in service.",
        page=f"{_REFERENCE}/API_UploadSigningCertificate.html",
        strength=Strength.USES,
        answers=("AWS-T048",),
        attack=("T1098.001",),
        prerequisites="A user.",
    ),
    Entry(
        key="aws.update-trust",
        title="Rewrite a role's trust policy",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", _RETRUST),
        sentence="{source} can rewrite the trust policy of {target} and then assume it",
        gives="a session as the role",
        fix="Take iam:UpdateAssumeRolePolicy away from everybody who does not manage roles.",
        page=f"{_REFERENCE}/API_UpdateAssumeRolePolicy.html",
        known_as=("iam-012",),
        answers=("AWS-T036", "AWS-T039", "AWS-T044", "AWS-T167"),
        attack=("T1098", "T1078.004", "T1484.002"),
        prerequisites="A role that no service and no permission set keeps to itself.",
    ),
)
