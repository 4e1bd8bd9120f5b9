"""What a bucket is for, told by what uses it; its tags and name are a weaker hint."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Record, texts
from graph.clouds.aws.read.reading import Mark, Reading, partition
from graph.model import Json
from graph.policy.examples import ANY_TEXT
from graph.policy.patterns import meet

TRAINING, ARTIFACT, PROMPTS, STORE = "training_data", "model_artifact", "prompt_log", "rag_store"


@dataclass(frozen=True, slots=True)
class Use:
    """A call whose answer names a bucket, or something in it, at `path`, and what that makes it.

    With `prefix` all keys that begin with what is named are meant; `beneath` is the path of such beginnings.
    """

    call: str
    path: str
    target: str
    why: str
    prefix: bool = False
    beneath: str = ""


USES = (
    Use(
        "sagemaker-describe-training-job",
        "InputDataConfig.DataSource.S3DataSource.S3Uri",
        TRAINING,
        "a training job reads from it",
        prefix=True,
    ),
    Use("sagemaker-describe-training-job", "OutputDataConfig.S3OutputPath", ARTIFACT, "a training job writes to it"),
    Use("sagemaker-describe-training-job", "ModelArtifacts.S3ModelArtifacts", ARTIFACT, "a trained model lies in it"),
    Use("sagemaker-describe-training-job", "CheckpointConfig.S3Uri", ARTIFACT, "training checkpoints lie in it"),
    Use(
        "sagemaker-describe-processing-job",
        "ProcessingInputs.S3Input.S3Uri",
        TRAINING,
        "a processing job reads from it",
        prefix=True,
    ),
    Use(
        "sagemaker-describe-processing-job",
        "ProcessingOutputConfig.Outputs.S3Output.S3Uri",
        TRAINING,
        "a processing job writes to it",
    ),
    Use("sagemaker-describe-model", "PrimaryContainer.ModelDataUrl", ARTIFACT, "a model is loaded from it"),
    Use(
        "sagemaker-describe-model",
        "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri",
        ARTIFACT,
        "a model is loaded from it",
        prefix=True,
    ),
    Use("sagemaker-describe-model", "Containers.ModelDataUrl", ARTIFACT, "a model is loaded from it"),
    Use(
        "sagemaker-describe-model",
        "Containers.ModelDataSource.S3DataSource.S3Uri",
        ARTIFACT,
        "a model is loaded from it",
        prefix=True,
    ),
    Use(
        "sagemaker-describe-inference-component",
        "Specification.Container.ArtifactUrl",
        ARTIFACT,
        "a model is loaded from it",
    ),
    Use(
        "sagemaker-describe-model-package",
        "InferenceSpecification.Containers.ModelDataUrl",
        ARTIFACT,
        "a model package lies in it",
    ),
    Use(
        "sagemaker-describe-feature-group",
        "OfflineStoreConfig.S3StorageConfig.S3Uri",
        TRAINING,
        "a feature group keeps its offline store in it",
    ),
    Use("sagemaker-describe-mlflow-tracking-server", "ArtifactStoreUri", ARTIFACT, "MLflow keeps artifacts in it"),
    Use("sagemaker-describe-mlflow-app", "ArtifactStoreUri", ARTIFACT, "MLflow keeps artifacts in it"),
    Use(
        "sagemaker-describe-endpoint",
        "DataCaptureConfig.DestinationS3Uri",
        PROMPTS,
        "an endpoint captures its traffic in it",
    ),
    Use(
        "sagemaker-describe-endpoint-config",
        "DataCaptureConfig.DestinationS3Uri",
        PROMPTS,
        "an endpoint captures its traffic in it",
    ),
    Use(
        "sagemaker-describe-endpoint-config",
        "AsyncInferenceConfig.OutputConfig.S3OutputPath",
        PROMPTS,
        "an endpoint writes its answers to it",
    ),
    Use("bedrock-get-custom-model", "trainingDataConfig.s3Uri", TRAINING, "a custom model was trained on it"),
    Use("bedrock-get-custom-model", "outputDataConfig.s3Uri", ARTIFACT, "a customization job wrote to it"),
    Use("bedrock-get-imported-model", "modelDataSource.s3DataSource.s3Uri", ARTIFACT, "a model was imported from it"),
    Use(
        "bedrock-get-model-customization-job", "trainingDataConfig.s3Uri", TRAINING, "a customization job trains on it"
    ),
    Use("bedrock-get-model-customization-job", "outputDataConfig.s3Uri", ARTIFACT, "a customization job writes to it"),
    Use(
        "bedrock-list-model-invocation-jobs",
        "invocationJobSummaries.inputDataConfig.s3InputDataConfig.s3Uri",
        PROMPTS,
        "batch inference reads prompts from it",
    ),
    Use(
        "bedrock-list-model-invocation-jobs",
        "invocationJobSummaries.outputDataConfig.s3OutputDataConfig.s3Uri",
        PROMPTS,
        "batch inference writes answers to it",
    ),
    Use(
        "bedrock-get-model-invocation-logging-configuration",
        "loggingConfig.s3Config.bucketName",
        PROMPTS,
        "Bedrock writes model invocations to it",
        beneath="loggingConfig.s3Config.keyPrefix",
    ),
    Use(
        "bedrock-get-model-invocation-logging-configuration",
        "loggingConfig.cloudWatchConfig.largeDataDeliveryS3Config.bucketName",
        PROMPTS,
        "Bedrock writes large model invocations to it",
        beneath="loggingConfig.cloudWatchConfig.largeDataDeliveryS3Config.keyPrefix",
    ),
    Use(
        "bedrock-agent-get-data-source",
        "dataSource.dataSourceConfiguration.s3Configuration.bucketArn",
        STORE,
        "a knowledge base takes its documents from it",
        beneath="dataSource.dataSourceConfiguration.s3Configuration.inclusionPrefixes",
    ),
)

# In tags and names, whole words only: `training-data`, `purpose=model-artifacts`.
_HINTS = (
    (PROMPTS, ("prompt", "prompts", "promptlog", "promptlogs", "invocations", "invocation", "transcripts")),
    (STORE, ("rag", "knowledge", "knowledgebase", "kb", "embeddings")),
    (ARTIFACT, ("model", "models", "artifact", "artifacts", "checkpoints", "weights", "mlflow")),
    (TRAINING, ("training", "train", "dataset", "datasets", "features", "featurestore", "labels", "finetune")),
)
_ONE_FILE = ("ModelDataUrl", "ArtifactUrl", "S3ModelArtifacts")  # an archive, never a folder
_TELLING = {"purpose", "use", "usage", "data", "content", "dataclass", "data-class", "role", "name"}


Kept = Mapping[str, Mapping[str, tuple[str, ...]]]  # by bucket and kind of target, patterns of what lies there


def uses(reading: Reading) -> Iterator[Mark]:
    """A mark for each bucket that something uses, with the reason."""
    for use in USES:
        for part in reading.using(use.call):
            for named in texts(part.response, use.path):
                yield Mark(f"arn:{partition(part.region)}:s3:::{bucket_of(named)}", use.target, use.why)


def kept(reading: Reading) -> Kept:
    """Where in buckets lies what something uses: patterns of objects, by bucket and by what they are."""
    found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for use in USES:
        for part in reading.using(use.call):
            for named in texts(part.response, use.path):
                below = texts(part.response, use.beneath) if use.beneath else ()
                whole = beneath(named, below, part.region) or objects_at(named, part.region, use.path, use.prefix)
                found[whole[0].partition("/")[0]][use.target].update(dict.fromkeys(whole))
    return {bucket: {target: tuple(some) for target, some in found[bucket].items()} for bucket in sorted(found)}


def bucket_of(named: str) -> str:
    """The bucket in an S3 URI, an ARN, or by its bare name."""
    return named.removeprefix("s3://").rpartition(":::")[2].partition("/")[0]


def objects_at(named: str, region: str, path: str = "", prefix: bool = False) -> tuple[str, ...]:
    """Patterns of the objects that an S3 URI, an ARN or a bare name means: one object, or all in a folder or bucket.

    `path` is where it is named. Where a folder is named without a slash at its end, it looks like an object.
    """
    bucket, _, key = named.removeprefix("s3://").rpartition(":::")[2].partition("/")
    start = f"arn:{partition(region)}:s3:::{bucket}/{key}"
    if prefix or not key or key.endswith("/"):
        return (f"{start}*",)
    return (start,) if path.endswith(_ONE_FILE) else (start, f"{start}/*")


def beneath(named: str, beginnings: Iterable[str], region: str) -> tuple[str, ...]:
    """Patterns of the objects of a bucket whose keys begin so."""
    start = f"arn:{partition(region)}:s3:::{bucket_of(named)}"
    return tuple(f"{start}/{beginning.lstrip('/')}*" for beginning in beginnings)


def among(patterns: Iterable[str], arn: str) -> bool:
    """Whether an object, or some object of a class that is not known in full, is one of those meant."""
    name = arn.replace(ANY_TEXT, "*")
    return any(meet(pattern, name) for pattern in patterns)


def apart(kept_here: Mapping[str, tuple[str, ...]], said: str, arn: str) -> dict[str, Json]:
    """What an object is not, of all that its bucket is: `not_loaded` where nothing loads it as such, `not_kept` where
    besides nobody has said so of the whole bucket.
    """
    outside = tuple(target for target, patterns in kept_here.items() if not among(patterns, arn))
    unsaid = tuple(target for target in outside if target != said)
    return {name: targets for name, targets in (("not_loaded", outside), ("not_kept", unsaid)) if targets}


def data_of(record: Record, region: str, *paths: str) -> tuple[str, ...]:
    """The buckets that a record names at these paths, as ARNs."""
    named = (uri for path in paths for uri in texts(record, path))
    return tuple(dict.fromkeys(f"arn:{partition(region)}:s3:::{bucket_of(uri)}" for uri in named))


def objects_of(record: Record, region: str, *paths: str) -> tuple[str, ...]:
    """Patterns of the objects that a record names at these paths."""
    named = ((uri, path) for path in paths for uri in texts(record, path))
    return tuple(dict.fromkeys(pattern for uri, path in named for pattern in objects_at(uri, region, path)))


def hints(thing: Resource) -> Iterator[Mark]:
    """What the tags of a thing, else its name, say that it is for."""
    tagged, named = by_tags(thing), by_words(thing.arn.rpartition(":")[2])
    if tagged or named:
        yield Mark(thing.node, tagged or named, "its tags say so" if tagged else "its name says so")


def by_tags(thing: Resource) -> str:
    """The kind of target that its tags say it is."""
    return by_words(" ".join(value for key, value in (thing.tags or {}).items() if key.lower() in _TELLING))


def by_words(words: str) -> str:
    """The kind of target that a name or a text speaks of."""
    pieces = set(re.split("[-_:/. ]+", words.lower()))
    return next((target for target, hinting in _HINTS if pieces & set(hinting)), "")
