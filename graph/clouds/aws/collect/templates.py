"""The read role for the tools that make it (CloudFormation, Terraform, commands), all from one source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from graph.cloud import Rights
from graph.clouds.aws.collect.rights import policies

ROLE = "GrantpathRead"
_DATA = Path(__file__).parent.parent / "data" / "rights"
_MODULE = ("main.tf", "outputs.tf", "variables.tf", "versions.tf")
_SCRIPT = "create-role.sh"
_ORGANIZATION = "organization"

Json = Mapping[str, object]
_UNIT = r"^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$"


def _text(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


# ----- policies


def _policies() -> Mapping[str, str]:
    """Besides what the role may do: what whoever assumes it needs."""
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::*:role/{ROLE}"}
    hub = {"Version": "2012-10-17", "Statement": [{"Sid": "AssumeTheReadRole", **assume}]}
    return {f"{name}.json": _text(document) for name, document in {**policies(), "hub": hub}.items()}


def _beside() -> Mapping[str, str]:
    return {f"policies/{name}.json": _text(document) for name, document in policies().items()}


def _shipped(*names: str) -> Mapping[str, str]:
    return {name: (_DATA / name).read_text() for name in names}


# ----- CloudFormation

_PARAMETERS: Json = {
    "HubPrincipal": {
        "Type": "String",
        "Description": "ARN of the role or user that Grantpath runs as.",
        "AllowedPattern": "^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$",
        "ConstraintDescription": "the ARN of a role or user, such as arn:aws:iam::111122223333:role/Grantpath",
    },
    "ExternalId": {
        "Type": "String",
        "Description": "The external id of the connection in Grantpath. Without it nobody can assume the role.",
        "MinLength": 2,
        "MaxLength": 1224,
        "AllowedPattern": "^[A-Za-z0-9_+=,.@:/-]+$",
    },
    "RoleName": {
        "Type": "String",
        "Description": "Name of the role; the same in every account of an organization.",
        "Default": ROLE,
        "MaxLength": 64,
        "AllowedPattern": "^[A-Za-z0-9_+=,.@-]+$",
    },
}
_CHOICE: Json = {
    "Organization": {
        "Type": "String",
        "Description": "yes: the organization is read from here (its management account or a delegated administrator).",
        "Default": "no",
        "AllowedValues": ["no", "yes"],
    },
}
_UNITS: Json = {
    "Units": {
        "Type": "CommaDelimitedList",
        "Description": "The root of the organization (r-…), or the organizational units whose accounts are to be read.",
        "AllowedPattern": _UNIT,
    },
    "DelegatedAdministrator": {
        "Type": "String",
        "Description": "A delegated administrator account (its number) to read the organization from; or nothing.",
        "Default": "",
        "AllowedPattern": "^([0-9]{12})?$",
    },
}
_READER: Json = {
    "Reader": {
        "Type": "String",
        "Description": "The account (its number) whose role reads the organization and assumes the other roles.",
        "AllowedPattern": "^[0-9]{12}$",
    },
}


def _ref(name: str) -> Json:
    return {"Ref": name}


def _sub(text: str) -> Json:
    return {"Fn::Sub": text}


def _if(condition: str, one: object, other: object) -> Json:
    return {"Fn::If": [condition, one, other]}


def _equals(one: object, other: object) -> Json:
    return {"Fn::Equals": [one, other]}


def _account() -> Json:
    """One account; or the one that an organization is read from, where the others get their roles by other means."""
    conditions = {"IsReader": _equals(_ref("Organization"), "yes")}
    return _template({**_PARAMETERS, **_CHOICE}, conditions, _resources(_ref("HubPrincipal"), "IsReader"))


def _member() -> Json:
    """What the stack set puts into each account: all but the reader trust the reader alone."""
    conditions = {"IsReader": _equals(_ref("Reader"), _ref("AWS::AccountId"))}
    reader = _sub("arn:${AWS::Partition}:iam::${Reader}:role/${RoleName}")
    trusted = _if("IsReader", _ref("HubPrincipal"), reader)
    return _template({**_PARAMETERS, **_READER}, conditions, _resources(trusted, "IsReader"))


def _whole_organization() -> Json:
    """For the management account, which a stack set leaves out: its own role, and the stack set for the others.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org.html
    """
    conditions = {"IsReader": _equals(_ref("DelegatedAdministrator"), "")}
    reader = _sub("arn:${AWS::Partition}:iam::${DelegatedAdministrator}:role/${RoleName}")
    # What concerns the organization is asked in its management account whoever the reader is.
    resources = _resources(_if("IsReader", _ref("HubPrincipal"), reader), "")
    return _template({**_PARAMETERS, **_UNITS}, conditions, {**resources, "Accounts": _stack_set()})


def _template(parameters: Json, conditions: Json, resources: Json) -> Json:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role that Grantpath reads with how things are set up, never what is in them.",
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": resources,
        "Outputs": {"RoleArn": {"Description": "What to give Grantpath.", "Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def _resources(trusted: Json, condition: str) -> Json:
    """The role and its policies; `condition` says where those for the organization are needed, "" for always."""
    names = tuple(policies())
    attached = [_needed(name, condition, _ref(_logical(name))) for name in names]
    role = {
        "RoleName": _ref("RoleName"),
        "Description": "Grantpath reads how this account is set up.",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [_trust(trusted)]},
        "ManagedPolicyArns": attached,
        "Policies": [_if("IsReader", _assume_members(), _ref("AWS::NoValue"))],
    }
    made = {_logical(name): _policy(name, condition) for name in names}
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": role}, **made}


def _trust(trusted: Json) -> Json:
    """Named by a condition: a role that is not there yet cannot be a principal, and stacks are made in any order.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    account = {"Fn::Select": [4, {"Fn::Split": [":", trusted]}]}
    root = {"Fn::Sub": ["arn:${AWS::Partition}:iam::${Trusted}:root", {"Trusted": account}]}
    only = {"ArnEquals": {"aws:PrincipalArn": trusted}, "StringEquals": {"sts:ExternalId": _ref("ExternalId")}}
    who = {"Principal": {"AWS": root}, "Condition": only}
    return {"Sid": "OnlyGrantpath", "Effect": "Allow", "Action": "sts:AssumeRole", **who}


def _assume_members() -> Json:
    assume = {
        "Sid": "AssumeTheReadRoles",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": _sub("arn:${AWS::Partition}:iam::*:role/${RoleName}"),
    }
    return {"PolicyName": "accounts", "PolicyDocument": {"Version": "2012-10-17", "Statement": [assume]}}


def _logical(name: str) -> str:
    return "Policy" + "".join(word.capitalize() for word in name.split("-"))


def _needed(name: str, condition: str, one: Json) -> Json:
    return _if(condition, one, _ref("AWS::NoValue")) if condition and name == _ORGANIZATION else one


def _policy(name: str, condition: str) -> Json:
    properties = {
        "ManagedPolicyName": _sub(f"${{RoleName}}-{name}"),
        "Description": "What Grantpath may ask for, and nothing else.",
        "PolicyDocument": policies()[name],
    }
    where = {"Condition": condition} if condition and name == _ORGANIZATION else {}
    return {"Type": "AWS::IAM::ManagedPolicy", **where, "Properties": properties}


def _stack_set() -> Json:
    reader = _if("IsReader", _ref("AWS::AccountId"), _ref("DelegatedAdministrator"))
    passed = {**{name: _ref(name) for name in _PARAMETERS}, "Reader": reader}
    units = {"DeploymentTargets": {"OrganizationalUnitIds": _ref("Units")}, "Regions": [_ref("AWS::Region")]}
    properties = {
        "StackSetName": _sub("${RoleName}-accounts"),
        "Description": "The role that Grantpath reads each account with.",
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "ManagedExecution": {"Active": True},
        "OperationPreferences": {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in passed.items()],
        "StackInstancesGroup": [units],
        # Without blanks: a template that is sent along holds 51,200 bytes.
        "TemplateBody": json.dumps(_member(), separators=(",", ":")),
    }
    return {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}


# ----- the ways

RIGHTS = (
    Rights(
        "iam",
        "The policies alone, to attach to an own role or user: `account-…` in every account, `organization` besides in "
        "the one that the organization is read from, `hub` for whoever assumes the read role.",
        _policies,
    ),
    Rights(
        "cloudformation",
        "A template for one account: the role with its policies.",
        lambda: {"grantpath-account.template.json": _text(_account())},
    ),
    Rights(
        "stackset",
        "A template for the management account of an organization: its role, and a stack set that puts one into every "
        "other account, also into those to come.",
        lambda: {"grantpath-organization.template.json": _text(_whole_organization())},
    ),
    Rights(
        "terraform",
        "A Terraform module for one account: the role with its policies.",
        lambda: {**_shipped(*_MODULE), **_beside()},
    ),
    Rights(
        "commands",
        "A shell script for one account, for the AWS command line; run again, it brings the role up to date.",
        lambda: {**_shipped(_SCRIPT), **_beside()},
    ),
)
