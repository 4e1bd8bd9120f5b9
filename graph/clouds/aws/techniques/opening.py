"""Exposure: ways of opening a resource to oneself or to somebody elsewhere, or of getting in by its own policy."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.harms.doors import GET, LISTED, PUT, by_access_point, by_acl, replicated
from graph.clouds.aws.harms.row import laid_bare, let_in, with_key
from graph.clouds.aws.harms.secrets import GRANT
from graph.clouds.aws.rules.exposing import SHARING
from graph.clouds.aws.rules.language import Conjunction, Given, Need, Place, Rule, Shape, Supply
from graph.clouds.aws.techniques.entry import EXPOSURE, Entry
from graph.model import Strength

_DOCS = "https://docs.aws.amazon.com"
_BUCKET, _KEY, _SECRET = "s3:bucket", "kms:key", "secretsmanager:secret"
_FUNCTION, _LAMBDA = "lambda:function", "lambda.amazonaws.com"


def _opening(*ways: Conjunction, guard: str = "policy", kind: str = "") -> Rule:
    """Whoever writes the resource's own policy names itself in it, or somebody elsewhere."""
    gains = dict.fromkeys(need.action for way in ways for need in way if need.supply is not Supply.NOTHING)
    return Rule(Shape.OPEN, kind or ways[0][0].kind, ways, guard=guard, gains=tuple(gains))


def _rewriting(opens: str, kind: str, *wins: str) -> Rule:
    """By a policy on the very thing that is won."""
    opening = Need(opens, kind)
    return _opening(*(way for win in wins for way in let_in(opening, Need(win, kind))))


def _shared(action: str, kind: str) -> Rule:
    """By naming another account, which must be let in by the key as well; what AWS manages serves its account only.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html
    """
    locked = tuple(replace(need, supply=Supply.STRANGER_NOW) for need in with_key("kms:Decrypt", kind))
    return Rule(Shape.OPEN, kind, ((Need(action, kind), *locked),), guard=SHARING, gains=("a copy of it",))


def _in_function(*opening: Need, win: Conjunction) -> Rule:
    """Who can call a function uses the role that it acts as."""
    ways = tuple(
        (*opening, *(replace(need, supply=supply) for need in win)) for supply in (Supply.RESOURCE, Supply.STRANGER)
    )
    return Rule(Shape.RUN_AS, _FUNCTION, ways, service=_LAMBDA, guard="policy")


def _on_function(action: str, given: Given = ()) -> Need:
    return Need(action, _FUNCTION, Place.HOST, given)


_IMAGE, _WRITE_BUCKET = "ecr:repository", Need("s3:PutBucketPolicy", _BUCKET)
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_PUBLIC: Given = (("lambda:FunctionUrlAuthType", ("NONE",)),)
# Since October 2025 a new address needs the plain permission too, which is granted without a kind of sign-in.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none
_NOT_OF_URLS: Given = (("lambda:FunctionUrlAuthType", ()),)
_OUTSIDE: Given = (("ram:RequestedAllowsExternalPrincipals", ("true",)),)
_SHARE = Need("ram:CreateResourceShare", "", Place.SOME, _OUTSIDE)


def _pulling() -> Rule:
    """An image is pulled by two actions, both of which the policy must allow."""
    opening = Need("ecr:SetRepositoryPolicy", _IMAGE)
    ways = (
        (opening, *(Need(action, _IMAGE, supply=supply) for action in _PULL))
        for supply in (Supply.REWRITTEN, Supply.STRANGER_REWRITTEN)
    )
    return _opening(*ways, *let_in(opening, Need("ecr:PutImage", _IMAGE)))


def _by_share() -> Rule:
    """RAM shares what its owner may share: the service that has it asks for a permission of its own.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-shared-parameters.html
    https://docs.aws.amazon.com/glue/latest/dg/cross-account-access.html
    """
    owned = (
        ("ssm:PutResourcePolicy", "ssm:parameter"),
        ("sagemaker:PutModelPackageGroupPolicy", "sagemaker:model-package-group"),
        ("glue:PutResourcePolicy", "glue:rootcatalog"),
        ("bedrock:PutResourcePolicy", "bedrock:custom-model"),
    )
    ways = tuple((_SHARE, Need(action, kind, Place.SOME)) for action, kind in owned)
    return Rule(Shape.OPEN, "ram:resource-share", ways, guard=SHARING, gains=("the use of it elsewhere",))


ENTRIES = (
    Entry(
        key="aws.put-bucket-policy",
        title="Open a bucket by its policy",
        family=EXPOSURE,
        rule=_opening(
            *let_in(_WRITE_BUCKET, GET),
            *let_in(_WRITE_BUCKET, PUT),
            laid_bare(Need("s3:DeleteBucketPolicy", _BUCKET), GET),
            laid_bare(Need("s3:DeleteBucketPolicy", _BUCKET), PUT),
        ),
        sentence="{source} can write the policy of {via} and let itself or others in",
        gives="the bucket's objects, to itself or to any account that no limit of the organization keeps out",
        fix="Take s3:PutBucketPolicy away, and deny it by SCP outside the deployment role; keep others out by an RCP.",
        page=f"{_DOCS}/AmazonS3/latest/API/API_PutBucketPolicy.html",
        answers=("AWS-T220",),
        attack=("T1530", "T1537"),
    ),
    Entry(
        key="aws.put-access-point-policy",
        title="Open a bucket by an access point",
        family=EXPOSURE,
        rule=_opening(*by_access_point(""), guard="access point policy", kind=_BUCKET),
        sentence="{source} can write the policy of an access point of {via} and let itself or others in",
        gives="what the bucket leaves to its access points to decide",
        fix="Take s3:PutAccessPointPolicy away from whoever may not read the bucket.",
        page=f"{_DOCS}/AmazonS3/latest/API/API_control_PutAccessPointPolicy.html",
        prerequisites="The bucket's policy leaves the decision to access points of its account.",
        answers=("AWS-T218",),
        attack=("T1530",),
    ),
    Entry(
        key="aws.put-bucket-acl",
        title="Open a bucket by its access control list",
        family=EXPOSURE,
        rule=replace(
            _opening(*by_acl(PUT), *by_acl(Need("s3:ListBucket", _BUCKET)), guard="access control list"), where=LISTED
        ),
        sentence="{source} can write the access control list of {via} and let another account in",
        gives="to another account the list of its objects, and writing to it",
        fix="Set object ownership to BucketOwnerEnforced, so that lists do not count.",
        page=f"{_DOCS}/AmazonS3/latest/API/API_PutBucketAcl.html",
        prerequisites="Object ownership lets access control lists count.",
        answers=("AWS-T219",),
        attack=("T1530",),
    ),
    Entry(
        key="aws.put-replication",
        title="Have a bucket replicated to another account",
        family=EXPOSURE,
        rule=replicated(),
        sentence="{source} can have a bucket copied to another account with the role {via}",
        gives="a copy of every object that is written from then on",
        fix="Narrow iam:PassRole for s3.amazonaws.com, and the role to the bucket that it is there to write.",
        page=f"{_DOCS}/AmazonS3/latest/API/API_PutBucketReplication.html",
        prerequisites="A role that trusts s3.amazonaws.com, reads the bucket and may write to buckets elsewhere; "
        "versioning is on.",
        answers=("AWS-T221",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.put-key-policy",
        title="Open a key by its policy",
        family=EXPOSURE,
        rule=_rewriting("kms:PutKeyPolicy", _KEY, "kms:Decrypt"),
        sentence="{source} can write the policy of {via} and let itself or others decrypt",
        gives="decryption of everything under the key that one gets hold of as ciphertext",
        fix="Leave kms:PutKeyPolicy to key administrators who may not use the key.",
        page=f"{_DOCS}/kms/latest/APIReference/API_PutKeyPolicy.html",
        answers=("AWS-T213",),
        attack=("T1098",),
    ),
    Entry(
        key="aws.create-key-grant",
        title="Open a key by a grant",
        family=EXPOSURE,
        rule=_opening(*let_in(GRANT, Need("kms:Decrypt", _KEY), adds=True), guard="grants"),
        sentence="{source} can grant itself or others decryption with {via}",
        gives="decryption of everything under the key that one gets hold of as ciphertext",
        fix="Condition kms:CreateGrant on kms:GrantIsForAWSResource.",
        page=f"{_DOCS}/kms/latest/APIReference/API_CreateGrant.html",
        answers=("AWS-T212",),
        attack=("T1098",),
    ),
    Entry(
        key="aws.put-secret-policy",
        title="Open a secret by its policy",
        family=EXPOSURE,
        rule=_opening(
            *let_in(Need("secretsmanager:PutResourcePolicy", _SECRET), Need("secretsmanager:GetSecretValue", _SECRET)),
            laid_bare(
                Need("secretsmanager:DeleteResourcePolicy", _SECRET), Need("secretsmanager:GetSecretValue", _SECRET)
            ),
        ),
        sentence="{source} can write the policy of {via} and let itself or others read it",
        gives="the secret's value (if a customer key encrypts it, the key is needed too)",
        fix="Take secretsmanager:PutResourcePolicy away from whoever may not read the secret.",
        page=f"{_DOCS}/secretsmanager/latest/apireference/API_PutResourcePolicy.html",
        answers=("AWS-T223",),
        attack=("T1555.006",),
    ),
    Entry(
        key="aws.put-table-policy",
        title="Open a table by its policy",
        family=EXPOSURE,
        rule=_rewriting("dynamodb:PutResourcePolicy", "dynamodb:table", "dynamodb:Scan", "dynamodb:PutItem"),
        sentence="{source} can write the policy of {via} and let itself or others read and write it",
        gives="the table's items, to itself or to another account",
        fix="Take dynamodb:PutResourcePolicy away from whoever may not read the table.",
        page=f"{_DOCS}/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html",
        answers=("AWS-T207",),
        attack=("T1530",),
    ),
    Entry(
        key="aws.set-repository-policy",
        title="Open an image repository by its policy",
        family=EXPOSURE,
        rule=_pulling(),
        sentence="{source} can write the policy of {via} and let itself or others pull or replace images",
        gives="the images in the repository, or the writing of images that others run",
        fix="Take ecr:SetRepositoryPolicy away, and make tags immutable.",
        page=f"{_DOCS}/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html",
        answers=("AWS-T210",),
        attack=("T1525", "T1537"),
    ),
    Entry(
        key="aws.put-catalog-policy",
        title="Open the Glue Data Catalog by its policy",
        family=EXPOSURE,
        rule=_rewriting("glue:PutResourcePolicy", "glue:rootcatalog", "glue:GetTables"),
        sentence="{source} can write the policy of the Data Catalog and let itself or others in",
        gives="databases and tables as the catalogue describes them; the data needs its bucket too",
        fix="Take glue:PutResourcePolicy away, and let Lake Formation decide who sees the catalogue.",
        page=f"{_DOCS}/glue/latest/webapi/API_PutResourcePolicy.html",
        answers=("AWS-T211",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.set-topic-policy",
        title="Open a topic by its policy",
        family=EXPOSURE,
        rule=_rewriting("sns:SetTopicAttributes", "sns:topic", "sns:Subscribe", "sns:Publish"),
        sentence="{source} can write the policy of {via} and let itself or others subscribe and publish",
        gives="what is published, and messages of its own to whoever listens",
        fix="Narrow sns:SetTopicAttributes to a deployment role.",
        page=f"{_DOCS}/sns/latest/api/API_SetTopicAttributes.html",
        answers=("AWS-T224",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.set-queue-policy",
        title="Open a queue by its policy",
        family=EXPOSURE,
        rule=_rewriting("sqs:SetQueueAttributes", "sqs:queue", "sqs:ReceiveMessage", "sqs:SendMessage"),
        sentence="{source} can write the policy of {via} and let itself or others receive and send",
        gives="the messages in the queue, and messages of its own to whoever works on them",
        fix="Narrow sqs:SetQueueAttributes to a deployment role.",
        page=f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
        answers=("AWS-T225",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.share-snapshot",
        title="Share a disk snapshot with another account",
        family=EXPOSURE,
        rule=_shared("ec2:ModifySnapshotAttribute", "ec2:snapshot"),
        sentence="{source} can share a disk snapshot with another account",
        gives="a copy of the disk",
        fix="Encrypt snapshots with the key that AWS manages, which cannot be shared; narrow the permission by tags.",
        page=f"{_DOCS}/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
        prerequisites="A snapshot that the key managed by AWS does not encrypt; under a customer key, the key too.",
        answers=("AWS-T209",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.share-image",
        title="Share a machine image with another account",
        family=EXPOSURE,
        rule=_shared("ec2:ModifyImageAttribute", "ec2:image"),
        sentence="{source} can share a machine image with another account",
        gives="the disks of the image, started as a machine elsewhere",
        fix="Narrow ec2:ModifyImageAttribute to the pipeline that publishes images.",
        page=f"{_DOCS}/AWSEC2/latest/UserGuide/sharingamis-explicit.html",
        prerequisites="An image that the key managed by AWS does not encrypt; under a customer key, the key too.",
        answers=("AWS-T208",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.share-db-snapshot",
        title="Share a database snapshot with another account",
        family=EXPOSURE,
        rule=_shared("rds:ModifyDBSnapshotAttribute", "rds:snapshot"),
        sentence="{source} can share a database snapshot with another account",
        gives="the whole database, restored elsewhere",
        fix="Encrypt databases with the key that AWS manages, which cannot be shared; narrow the permission by tags.",
        page=f"{_DOCS}/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",
        prerequisites="A manual snapshot not encrypted by the key that AWS manages; under a customer key, the key too.",
        answers=("AWS-T217",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.share-by-ram",
        title="Share a resource with another account",
        family=EXPOSURE,
        rule=_by_share(),
        sentence="{source} can share parameters, models or catalogues with another account",
        gives="the use of what is shared, in another account",
        fix="Deny ram:CreateResourceShare where ram:RequestedAllowsExternalPrincipals is true.",
        page=f"{_DOCS}/ram/latest/APIReference/API_CreateResourceShare.html",
        answers=("AWS-T216",),
        attack=("T1537",),
    ),
    Entry(
        key="aws.open-function",
        title="Open a function by its policy",
        family=EXPOSURE,
        rule=_in_function(_on_function("lambda:AddPermission"), win=(_on_function("lambda:InvokeFunction"),)),
        sentence="{source} can let itself or others invoke {via}, which acts as {target}",
        gives="what the function's own code does with the role, no more",
        fix="Take lambda:AddPermission away, or narrow it by lambda:Principal.",
        page=f"{_DOCS}/lambda/latest/api/API_AddPermission.html",
        strength=Strength.USES,
        answers=("AWS-T214",),
        attack=("T1098",),
    ),
    Entry(
        key="aws.open-function-url",
        title="Put a function on the internet",
        family=EXPOSURE,
        rule=_in_function(
            _on_function("lambda:CreateFunctionUrlConfig", _PUBLIC),
            _on_function("lambda:AddPermission", _PUBLIC),
            _on_function("lambda:AddPermission", _NOT_OF_URLS),
            win=(
                _on_function("lambda:InvokeFunctionUrl", _PUBLIC),
                _on_function("lambda:InvokeFunction", (("lambda:InvokedViaFunctionUrl", ("true",)),)),
            ),
        ),
        sentence="{source} can give {via} a public address, at which it acts as {target}",
        gives="what the function's own code does with the role, to anybody on the internet",
        fix="Deny lambda:CreateFunctionUrlConfig and lambda:AddPermission where lambda:FunctionUrlAuthType is NONE.",
        page=f"{_DOCS}/lambda/latest/dg/urls-auth.html",
        strength=Strength.USES,
        prerequisites="A function that runs as the role.",
        answers=("AWS-T215",),
        attack=("T1098", "T1190"),
    ),
)
