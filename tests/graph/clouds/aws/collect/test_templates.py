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
READ_ROLES = "arn:aws:iam::*:role/GrantpathRead"
ACCOUNT = [name for name in policies() if name != "organization"]


def _template(way: str) -> dict[str, Any]:
    [text] = FILES[way].values()
    found: dict[str, Any] = json.loads(text)
    return found


def _member() -> dict[str, Any]:
    """The template within the stack set."""
    found: dict[str, Any] = json.loads(_template("stackset")["Resources"]["Accounts"]["Properties"]["TemplateBody"])
    return found


def _place(account: str) -> dict[str, str]:
    return {"AWS::AccountId": account, "AWS::Region": "eu-west-1", "AWS::Partition": "aws"}


class Stack:
    """A template with its parameters filled in; knows just the functions that ours use."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, str], account: str = "444455556666") -> None:
        parameters = template["Parameters"]
        assert set(given) <= set(parameters), "a parameter that the template does not have"
        defaults = {name: p["Default"] for name, p in parameters.items() if "Default" in p}
        self.values = {**defaults, **given, **_place(account)}
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

    def _sub(self, given: Any) -> str:
        text, more = given if isinstance(given, list) else (given, {})
        values = {**self.values, **{name: self.resolve(value) for name, value in more.items()}}
        return re.sub(r"\$\{([\w:]+)\}", lambda found: str(values[found[1]]), text)

    def _select(self, given: list[Any]) -> Any:
        return self.resolve(given[1])[given[0]]

    def _split(self, given: list[Any]) -> list[str]:
        return str(self.resolve(given[1])).split(given[0])

    def _equals(self, both: list[Any]) -> bool:
        return bool(self.resolve(both[0]) == self.resolve(both[1]))

    def _if(self, choice: list[Any]) -> Any:
        return self.resolve(choice[1] if self.conditions[choice[0]] else choice[2])

    def attached(self) -> dict[str, Any]:
        """The documents of the role's policies by name."""
        mine = [self.resources[name] for name in self.resources["Role"]["ManagedPolicyArns"]]
        return {policy["ManagedPolicyName"]: policy["PolicyDocument"] for policy in mine}

    def trusts(self) -> str:
        """The only principal that the role trusts."""
        [statement] = self.resources["Role"]["AssumeRolePolicyDocument"]["Statement"]
        trusted: str = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        account = trusted.split(":")[4]
        assert statement == {
            "Sid": "OnlyGrantpath",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": trusted},
                "StringEquals": {"sts:ExternalId": "north-wind-1"},
            },
        }
        return trusted

    def assumes(self) -> list[str]:
        """The roles that the role may assume."""
        found = [one for inline in self.resources["Role"]["Policies"] for one in inline["PolicyDocument"]["Statement"]]
        assert all((one["Effect"], one["Action"]) == ("Allow", "sts:AssumeRole") for one in found)
        return [one["Resource"] for one in found]


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


@pytest.mark.parametrize("organization", ["no", "yes"])
def test_nobody_but_the_hub_with_the_external_id_may_assume_the_role(organization: str) -> None:
    assert Stack(_template("cloudformation"), {**GIVEN, "Organization": organization}).trusts() == HUB


def test_only_what_the_organization_is_read_from_may_assume_roles_and_only_those_of_the_name() -> None:
    assert Stack(_template("cloudformation"), GIVEN).assumes() == []
    assert Stack(_template("cloudformation"), {**GIVEN, "Organization": "yes"}).assumes() == [READ_ROLES]


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
MANAGEMENT, DELEGATED, OTHER = "444455556666", "777788889999", "222233334444"


def _organization(delegated: str = "") -> dict[str, Stack]:
    """What the stacks make in the management account and, with the parameters that it hands on, in two others."""
    top = Stack(_template("stackset"), {**GIVEN, **UNITS, "DelegatedAdministrator": delegated}, MANAGEMENT)
    handed = {each["ParameterKey"]: each["ParameterValue"] for each in top.resources["Accounts"]["Parameters"]}
    return {MANAGEMENT: top, **{account: Stack(_member(), handed, account) for account in (DELEGATED, OTHER)}}


def _read_role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/GrantpathRead"


@pytest.mark.parametrize("delegated", ["", DELEGATED])
def test_the_hub_enters_one_account_of_an_organization_and_that_one_the_others(delegated: str) -> None:
    reader = delegated or MANAGEMENT
    stacks = _organization(delegated)
    assert {account: stack.trusts() for account, stack in stacks.items()} == {
        account: HUB if account == reader else _read_role(reader) for account in stacks
    }
    assert {account: stack.assumes() for account, stack in stacks.items()} == {
        account: [READ_ROLES] if account == reader else [] for account in stacks
    }


@pytest.mark.parametrize("delegated", ["", DELEGATED])
def test_the_rights_for_the_organization_are_in_its_management_account_and_where_it_is_read_from(
    delegated: str,
) -> None:
    for account, stack in _organization(delegated).items():
        with_all = account in {MANAGEMENT, delegated}
        assert stack.attached() == _named([*ACCOUNT, "organization"] if with_all else ACCOUNT)


def test_the_stack_set_covers_accounts_to_come() -> None:
    stack_set = _organization()[MANAGEMENT].resources["Accounts"]
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


def _documents() -> dict[str, Any]:
    found = [block['"aws_iam_policy_document"'] for block in _module()["data"] if '"aws_iam_policy_document"' in block]
    return {name.strip('"'): body for one in found for name, body in one.items()}


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
    [statement] = _documents()["trust"]["statement"]
    [principals] = statement["principals"]
    assert [identifier.rpartition(":")[2] for identifier in principals["identifiers"]] == ['root"']
    asked = {condition["variable"].strip('"'): condition["values"] for condition in statement["condition"]}
    assert asked == {"aws:PrincipalArn": ["${var.hub_principal}"], "sts:ExternalId": ["${var.external_id}"]}
    assert {condition["test"] for condition in statement["condition"]} == {'"ArnEquals"', '"StringEquals"'}


def test_the_module_lets_assume_only_roles_of_the_same_name() -> None:
    [statement] = _documents()["accounts"]["statement"]
    assert statement["actions"] == ['"sts:AssumeRole"']
    assert [resource.rpartition("::")[2] for resource in statement["resources"]] == ['*:role/${var.role_name}"']
    [inline] = [block['"aws_iam_role_policy"'] for block in _module()["resource"] if '"aws_iam_role_policy"' in block]
    assert inline['"accounts"']["count"] == "${var.organization ? 1 : 0}"


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
