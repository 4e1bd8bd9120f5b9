"""The seeded account written down as the snapshot folder that a collector would make of it."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson

from bench.aws_estate import ACCOUNT, GITHUB, NOW, ORGANIZATION, PROVIDER, REGIONS, Maker
from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.formats.operations import Operation, operations
from graph.model import Document

MANAGEMENT, ROOT, UNIT = "999988887777", "r-1", "ou-1"
_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
Answer = Mapping[str, Any]


def write(estate: Maker, folder: Path) -> None:
    """Everything that was asked of the two accounts, calls with arguments packed."""
    folder.mkdir(parents=True)
    about = {"format": 1, "collected_at": NOW, "collector": "grantpath bench", "gaps": []}
    (folder / "manifest.json").write_bytes(orjson.dumps(about))
    _Account(ACCOUNT).describe(estate).save(folder)
    _Account(MANAGEMENT).govern(estate).save(folder)


class _Account:
    """Answers of one account, by region and call."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.answers: dict[tuple[str, str], list[tuple[tuple[str, ...], Answer]]] = defaultdict(list)

    def put(self, call: str, answer: Answer, *arguments: str, region: str = "global") -> None:
        self.answers[region, call].append((arguments, answer))

    def extend(self, call: str, member: str, item: Any, region: str) -> None:
        """One more item of the list that a call answers with."""
        known = self.answers[region, call]
        if not known:
            known.append(((), {member: []}))
        known[0][1][member].append(item)

    def describe(self, estate: Maker) -> _Account:
        """The account with everything in it."""
        _identities(self, estate)
        for bucket in estate.made.resources["s3:bucket"]:
            _bucket(self, bucket, estate)
        for kind, tell in _KINDS.items():
            for item in estate.made.resources[kind]:
                tell(self, item, estate)
        _uses(self, estate)
        return self

    def govern(self, estate: Maker) -> _Account:
        """The management account: the organization, and nothing of its own."""
        _organization(self, estate)
        self.put("iam-get-account-authorization-details", _details([], [], [], []))
        self.put("iam-get-credential-report", _report(self.number, [], frozenset()))
        return self

    def save(self, folder: Path) -> None:
        self.put("sts-get-caller-identity", {"Account": self.number, "Arn": f"arn:aws:iam::{self.number}:root"})
        for region in REGIONS:
            there = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in REGIONS]
            self.put("ec2-describe-regions", {"Regions": there}, region=region)
        for operation in operations().values():
            if not operation.optional and (self.number == MANAGEMENT or not operation.group):
                self._nothing(operation)
        for (region, call), said in sorted(self.answers.items()):
            place = folder / "aws" / self.number / region
            place.mkdir(parents=True, exist_ok=True)
            if said[0][0]:
                lines = (orjson.dumps({"arguments": a, "response": r}) for a, r in sorted(said, key=lambda one: one[0]))
                (place / f"{call}.jsonl").write_bytes(b"\n".join(lines))
            else:
                (place / f"{call}.json").write_bytes(orjson.dumps(said[0][1]))

    def _nothing(self, operation: Operation) -> None:
        """ "Asked, there is none" for what has not been answered yet."""
        fixed = [parameter.values for parameter in operation.parameters]
        if any(not values for values in fixed):
            return
        lists = [member for member, kind in operation.members.items() if kind.startswith("list of")]
        nothing: Answer = {} if operation.empty else {lists[0]: []} if lists else {}
        for region in ("global",) if operation.is_global else REGIONS:
            if not self.answers.get((region, operation.name)):
                for argument in fixed[0] if fixed else ("",):
                    answer = _NONE.get(operation.name, nothing)
                    self.put(operation.name, answer, *filter(None, [argument]), region=region)


def _error(code: str) -> Answer:
    return {"Error": {"Code": code, "Message": "none"}}


_NONE: Mapping[str, Answer] = {
    "ecr-get-registry-policy": _error("RegistryPolicyNotFoundException"),
    "organizations-describe-resource-policy": _error("ResourcePolicyNotFoundException"),
    "s3control-get-public-access-block": _error("NoSuchPublicAccessBlockConfiguration"),
    "iam-get-account-summary": {"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}},
    "lakeformation-get-data-lake-settings": {"DataLakeSettings": {"DataLakeAdmins": []}},
}


def _tags(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


# ----- identities


def _identities(account: _Account, estate: Maker) -> None:
    found = estate.made.principals
    users = [_identity(p, "User") for p in found if p.kind is PrincipalKind.USER]
    trusts = {role.arn: role.policies[0].body for role in estate.made.resources["iam:role"]}
    roles = [
        {**_identity(p, "Role"), "AssumeRolePolicyDocument": trusts[p.key], "InstanceProfileList": []}
        for p in found
        if p.kind is PrincipalKind.ROLE
    ]
    policies = [_managed(document) for document in (*estate.managed, *estate.boundaries)]
    groups = [_group(estate, team) for team in estate.teams]
    for user in users:
        user["GroupList"] = [team for team in estate.teams if f"/{team}/" in user["Arn"]]
    account.put("iam-get-account-authorization-details", _details(users, groups, roles, policies))
    account.put("iam-get-credential-report", _report(ACCOUNT, users, estate.with_key))
    account.put("iam-list-open-id-connect-providers", {"OpenIDConnectProviderList": [{"Arn": PROVIDER}]})
    about = {"Url": GITHUB, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": []}
    account.put("iam-get-open-id-connect-provider", about, PROVIDER)


def _details(users: list[Any], groups: list[Any], roles: list[Any], policies: list[Any]) -> Answer:
    return {"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies}


def _identity(principal: Principal, word: str) -> dict[str, Any]:
    path, _slash, name = principal.key.split(":", 5)[5].partition("/")[2].rpartition("/")
    inline = [document for document in principal.documents if "#" in document.name]
    attached = [document for document in principal.documents if "#" not in document.name]
    made: dict[str, Any] = {
        "Path": f"/{path}/" if path else "/",
        f"{word}Name": name,
        f"{word}Id": principal.uid,
        "Arn": principal.key,
        "CreateDate": "2025-02-03T09:00:00Z",
        f"{word}PolicyList": [{"PolicyName": "Own", "PolicyDocument": document.body} for document in inline],
        "AttachedManagedPolicies": [_attached(document) for document in attached],
        "Tags": _tags(principal.tags),
    }
    if principal.boundary:
        arn = principal.boundary.name
        made["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return made


def _attached(document: Document) -> dict[str, str]:
    return {"PolicyName": document.name.rpartition("/")[2], "PolicyArn": document.name}


def _managed(document: Document) -> dict[str, Any]:
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document.body, "CreateDate": NOW}
    name = document.name.rpartition("/")[2]
    about = {"PolicyName": name, "PolicyId": f"ANPA{name}", "Arn": document.name, "Path": "/"}
    return {**about, "DefaultVersionId": "v1", "PolicyVersionList": [version]}


def _group(estate: Maker, team: str) -> dict[str, Any]:
    """A group for each team, with the first policy that speaks of the team."""
    mine = estate.policies_of[team][:1]
    about = {"Path": "/", "GroupName": team, "GroupId": f"AGPA{team}", "CreateDate": NOW, "GroupPolicyList": []}
    arn = f"arn:aws:iam::{ACCOUNT}:group/{team}"
    return {**about, "Arn": arn, "AttachedManagedPolicies": [_attached(document) for document in mine]}


def _report(account: str, users: Iterable[Mapping[str, Any]], with_key: frozenset[str]) -> Answer:
    head = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated"
    lines = [f"<root_account>,arn:aws:iam::{account}:root,{NOW},not_supported,true,false,N/A"]
    for user in users:
        key = "true,2025-03-01T00:00:00Z" if user["Arn"] in with_key else "false,N/A"
        lines.append(f"{user['UserName']},{user['Arn']},2025-02-03T09:00:00Z,false,false,{key}")
    return {"Content": base64.b64encode("\n".join([head, *lines]).encode()).decode(), "GeneratedTime": NOW}


# ----- what they work on


def _policy(item: Resource) -> Any:
    return item.policies[0].body if item.policies else None


def _name(item: Resource) -> str:
    return item.arn.rpartition(":")[2].rpartition("/")[2]


def _region(item: Resource) -> str:
    return item.region or REGIONS[0]


def _bucket(account: _Account, item: Resource, estate: Maker) -> None:
    name, dice = _name(item), Random(item.arn)
    account.extend("s3-list-buckets", "Buckets", {"Name": name, "BucketRegion": item.region}, "global")
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    account.put(
        "s3-get-public-access-block",
        {"PublicAccessBlockConfiguration": dict.fromkeys(names, bool(item.public_block))},
        name,
    )
    account.put("s3-get-bucket-acl", {"Owner": {"ID": "c1"}, "Grants": []}, name)
    enforced = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    account.put("s3-get-bucket-ownership-controls", enforced, name)
    keys = [key.arn for key in estate.made.resources["kms:key"] if key.region == item.region]
    rule = {"SSEAlgorithm": "AES256"}
    if keys and dice.random() < 0.2:
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": dice.choice(keys)}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
    account.put("s3-get-bucket-encryption", {"ServerSideEncryptionConfiguration": rules}, name)
    account.put("s3-get-bucket-tagging", {"TagSet": _tags(item.tags)} if item.tags else _error("NoSuchTagSet"), name)
    said = _policy(item)
    account.put("s3-get-bucket-policy", {"Policy": said} if said else _error("NoSuchBucketPolicy"), name)


def _secret(account: _Account, item: Resource, estate: Maker) -> None:
    name = item.arn.rpartition(":secret:")[2]
    about = {"ARN": item.arn, "Name": name, "Tags": _tags(item.tags)}
    account.extend("secretsmanager-list-secrets", "SecretList", about, _region(item))
    said = {"ResourcePolicy": _policy(item)} if item.policies else {}
    account.put("secretsmanager-get-resource-policy", {**about, **said}, item.arn, region=_region(item))


def _key(account: _Account, item: Resource, estate: Maker) -> None:
    number, region = _name(item), _region(item)
    account.extend("kms-list-keys", "Keys", {"KeyId": number, "KeyArn": item.arn}, region)
    about = {"Arn": item.arn, "KeyId": number, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Origin": "AWS_KMS"}
    account.put("kms-describe-key", {"KeyMetadata": about}, number, region=region)
    account.put("kms-get-key-policy", {"Policy": _policy(item), "PolicyName": "default"}, number, region=region)
    grants = [{"GrantId": f"g{i}", **grant} for i, grant in enumerate(item.grants)]
    account.put("kms-list-grants", {"Grants": grants}, number, region=region)
    tags = [{"TagKey": key, "TagValue": value} for key, value in sorted((item.tags or {}).items())]
    account.put("kms-list-resource-tags", {"Tags": tags}, number, region=region)


def _function(account: _Account, item: Resource, estate: Maker) -> None:
    name, region = _name(item), _region(item)
    about = {"FunctionName": name, "FunctionArn": item.arn, "Role": item.runs_as[0], "PackageType": "Zip", "Layers": []}
    account.extend("lambda-list-functions", "Functions", about, region)
    said = {"Policy": _policy(item)} if item.policies else _error("ResourceNotFoundException")
    account.put("lambda-get-policy", said, name, region=region)
    account.put("lambda-list-function-url-configs", {"FunctionUrlConfigs": []}, name, region=region)


def _parameter(account: _Account, item: Resource, estate: Maker) -> None:
    kind = "SecureString" if Random(item.arn).random() < 0.2 else "String"
    name = item.arn.rpartition(":parameter")[2]
    account.extend("ssm-describe-parameters", "Parameters", {"Name": name, "Type": kind}, _region(item))


def _queue(account: _Account, item: Resource, estate: Maker) -> None:
    region = _region(item)
    url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{_name(item)}"
    account.extend("sqs-list-queues", "QueueUrls", url, region)
    said = {"Policy": orjson.dumps(_policy(item)).decode()} if item.policies else {}
    account.put("sqs-get-queue-attributes", {"Attributes": {"QueueArn": item.arn, **said}}, url, region=region)


def _topic(account: _Account, item: Resource, estate: Maker) -> None:
    account.extend("sns-list-topics", "Topics", {"TopicArn": item.arn}, _region(item))
    said = {"Policy": orjson.dumps(_policy(item)).decode()} if item.policies else {}
    about = {"Attributes": {"TopicArn": item.arn, "Owner": ACCOUNT, **said}}
    account.put("sns-get-topic-attributes", about, item.arn, region=_region(item))


def _table(account: _Account, item: Resource, estate: Maker) -> None:
    name, region = _name(item), _region(item)
    account.extend("dynamodb-list-tables", "TableNames", name, region)
    account.put("dynamodb-describe-table", {"Table": {"TableName": name, "TableArn": item.arn}}, name, region=region)
    said = {"Policy": orjson.dumps(_policy(item)).decode()} if item.policies else _error("PolicyNotFoundException")
    account.put("dynamodb-get-resource-policy", said, item.arn, region=region)


def _notebook(account: _Account, item: Resource, estate: Maker) -> None:
    name, region = _name(item), _region(item)
    about = {"NotebookInstanceName": name, "NotebookInstanceArn": item.arn, "NotebookInstanceStatus": "InService"}
    account.extend("sagemaker-list-notebook-instances", "NotebookInstances", about, region)
    more = {"RoleArn": item.runs_as[0], "DirectInternetAccess": "Disabled", "RootAccess": "Enabled"}
    account.put("sagemaker-describe-notebook-instance", {**about, **more}, name, region=region)


def _model(account: _Account, item: Resource, estate: Maker) -> None:
    about = {"modelArn": item.arn, "modelId": _name(item), "modelName": _name(item), "providerName": "vendor"}
    account.extend("bedrock-list-foundation-models", "modelSummaries", about, _region(item))


def _endpoint(account: _Account, item: Resource, estate: Maker) -> None:
    """An endpoint with its configuration and its model, whose artifact lies in one of the buckets for it."""
    name, region, dice = _name(item), _region(item), Random(item.arn)
    about = {"EndpointName": name, "EndpointArn": item.arn, "EndpointStatus": "InService"}
    account.extend("sagemaker-list-endpoints", "Endpoints", about, region)
    account.put("sagemaker-describe-endpoint", {**about, "EndpointConfigName": name}, name, region=region)
    at = f"arn:aws:sagemaker:{region}:{ACCOUNT}"
    config = {"EndpointConfigName": name, "EndpointConfigArn": f"{at}:endpoint-config/{name}"}
    account.extend("sagemaker-list-endpoint-configs", "EndpointConfigs", config, region)
    variants = {"ProductionVariants": [{"ModelName": name}]}
    account.put("sagemaker-describe-endpoint-config", {**config, **variants}, name, region=region)
    model = {"ModelName": name, "ModelArn": f"{at}:model/{name}"}
    account.extend("sagemaker-list-models", "Models", model, region)
    artifact = dice.choice(estate.ai_buckets[: len(estate.ai_buckets) // 2]).rpartition(":")[2]
    box = {"Image": f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/m", "ModelDataUrl": f"s3://{artifact}/models/m.tar.gz"}
    role = dice.choice(estate.roles)
    account.put(
        "sagemaker-describe-model", {**model, "ExecutionRoleArn": role, "PrimaryContainer": box}, name, region=region
    )


_KINDS = {
    "secretsmanager:secret": _secret,
    "kms:key": _key,
    "lambda:function": _function,
    "ssm:parameter": _parameter,
    "sqs:queue": _queue,
    "sns:topic": _topic,
    "dynamodb:table": _table,
    "sagemaker:notebook-instance": _notebook,
    "sagemaker:endpoint": _endpoint,
    "bedrock:foundation-model": _model,
}


def _uses(account: _Account, estate: Maker) -> None:
    """Training jobs say which buckets are training data and which hold artifacts; the tagging API knows all tags."""
    half = len(estate.ai_buckets) // 2
    for number, (artifact, data) in enumerate(zip(estate.ai_buckets, estate.ai_buckets[half:], strict=False)):
        name, region = f"train-{number:04}", REGIONS[number % len(REGIONS)]
        arn = f"arn:aws:sagemaker:{region}:{ACCOUNT}:training-job/{name}"
        about = {"TrainingJobName": name, "TrainingJobArn": arn, "TrainingJobStatus": "Completed"}
        account.extend("sagemaker-list-training-jobs", "TrainingJobSummaries", about, region)
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{data.rpartition(':')[2]}/data/"}}
        output = f"s3://{artifact.rpartition(':')[2]}/models/"
        more = {
            "RoleArn": estate.roles[number % len(estate.roles)],
            "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
            "OutputDataConfig": {"S3OutputPath": output},
        }
        account.put("sagemaker-describe-training-job", {**about, **more}, name, region=region)
    for kind in ("lambda:function", "sqs:queue", "sns:topic", "dynamodb:table", "ssm:parameter", *_TAGGED):
        for item in estate.made.resources[kind]:
            row = {"ResourceARN": item.arn, "Tags": _tags(item.tags)}
            account.extend("resourcegroupstaggingapi-get-resources", "ResourceTagMappingList", row, _region(item))


_TAGGED = ("sagemaker:endpoint", "sagemaker:notebook-instance")


# ----- the organization


def _organization(account: _Account, estate: Maker) -> None:
    types = [{"Type": kind, "Status": "ENABLED"} for kind in (_SCP, _RCP)]
    about = {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL", "AvailablePolicyTypes": types}
    arn = f"arn:aws:organizations::{MANAGEMENT}"
    about["Arn"] = f"{arn}:organization/{ORGANIZATION}"
    account.put("organizations-describe-organization", {"Organization": about})
    root = {"Id": ROOT, "Arn": f"{arn}:root/{ORGANIZATION}/{ROOT}", "Name": "Root", "PolicyTypes": types}
    account.put("organizations-list-roots", {"Roots": [root]})
    unit = {"Id": UNIT, "Arn": f"{arn}:ou/{ORGANIZATION}/{UNIT}", "Name": "work"}
    account.put("organizations-list-organizational-units-for-parent", {"OrganizationalUnits": [unit]}, ROOT)
    account.put("organizations-list-organizational-units-for-parent", {"OrganizationalUnits": []}, UNIT)
    numbers = (MANAGEMENT, ACCOUNT)
    listed = [
        {"Id": n, "Arn": f"{arn}:account/{ORGANIZATION}/{n}", "Name": n, "Status": "ACTIVE", "State": "ACTIVE"}
        for n in numbers
    ]
    account.put("organizations-list-accounts", {"Accounts": listed})
    for number, parent, kind in ((MANAGEMENT, ROOT, "ROOT"), (ACCOUNT, UNIT, "ORGANIZATIONAL_UNIT")):
        account.put("organizations-list-parents", {"Parents": [{"Id": parent, "Type": kind}]}, number)
    _limits(account, estate)


def _limits(account: _Account, estate: Maker) -> None:
    """The policies of the three levels, and the perimeter on the account."""
    known = estate.made.accounts[ACCOUNT]
    levels = ((ROOT, "ROOT"), (UNIT, "ORGANIZATIONAL_UNIT"), (ACCOUNT, "ACCOUNT"))
    where: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    bodies = {}
    for kind, laid in ((_SCP, known.scps or ()), (_RCP, known.rcps or ())):
        for documents, (target, word) in zip(laid, levels, strict=False):
            for document in documents:
                where[kind, document.name].append({"TargetId": target, "Type": word})
                bodies[kind, document.name] = document.body
    for kind in (_SCP, _RCP):
        names = [name for of_kind, name in sorted(where) if of_kind == kind]
        found = [_summary(kind, name) for name in names]
        account.put("organizations-list-policies", {"Policies": found}, kind)
    for kind, name in sorted(where):
        about = {"PolicySummary": _summary(kind, name), "Content": orjson.dumps(bodies[kind, name]).decode()}
        account.put("organizations-describe-policy", {"Policy": about}, f"p-{name}")
        account.put("organizations-list-targets-for-policy", {"Targets": where[kind, name]}, f"p-{name}")


def _summary(kind: str, name: str) -> dict[str, Any]:
    arn = f"arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION}/{kind.lower()}/p-{name}"
    return {"Id": f"p-{name}", "Name": name, "Type": kind, "AwsManaged": name == "FullAWSAccess", "Arn": arn}
