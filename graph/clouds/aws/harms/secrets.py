"""Harms to accounts, secrets and keys."""

from __future__ import annotations

from graph.clouds.aws.harms.row import Harm, each_with, harmed, laid_bare, let_in, on, opened, page, with_key
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.language import Need

_SECRET, _PARAMETER, _KEY = "secretsmanager:secret", "ssm:parameter", "kms:key"
_SECRETS = page("awssecretsmanager")
_SYSTEMS = page("awssystemsmanager")
_KEYS = page("awskeymanagementservice")

_READ_SECRET, _DECRYPT = Need("secretsmanager:GetSecretValue", _SECRET), Need("kms:Decrypt", _KEY)
# Only what a service asks in somebody's name is for an AWS resource.
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
GRANT = Need("kms:CreateGrant", _KEY, given=(("kms:GrantIsForAWSResource", ("false",)),))

ROWS = (
    Harm(
        key="aws.account.administer",
        asset="account",
        harm="administer",
        rule=ADMINISTER,
        title="Administer the account",
        does="make an administrator of {target}",
        reason="Whoever can make a new identity with all rights, and get into it, owns the account.",
        page=page("awsidentityandaccessmanagementiam"),
        answers=("AWS-T001", "AWS-T005", "AWS-T007", "AWS-T010"),
    ),
    Harm(
        key="aws.secret.read",
        asset="secret",
        harm="read_secrets",
        rule=harmed(
            _SECRET,
            "secret",
            *each_with(on(_SECRET, "secretsmanager:GetSecretValue"), with_key("kms:Decrypt", _SECRET)),
        ),
        title="Read a secret",
        does="read {target}",
        reason="A secret under a customer key is decrypted for who may use the key; BatchGetSecretValue asks the same.",
        page=_SECRETS,
        answers=("AWS-T248", "AWS-T249"),
    ),
    Harm(
        key="aws.secret.read-by-policy",
        asset="secret",
        harm="read_secrets",
        rule=opened(
            _SECRET,
            "secret",
            "policy",
            *let_in(Need("secretsmanager:PutResourcePolicy", _SECRET), _READ_SECRET, "kms:Decrypt"),
            laid_bare(Need("secretsmanager:DeleteResourcePolicy", _SECRET), _READ_SECRET, "kms:Decrypt"),
        ),
        title="Open a secret by its policy and read it",
        does="write the policy of {target} and have it read",
        reason="Whoever writes the secret's policy names itself, or somebody elsewhere if a customer key lets them in.",
        page=_SECRETS,
    ),
    Harm(
        key="aws.secret.read-parameter",
        asset="secret",
        harm="read_secrets",
        rule=harmed(
            _PARAMETER,
            "secret",
            *each_with(
                on(
                    _PARAMETER,
                    "ssm:GetParameter",
                    "ssm:GetParameters",
                    "ssm:GetParametersByPath",
                    "ssm:GetParameterHistory",
                ),
                with_key("kms:Decrypt", _PARAMETER),
            ),
        ),
        title="Read a secret parameter",
        does="read {target}",
        reason="A SecureString is decrypted with its key for whoever asks for it decrypted.",
        page=_SYSTEMS,
        answers=("AWS-T251",),
    ),
    Harm(
        key="aws.key.decrypt",
        asset="key",
        harm="read_secrets",
        rule=harmed(_KEY, "key", *on(_KEY, "kms:Decrypt")),
        title="Decrypt with a key",
        does="decrypt with {target}",
        reason="What the key encrypts can be read by whoever gets hold of it as ciphertext.",
        page=_KEYS,
        answers=("AWS-T239",),
    ),
    Harm(
        key="aws.key.decrypt-by-policy",
        asset="key",
        harm="read_secrets",
        rule=opened(_KEY, "key", "policy", *let_in(Need("kms:PutKeyPolicy", _KEY), _DECRYPT)),
        title="Open a key by its policy and decrypt",
        does="write the policy of {target} and have it decrypt",
        reason="The key's policy is all that decides who decrypts; whoever writes it decides.",
        page="https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html",
    ),
    Harm(
        key="aws.key.decrypt-by-grant",
        asset="key",
        harm="read_secrets",
        rule=opened(_KEY, "key", "grants", *let_in(GRANT, _DECRYPT, adds=True)),
        title="Open a key by a grant and decrypt",
        does="grant the use of {target}",
        reason="A grant lets in whom no policy names, of any account; denials still hold.",
        page="https://docs.aws.amazon.com/kms/latest/developerguide/grants.html",
    ),
    Harm(
        key="aws.key.destroy",
        asset="key",
        harm="destroy",
        rule=harmed(_KEY, "key", *on(_KEY, "kms:ScheduleKeyDeletion", "kms:DisableKey")),
        title="Delete or disable a key",
        does="delete or disable {target}",
        reason="What the key encrypts cannot be read without it, by anybody.",
        page=_KEYS,
    ),
)
