"""What AWS itself puts into every account and no snapshot lists, where a rule needs it."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.facts import AwsFacts, Resource
from graph.clouds.aws.read.reading import partition

# Runs whatever commands it is given. https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-docs.html
_RUN_COMMANDS = "AWS-RunShellScript"


def furnished(facts: AwsFacts) -> AwsFacts:
    """The facts with what is in every account and region that is used; a part has what all have."""
    return facts if facts.beyond else _with_catalogs(_with_documents(facts))


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
