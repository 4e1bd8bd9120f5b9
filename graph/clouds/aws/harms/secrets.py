"""Harms to accounts, secrets and keys."""

from __future__ import annotations

from graph.clouds.aws.harms.row import Harm, each_with, harmed, let_in, on, opened, page, with_key
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.language import Need, Supply

_SECRET, _PARAMETER, _KEY = "secretsmanager:secret", "ssm:parameter", "kms:key"
_SECRETS = page("awssecretsmanager")
_SYSTEMS = page("awssystemsmanager")
_KEYS = page("awskeymanagementservice")

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
    ),
    Harm(
        key="aws.secret.read-by-policy",
        asset="secret",
        harm="read_secrets",
        rule=opened(
            _SECRET,
            "secret",
            "policy",
            *let_in(
                "secretsmanager:PutResourcePolicy",
                _SECRET,
                Need("secretsmanager:GetSecretValue", _SECRET, supply=Supply.RESOURCE),
                key="kms:Decrypt",
            ),
        ),
        title="Open a secret by its policy and read it",
        does="write the policy of {target} and read it",
        reason="Whoever writes the secret's policy can name itself in it; only denials and limits still hold.",
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
    ),
    Harm(
        key="aws.key.decrypt",
        asset="key",
        harm="read_secrets",
        rule=harmed(_KEY, "key", *on(_KEY, "kms:Decrypt"), *on(_KEY, "kms:PutKeyPolicy"), *on(_KEY, "kms:CreateGrant")),
        title="Decrypt with a key",
        does="decrypt, or let itself decrypt, with {target}",
        reason="The key's policy and grants decide who decrypts; whoever writes them decides too.",
        page=_KEYS,
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
