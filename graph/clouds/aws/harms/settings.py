"""Secrets that lie where settings are shown: variables, templates, user data, messages, and the vault of AgentCore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graph.clouds.aws.harms.row import Harm, each_with, harmed, on, page, with_key
from graph.clouds.aws.rules.language import Conjunction, Need, Place

_DOCS = "https://docs.aws.amazon.com"
_WORKLOAD = "bedrock-agentcore:workload-identity"
_DIRECTORY, _VAULT = f"{_WORKLOAD}-directory", "bedrock-agentcore:token-vault"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A call that shows the settings of a kind of thing, and what they may hold."""

    slug: str
    kind: str
    ways: tuple[Conjunction, ...]
    title: str
    does: str
    page: str
    answers: tuple[str, ...] = ()
    supposes: str = ""


_FUNCTION, _INSTANCE = "lambda:function", "ec2:instance"
_CONFIGURED = ("lambda:GetFunction", "lambda:GetFunctionConfiguration")
_SCRIPT = "sagemaker:notebook-instance-lifecycle-config"
_SHOWN = (
    _Shown(
        "function",
        _FUNCTION,
        each_with(on(_FUNCTION, *_CONFIGURED), with_key("kms:Decrypt", _FUNCTION)),
        "Read a secret among a function's variables",
        "read the variables of {target}, one of which holds a secret",
        f"{_DOCS}/lambda/latest/dg/configuration-envvars.html",
        ("AWS-T240",),
    ),
    _Shown(
        "build",
        "codebuild:project",
        on("codebuild:project", "codebuild:BatchGetProjects"),
        "Read a secret among a build's variables",
        "read the variables of {target}, one of which holds a secret",
        f"{_DOCS}/codebuild/latest/userguide/build-env-ref-env-vars.html",
        ("AWS-T231",),
    ),
    _Shown(
        "task-definition",
        "ecs:task-definition",
        ((Need("ecs:DescribeTaskDefinition", "", Place.SOME),),),
        "Read a secret among a task's variables",
        "read the variables of {target}, one of which holds a secret",
        f"{_DOCS}/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
        ("AWS-T237",),
    ),
    _Shown(
        "training-job",
        "sagemaker:training-job",
        on("sagemaker:training-job", "sagemaker:DescribeTrainingJob"),
        "Read a secret among a training job's variables",
        "read the variables of {target}, one of which holds a secret",
        page("amazonsagemaker"),
    ),
    _Shown(
        "start-script",
        _SCRIPT,
        on(_SCRIPT, "sagemaker:DescribeNotebookInstanceLifecycleConfig"),
        "Read a secret in the start script of notebooks",
        "read the script {target}",
        page("amazonsagemaker"),
    ),
    _Shown(
        "template",
        "cloudformation:stack",
        on("cloudformation:stack", "cloudformation:GetTemplate"),
        "Read a secret in a template",
        "read the template of {target}",
        f"{_DOCS}/AWSCloudFormation/latest/UserGuide/dynamic-references.html",
        ("AWS-T229",),
    ),
    _Shown(
        "user-data",
        _INSTANCE,
        on(_INSTANCE, "ec2:DescribeInstanceAttribute"),
        "Read a secret in what an instance starts with",
        "read the user data of {target}",
        f"{_DOCS}/AWSEC2/latest/UserGuide/instancedata-add-user-data.html",
        ("AWS-T235",),
    ),
    _Shown(
        "windows-password",
        _INSTANCE,
        on(_INSTANCE, "ec2:GetPasswordData"),
        "Ask for the password of a Windows instance",
        "ask for the password of {target}",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_GetPasswordData.html",
        ("AWS-T236",),
        "the private key of its key pair is known",
    ),
    _Shown(
        "beanstalk",
        "elasticbeanstalk:environment",
        on("elasticbeanstalk:environment", "elasticbeanstalk:DescribeConfigurationSettings"),
        "Read a secret among the settings of an environment",
        "read the settings of {target}",
        f"{_DOCS}/elasticbeanstalk/latest/dg/AWSHowTo.secrets.env-vars.html",
        ("AWS-T238",),
    ),
    _Shown(
        "topic",
        "sns:topic",
        on("sns:topic", "sns:Subscribe"),
        "Receive secrets that are published",
        "receive what is published to {target}",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
        ("AWS-T250",),
    ),
)


def _settings() -> Iterator[Harm]:
    for shown in _SHOWN:
        yield Harm(
            key=f"aws.secret.read-{shown.slug}",
            asset="secret",
            harm="read_secrets",
            rule=replace(harmed(shown.kind, "secret", *shown.ways), supposes=shown.supposes),
            title=shown.title,
            does=shown.does,
            reason="What is kept in settings is shown to whoever may look at them, whatever guards real secrets.",
            page=shown.page,
            answers=shown.answers,
        )


def _behind(name: str, *kinds: str) -> Conjunction:
    """One call is asked of everything that it touches."""
    return tuple(Need(f"bedrock-agentcore:{name}", kind, Place.BASIS) for kind in kinds)


def _vault() -> Iterator[Harm]:
    """A workload identity's token, and with it what a provider keeps for the tools.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity-authentication.html
    """
    tokens = ("", "ForUserId", "ForJWT")
    providers = (("apikey", "GetResourceApiKey", "an API key"), ("oauth2", "GetResourceOauth2Token", "a token"))
    for slug, action, words in providers:
        kind = f"bedrock-agentcore:{slug}credentialprovider"
        given = (Need(f"bedrock-agentcore:{action}", kind), *_behind(action, _VAULT, _WORKLOAD, _DIRECTORY))
        asked = (_behind(f"GetWorkloadAccessToken{one}", _WORKLOAD, _DIRECTORY) for one in tokens)
        yield Harm(
            key=f"aws.secret.read-{slug}-provider",
            asset="secret",
            harm="read_secrets",
            rule=harmed(kind, "secret", *((*token, *given) for token in asked)),
            title=f"Get {words} for a tool out of AgentCore's vault",
            does=f"get {words} from {{target}}",
            reason="AWS counts the call as reading; the answer opens somebody else's service.",
            page=page("amazonbedrockagentcore"),
        )


ROWS = (*_settings(), *_vault())
