"""Errors that a service or the CLI gave instead of an answer: which say "there is none" and which are gaps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graph.clouds.aws.formats.answers_index import NEVER_ASKED
from graph.clouds.aws.formats.operations import Operation
from graph.model import Json

MAX_WORDS = 300

# Codes that mean "asked: there is none", by service (what each API documents for a thing that is not configured).
_MISSING = frozenset({"ResourceNotFoundException"})
_NOT_FOUND = frozenset({"NotFoundException"})
_ENTITY = frozenset({"NoSuchEntity", "ResourceNotFoundException"})
_MESSAGING = frozenset(
    {"NotFound", "AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException", "TrailNotFoundException"}
)
NONE_CODES: dict[str, frozenset[str]] = {
    "s3": frozenset(
        {
            "NoSuchBucketPolicy",
            "NoSuchPublicAccessBlockConfiguration",
            "NoSuchTagSet",
            "OwnershipControlsNotFoundError",
            "ServerSideEncryptionConfigurationNotFoundError",
            "ReplicationConfigurationNotFoundError",
            "NoSuchBucket",
        }
    ),
    "s3control": frozenset(
        {
            "NoSuchPublicAccessBlockConfiguration",
            "NoSuchAccessPointPolicy",
            "NoSuchAccessPoint",
            "NoSuchMultiRegionAccessPoint",
            "AccessGrantsInstanceNotExistsError",
        }
    ),
    "organizations": frozenset({"AWSOrganizationsNotInUseException", "ResourcePolicyNotFoundException"}),
    **dict.fromkeys(("iam", "sso-admin", "identitystore", "cognito-identity"), _ENTITY),
    **dict.fromkeys(("kms", "s3tables", "s3vectors"), _NOT_FOUND),
    **dict.fromkeys(("secretsmanager", "ssm", "eks", "codebuild", "opensearchserverless", "ecs"), _MISSING),
    **dict.fromkeys(("bedrock", "bedrock-agent", "bedrock-agentcore-control"), _MISSING),
    "lambda": _MISSING | {"CodeSigningConfigNotFoundException"},
    "sagemaker": frozenset({"ResourceNotFound"}),
    "ecr": frozenset(
        {"RepositoryPolicyNotFoundException", "RepositoryNotFoundException", "RegistryPolicyNotFoundException"}
    ),
    "dynamodb": frozenset({"PolicyNotFoundException", "ResourceNotFoundException"}),
    **dict.fromkeys(("glue", "lakeformation"), frozenset({"EntityNotFoundException"})),
    **dict.fromkeys(("sns", "sqs", "logs", "cloudtrail"), _MESSAGING),
}

_CLI = re.compile(r"An error occurred \(([\w.:/-]+)\) when calling the (\w+) operation(?: \([^)]*\))?:\s*(.*)", re.S)
_CLI_TROUBLE = re.compile(
    r"^\s*(?:aws: \[ERROR\]: )?"
    r"(Could not connect to the endpoint URL|Connect timeout on endpoint URL|Read timeout on endpoint URL|"
    r"Connection was closed before we received a valid response|Unable to locate credentials|"
    r"Error when retrieving token from sso|The SSO session associated with this profile has expired|"
    r"Error loading SSO Token|SSL validation failed)(.*)",
    re.S,
)
_XML_CODE = re.compile(r"<Code>\s*([^<\s]+)\s*</Code>")
_XML_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_BARE_MEMBERS = frozenset({"message", "Message", "code", "Code", "type", "Type", "RequestId", "requestId", "__type"})

_DENIED = re.compile(r"AccessDenied|Unauthorized|AuthFailure|NotAuthorized|Forbidden|^403$")
# What a refusal may name: the action that was asked of IAM, and the kind of policy that does not let it pass.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_REFUSED_ACTION = re.compile(r"not authorized to perform:? ([a-z][\w-]*:\w+)")
_PLACES = {
    "identity-based policy": "its own policies",
    "resource-based policy": "the policy on the resource itself",
    "resource control policy": "the organization's resource control policies",
    "service control policy": "the organization's service control policies",
    "permissions boundary": "its permissions boundary",
    "session policy": "the policy of its session",
    "VPC endpoint policy": "the policy of the VPC endpoint that the call went through",
}
_UNSUBSCRIBED = re.compile(r"OptInRequired|SubscriptionRequired")
_EXPIRED = re.compile(
    r"ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient|credentials|SSO|token from sso"
)


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a service said instead of an answer. `code` is empty where the body does not hold it."""

    code: str
    message: str
    api: str = ""

    def __str__(self) -> str:
        words = ": ".join(filter(None, (self.code or "error", " ".join(self.message.split()))))
        return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"


def error_in(body: dict[str, Json]) -> ErrorBody | None:
    """The error in a JSON body: `ClientError.response`, or what AWS itself sends."""
    error = body.get("Error")
    if isinstance(error, dict) and ("Code" in error or "Message" in error):
        return ErrorBody(_code(error.get("Code")), _text(error.get("Message")))
    message = body.get("message", body.get("Message"))
    kind = body.get("__type")
    if isinstance(kind, str):
        return ErrorBody(_code(kind), _text(message))
    if isinstance(message, str) and body.keys() <= _BARE_MEMBERS:
        return ErrorBody(_code(body.get("code", body.get("Code"))), message)
    return None


def error_line(text: str) -> ErrorBody | None:
    """The error in a text that is no JSON: the line that the CLI prints, or an XML body."""
    if found := _CLI.search(text):
        return ErrorBody(_code(found[1]), found[3].strip(), found[2])
    if found := _CLI_TROUBLE.match(text):
        return ErrorBody("", (found[1] + found[2]).strip())
    code = _XML_CODE.search(text) if text.lstrip().startswith("<") else None
    if code is None:
        return None
    message = _XML_MESSAGE.search(text)
    return ErrorBody(_code(code[1]), message[1].strip() if message else "")


def means_none(error: ErrorBody, operation: Operation) -> bool:
    """Whether the error says that there is nothing there, as opposed to nothing said."""
    if operation.service == "s3" and not operation.parameters:
        return False
    if operation.name == "sagemaker-get-model-package-group-policy" and error.code == "ValidationException":
        # SageMaker has no code of its own for a group without policy
        return error.message.startswith("Cannot find")
    return error.code in NONE_CODES.get(operation.service, frozenset())


def remedy(error: str, operation: Operation) -> str:
    """What would close a gap with this error."""
    if error == NEVER_ASKED:
        return f"Collect `{operation.name}` as well (needs `{operation.action}`) and import it in a snapshot folder."
    if _DENIED.search(error):
        return f"{_permission(error, operation)} and collect `{operation.name}` again."
    if _UNSUBSCRIBED.search(error):
        return f"The account is not signed up for {operation.service}; nothing to do unless it should be."
    if _EXPIRED.search(error):
        return f"Sign in again and collect `{operation.name}` again."
    return f"Collect `{operation.name}` again (needs `{operation.action}`)."


def _permission(error: str, operation: Operation) -> str:
    """What to allow to whom, and where: in the identity's own policies unless the error names another place."""
    named = _REFUSED_ACTION.search(error)
    action = named[1] if named else operation.action
    place = next((words for kind, words in _PLACES.items() if kind in error), "")
    if "explicit deny" in error:
        return f"Except the collecting identity from the Deny of `{action}` in {place or 'the policy that has it'}"
    if not place and operation.of_organization:
        place = "the account that the organization is managed from (AWS answers it in no other)"
    return f"Allow `{action}` to the collecting identity{f' in {place}' if place else ''}"


def _code(value: Json) -> str:
    """`com.amazonaws.kms#NotFoundException:http://…` is NotFoundException."""
    if isinstance(value, int):
        return str(value)
    return value.rpartition("#")[2].partition(":")[0].strip() if isinstance(value, str) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
