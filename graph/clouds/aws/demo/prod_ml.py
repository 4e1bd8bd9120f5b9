"""The account nw-prod-ml: training and serving of the fraud model, and the pipeline that deploys it."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import Account, allow, deny, policy, to, trust

GITHUB = "token.actions.githubusercontent.com"
TRAINING_DATA, ARTIFACTS = "arn:aws:s3:::nw-training-data", "arn:aws:s3:::nw-model-artifacts"


def make(number: str) -> Account:
    a = Account(number, "nw-prod-ml")
    administrator = a.managed("AdministratorAccess", allow("*"), aws=True)
    _pipeline(a, _github(a))
    training, research, serving = _workload_roles(a)
    _people(a, administrator)
    a.bucket("nw-model-artifacts", versioned=True, owner="charlie.osei", purpose="model-artifacts")
    a.endpoint("fraud-scoring-prod", "fraud-v7", serving, "s3://nw-model-artifacts/fraud/v7/model.tar.gz")
    a.training_job("fraud-train-2026-11", training, "s3://nw-training-data/fraud/", "s3://nw-model-artifacts/fraud/")
    a.notebook("nb-research", research)
    _payments(a)
    return a


def _github(a: Account) -> str:
    arn = a.arn("iam", f"oidc-provider/{GITHUB}")
    a.append("iam-list-open-id-connect-providers", "OpenIDConnectProviderList", {"Arn": arn}, "global")
    about = {"Url": GITHUB, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": []}
    a.put("iam-get-open-id-connect-provider", about, arn, region="global")
    return arn


def _pipeline(a: Account, provider: str) -> None:
    audience = {f"{GITHUB}:aud": "sts.amazonaws.com"}
    deploy = a.managed(
        "CiDeploy",
        allow(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "iam:PassRole"], sid="TrainAndPass"),
        allow("s3:PutObject", f"{TRAINING_DATA}/*", sid="UploadTrainingData"),
        allow("kms:GenerateDataKey", "arn:aws:kms:*:*:key/*", sid="Encrypt"),
        version="v7",
    )
    anyone = {f"{GITHUB}:sub": "repo:northwind-ai/*:*"}
    web = "sts:AssumeRoleWithWebIdentity"
    widely = trust({"Federated": provider}, web, sid="GitHubActions", StringEquals=audience, StringLike=anyone)
    a.role("ci-deployer", widely, managed=[deploy], owner="ml-platform")
    # Near miss: the same provider, one repository and environment only, and nothing worth having behind it.
    narrow = {f"{GITHUB}:sub": "repo:northwind-ai/fraud-service:environment:production"} | audience
    release = trust({"Federated": provider}, web, sid="ReleaseOnly", StringEquals=narrow)
    a.role("release-notes", release, allow("ecr:DescribeImages"), owner="ml-platform")


def _workload_roles(a: Account) -> tuple[str, str, str]:
    sagemaker = trust({"Service": "sagemaker.amazonaws.com"})
    endpoints = [a.arn("sagemaker", f"{kind}/fraud-*") for kind in ("model", "endpoint-config", "endpoint")]
    update = ["sagemaker:CreateEndpointConfig", "sagemaker:UpdateEndpoint"]
    training = a.role(
        "sm-training-role",
        sagemaker,
        allow(update, endpoints, sid="UpdateProdEndpoint", StringEquals={"aws:SourceVpc": "vpc-0a12bc34"}),
        allow(["s3:GetObject", "s3:ListBucket"], [TRAINING_DATA, f"{TRAINING_DATA}/*"], sid="ReadTrainingData"),
        allow("kms:Decrypt", "*", sid="Decrypt"),
        inline="SageMakerProd",
        owner="ml-platform",
    )
    office = {"aws:SourceIp": "203.0.113.0/24"}
    research = a.role(
        "nb-research-role",
        sagemaker,
        allow(update, endpoints, sid="Endpoints", IpAddress=office),
        allow(["s3:GetObject", "s3:PutObject"], f"{ARTIFACTS}/*", sid="Artifacts"),
        owner="data-science",
    )
    serving = a.role("fraud-endpoint-role", sagemaker, allow("s3:GetObject", f"{ARTIFACTS}/fraud/*"))
    a.role("batch-etl-role", trust({"Service": "glue.amazonaws.com"}), allow("s3:GetObject", f"{ARTIFACTS}/*"))
    return training, research, serving


def _people(a: Account, administrator: str) -> None:
    presign = ["sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:DescribeNotebookInstance"]
    a.group("data-scientists", allow(presign, a.arn("sagemaker", "notebook-instance/nb-research"), sid="OpenResearch"))
    a.group("platform-admins", managed=[administrator])
    a.user("ds-lena", groups=["data-scientists"], key="2026-03-02T08:00:00Z", owner="data-science")
    a.user(
        "hr-sync", allow("iam:AddUserToGroup", a.arn("iam", "group/*"), sid="KeepGroups"), key="2025-11-11T08:00:00Z"
    )
    # Near misses: a role that does not trust the service, a role that may only be passed to another one,
    # an administrator whose only key is switched off.
    pass_payments = allow("iam:PassRole", a.arn("iam", "role/payments-service-role"))
    start = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
    a.user("ml-omar", pass_payments, start, key="2026-01-20T08:00:00Z")
    to_glue = {"iam:PassedToService": "glue.amazonaws.com"}
    pass_etl = allow("iam:PassRole", a.arn("iam", "role/batch-etl-role"), StringEquals=to_glue)
    a.user("etl-sven", pass_etl, start, key="2026-02-14T08:00:00Z")
    a.user("old-admin", managed=[administrator], key="2023-01-09T08:00:00Z", key_active=False)
    a.user(
        "audit-nina", allow(["secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"]), key="2026-05-30T08:00:00Z"
    )


def _payments(a: Account) -> None:
    service = a.role(
        "payments-service-role",
        trust({"Service": "ecs-tasks.amazonaws.com"}),
        allow("secretsmanager:GetSecretValue", a.arn("secretsmanager", "secret:prod/payments-*")),
    )
    # Near miss: audit-nina may read every secret, but this one denies everybody but the service.
    spared = {"aws:PrincipalArn": service}
    only_service = to("*", deny("secretsmanager:GetSecretValue", sid="OnlyPayments", ArnNotEquals=spared))
    a.secret("prod/payments-api-key", policy(only_service), owner="sofia.lind")
