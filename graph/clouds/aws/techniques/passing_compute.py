"""New PassRole to what runs code: functions, instances, containers, clusters and game servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from graph.clouds.aws.rules.language import Conjunction, Need, Place, Rule
from graph.clouds.aws.techniques.entry import Entry
from graph.clouds.aws.techniques.pass_role import bare, entry, new, passed_to, passing, some

_EC2, _PROFILE = "ec2.amazonaws.com", "iam:instance-profile"
_INSTANCE = (
    *new("ec2:instance", "ec2:RunInstances"),
    *new("ec2:image", "ec2:RunInstances"),
    *new("ec2:subnet", "ec2:RunInstances"),
    *new("ec2:security-group", "ec2:RunInstances"),
    *new("ec2:network-interface", "ec2:RunInstances"),
)
# Subnet and security group may be left to the default network; the image may not.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotInstances.html
_SPOT = (
    *new("ec2:spot-instances-request", "ec2:RequestSpotInstances"),
    *new("ec2:image", "ec2:RequestSpotInstances"),
)
# With a launch configuration the group launches by its own service-linked role: no right to run instances is asked of
# whoever makes it. With a launch template it is.
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-api-permissions.html
_CONFIGURATION, _GROUP = "autoscaling:launchconfiguration", "autoscaling:autoscalinggroup"
# Accounts that were opened since October 2024 cannot make launch configurations; one that is there shows an older one.
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html
_OLDER = "the account was opened before October 2024, and so can still make launch configurations"
_LAUNCHING = (new(_GROUP, "autoscaling:CreateAutoScalingGroup"), some(_GROUP, "autoscaling:UpdateAutoScalingGroup"))


def _launch(*, there: bool) -> tuple[Conjunction, ...]:
    """Ways by a new launch configuration, where there is one already or wherever one may be made."""
    made = new(_CONFIGURATION, "autoscaling:CreateLaunchConfiguration", beside=_CONFIGURATION if there else "")
    return tuple((*made, *group) for group in _LAUNCHING)


_MACHINE, _REPLACING = "ec2:instance", "ec2:ReplaceIamInstanceProfileAssociation"
_PUTTING = tuple(some(_MACHINE, way) for way in ("ec2:AssociateIamInstanceProfile", _REPLACING))
_SWAPPING = ("iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile")
# What gets one into an instance, whatever its role may do, and what needs an agent that its role lets work.
_DOORS = (
    some(_MACHINE, "ec2-instance-connect:SendSSHPublicKey"),
    some(_MACHINE, "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),  # user data
)
_SHELLS = (
    some(_MACHINE, "ssm:StartSession"),
    (*some(_MACHINE, "ssm:SendCommand"), *some("ssm:document", "ssm:SendCommand")),
)
# An agent whose role may not say that it is there is not managed: the new role decides, whoever managed it before.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
_AGENT = ("ssm:UpdateInstanceInformation",)
# The agent then falls back to the role of Default Host Management, which may be one of the account's own making. No
# call of a snapshot tells where that is turned on, and by which role.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html
_MANAGER = "ssm.amazonaws.com"
_TURNED_ON = "Default Host Management is turned on where the instance is"
_FROM_INSIDE = "the source acts from the instance itself"
_ON_INSTANCE = "own code on an instance under the role"


def _each(first: Iterable[Conjunction], then: Iterable[Conjunction]) -> tuple[Conjunction, ...]:
    """All of one of each."""
    return tuple((*one, *other) for one, other in product(first, then))


def _fallen_back(ways: Iterable[Conjunction]) -> tuple[Conjunction, ...]:
    """The same where the account has a role for Default Host Management."""
    return tuple(
        (replace(first, beside="iam:role", beside_trusts=_MANAGER, beside_may=_AGENT), *more) for first, *more in ways
    )


_TASKS = "ecs:task-definition"
_REGISTERED = new(_TASKS, "ecs:RegisterTaskDefinition")
# A task runs in a cluster that is there or is made, and is started on an instance that is there or is added.
_CLUSTER, _NODE = "ecs:cluster", "ecs:container-instance"
_CLUSTERS = ((_CLUSTER, ()), ("", new(_CLUSTER, "ecs:CreateCluster")))
_ADDED = some(_CLUSTER, "ecs:RegisterContainerInstance")


def _tasks(there: str, made: Conjunction) -> tuple[Conjunction, ...]:
    """Ways of running a task in a cluster that is there, or made."""
    return (
        (*_REGISTERED, *new(_TASKS, "ecs:RunTask", beside=there), *made),
        (*_REGISTERED, *new("ecs:service", "ecs:CreateService", beside=there), *made),
        (*some(_TASKS, "ecs:RunTask", beside=there), *made),
    )


def _on_entering(
    slug: str, title: str, rule: Rule, does: str, page: str, answers: tuple[str, ...], prerequisites: str
) -> Entry:
    return entry(
        slug, title, rule, does, page, answers=answers, prerequisites=prerequisites, gives=_ON_INSTANCE, attack=_MOVED
    )


_MOVED = ("T1098", "T1578")
_PUT = "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html"
_SWAPPED = "IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"
_HELD = "an instance profile that holds the role"


def _replacing() -> Iterator[Entry]:
    """Another instance profile for an instance that one can enter, or is in."""
    does, shells = "give an instance that it can enter the role", _each(_PUTTING, _SHELLS)
    both = ("AWS-T086", "AWS-T089")
    doors = passing(_EC2, *_each(_PUTTING, _DOORS), profile=_PROFILE)
    shelled = replace(passing(_EC2, *shells, profile=_PROFILE), serves=_AGENT)
    fallen = replace(passing(_EC2, *_fallen_back(shells), profile=_PROFILE), supposes=_TURNED_ON)
    own = passing(_EC2, (Need(_REPLACING, _MACHINE, Place.OWN_HOST),), profile=_PROFILE)
    rows = (
        ("", "Give an instance another role", doors, does, both, "an instance that one can enter, and "),
        ("-ssm", "Give a managed instance another role", shelled, does, both, "a role with which an agent works, and "),
        (
            "-default",
            "Give an instance under Default Host Management another role",
            fallen,
            does,
            (),
            f"{_TURNED_ON}; ",
        ),
    )
    for more, title, rule, doing, answers, needed in rows:
        slug = f"ec2-replace-profile{more}"
        yield _on_entering(slug, title, rule, doing, _PUT, answers, f"{needed}{_HELD}")
    title, does = "Give the instance one is on another role", "give the instance that it is on the role"
    own, held = replace(own, supposes=_FROM_INSIDE), f"a shell on the instance, and {_HELD}"
    yield _on_entering("ec2-own-profile", title, own, does, _PUT, ("AWS-T089",), held)


def _swapping() -> Iterator[Entry]:
    """Another role in an instance profile that is in use: running instances get it after a while, as it stands."""
    swap, running = some(_PROFILE, *_SWAPPING), "an instance that one can enter, running with the profile"
    does = "put into the profile of an instance that it can enter the role"
    rows = (
        ("", "Put another role into an instance's profile", passing(_EC2, *_each((swap,), _DOORS)), ("AWS-T113",)),
        (
            "-ssm",
            "Put another role into a managed instance's profile",
            replace(passing(_EC2, *_each((swap,), _SHELLS)), serves=_AGENT),
            (),
        ),
    )
    for more, title, rule, answers in rows:
        yield _on_entering(f"ec2-swap-role{more}", title, rule, does, _SWAPPED, answers, running)
    title, does = (
        "Put another role into the profile one comes from",
        "put into the profile of its own instance the role",
    )
    own = tuple(Need(action, _PROFILE, Place.OWN_HOST) for action in _SWAPPING)
    rule = replace(passing(_EC2, own), supposes=_FROM_INSIDE)
    yield _on_entering("ec2-own-swap", title, rule, does, _SWAPPED, ("AWS-T113",), "a shell on the instance")


ENTRIES = (
    entry(
        "lambda",
        "Create a function with a role",
        # Nobody need call it: with SnapStart, Lambda initializes the version that CreateFunction itself publishes, and
        # runs the code that stands outside the handler. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
        passing("lambda.amazonaws.com", new("lambda:function", "lambda:CreateFunction")),
        "create a function that runs as",
        "lambda/latest/dg/lambda-intro-execution-role.html",
        answers=("AWS-T085", "AWS-T117", "AWS-T118", "AWS-T119", "AWS-T120"),
        known_as=("lambda-001", "lambda-002", "lambda-006"),
        attack=("T1648",),
    ),
    entry(
        "lambda-update",
        "Give a function another role and code",
        # A function that is called anyway needs no right to call it. A layer, a wrapper or the options that a runtime
        # takes from environment variables are as good as code.
        passing("lambda.amazonaws.com", some("lambda:function", "lambda:UpdateFunctionConfiguration")),
        "rewrite a function so that it runs as",
        "lambda/latest/api/API_UpdateFunctionConfiguration.html",
        answers=("AWS-T121",),
        attack=("T1648",),
        prerequisites="a function in the account",
    ),
    entry(
        "ec2",
        "Start an instance with a role",
        passing(
            _EC2,
            _INSTANCE,
            _SPOT,
            *_launch(there=True),
            profile=_PROFILE,
        ),
        "start an instance that runs as",
        "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
        answers=("AWS-T057", "AWS-T058", "AWS-T087", "AWS-T090", "AWS-T091"),
        known_as=("ec2-001", "ec2-003"),
        attack=("T1578.002",),
        prerequisites="an instance profile that holds the role",
        gives=_ON_INSTANCE,
    ),
    entry(
        "ec2-new-profile",
        "Put a role into an instance profile and start an instance with it",
        passing(
            _EC2,
            (*new(_PROFILE, "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"), *_INSTANCE),
            # A profile holds one role at a time.
            (*some(_PROFILE, "iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile"), *_INSTANCE),
        ),
        "put into an instance profile and start an instance as",
        "AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
        answers=("AWS-T088", "AWS-T092"),
        attack=("T1578.002",),
        gives=_ON_INSTANCE,
    ),
    entry(
        "launch-configuration",
        "Launch instances from a new launch configuration with a role",
        replace(passing(_EC2, *_launch(there=False), profile=_PROFILE), supposes=_OLDER),
        "make a launch configuration, and have a group start instances that run as",
        "autoscaling/ec2/userguide/launch-configurations.html",
        answers=("AWS-T057", "AWS-T058"),
        attack=("T1578.002",),
        prerequisites="an instance profile that holds the role, and an account that may make launch configurations",
        gives=_ON_INSTANCE,
    ),
    *_replacing(),
    *_swapping(),
    entry(
        "imagebuilder",
        "Build an image on an instance with a role",
        # A recipe carries user data, which runs whatever the role allows the build itself to do.
        # https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AdditionalInstanceConfiguration.html
        passing(
            _EC2,
            (
                *new("imagebuilder:imagerecipe", "imagebuilder:CreateImageRecipe"),
                *new("imagebuilder:infrastructureconfiguration", "imagebuilder:CreateInfrastructureConfiguration"),
                *new("imagebuilder:image", "imagebuilder:CreateImage"),
            ),
            profile=_PROFILE,
        ),
        "build an image on an instance that runs as",
        "imagebuilder/latest/userguide/image-builder-setting-up.html",
        answers=("AWS-T114",),
        attack=("T1578.002",),
        prerequisites="an instance profile that holds the role",
        gives=_ON_INSTANCE,
    ),
    entry(
        "ecs",
        "Run a container task with a role",
        # A task may be run with another role and command than those of its definition.
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
        passing(
            "ecs-tasks.amazonaws.com",
            *(way for there, made in _CLUSTERS for way in _tasks(there, made)),
            (*_REGISTERED, *some("ecs:service", "ecs:UpdateService")),
            (*_REGISTERED, *new(_TASKS, "ecs:StartTask", beside=_NODE)),
            (*_REGISTERED, *new(_TASKS, "ecs:StartTask"), *_ADDED),
            some(_TASKS, "ecs:StartTask", beside=_NODE),
            (*some(_TASKS, "ecs:StartTask"), *_ADDED),
        ),
        "run a container that runs as",
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        answers=(
            "AWS-T093",
            "AWS-T094",
            "AWS-T095",
            "AWS-T096",
            "AWS-T097",
            "AWS-T098",
            "AWS-T099",
            "AWS-T100",
            "AWS-T101",
        ),
        known_as=("ecs-001", "ecs-002", "ecs-003", "ecs-004", "ecs-005"),
        attack=("T1610",),
    ),
    entry(
        "batch",
        "Run a batch job with a role",
        # The container puts the role on as an ECS task does; of which service IAM is told then is not documented.
        # https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html#jobRoleArn
        passing(
            "ecs-tasks.amazonaws.com",
            *(
                (*new("batch:job-definition", "batch:RegisterJobDefinition", "batch:SubmitJob"), *queue)
                for queue in (
                    some("batch:job-queue", "batch:SubmitJob"),
                    (
                        *new("batch:job-queue", "batch:CreateJobQueue", "batch:SubmitJob"),
                        *new("batch:compute-environment", "batch:CreateComputeEnvironment", "batch:CreateJobQueue"),
                    ),
                )
            ),
            given=(),
        ),
        "run a batch job whose container runs as",
        "batch/latest/userguide/job_definition_parameters.html",
        answers=("AWS-T059",),
        attack=("T1610",),
        prerequisites="a job queue, or the rights to make one",
    ),
    entry(
        "apprunner",
        "Create an App Runner service with a role",
        # Its tasks put the role on, but it is passed to the service itself.
        # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSAppRunnerFullAccess.html
        passing(
            "tasks.apprunner.amazonaws.com",
            new("apprunner:service", "apprunner:CreateService"),
            given=passed_to("apprunner.amazonaws.com"),
        ),
        "create an App Runner service that runs as",
        "apprunner/latest/dg/security_iam_service-with-iam.html",
        answers=("AWS-T055",),
        known_as=("apprunner-001",),
        attack=("T1610",),
    ),
    entry(
        "eks-pod-identity",
        "Bind a role to a pod of one's own",
        passing(
            "pods.eks.amazonaws.com",
            (
                *some("eks:cluster", "eks:CreatePodIdentityAssociation", "eks:CreateAccessEntry"),
                *new("eks:access-entry", "eks:AssociateAccessPolicy"),
            ),
            # Who may make pods is said inside the cluster, which no snapshot tells: this way stays unknown.
            some("eks:cluster", "eks:CreatePodIdentityAssociation", beside="eks:pod"),
        ),
        "bind to a pod of its own in a cluster the role",
        "eks/latest/userguide/pod-identities.html",
        answers=("AWS-T102",),
        attack=("T1610",),
        prerequisites="a cluster with access entries and the Pod Identity agent",
    ),
    entry(
        "gamelift",
        "Run a game server build with a role",
        # CreateBuild hands out the credentials to upload the build with; a script is uploaded in the call.
        # https://docs.aws.amazon.com/gameliftservers/latest/apireference/API_CreateBuild.html
        passing(
            "gamelift.amazonaws.com",
            bare("gamelift:CreateBuild", "gamelift:CreateFleet"),
            bare("gamelift:CreateScript", "gamelift:CreateFleet"),
        ),
        "run a game server of its own as",
        "gameliftservers/latest/developerguide/gamelift-sdk-server-resources.html",
        answers=("AWS-T106",),
        attack=("T1578.002",),
    ),
)
