"""Secrets, parameters and the keys that encrypt them and everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import State, text, values
from graph.clouds.aws.read.reading import Reading, Thing
from graph.clouds.aws.read.reading import tags as as_tags
from graph.clouds.aws.read.sorts import Item, Sort, items, node, policies, thing
from graph.model import Json

SECRETS = Sort(
    "secretsmanager:secret",
    "secret",
    "Secret",
    "secretsmanager-list-secrets",
    "SecretList",
    "ARN",
    "Name",
    policy="secretsmanager-get-resource-policy",
    policy_at="ResourcePolicy",
    policy_for="ARN",
    targets=("secret",),
    tags="Tags",
    shown=(("key", "KmsKeyId"), ("last_read", "LastAccessedDate"), ("owner", "OwningService")),
)
PARAMETERS = Sort(
    "ssm:parameter",
    "parameter",
    "Parameter",
    "ssm-describe-parameters",
    "Parameters",
    "arn:{partition}:ssm:{region}:{account}:parameter/{Name}",
    "Name",
    policy="ssm-get-resource-policies",
    policy_at="Policies.Policy",
    shown=(("type", "Type"), ("key", "KeyId")),
)
KEYS = Sort(
    "kms:key",
    "key",
    "Encryption key",
    "kms-list-keys",
    "Keys",
    "KeyArn",
    "KeyId",
    detail="kms-describe-key",
    arguments=("KeyId",),
    under="KeyMetadata",
    policy="kms-get-key-policy",
    policy_for="KeyId",
    targets=("key",),
    shown=(("state", "KeyState"), ("manager", "KeyManager")),
)


def read_secrets(reading: Reading) -> Iterator[Thing]:
    """Secrets, parameters and keys."""
    yield from _secrets(reading)
    yield from _parameters(reading)
    yield from _keys(reading)


def _secrets(reading: Reading) -> Iterator[Thing]:
    for item in items(reading, SECRETS):
        argument = item.arn if _answered(reading, item, item.arn) else item.name
        made, *rest = thing(reading, item, key=_key(reading, item, "KmsKeyId", "alias/aws/secretsmanager"))
        if isinstance(made, Resource) and argument != item.arn:
            named = reading.policies(item.place, item.arn, SECRETS.policy, SECRETS.policy_at, argument)
            made = replace(made, policies=named)
        yield made
        yield from rest


def _answered(reading: Reading, item: Item, argument: str) -> bool:
    """Older layouts file the policy of a secret under its name."""
    state = reading.answers.state(item.account, item.place.region, SECRETS.policy, argument)
    named = reading.answers.state(item.account, item.place.region, SECRETS.policy, item.name)
    return state is State.ASKED or named is not State.ASKED


def _parameters(reading: Reading) -> Iterator[Thing]:
    """Only a SecureString is told to be a secret; its value can be read only with its key as well."""
    for item in items(reading, PARAMETERS):
        secret = text(item.record, "Type") == "SecureString"
        key = _key(reading, item, "KeyId", "alias/aws/ssm") if secret else ""
        sort = replace(PARAMETERS, label="Secret parameter", targets=("secret",)) if secret else PARAMETERS
        yield from thing(reading, replace(item, sort=sort), key=key, type=text(item.record, "Type"))


def _keys(reading: Reading) -> Iterator[Thing]:
    for item in items(reading, KEYS):
        where = (item.account, item.place.region)
        called = reading.aliases.get((*where, text(item.record, "KeyId")), item.name)
        grants = reading.answers.one(*where, "kms-list-grants", text(item.record, "KeyId"))
        asked = reading.answers.one(*where, "kms-list-resource-tags", text(item.record, "KeyId"))
        tagged = reading.answers.state(*where, "kms-list-resource-tags", text(item.record, "KeyId")) is State.ASKED
        yield Resource(
            item.arn,
            KEYS.kind,
            item.account,
            item.arn,
            region=item.place.region,
            tags=as_tags(asked) if tagged else reading.tags_of(item.place, item.arn),
            policies=policies(reading, item),
            grants=tuple(g for g in values(grants, "Grants") if isinstance(g, Mapping)),
            attributes=_about(reading, item, called),
        )
        yield node(replace(item, name=called))


def _about(reading: Reading, item: Item, called: str) -> dict[str, Json]:
    """`manager` is AWS for keys that no RCP binds; `grants_unread` that there may be grants which were not read."""
    about: dict[str, Json] = {"name": called, "manager": text(item.record, "KeyManager")}
    state = reading.answers.state(item.account, item.place.region, "kms-list-grants", text(item.record, "KeyId"))
    return {k: v for k, v in about.items() if v} | ({"grants_unread": True} if state is State.GAP else {})


def _key(reading: Reading, item: Item, path: str, default: str) -> str:
    return key_arn(reading, item.account, item.place.region, text(item.record, path) or default)


def key_arn(reading: Reading, account: str, region: str, named: str) -> str:
    """A key's ARN from what a service calls it: ARN, id or alias. An alias that nobody explains stays one."""
    if named.startswith("arn:") and ":alias/" not in named:
        return named
    name = named.rpartition(":")[2]
    if not name.startswith("alias/"):
        return f"arn:aws:kms:{region}:{account}:key/{name}"
    key = reading.aliases.get((account, region, name))
    return f"arn:aws:kms:{region}:{account}:key/{key}" if key else f"arn:aws:kms:{region}:{account}:{name}"
