"""What the organization can do in a member's name: root sessions; and who administers a data lake."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, text, texts
from graph.clouds.aws.read.reading import Reading, Thing, resource, root
from graph.model import Document, Json

FEATURES, LAKE = "iam-list-organizations-features", "lakeformation-get-data-lake-settings"
_ADMINISTRATORS = "DataLakeSettings.DataLakeAdmins.DataLakePrincipalIdentifier"


def read_central(reading: Reading) -> Iterator[Thing]:
    """The data lakes of all accounts."""
    for part in reading.answers.parts(LAKE):
        arn = f"arn:aws:lakeformation:{part.region}:{part.scope}:catalog:{part.scope}"
        named = texts(part.response, _ADMINISTRATORS)
        told: dict[str, Json] = {"administrators": named}
        yield Resource(arn, "lakeformation:administrators", part.scope, arn, part.region, attributes=told)
        name = f"data lake in {part.region}"
        yield resource(arn, "data-lake", name, part.scope, "Lake Formation data lake", administrators=named)


def read_root_users(reading: Reading) -> Iterator[Thing]:
    """The root users of members, as far as they were read."""
    for place, organization in reading.answers.items("organizations-describe-organization", "Organization"):
        owner = text(organization, "MasterAccountId")
        if owner == place.account:
            yield from _roots(reading, place, owner)


def _roots(reading: Reading, place: Place, owner: str) -> Iterator[Thing]:
    """Root sessions are opened from the management account, or from IAM's delegated administrator.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management
    """
    answer = reading.answers.one(place.account, "global", FEATURES)
    features = texts(answer, "EnabledFeatures")
    told: dict[str, Json] = {"root_sessions": "RootSessions" in features} if answer else {}
    members = {text(account, "Id") for _, account in reading.answers.items("organizations-list-accounts", "Accounts")}
    papers = tuple(delegated(reading, place, "iam.amazonaws.com", f"root sessions of {owner}"))
    for account in reading.accounts():
        if account in members - {owner}:
            key = root(account)
            yield Resource(key, "sts:root-user", owner, key, policies=papers, attributes=told)


def delegated(reading: Reading, place: Place, service: str, name: str) -> Iterator[Document]:
    """A delegated administrator does what the owner may, by the policies of its own account.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html
    """
    for part in reading.answers.parts("organizations-list-delegated-services-for-account"):
        if part.arguments and service in texts(part.response, "DelegatedServices.ServicePrincipal"):
            account = part.arguments[0]
            grant = {"Effect": "Allow", "Principal": {"AWS": root(account)}, "Action": "*", "Resource": "*"}
            body = {"Version": "2012-10-17", "Statement": [grant]}
            yield reading.papers.make(f"{name} delegated to {account}", body, place.account)
