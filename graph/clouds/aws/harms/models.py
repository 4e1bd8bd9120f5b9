"""Harms to models: the endpoints that serve them and the artifacts they are made from."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.harms.row import Harm, all_on, behind, harmed, on, page
from graph.clouds.aws.rules.language import Conjunction, Need, Place

_BEDROCK, _SAGEMAKER = page("amazonbedrock"), page("amazonsagemaker")
_ENDPOINT, _CONFIG = "sagemaker:endpoint", "sagemaker:endpoint-config"

_CALLED = (
    ("bedrock:foundation-model", "foundation-model", "a foundation model"),
    ("bedrock:inference-profile", "inference-profile", "an inference profile"),
    ("bedrock:application-inference-profile", "application-profile", "an application inference profile"),
    ("bedrock:imported-model", "imported-model", "an imported model"),
    ("bedrock:provisioned-model", "provisioned-model", "provisioned throughput"),
    ("bedrock:custom-model-deployment", "custom-deployment", "a custom model deployment"),
    ("bedrock:prompt-router", "prompt-router", "a prompt router"),
)
_OWN = ("imported-model", "provisioned-model", "custom-deployment")  # models of one's own, so worth extracting
_INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
_CALL = ("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync", "sagemaker:InvokeEndpointWithResponseStream")


def _calls() -> Iterator[Harm]:
    """Converse is authorised as InvokeModel. A call through a profile needs the models behind it as well.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    for kind, slug, words in _CALLED:
        yield Harm(
            key=f"aws.model-endpoint.invoke-{slug}",
            asset="model_endpoint",
            harm="invoke",
            rule=harmed(kind, "model_endpoint", *on(kind, *_INVOKE)),
            title=f"Call {words}",
            does="call {target}",
            reason="The account pays, and whatever limits its use is on the caller's side.",
            page=_BEDROCK,
            answers=("AWS-T227",) if slug == "foundation-model" else (),
        )
        if slug in _OWN:
            yield _queried(kind, slug, words, *_INVOKE)


def _queried(kind: str, slug: str, words: str, *actions: str) -> Harm:
    return Harm(
        key=f"aws.model-endpoint.extract-{slug}",
        asset="model_endpoint",
        harm="extract_model",
        rule=harmed(kind, "model_endpoint", *on(kind, *actions)),
        title=f"Copy the behaviour of {words} by querying it",
        does="query {target} until its behaviour is copied",
        reason="Enough answers train a copy (MITRE ATLAS AML.T0024.002).",
        page="https://atlas.mitre.org/techniques/AML.T0024.002",
    )


_KEPT = (
    ("model", "sagemaker:model", "model_artifact", "a model"),
    ("model-package", "sagemaker:model-package", "model_artifact", "a model package"),
    ("endpoint", _ENDPOINT, "model_endpoint", "the model behind an endpoint"),
)


def _kept() -> Iterator[Harm]:
    """A model is a file in a bucket: who reads the file has the model, who writes it decides what is deployed next."""
    for slug, kind, asset, words in _KEPT:
        start = f"aws.{asset.replace('_', '-')}"
        yield Harm(
            key=f"{start}.read-behind-{slug}",
            asset=asset,
            harm="extract_model",
            rule=harmed(kind, asset, behind("s3:GetObject", "kms:Decrypt")),
            title=f"Read {words} from its bucket",
            does="read the artifact of {target} from its bucket",
            reason="The artifact is an object of a bucket; under a customer key it needs the key too.",
            page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
        )
        yield Harm(
            key=f"{start}.write-behind-{slug}",
            asset=asset,
            harm="replace_model",
            rule=harmed(kind, asset, behind("s3:PutObject", "kms:GenerateDataKey")),
            title=f"Replace {words} in its bucket",
            does="replace the artifact of {target} in its bucket",
            reason="The artifact is loaded again whenever an instance starts.",
            page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
        )


_THROUGHPUT = "bedrock:UpdateProvisionedModelThroughput"


def _instead(kind: str, action: str, *models: str) -> Iterator[Conjunction]:
    """Another model of one's choice is served: the call is asked of that as well."""
    for model in models:
        yield (Need(action, kind), Need(action, model, Place.SOME))


def _new_config() -> Conjunction:
    """A new configuration, and the right to put it under an endpoint."""
    return (
        Need("sagemaker:CreateEndpointConfig", _CONFIG, Place.NEW),
        Need("sagemaker:UpdateEndpoint", _CONFIG, Place.NEW),
    )


def _deletions() -> Iterator[Harm]:
    rows = (
        ("endpoint", _ENDPOINT, "model_endpoint", "sagemaker:DeleteEndpoint", "an endpoint", _SAGEMAKER),
        (
            "provisioned-model",
            "bedrock:provisioned-model",
            "model_endpoint",
            "bedrock:DeleteProvisionedModelThroughput",
            "provisioned throughput",
            _BEDROCK,
        ),
        (
            "custom-deployment",
            "bedrock:custom-model-deployment",
            "model_endpoint",
            "bedrock:DeleteCustomModelDeployment",
            "a custom model deployment",
            _BEDROCK,
        ),
        (
            "custom-model",
            "bedrock:custom-model",
            "model_artifact",
            "bedrock:DeleteCustomModel",
            "a custom model",
            _BEDROCK,
        ),
        (
            "imported-model",
            "bedrock:imported-model",
            "model_artifact",
            "bedrock:DeleteImportedModel",
            "an imported model",
            _BEDROCK,
        ),
        (
            "model-package",
            "sagemaker:model-package",
            "model_artifact",
            "sagemaker:DeleteModelPackage",
            "a model package",
            _SAGEMAKER,
        ),
        ("model", "sagemaker:model", "model_artifact", "sagemaker:DeleteModel", "a model", _SAGEMAKER),
    )
    for slug, kind, asset, action, words, where in rows:
        yield Harm(
            key=f"aws.{asset.replace('_', '-')}.delete-{slug}",
            asset=asset,
            harm="destroy",
            rule=harmed(kind, asset, *on(kind, action)),
            title=f"Delete {words}",
            does="delete {target}",
            reason="What calls it fails until it is made again.",
            page=where,
        )


ROWS = (
    *_calls(),
    Harm(
        key="aws.model-endpoint.invoke-endpoint",
        asset="model_endpoint",
        harm="invoke",
        rule=harmed(_ENDPOINT, "model_endpoint", *on(_ENDPOINT, *_CALL)),
        title="Call a SageMaker endpoint",
        does="call {target}",
        reason="AWS counts these calls as reading, so rules of thumb about read-only roles miss them.",
        page=_SAGEMAKER,
        answers=("AWS-T247",),
    ),
    _queried(_ENDPOINT, "endpoint", "a SageMaker endpoint", *_CALL),
    Harm(
        key="aws.model-endpoint.replace-endpoint",
        asset="model_endpoint",
        harm="replace_model",
        rule=harmed(
            _ENDPOINT,
            "model_endpoint",
            (*all_on(_ENDPOINT, "sagemaker:UpdateEndpoint"), *_new_config()),
            *on(_ENDPOINT, "sagemaker:UpdateEndpointWeightsAndCapacities"),
        ),
        title="Swap the model behind an endpoint",
        does="swap the model behind {target}",
        reason="An endpoint serves what its configuration names: a new one names another model, weights shift it.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html",
        answers=("AWS-T177",),
    ),
    Harm(
        key="aws.model-endpoint.replace-provisioned-model",
        asset="model_endpoint",
        harm="replace_model",
        rule=harmed(
            "bedrock:provisioned-model",
            "model_endpoint",
            *_instead("bedrock:provisioned-model", _THROUGHPUT, "bedrock:custom-model", "bedrock:foundation-model"),
        ),
        title="Point provisioned throughput at another model",
        does="point {target} at another model",
        reason="desiredModelId takes another custom model of the same base.",
        page="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html",
    ),
    Harm(
        key="aws.model-endpoint.replace-custom-deployment",
        asset="model_endpoint",
        harm="replace_model",
        rule=harmed(
            "bedrock:custom-model-deployment",
            "model_endpoint",
            *_instead("bedrock:custom-model-deployment", "bedrock:UpdateCustomModelDeployment", "bedrock:custom-model"),
        ),
        title="Put another model under a custom model deployment",
        does="put another model under {target}",
        reason="A deployment serves the model it was last given.",
        page=_BEDROCK,
    ),
    Harm(
        key="aws.model-artifact.copy-custom-model",
        asset="model_artifact",
        harm="extract_model",
        rule=harmed(
            "bedrock:custom-model",
            "model_artifact",
            *on("bedrock:custom-model", "bedrock:CreateModelCopyJob", "bedrock:PutResourcePolicy"),
        ),
        title="Copy or share a custom model",
        does="copy or share {target}",
        reason="Custom models cannot be downloaded; copying and sharing are how they leave.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/copy-model.html",
    ),
    Harm(
        key="aws.model-artifact.share-package-group",
        asset="model_artifact",
        harm="extract_model",
        rule=harmed(
            "sagemaker:model-package-group",
            "model_artifact",
            *on("sagemaker:model-package-group", "sagemaker:PutModelPackageGroupPolicy"),
        ),
        title="Share a model package group",
        does="share the packages of {target} outside",
        reason="The group's policy lets other accounts describe and deploy its packages.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PutModelPackageGroupPolicy.html",
        answers=("AWS-T222",),
    ),
    Harm(
        key="aws.model-artifact.approve-package",
        asset="model_artifact",
        harm="replace_model",
        rule=harmed(
            "sagemaker:model-package",
            "model_artifact",
            *on("sagemaker:model-package", "sagemaker:UpdateModelPackage"),
        ),
        title="Change or approve a model package",
        does="change or approve {target}",
        reason="Approval is a field of the package: whoever updates it decides what is deployed.",
        page="https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-approve.html",
    ),
    *_kept(),
    *_deletions(),
)
