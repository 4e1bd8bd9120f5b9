"""What AWS itself puts into every account and no snapshot lists, where a rule needs it."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.facts import AwsFacts, PrincipalKind, Resource
from graph.clouds.aws.read.reading import partition

# Runs whatever commands it is given. https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-docs.html
_RUN_COMMANDS = "AWS-RunShellScript"
# What the role of Default Host Management is given; no call of a snapshot tells where that is turned on.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html
_HOST_MANAGEMENT, _HOST_MANAGER = "ssm:default-host-management", ":policy/AmazonSSMManagedEC2InstanceDefaultPolicy"


def furnished(facts: AwsFacts) -> AwsFacts:
    """The facts with what is in every account and region that is used; a part has what all have."""
    return facts if facts.beyond else _with_host_management(_with_catalogs(_with_documents(facts)))


def _with_catalogs(facts: AwsFacts) -> AwsFacts:
    """The Data Catalog is there before anybody asks for it.

    https://docs.aws.amazon.com/glue/latest/dg/components-overview.html#data-catalog-intro
    """
    places = {(item.account, item.region) for some in facts.resources.values() for item in some if item.region}
    used = {account: {region for owner, region in places if owner == account} for account in sorted(facts.accounts)}
    named = ((a, r) for a, regions in used.items() for r in regions or {"us-east-1"})
    arns = {f"arn:{partition(r)}:glue:{r}:{a}:catalog": (a, r) for a, r in named}
    made = tuple(Resource(arn, "glue:rootcatalog", a, arn, region=r) for arn, (a, r) in sorted(arns.items()))
    listed = facts.listed | {(account, "glue:rootcatalog") for account in facts.accounts}
    return replace(facts, resources={**facts.resources, "glue:rootcatalog": made}, listed=listed)


def _with_documents(facts: AwsFacts) -> AwsFacts:
    """The document that runs commands, in every region that has instances."""
    regions = sorted({item.region for item in facts.resources.get("ec2:instance", ()) if item.region} or {"us-east-1"})
    known = {item.arn: item for item in facts.resources.get("ssm:document", ())}
    for region in regions:
        arn = f"arn:aws:ssm:{region}::document/{_RUN_COMMANDS}"
        known.setdefault(arn, Resource(arn, "ssm:document", None, arn, region=region))
    documents = tuple(known[arn] for arn in sorted(known))
    listed = facts.listed | {(account, "ssm:document") for account in facts.accounts}
    return replace(facts, resources={**facts.resources, "ssm:document": documents}, listed=listed)


def _managed(account: str) -> Resource:
    arn = f"arn:aws:ssm::{account}:servicesetting/ssm/managed-instance/default-ec2-instance-management-role"
    return Resource(arn, _HOST_MANAGEMENT, account, arn)


def _with_host_management(facts: AwsFacts) -> AwsFacts:
    """Accounts in which a role could manage every instance, as far as their roles were read."""
    managers = (p for p in facts.principals if any(policy.endswith(_HOST_MANAGER) for policy in p.policies))
    accounts = sorted({p.account for p in managers if p.kind is PrincipalKind.ROLE and p.account})
    made = tuple(_managed(a) for a in accounts)
    listed = facts.listed | {(account, _HOST_MANAGEMENT) for account, kind in facts.listed if kind == "iam:role"}
    return replace(facts, resources={**facts.resources, _HOST_MANAGEMENT: made}, listed=listed)
