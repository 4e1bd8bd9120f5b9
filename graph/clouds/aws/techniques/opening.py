"""Exposure: ways of opening a resource to oneself, or of getting in by its own policy."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Need, Place, Rule, Shape, Supply
from graph.clouds.aws.techniques.entry import EXPOSURE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"


def _opening(opens: Need, *wins: Need, guard: str = "policy") -> Rule:
    """Whoever writes the resource's own policy names itself in it; only denials and limits still stop it."""
    ways = tuple((opens, win) for win in wins)
    return Rule(Shape.OPEN, opens.kind, ways, guard=guard, gains=tuple(win.action for win in wins))


def _won(action: str, kind: str, place: Place = Place.TARGET) -> Need:
    return Need(action, kind, place, supply=Supply.RESOURCE)


_KEY = (_won("kms:Decrypt", "kms:key"),)

ENTRIES = (
    Entry(
        key="aws.put-bucket-policy",
        title="Open a bucket by its policy",
        family=EXPOSURE,
        rule=_opening(
            Need("s3:PutBucketPolicy", "s3:bucket"),
            _won("s3:GetObject", "s3:object", Place.INSIDE),
            _won("s3:PutObject", "s3:object", Place.INSIDE),
        ),
        sentence="{source} can write the policy of {via} and let itself in",
        gives="the bucket's objects, to itself or to anybody that public access blocks do not stop",
        fix="Take s3:PutBucketPolicy away, and deny it by SCP outside the deployment role.",
        page=f"{_DOCS}/AmazonS3/latest/API/API_PutBucketPolicy.html",
    ),
    Entry(
        key="aws.put-key-policy",
        title="Open a key by its policy",
        family=EXPOSURE,
        rule=_opening(Need("kms:PutKeyPolicy", "kms:key"), *_KEY),
        sentence="{source} can write the policy of {via} and let itself decrypt",
        gives="decryption of everything under the key that it may read as ciphertext",
        fix="Leave kms:PutKeyPolicy to key administrators who may not use the key.",
        page=f"{_DOCS}/kms/latest/APIReference/API_PutKeyPolicy.html",
    ),
    Entry(
        key="aws.create-key-grant",
        title="Open a key by a grant",
        family=EXPOSURE,
        rule=_opening(Need("kms:CreateGrant", "kms:key"), *_KEY, guard="grants"),
        sentence="{source} can grant itself decryption with {via}",
        gives="decryption of everything under the key that it may read as ciphertext",
        fix="Condition kms:CreateGrant on kms:GrantIsForAWSResource.",
        page=f"{_DOCS}/kms/latest/APIReference/API_CreateGrant.html",
    ),
    Entry(
        key="aws.put-secret-policy",
        title="Open a secret by its policy",
        family=EXPOSURE,
        rule=_opening(
            Need("secretsmanager:PutResourcePolicy", "secretsmanager:secret"),
            _won("secretsmanager:GetSecretValue", "secretsmanager:secret"),
        ),
        sentence="{source} can write the policy of {via} and let itself read it",
        gives="the secret's value (if a customer key encrypts it, the key is needed too)",
        fix="Take secretsmanager:PutResourcePolicy away from whoever may not read the secret.",
        page=f"{_DOCS}/secretsmanager/latest/apireference/API_PutResourcePolicy.html",
    ),
    Entry(
        key="aws.open-function",
        title="Open a function by its policy",
        family=EXPOSURE,
        rule=Rule(
            Shape.RUN_AS,
            "lambda:function",
            (
                (
                    Need("lambda:AddPermission", "lambda:function", Place.HOST),
                    Need("lambda:InvokeFunction", "lambda:function", Place.HOST, supply=Supply.RESOURCE),
                ),
            ),
            service="lambda.amazonaws.com",
        ),
        sentence="{source} can let itself invoke {via}, which acts as {target}",
        gives="what the function's own code does with the role, no more",
        fix="Take lambda:AddPermission away, or narrow it by lambda:Principal.",
        page=f"{_DOCS}/lambda/latest/api/API_AddPermission.html",
        strength=Strength.USES,
    ),
)
