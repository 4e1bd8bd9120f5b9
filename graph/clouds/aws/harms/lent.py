"""Harms done with somebody else's credential: a Bedrock API key calls models as its user, and is no user itself."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.harms import models
from graph.clouds.aws.harms.row import Harm
from graph.clouds.aws.rules.language import Need, Place, Rule, Shape, every_need

# Whoever calls with the key must be allowed to; it works for models, and not for agents or knowledge bases.
# https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-reference.html
_BEARER = Need("bedrock:CallWithBearerToken", "", Place.SOME)
_BEDROCK = (("iam:ServiceSpecificCredentialServiceName", ("bedrock.amazonaws.com",)),)


def _by_key(row: Harm) -> Rule:
    """The same harm, by somebody who may also call with a key."""
    return replace(row.rule, any_of=tuple((*way, _BEARER) for way in row.rule.any_of))


_CALLS = tuple(
    _by_key(row)
    for row in models.ROWS
    if (row.asset, row.harm, row.rule.shape) == ("model_endpoint", "invoke", Shape.HARM)
    and all(need.action.startswith("bedrock:") for need in every_need(row.rule))
)
ROWS = (
    Harm(
        key="aws.model-endpoint.invoke-by-new-key",
        asset="model_endpoint",
        harm="invoke",
        rule=Rule(
            Shape.LEND,
            "iam:user",
            ((Need("iam:CreateServiceSpecificCredential", "iam:user", given=_BEDROCK),),),
            asset="model_endpoint",
            then=_CALLS,
        ),
        title="Call a model with a new API key of a user who may",
        does="make a long-lived Bedrock API key of {via} and call {target} with it",
        reason="The key calls models as its user until somebody deletes it (LLM jacking).",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
        answers=("AWS-T040",),
    ),
)
