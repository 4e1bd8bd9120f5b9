"""The accounts nw-data, with training data and labelling by a vendor, and nw-archive, whose policy was not readable."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import Account, allow, policy, to, trust

VENDOR, PARTNER = "444455556666", "555566667777"
TRAINING, LABELS = "arn:aws:s3:::nw-training-data", "arn:aws:s3:::nw-label-queue"


def make(number: str, prod_ml: str, organization: str) -> Account:
    a = Account(number, "nw-data")
    key = _key(a, prod_ml)
    _buckets(a, prod_ml, key)
    _outsiders(a, organization)
    _people(a)
    return a


def make_archive(number: str) -> Account:
    """One bucket, and nobody may say what its policy holds."""
    a = Account(number, "nw-archive")
    a.bucket("nw-claims-archive", refused=True, owner="nina.kowalski", purpose="training-data")
    return a


def _key(a: Account, prod_ml: str) -> str:
    """The key that the training data is encrypted with: no delegation to the account, two readers and its managers."""
    readers = [f"arn:aws:iam::{prod_ml}:role/sm-training-role", a.arn("iam", "user/svc-datasync")]
    manage = ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:TagResource"]
    managers = {"AWS": a.arn("iam", "role/key-manager")}
    a.role("key-manager", trust({"Service": "cloudformation.amazonaws.com"}))
    statements = [
        to({"AWS": readers}, allow(["kms:Decrypt", "kms:DescribeKey"], sid="Readers")),
        to(managers, allow(manage, sid="Managers")),
        to({"AWS": f"arn:aws:iam::{prod_ml}:role/ci-deployer"}, allow("kms:GenerateDataKey", sid="Writer")),
    ]
    return a.key("6f1c0d7e-5a44-4d0b-9d9a-7b1f2a3c4d5e", policy(*statements), "training-data")


def _buckets(a: Account, prod_ml: str, key: str) -> None:
    objects = f"{TRAINING}/*"
    shared = [
        to({"AWS": f"arn:aws:iam::{prod_ml}:role/ci-deployer"}, allow("s3:PutObject", objects, sid="Uploads")),
        to(
            {"AWS": f"arn:aws:iam::{prod_ml}:role/sm-training-role"},
            allow(["s3:GetObject", "s3:ListBucket"], [TRAINING, objects], sid="Training"),
        ),
        # Near miss: the partner is let in here, but the organization keeps everybody outside away.
        to({"AWS": f"arn:aws:iam::{PARTNER}:root"}, allow("s3:GetObject", objects, sid="Partner")),
    ]
    a.bucket("nw-training-data", policy(*shared), key=key, owner="nina.kowalski", purpose="training-data")
    a.bucket("nw-label-queue", owner="nina.kowalski", purpose="training-data")


def _outsiders(a: Account, organization: str) -> None:
    read = allow("s3:GetObject", f"{LABELS}/*", sid="ReadLabels")
    vendor = trust({"AWS": f"arn:aws:iam::{VENDOR}:root"}, sid="LabelWorks")
    a.role("labelworks-access", vendor, read, owner="nina.kowalski")
    password = {"sts:ExternalId": "nw-eval-2025"}
    a.role("partner-eval", trust({"AWS": "*"}, sid="Evaluation", StringEquals=password), read)
    # Near miss: open to every account, but only of this organization.
    ours = {"aws:PrincipalOrgID": organization}
    a.role(
        "org-readers",
        trust({"AWS": "*"}, sid="OurOrganization", StringEquals=ours),
        allow("s3:GetObject", f"{TRAINING}/*"),
    )


def _people(a: Account) -> None:
    a.user(
        "svc-datasync",
        allow(["s3:GetObject", "s3:ListBucket"], [TRAINING, f"{TRAINING}/*"], sid="Sync"),
        allow("kms:Decrypt", sid="Decrypt"),
        key="2025-10-05T08:00:00Z",
        owner="data-platform",
    )
    # Near miss: may read the objects, but not use the key they are encrypted with.
    a.user("data-curator", allow("s3:GetObject", f"{TRAINING}/*", sid="Curate"), key="2026-04-01T08:00:00Z")
    a.user(
        "claims-reader",
        allow("s3:GetObject", "arn:aws:s3:::nw-claims-archive/*", sid="Read"),
        key="2026-06-12T08:00:00Z",
    )
    # Near miss: a boundary takes away what the policy gives.
    boundary = a.managed("ReadOnlyBoundary", allow(["s3:List*", "s3:GetBucket*", "lambda:List*"]))
    change = ["lambda:UpdateFunctionCode", "lambda:InvokeFunction"]
    a.user("rita-analyst", allow(change, sid="Functions"), boundary=boundary, key="2026-07-07T08:00:00Z")
    export = a.role("export-role", trust({"Service": "lambda.amazonaws.com"}), allow("s3:GetObject", f"{LABELS}/*"))
    a.function("data-export", export)
