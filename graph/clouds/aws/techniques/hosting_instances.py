"""Existing PassRole through instances: by Systems Manager, by a key, by a start script, by what deploys to them."""

from __future__ import annotations

from graph.clouds.aws.techniques.hosted import EC2, RUNNING, entry, hosted, new, on, part, some
from graph.model import Strength

_INSTANCE, _TEMPLATE, _GROUP = "ec2:instance", "ec2:launch-template", "codedeploy:deploymentgroup"
_NODE = "ssm:managed-instance"
# Systems Manager reaches only nodes whose agent is connected to it.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/managed_instances.html
_MANAGED = (("managed_by_ssm", True),)
_COMMAND = some("ssm:document", "ssm:SendCommand")
_SHELL = "A running instance whose profile holds the role, with an agent that is connected to Systems Manager."

ENTRIES = (
    entry(
        "ssm-send-command",
        "Run a command on an instance",
        hosted(_INSTANCE, EC2, (*on(_INSTANCE, "ssm:SendCommand"), *_COMMAND), where=_MANAGED),
        "{source} can run commands on {via}, which runs as {target}",
        "Narrow ssm:SendCommand to documents that run fixed commands and to tagged instances.",
        "systems-manager/latest/APIReference/API_SendCommand.html",
        known_as=("ssm-002",),
        answers=("T185",),
        attack=("T1651", "T1552.005"),
        prerequisites=_SHELL,
    ),
    entry(
        "ssm-start-session",
        "Open a shell on an instance",
        # Without a document named, the default one is not checked, unless a policy asks for it by a condition.
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
        hosted(_INSTANCE, EC2, on(_INSTANCE, "ssm:StartSession"), where=_MANAGED),
        "{source} can open a shell on {via}, which runs as {target}",
        "Narrow ssm:StartSession to tagged instances and to documents without a shell.",
        "systems-manager/latest/APIReference/API_StartSession.html",
        known_as=("ssm-001",),
        answers=("T187",),
        attack=("T1021.008", "T1552.005"),
        prerequisites=_SHELL,
    ),
    entry(
        "ssm-association",
        "Keep a document running on an instance",
        hosted(
            _INSTANCE,
            EC2,
            (
                *on(_INSTANCE, "ssm:CreateAssociation"),
                *some("ssm:document", "ssm:CreateAssociation"),
                *new("ssm:association", "ssm:CreateAssociation"),
            ),
            where=_MANAGED,
        ),
        "{source} can make State Manager run commands on {via}, which runs as {target}",
        "Keep ssm:CreateAssociation with platform engineers, on documents that run fixed commands.",
        "systems-manager/latest/APIReference/API_CreateAssociation.html",
        answers=("T183",),
        attack=("T1651", "T1053"),
        prerequisites=_SHELL,
    ),
    entry(
        "ssm-hybrid-node",
        "Run a command or a shell on a node outside EC2",
        hosted(
            _NODE,
            "ssm.amazonaws.com",
            (*on(_NODE, "ssm:SendCommand"), *_COMMAND),
            on(_NODE, "ssm:StartSession"),
            where=_MANAGED,
        ),
        "{source} can run commands on {via}, whose agent acts as {target}",
        "Narrow ssm:SendCommand and ssm:StartSession to tagged nodes.",
        "systems-manager/latest/userguide/operating-systems-and-machine-types.html",
        attack=("T1651", "T1552.001"),
        prerequisites="A node that was activated with the role and whose agent is connected to Systems Manager.",
    ),
    entry(
        "ssm-resume-session",
        "Take over an open session",
        hosted("ssm:session", EC2, on("ssm:session", "ssm:ResumeSession"), acts_as="instance_roles"),
        "{source} can take over {via}, a shell on an instance that runs as {target}",
        "Narrow ssm:ResumeSession to the caller's own sessions (session/${aws:userid}-*).",
        "systems-manager/latest/APIReference/API_ResumeSession.html",
        answers=("T184",),
        attack=("T1563", "T1552.005"),
        prerequisites="A session to an instance whose profile holds the role is open.",
    ),
    entry(
        "ssm-automation",
        "Run a runbook that has a role",
        # The permission is on the document and on the execution, no longer on the definition. No call lists runbooks,
        # so that nobody knows which of them has a role.
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html
        hosted(
            "ssm:automation-definition",
            "ssm.amazonaws.com",
            (
                *new("ssm:document", "ssm:StartAutomationExecution"),
                *new("ssm:automation-execution", "ssm:StartAutomationExecution"),
            ),
        ),
        "{source} can start {via}, a runbook that is carried out as {target}",
        "Narrow ssm:StartAutomationExecution to the runbooks the caller needs.",
        "systems-manager/latest/userguide/automation-setup.html",
        answers=("T186",),
        attack=("T1651",),
        prerequisites="A runbook whose assumeRole names the role.",
        strength=Strength.USES,
        gives="what the runbook does with its role, with parameters of one's choice",
    ),
    entry(
        "ec2-instance-connect",
        "Push a key to an instance",
        hosted(
            _INSTANCE,
            EC2,
            on(_INSTANCE, "ec2-instance-connect:SendSSHPublicKey"),
            where=(*RUNNING, ("ssh", True)),
        ),
        "{source} can log in to {via} with a key of its own; it runs as {target}",
        "Narrow ec2-instance-connect:SendSSHPublicKey to instances and to ec2:osuser.",
        "ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html",
        known_as=("ec2instanceconnect-003",),
        answers=("T155",),
        attack=("T1021.008", "T1552.005"),
        prerequisites="An instance with EC2 Instance Connect whose profile holds the role, and a way to its SSH port.",
    ),
    entry(
        "ec2-serial-console",
        "Log in at an instance's serial console",
        hosted(
            _INSTANCE,
            EC2,
            on(_INSTANCE, "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
            where=(*RUNNING, ("serial_console", True)),
        ),
        "{source} can reach the serial console of {via}, which runs as {target}",
        "Turn the serial console off for the account, or deny it by the organization.",
        "ec2-instance-connect/latest/APIReference/API_SendSerialConsoleSSHPublicKey.html",
        answers=("T156",),
        attack=("T1021.008", "T1552.005"),
        prerequisites="The instance has a serial console, and its system offers a login or boot menu there.",
    ),
    entry(
        "ec2-user-data",
        "Change an instance's start script",
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html#user-data-modify
        hosted(_INSTANCE, EC2, on(_INSTANCE, "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances")),
        "{source} can stop {via}, give it another start script and start it; it runs as {target}",
        "Take ec2:ModifyInstanceAttribute on the attribute userData away (condition ec2:Attribute).",
        "AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html",
        known_as=("ec2-002",),
        answers=("T158",),
        attack=("T1578", "T1552.005"),
        prerequisites="An instance whose profile holds the role and whose root volume is on EBS.",
    ),
    entry(
        "ec2-user-data-stopped",
        "Change the start script of a stopped instance",
        hosted(
            _INSTANCE,
            EC2,
            on(_INSTANCE, "ec2:ModifyInstanceAttribute", "ec2:StartInstances"),
            where=(("running", False),),
        ),
        "{source} can give {via}, which is stopped, another start script and start it; it runs as {target}",
        "Take ec2:ModifyInstanceAttribute on the attribute userData away (condition ec2:Attribute).",
        "AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html",
        attack=("T1578", "T1552.005"),
        prerequisites="A stopped instance whose profile holds the role.",
    ),
    entry(
        "launch-template",
        "Give a launch template another start script",
        hosted(
            _TEMPLATE,
            EC2,
            on(_TEMPLATE, "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),
            where=(("launched_as_default", True),),
            acts_as="default_roles",
        ),
        "{source} can make the instances that are launched from {via} run its own start script as {target}",
        "Narrow both actions to platform engineers, and pin the version in Auto Scaling groups.",
        "AWSEC2/latest/APIReference/API_ModifyLaunchTemplate.html",
        known_as=("ec2-004",),
        answers=("T157",),
        attack=("T1578", "T1552.005"),
        prerequisites="An Auto Scaling group launches the template's default version, which names the role's profile.",
    ),
    entry(
        "launch-template-latest",
        "Add a version to a launch template whose latest one is launched",
        hosted(
            _TEMPLATE,
            EC2,
            on(_TEMPLATE, "ec2:CreateLaunchTemplateVersion"),
            where=(("launched_as_latest", True),),
            acts_as="latest_roles",
        ),
        "{source} can make the instances that are launched from {via} run its own start script as {target}",
        "Narrow ec2:CreateLaunchTemplateVersion to platform engineers, and pin the version in Auto Scaling groups.",
        "AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html",
        answers=("T157",),
        attack=("T1578", "T1552.005"),
        prerequisites="An Auto Scaling group launches the template's latest version, which names the role's profile.",
    ),
    entry(
        "auto-scaling-group",
        "Launch instances from a launch configuration with a role",
        # Passing the role is checked when a launch configuration is made, not when it is used.
        # https://docs.aws.amazon.com/autoscaling/ec2/userguide/us-iam-role.html
        hosted(
            "autoscaling:launchconfiguration",
            EC2,
            new("autoscaling:autoscalinggroup", "autoscaling:CreateAutoScalingGroup"),
        ),
        "{source} can launch instances from {via}, which run as {target}",
        "Delete launch configurations, and condition autoscaling:CreateAutoScalingGroup on launch templates.",
        "autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
        answers=("T139",),
        attack=("T1578.002",),
        prerequisites="A launch configuration whose instance profile holds the role.",
        strength=Strength.USES,
        gives="instances with the role in a network of one's choice; what they do is told by their image and script",
    ),
    entry(
        "codedeploy",
        "Deploy to instances that have a role",
        hosted(
            _GROUP,
            EC2,
            (
                *on(_GROUP, "codedeploy:CreateDeployment"),
                *part("codedeploy:deploymentconfig", "codedeploy:GetDeploymentConfig"),
                *part("codedeploy:application", "codedeploy:RegisterApplicationRevision"),
            ),
            acts_as="instance_roles",
        ),
        "{source} can deploy scripts of its own by {via} to instances that run as {target}",
        "Narrow codedeploy:CreateDeployment and codedeploy:RegisterApplicationRevision to a deployment role.",
        "codedeploy/latest/APIReference/API_CreateDeployment.html",
        answers=("T153",),
        attack=("T1651", "T1072"),
        prerequisites="A deployment group with instances that run its agent and whose profile holds the role.",
    ),
)
