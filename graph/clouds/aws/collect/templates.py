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
    """Besides what the role may do: what whoever runs Grantpath needs in order to assume it."""
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
        "Description": "ARN of the role or user that Grantpath runs as. It must exist already.",
        "AllowedPattern": "^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$",
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
# A service-managed stack set leaves the management account out, whatever units it is for.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org.html
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


def _ref(name: str) -> Json:
    return {"Ref": name}


def _account() -> Json:
    condition = {"OrganizationIsRead": {"Fn::Equals": [_ref("Organization"), "yes"]}}
    return _template("The role that Grantpath reads this account with.", {**_PARAMETERS, **_CHOICE}, condition)


def _member() -> Json:
    """What the stack set puts into each account: only the delegated administrator's gets the organization's rights."""
    parameters = {**_PARAMETERS, "DelegatedAdministrator": _UNITS["DelegatedAdministrator"]}
    same = {"Fn::Equals": [_ref("DelegatedAdministrator"), _ref("AWS::AccountId")]}
    return _template("The role that Grantpath reads this account with.", parameters, {"OrganizationIsRead": same})


def _whole_organization() -> Json:
    """For the management account: its own role, and a stack set with the role of every other account."""
    condition = {"OrganizationIsRead": {"Fn::Equals": [_ref("DelegatedAdministrator"), ""]}}
    words = "The role that Grantpath reads an organization with, in every account. Deploy it in the management account."
    template = _template(words, {**_PARAMETERS, **_UNITS}, condition)
    return {**template, "Resources": {**_resources(), "Accounts": _stack_set()}}


def _template(words: str, parameters: Json, conditions: Json) -> Json:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": words,
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": _resources(),
        "Outputs": {"RoleArn": {"Description": "What to give Grantpath.", "Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def _resources() -> Mapping[str, object]:
    names = tuple(policies())
    return {"Role": _role(names), **{_logical(name): _policy(name) for name in names}}


def _logical(name: str) -> str:
    return "Policy" + "".join(word.capitalize() for word in name.split("-"))


def _role(names: tuple[str, ...]) -> Json:
    trust = {
        "Sid": "OnlyGrantpath",
        "Effect": "Allow",
        "Principal": {"AWS": _ref("HubPrincipal")},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": _ref("ExternalId")}},
    }
    attached = [_only_for(name, _ref(_logical(name)), _ref("AWS::NoValue")) for name in names]
    properties = {
        "RoleName": _ref("RoleName"),
        "Description": "Grantpath reads how this account is set up.",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": attached,
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _only_for(name: str, one: Json, other: Json) -> Json:
    return {"Fn::If": ["OrganizationIsRead", one, other]} if name == _ORGANIZATION else one


def _policy(name: str) -> Json:
    properties = {
        "ManagedPolicyName": {"Fn::Sub": f"${{RoleName}}-{name}"},
        "Description": "What Grantpath may ask for, and nothing else.",
        "PolicyDocument": policies()[name],
    }
    condition = {"Condition": "OrganizationIsRead"} if name == _ORGANIZATION else {}
    return {"Type": "AWS::IAM::ManagedPolicy", **condition, "Properties": properties}


def _stack_set() -> Json:
    passed = ("HubPrincipal", "ExternalId", "RoleName", "DelegatedAdministrator")
    units = {"DeploymentTargets": {"OrganizationalUnitIds": _ref("Units")}, "Regions": [_ref("AWS::Region")]}
    properties = {
        "StackSetName": {"Fn::Sub": "${RoleName}-accounts"},
        "Description": "The role that Grantpath reads each account with.",
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "ManagedExecution": {"Active": True},
        "OperationPreferences": {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": name, "ParameterValue": _ref(name)} for name in passed],
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
        "the one that the organization is read from, `hub` for whoever runs Grantpath.",
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
