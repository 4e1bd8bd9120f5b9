"""Harms by taking off what keeps the public out of a bucket whose policy lets it in."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.harms.doors import GET
from graph.clouds.aws.harms.row import Harm, harmed, with_key
from graph.clouds.aws.rules.language import Need, Place, Rule, Shape

_BUCKET = "s3:bucket"
_USES = (
    ("training_data", "training-data", "read_training_data", "training data"),
    ("model_artifact", "model-artifact", "extract_model", "model artifacts"),
    ("rag_store", "rag-store", "read_training_data", "documents of a knowledge base"),
    ("prompt_log", "prompt-log", "read_prompts", "logged prompts"),
)

# One permission for setting and for deleting it; the account's setting takes no resource.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
_WAYS = (
    (Need("s3:PutBucketPublicAccessBlock", _BUCKET),),
    (Need("s3:PutAccountPublicAccessBlock", "", Place.SOME),),
)


def _rule(asset: str) -> Rule:
    reading = harmed(_BUCKET, asset, (GET, *with_key("kms:Decrypt", _BUCKET)))
    return Rule(Shape.UNBLOCK, _BUCKET, _WAYS, asset=asset, guard="public access block", then=(reading,))


def _rows() -> Iterator[Harm]:
    for asset, slug, harm, things in _USES:
        yield Harm(
            key=f"aws.{slug}.read-bucket-by-unblocking",
            asset=asset,
            harm=harm,
            rule=_rule(asset),
            title=f"Take the public access block off a bucket with {things}",
            does=f"take the public access block off {{target}}, so that {{via}} reads {things}",
            reason="The bucket's policy or list lets the public in already, and only the block keeps it out.",
            page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
            answers=("AWS-T206",),
        )


ROWS = tuple(_rows())
