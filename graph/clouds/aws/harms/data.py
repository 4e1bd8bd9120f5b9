"""Harms to data: buckets told apart by what uses them, feature groups, knowledge bases and their stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graph.clouds.aws.harms.doors import GET, LISTED, PUT, by_access_point, by_acl, replicated
from graph.clouds.aws.harms.row import Harm, all_on, behind, harmed, inside, laid_bare, let_in, loaded, on, opened, page
from graph.clouds.aws.rules.language import Conjunction, Need

_BUCKET, _OBJECT = "s3:bucket", "s3:object"
_S3 = page("amazons3")
_READ = ("s3:GetObject", "s3:GetObjectVersion")


@dataclass(frozen=True, slots=True)
class _Use:
    """What a bucket is used for, and what reading and writing its objects then means."""

    asset: str
    slug: str
    things: str
    read: str
    write: str
    write_words: str


_USES = (
    _Use("training_data", "training-data", "training data", "read_training_data", "poison_data", "poison"),
    _Use("model_artifact", "model-artifact", "model artifacts", "extract_model", "replace_model", "replace"),
    _Use("rag_store", "rag-store", "documents of a knowledge base", "read_training_data", "poison_data", "poison"),
    _Use("prompt_log", "prompt-log", "logged prompts", "read_prompts", "", ""),
)


def _buckets() -> Iterator[Harm]:
    """The same permissions on every bucket; what they do depends on what lies in it."""
    for use in _USES:
        yield _read(use)
        yield _read_by_policy(use)
        yield _read_by_access_point(use)
        yield _read_by_replication(use)
        if use.write:
            yield _write(use)
            yield _write_by_policy(use)
            yield _write_by_acl(use)
        yield _destroy(use)


def _read(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.read-bucket",
        asset=use.asset,
        harm=use.read,
        rule=harmed(_BUCKET, use.asset, *inside(_OBJECT, *_READ, key="kms:Decrypt")),
        title=f"Read {use.things} from a bucket",
        does=f"read {use.things} from {{target}}",
        reason="Objects are read one by one; under a customer key S3 decrypts them only for who may use the key.",
        page=_S3,
        answers=("AWS-T245", "AWS-T246") if use.asset == "training_data" else (),
    )


def _by_policy(won: Need, key: str) -> tuple[Conjunction, ...]:
    """What the bucket policy denies is gone with it, whether it is rewritten or deleted."""
    return (
        *let_in(Need("s3:PutBucketPolicy", _BUCKET), won, key),
        laid_bare(Need("s3:DeleteBucketPolicy", _BUCKET), won, key),
    )


def _read_by_policy(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.read-bucket-by-policy",
        asset=use.asset,
        harm=use.read,
        rule=opened(_BUCKET, use.asset, "policy", *_by_policy(GET, "kms:Decrypt")),
        title=f"Open a bucket and read {use.things}",
        does=f"write the policy of {{target}} and have {use.things} read from it",
        reason="Whoever writes the bucket policy names itself in it, or an account elsewhere; its denials go with it.",
        page=_S3,
    )


def _read_by_access_point(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.read-bucket-by-access-point",
        asset=use.asset,
        harm=use.read,
        rule=opened(_BUCKET, use.asset, "access point policy", *by_access_point("kms:Decrypt")),
        title=f"Open an access point and read {use.things}",
        does=f"write the policy of an access point of {{target}} and have {use.things} read through it",
        reason="A bucket that leaves the decision to its access points lets in whomever their policies name.",
        page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html",
    )


def _read_by_replication(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.read-bucket-by-replication",
        asset=use.asset,
        harm=use.read,
        rule=replicated(use.asset),
        title=f"Have {use.things} replicated to another account",
        does=f"have {use.things} of {{target}} copied to a bucket of another account",
        reason="Replication copies with the role that is handed to it, to any bucket that this role may write.",
        page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html",
    )


def _write(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.write-bucket",
        asset=use.asset,
        harm=use.write,
        rule=harmed(_BUCKET, use.asset, loaded(_OBJECT, "s3:PutObject", "kms:GenerateDataKey")),
        title=f"{use.write_words.capitalize()} {use.things} in a bucket",
        does=f"{use.write_words} {use.things} in {{target}}",
        reason="An overwritten object is used by the next job or deployment that loads it.",
        page=_S3,
    )


def _write_by_policy(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.write-bucket-by-policy",
        asset=use.asset,
        harm=use.write,
        rule=opened(_BUCKET, use.asset, "policy", *_by_policy(PUT, "kms:GenerateDataKey")),
        title=f"Open a bucket and {use.write_words} {use.things}",
        does=f"write the policy of {{target}} and {use.write_words} {use.things} in it",
        reason="Whoever writes the bucket policy names itself in it, or an account elsewhere; its denials go with it.",
        page=_S3,
    )


def _write_by_acl(use: _Use) -> Harm:
    return Harm(
        key=f"aws.{use.slug}.write-bucket-by-acl",
        asset=use.asset,
        harm=use.write,
        rule=replace(opened(_BUCKET, use.asset, "access control list", *by_acl(PUT)), where=LISTED),
        title=f"Let another account {use.write_words} {use.things} in a bucket",
        does=f"write the access control list of {{target}} and let another account {use.write_words} {use.things}",
        reason="Where object ownership lets lists count, one can grant writing to any other account.",
        page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
    )


def _destroy(use: _Use) -> Harm:
    ways = (*inside(_OBJECT, "s3:DeleteObject"), *on(_BUCKET, "s3:PutLifecycleConfiguration"))
    return Harm(
        key=f"aws.{use.slug}.delete-from-bucket",
        asset=use.asset,
        harm="destroy",
        rule=harmed(_BUCKET, use.asset, *ways),
        title=f"Delete {use.things} from a bucket",
        does=f"delete {use.things} from {{target}}",
        reason="A lifecycle rule deletes without any right on the objects.",
        page=_S3,
    )


_FEATURES, _BASE, _INDEX = "sagemaker:feature-group", "bedrock:knowledge-base", "s3vectors:index"

ROWS = (
    *_buckets(),
    Harm(
        key="aws.training-data.read-features",
        asset="training_data",
        harm="read_training_data",
        rule=harmed(_FEATURES, "training_data", *on(_FEATURES, "sagemaker:GetRecord", "sagemaker:BatchGetRecord")),
        title="Read features",
        does="read records of {target}",
        reason="The online store answers record by record.",
        page=page("amazonsagemaker"),
    ),
    Harm(
        key="aws.training-data.write-features",
        asset="training_data",
        harm="poison_data",
        rule=harmed(_FEATURES, "training_data", *on(_FEATURES, "sagemaker:PutRecord", "sagemaker:DeleteRecord")),
        title="Poison features",
        does="write records of {target}",
        reason="What is written to the online store is used by the next prediction and kept for training.",
        page=page("amazonsagemaker"),
    ),
    Harm(
        key="aws.rag-store.query",
        asset="rag_store",
        harm="invoke",
        rule=harmed(_BASE, "rag_store", *on(_BASE, "bedrock:Retrieve")),
        title="Query a knowledge base",
        does="query {target}",
        reason="Retrieve answers with passages of the documents behind it.",
        page=page("amazonbedrock"),
    ),
    Harm(
        key="aws.rag-store.read-documents",
        asset="rag_store",
        harm="read_training_data",
        rule=harmed(_BASE, "rag_store", *on(_BASE, "bedrock:Retrieve", "bedrock:GetKnowledgeBaseDocuments")),
        title="Read documents through a knowledge base",
        does="read the documents behind {target}",
        reason="The knowledge base reads with its own role: no right on the bucket behind it is needed.",
        page=page("amazonbedrock"),
        answers=("AWS-T228",),
    ),
    Harm(
        key="aws.rag-store.poison-documents",
        asset="rag_store",
        harm="poison_data",
        rule=harmed(
            _BASE,
            "rag_store",
            *on(
                _BASE,
                "bedrock:IngestKnowledgeBaseDocuments",
                "bedrock:DeleteKnowledgeBaseDocuments",
                "bedrock:UpdateDataSource",
            ),
            # What a new source holds is asked for only once it is taken in, and nobody else knows of it.
            all_on(_BASE, "bedrock:CreateDataSource", "bedrock:StartIngestionJob"),
        ),
        title="Poison a knowledge base",
        does="put documents of its own into {target}",
        reason="Documents can be put in directly, or by another data source.",
        page=page("amazonbedrock"),
    ),
    Harm(
        key="aws.rag-store.poison-source",
        asset="rag_store",
        harm="poison_data",
        rule=harmed(
            _BASE,
            "rag_store",
            (*behind("s3:PutObject", "kms:GenerateDataKey"), Need("bedrock:StartIngestionJob", _BASE)),
        ),
        title="Poison the source of a knowledge base",
        does="put documents into the bucket behind {target} and have them taken in",
        reason="What lies in the bucket is answered from after the next ingestion.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/kb-data-source-sync-ingest.html",
    ),
    Harm(
        key="aws.rag-store.destroy",
        asset="rag_store",
        harm="destroy",
        rule=harmed(_BASE, "rag_store", *on(_BASE, "bedrock:DeleteKnowledgeBase")),
        title="Delete a knowledge base",
        does="delete {target}",
        reason="Agents that ask it answer without it.",
        page=page("amazonbedrock"),
    ),
    Harm(
        key="aws.rag-store.read-vectors",
        asset="rag_store",
        harm="read_training_data",
        rule=harmed(
            _INDEX, "rag_store", *on(_INDEX, "s3vectors:QueryVectors", "s3vectors:GetVectors", "s3vectors:ListVectors")
        ),
        title="Read a vector index",
        does="read the passages kept in {target}",
        reason="The index keeps the text of each passage beside its vector.",
        page=page("amazons3vectors"),
    ),
    Harm(
        key="aws.rag-store.write-vectors",
        asset="rag_store",
        harm="poison_data",
        rule=harmed(_INDEX, "rag_store", *on(_INDEX, "s3vectors:PutVectors", "s3vectors:DeleteVectors")),
        title="Poison a vector index",
        does="put passages of its own into {target}",
        reason="What is in the index is what the model is told.",
        page=page("amazons3vectors"),
    ),
)
