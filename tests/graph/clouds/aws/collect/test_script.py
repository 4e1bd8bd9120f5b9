"""The shell script that makes the read role, run on a stand-in for the AWS command line that keeps what IAM would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

from graph.clouds.aws import CLOUD
from graph.clouds.aws.collect.rights import policies

HUB = "arn:aws-cn:iam::111122223333:role/Grantpath"
ROLE = "arn:aws-cn:iam::444455556666:role"
[FILES] = [way.files() for way in CLOUD.rights if way.key == "commands"]

# Roles, policies and versions in a file; each call is noted with its arguments.
AWS = """#!{python} -IS
import json, pathlib, sys
kept = pathlib.Path({kept!r})
iam = json.loads(kept.read_text()) if kept.exists() else {{"roles": {{}}, "policies": {{}}, "calls": []}}
service, operation, *rest = sys.argv[1:]
given = {{}}
while rest:
    name = rest.pop(0)[2:]
    given[name] = rest.pop(0) if rest and not rest[0].startswith("--") else True
iam["calls"].append([service, operation, given])
def refuse(code):
    kept.write_text(json.dumps(iam))
    sys.exit(f"An error occurred ({{code}}) when calling the X operation: no")
def text(value):
    return pathlib.Path(value[7:]).read_text() if value.startswith("file://") else value
role, policy = given.get("role-name"), given.get("policy-arn")
if operation == "get-caller-identity":
    print("arn:aws-cn:sts::444455556666:assumed-role/Admin/me")
elif operation == "get-role":
    role in iam["roles"] or refuse("NoSuchEntity")
elif operation == "create-role":
    role not in iam["roles"] or refuse("EntityAlreadyExists")
    iam["roles"][role] = {{"trust": given["assume-role-policy-document"], "attached": [], "inline": {{}}}}
elif operation == "update-assume-role-policy":
    iam["roles"][role]["trust"] = given["policy-document"]
elif operation == "get-policy":
    policy in iam["policies"] or refuse("NoSuchEntity")
elif operation == "create-policy":
    made = "arn:aws-cn:iam::444455556666:policy/" + given["policy-name"]
    iam["policies"][made] = [["v1", text(given["policy-document"])]]
elif operation == "list-policy-versions":
    print("\\t".join(version for version, _ in iam["policies"][policy][:-1]))
elif operation == "delete-policy-version":
    iam["policies"][policy] = [one for one in iam["policies"][policy] if one[0] != given["version-id"]]
elif operation == "create-policy-version":
    versions = iam["policies"][policy]
    versions.append([f"v{{int(versions[-1][0][1:]) + 1}}", text(given["policy-document"])])
elif operation == "attach-role-policy":
    policy in iam["policies"] or refuse("NoSuchEntity")
    iam["roles"][role]["attached"] = sorted({{*iam["roles"][role]["attached"], policy}})
elif operation == "put-role-policy":
    iam["roles"][role]["inline"][given["policy-name"]] = given["policy-document"]
else:
    refuse("NotImplemented")
kept.write_text(json.dumps(iam))
"""


class Account:
    """An account with the script in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kept = folder, folder / "iam.json"
        for name, text in FILES.items():
            (folder / "way there" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "way there" / name).write_text(text)
        stand_in = folder / "bin" / "aws"
        stand_in.parent.mkdir()
        stand_in.write_text(AWS.format(python=sys.executable, kept=str(self.kept)))
        stand_in.chmod(0o755)

    def run(self, **given: str) -> subprocess.CompletedProcess[str]:
        around = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", **given}
        script = str(self.folder / "way there" / "create-role.sh")
        return subprocess.run(["sh", script], env=around, capture_output=True, text=True, check=False)

    @property
    def iam(self) -> Any:
        return json.loads(self.kept.read_text())

    def rights(self, role: str) -> dict[str, Any]:
        """The documents of the role by the names of its policies."""
        attached = self.iam["roles"][role]["attached"]
        return {arn.rpartition("/")[2]: json.loads(self.iam["policies"][arn][-1][1]) for arn in attached}


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def _named(role: str, *, organization: bool) -> dict[str, Any]:
    return {f"{role}-{name}": p for name, p in policies().items() if organization or name != "organization"}


def test_the_script_makes_the_role_with_the_policies_and_says_its_name(account: Account) -> None:
    ran = account.run(HUB_PRINCIPAL=HUB, EXTERNAL_ID="north-wind-1")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{ROLE}/GrantpathRead\n", "")
    assert account.rights("GrantpathRead") == _named("GrantpathRead", organization=False)
    [statement] = json.loads(account.iam["roles"]["GrantpathRead"]["trust"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws-cn:iam::111122223333:root"}
    only = {"ArnEquals": {"aws:PrincipalArn": HUB}, "StringEquals": {"sts:ExternalId": "north-wind-1"}}
    assert statement["Condition"] == only
    assert account.iam["roles"]["GrantpathRead"]["inline"] == {}


def test_the_rights_for_the_organization_come_where_they_are_asked_for(account: Account) -> None:
    account.run(HUB_PRINCIPAL=HUB, EXTERNAL_ID="north-wind-1", ORGANIZATION="yes", ROLE_NAME="Auditor")
    assert account.rights("Auditor") == _named("Auditor", organization=True)
    [assume] = json.loads(account.iam["roles"]["Auditor"]["inline"]["accounts"])["Statement"]
    assert (assume["Action"], assume["Resource"]) == ("sts:AssumeRole", "arn:aws-cn:iam::*:role/Auditor")


def test_run_again_it_brings_the_role_up_to_date_however_often(account: Account) -> None:
    for number in range(3):
        ran = account.run(HUB_PRINCIPAL=HUB, EXTERNAL_ID=f"north-wind-{number}")
        assert (ran.returncode, ran.stderr) == (0, "")
    assert account.rights("GrantpathRead") == _named("GrantpathRead", organization=False)
    assert {len(versions) for versions in account.iam["policies"].values()} == {2}, "five are the most there can be"
    assert "north-wind-2" in account.iam["roles"]["GrantpathRead"]["trust"]


@pytest.mark.parametrize("missing", ["HUB_PRINCIPAL", "EXTERNAL_ID"])
def test_without_knowing_whom_to_trust_it_does_nothing(account: Account, missing: str) -> None:
    given = {"HUB_PRINCIPAL": HUB, "EXTERNAL_ID": "north-wind-1"}
    del given[missing]
    ran = account.run(**given)
    assert ran.returncode != 0
    assert missing in ran.stderr
    assert not account.kept.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("HUB_PRINCIPAL", "arn:aws-cn:iam::111122223333:role/*"), ("HUB_PRINCIPAL", '"}'), ("EXTERNAL_ID", 'a"b')],
)
def test_what_would_trust_others_is_refused(account: Account, name: str, value: str) -> None:
    ran = account.run(**{"HUB_PRINCIPAL": HUB, "EXTERNAL_ID": "north-wind-1", name: value})
    assert ran.returncode == 2
    assert ran.stderr.startswith(name)
    assert not account.kept.exists()


def test_it_calls_operations_that_there_are_with_arguments_that_they_take(account: Account) -> None:
    for _ in range(2):
        account.run(HUB_PRINCIPAL=HUB, EXTERNAL_ID="north-wind-1", ORGANIZATION="yes")
    of_the_tool = {"query", "output"}
    for service, operation, given in account.iam["calls"]:
        model = get_session().get_service_model(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(names[operation]).input_shape
        members = {xform_name(name, "-"): name for name in shape.members} if shape else {}
        assert given.keys() - of_the_tool <= members.keys()
        passed = {members[name]: value for name, value in given.items() if name in members}
        if shape:
            assert ParamValidator().validate(passed, shape).generate_report() == ""
