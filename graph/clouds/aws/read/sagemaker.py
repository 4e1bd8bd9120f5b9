"""SageMaker: where models are trained, kept and served, and where people work on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import text, texts
from graph.clouds.aws.read.purpose import data_of, objects_of
from graph.clouds.aws.read.reading import Mark, Reading, Thing, partition, resource
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things
from graph.clouds.aws.read.standing import Images, folder_at, stored_at

ENDPOINTS = Sort(
    "sagemaker:endpoint",
    "endpoint",
    "SageMaker endpoint",
    "sagemaker-list-endpoints",
    "Endpoints",
    "EndpointArn",
    "EndpointName",
    detail="sagemaker-describe-endpoint",
    arguments=("EndpointName",),
    policy="sagemaker-get-endpoint-policy",
    policy_at="ResourcePolicy",
    policy_for="EndpointName",
    targets=("model_endpoint",),
    shown=(("status", "EndpointStatus"), ("config", "EndpointConfigName")),
)
CONFIGS = Sort(
    "sagemaker:endpoint-config",
    "endpoint-config",
    "SageMaker endpoint configuration",
    "sagemaker-list-endpoint-configs",
    "EndpointConfigs",
    "EndpointConfigArn",
    "EndpointConfigName",
    detail="sagemaker-describe-endpoint-config",
    arguments=("EndpointConfigName",),
    shown=(("models", "ProductionVariants.ModelName"),),
)
MODELS = Sort(
    "sagemaker:model",
    "model",
    "SageMaker model",
    "sagemaker-list-models",
    "Models",
    "ModelArn",
    "ModelName",
    detail="sagemaker-describe-model",
    arguments=("ModelName",),
    roles=("ExecutionRoleArn",),
    targets=("model_artifact",),
    ai=True,
    shown=(("data", "PrimaryContainer.ModelDataUrl"), ("data", "Containers.ModelDataUrl")),
    data=tuple(
        f"{where}.{what}"
        for where in ("PrimaryContainer", "Containers")
        for what in ("ModelDataUrl", "ModelDataSource.S3DataSource.S3Uri")
    ),
)
DOMAINS = Sort(
    "sagemaker:domain",
    "domain",
    "SageMaker Studio domain",
    "sagemaker-list-domains",
    "Domains",
    "DomainArn",
    "DomainName",
    detail="sagemaker-describe-domain",
    arguments=("DomainId",),
    roles=("DefaultUserSettings.ExecutionRole", "DefaultSpaceSettings.ExecutionRole"),
    targets=("ml_compute",),
    ai=True,
    shown=(("sign_in", "AuthMode"), ("network", "AppNetworkAccessType")),
)
PROFILES = Sort(
    "sagemaker:user-profile",
    "user-profile",
    "SageMaker user profile",
    "sagemaker-list-user-profiles",
    "UserProfiles",
    "arn:{partition}:sagemaker:{region}:{account}:user-profile/{DomainId}/{UserProfileName}",
    "UserProfileName",
    detail="sagemaker-describe-user-profile",
    arguments=("DomainId", "UserProfileName"),
    roles=("UserSettings.ExecutionRole",),
    targets=("ml_compute",),
    ai=True,
    shown=(("domain", "DomainId"),),
)
SPACES = Sort(
    "sagemaker:space",
    "space",
    "SageMaker Studio space",
    "sagemaker-list-spaces",
    "Spaces",
    "arn:{partition}:sagemaker:{region}:{account}:space/{DomainId}/{SpaceName}",
    "SpaceName",
    detail="sagemaker-describe-space",
    arguments=("DomainId", "SpaceName"),
    roles=("SpaceSettings.ExecutionRole",),
    targets=("ml_compute",),
    ai=True,
    shown=(("app", "SpaceSettings.AppType"), ("remote_access", "SpaceSettings.RemoteAccess")),
)
NOTEBOOKS = Sort(
    "sagemaker:notebook-instance",
    "notebook",
    "SageMaker notebook",
    "sagemaker-list-notebook-instances",
    "NotebookInstances",
    "NotebookInstanceArn",
    "NotebookInstanceName",
    detail="sagemaker-describe-notebook-instance",
    arguments=("NotebookInstanceName",),
    roles=("RoleArn",),
    targets=("ml_compute",),
    ai=True,
    shown=(
        ("status", "NotebookInstanceStatus"),
        ("internet", "DirectInternetAccess"),
        ("root_access", "RootAccess"),
    ),
)
SORTS = (
    Sort(
        "sagemaker:training-job",
        "training-job",
        "SageMaker training job",
        "sagemaker-list-training-jobs",
        "TrainingJobSummaries",
        "TrainingJobArn",
        "TrainingJobName",
        detail="sagemaker-describe-training-job",
        arguments=("TrainingJobName",),
        roles=("RoleArn",),
        targets=("ml_compute",),
        ai=True,
        shown=(("status", "TrainingJobStatus"), ("output", "OutputDataConfig.S3OutputPath")),
    ),
    Sort(
        "sagemaker:processing-job",
        "processing-job",
        "SageMaker processing job",
        "sagemaker-list-processing-jobs",
        "ProcessingJobSummaries",
        "ProcessingJobArn",
        "ProcessingJobName",
        detail="sagemaker-describe-processing-job",
        arguments=("ProcessingJobName",),
        roles=("RoleArn",),
        targets=("ml_compute",),
        ai=True,
        shown=(("status", "ProcessingJobStatus"),),
    ),
    Sort(
        "sagemaker:pipeline",
        "ml-pipeline",
        "SageMaker pipeline",
        "sagemaker-list-pipelines",
        "PipelineSummaries",
        "PipelineArn",
        "PipelineName",
        roles=("RoleArn",),
        targets=("ml_compute",),
        ai=True,
    ),
    Sort(
        "sagemaker:model-package-group",
        "model-package-group",
        "SageMaker model package group",
        "sagemaker-list-model-package-groups",
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupArn",
        "ModelPackageGroupName",
        policy="sagemaker-get-model-package-group-policy",
        policy_at="ResourcePolicy",
        policy_for="ModelPackageGroupName",
        targets=("model_artifact",),
    ),
    Sort(
        "sagemaker:model-package",
        "model-package",
        "SageMaker model package",
        "sagemaker-list-model-packages",
        "ModelPackageSummaryList",
        "ModelPackageArn",
        "ModelPackageArn",
        detail="sagemaker-describe-model-package",
        arguments=("ModelPackageArn",),
        targets=("model_artifact",),
        data=("InferenceSpecification.Containers.ModelDataUrl",),
        shown=(("approval", "ModelApprovalStatus"),),
    ),
    Sort(
        "sagemaker:feature-group",
        "feature-group",
        "SageMaker feature group",
        "sagemaker-list-feature-groups",
        "FeatureGroupSummaries",
        "FeatureGroupArn",
        "FeatureGroupName",
        detail="sagemaker-describe-feature-group",
        arguments=("FeatureGroupName",),
        roles=("RoleArn",),
        targets=("training_data",),
        ai=True,
        data=("OfflineStoreConfig.S3StorageConfig.S3Uri",),
    ),
    Sort(
        "sagemaker:mlflow-tracking-server",
        "tracking-server",
        "MLflow tracking server",
        "sagemaker-list-mlflow-tracking-servers",
        "TrackingServerSummaries",
        "TrackingServerArn",
        "TrackingServerName",
        detail="sagemaker-describe-mlflow-tracking-server",
        arguments=("TrackingServerName",),
        roles=("RoleArn",),
        targets=("model_artifact",),
        ai=True,
        data=("ArtifactStoreUri",),
    ),
    Sort(
        "sagemaker:inference-component",
        "inference-component",
        "SageMaker inference component",
        "sagemaker-list-inference-components",
        "InferenceComponents",
        "InferenceComponentArn",
        "InferenceComponentName",
        targets=("model_endpoint",),
    ),
    Sort(
        "sagemaker:cluster",
        "ml-cluster",
        "SageMaker HyperPod cluster",
        "sagemaker-list-clusters",
        "ClusterSummaries",
        "ClusterArn",
        "ClusterName",
        detail="sagemaker-describe-cluster",
        arguments=("ClusterName",),
        roles=("InstanceGroups.ExecutionRole",),
        targets=("ml_compute",),
        ai=True,
    ),
)


def read_sagemaker(reading: Reading) -> Iterator[Thing]:
    """Everything of SageMaker, endpoints with the models and the roles behind them."""
    yield from things(reading, SORTS)
    yield from _models(reading)
    for item in items(reading, NOTEBOOKS):
        status = text(item.record, "NotebookInstanceStatus")
        yield from thing(reading, item, running=status == "InService" if status else None)
    yield from _people(reading)
    yield from _endpoints(reading)
    yield from _start_scripts(reading)


def _models(reading: Reading) -> Iterator[Thing]:
    """Models with the repositories of their images, which are as much of a model as its artifact is."""
    images = Images(reading)
    for item in items(reading, MODELS):
        named = (uri for where in ("PrimaryContainer", "Containers") for uri in texts(item.record, f"{where}.Image"))
        behind = images.movable(named)
        yield from thing(reading, item, behind=behind)
        yield from images.unlisted(behind)
        yield from (Mark(arn, "model_artifact", f"the model {item.name} runs its image") for arn in behind)


def _people(reading: Reading) -> Iterator[Thing]:
    """A profile or a space without a role of its own works under the one its domain gives."""
    domains = {(item.account, text(item.record, "DomainId")): item.record for item in items(reading, DOMAINS)}
    profiles: dict[tuple[str, str, str], str] = {}
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in items(reading, PROFILES):
        domain = (item.account, text(item.record, "DomainId"))
        own = text(item.record, "UserSettings.ExecutionRole")
        given = own or text(domains.get(domain, {}), "DefaultUserSettings.ExecutionRole")
        profiles[(*domain, item.name)] = given
        members[domain].append(item.arn)
        sign_in = text(domains.get(domain, {}), "AuthMode")
        yield from thing(reading, item, (given,) if given else (), domain=domain[1], sign_in=sign_in)
    for item in items(reading, DOMAINS):
        people = tuple(members[item.account, text(item.record, "DomainId")])
        shared = texts(item.record, "DefaultSpaceSettings.ExecutionRole")
        yield from thing(reading, item, space_roles=shared, parts=people, sign_in=text(item.record, "AuthMode"))
    for item in items(reading, SPACES):
        domain = (item.account, text(item.record, "DomainId"))
        owner = text(item.record, "OwnershipSettings.OwnerUserProfileName")
        common = text(domains.get(domain, {}), "DefaultSpaceSettings.ExecutionRole")
        private = text(item.record, "SpaceSharingSettings.SharingType") == "Private"
        given = profiles.get((*domain, owner), "") if private else common
        reachable = text(item.record, "SpaceSettings.RemoteAccess") == "ENABLED"
        yield from thing(
            reading, item, (given,) if given else (), domain=domain[1], owner=owner, remote_access=reachable
        )


def _endpoints(reading: Reading) -> Iterator[Thing]:
    """An endpoint serves the models of its configuration: what it stands on decides what it can be made to say."""
    images = Images(reading)
    models = {(item.account, item.place.region, item.name): item for item in items(reading, MODELS)}
    served: dict[tuple[str, str, str], tuple[Item, ...]] = {}
    for item in items(reading, CONFIGS):
        here = (item.account, item.place.region)
        named = texts(item.record, "ProductionVariants.ModelName")
        found = tuple(models[(*here, name)] for name in named if (*here, name) in models)
        served[(*here, item.name)] = found
        role = text(item.record, "ExecutionRoleArn")
        yield from thing(reading, item, models=tuple(model.arn for model in found), role=role)
        if role:
            yield Mark(role, "ai_identity", f"SageMaker endpoint configuration {item.name} runs as it")
    for item in items(reading, ENDPOINTS):
        config = text(item.record, "EndpointConfigName")
        stands_on = served.get((item.account, item.place.region, config), ())
        region, records = item.place.region, [model.record for model in stands_on]
        arns = tuple(model.arn for model in stands_on)
        loaded = [model for model in stands_on if not model.record.get("EnableNetworkIsolation")]
        parts = tuple(dict.fromkeys(part for model in loaded for part in _loaded(model, images)))
        yield from images.unlisted(part for part in parts if ":ecr:" in part)
        yield from thing(
            reading,
            item,
            config=config,
            models=arns,
            behind=(*arns, *(part for part in parts if ":ecr:" in part)),
            buckets=tuple(dict.fromkeys(kept for one in records for kept in data_of(one, region, *MODELS.data))),
            objects=tuple(dict.fromkeys(kept for one in records for kept in objects_of(one, region, *MODELS.data))),
            parts=parts,
            model_roles=tuple(dict.fromkeys(role for m in loaded for role in texts(m.record, "ExecutionRoleArn"))),
        )


def _loaded(model: Item, images: Images) -> Iterator[str]:
    """The artifacts and images that a model is made from. An artifact is one file or a whole folder.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html
    """
    region = model.place.region
    for where in ("PrimaryContainer", "Containers"):
        yield from images.movable(texts(model.record, f"{where}.Image"))
        for uri in texts(model.record, f"{where}.ModelDataUrl"):
            yield stored_at(uri, region)
        for uri in texts(model.record, f"{where}.ModelDataSource.S3DataSource.S3Uri"):
            yield folder_at(uri, region) if uri.endswith("/") else stored_at(uri, region)


def _start_scripts(reading: Reading) -> Iterator[Thing]:
    """A lifecycle configuration is a script that runs as the role of each notebook that starts with it."""
    holders: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in items(reading, NOTEBOOKS):
        name = text(item.record, "NotebookInstanceLifecycleConfigName")
        if name:
            holders[item.account, item.place.region, name] += texts(item.record, "RoleArn")
    for (account, region, name), roles in sorted(holders.items()):
        kind = "notebook-instance-lifecycle-config"
        arn = f"arn:{partition(region)}:sagemaker:{region}:{account}:{kind}/{name}"
        unique = tuple(dict.fromkeys(roles))
        yield Resource(arn, f"sagemaker:{kind}", account, arn, region=region, runs_as=unique, attributes={"name": name})
        yield resource(arn, "start-script", name, account, "Notebook lifecycle configuration", region=region)


def models_unread(reading: Reading) -> frozenset[tuple[str, str]]:
    """Accounts with endpoints of which it was not read what they load, and as whom."""
    calls = (ENDPOINTS.detail, CONFIGS.detail, MODELS.detail)
    accounts = {item.account for item in items(reading, ENDPOINTS)}
    unread = (a for a in accounts if not all(reading.answers.complete(a, call) for call in calls))
    return frozenset((account, ENDPOINTS.kind) for account in unread)
