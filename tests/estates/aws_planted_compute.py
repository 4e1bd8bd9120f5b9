"""Scenes of the planted estate about code: handing a role to something new, or changing what runs as it already."""

from __future__ import annotations

from hashlib import sha256

from graph.clouds.aws.demo.calls import REGION, Answer, allow
from tests.estates.aws_planted_stage import Stage, scene

_LAMBDA, _EC2, _GLUE, _ECS = (
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "glue.amazonaws.com",
    "ecs-tasks.amazonaws.com",
)
_SAGEMAKER, _BUILD, _STACKS = "sagemaker.amazonaws.com", "codebuild.amazonaws.com", "cloudformation.amazonaws.com"


def _pass(role: str, service: str = "") -> Answer:
    only: Answer = {"StringEquals": {"iam:PassedToService": service}} if service else {}
    return allow("iam:PassRole", role, **only)


# ----- new things


@scene("a function can be made with the role and called", "the role trusts EC2 only")
def pass_to_function(s: Stage) -> None:
    role = s.role(s.pick(_LAMBDA, _EC2))
    mine = s.a.arn("lambda", f"function:{s.name}-*")
    s.attacker(_pass(role), allow(["lambda:CreateFunction", "lambda:InvokeFunction"], mine))


@scene("an instance can be started with the role", "the role is in no instance profile")
def pass_to_instance(s: Stage) -> None:
    role = s.role(_EC2)
    if s.good:
        _in_profile(s, role)
    s.attacker(_pass(role), allow("ec2:RunInstances"))


@scene("a Glue job can be made with the role and run", "the role may be passed to Lambda only")
def pass_to_glue(s: Stage) -> None:
    role = s.role(_GLUE)
    s.attacker(_pass(role, s.pick(_GLUE, _LAMBDA)), allow(["glue:CreateJob", "glue:StartJobRun"]))


@scene("a training job can be started with the role", "another role may be passed")
def pass_to_training(s: Stage) -> None:
    role = s.role(_SAGEMAKER)
    s.attacker(_pass(s.pick(role, f"{role}-other")), allow("sagemaker:CreateTrainingJob"))
    s.wins()
    s.wins("invoke", s.a.arn("iam", "root"))  # the account pays for the machines


@scene("a stack can be made that works as the role", "the organization denies making stacks")
def pass_to_stack(s: Stage) -> None:
    s.attacker(_pass(s.role(_STACKS)), allow("cloudformation:CreateStack"))


@scene("a task can be run as the role", "tasks can be defined, but not run")
def pass_to_task(s: Stage) -> None:
    run = ["ecs:RegisterTaskDefinition", "ecs:RunTask"] if s.good else ["ecs:RegisterTaskDefinition"]
    s.attacker(_pass(s.role(_ECS)), allow(run))


@scene("a build project can be made with the role and started", "in a region that the organization closes")
def pass_to_build(s: Stage) -> None:
    where = f"arn:aws:codebuild:{s.pick(REGION, 'us-east-1')}:{s.a.number}:project/{s.name}-*"
    s.attacker(_pass(s.role(_BUILD)), allow(["codebuild:CreateProject", "codebuild:StartBuild"], where))


@scene("a state machine can be made with the role and started", "only one of a name that is taken can be started")
def pass_to_machine(s: Stage) -> None:
    machine = s.a.arn("states", f"stateMachine:{s.pick('*', s.name)}")
    if not s.good:
        _machine(s, s.name)
    s.attacker(
        _pass(s.role("states.amazonaws.com")),
        allow("states:CreateStateMachine"),
        allow("states:StartExecution", machine),
    )


@scene("a code interpreter can be made with the role and used", "the role trusts Bedrock, another service")
def pass_to_interpreter(s: Stage) -> None:
    role = s.role(s.pick("bedrock-agentcore.amazonaws.com", "bedrock.amazonaws.com"))
    use = ["CreateCodeInterpreter", "StartCodeInterpreterSession", "InvokeCodeInterpreter"]
    s.attacker(_pass(role), allow([f"bedrock-agentcore:{action}" for action in use]))


@scene("an App Runner service can be made with the role", "its role is only let pull images")
def pass_to_app(s: Stage) -> None:
    role = s.role(s.pick("tasks.apprunner.amazonaws.com", "build.apprunner.amazonaws.com"))
    s.attacker(_pass(role), allow("apprunner:CreateService"))


@scene("a schedule can call anything as the role", "the role trusts EventBridge rules, not schedules")
def pass_to_schedule(s: Stage) -> None:
    role = s.role(s.pick("scheduler.amazonaws.com", "events.amazonaws.com"))
    s.attacker(_pass(role), allow("scheduler:CreateSchedule"))


# ----- things that are there


@scene("the code of a function can be replaced", "that of another function can")
def replace_code(s: Stage) -> None:
    function = s.a.function(s.name, s.role(_LAMBDA))
    s.attacker(allow("lambda:UpdateFunctionCode", s.pick(function, f"{function}-other")))


@scene("a command can be run on the instance", "Systems Manager does not manage it")
def run_command(s: Stage) -> None:
    role = s.role(_EC2)
    number = _instance(s, role)
    if s.good:
        about = {"InstanceId": number, "PingStatus": "Online", "ResourceType": "EC2Instance"}
        s.a.append("ssm-describe-instance-information", "InstanceInformationList", about)
    here = [s.a.arn("ec2", f"instance/{number}"), f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript"]
    s.attacker(allow("ssm:SendCommand", here))


@scene("the notebook can be opened", "only notebooks of another name can")
def open_notebook(s: Stage) -> None:
    s.a.notebook(s.name, s.role(_SAGEMAKER))
    book = s.a.arn("sagemaker", f"notebook-instance/{s.pick(s.name, 'research')}")
    s.attacker(allow("sagemaker:CreatePresignedNotebookInstanceUrl", book))
    s.wins()


@scene("a build with commands of one's own can be started", "the project builds as a role that reads nothing")
def start_build(s: Stage) -> None:
    role = s.role(_BUILD, *(() if s.good else (allow("logs:PutLogEvents"),)))
    arn = s.a.arn("codebuild", f"project/{s.name}")
    s.a.append("codebuild-list-projects", "projects", s.name)
    project = {"name": s.name, "arn": arn, "serviceRole": role, "source": {"type": "NO_SOURCE"}}
    s.a.append("codebuild-batch-get-projects", "projects", project)
    s.attacker(allow("codebuild:StartBuild", arn))


@scene("a stack can be updated, which works as its role", "the stack has no role, and works as its caller")
def update_stack(s: Stage) -> None:
    role = s.role(_STACKS)
    number = "00000000-0000-4000-8000-" + format(len(s.a.answers), "012d")
    stack = s.a.arn("cloudformation", f"stack/{s.name}/{number}")
    about = {"StackId": stack, "StackName": s.name, "StackStatus": "CREATE_COMPLETE"}
    s.a.append("cloudformation-describe-stacks", "Stacks", about | ({"RoleARN": role} if s.good else {}))
    s.attacker(allow("cloudformation:UpdateStack", stack))


@scene("the job's script can be changed and run", "it may only be run")
def update_job(s: Stage) -> None:
    role = s.role(_GLUE)
    job = {"Name": s.name, "Role": role, "Command": {"Name": "glueetl", "ScriptLocation": "s3://elsewhere/job.py"}}
    s.a.append("glue-get-jobs", "Jobs", job)
    actions = ["glue:UpdateJob", "glue:StartJobRun"] if s.good else ["glue:StartJobRun"]
    s.attacker(allow(actions, s.a.arn("glue", f"job/{s.name}")), _pass(role))


@scene("a command can be run in the task", "the task was started without that")
def enter_task(s: Stage) -> None:
    cluster, task = _task(s, s.role(_ECS))
    s.attacker(allow("ecs:ExecuteCommand", [cluster, task]))


@scene("a machine that others start can be rewritten", "the machine can only be looked at")
def rewrite_machine(s: Stage) -> None:
    machine = _machine(s, s.name, s.role("states.amazonaws.com"))
    s.attacker(allow(s.pick("states:UpdateStateMachine", "states:DescribeStateMachine"), machine))


# ----- pieces


def _in_profile(s: Stage, role: str) -> str:
    arn = s.a.arn("iam", f"instance-profile/{s.name}")
    made = next(one for one in s.a.roles if one["Arn"] == role)
    made["InstanceProfileList"] = [
        {"InstanceProfileName": s.name, "Arn": arn, "Roles": [{"RoleName": made["RoleName"], "Arn": role}]}
    ]
    return arn


def _instance(s: Stage, role: str) -> str:
    number = f"i-{_number(s.name):017x}"
    about = {
        "InstanceId": number,
        "State": {"Name": "running"},
        "IamInstanceProfile": {"Arn": _in_profile(s, role)},
        "MetadataOptions": {"HttpTokens": "required"},
        "SecurityGroups": [],
    }
    s.a.append("ec2-describe-instances", "Reservations", {"Instances": [about]})
    return number


def _number(text: str) -> int:
    """A number of its own for each name."""
    return int(sha256(text.encode()).hexdigest()[:16], 16)


def _machine(s: Stage, name: str, role: str = "") -> str:
    arn = s.a.arn("states", f"stateMachine:{name}")
    s.a.append("stepfunctions-list-state-machines", "stateMachines", {"stateMachineArn": arn, "name": name})
    s.a.put(
        "stepfunctions-describe-state-machine",
        {"roleArn": role or s.a.arn("iam", "role/none"), "definition": "{}"},
        arn,
    )
    return arn


def _task(s: Stage, role: str) -> tuple[str, str]:
    """A cluster of its own with one running task."""
    cluster, task = s.a.arn("ecs", f"cluster/{s.name}"), s.a.arn("ecs", f"task/{s.name}/0123456789abcdef")
    definition = s.a.arn("ecs", f"task-definition/{s.name}:1")
    s.a.append("ecs-list-clusters", "clusterArns", cluster)
    s.a.append("ecs-list-task-definitions", "taskDefinitionArns", definition)
    about = {"taskDefinitionArn": definition, "taskRoleArn": role, "containerDefinitions": []}
    s.a.put("ecs-describe-task-definition", {"taskDefinition": about}, definition)
    running = {"taskArn": task, "clusterArn": cluster, "taskDefinitionArn": definition, "lastStatus": "RUNNING"}
    s.a.put("ecs-list-tasks", {"taskArns": [task]}, cluster)
    s.a.put("ecs-describe-tasks", {"tasks": [running | {"enableExecuteCommand": s.good, "overrides": {}}]}, cluster)
    for call, member in (("services", "services"), ("container-instances", "containerInstances")):
        arns = {"services": "serviceArns", "container-instances": "containerInstanceArns"}[call]
        s.a.put(f"ecs-list-{call}", {arns: []}, cluster)
        s.a.put(f"ecs-describe-{call}", {member: []}, cluster)
    return cluster, task
