"""What a bucket is for, told by what uses it; its tags and name are a weaker hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Record, texts
from graph.clouds.aws.read.reading import Mark, Reading, partition

TRAINING, ARTIFACT, PROMPTS, STORE = "training_data", "model_artifact", "prompt_log", "rag_store"


@dataclass(frozen=True, slots=True)
class Use:
    """A call whose answer names a bucket at `path`, and what that makes the bucket."""

    call: str
    path: str
    target: str
    why: str


USES = (
    Use(
        "sagemaker-describe-training-job",
        "InputDataConfig.DataSource.S3DataSource.S3Uri",
        TRAINING,
        "a training job reads from it",
    ),
    Use("sagemaker-describe-training-job", "OutputDataConfig.S3OutputPath", ARTIFACT, "a training job writes to it"),
    Use("sagemaker-describe-training-job", "ModelArtifacts.S3ModelArtifacts", ARTIFACT, "a trained model lies in it"),
    Use("sagemaker-describe-training-job", "CheckpointConfig.S3Uri", ARTIFACT, "training checkpoints lie in it"),
    Use(
        "sagemaker-describe-processing-job",
        "ProcessingInputs.S3Input.S3Uri",
        TRAINING,
        "a processing job reads from it",
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
    ),
    Use("sagemaker-describe-model", "Containers.ModelDataUrl", ARTIFACT, "a model is loaded from it"),
    Use(
        "sagemaker-describe-model",
        "Containers.ModelDataSource.S3DataSource.S3Uri",
        ARTIFACT,
        "a model is loaded from it",
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
    ),
    Use(
        "bedrock-get-model-invocation-logging-configuration",
        "loggingConfig.cloudWatchConfig.largeDataDeliveryS3Config.bucketName",
        PROMPTS,
        "Bedrock writes large model invocations to it",
    ),
    Use(
        "bedrock-agent-get-data-source",
        "dataSource.dataSourceConfiguration.s3Configuration.bucketArn",
        STORE,
        "a knowledge base takes its documents from it",
    ),
)

# In tags and names, whole words only: `training-data`, `purpose=model-artifacts`.
_HINTS = (
    (PROMPTS, ("prompt", "prompts", "promptlog", "promptlogs", "invocations", "invocation", "transcripts")),
    (STORE, ("rag", "knowledge", "knowledgebase", "kb", "embeddings")),
    (ARTIFACT, ("model", "models", "artifact", "artifacts", "checkpoints", "weights", "mlflow")),
    (TRAINING, ("training", "train", "dataset", "datasets", "features", "featurestore", "labels", "finetune")),
)
_TELLING = {"purpose", "use", "usage", "data", "content", "dataclass", "data-class", "role", "name"}


def uses(reading: Reading) -> Iterator[Mark]:
    """A mark for each bucket that something uses, with the reason."""
    for use in USES:
        for part in reading.answers.parts(use.call):
            for named in texts(part.response, use.path):
                yield Mark(f"arn:{partition(part.region)}:s3:::{_bucket(named)}", use.target, use.why)


def _bucket(named: str) -> str:
    """The bucket in an S3 URI, an ARN, or by its bare name."""
    return named.removeprefix("s3://").rpartition(":::")[2].partition("/")[0]


def data_of(record: Record, region: str, *paths: str) -> tuple[str, ...]:
    """The buckets that a record names at these paths, as ARNs."""
    named = (uri for path in paths for uri in texts(record, path))
    return tuple(dict.fromkeys(f"arn:{partition(region)}:s3:::{_bucket(uri)}" for uri in named))


def hints(bucket: Resource) -> Iterator[Mark]:
    """What a bucket's tags, else its name, say that it is for."""
    telling = {k: v for k, v in (bucket.tags or {}).items() if k.lower() in _TELLING}
    for words, source in ((" ".join(telling.values()), "its tags say so"), (bucket.arn, "its name says so")):
        found = _hinted(words)
        if found:
            yield Mark(bucket.arn, found, source)
            return


def _hinted(words: str) -> str:
    pieces = {
        piece for piece in words.lower().replace("_", "-").replace(":", "-").replace(" ", "-").split("-") if piece
    }
    return next((target for target, hinting in _HINTS if pieces & set(hinting)), "")
