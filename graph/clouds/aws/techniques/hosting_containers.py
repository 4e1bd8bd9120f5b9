"""Existing PassRole through containers: tasks, pods, jobs, services, and the images they are made from."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.techniques.entry import Entry
from graph.clouds.aws.techniques.hosted import CODEBUILD, SAGEMAKER, TASKS, entry, hosted, new, on, part, some

_TASK, _APP, _CLUSTER, _IMAGES = "ecs:task", "apprunner:service", "eks:cluster", "ecr:repository"
_JOB, _APP_RUNNER = "batch:job-definition", "tasks.apprunner.amazonaws.com"
_ADMITTED = (
    *on(_CLUSTER, "eks:CreateAccessEntry"),
    *new("eks:access-entry", "eks:AssociateAccessPolicy"),
)
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
_PUSHED = part(_IMAGES, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage")


def _pods(*more: str, entries: bool) -> Rule:
    """Whoever administers a cluster is every pod in it, whichever way the pod gets its role.

    https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
    """
    return hosted(
        _CLUSTER,
        "pods.eks.amazonaws.com",
        (*on(_CLUSTER, *more), *_ADMITTED),
        where=(("access_entries", entries),),
        acts_as="pod_roles",
        mixed=True,
    )


def _image(slug: str, what: str, kind: str, service: str, page: str, when: str, acts_as: str = "") -> Entry:
    return entry(
        f"image-{slug}",
        f"Replace the image of {what}",
        hosted(kind, service, _PUSHED, acts_as=acts_as),
        "{source} can replace the image that {via} is made from; it runs as {target}",
        "Make the tags of the repository immutable, pin images by digest, and push from the pipeline only.",
        page,
        answers=("T159",),
        attack=("T1525",),
        prerequisites=f"The image is named by a tag that can be moved. It is pulled {when}.",
    )


ENTRIES = (
    entry(
        "ecs-execute-command",
        "Open a shell in a container",
        hosted(
            _TASK,
            TASKS,
            (*on(_TASK, "ecs:ExecuteCommand"), *part("ecs:cluster", "ecs:ExecuteCommand")),
            where=(("execute_command", True),),
        ),
        "{source} can open a shell in {via}, which runs as {target}",
        "Turn execute-command off, or narrow ecs:ExecuteCommand by cluster and container name.",
        "AmazonECS/latest/developerguide/ecs-exec.html",
        answers=("T160", "T161"),
        attack=("T1609", "T1552.005"),
        prerequisites="A running task with the role, started with execute-command on.",
    ),
    entry(
        "batch-submit-job",
        "Run a command in a Batch job",
        # A job may override the command of its definition.
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
        hosted(
            _JOB,
            TASKS,
            (
                *on(_JOB, "batch:SubmitJob"),
                *some("batch:job-queue", "batch:SubmitJob"),
                *new("batch:job", "batch:SubmitJob"),
            ),
        ),
        "{source} can submit a job of {via} with a command of its own, which runs as {target}",
        "Narrow batch:SubmitJob to the job definitions and queues the caller needs.",
        "batch/latest/APIReference/API_SubmitJob.html",
        answers=("T140",),
        attack=("T1610",),
        prerequisites="An active job definition with the role as job role, and a queue that takes jobs.",
    ),
    entry(
        "apprunner-update-service",
        "Give an App Runner service another image or command",
        hosted(_APP, _APP_RUNNER, on(_APP, "apprunner:UpdateService")),
        "{source} can make {via} run an image of its own as {target}",
        "Narrow apprunner:UpdateService to a deployment role.",
        "apprunner/latest/api/API_UpdateService.html",
        known_as=("apprunner-002",),
        answers=("T138",),
        attack=("T1610",),
        prerequisites="A service with the role as instance role. A public image needs no further role.",
    ),
    entry(
        "eks-access-entry",
        "Make oneself administrator of a Kubernetes cluster",
        _pods(entries=True),
        "{source} can make itself administrator of {via}, whose pods run as {target}",
        "Narrow eks:CreateAccessEntry and eks:AssociateAccessPolicy by eks:policyArn and eks:accessScope.",
        "eks/latest/APIReference/API_AssociateAccessPolicy.html",
        answers=("T162",),
        attack=("T1098.006", "T1611"),
        prerequisites="The cluster takes access entries, and the caller can reach its endpoint.",
    ),
    entry(
        "eks-update-cluster-config",
        "Turn access entries on and make oneself administrator of a cluster",
        _pods("eks:UpdateClusterConfig", entries=False),
        "{source} can turn access entries of {via} on and administer it; its pods run as {target}",
        "Narrow eks:UpdateClusterConfig to platform engineers (condition eks:authenticationMode).",
        "eks/latest/APIReference/API_UpdateClusterConfig.html",
        answers=("T163",),
        attack=("T1098.006", "T1611"),
        prerequisites="The cluster takes its users from its config map only, and the caller can reach its endpoint.",
    ),
    _image(
        "service",
        "an ECS service",
        "ecs:service",
        TASKS,
        "AmazonECS/latest/developerguide/deployment-type-ecs.html",
        "with the next deployment",
    ),
    _image("job", "a Batch job", _JOB, TASKS, "batch/latest/userguide/job_definition_parameters.html", "by each job"),
    _image(
        "app",
        "an App Runner service",
        _APP,
        _APP_RUNNER,
        "apprunner/latest/dg/manage-deploy.html",
        "as soon as it is pushed, where automatic deployment is on, else with the next deployment",
    ),
    _image(
        "build",
        "a build",
        "codebuild:project",
        CODEBUILD,
        "codebuild/latest/userguide/build-env-ref-available.html",
        "by each build",
    ),
    _image(
        "endpoint",
        "a model endpoint",
        "sagemaker:endpoint",
        SAGEMAKER,
        "sagemaker/latest/dg/your-algorithms-inference-code.html",
        "with each new instance of the endpoint",
        "model_roles",
    ),
)
