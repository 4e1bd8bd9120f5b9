"""Drop what must not be in a snapshot before anything is stored, and bring each answer into one form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from graph.clouds.aws.formats import documents
from graph.clouds.aws.formats.nesting import nesting
from graph.clouds.aws.formats.operations import DOCUMENTS, Shape
from graph.model import Json

# Answers that carry credentials or content. A trailing `*` stands for any ending.
REFUSED = (
    "apigateway-get-api-key*",
    "appconfigdata-*",
    "athena-get-query-results*",
    "bedrock-agent-runtime-*",
    "bedrock-runtime-*",
    "cloudformation-get-template",
    "codeartifact-get-authorization-token",
    "codecommit-get-blob",
    "codecommit-get-file",
    "cognito-identity-get-credentials-for-identity",
    "cognito-identity-get-open-id-token*",
    "dynamodb-batch-get-item",
    "dynamodb-execute-*",
    "dynamodb-get-item",
    "dynamodb-query",
    "dynamodb-scan",
    "dynamodb-transact-get-items",
    "dynamodbstreams-get-records",
    "ec2-create-key-pair",
    "ec2-describe-instance-attribute",
    "ec2-get-console-*",
    "ec2-get-launch-template-data",
    "ec2-get-password-data",
    "ecr-get-authorization-token",
    "ecr-get-download-url-for-layer",
    "ecr-public-get-authorization-token",
    "eks-get-token",
    "iam-create-access-key",
    "iam-create-service-specific-credential",
    "iam-create-virtual-mfa-device",
    "iam-reset-service-specific-credential",
    "iot-create-keys-and-certificate",
    "kinesis-get-records",
    "kms-decrypt",
    "kms-derive-shared-secret",
    "kms-encrypt",
    "kms-generate-*",
    "kms-re-encrypt",
    "lambda-get-function",
    "lambda-get-layer-version",
    "lambda-get-layer-version-by-arn",
    "lambda-invoke*",
    "lightsail-download-default-key-pair",
    "lightsail-get-instance-access-details",
    "logs-filter-log-events",
    "logs-get-log-*",
    "logs-get-query-results",
    "logs-start-live-tail",
    "rds-generate-db-auth-token",
    "redshift-get-cluster-credentials*",
    "s3-get-object",
    "s3-get-object-torrent",
    "s3-select-object-content",
    "s3control-get-data-access",
    "sagemaker-create-presigned-*",
    "sagemaker-runtime-*",
    "secretsmanager-batch-get-secret-value",
    "secretsmanager-get-random-password",
    "secretsmanager-get-secret-value",
    "sqs-receive-message",
    "ssm-get-command-invocation",
    "ssm-get-parameter",
    "ssm-get-parameter-history",
    "ssm-get-parameters",
    "ssm-get-parameters-by-path",
    "ssm-list-command-invocations",
    "ssm-start-session",
    "sso-get-role-credentials",
    "sso-oidc-*",
    "sts-assume-*",
    "sts-get-federation-token",
    "sts-get-session-token",
    "sts-get-web-identity-token",
)
_REFUSED = re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in REFUSED))

# Members that hold a credential whatever the call is named.
CREDENTIALS = frozenset(
    {"SecretAccessKey", "SessionToken", "SecretString", "SecretBinary", "PrivateKey", "KeyMaterial"}
)

_DROPPED = frozenset(
    {
        "ADDomainJoinPassword",
        "ConnectionProperties",
        "CrossRealmTrustPrincipalPassword",
        "DefaultArguments",
        "HyperParameters",
        "KdcAdminPassword",
        "NonOverridableArguments",
        "ParameterOverrides",
        "Password",
        "UserData",
        "instruction",
        "promptOverrideConfiguration",
    }
)
_DROPPED_OF = {
    "cloudformation": frozenset({"Parameters", "Outputs", "TemplateBody"}),
    "glue": frozenset({"Arguments"}),
    "codepipeline": frozenset({"OAuthToken", "EnvironmentVariables"}),
}
_ENVIRONMENT = frozenset(
    {"Environment", "environment", "environmentVariables", "EnvironmentVariables", "RuntimeEnvironmentVariables"}
)
_DEFINITIONS = frozenset({"PipelineDefinition", "definition"})  # JSON in a text, with parameters of jobs in it
_DEEPEST_DEFINITION = 100
_ENTITY = re.compile(r"""<(?:\w+:)?EntityDescriptor\b[^>]*?\sentityID\s*=\s*(["'])(.*?)\1""", re.S)
_ISSUER = re.compile(r"<(?:\w+:)?Issuer\b[^>]*>([^<]*)<")


@dataclass(slots=True)
class Cleaned:
    """An answer that may be stored, and the documents in it that could not be decoded: JSON pointer and why."""

    response: dict[str, Json]
    documents: list[tuple[str, str]] = field(default_factory=list)


def is_refused(call: str) -> bool:
    """Whether the answers of this call carry credentials or content."""
    return _REFUSED.fullmatch(call) is not None


def holds_credentials(value: Json) -> bool:
    """Whether a member that is a credential is anywhere in the value."""
    if isinstance(value, dict):
        return any((k in CREDENTIALS and isinstance(v, str)) or holds_credentials(v) for k, v in value.items())
    return isinstance(value, list) and any(map(holds_credentials, value))


def clean(response: dict[str, Json], service: str, shape: Shape | None = None) -> Cleaned:
    """The answer without nulls and without what must not be stored, its documents decoded. Changes what it is given."""
    cleaned = Cleaned(response)
    _Walk(_DROPPED | CREDENTIALS | _DROPPED_OF.get(service, frozenset()), cleaned.documents).mapping(
        response, shape, ""
    )
    return cleaned


@dataclass(frozen=True, slots=True)
class _Walk:
    """One pass over an answer, beside the shape that the tables give it. Depth is bounded by the reader."""

    dropped: frozenset[str]
    faults: list[tuple[str, str]]

    def mapping(self, value: dict[str, Json], shape: Shape | None, place: str) -> None:
        known = shape.members if shape else {}
        gone = []
        for name, member in value.items():
            if member is None or name in self.dropped:
                gone.append(name)
            elif type(member) is not str or name in _TEXTS or name in known:
                changed = self.member(name, member, known.get(name), place)
                if changed is None:
                    gone.append(name)
                else:
                    value[name] = changed
        for name in gone:
            del value[name]

    def member(self, name: str, value: Json, shape: Shape | None, place: str) -> Json:
        if shape is not None and shape.kind in DOCUMENTS:
            return self.document(value, shape.kind, f"{place}/{_escaped(name)}")
        if name in _TEXTS and isinstance(value, str):
            return _TEXTS[name](value)
        if name in _ENVIRONMENT:
            return _without_values(value)
        if name == "prompt" and isinstance(value, dict):
            return _without_inline(value)
        if isinstance(value, dict):
            self.mapping(value, shape, f"{place}/{_escaped(name)}")
        elif isinstance(value, list):
            return self.sequence(value, shape, f"{place}/{_escaped(name)}")
        return value

    def sequence(self, value: list[Json], shape: Shape | None, place: str) -> Json:
        item = shape.item if shape else None
        if not any(isinstance(entry, dict | list) for entry in value):
            return value
        for number, entry in enumerate(value):
            if isinstance(entry, dict):
                self.mapping(entry, item, f"{place}/{number}")
            elif isinstance(entry, list):
                self.sequence(entry, item, f"{place}/{number}")
        return value

    def document(self, value: Json, kind: str, place: str) -> Json:
        if kind == "json":
            body, problem = documents.parse(value)
        else:
            decoded = documents.decode(value)
            body, problem = decoded.body, decoded.problem
        if problem:
            self.faults.append((place, problem))
            return value
        return body


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1") if "/" in name or "~" in name else name


def _without_values(value: Json) -> Json:
    """The names of environment variables, in each of the ways that services list them."""
    if not isinstance(value, dict):
        return _blank(value)
    if _BUILD & value.keys():
        kept = {name: inner for name, inner in value.items() if inner is not None}
        return kept | {n: _blank(kept[n]) for n in ("environmentVariables",) if n in kept}
    if isinstance(value.get("Variables"), dict):
        return {"Variables": _blank(value["Variables"])}
    return _blank(value)


# CodeBuild's `environment` holds the settings of a build, and its variables in one member of them.
_BUILD = frozenset({"computeType", "environmentVariables", "privilegedMode"})


def _blank(value: Json) -> Json:
    if isinstance(value, dict):
        return dict.fromkeys(value, "")
    return [_named(entry) for entry in value] if isinstance(value, list) else ""


def _named(entry: Json) -> Json:
    if not isinstance(entry, dict):
        return ""
    return {name: inner for name, inner in entry.items() if inner is not None and name.lower() != "value"}


def _without_inline(value: dict[str, Json]) -> Json:
    """A prompt node of a flow: which prompt it uses, not what it says."""
    source = value.get("sourceConfiguration")
    resource = source.get("resource") if isinstance(source, dict) else None
    return {"sourceConfiguration": {"resource": resource}} if isinstance(resource, dict) else {}


def _saml(text: str) -> str:
    """Entity id and issuer of a SAML metadata document, as the smallest document that says them."""
    entity, issuer = _ENTITY.search(text), _ISSUER.search(text)
    inner = f"<Issuer>{issuer[1].strip()}</Issuer>" if issuer else ""
    return f'<EntityDescriptor entityID="{entity[2]}">{inner}</EntityDescriptor>' if entity else ""


def _definition(text: str) -> Json:
    """A state machine or pipeline in JSON, cleaned like an answer; None when it is something else.

    A definition within a definition is dropped: an answer may not choose how deep this goes.
    """
    body, problem = documents.parse(text)
    if problem or not isinstance(body, dict) or nesting(text.encode()) > _DEEPEST_DEFINITION:
        return None
    _Walk(_DROPPED | CREDENTIALS | _DEFINITIONS, []).mapping(body, None, "")
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


_TEXTS: dict[str, Callable[[str], Json]] = {
    "SAMLMetadataDocument": _saml,
    **dict.fromkeys(sorted(_DEFINITIONS), _definition),
}
