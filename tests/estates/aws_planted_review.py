"""Scenes of the planted estate that were doubted: where a rule asks for one thing too many, or one too few."""

from __future__ import annotations

from typing import Any

from graph.clouds.aws.demo.calls import REGION, Answer, allow, deny, policy, to, trust
from tests.estates.aws_planted_ai import _agent, _knowledge, _model
from tests.estates.aws_planted_compute import _LAMBDA, _pass
from tests.estates.aws_planted_data import _READ, _bucket, _key
from tests.estates.aws_planted_stage import STRANGER, Stage, scene

_OF_A_SET: dict[str, Answer] = {
    "get-inline-policy-for": {"InlinePolicy": policy(allow("ec2:DescribeRegions"))},
    "get-permissions-boundary-for": {"PermissionsBoundary": {}},
    "list-managed-policies-in": {"AttachedManagedPolicies": []},
    "list-customer-managed-policy-references-in": {"CustomerManagedPolicyReferences": []},
}
_ANYWHERE, _COGNITO = "rolesanywhere.amazonaws.com", "cognito-identity.amazonaws.com"


# ----- who a policy names


@scene("the secret's policy names the user, whose boundary says nothing of it", "its boundary denies it")
def named_user_in_boundary(s: Stage) -> None:
    says = () if s.good else (deny("secretsmanager:GetSecretValue"),)
    limit = s.a.managed(f"{s.name}-limit", allow("ec2:DescribeRegions"), *says)
    named = policy(to({"AWS": s.who}, allow("secretsmanager:GetSecretValue")))
    s.a.secret(f"{s.name}/named", named)
    s.attacker(allow("ec2:DescribeRegions"), boundary=limit)
    s.wins(target=s.a.arn("secretsmanager", f"secret:{s.name}/named-Nw{len(s.name) + 6:04d}"))


@scene("the role that the secret's policy names has no boundary", "a boundary that says nothing of it stops a role")
def named_role_in_boundary(s: Stage) -> None:
    limit = "" if s.good else s.a.managed(f"{s.name}-limit", allow("ec2:DescribeRegions"))
    role = s.role(s.home_trust(), allow("ec2:DescribeRegions"), boundary=limit)
    named = policy(to({"AWS": role}, allow("secretsmanager:GetSecretValue")))
    secret = s.a.secret(f"{s.name}/named", named)
    s.attacker(allow("sts:AssumeRole", role))
    s.wins(target=secret)


@scene("the role names the user, which needs no right to assume it", "the role names its account only")
def trust_names_user(s: Stage) -> None:
    s.role(trust({"AWS": s.who}) if s.good else s.home_trust())
    s.attacker(allow("ec2:DescribeRegions"))


@scene("the key of the neighbour's secret lets it in, too", "the secret is under the key of AWS, for its account alone")
def foreign_secret(s: Stage) -> None:
    named = policy(to({"AWS": s.who}, allow("secretsmanager:GetSecretValue")))
    number = f"{len(s.b.answers):08d}-0000-4000-8000-0000000000b1"
    home = to({"AWS": s.b.arn("iam", "root")}, allow("kms:*"))
    key = s.b.key(number, policy(home, to({"AWS": s.who}, allow("kms:Decrypt"))), s.name) if s.good else ""
    secret = s.b.secret(f"{s.name}/prize", named, key=key)
    s.attacker(allow("secretsmanager:GetSecretValue", secret), *((allow("kms:Decrypt", key),) if key else ()))
    s.wins(target=secret)
    s.beyond("read_secrets", secret)
    if key:
        s.wins(target=key)
        s.beyond("read_secrets", key)


@scene("a grant lets it decrypt", "the grant lets it encrypt only")
def granted_key(s: Stage) -> None:
    key = _key(s)
    bucket = _bucket(s, key=key)
    who = s.attacker(allow("s3:GetObject", f"{bucket}/*"))
    grant = {"GranteePrincipal": who, "Operations": [s.pick("Decrypt", "Encrypt")], "KeyId": key, "GrantId": "g"}
    s.a.put("kms-list-grants", {"Grants": [grant]}, key.rpartition("/")[2])
    s.wins(_READ, bucket)
    s.wins("read_secrets", key)


# ----- tags, factors, sessions


@scene("it reads what has its own tag", "it has another tag")
def own_tag(s: Stage) -> None:
    secret = s.a.secret(f"{s.name}/tagged", team=s.name)
    same = {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}
    s.attacker(allow("secretsmanager:GetSecretValue", "*", StringEquals=same), team=s.pick(s.name, "others"))
    s.wins(target=secret)


@scene("the certificate's sessions have the role's rights", "the profile's policy lets them do something else only")
def certificate(s: Stage) -> None:
    role = s.role(trust({"Service": _ANYWHERE}, "sts:AssumeRole", ArnEquals={"aws:SourceArn": _anchor(s)}))
    _profile(s, role, "" if s.good else {"Version": "2012-10-17", "Statement": [allow("ec2:DescribeRegions")]})
    s.wins(who=f"federated:{_anchor(s)}|*|*")


@scene("guests may call STS themselves", "guests get credentials that no secret can be read with")
def guests(s: Stage) -> None:
    number = f"{REGION}:00000000-0000-4000-8000-{len(s.a.answers):012d}"
    aud, amr = {f"{_COGNITO}:aud": number}, {f"{_COGNITO}:amr": "unauthenticated"}
    asked: dict[str, Any] = {"StringEquals": aud, "ForAnyValue:StringLike": amr}
    role = s.role(trust({"Federated": _COGNITO}, "sts:AssumeRoleWithWebIdentity", **asked))
    s.a.append("cognito-identity-list-identity-pools", "IdentityPools", {"IdentityPoolId": number})
    about = {"IdentityPoolId": number, "IdentityPoolName": s.name, "AllowUnauthenticatedIdentities": True}
    s.a.put("cognito-identity-describe-identity-pool", about | {"AllowClassicFlow": s.good}, number)
    s.a.put("cognito-identity-get-identity-pool-roles", {"Roles": {"unauthenticated": role}}, number)
    s.wins(who=f"federated:{_COGNITO}|{number}|unauthenticated")


# ----- becoming a role


@scene("the trust is rewritten to let in somebody elsewhere, whom no denial here stops", "rewriting is denied as well")
def rewritten_for_elsewhere(s: Stage) -> None:
    role = s.role("ec2.amazonaws.com")
    denied = deny(["sts:AssumeRole", *([] if s.good else ["iam:UpdateAssumeRolePolicy"])], "*")
    s.attacker(allow("iam:UpdateAssumeRolePolicy", role), denied)


@scene(
    "the stack set is carried out by a role that the one it passes may assume",
    "the one it passes may assume none",
)
def stack_set(s: Stage) -> None:
    inner = s.role(s.home_trust(), suffix="execution")
    may = allow("sts:AssumeRole", inner) if s.good else allow("ec2:DescribeRegions")
    outer = s.role("cloudformation.amazonaws.com", may, suffix="admin")
    s.attacker(_pass(outer), allow(["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"]))


@scene("the permission set may be assigned in the account of its role", "only in another account", "read_secrets")
def assign_set(s: Stage) -> None:
    arn, store = "arn:aws:sso:::instance/ssoins-plantedscenes1", "d-planted001"
    sets = f"arn:aws:sso:::permissionSet/ssoins-plantedscenes1/ps-{s.name}"
    _directory(s, arn, store, sets)
    saml = trust(
        {"Federated": s.a.arn("iam", "saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE")}, "sts:AssumeRoleWithSAML"
    )
    s.a.role(f"AWSReservedSSO_{s.name}_0123456789abcdef", saml, s.reads(), path="/aws-reserved/sso.amazonaws.com/")
    account = f"arn:aws:sso:::account/{s.pick(s.a.number, s.b.number)}"
    s.attacker(allow("sso:CreateAccountAssignment", [arn, sets, account]), account=s.m)
    s.wins(who=s.m.arn("iam", f"user/{s.name}"))


@scene("the provider that the role trusts can be given other keys", "the role that trusts it reads nothing")
def own_assertions(s: Stage) -> None:
    provider, page = s.a.arn("iam", f"saml-provider/{s.name}"), "https://signin.aws.amazon.com/saml"
    s.a.append("iam-list-saml-providers", "SAMLProviderList", {"Arn": provider}, "global")
    about = {"SAMLMetadataDocument": '<EntityDescriptor entityID="https://idp.example/"></EntityDescriptor>'}
    s.a.put("iam-get-saml-provider", about, provider, region="global")
    reads = () if s.good else (allow("ec2:DescribeRegions"),)
    s.role(trust({"Federated": provider}, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": page}), *reads)
    s.attacker(allow("iam:UpdateSAMLProvider", provider))
    s.wins()
    s.wins(who=f"federated:{provider}|{page}|*")


@scene("what it pushes is built", "the project builds another repository")
def push_to_build(s: Stage) -> None:
    arn, role = s.a.arn("codebuild", f"project/{s.name}"), s.role("codebuild.amazonaws.com")
    place = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{s.pick(s.name, 'another')}"
    _project(s, arn, {"serviceRole": role, "source": {"type": "CODECOMMIT", "location": place}})
    s.attacker(allow("codecommit:GitPush", s.a.arn("codecommit", s.name)))


@scene("the build runs in an image whose tag can be moved", "tags of the repository cannot be moved")
def moved_image(s: Stage) -> None:
    arn, role = s.a.arn("codebuild", f"project/{s.name}"), s.role("codebuild.amazonaws.com")
    image = f"{s.a.number}.dkr.ecr.{REGION}.amazonaws.com/{s.name}:latest"
    _project(
        s,
        arn,
        {
            "serviceRole": role,
            "source": {"type": "NO_SOURCE"},
            "environment": {"image": image, "computeType": "BUILD_GENERAL1_SMALL"},
        },
    )
    images = _images(s, s.pick("MUTABLE", "IMMUTABLE"))
    s.a.put("batch-describe-job-definitions", {"jobDefinitions": []})
    push = ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]
    s.attacker(allow(push, images))


# ----- agents and models


@scene("it may call the profile and the model behind it", "it may call the profile alone")
def invoke_profile(s: Stage) -> None:
    model = _model(s)
    profile = s.a.arn("bedrock", f"inference-profile/eu.planted.{s.name}-v1:0")
    about = {"inferenceProfileArn": profile, "inferenceProfileName": s.name, "status": "ACTIVE"}
    about |= {"inferenceProfileId": f"eu.planted.{s.name}-v1:0", "type": "SYSTEM_DEFINED"}
    s.a.append(
        "bedrock-list-inference-profiles", "inferenceProfileSummaries", about | {"models": [{"modelArn": model}]}
    )
    s.attacker(allow("bedrock:InvokeModel", [profile, *([model] if s.good else [])]))
    s.wins("invoke", profile)
    s.wins("invoke", model)


@scene("it may rewrite the agent, which hands it its role again", "it may not pass the role, nor use the update")
def rewrite_agent(s: Stage) -> None:
    agent = _agent(s)
    role = s.a.arn("iam", f"role/{s.name}-agent")
    point = allow("bedrock:UpdateAgentAlias", s.a.arn("bedrock", f"agent-alias/{s.name}/*"))
    change = allow(["bedrock:UpdateAgent", "bedrock:PrepareAgent"], agent)
    s.attacker(change, *((point, _pass(role)) if s.good else ()))
    s.wins("hijack_tools", agent)


@scene("it may add a source and have it taken in", "it may add a source that nobody takes in")
def new_source(s: Stage) -> None:
    base, _bucket_arn = _knowledge(s)
    s.attacker(allow(["bedrock:CreateDataSource", *(["bedrock:StartIngestionJob"] if s.good else [])], base))
    s.wins("poison_data", base)


@scene("it may call the runtime through its endpoint", "it may call the runtime, and none of its endpoints")
def call_runtime(s: Stage) -> None:
    arn = s.a.arn("bedrock-agentcore", f"runtime/{s.name}")
    role = s.role("bedrock-agentcore.amazonaws.com", allow("logs:PutLogEvents"), suffix="runtime")
    listed = {"agentRuntimeArn": arn, "agentRuntimeId": s.name, "agentRuntimeName": s.name, "status": "READY"}
    s.a.append("bedrock-agentcore-control-list-agent-runtimes", "agentRuntimes", listed)
    s.a.put("bedrock-agentcore-control-get-agent-runtime", listed | {"roleArn": role}, s.name)
    end = {"name": "DEFAULT", "agentRuntimeEndpointArn": f"{arn}/runtime-endpoint/DEFAULT", "status": "READY"}
    s.a.put("bedrock-agentcore-control-list-agent-runtime-endpoints", {"runtimeEndpoints": [end]}, s.name)
    there = [f"{arn}/runtime-endpoint/DEFAULT"] if s.good else []
    s.attacker(allow("bedrock-agentcore:InvokeAgentRuntime", [arn, *there]))
    s.wins("invoke", arn)


@scene("the images can be pulled by the calls of the registry alone", "one of the two calls is missing")
def pull_image(s: Stage) -> None:
    arn = _images(s, "MUTABLE")
    model = {"ModelName": s.name, "ModelArn": s.a.arn("sagemaker", f"model/{s.name}")}
    s.a.append("sagemaker-list-models", "Models", model)
    image = f"{s.a.number}.dkr.ecr.{REGION}.amazonaws.com/{s.name}:latest"
    container = {"ExecutionRoleArn": s.role("sagemaker.amazonaws.com"), "PrimaryContainer": {"Image": image}}
    s.a.put("sagemaker-describe-model", model | container, s.name)
    s.attacker(allow(["ecr:BatchGetImage", *(["ecr:GetDownloadUrlForLayer"] if s.good else [])], arn))
    s.wins("extract_model", arn)


@scene("anybody may call the address, and the function", "the address may be called, the function may not")
def address_of_today(s: Stage) -> None:
    only = {"lambda:FunctionUrlAuthType": "NONE"}
    function = s.a.function(s.name, s.role(_LAMBDA))
    by_address = to("*", allow("lambda:InvokeFunctionUrl", function, StringEquals=only))
    called = to("*", allow("lambda:InvokeFunction", function, Bool={"lambda:InvokedViaFunctionUrl": "true"}))
    s.a.put("lambda-get-policy", {"Policy": policy(by_address, *((called,) if s.good else ()))}, s.name)
    url = {"FunctionUrl": "https://g.example/", "FunctionArn": function, "AuthType": "NONE"}
    url |= {"CreationTime": "2026-02-01T08:00:00Z"}
    s.a.put("lambda-list-function-url-configs", {"FunctionUrlConfigs": [url]}, s.name)
    s.wins(who=function)


@scene("a stranger's account is let in", "only accounts of the organization are, whatever the trust names")
def stranger_may_assume(s: Stage) -> None:
    external: dict[str, Any] = {} if s.good else {"StringEquals": {"aws:PrincipalOrgID": "o-planted0001"}}
    s.role(trust({"AWS": f"arn:aws:iam::{STRANGER}:root"}, **external))
    s.wins(who=f"arn:aws:iam::{STRANGER}:root")


# ----- pieces


def _project(s: Stage, arn: str, more: Answer) -> None:
    s.a.append("codebuild-list-projects", "projects", s.name)
    s.a.append("codebuild-batch-get-projects", "projects", {"name": s.name, "arn": arn} | more)


def _images(s: Stage, tags: str) -> str:
    arn = s.a.arn("ecr", f"repository/{s.name}")
    about = {"repositoryArn": arn, "repositoryName": s.name, "imageTagMutability": tags, "registryId": s.a.number}
    s.a.append("ecr-describe-repositories", "repositories", about)
    s.a.put(
        "ecr-get-repository-policy", {"Error": {"Code": "RepositoryPolicyNotFoundException", "Message": ""}}, s.name
    )
    return arn


def _anchor(s: Stage) -> str:
    return s.a.arn("rolesanywhere", f"trust-anchor/{s.name}")


def _profile(s: Stage, role: str, limit: object, *, anchored: bool = True) -> None:
    arn = s.a.arn("rolesanywhere", f"profile/{s.name}")
    about = {"profileArn": arn, "name": s.name, "enabled": True, "roleArns": [role]}
    s.a.append("rolesanywhere-list-profiles", "profiles", about | ({"sessionPolicy": limit} if limit else {}))
    anchor = {"trustAnchorArn": _anchor(s), "name": s.name, "enabled": anchored}
    source = {"sourceType": "CERTIFICATE_BUNDLE"}
    s.a.append("rolesanywhere-list-trust-anchors", "trustAnchors", anchor | {"source": source})


def _directory(s: Stage, arn: str, store: str, sets: str) -> None:
    about = {"InstanceArn": arn, "IdentityStoreId": store, "OwnerAccountId": s.m.number}
    if (REGION, "sso-admin-list-instances", ()) not in s.m.answers:
        s.m.append("sso-admin-list-instances", "Instances", about)
        s.m.put("sso-admin-list-permission-sets", {"PermissionSets": []}, arn)
        s.m.put("identitystore-list-users", {"Users": []}, store)
        s.m.put("identitystore-list-groups", {"Groups": []}, store)
    s.m.answers[REGION, "sso-admin-list-permission-sets", (arn,)]["PermissionSets"].append(sets)
    s.m.put("sso-admin-describe-permission-set", {"PermissionSet": {"Name": s.name, "PermissionSetArn": sets}}, sets)
    s.m.put("sso-admin-list-accounts-for-provisioned-permission-set", {"AccountIds": [s.a.number]}, sets)
    for call, answer in _OF_A_SET.items():
        s.m.put(f"sso-admin-{call}-permission-set", answer, sets)
    s.m.put("sso-admin-list-account-assignments", {"AccountAssignments": []}, sets, s.a.number)
