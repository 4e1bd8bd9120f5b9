"""What AWS itself puts into every account and no snapshot lists, where a rule needs it."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.facts import AwsFacts, Resource

# Runs whatever commands it is given. https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-docs.html
_RUN_COMMANDS = "AWS-RunShellScript"


def furnished(facts: AwsFacts) -> AwsFacts:
    """The facts with the document that runs commands, in every region that has instances; a part has what all have."""
    if facts.beyond:
        return facts
    regions = sorted({item.region for item in facts.resources.get("ec2:instance", ()) if item.region} or {"us-east-1"})
    known = {item.arn: item for item in facts.resources.get("ssm:document", ())}
    for region in regions:
        arn = f"arn:aws:ssm:{region}::document/{_RUN_COMMANDS}"
        known.setdefault(arn, Resource(arn, "ssm:document", None, arn, region=region))
    documents = tuple(known[arn] for arn in sorted(known))
    listed = facts.listed | {(account, "ssm:document") for account in facts.accounts}
    return replace(facts, resources={**facts.resources, "ssm:document": documents}, listed=listed)
