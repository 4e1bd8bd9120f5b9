"""Harms to models by what stands around them: images, registries, batch jobs, routers, data capture, and the quota."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.harms.row import PUSHED, Harm, all_on, behind_all, harmed, let_in, on, opened, page
from graph.clouds.aws.rules.language import Conjunction, Need, Place

_BEDROCK, _SAGEMAKER, _REGISTRY = page("amazonbedrock"), page("amazonsagemaker"), page("amazonelasticcontainerregistry")
_IMAGE, _MODEL, _ENDPOINT = "ecr:repository", "sagemaker:model", "sagemaker:endpoint"
_CONFIG, _SERVER, _PACKAGES = (
    "sagemaker:endpoint-config",
    "sagemaker:mlflow-tracking-server",
    "sagemaker:model-package-group",
)
_PULLED = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def _handed(service: str) -> Need:
    name = f"{service}.amazonaws.com"
    return Need("iam:PassRole", "iam:role", Place.SOME, (("iam:PassedToService", (name,)),), trusts=name)


def _images() -> Iterator[Harm]:
    yield Harm(
        key="aws.model-artifact.pull-image",
        asset="model_artifact",
        harm="extract_model",
        # The token of the registry is for clients of Docker: the calls themselves are signed like any other.
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
        rule=harmed(_IMAGE, "model_artifact", all_on(_IMAGE, *_PULLED)),
        title="Pull the image of a model",
        does="pull the images of {target}",
        reason="The image holds the code of the model, and often its weights.",
        page=_REGISTRY,
    )
    yield Harm(
        key="aws.model-artifact.push-image",
        asset="model_artifact",
        harm="replace_model",
        rule=harmed(_IMAGE, "model_artifact", all_on(_IMAGE, *PUSHED)),
        title="Replace the image of a model",
        does="push another image to {target}, which models run",
        reason="A tag that can be moved is pulled again whenever an instance starts.",
        page="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html",
    )
    yield Harm(
        key="aws.model-artifact.push-image-by-policy",
        asset="model_artifact",
        harm="replace_model",
        rule=opened(
            _IMAGE,
            "model_artifact",
            "policy",
            *let_in(Need("ecr:SetRepositoryPolicy", _IMAGE), Need("ecr:PutImage", _IMAGE)),
        ),
        title="Open the repository of a model's image",
        does="let itself or others push images to {target}",
        reason="The repository's policy lets in any principal, also of another account.",
        page=_REGISTRY,
    )
    for slug, kind, asset in (("model", _MODEL, "model_artifact"), ("endpoint", _ENDPOINT, "model_endpoint")):
        yield Harm(
            key=f"aws.{asset.replace('_', '-')}.replace-image-of-{slug}",
            asset=asset,
            harm="replace_model",
            rule=harmed(kind, asset, behind_all(_IMAGE, *PUSHED)),
            title=f"Replace the image that {'an' if slug == 'endpoint' else 'a'} {slug} runs",
            does="push another image that {target} runs",
            reason="A tag that can be moved is pulled again whenever an instance starts.",
            page="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
        )


def _registries() -> Iterator[Harm]:
    given = ("GetDownloadURIForModelVersionArtifacts",)
    changed = ("TransitionModelVersionStage", "CreateModelVersion", "SetRegisteredModelAlias")
    rows = (
        ("read-registry", "extract_model", given, "Download models from a registry", "download models from {target}"),
        (
            "switch-registry",
            "replace_model",
            changed,
            "Switch models in a registry",
            "make another model the one in use",
        ),
    )
    for slug, harm, names, title, does in rows:
        yield Harm(
            key=f"aws.model-artifact.{slug}",
            asset="model_artifact",
            harm=harm,
            rule=harmed(_SERVER, "model_artifact", *on(_SERVER, *(f"sagemaker-mlflow:{name}" for name in names))),
            title=title,
            does=f"{does}" if "{target}" in does else f"{does} in {{target}}",
            reason="The server hands out and keeps artifacts with its own role; who asks needs no right on the bucket.",
            page="https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-create-tracking-server-iam.html",
        )


def _packages() -> Iterator[Harm]:
    """Packages of models, and of code in which models lie."""
    yield Harm(
        key="aws.model-artifact.register-package",
        asset="model_artifact",
        harm="replace_model",
        rule=harmed(
            _PACKAGES, "model_artifact", (Need("sagemaker:CreateModelPackage", "sagemaker:model-package", Place.NEW),)
        ),
        title="Register a model package",
        does="put a package of its own into {target}, approved at once",
        reason="Whoever makes a package says in it whether it is approved.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html",
    )
    yield Harm(
        key="aws.model-artifact.open-package-group",
        asset="model_artifact",
        harm="replace_model",
        rule=harmed(_PACKAGES, "model_artifact", *on(_PACKAGES, "sagemaker:PutModelPackageGroupPolicy")),
        title="Let others register packages",
        does="let other accounts put packages into {target}",
        reason="The group's policy lets other accounts make packages in it.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PutModelPackageGroupPolicy.html",
    )
    tokens = (
        Need("codeartifact:GetAuthorizationToken", "codeartifact:domain", Place.BASIS),
        Need("sts:GetServiceBearerToken", "", Place.SOME),
        Need("codeartifact:ReadFromRepository", "codeartifact:repository"),
    )
    yield Harm(
        key="aws.model-artifact.read-packages",
        asset="model_artifact",
        harm="extract_model",
        rule=harmed("codeartifact:repository", "model_artifact", tokens),
        title="Read packages that hold models",
        does="read packages of {target}",
        reason="A token of the domain is the password of its repositories.",
        page="https://docs.aws.amazon.com/codeartifact/latest/ug/tokens-authentication.html",
        answers=("AWS-T230",),
    )


def _batches() -> Iterator[Harm]:
    job = Need("bedrock:CreateModelInvocationJob", "bedrock:model-invocation-job", Place.NEW)
    kind = "bedrock:foundation-model"
    yield Harm(
        key="aws.model-endpoint.invoke-in-batch",
        asset="model_endpoint",
        harm="invoke",
        rule=harmed(
            kind, "model_endpoint", (*all_on(kind, "bedrock:CreateModelInvocationJob"), job, _handed("bedrock"))
        ),
        title="Call a foundation model by a batch job",
        does="have a batch job call {target}",
        reason="The job calls with the role that is handed to it; the caller needs no right to invoke.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-permissions.html",
    )
    transform = Need("sagemaker:CreateTransformJob", "sagemaker:transform-job", Place.NEW)
    yield Harm(
        key="aws.model-artifact.run-in-batch",
        asset="model_artifact",
        harm="invoke",
        rule=harmed(_MODEL, "model_artifact", (transform,)),
        title="Run a model by a transform job",
        does="run {target} over data of its own",
        reason="A transform job needs no endpoint and no right on the model; it works with the model's role.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html",
    )
    part = "sagemaker:inference-component"
    yield Harm(
        key="aws.model-endpoint.replace-inference-component",
        asset="model_endpoint",
        harm="replace_model",
        rule=harmed(part, "model_endpoint", *on(part, "sagemaker:UpdateInferenceComponent")),
        title="Put another model into an inference component",
        does="put another model into {target}",
        reason="A component serves the model that its specification names.",
        page="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateInferenceComponent.html",
    )
    captured = (
        *all_on(_ENDPOINT, "sagemaker:UpdateEndpoint"),
        Need("sagemaker:CreateEndpointConfig", _CONFIG, Place.NEW),
        Need("sagemaker:UpdateEndpoint", _CONFIG, Place.NEW),
    )
    yield Harm(
        key="aws.model-endpoint.capture-traffic",
        asset="model_endpoint",
        harm="read_prompts",
        rule=harmed(_ENDPOINT, "model_endpoint", captured),
        title="Have an endpoint write down what it is asked",
        does="have what {target} is asked and answers written to a bucket of its own",
        reason="Data capture is a setting of the configuration that an endpoint is given.",
        page="https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html",
    )


def _quota() -> Iterator[Harm]:
    """What makes an account pay for more models, bigger ones, or machines of its own.

    Only the first of several agreements is asked for where a model has never been used.
    """
    loose = (
        "bedrock:PutFoundationModelEntitlement",
        "bedrock:CreateFoundationModelAgreement",
        "bedrock:PutUseCaseForModelAccess",
        "bedrock:CreateMarketplaceModelEndpoint",
        "bedrock:InvokeInlineAgent",
        "aws-marketplace:Subscribe",
    )
    ways: list[Conjunction] = [(Need(action, "", Place.SOME),) for action in loose]
    ways += [
        (Need("bedrock:CreateProvisionedModelThroughput", "bedrock:foundation-model", Place.SOME),),
        (Need("bedrock-mantle:CreateInference", "bedrock-mantle:project", Place.NEW),),
        (Need("servicequotas:RequestServiceQuotaIncrease", "servicequotas:quota", Place.NEW),),
        (
            Need("sagemaker:CreateEndpoint", _ENDPOINT, Place.NEW),
            Need("sagemaker:CreateEndpoint", _CONFIG, Place.SOME),
        ),
        (Need("sagemaker:CreateTrainingJob", "sagemaker:training-job", Place.NEW), _handed("sagemaker")),
    ]
    yield Harm(
        key="aws.ai-quota.use-up",
        asset="ai_quota",
        harm="invoke",
        rule=harmed("account:account", "ai_quota", *ways),
        title="Have an account pay for models and machines",
        does="have {target} pay for models and machines",
        reason="Access, agreements, quotas and capacity are what an account's bill for models is made of.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html",
    )


ROWS = (*_images(), *_registries(), *_packages(), *_batches(), *_quota())
