"""Answers of AWS as one writes them down: makers for the policies, identities and buckets of a made-up account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Answer = dict[str, Any]
REGION = "eu-west-1"
NEVER = "N/A"


def allow(actions: str | list[str], resources: str | list[str] = "*", /, sid: str = "", **condition: Any) -> Answer:
    """An Allow statement; `condition` holds operator=… blocks."""
    return _statement("Allow", actions, resources, sid, condition)


def deny(actions: str | list[str], resources: str | list[str] = "*", /, sid: str = "", **condition: Any) -> Answer:
    return _statement("Deny", actions, resources, sid, condition)


def _statement(effect: str, actions: Any, resources: Any, sid: str, condition: Mapping[str, Any]) -> Answer:
    made: Answer = {"Sid": sid} if sid else {}
    made |= {"Effect": effect, "Action": actions, "Resource": resources}
    return made | ({"Condition": dict(condition)} if condition else {})


def to(principal: Any, statement: Answer) -> Answer:
    """The statement for a resource policy: `principal` may do it."""
    return {**{k: v for k, v in statement.items() if k in ("Sid", "Effect")}, "Principal": principal} | statement


def trust(principal: Any, action: str = "sts:AssumeRole", /, sid: str = "", **condition: Any) -> Answer:
    """One statement of a trust policy."""
    made: Answer = {"Sid": sid} if sid else {}
    made |= {"Effect": "Allow", "Principal": principal, "Action": action}
    return made | ({"Condition": dict(condition)} if condition else {})


def policy(*statements: Answer) -> Answer:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def tags(**values: str) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in sorted(values.items())]


class Account:
    """One account's answers, by (region, call, arguments)."""

    def __init__(self, number: str, name: str) -> None:
        self.number, self.name = number, name
        self.answers: dict[tuple[str, str, tuple[str, ...]], Answer] = {}
        self.users: list[Answer] = []
        self.groups: list[Answer] = []
        self.roles: list[Answer] = []
        self.policies: list[Answer] = []
        self.keys: dict[str, tuple[bool, str, str]] = {}
        self._ids = 0

    def put(self, call: str, answer: Answer, *arguments: str, region: str = REGION) -> None:
        self.answers[region, call, arguments] = answer

    def append(self, call: str, member: str, item: Any, region: str = REGION) -> None:
        """Add one item to the list a call answers with."""
        self.answers.setdefault((region, call, ()), {member: []})[member].append(item)

    def arn(self, service: str, rest: str) -> str:
        region = "" if service == "iam" else REGION
        return f"arn:aws:{service}:{region}:{self.number}:{rest}"

    def _id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self.number}{self._ids:05d}"

    # ----- identities

    def user(
        self,
        name: str,
        *statements: Answer,
        managed: Sequence[str] = (),
        groups: Sequence[str] = (),
        boundary: str = "",
        key: str = "",
        key_active: bool = True,
        **tag: str,
    ) -> None:
        """A user; `key` is the creation time of its access key, "" for none."""
        made: Answer = {
            "Path": "/",
            "UserName": name,
            "UserId": self._id("AIDA"),
            "Arn": self.arn("iam", f"user/{name}"),
            "CreateDate": "2025-02-03T09:00:00Z",
            "GroupList": list(groups),
            "AttachedManagedPolicies": [self._attached(arn) for arn in managed],
            "Tags": tags(**tag),
        }
        if statements:
            made["UserPolicyList"] = [{"PolicyName": "Own", "PolicyDocument": policy(*statements)}]
        if boundary:
            made["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        self.users.append(made)
        if key:
            self.keys[name] = (key_active, key, NEVER)

    def group(self, name: str, *statements: Answer, managed: Sequence[str] = ()) -> None:
        inline = [{"PolicyName": "Own", "PolicyDocument": policy(*statements)}] if statements else []
        self.groups.append(
            {
                "Path": "/",
                "GroupName": name,
                "GroupId": self._id("AGPA"),
                "Arn": self.arn("iam", f"group/{name}"),
                "CreateDate": "2024-05-06T09:00:00Z",
                "GroupPolicyList": inline,
                "AttachedManagedPolicies": [self._attached(arn) for arn in managed],
            }
        )

    def role(
        self,
        name: str,
        trusted: Answer,
        *statements: Answer,
        inline: str = "Own",
        managed: Sequence[str] = (),
        boundary: str = "",
        path: str = "/",
        **tag: str,
    ) -> str:
        """A role with its trust statement; its ARN is returned."""
        made: Answer = {
            "Path": path,
            "RoleName": name,
            "RoleId": self._id("AROA"),
            "Arn": self.arn("iam", f"role{path}{name}"),
            "CreateDate": "2025-01-14T09:00:00Z",
            "AssumeRolePolicyDocument": policy(trusted),
            "InstanceProfileList": [],
            "RolePolicyList": [{"PolicyName": inline, "PolicyDocument": policy(*statements)}] if statements else [],
            "AttachedManagedPolicies": [self._attached(arn) for arn in managed],
            "Tags": tags(**tag),
            "RoleLastUsed": {},
        }
        if boundary:
            made["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        self.roles.append(made)
        return str(made["Arn"])

    def managed(self, name: str, *statements: Answer, version: str = "v1", aws: bool = False) -> str:
        """A managed policy; its ARN is returned."""
        arn = f"arn:aws:iam::aws:policy/{name}" if aws else self.arn("iam", f"policy/{name}")
        made = {"VersionId": version, "IsDefaultVersion": True, "Document": policy(*statements)}
        self.policies.append(
            {
                "PolicyName": name,
                "PolicyId": self._id("ANPA"),
                "Arn": arn,
                "Path": "/",
                "DefaultVersionId": version,
                "PolicyVersionList": [made | {"CreateDate": "2025-06-01T09:00:00Z"}],
            }
        )
        return arn

    def _attached(self, arn: str) -> Answer:
        return {"PolicyName": arn.rsplit("/", 1)[1], "PolicyArn": arn}

    # ----- storage, secrets, keys

    def bucket(
        self,
        name: str,
        document: Answer | None = None,
        *,
        blocked: bool = True,
        key: str = "",
        refused: bool = False,
        versioned: bool = False,
        **tag: str,
    ) -> None:
        """A bucket with its policy; `blocked`: all of Block Public Access; `refused`: its policy could not be read.

        It keeps no access log; `versioned`: it keeps what is deleted.
        """
        self.append("s3-list-buckets", "Buckets", {"Name": name, "BucketRegion": REGION}, "global")
        rule: Answer = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        block = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), blocked
        )
        encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
        self._of_bucket(name, "public-access-block", {"PublicAccessBlockConfiguration": block})
        self._of_bucket(name, "bucket-acl", {"Owner": {"ID": f"c{self.number}"}, "Grants": []})
        ownership = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
        self._of_bucket(name, "bucket-ownership-controls", ownership)
        self._of_bucket(name, "bucket-encryption", {"ServerSideEncryptionConfiguration": encryption})
        self._of_bucket(name, "bucket-logging", {})
        self._of_bucket(name, "bucket-versioning", {"Status": "Enabled"} if versioned else {})
        self._of_bucket(name, "bucket-tagging", {"TagSet": tags(**tag)} if tag else error("NoSuchTagSet"))
        answer = {"Policy": document} if document else error("NoSuchBucketPolicy")
        self._of_bucket(name, "bucket-policy", error("AccessDenied", "Access Denied") if refused else answer)

    def _of_bucket(self, name: str, what: str, answer: Answer) -> None:
        self.put(f"s3-get-{what}", answer, name, region="global")

    def secret(self, name: str, document: Answer | None = None, key: str = "", **tag: str) -> str:
        arn = self.arn("secretsmanager", f"secret:{name}-Nw{len(name):04d}")
        item = {"ARN": arn, "Name": name, "Tags": tags(**tag)} | ({"KmsKeyId": key} if key else {})
        self.append("secretsmanager-list-secrets", "SecretList", item)
        answer = {"ARN": arn, "Name": name} | ({"ResourcePolicy": document} if document else {})
        self.put("secretsmanager-get-resource-policy", answer, arn)
        return arn

    def key(self, number: str, document: Answer, alias: str) -> str:
        """A customer managed key; its ARN is returned."""
        arn = self.arn("kms", f"key/{number}")
        self.append("kms-list-keys", "Keys", {"KeyId": number, "KeyArn": arn})
        self.append("kms-list-aliases", "Aliases", {"AliasName": f"alias/{alias}", "TargetKeyId": number})
        about = {"Arn": arn, "KeyId": number, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}
        self.put(
            "kms-describe-key", {"KeyMetadata": about | {"KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}}, number
        )
        self.put("kms-get-key-policy", {"Policy": document, "PolicyName": "default"}, number)
        self.put("kms-list-grants", {"Grants": []}, number)
        self.put("kms-list-resource-tags", {"Tags": []}, number)
        return arn

    # ----- compute

    def function(self, name: str, role: str, invoker: Answer | None = None) -> str:
        arn = self.arn("lambda", f"function:{name}")
        item = {"FunctionName": name, "FunctionArn": arn, "Role": role, "PackageType": "Zip", "Layers": []}
        self.append("lambda-list-functions", "Functions", item)
        answer: Answer = {"Policy": policy(invoker)} if invoker else error("ResourceNotFoundException")
        self.put("lambda-get-policy", answer, name)
        self.put("lambda-list-function-url-configs", {"FunctionUrlConfigs": []}, name)
        return arn

    def notebook(self, name: str, role: str) -> None:
        arn = self.arn("sagemaker", f"notebook-instance/{name}")
        item = {"NotebookInstanceName": name, "NotebookInstanceArn": arn, "NotebookInstanceStatus": "InService"}
        self.append("sagemaker-list-notebook-instances", "NotebookInstances", item)
        more = {"RoleArn": role, "DirectInternetAccess": "Disabled", "RootAccess": "Enabled", "SubnetId": "subnet-0c1d"}
        self.put("sagemaker-describe-notebook-instance", item | more, name)

    def endpoint(self, name: str, model: str, role: str, artifact: str) -> None:
        """An endpoint, its configuration of the same name, and the model behind it."""
        end, config = self.arn("sagemaker", f"endpoint/{name}"), self.arn("sagemaker", f"endpoint-config/{name}")
        item = {"EndpointName": name, "EndpointArn": end, "EndpointStatus": "InService"}
        self.append("sagemaker-list-endpoints", "Endpoints", item)
        self.put("sagemaker-describe-endpoint", item | {"EndpointConfigName": name}, name)
        about = {"EndpointConfigName": name, "EndpointConfigArn": config}
        self.append("sagemaker-list-endpoint-configs", "EndpointConfigs", about)
        self.put("sagemaker-describe-endpoint-config", about | {"ProductionVariants": [{"ModelName": model}]}, name)
        made = {"ModelName": model, "ModelArn": self.arn("sagemaker", f"model/{model}")}
        self.append("sagemaker-list-models", "Models", made)
        image = f"{self.number}.dkr.ecr.{REGION}.amazonaws.com/fraud:{model}"
        container = {"Image": image, "ModelDataUrl": artifact}
        self.put("sagemaker-describe-model", made | {"ExecutionRoleArn": role, "PrimaryContainer": container}, model)

    def training_job(self, name: str, role: str, source: str, output: str) -> None:
        arn = self.arn("sagemaker", f"training-job/{name}")
        item = {"TrainingJobName": name, "TrainingJobArn": arn, "TrainingJobStatus": "Completed"}
        self.append("sagemaker-list-training-jobs", "TrainingJobSummaries", item)
        channel = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}}
        data = {"RoleArn": role, "InputDataConfig": [channel], "OutputDataConfig": {"S3OutputPath": output}}
        artifact = {"ModelArtifacts": {"S3ModelArtifacts": f"{output}{name}/model.tar.gz"}}
        self.put("sagemaker-describe-training-job", item | data | artifact, name)


def error(code: str, message: str = "none") -> Answer:
    return {"Error": {"Code": code, "Message": message}}
