"""Amazon Web Services."""

from __future__ import annotations

from graph.cloud import Cloud
from graph.clouds.aws.bindings import bindings
from graph.clouds.aws.catalogue import CATALOGUE
from graph.clouds.aws.collect import COLLECTOR
from graph.clouds.aws.collect.templates import RIGHTS
from graph.clouds.aws.demo import write
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.formats import IMPORTERS
from graph.clouds.aws.parts import parts
from graph.clouds.aws.permission_sets import PERMISSION_SETS
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.again import aligned
from graph.clouds.aws.policy.reference import misspelt, version
from graph.clouds.aws.read import read
from graph.clouds.aws.requests import decide_request
from graph.clouds.aws.rules.furnishing import furnished
from graph.clouds.aws.rules.words import untold
from graph.clouds.aws.scattered import by_account
from graph.clouds.aws.targets import TARGETS
from graph.clouds.aws.techniques import TECHNIQUES


def _access(facts: AwsFacts) -> AwsAccess:
    return AwsAccess(furnished(facts))


def _again(facts: AwsFacts, before: AwsAccess) -> AwsAccess:
    return AwsAccess(aligned(furnished(facts), before.facts), before=before)


CLOUD = Cloud(
    key="aws",
    label="Amazon Web Services",
    importers=IMPORTERS,
    read=read,
    access=_access,
    techniques=TECHNIQUES,
    targets=TARGETS,
    catalogue=CATALOGUE,
    permission_sets=PERMISSION_SETS,
    decide_request=decide_request,
    misspelt=misspelt,
    parts=parts,
    aligned=aligned,
    again=_again,
    scattered=by_account,
    data_versions=(("aws-service-reference", version()),),
    layers={
        **untold(),
        "acl": "access control list",
        "boundary": "permissions boundary",
        "endpoint": "VPC endpoint policy",
        "public_access_block": "Block Public Access",
        "rcp": "resource control policy",
        "resource_policy": "resource policy",
        "scp": "service control policy",
        "session": "session policy",
    },
    ceilings=("boundary", "scp", "rcp", "session", "endpoint"),
    bindings=bindings,
    collect=COLLECTOR,
    rights=RIGHTS,
    demo=write,
)
