"""New PassRole: ways of becoming a role by handing it to something new that a service runs."""

from __future__ import annotations

from graph.clouds.aws.rules.language import Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import NEW_PASSROLE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"


def _new(kind: str, *actions: str) -> tuple[Need, ...]:
    """Permissions on one and the same new thing."""
    return tuple(Need(action, kind, Place.NEW) for action in actions)


def _bare(*actions: str) -> tuple[Need, ...]:
    """Permissions on actions that take no resource."""
    return tuple(Need(action, "", Place.SOME) for action in actions)


def _some(kind: str, *actions: str) -> tuple[Need, ...]:
    """Permissions on one and the same thing that exists already, whatever role it has."""
    return tuple(Need(action, kind, Place.SOME) for action in actions)


def passing(service: str, *ways: tuple[Need, ...], profile: str = "") -> Rule:
    """Pass a role to a service that it trusts, and make the service run something, in one of several ways."""
    passed = Need("iam:PassRole", "iam:role", given=(("iam:PassedToService", (service,)),))
    return Rule(Shape.BECOME, "iam:role", tuple((passed, *way) for way in ways), service=service, through=profile)


def _entry(
    slug: str,
    title: str,
    rule: Rule,
    does: str,
    page: str,
    *known_as: str,
    strength: Strength = Strength.BECOMES,
    gives: str = "own code, or calls of one's choice, under the role",
) -> Entry:
    return Entry(
        key=f"aws.passrole-{slug}",
        title=title,
        family=NEW_PASSROLE,
        rule=rule,
        sentence=f"{{source}} can {does} {{target}}",
        gives=gives,
        fix=f"Narrow iam:PassRole to the roles meant for {rule.service} (condition iam:PassedToService), "
        "and keep roles with more rights than their deployers out of it.",
        page=f"{_DOCS}/{page}",
        strength=strength,
        known_as=known_as,
    )


_INSTANCE = (
    *_new("ec2:instance", "ec2:RunInstances"),
    *_new("ec2:image", "ec2:RunInstances"),
    *_new("ec2:subnet", "ec2:RunInstances"),
    *_new("ec2:security-group", "ec2:RunInstances"),
    *_new("ec2:network-interface", "ec2:RunInstances"),
)
_PROFILE = "iam:instance-profile"
# What the new role allows decides whether Systems Manager manages the instance, so nothing is asked of it beforehand.
_ENTERING: tuple[tuple[str, tuple[Need, ...]], ...] = (
    ("ssm:StartSession", ()),
    ("ssm:SendCommand", _some("ssm:document", "ssm:SendCommand")),
    ("ec2-instance-connect:SendSSHPublicKey", ()),
)

ENTRIES = (
    _entry(
        "lambda",
        "Create a function with a role",
        passing(
            "lambda.amazonaws.com",
            _new("lambda:function", "lambda:CreateFunction", "lambda:InvokeFunction"),
            _new("lambda:function", "lambda:CreateFunction", "lambda:AddPermission"),
            (*_new("lambda:function", "lambda:CreateFunction"), *_bare("lambda:CreateEventSourceMapping")),
        ),
        "create a function that runs as",
        "lambda/latest/dg/lambda-intro-execution-role.html",
        "lambda-001",
        "lambda-002",
        "lambda-006",
    ),
    _entry(
        "lambda-update",
        "Give a function another role and code",
        # A function that is called anyway needs no right to call it; a layer or wrapper is as good as code.
        passing("lambda.amazonaws.com", _some("lambda:function", "lambda:UpdateFunctionConfiguration")),
        "rewrite a function so that it runs as",
        "lambda/latest/api/API_UpdateFunctionConfiguration.html",
    ),
    _entry(
        "ec2",
        "Start an instance with a role",
        passing("ec2.amazonaws.com", _INSTANCE, profile=_PROFILE),
        "start an instance that runs as",
        "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
        "ec2-001",
    ),
    _entry(
        "ec2-new-profile",
        "Put a role into a new instance profile and start an instance with it",
        passing(
            "ec2.amazonaws.com",
            (*_new(_PROFILE, "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"), *_INSTANCE),
        ),
        "make an instance profile and start an instance that runs as",
        "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
    ),
    _entry(
        "ec2-replace-profile",
        "Give an instance another role",
        passing(
            "ec2.amazonaws.com",
            *(
                (*_some("ec2:instance", profile, way), *more)
                for profile in ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation")
                for way, more in _ENTERING
            ),
            profile=_PROFILE,
        ),
        "give an instance that it can enter the role",
        "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
    ),
    _entry(
        "sagemaker-notebook",
        "Create a notebook instance with a role",
        passing(
            "sagemaker.amazonaws.com",
            _new(
                "sagemaker:notebook-instance",
                "sagemaker:CreateNotebookInstance",
                "sagemaker:CreatePresignedNotebookInstanceUrl",
            ),
            (
                *_new("sagemaker:notebook-instance", "sagemaker:CreateNotebookInstance"),
                *_new(
                    "sagemaker:notebook-instance-lifecycle-config",
                    "sagemaker:CreateNotebookInstanceLifecycleConfig",
                ),
            ),
        ),
        "create a notebook instance that runs as",
        "sagemaker/latest/dg/sagemaker-roles.html",
        "sagemaker-001",
    ),
    _entry(
        "sagemaker-training",
        "Start a training job with a role",
        passing("sagemaker.amazonaws.com", _new("sagemaker:training-job", "sagemaker:CreateTrainingJob")),
        "start a training job that runs as",
        "sagemaker/latest/dg/sagemaker-roles.html",
        "sagemaker-002",
    ),
    _entry(
        "sagemaker-processing",
        "Start a processing job with a role",
        passing("sagemaker.amazonaws.com", _new("sagemaker:processing-job", "sagemaker:CreateProcessingJob")),
        "start a processing job that runs as",
        "sagemaker/latest/dg/sagemaker-roles.html",
        "sagemaker-003",
    ),
    _entry(
        "sagemaker-tuning",
        "Start a hyperparameter tuning job with a role",
        passing(
            "sagemaker.amazonaws.com",
            _new("sagemaker:hyper-parameter-tuning-job", "sagemaker:CreateHyperParameterTuningJob"),
        ),
        "start a tuning job whose training runs as",
        "sagemaker/latest/dg/sagemaker-roles.html",
    ),
    _entry(
        "sagemaker-endpoint",
        "Deploy a model container with a role",
        passing(
            "sagemaker.amazonaws.com",
            (
                *_new("sagemaker:model", "sagemaker:CreateModel"),
                *_new("sagemaker:endpoint-config", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint"),
                *_new("sagemaker:endpoint", "sagemaker:CreateEndpoint"),
            ),
        ),
        "deploy a container of its own that runs as",
        "sagemaker/latest/dg/sagemaker-roles.html",
    ),
    _entry(
        "sagemaker-pipeline",
        "Run a pipeline with a role",
        passing(
            "sagemaker.amazonaws.com",
            _new("sagemaker:pipeline", "sagemaker:CreatePipeline", "sagemaker:StartPipelineExecution"),
        ),
        "run a pipeline whose steps run as",
        "sagemaker/latest/dg/build-and-manage-access.html",
    ),
    _entry(
        "cloudformation",
        "Create a stack with a service role",
        passing("cloudformation.amazonaws.com", _new("cloudformation:stack", "cloudformation:CreateStack")),
        "create a stack whose resources are made by",
        "AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
        "cloudformation-001",
    ),
    _entry(
        "cloudformation-update",
        "Update a stack with another service role",
        passing("cloudformation.amazonaws.com", _some("cloudformation:stack", "cloudformation:UpdateStack")),
        "update a stack with a template that is carried out by",
        "AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
    ),
    _entry(
        "glue-job",
        "Run a Glue job with a role",
        passing(
            "glue.amazonaws.com",
            _new("glue:job", "glue:CreateJob", "glue:StartJobRun"),
            (*_new("glue:job", "glue:CreateJob"), *_new("glue:trigger", "glue:CreateTrigger")),
        ),
        "run a Glue job as",
        "glue/latest/dg/create-service-policy.html",
        "glue-003",
        "glue-004",
    ),
    _entry(
        "glue-update-job",
        "Give a Glue job another role and script",
        passing(
            "glue.amazonaws.com",
            _some("glue:job", "glue:UpdateJob", "glue:StartJobRun"),
            (*_some("glue:job", "glue:UpdateJob"), *_new("glue:trigger", "glue:CreateTrigger")),
        ),
        "rewrite a Glue job so that it runs as",
        "glue/latest/dg/create-service-policy.html",
        "glue-005",
        "glue-006",
    ),
    _entry(
        "glue-dev-endpoint",
        "Create a Glue development endpoint with a role",
        passing("glue.amazonaws.com", _bare("glue:CreateDevEndpoint")),
        "create a development endpoint, with a shell, that runs as",
        "glue/latest/dg/add-dev-endpoint.html",
        "glue-001",
    ),
    _entry(
        "glue-session",
        "Run statements in a Glue session with a role",
        passing("glue.amazonaws.com", _new("glue:session", "glue:CreateSession", "glue:RunStatement")),
        "run statements in a Glue session as",
        "glue/latest/dg/interactive-sessions-security.html",
    ),
    _entry(
        "codebuild",
        "Build with a service role",
        passing(
            "codebuild.amazonaws.com",
            _new("codebuild:project", "codebuild:CreateProject", "codebuild:StartBuild"),
            _new("codebuild:project", "codebuild:CreateProject", "codebuild:StartBuildBatch"),
        ),
        "create a build project whose commands run as",
        "codebuild/latest/userguide/setting-up-service-role.html",
        "codebuild-001",
        "codebuild-004",
    ),
    _entry(
        "codebuild-update",
        "Give a build project another service role",
        passing(
            "codebuild.amazonaws.com", _some("codebuild:project", "codebuild:UpdateProject", "codebuild:StartBuild")
        ),
        "rewrite a build project so that its commands run as",
        "codebuild/latest/userguide/setting-up-service-role.html",
    ),
    _entry(
        "ecs",
        "Run a container task with a role",
        passing(
            "ecs-tasks.amazonaws.com",
            _new("ecs:task-definition", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
            (
                *_new("ecs:task-definition", "ecs:RegisterTaskDefinition"),
                *_new("ecs:service", "ecs:CreateService"),
            ),
        ),
        "run a container that runs as",
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        "ecs-003",
        "ecs-004",
    ),
    _entry(
        "states",
        "Run a state machine with a role",
        passing(
            "states.amazonaws.com",
            _new("states:statemachine", "states:CreateStateMachine", "states:StartExecution"),
        ),
        "run a state machine that calls AWS as",
        "step-functions/latest/dg/procedure-create-iam-role.html",
    ),
    _entry(
        "scheduler",
        "Schedule calls with a role",
        passing("scheduler.amazonaws.com", _new("scheduler:schedule", "scheduler:CreateSchedule")),
        "schedule calls of any AWS API as",
        "scheduler/latest/UserGuide/managing-targets-universal.html",
    ),
    _entry(
        "bedrock-agent",
        "Create a Bedrock agent with a role",
        passing(
            "bedrock.amazonaws.com",
            (
                *_bare("bedrock:CreateAgent"),
                *_new("bedrock:agent", "bedrock:PrepareAgent"),
                *_new("bedrock:agent-alias", "bedrock:InvokeAgent"),
            ),
        ),
        "create and talk to an agent that acts as",
        "bedrock/latest/userguide/agents-permission.html",
        strength=Strength.USES,
        gives="use of the models, knowledge bases and functions that the role may use; not its credentials",
    ),
    _entry(
        "bedrock-customization",
        "Train a custom model with a role",
        passing(
            "bedrock.amazonaws.com",
            (
                *_new("bedrock:foundation-model", "bedrock:CreateModelCustomizationJob"),
                *_new("bedrock:custom-model", "bedrock:CreateModelCustomizationJob"),
            ),
        ),
        "start a model customization job that reads its data as",
        "bedrock/latest/userguide/model-customization-iam-role.html",
        strength=Strength.USES,
        gives="the role's reading of training data and writing of results in S3; not its credentials",
    ),
    _entry(
        "bedrock-code-interpreter",
        "Run code in an AgentCore code interpreter with a role",
        passing(
            "bedrock-agentcore.amazonaws.com",
            (
                *_bare("bedrock-agentcore:CreateCodeInterpreter"),
                *_new(
                    "bedrock-agentcore:code-interpreter-custom",
                    "bedrock-agentcore:StartCodeInterpreterSession",
                    "bedrock-agentcore:InvokeCodeInterpreter",
                ),
            ),
        ),
        "run code in a code interpreter as",
        "bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
        "bedrock-001",
    ),
    _entry(
        "apprunner",
        "Create an App Runner service with a role",
        passing("tasks.apprunner.amazonaws.com", _new("apprunner:service", "apprunner:CreateService")),
        "create an App Runner service that runs as",
        "apprunner/latest/dg/security_iam_service-with-iam.html",
        "apprunner-001",
    ),
)
