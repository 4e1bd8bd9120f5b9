"""Scenes of the planted estate about data: buckets, keys and secrets, and what opens or shuts them."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import Account, Answer, allow, policy, to, trust
from tests.estates.aws_planted_stage import STRANGER, Stage, scene

_READ, _WRITE = "read_training_data", "poison_data"


def _bucket(s: Stage, document: Answer | None = None, account: Account | None = None, **more: object) -> str:
    """A bucket with training data; its ARN."""
    (account or s.a).bucket(s.name, document, purpose="training-data", **more)  # type: ignore[arg-type]
    return f"arn:aws:s3:::{s.name}"


def _key(s: Stage) -> str:
    """A key that the policies of its own account decide about."""
    number = f"{len(s.a.answers):08d}-0000-4000-8000-000000000000"
    home = to({"AWS": s.a.arn("iam", "root").replace("111111111111", s.a.number)}, allow("kms:*"))
    return s.a.key(number, policy(home), s.name)


@scene("anybody may read it, and nothing blocks that", "Block Public Access is on")
def public_bucket(s: Stage) -> None:
    bucket = f"arn:aws:s3:::{s.name}"
    # Where nobody is: those of the bucket's own account are let in by the policy, blocked or not.
    _bucket(s, policy(to("*", allow("s3:GetObject", f"{bucket}/*"))), s.v, blocked=not s.good)
    s.wins(_READ, bucket, "anonymous")


@scene("the bucket's policy lets a stranger's account in", "the organization's resource policy denies strangers")
def rcp_stranger(s: Stage) -> None:
    bucket = f"arn:aws:s3:::{s.name}"
    stranger = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
    _bucket(s, policy(to(stranger, allow("s3:GetObject", f"{bucket}/*"))))
    s.wins(_READ, bucket, f"arn:aws:iam::{STRANGER}:root")


@scene("it may read the objects and use their key", "it may not use their key")
def both_halves(s: Stage) -> None:
    key = _key(s)
    bucket = _bucket(s, key=key)
    decrypt = (allow("kms:Decrypt", key),) if s.good else ()
    s.attacker(allow("s3:GetObject", f"{bucket}/*"), *decrypt)
    s.wins(_READ, bucket)
    s.wins("read_secrets", key)


@scene("the neighbour's bucket lets it in, and so do its own rights", "the neighbour's bucket does not")
def across_buckets(s: Stage) -> None:
    bucket = f"arn:aws:s3:::{s.name}"
    named = to({"AWS": s.who}, allow("s3:GetObject", f"{bucket}/*"))
    _bucket(s, policy(named) if s.good else None, s.b)
    s.attacker(allow("s3:GetObject", f"{bucket}/*"))
    s.wins(_READ, bucket)
    s.beyond(_READ, bucket)


@scene("it may write the bucket's policy", "it may write that of another bucket")
def open_bucket(s: Stage) -> None:
    bucket = _bucket(s)
    s.attacker(allow("s3:PutBucketPolicy", s.pick(bucket, f"{bucket}-other")))
    s.wins(_READ, bucket)
    s.wins(_WRITE, bucket)


@scene("it may write the secret's policy", "it may read the secret's policy")
def open_secret(s: Stage) -> None:
    s.attacker(allow(s.pick("secretsmanager:PutResourcePolicy", "secretsmanager:GetResourcePolicy"), s.prize))
    s.wins()


@scene("it may grant itself the use of the key", "it may grant only for services of AWS")
def grant_key(s: Stage) -> None:
    key = _key(s)
    bucket = _bucket(s, key=key)
    only: Answer = {} if s.good else {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    s.attacker(allow("s3:GetObject", f"{bucket}/*"), allow("kms:CreateGrant", key, **only))
    s.wins(_READ, bucket)
    s.wins("read_secrets", key)


@scene("it may detach the organization's policy that stops a role it becomes", "it may detach another one")
def detach_scp(s: Stage) -> None:
    role = s.role(s.home_trust(s.m))
    lifted = f"arn:aws:organizations::{s.m.number}:policy/o-planted0001/service_control_policy/p-lifted0001"
    other = lifted.replace("lifted", "region")
    targets = [f"arn:aws:organizations::{s.m.number}:account/o-planted0001/{s.a.number}"]
    rights = allow("organizations:DetachPolicy", [s.pick(lifted, other), *targets])
    s.attacker(rights, allow("sts:AssumeRole", role), account=s.m)
    s.wins(who=s.m.arn("iam", f"user/{s.name}"))


@scene("the object is written by whoever holds the role of another account", "the role trusts a user who is not there")
def vendor_writes(s: Stage) -> None:
    bucket = _bucket(s)
    vendor = {"AWS": "arn:aws:iam::777777777777:root"}
    trusted = trust(vendor) if s.good else trust({"AWS": s.a.arn("iam", "user/nobody-in-particular")})
    s.a.role(f"{s.name}-role", trusted, allow("s3:PutObject", f"{bucket}/*"))
    s.wins(_WRITE, bucket, "arn:aws:iam::777777777777:root")
