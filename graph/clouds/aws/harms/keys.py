"""Harms to what a customer key encrypts, by opening the key: the other half, the thing itself, one has already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.harms.doors import GET, PUT
from graph.clouds.aws.harms.row import Harm, opened, with_key
from graph.clouds.aws.harms.secrets import GRANT
from graph.clouds.aws.rules.language import Conjunction, Need, Place, Supply

_BUCKET = "s3:bucket"
_GRANTS = "https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"


def unlocked(mine: Need, action: str) -> tuple[Conjunction, ...]:
    """A grant adds to what the key allows, another policy takes the place of the one it has."""
    doors = ((replace(GRANT, place=Place.KEY), Supply.RESOURCE), (_WRITTEN, Supply.REWRITTEN))
    return tuple(
        (mine, opening, *(replace(need, supply=supply) for need in with_key(action, mine.kind)))
        for opening, supply in doors
    )


_WRITTEN = Need("kms:PutKeyPolicy", "kms:key", Place.KEY)
_USES = (
    ("training_data", "training-data", "training data", "read_training_data", "poison_data", "poison"),
    ("model_artifact", "model-artifact", "model artifacts", "extract_model", "replace_model", "replace"),
    ("rag_store", "rag-store", "documents of a knowledge base", "read_training_data", "poison_data", "poison"),
    ("prompt_log", "prompt-log", "logged prompts", "read_prompts", "", ""),
)


def _buckets() -> Iterator[Harm]:
    for asset, slug, things, read, write, word in _USES:
        yield _row(f"aws.{slug}.read-bucket-by-key", asset, read, _BUCKET, GET, "kms:Decrypt", f"read {things}")
        if write:
            key, words = f"aws.{slug}.write-bucket-by-key", f"{word} {things}"
            yield _row(key, asset, write, _BUCKET, PUT, "kms:GenerateDataKey", words)


def _secrets() -> Iterator[Harm]:
    rows = (("", "secretsmanager:GetSecretValue", "secret"), ("parameter-", "ssm:GetParameter", "parameter"))
    for slug, action, noun in rows:
        kind = f"{action.partition(':')[0]}:{noun}"
        key, need = f"aws.secret.read-{slug}by-key", Need(action, kind)
        yield _row(key, "secret", "read_secrets", kind, need, "kms:Decrypt", f"read the {noun}")


def _row(key: str, asset: str, harm: str, kind: str, mine: Need, action: str, words: str) -> Harm:
    return Harm(
        key=key,
        asset=asset,
        harm=harm,
        rule=opened(kind, asset, "key", *unlocked(mine, action)),
        title=f"{words[0].upper()}{words[1:]} by opening the key",
        does=f"open the key of {{target}} and {words}",
        reason="What is encrypted needs the thing and the key: whoever has the one and opens the other has both.",
        page=_GRANTS,
    )


ROWS = (*_buckets(), *_secrets())
