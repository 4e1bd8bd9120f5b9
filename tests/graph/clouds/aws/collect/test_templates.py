"""What the templates make once their parameters are filled in: one role, for one principal, with the policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import hcl2
import pytest
from cfnlint.api import ManualArgs, lint

from graph.clouds.aws import CLOUD
from graph.clouds.aws.collect.rights import policies

FILES = {way.key: way.files() for way in CLOUD.rights}
HUB = "arn:aws:iam::111122223333:role/Grantpath"
GIVEN = {"HubPrincipal": HUB, "ExternalId": "north-wind-1", "RoleName": "GrantpathRead"}
ACCOUNT = [name for name in policies() if name != "organization"]


def _template(way: str) -> dict[str, Any]:
    [text] = FILES[way].values()
    found: dict[str, Any] = json.loads(text)
    return found


def _member() -> dict[str, Any]:
    """The template within the stack set."""
    found: dict[str, Any] = json.loads(_template("stackset")["Resources"]["Accounts"]["Properties"]["TemplateBody"])
    return found


class Stack:
    """A template with its parameters filled in; knows just the functions that ours use."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, str], account: str = "444455556666") -> None:
        parameters = template["Parameters"]
        assert set(given) <= set(parameters), "a parameter that the template does not have"
        defaults = {name: p["Default"] for name, p in parameters.items() if "Default" in p}
        self.values = {**defaults, **given, "AWS::AccountId": account, "AWS::Region": "eu-west-1"}
        assert set(parameters) <= set(self.values), "a parameter is not given"
        self.conditions = {name: self.resolve(condition) for name, condition in template["Conditions"].items()}
        there = {n: r for n, r in template["Resources"].items() if self.conditions.get(r.get("Condition", ""), True)}
        self.resources = {name: self.resolve(resource["Properties"]) for name, resource in there.items()}

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for found in map(self.resolve, value) if found is not None]
        if not isinstance(value, dict):
            return value
        [name, *others] = value or [""]
        if not others and (name == "Ref" or name.startswith("Fn::")):
            return getattr(self, "_" + name.rpartition(":")[2].lower())(value[name])
        return {name: self.resolve(each) for name, each in value.items()}

    def _ref(self, name: str) -> Any:
        return None if name == "AWS::NoValue" else self.values.get(name, name)

    def _sub(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda found: str(self.values[found[1]]), text)

    def _equals(self, both: list[Any]) -> bool:
        return bool(self.resolve(both[0]) == self.resolve(both[1]))

    def _if(self, choice: list[Any]) -> Any:
        return self.resolve(choice[1] if self.conditions[choice[0]] else choice[2])

    def attached(self) -> dict[str, Any]:
        """The documents of the role's policies by name."""
        mine = [self.resources[name] for name in self.resources["Role"]["ManagedPolicyArns"]]
        return {policy["ManagedPolicyName"]: policy["PolicyDocument"] for policy in mine}


def _named(names: list[str], role: str = "GrantpathRead") -> dict[str, Any]:
    return {f"{role}-{name}": policies()[name] for name in names}


# ----- CloudFormation


@pytest.mark.parametrize(
    "template", [_template("cloudformation"), _template("stackset"), _member()], ids=["account", "stackset", "member"]
)
def test_the_linter_of_aws_finds_nothing_but_an_action_newer_than_its_list(template: dict[str, Any]) -> None:
    found = lint(json.dumps(template), config=ManualArgs(regions=["eu-west-1"]))
    assert [(match.rule.id, match.message.partition(" is ")[0]) for match in found] == [
        ("W3037", "'getendpointpolicy'")
    ]


def test_an_account_gets_the_role_with_the_policies_for_every_account() -> None:
    assert Stack(_template("cloudformation"), GIVEN).attached() == _named(ACCOUNT)


def test_the_account_that_the_organization_is_read_from_gets_the_rights_for_that_besides() -> None:
    stack = Stack(_template("cloudformation"), {**GIVEN, "Organization": "yes"})
    assert stack.attached() == _named([*ACCOUNT, "organization"])


def test_another_name_of_the_role_is_also_the_name_of_its_policies() -> None:
    stack = Stack(_template("cloudformation"), {**GIVEN, "RoleName": "Auditor"})
    assert stack.resources["Role"]["RoleName"] == "Auditor"
    assert stack.attached() == _named(ACCOUNT, "Auditor")


@pytest.mark.parametrize("template", [_template("cloudformation"), _member()], ids=["account", "member"])
def test_nobody_but_the_hub_with_the_external_id_may_assume_the_role(template: dict[str, Any]) -> None:
    [statement] = Stack(template, GIVEN).resources["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Sid": "OnlyGrantpath",
        "Effect": "Allow",
        "Principal": {"AWS": HUB},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "north-wind-1"}},
    }


@pytest.mark.parametrize("name", ["HubPrincipal", "ExternalId"])
def test_whom_to_trust_has_no_default(name: str) -> None:
    assert all("Default" not in t["Parameters"][name] for t in (_template("cloudformation"), _template("stackset")))


@pytest.mark.parametrize(
    ("principal", "taken"),
    [
        (HUB, True),
        ("arn:aws-us-gov:iam::111122223333:user/team/reader", True),
        (
            "arn:aws:iam::111122223333:root",
            False,
        ),  # a whole account: everybody in it whom its policies let assume roles
        ("*", False),
        ("111122223333", False),
    ],
)
def test_only_a_role_or_a_user_is_trusted(principal: str, taken: bool) -> None:
    pattern = _template("cloudformation")["Parameters"]["HubPrincipal"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, principal)) is taken


# ----- the organization

UNITS = {"Units": "r-ab12"}


def test_the_management_account_gets_its_own_role_as_a_stack_set_leaves_it_out() -> None:
    assert Stack(_template("stackset"), {**GIVEN, **UNITS}).attached() == _named([*ACCOUNT, "organization"])


def test_every_other_account_gets_the_role_without_the_rights_for_the_organization() -> None:
    assert Stack(_member(), GIVEN).attached() == _named(ACCOUNT)


def test_a_delegated_administrator_gets_the_rights_for_the_organization_instead() -> None:
    named = {**GIVEN, "DelegatedAdministrator": "777788889999"}
    assert Stack(_template("stackset"), {**named, **UNITS}).attached() == _named(ACCOUNT)
    assert Stack(_member(), named, account="777788889999").attached() == _named([*ACCOUNT, "organization"])
    assert Stack(_member(), named, account="444455556666").attached() == _named(ACCOUNT)


def test_the_stack_set_hands_its_parameters_on_and_covers_accounts_to_come() -> None:
    stack_set = Stack(_template("stackset"), {**GIVEN, **UNITS}).resources["Accounts"]
    handed = {each["ParameterKey"]: each["ParameterValue"] for each in stack_set["Parameters"]}
    assert handed == {**GIVEN, "DelegatedAdministrator": ""}
    assert set(handed) == set(_member()["Parameters"])
    assert stack_set["PermissionModel"] == "SERVICE_MANAGED"
    assert stack_set["AutoDeployment"]["Enabled"] is True
    [group] = stack_set["StackInstancesGroup"]
    assert group == {"DeploymentTargets": {"OrganizationalUnitIds": "r-ab12"}, "Regions": ["eu-west-1"]}


@pytest.mark.parametrize("way", ["cloudformation", "stackset"])
def test_a_template_can_be_sent_along_without_a_bucket(way: str) -> None:
    """51,200 bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert all(len(text.encode()) <= 51_200 for text in FILES[way].values())


# ----- Terraform


def _module() -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for name, text in FILES["terraform"].items():
        if name.endswith(".tf"):
            parsed |= hcl2.loads(text)
    return parsed


def _blocks(kind: str) -> dict[str, Any]:
    """Blocks with one label, by it."""
    return {label.strip('"'): body for block in _module()[kind] for label, body in block.items()}


def test_the_module_parses_and_names_its_variables_and_outputs() -> None:
    assert set(_blocks("variable")) == {"hub_principal", "external_id", "role_name", "organization", "tags"}
    assert set(_blocks("output")) == {"role_arn", "policy_arns"}
    assert {name for name, body in _blocks("variable").items() if "default" not in body} == {
        "hub_principal",
        "external_id",
    }


def test_all_that_the_module_refers_to_is_there() -> None:
    text = "".join(text for name, text in FILES["terraform"].items() if name.endswith(".tf"))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == set(_blocks("variable"))
    resources = {label.strip('"') for block in _module()["resource"] for label in block}
    assert set(re.findall(r"(?<!data\.)\b(aws_\w+)\.", text)) <= resources
    assert "policies/organization.json" in FILES["terraform"]


def test_the_module_trusts_the_hub_with_the_external_id_alone() -> None:
    [data] = _module()["data"]
    [statement] = data['"aws_iam_policy_document"']['"trust"']["statement"]
    assert [p["identifiers"] for p in statement["principals"]] == [["${var.hub_principal}"]]
    [condition] = statement["condition"]
    assert (condition["variable"], condition["values"]) == ('"sts:ExternalId"', ["${var.external_id}"])


@pytest.mark.parametrize("way", ["terraform", "commands"])
def test_the_policies_beside_a_module_or_script_are_the_same_ones(way: str) -> None:
    beside = {name: json.loads(text) for name, text in FILES[way].items() if name.startswith("policies/")}
    assert beside == {f"policies/{name}.json": policy for name, policy in policies().items()}


# ----- policies alone


def test_the_policies_alone_come_with_the_one_that_lets_the_hub_assume_the_role() -> None:
    found = {name: json.loads(text) for name, text in FILES["iam"].items()}
    [statement] = found.pop("hub.json")["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sts:AssumeRole", "arn:aws:iam::*:role/GrantpathRead")
    assert found == {f"{name}.json": policy for name, policy in policies().items()}


def test_the_same_files_come_each_time() -> None:
    assert {way.key: way.files() for way in CLOUD.rights} == FILES
