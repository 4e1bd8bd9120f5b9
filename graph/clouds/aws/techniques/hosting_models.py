"""Existing PassRole through SageMaker: notebooks, Studio, pipelines, and what endpoints are made from."""

from __future__ import annotations

from graph.clouds.aws.techniques.hosted import RUNNING, SAGEMAKER, entry, hosted, new, on, part

_NOTEBOOK, _PROFILE, _SPACE = "sagemaker:notebook-instance", "sagemaker:user-profile", "sagemaker:space"
_DOMAIN, _PIPELINE, _ENDPOINT = "sagemaker:domain", "sagemaker:pipeline", "sagemaker:endpoint"
# A link with a token opens Studio only where people sign in by IAM.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html
_BY_IAM = (("sign_in", "IAM"),)

ENTRIES = (
    entry(
        "notebook-url",
        "Open a notebook instance",
        hosted(_NOTEBOOK, SAGEMAKER, on(_NOTEBOOK, "sagemaker:CreatePresignedNotebookInstanceUrl"), where=RUNNING),
        "{source} can open {via}, a notebook that runs as {target}",
        "Narrow sagemaker:CreatePresignedNotebookInstanceUrl to notebooks tagged with their owner.",
        "sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl.html",
        known_as=("sagemaker-004",),
        answers=("T180",),
        attack=("T1550.001", "T1552.005"),
        prerequisites="A notebook instance with the role that is in service.",
    ),
    entry(
        "notebook-lifecycle",
        "Give a notebook instance another start script",
        hosted(
            _NOTEBOOK,
            SAGEMAKER,
            (
                *on(
                    _NOTEBOOK,
                    "sagemaker:StopNotebookInstance",
                    "sagemaker:UpdateNotebookInstance",
                    "sagemaker:StartNotebookInstance",
                ),
                *new("sagemaker:notebook-instance-lifecycle-config", "sagemaker:CreateNotebookInstanceLifecycleConfig"),
            ),
        ),
        "{source} can give {via} a start script of its own; it runs as {target}",
        "Keep sagemaker:UpdateNotebookInstance and lifecycle configurations with platform engineers.",
        "sagemaker/latest/dg/notebook-lifecycle-config.html",
        known_as=("sagemaker-005",),
        answers=("T178",),
        attack=("T1578", "T1546"),
        prerequisites="A notebook instance with the role.",
    ),
    entry(
        "studio-url",
        "Open Studio as another user profile",
        hosted(_PROFILE, SAGEMAKER, on(_PROFILE, "sagemaker:CreatePresignedDomainUrl"), where=_BY_IAM),
        "{source} can open Studio as {via}, which runs as {target}",
        "Narrow sagemaker:CreatePresignedDomainUrl to the caller's own user profile.",
        "sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html",
        answers=("T179",),
        attack=("T1550.001", "T1552.005"),
        prerequisites="A domain where people sign in by IAM, with a user profile that works under the role.",
    ),
    entry(
        "studio-space",
        "Start an application in a new Studio space",
        hosted(
            _DOMAIN,
            SAGEMAKER,
            (
                *new(_SPACE, "sagemaker:CreateSpace"),
                *new("sagemaker:app", "sagemaker:CreateApp"),
                *part(_PROFILE, "sagemaker:CreatePresignedDomainUrl"),
            ),
            where=_BY_IAM,
            acts_as="space_roles",
        ),
        "{source} can start an application in a new shared space of {via}, which runs as {target}",
        "Condition sagemaker:CreateSpace on sagemaker:OwnerUserProfileArn and sagemaker:SpaceSharingType.",
        "sagemaker/latest/APIReference/API_CreateSpace.html",
        answers=("T176",),
        attack=("T1578.002", "T1550.001"),
        prerequisites="A domain with the role for shared spaces and with a user profile to come in by.",
    ),
    entry(
        "studio-remote-session",
        "Open a remote session in a Studio space",
        hosted(_SPACE, SAGEMAKER, on(_SPACE, "sagemaker:StartSession"), where=(("remote_access", True),)),
        "{source} can open a remote session in {via}, which runs as {target}",
        "Turn remote access of spaces off (condition sagemaker:RemoteAccess), or narrow sagemaker:StartSession.",
        "sagemaker/latest/dg/remote-access.html",
        answers=("T182",),
        attack=("T1021.008", "T1552.005"),
        prerequisites="A space that works under the role, with remote access on and an application running.",
    ),
    entry(
        "sagemaker-update-pipeline",
        "Rewrite a SageMaker pipeline",
        hosted(
            _PIPELINE,
            SAGEMAKER,
            on(_PIPELINE, "sagemaker:UpdatePipeline", "sagemaker:StartPipelineExecution"),
        ),
        "{source} can rewrite the steps of {via}, which run as {target}",
        "Narrow sagemaker:UpdatePipeline to a deployment role.",
        "sagemaker/latest/APIReference/API_UpdatePipeline.html",
        answers=("T181",),
        attack=("T1648",),
        prerequisites="A pipeline with the role.",
    ),
    entry(
        "artifact-of-endpoint",
        "Replace the model that an endpoint loads",
        # A saved model can bring code that runs when it is loaded. In network isolation it finds no credentials.
        # https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
        hosted(_ENDPOINT, SAGEMAKER, part("s3:object", "s3:PutObject"), acts_as="model_roles"),
        "{source} can replace the model that {via} loads, with code in it that runs as {target}",
        "Let only the training pipeline write to the bucket of models, and run models in network isolation.",
        "sagemaker/latest/APIReference/API_ContainerDefinition.html",
        answers=("T175",),
        attack=("T1195.002", "T1525"),
        prerequisites="An endpoint whose model has the role and lies in the bucket. It is loaded by each new instance.",
        events=("PutObject (a data event)",),
    ),
)
