"""Existing PassRole: ways of being, or using, the role that something already there runs as."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import EXISTING_PASSROLE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"


def on(kind: str, *actions: str) -> tuple[Need, ...]:
    """Permissions on one and the same host."""
    return tuple(Need(action, kind, Place.HOST) for action in actions)


def hosted(kind: str, service: str, *ways: tuple[Need, ...], where: tuple[tuple[str, str | bool], ...] = ()) -> Rule:
    """What runs on hosts of a kind, whose roles trust the service."""
    return Rule(Shape.RUN_AS, kind, ways, service=service, where=where)


def _entry(  # noqa: PLR0913 - a row of a table
    slug: str,
    title: str,
    rule: Rule,
    sentence: str,
    fix: str,
    page: str,
    *known_as: str,
    strength: Strength = Strength.BECOMES,
    gives: str = "own code under the role that is already there",
) -> Entry:
    return Entry(
        key=f"aws.{slug}",
        title=title,
        family=EXISTING_PASSROLE,
        rule=rule,
        sentence=sentence,
        gives=gives,
        fix=fix,
        page=f"{_DOCS}/{page}",
        strength=strength,
        known_as=known_as,
    )


_FUNCTION, _LAMBDA = "lambda:function", "lambda.amazonaws.com"
_INSTANCE, _EC2 = "ec2:instance", "ec2.amazonaws.com"
_NOTEBOOK, _SAGEMAKER = "sagemaker:notebook-instance", "sagemaker.amazonaws.com"
_STACK = "cloudformation:stack"
# Systems Manager reaches only nodes whose agent has registered with it.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/managed_instances.html
_MANAGED = (("managed_by_ssm", True),)

ENTRIES = (
    _entry(
        "update-function-code",
        "Replace a function's code",
        # It runs when the function is next called, by whomever; being able to call it only saves the wait.
        hosted(_FUNCTION, _LAMBDA, on(_FUNCTION, "lambda:UpdateFunctionCode")),
        "{source} can replace the code of {via}, which runs as {target}",
        "Narrow lambda:UpdateFunctionCode to a deployment role, and require signed code.",
        "lambda/latest/api/API_UpdateFunctionCode.html",
        "lambda-003",
        "lambda-004",
        "lambda-005",
    ),
    _entry(
        "update-function-layer",
        "Put a layer or wrapper into a function",
        hosted(_FUNCTION, _LAMBDA, on(_FUNCTION, "lambda:UpdateFunctionConfiguration")),
        "{source} can put a layer of its own into {via}, which runs as {target}",
        "Narrow lambda:UpdateFunctionConfiguration to a deployment role, with a condition on lambda:Layer.",
        "lambda/latest/api/API_UpdateFunctionConfiguration.html",
    ),
    _entry(
        "invoke-function",
        "Invoke a function",
        hosted(_FUNCTION, _LAMBDA, on(_FUNCTION, "lambda:InvokeFunction")),
        "{source} can invoke {via}, which acts as {target}",
        "Narrow lambda:InvokeFunction to the functions the caller needs.",
        "lambda/latest/api/API_Invoke.html",
        strength=Strength.USES,
        gives="what the function's own code does with the role, no more",
    ),
    _entry(
        "ssm-send-command",
        "Run a command on an instance",
        hosted(
            _INSTANCE,
            _EC2,
            (*on(_INSTANCE, "ssm:SendCommand"), Need("ssm:SendCommand", "ssm:document", Place.SOME)),
            where=_MANAGED,
        ),
        "{source} can run commands on {via}, which runs as {target}",
        "Narrow ssm:SendCommand to documents that run fixed commands and to tagged instances.",
        "systems-manager/latest/APIReference/API_SendCommand.html",
        "ssm-002",
    ),
    _entry(
        "ssm-start-session",
        "Open a shell on an instance",
        # Without a document named, the default one is not checked, unless a policy asks for it by a condition.
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
        hosted(_INSTANCE, _EC2, on(_INSTANCE, "ssm:StartSession"), where=_MANAGED),
        "{source} can open a shell on {via}, which runs as {target}",
        "Narrow ssm:StartSession to tagged instances and to documents without a shell.",
        "systems-manager/latest/APIReference/API_StartSession.html",
        "ssm-001",
    ),
    _entry(
        "ec2-instance-connect",
        "Push a key to an instance",
        hosted(_INSTANCE, _EC2, on(_INSTANCE, "ec2-instance-connect:SendSSHPublicKey")),
        "{source} can log in to {via} with a key of its own; it runs as {target}",
        "Narrow ec2-instance-connect:SendSSHPublicKey to instances and to ec2:osuser.",
        "ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html",
        "ec2instanceconnect-003",
    ),
    _entry(
        "ec2-user-data",
        "Change an instance's start script",
        hosted(
            _INSTANCE, _EC2, on(_INSTANCE, "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances")
        ),
        "{source} can stop {via}, give it another start script and start it; it runs as {target}",
        "Take ec2:ModifyInstanceAttribute on the attribute userData away (condition ec2:Attribute).",
        "AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html",
        "ec2-002",
    ),
    _entry(
        "notebook-url",
        "Open a notebook instance",
        hosted(_NOTEBOOK, _SAGEMAKER, on(_NOTEBOOK, "sagemaker:CreatePresignedNotebookInstanceUrl")),
        "{source} can open {via}, a notebook that runs as {target}",
        "Narrow sagemaker:CreatePresignedNotebookInstanceUrl to notebooks tagged with their owner.",
        "sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl.html",
        "sagemaker-004",
    ),
    _entry(
        "notebook-lifecycle",
        "Give a notebook instance another start script",
        hosted(
            _NOTEBOOK,
            _SAGEMAKER,
            (
                *on(
                    _NOTEBOOK,
                    "sagemaker:StopNotebookInstance",
                    "sagemaker:UpdateNotebookInstance",
                    "sagemaker:StartNotebookInstance",
                ),
                Need(
                    "sagemaker:CreateNotebookInstanceLifecycleConfig",
                    "sagemaker:notebook-instance-lifecycle-config",
                    Place.NEW,
                ),
            ),
        ),
        "{source} can give {via} a start script of its own; it runs as {target}",
        "Keep sagemaker:UpdateNotebookInstance and lifecycle configurations with platform engineers.",
        "sagemaker/latest/dg/notebook-lifecycle-config.html",
        "sagemaker-005",
    ),
    _entry(
        "studio-url",
        "Open Studio as another user profile",
        hosted(
            "sagemaker:user-profile",
            _SAGEMAKER,
            on("sagemaker:user-profile", "sagemaker:CreatePresignedDomainUrl"),
        ),
        "{source} can open Studio as {via}, which runs as {target}",
        "Narrow sagemaker:CreatePresignedDomainUrl to the caller's own user profile.",
        "sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html",
    ),
    _entry(
        "sagemaker-update-pipeline",
        "Rewrite a SageMaker pipeline",
        hosted(
            "sagemaker:pipeline",
            _SAGEMAKER,
            on("sagemaker:pipeline", "sagemaker:UpdatePipeline", "sagemaker:StartPipelineExecution"),
        ),
        "{source} can rewrite the steps of {via}, which run as {target}",
        "Narrow sagemaker:UpdatePipeline to a deployment role.",
        "sagemaker/latest/APIReference/API_UpdatePipeline.html",
    ),
    _entry(
        "codebuild-start-build",
        "Build with commands of one's own",
        # StartBuild takes a build specification that overrides the project's.
        # https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
        hosted(
            "codebuild:project",
            "codebuild.amazonaws.com",
            on("codebuild:project", "codebuild:StartBuild"),
            on("codebuild:project", "codebuild:StartBuildBatch"),
        ),
        "{source} can start a build of {via} with its own commands, which run as {target}",
        "Start builds from the pipeline only, and give the project's role no more than its builds need.",
        "codebuild/latest/APIReference/API_StartBuild.html",
        "codebuild-002",
        "codebuild-003",
    ),
    _entry(
        "glue-update-dev-endpoint",
        "Put a key on a Glue development endpoint",
        hosted("glue:devendpoint", "glue.amazonaws.com", on("glue:devendpoint", "glue:UpdateDevEndpoint")),
        "{source} can add its SSH key to {via}, which runs as {target}",
        "Remove development endpoints, or narrow glue:UpdateDevEndpoint.",
        "glue/latest/webapi/API_UpdateDevEndpoint.html",
        "glue-002",
    ),
    _entry(
        "ecs-execute-command",
        "Open a shell in a container",
        hosted(
            "ecs:task",
            "ecs-tasks.amazonaws.com",
            (*on("ecs:task", "ecs:ExecuteCommand"), Need("ecs:ExecuteCommand", "ecs:cluster", Place.NEW)),
        ),
        "{source} can open a shell in {via}, which runs as {target}",
        "Turn execute-command off, or narrow ecs:ExecuteCommand by cluster and container name.",
        "AmazonECS/latest/developerguide/ecs-exec.html",
    ),
    _entry(
        "update-state-machine",
        "Rewrite a state machine",
        hosted(
            "states:statemachine",
            "states.amazonaws.com",
            on("states:statemachine", "states:UpdateStateMachine", "states:StartExecution"),
        ),
        "{source} can rewrite and start {via}, which acts as {target}",
        "Narrow states:UpdateStateMachine to a deployment role.",
        "step-functions/latest/apireference/API_UpdateStateMachine.html",
    ),
    _entry(
        "cloudformation-update-stack",
        "Update a stack that has a service role",
        hosted(
            _STACK,
            "cloudformation.amazonaws.com",
            on(_STACK, "cloudformation:UpdateStack"),
            on(_STACK, "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
        ),
        "{source} can update {via} with a template of its own, carried out by {target}",
        "Keep stack updates with a deployment role, and protect stacks by a stack policy.",
        "AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
        "cloudformation-002",
        "cloudformation-005",
    ),
    _entry(
        "invoke-agent",
        "Talk to a Bedrock agent",
        hosted("bedrock:agent-alias", "bedrock.amazonaws.com", on("bedrock:agent-alias", "bedrock:InvokeAgent")),
        "{source} can talk to {via}, which acts as {target}",
        "Narrow bedrock:InvokeAgent to the aliases the caller needs, and let its role do no more than its callers may.",
        "bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html",
        strength=Strength.USES,
        gives="what the agent can be talked into doing with its role, tools and knowledge bases",
    ),
)
