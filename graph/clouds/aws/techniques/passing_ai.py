"""New PassRole to AI services: SageMaker, Bedrock, AgentCore and Braket."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.rules.language import Need, Place
from graph.clouds.aws.techniques.pass_role import bare, entry, new, passing
from graph.model import Strength

_SAGEMAKER, _BEDROCK, _AGENTCORE = "sagemaker.amazonaws.com", "bedrock.amazonaws.com", "bedrock-agentcore.amazonaws.com"
_SAGEMAKER_ROLES = "sagemaker/latest/dg/sagemaker-roles.html"
_NOTEBOOK = "sagemaker:notebook-instance"
_MODEL = new("sagemaker:model", "sagemaker:CreateModel")
_MODEL_DATA = "the role's reading of data and writing of results in S3; not its credentials"

_RUNTIME = "bedrock-agentcore:runtime"
# The service makes a default endpoint and a workload identity of the runtime in the caller's name.
# https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html
_RUNTIME_PARTS = (
    *bare("bedrock-agentcore:CreateAgentRuntime"),
    *new("bedrock-agentcore:workload-identity-directory", "bedrock-agentcore:CreateWorkloadIdentity"),
    *new("bedrock-agentcore:workload-identity", "bedrock-agentcore:CreateWorkloadIdentity"),
)

_USER = "sagemaker:user-profile"
_CREATED = Need("sagemaker:CreateUserProfile", _USER, Place.NEW, beside="sagemaker:domain")
# A domain whose people sign in by Identity Center makes no such address.
_PROFILE = (replace(_CREATED, beside_is=(("sign_in", "IAM"),)), *new(_USER, "sagemaker:CreatePresignedDomainUrl"))


def _invoked(action: str) -> tuple[Need, ...]:
    """A runtime is invoked through an endpoint, and both are asked for."""
    return (
        *new(_RUNTIME, "bedrock-agentcore:CreateAgentRuntimeEndpoint", action),
        *new("bedrock-agentcore:runtime-endpoint", action),
    )


ENTRIES = (
    entry(
        "sagemaker-notebook",
        "Create a notebook instance with a role",
        passing(
            _SAGEMAKER,
            new(_NOTEBOOK, "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
            (
                *new(_NOTEBOOK, "sagemaker:CreateNotebookInstance"),
                *new(f"{_NOTEBOOK}-lifecycle-config", "sagemaker:CreateNotebookInstanceLifecycleConfig"),
            ),
        ),
        "create a notebook instance that runs as",
        _SAGEMAKER_ROLES,
        answers=("AWS-T128",),
        known_as=("sagemaker-001",),
    ),
    entry(
        "sagemaker-studio",
        "Open Studio as a new user profile with a role",
        # What runs is made with the rights of the profile's own role.
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createnotebook-perms
        replace(passing(_SAGEMAKER, _PROFILE), serves=("sagemaker:CreateApp",)),
        "open Studio as a user profile that runs as",
        "sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html",
        answers=("AWS-T130",),
        prerequisites="a Studio domain whose users sign in with IAM, and a role that may make apps in it",
    ),
    entry(
        "sagemaker-studio-app",
        "Make an app in Studio for a new user profile with a role",
        passing(_SAGEMAKER, (*_PROFILE, *new("sagemaker:app", "sagemaker:CreateApp"))),
        "make an app in Studio, for a user profile that it opens, that runs as",
        "sagemaker/latest/APIReference/API_CreateApp.html",
        prerequisites="a Studio domain whose users sign in with IAM",
    ),
    entry(
        "sagemaker-training",
        "Start a training job with a role",
        passing(_SAGEMAKER, new("sagemaker:training-job", "sagemaker:CreateTrainingJob")),
        "start a training job that runs as",
        _SAGEMAKER_ROLES,
        answers=("AWS-T132",),
        known_as=("sagemaker-002",),
    ),
    entry(
        "sagemaker-processing",
        "Start a processing job with a role",
        passing(_SAGEMAKER, new("sagemaker:processing-job", "sagemaker:CreateProcessingJob")),
        "start a processing job that runs as",
        _SAGEMAKER_ROLES,
        answers=("AWS-T131",),
        known_as=("sagemaker-003",),
    ),
    entry(
        "sagemaker-tuning",
        "Start a hyperparameter tuning job with a role",
        passing(_SAGEMAKER, new("sagemaker:hyper-parameter-tuning-job", "sagemaker:CreateHyperParameterTuningJob")),
        "start a tuning job whose training runs as",
        _SAGEMAKER_ROLES,
        answers=("AWS-T126",),
    ),
    entry(
        "sagemaker-endpoint",
        "Run a model container with a role",
        # It runs as soon as it is deployed or a batch is transformed: nobody need send it anything.
        passing(
            _SAGEMAKER,
            (
                *_MODEL,
                *new("sagemaker:endpoint-config", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint"),
                *new("sagemaker:endpoint", "sagemaker:CreateEndpoint"),
            ),
            (*_MODEL, *new("sagemaker:transform-job", "sagemaker:CreateTransformJob")),
        ),
        "run a model container of its own as",
        _SAGEMAKER_ROLES,
        answers=("AWS-T125", "AWS-T127"),
        attack=("T1610",),
    ),
    entry(
        "sagemaker-pipeline",
        "Run a pipeline with a role",
        passing(
            _SAGEMAKER,
            new("sagemaker:pipeline", "sagemaker:CreatePipeline", "sagemaker:StartPipelineExecution"),
        ),
        "run a pipeline whose steps run as",
        "sagemaker/latest/dg/build-and-manage-access.html",
        answers=("AWS-T129",),
    ),
    entry(
        "sagemaker-automl",
        "Start an AutoML job with a role",
        passing(_SAGEMAKER, new("sagemaker:automl-job", "sagemaker:CreateAutoMLJobV2")),
        "start an AutoML job that reads its data as",
        "sagemaker/latest/APIReference/API_CreateAutoMLJobV2.html",
        answers=("AWS-T124",),
        attack=("T1530",),
        strength=Strength.USES,
        gives=_MODEL_DATA,
    ),
    entry(
        "bedrock-agent",
        "Create a Bedrock agent with a role",
        # The test alias of a draft is there without being made.
        passing(
            _BEDROCK,
            (
                *bare("bedrock:CreateAgent"),
                *new("bedrock:agent", "bedrock:PrepareAgent"),
                *new("bedrock:agent-alias", "bedrock:InvokeAgent"),
            ),
        ),
        "create and talk to an agent that acts as",
        "bedrock/latest/userguide/agents-permission.html",
        answers=("AWS-T064",),
        strength=Strength.USES,
        gives="use of the models, knowledge bases and functions that the role may use; not its credentials",
    ),
    entry(
        "bedrock-knowledge-base",
        "Read data through a knowledge base with a role",
        passing(
            _BEDROCK,
            (
                *bare("bedrock:CreateKnowledgeBase"),
                *new(
                    "bedrock:knowledge-base",
                    "bedrock:CreateDataSource",
                    "bedrock:StartIngestionJob",
                    "bedrock:Retrieve",
                ),
            ),
        ),
        "fill and query a knowledge base that reads as",
        "bedrock/latest/userguide/kb-permissions.html",
        answers=("AWS-T065",),
        attack=("T1530",),
        prerequisites="a vector store that the role may use",
        strength=Strength.USES,
        gives="the role's reading of documents and of its vector store; not its credentials",
    ),
    entry(
        "bedrock-flow",
        "Run a Bedrock flow with a role",
        passing(
            _BEDROCK,
            (
                *bare("bedrock:CreateFlow"),
                *new("bedrock:flow", "bedrock:PrepareFlow"),
                *new("bedrock:flow-alias", "bedrock:InvokeFlow"),
            ),
        ),
        "run a flow whose nodes act as",
        "bedrock/latest/userguide/flows-permissions.html",
        answers=("AWS-T066",),
        strength=Strength.USES,
        gives="the functions, models, agents and S3 objects that the role may use; not its credentials",
    ),
    entry(
        "bedrock-job",
        "Run a Bedrock job on data with a role",
        passing(
            _BEDROCK,
            (
                *new("bedrock:foundation-model", "bedrock:CreateModelCustomizationJob"),
                *new("bedrock:custom-model", "bedrock:CreateModelCustomizationJob"),
            ),
            bare("bedrock:CreateModelImportJob"),
            (
                *new("bedrock:foundation-model", "bedrock:CreateModelInvocationJob"),
                *new("bedrock:model-invocation-job", "bedrock:CreateModelInvocationJob"),
            ),
        ),
        "customize, import or run a model on data that is read by",
        "bedrock/latest/userguide/model-customization-iam-role.html",
        answers=("AWS-T067", "AWS-T068", "AWS-T069"),
        attack=("T1530",),
        strength=Strength.USES,
        gives=_MODEL_DATA,
    ),
    entry(
        "bedrock-code-interpreter",
        "Run code in an AgentCore code interpreter with a role",
        passing(
            _AGENTCORE,
            (
                *bare("bedrock-agentcore:CreateCodeInterpreter"),
                *new(
                    "bedrock-agentcore:code-interpreter-custom",
                    "bedrock-agentcore:StartCodeInterpreterSession",
                    "bedrock-agentcore:InvokeCodeInterpreter",
                ),
            ),
        ),
        "run code in a code interpreter as",
        "bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
        answers=("AWS-T063",),
        known_as=("bedrock-001",),
        attack=("T1648",),
    ),
    entry(
        "agentcore-browser",
        "Open an AgentCore browser with a role",
        # The metadata service of the machine hands the role's credentials to whoever drives the browser.
        passing(
            _AGENTCORE,
            (
                *bare("bedrock-agentcore:CreateBrowser", "bedrock-agentcore:ConnectBrowserAutomationStream"),
                *new("bedrock-agentcore:browser-custom", "bedrock-agentcore:StartBrowserSession"),
            ),
        ),
        "drive a browser on a machine that runs as",
        "bedrock-agentcore/latest/devguide/security-credentials-management.html",
        answers=("AWS-T060",),
        attack=("T1552.005",),
        gives="the role's credentials",
    ),
    entry(
        "agentcore-runtime",
        "Run a container in AgentCore with a role",
        # A harness is a runtime in disguise: it asks for all that a runtime does.
        # https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/harness-security.html
        passing(
            _AGENTCORE,
            (*_RUNTIME_PARTS, *_invoked("bedrock-agentcore:InvokeAgentRuntimeCommand")),
            (*_RUNTIME_PARTS, *_invoked("bedrock-agentcore:InvokeAgentRuntime")),
        ),
        "run a container of its own, with a shell, as",
        "bedrock-agentcore/latest/devguide/runtime-permissions.html",
        answers=("AWS-T061", "AWS-T062"),
        attack=("T1610",),
    ),
    entry(
        "braket",
        "Run a Braket hybrid job with a role",
        # A job may name no device and simulate in its own container.
        # https://docs.aws.amazon.com/braket/latest/developerguide/pennylane-embedded-simulators.html
        passing("braket.amazonaws.com", new("braket:job", "braket:CreateJob")),
        "run a hybrid job whose script runs as",
        "braket/latest/developerguide/braket-manage-access.html",
        answers=("AWS-T070",),
        attack=("T1610",),
    ),
)
